//! `kprstat check`: definitions judged without data.
//!
//! In: paths of definitions. Out: what each holds, on stdout; every fault on stderr, and the exit
//! code of the first.

use super::args::CheckArgs;
use super::config::{Setting, in_words};
use super::explain::{in_folder, pipelines};
use super::print;
use crate::definition::{Pipeline, check_report};
use crate::domain::{Error, Result};

/// Reads every definition and tells what each holds; tells of all that are faulty.
pub fn check(typed: &CheckArgs, settings: &[Setting]) -> Result<()> {
    if typed.explain {
        print(&in_words(settings))?;
    }
    let files = if typed.pipelines.is_empty() { in_folder() } else { typed.pipelines.clone() };
    if files.is_empty() {
        return pipelines(&[])?.iter().try_for_each(|pipeline| print(&check_report(pipeline)?));
    }
    let mut faults: Vec<Error> = Vec::new();
    for path in &files {
        match Pipeline::read(path).and_then(|pipeline| check_report(&pipeline)) {
            Ok(report) => print(&report)?,
            Err(error) => faults.push(error),
        }
    }
    let Some(first) = faults.first().map(|fault| fault.code) else { return Ok(()) };
    let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
    Err(Error::new(first, messages.join("\nerror: ")))
}
