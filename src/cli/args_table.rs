//! What was typed after `kprstat table`. Nothing here has been read or checked against a file.

use std::path::PathBuf;

use clap::Args as Group;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::args::{Day, day, memory};
use crate::definition::{Dimension, Level, Measure, PlaceBasis};
use crate::domain::{Month, PeriodKind, Service};

/// Make a table of your own from a delivery, protected beside what is published
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat table --indicator e-consultation --period year --sex --age 0-15,16-66,67+ …
  kprstat table --indicator sick-note e-consultation-share --by county --period quarter …
  kprstat table --indicator contact --place practice --measure contacts doctors --period year …
  kprstat table --indicator consultation --age 0-17,18+ --print-definition > mine.toml
  kprstat table --definition mine.toml --delivery delivery --as-of 2025-02-15 --against … --out mine

An indicator is a contact type or sum (kprstat explain --consultations), or one of those of
gp-activity (kprstat explain gp-activities). The table is counted and hidden as a release is. With
--against it is held beside what is published: what is hidden there is hidden here, what is shown
there is known, and the difference of two groups of ages, periods or places that are alike is a
count of its own. Where nothing in the table can be hidden that protects, nothing is made (exit code
13). Tables made in the same folder before are held beside it too.

The folder has public/ and restricted/, as that of a run, and is yours alone (0700); latest is not
moved. The table enters no ledger: a release made later knows nothing of it, so do not publish the
table where releases go on.")]
pub struct TableArgs {
    /// Contact types, sums or indicators to count
    #[arg(long, value_name = "ID", num_args = 1.., required_unless_present = "definition")]
    pub indicator: Vec<String>,
    /// contacts, patients, per-1000, patients-per-100, doctors, share [default: contacts, or share]
    #[arg(long, value_name = "MEASURE", num_args = 1.., value_parser = word::<Measure>)]
    pub measure: Vec<Measure>,
    /// Finest places: country, county or municipality
    #[arg(long, value_name = "LEVEL", default_value = "municipality", value_parser = word::<Level>)]
    pub by: Level,
    /// month, quarter, tertial or year
    #[arg(long, value_name = "KIND", num_args = 1.., default_value = "year", value_parser = word::<PeriodKind>)]
    pub period: Vec<PeriodKind>,
    /// By sex
    #[arg(long)]
    pub sex: bool,
    /// By age: groups that follow each other from 0, such as 0-15,16-66,67+, or the id of a list
    #[arg(long, value_name = "GROUPS")]
    pub age: Option<String>,
    /// Further dimensions: icpc2-chapter, part-of-day, day-type
    #[arg(long, value_name = "DIMENSION", num_args = 1.., value_parser = word::<Dimension>)]
    pub dimension: Vec<Dimension>,
    /// First month, as YYYY-MM
    #[arg(long, value_name = "MONTH")]
    pub from: Option<Month>,
    /// Last month, as YYYY-MM
    #[arg(long, value_name = "MONTH")]
    pub to: Option<Month>,
    /// gp, legevakt or nurse
    #[arg(long, value_name = "SERVICE", default_value = "gp", value_parser = word::<Service>)]
    pub service: Service,
    /// Whose place: residence or practice
    #[arg(long, value_name = "PLACE", default_value = "residence", value_parser = word::<PlaceBasis>)]
    pub place: PlaceBasis,
    /// Municipalities to recode to: the id of a list [default: recode-2024]
    #[arg(long, value_name = "LIST")]
    pub geography: Option<String>,
    /// Which definition of a consultation: the id of a list [default: kprstat]
    #[arg(long, value_name = "LIST")]
    pub contact_types: Option<String>,
    /// standard or strict [default: standard]
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<String>,
    /// Id of the table
    #[arg(long, value_name = "ID", default_value = "own-table")]
    pub id: String,
    /// A definition in place of all the options above
    #[arg(long, value_name = "FILE.toml", conflicts_with_all = ["indicator", "measure", "sex", "age", "dimension", "from", "to", "geography", "contact_types", "policy", "print_definition"])]
    pub definition: Option<PathBuf>,
    /// Print the definition that the options make, and do no more
    #[arg(long)]
    pub print_definition: bool,
    /// Folder with the files delivered
    #[arg(
        long,
        env = "KPRSTAT_DELIVERY",
        hide_env_values = true,
        value_name = "DIR",
        required_unless_present = "print_definition"
    )]
    pub delivery: Option<PathBuf>,
    /// Day to count as of, as YYYY-MM-DD; rows registered later are left out
    #[arg(long, env = "KPRSTAT_AS_OF", hide_env_values = true, value_name = "DATE", value_parser = day, required_unless_present = "print_definition")]
    pub as_of: Option<Day>,
    /// Public folders of the releases to hold the table beside
    #[arg(long, value_name = "RELEASE-DIR", num_args = 1..)]
    pub against: Vec<PathBuf>,
    /// Your folder; made where it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "print_definition")]
    pub out: Option<PathBuf>,
    /// Memory to keep within, such as 2G or 800M
    #[arg(long, env = "KPRSTAT_MEMORY", hide_env_values = true, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
}

/// A name as definitions have it; an unknown one is answered with the known.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let words: StrDeserializer<'_, WordError> = text.into_deserializer();
    T::deserialize(words).map_err(|error| error.to_string())
}
