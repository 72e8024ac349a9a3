//! Whether the books balance, and which gates of the definition let the delivery through.
//!
//! In: the class of every row, the outcomes of the gates. Out: nothing, or the exit code 14 or 16
//! with the place and what to do; never a row, never a count.

use std::collections::BTreeMap;

use crate::domain::{Error, Result};
use crate::gates::{Outcome, Verdict};
use crate::load::Scanned;

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

/// Notes in the log what the gates found, and gives the message of those that stop the run.
pub fn tell(outcomes: &[Outcome]) -> Option<String> {
    let of = |verdict: Verdict| outcomes.iter().filter(move |outcome| outcome.verdict == verdict);
    for outcome in of(Verdict::Noted) {
        tracing::warn!(gate = outcome.gate.name(), "not as expected; the restricted manifest says where and how much");
    }
    for outcome in of(Verdict::Accepted) {
        tracing::warn!(gate = outcome.gate.name(), "accepted by the operator; the reason stands in the manifest");
    }
    let stopped: Vec<&Outcome> = of(Verdict::Stopped).collect();
    let names = stopped.iter().map(|outcome| outcome.gate.name()).collect::<Vec<_>>().join(" --accept ");
    let words = stopped.iter().map(|outcome| outcome.in_words()).collect::<Vec<_>>().join("; ");
    (!stopped.is_empty()).then(|| {
        format!(
            "{words}; nothing was published: correct the delivery, set another limit in the definition, or let it \
             through with --accept {names} --reason"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ExitCode, FileTally, RowClass, SourceTally};
    use crate::load::{InputFile, Stamp};

    fn source(counted: u64) -> BTreeMap<String, Scanned> {
        let mut tally = FileTally { rows: counted, ..FileTally::default() };
        tally.add(RowClass::Counted, counted);
        let file = InputFile {
            path: "x".into(),
            name: "regning-1.csv".into(),
            bytes: 1,
            sha256: String::new(),
            stamp: Stamp::default(),
        };
        let tally = SourceTally { files: vec![tally] };
        BTreeMap::from([("regning".to_string(), Scanned { files: vec![file], tally, ..Scanned::default() })])
    }

    #[test]
    fn rows_without_a_class_stop_the_run() {
        let mut sources = source(100);
        assert!(balance(&sources).is_ok());
        sources.get_mut("regning").unwrap().tally.files[0].rows += 1;
        assert_eq!(balance(&sources).unwrap_err().code, ExitCode::Books);
    }
}
