//! What was typed. Nothing here has been read, resolved or checked against a file.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};

use crate::definition::{GateId, Language};
use crate::domain::Month;

use super::args_again::{DiffArgs, ReproduceArgs};
use super::args_table::TableArgs;

/// Publishable statistics from the registers of Norwegian primary care.
#[derive(Debug, Parser)]
#[command(name = "kprstat", version, arg_required_else_help = true, max_term_width = 100, after_help = HELP)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

const HELP: &str = "\
Examples:
  kprstat synth --persons 20000 --from 2023-01 --to 2023-12 --seed 1 --format csv --out delivery
  kprstat check
  kprstat run pipelines/gp-activity.toml --delivery delivery --as-of 2024-03-01 --out out
  kprstat explain gp-contacts --lang en

Exit codes:
  0 done or nothing to do    10 definition    11 input or schema    12 geography
  13 protection cannot be met    14 books do not balance    15 output cannot be written
  16 a quality gate    17 another run holds the lock    2 usage    70 a bug";

/// What every command takes.
#[derive(Debug, Group)]
pub struct Common {
    /// Form of the messages on stderr: text for people, json for monitors (one object a line)
    #[arg(long, global = true, env = "KPRSTAT_LOG", hide_env_values = true, display_order = 100, hide_possible_values = true, value_enum, default_value_t = LogForm::Text, value_name = "FORM")]
    pub log: LogForm,
    /// Threads to use [default: one a core]; the result is the same for any number
    #[arg(long, global = true, env = "KPRSTAT_THREADS", hide_env_values = true, display_order = 101, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// File of settings, such as out = "releases"; a flag and the environment go before it
    #[arg(
        long,
        global = true,
        env = "KPRSTAT_CONFIG",
        hide_env_values = true,
        display_order = 102,
        value_name = "FILE"
    )]
    pub config: Option<PathBuf>,
}

/// Form of the messages on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Synth(SynthArgs),
    Check(CheckArgs),
    Run(RunArgs),
    Audit(AuditArgs),
    Reproduce(ReproduceArgs),
    Table(TableArgs),
    Diff(DiffArgs),
    Rollback(RollbackArgs),
    Prune(PruneArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Make a synthetic country: a delivery of all nine sources, the same for the same seed
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat synth --persons 20000 --from 2023-01 --to 2023-12 --seed 1 --format csv --out delivery
  kprstat synth --persons 5600000 --from 2024-03 --to 2024-03 --seed 7 --format parquet --out month
  kprstat synth --persons 5000 --from 2023-01 --to 2024-06 --seed 1 --format csv --messy --out dirty")]
pub struct SynthArgs {
    /// Number of persons
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    pub persons: u32,
    /// First month, as YYYY-MM
    #[arg(long, value_name = "MONTH")]
    pub from: Month,
    /// Last month, as YYYY-MM
    #[arg(long, value_name = "MONTH")]
    pub to: Month,
    /// Any whole number; another seed is another country
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Format of the files
    #[arg(long, value_enum, default_value_t = FileForm::Csv, value_name = "FORMAT")]
    pub format: FileForm,
    /// Add what real deliveries have: every dialect, faulty rows, credits, new versions
    #[arg(long)]
    pub messy: bool,
    /// Folder to write to; made where it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Format of a delivery's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileForm {
    Csv,
    Parquet,
}

/// Judge definitions without data
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat check                              every definition in the folder pipelines
  kprstat check pipelines/gp-activity.toml
  kprstat check --explain --config kprstat.toml --memory 2G

A setting is taken from a flag, else from the environment (KPRSTAT_OUT for --out), else from the
file that --config names. With --explain, the options of `kprstat run` can be given too.")]
pub struct CheckArgs {
    /// Definitions to judge [default: pipelines/*.toml]
    #[arg(value_name = "PIPELINE.toml")]
    pub pipelines: Vec<PathBuf>,
    /// Say first what every setting of a run is, and where it comes from
    #[arg(long)]
    pub explain: bool,
}

/// Make a release from a delivery
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat run pipelines/gp-activity.toml --delivery delivery --as-of 2024-03-01 --out out
  kprstat run pipelines/gp-activity.toml --delivery delivery --as-of 2024-03-01 --out out --dry-run
  kprstat run … --accept month-before --reason \"strike in February\"

The release appears whole or not at all under OUT/public/releases; OUT/public/latest/PIPELINE
leads to the newest. OUT/restricted is for the owner alone. The same run twice finds it done.")]
pub struct RunArgs {
    /// The definition of what to publish
    #[arg(value_name = "PIPELINE.toml")]
    pub pipeline: PathBuf,
    /// Folder with the files delivered
    #[arg(long, env = "KPRSTAT_DELIVERY", hide_env_values = true, value_name = "DIR")]
    pub delivery: PathBuf,
    /// Day to count as of, as YYYY-MM-DD; rows registered later are left out
    #[arg(long, env = "KPRSTAT_AS_OF", hide_env_values = true, value_name = "DATE", value_parser = day)]
    pub as_of: Day,
    /// Folder of all releases; made where it is not there
    #[arg(long, env = "KPRSTAT_OUT", hide_env_values = true, value_name = "OUT")]
    pub out: PathBuf,
    /// Memory to keep within, such as 2G or 800M
    #[arg(long, env = "KPRSTAT_MEMORY", hide_env_values = true, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Wait so long for another run in OUT to end [default: 0, leave with exit code 17]
    #[arg(long, env = "KPRSTAT_WAIT", hide_env_values = true, value_name = "SECONDS", value_parser = clap::value_parser!(u32))]
    pub wait: Option<u32>,
    /// File for node-exporter's textfile collector, replaced at the end of every run
    #[arg(long, env = "KPRSTAT_METRICS", hide_env_values = true, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Let the delivery through a gate that would stop it
    #[arg(long, value_name = "GATE", requires = "reason", conflicts_with = "dry_run")]
    pub accept: Vec<GateId>,
    /// Why the gate is not to stop it; published in the manifest
    #[arg(long, value_name = "TEXT", requires = "accept")]
    pub reason: Option<String>,
    /// Folder for what is kept from night to night, such as OUT/.work/stage [default: keep nothing]
    #[arg(long, env = "KPRSTAT_STAGE", hide_env_values = true, value_name = "DIR")]
    pub stage: Option<PathBuf>,
    /// Keep nothing from night to night, and use nothing that was kept, whatever is set elsewhere
    #[arg(long)]
    pub no_stage: bool,
}

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub i32);

