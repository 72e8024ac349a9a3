//! `kprstat check`: definitions judged without data.
//!
//! In: paths of definitions. Out: a report each on stdout; every fault on stderr, and exit code 10.

use super::args::CheckArgs;
use super::explain::{in_folder, pipelines};
use super::print;
use crate::definition::{Pipeline, check_report};
use crate::domain::{Error, Result};

/// Reads every definition and tells what each holds; tells of all that are faulty.
pub fn check(typed: &CheckArgs) -> Result<()> {
    let files = if typed.pipelines.is_empty() { in_folder() } else { typed.pipelines.clone() };
    if files.is_empty() {
        pipelines(&[])?.iter().try_for_each(|pipeline| print(&check_report(pipeline)?))?;
        return Ok(());
    }
    let mut faults = Vec::new();
    for path in &files {
        match Pipeline::read(path) {
            Ok(pipeline) => print(&check_report(&pipeline)?)?,
            Err(error) => faults.push(error),
        }
    }
    let Some(first) = faults.first().cloned() else { return Ok(()) };
    let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
    Err(Error::new(first.code, messages.join("\nerror: ")))
}
