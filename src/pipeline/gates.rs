//! The gates between counting and publishing: do the books balance, are there too many rejects.
//!
//! In: the class of every row, by source and file. Out: nothing, or the exit code 14 or 16 with
//! the file's name and what to do; never a row.

use std::collections::BTreeMap;

use crate::domain::{Error, FileTally, Result};
use crate::load::{Scanned, over_limit};

/// Stops a run whose rows are not all in exactly one class.
pub fn balance(sources: &BTreeMap<String, Scanned>) -> Result<()> {
    for (source, scanned) in sources {
        let complete = scanned.tally.files.len() == scanned.files.len();
        let unbalanced = scanned.tally.files.iter().zip(&scanned.files).find(|(tally, _)| !tally.balances());
        if let Some((_, file)) = unbalanced {
            return Err(Error::books(format!(
                "{}: the classes of its rows do not add up to the rows read; nothing was published: \
                 please report this with the version of the program",
                file.name
            )));
        }
        if !complete {
            return Err(Error::books(format!("source {source}: a file is not accounted for; please report this")));
        }
    }
    Ok(())
}

/// Stops a run with a file of which more than `limit` (a share) is rejected.
pub fn rejects(sources: &BTreeMap<String, Scanned>, limit: f64) -> Result<()> {
    let files = sources.values().flat_map(|scanned| scanned.files.iter().zip(&scanned.tally.files));
    let over: Vec<String> =
        files.filter(|(_, tally)| over_limit(tally, limit)).map(|(file, tally)| share(&file.name, tally)).collect();
    if over.is_empty() {
        return Ok(());
    }
    Err(Error::gate(format!(
        "more rows than the limit of {} % were rejected in {}; nothing was published",
        limit * 100.0,
        over.join(", ")
    )))
}

fn share(name: &str, tally: &FileTally) -> String {
    format!("{name} ({:.1} %)", tally.rejected() as f64 * 100.0 / tally.rows as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ExitCode, RejectReason, RowClass, SourceTally};
    use crate::load::InputFile;

    fn source(counted: u64, rejected: u64) -> BTreeMap<String, Scanned> {
        let mut tally = FileTally { rows: counted + rejected, ..FileTally::default() };
        tally.add(RowClass::Counted, counted);
        tally.add(RowClass::Rejected(RejectReason::BadDate), rejected);
        let file = InputFile { path: "x".into(), name: "regning-1.csv".into(), bytes: 1, sha256: String::new() };
        let tally = SourceTally { files: vec![tally] };
        BTreeMap::from([("regning".to_string(), Scanned { files: vec![file], tally, ..Scanned::default() })])
    }

    #[test]
    fn a_file_passes_the_limit_with_ten_rejects_and_more_than_the_share() {
        assert!(rejects(&source(91, 9), 0.01).is_ok(), "nine rows stop nothing");
        assert!(rejects(&source(990, 10), 0.01).is_ok(), "one percent is not over one percent");
        let error = rejects(&source(989, 10), 0.01).unwrap_err();
        assert_eq!(error.code, ExitCode::Gate);
        assert!(error.message.contains("regning-1.csv (1.0 %)"), "{}", error.message);
    }

    #[test]
    fn rows_without_a_class_stop_the_run() {
        let mut sources = source(100, 0);
        assert!(balance(&sources).is_ok());
        sources.get_mut("regning").unwrap().tally.files[0].rows += 1;
        assert_eq!(balance(&sources).unwrap_err().code, ExitCode::Books);
    }
}