/// Attack a release: find out what its public files tell of the hidden cells
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat audit out/public/latest/gp-activity
  kprstat audit releases/THIRD --against releases/FIRST releases/SECOND
  kprstat audit --foreign relations.toml --width 3

--foreign attacks anybody's CSV files; src/audit/FOREIGN.md has the relations file and an example.")]
pub struct AuditArgs {
    /// Folder of the release, as published
    #[arg(value_name = "RELEASE-DIR", required_unless_present = "foreign")]
    pub release: Option<PathBuf>,
    /// Folders of earlier releases that the attacker has seen, oldest first
    #[arg(long, value_name = "OLDER-DIR", num_args = 1..)]
    pub against: Vec<PathBuf>,
    /// Folder of the same release in the restricted area, to judge what is unsafe
    #[arg(long, value_name = "DIR")]
    pub restricted: Option<PathBuf>,
    /// Attack other tables instead: a file that names CSV files and says which labels are sums of which
    #[arg(long, value_name = "RELATIONS.toml", conflicts_with_all = ["release", "against", "restricted"])]
    pub foreign: Option<PathBuf>,
    /// Width from which a cell of --foreign is looked at no further
    #[arg(long, value_name = "N", default_value_t = 3, requires = "foreign")]
    pub width: i64,
}

/// Take the newest release back: `latest` leads to an earlier one
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat rollback gp-activity --out out --reason \"wrong delivery for March\"
  kprstat rollback gp-activity --out out --to RELEASE --reason \"two wrong deliveries\"

