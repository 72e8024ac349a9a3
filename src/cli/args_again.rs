//! What was typed after `kprstat reproduce` and `kprstat diff`. Nothing here has been read or checked.

use std::path::PathBuf;

use clap::Args as Group;

use super::args::{LogForm, memory};
use crate::definition::Language;

/// Make a release again from its manifest, byte for byte, or say what differs
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat reproduce out/public/latest/gp-activity/manifest.json --delivery delivery --out again
  kprstat reproduce manifest.json --delivery january february --restricted restricted --out again

The files delivered are found by their hash, whatever they are called. The definition is taken from
the folder of the manifest. The ledger of earlier releases is taken from the restricted area; where
that is not at hand, the releases before are made again, as far as their manifests lie beside.")]
pub struct ReproduceArgs {
    /// manifest.json in the folder of the release
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// Folders to look for the files delivered in
    #[arg(long, value_name = "DIR", num_args = 1.., required = true)]
    pub delivery: Vec<PathBuf>,
    /// Folder to make the release in; not the one it was published in
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The restricted area of the release [default: the one beside its public area]
    #[arg(long, value_name = "DIR")]
    pub restricted: Option<PathBuf>,
    /// Of a table of your own: the releases that it was held beside, or a folder that has them
    #[arg(long, value_name = "RELEASE-DIR", num_args = 1..)]
    pub against: Vec<PathBuf>,
    /// Memory to keep within, such as 2G or 800M
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
}

/// Say what changed from release to release, or over all of them, by table and period
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat diff out/public/releases/OLDER out/public/latest/gp-activity
  kprstat diff OLDER NEWER --format json > revision.json
  kprstat diff --series out/public --pipeline gp-activity --lang en

Read from public files alone: sums are over cells that both releases show. Cells that are hidden
now and were shown before have been told already, and are named. A series has the triangle of
completeness by release, and of every period in which releases it was provisional, in which final,
and how far its figures moved.")]
pub struct DiffArgs {
    /// Folder of the earlier release
    #[arg(value_name = "A", required_unless_present = "series", requires = "after")]
    pub before: Option<PathBuf>,
    /// Folder of the later release
    #[arg(value_name = "B")]
    pub after: Option<PathBuf>,
    /// All releases of a pipeline in the public folder of an OUT
    #[arg(long, value_name = "PUBLIC-DIR", conflicts_with_all = ["before", "after"])]
    pub series: Option<PathBuf>,
    /// Which pipeline's series, where the folder has several
    #[arg(long, value_name = "ID", requires = "series")]
    pub pipeline: Option<String>,
    /// Language of a series in words: nb (bokmål) or en
    #[arg(long, default_value = "nb", value_name = "LANG", requires = "series")]
    pub lang: Language,
    /// Form of the answer: text, or json with every name
    #[arg(long, value_enum, default_value_t = LogForm::Text, hide_possible_values = true, value_name = "FORM")]
    pub format: LogForm,
}