The releases taken back stay where they are, and are named in OUT/public/withdrawn.json: they have
been seen, and later releases are protected against them as before. The reason is kept in
OUT/restricted/releases.json.")]
pub struct RollbackArgs {
    /// Id of the pipeline
    #[arg(value_name = "PIPELINE")]
    pub pipeline: String,
    /// Folder of all releases
    #[arg(long, env = "KPRSTAT_OUT", hide_env_values = true, value_name = "OUT")]
    pub out: PathBuf,
    /// Release that `latest` shall lead to [default: the one before]
    #[arg(long, value_name = "RELEASE")]
    pub to: Option<String>,
    /// Why; kept in the restricted area
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Remove old releases that nothing needs any longer
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat prune --keep 24 --out out --dry-run
  kprstat prune --keep 24 --out out

Of each pipeline the newest releases stay, and the one that `latest` leads to. Of those that go, the
restricted manifest and the ledger stay: later releases are protected and reproduced with them. Of
the runs that a gate stopped (OUT/restricted/failed) as many of the newest stay.")]
pub struct PruneArgs {
    /// Number of releases of each pipeline to keep
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: u16,
    /// Folder of all releases
    #[arg(long, env = "KPRSTAT_OUT", hide_env_values = true, value_name = "OUT")]
    pub out: PathBuf,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Say in words what a table, a source or a definition of a consultation is
#[derive(Debug, Group)]
#[command(after_help = "\
Examples:
  kprstat explain gp-contacts
  kprstat explain gp-contacts --lang en
  kprstat explain --consultations            the official definitions side by side
  kprstat explain --source regning           what a file of a source holds
  kprstat explain --protection gp-contacts --restricted out/restricted/RELEASE")]
#[command(group(clap::ArgGroup::new("what").required(true).args(["table", "consultations", "source"])))]
pub struct ExplainArgs {
    /// Id of a table
    #[arg(value_name = "TABLE")]
    pub table: Option<String>,
    /// Set the official definitions of a consultation side by side
    #[arg(long)]
    pub consultations: bool,
    /// Describe the columns of a source
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Say why this much of the table is hidden, and what another design would show; not for publication
    #[arg(long, requires_all = ["table", "restricted"])]
    pub protection: bool,
    /// Folder of a release in the restricted area, for --protection
    #[arg(long, value_name = "DIR", requires = "protection")]
    pub restricted: Option<PathBuf>,
    /// Language: nb (bokmål) or en
    #[arg(long, default_value = "nb", value_name = "LANG")]
    pub lang: Language,
    /// Definitions to look in [default: pipelines/*.toml]
    #[arg(long, value_name = "PIPELINE.toml", num_args = 1..)]
    pub pipelines: Vec<PathBuf>,
}

/// Write a shell's completions to stdout
#[derive(Debug, Group)]
#[command(after_help = "\
Example:
  kprstat completions bash > ~/.local/share/bash-completion/completions/kprstat")]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Write the manual pages, one a command
#[derive(Debug, Group)]
#[command(after_help = "\
Example:
  kprstat man --out man && man -l man/kprstat-run.1")]
pub struct ManArgs {
    /// Folder to write to; made where it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// A day written `YYYY-MM-DD`.
pub fn day(text: &str) -> Result<Day, String> {
    let wrong = |_| "expected a day as YYYY-MM-DD, such as 2024-03-01".to_string();
    let exact = text.len() == 10;
    let date = chrono::NaiveDate::parse_from_str(if exact { text } else { "" }, "%Y-%m-%d").map_err(wrong)?;
    use chrono::Datelike;
    Ok(Day(crate::domain::days_from_civil(date.year(), date.month(), date.day())))
}

/// A size in bytes, with `K`, `M` or `G` (and `iB` or `B`) for powers of 1024.
pub fn memory(text: &str) -> Result<u64, String> {
    let wrong = || "expected a size such as 2G or 800M, at least 256M".to_string();
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u64 = match upper[digits.len()..].trim_end_matches('B').trim_end_matches('I') {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(wrong()),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    bytes.filter(|bytes| *bytes >= 256 << 20).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_commands_are_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn sizes_and_days_are_read_or_refused_with_what_was_expected() {
        assert_eq!(memory("2G"), Ok(2 << 30));
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        assert_eq!(memory("800m"), Ok(800 << 20));
        assert!(memory("1K").is_err());
        assert!(memory("two").is_err());
        assert_eq!(day("1970-01-02"), Ok(Day(1)));
        assert!(day("2024-2-1").is_err());
        assert!(day("2024-02-30").is_err());
    }
}
