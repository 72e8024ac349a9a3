//! The books of a run: every row of every source in its class, and the orphans found on the way.
//!
//! In: what `load` scanned and what the parts resolved. Out: [`Books`]. Never opens a file itself:
//! the raw fields of orphans are fetched by `load`.

use std::collections::BTreeMap;

use super::bills::{CODED, Unknown};
use super::resolve::Classed;
use super::runs::Lines;
use crate::definition::Pipeline;
use crate::domain::{RejectReason, Result, RowClass};
use crate::load::{Inputs, MOST_REJECTS, Reject, Scanned};

/// Row accounting by source, complete.
#[derive(Debug, Clone, Default)]
pub struct Books {
    pub sources: BTreeMap<String, Scanned>,
    /// Values that no code list knows, counted by source and column.
    pub unknown: BTreeMap<(String, String), u64>,
}

impl Books {
    /// The books of a pipeline's bills and lines; `unknown`: rows of regning by column of
    /// [`CODED`], and lines of takst.
    pub fn of(pipeline: &Pipeline, scanned: [(&str, Scanned); 3], (coded, codes): (Unknown, u64)) -> Books {
        let mut books = Books::default();
        for (column, rows) in CODED.iter().zip(coded) {
            books.unknown.insert(("regning".into(), (*column).into()), rows);
        }
        books.unknown.insert(("takst".into(), "takstkode".into()), codes);
        let read = scanned.into_iter().filter(|(source, _)| *source == "regning" || pipeline.reads(source));
        books.sources.extend(read.map(|(source, scanned)| (source.to_string(), scanned)));
        books
    }
    /// Whether every row read is in exactly one class, in every file.
    pub fn balance(&self) -> bool {
        self.sources.values().flat_map(|source| &source.tally.files).all(|file| file.balances())
    }
}

/// Adds classes to a source's tally.
pub fn enter(scanned: &mut Scanned, classes: &[Classed]) {
    for classed in classes {
        if let Some(file) = scanned.tally.files.get_mut(usize::from(classed.file)) {
            file.add(classed.class, classed.rows);
        }
    }
}

/// Enters what was found by file and class, and the lines without a bill.
pub fn enter_found(scanned: &mut Scanned, classes: &[BTreeMap<RowClass, u64>], orphans: &[Reject]) {
    for (file, classes) in scanned.tally.files.iter_mut().zip(classes) {
        classes.iter().for_each(|(class, rows)| file.add(*class, *rows));
    }
    scanned.rejects.extend_from_slice(orphans);
    scanned.rejects.sort_by_key(|reject| (reject.file, reject.row));
}

/// Enters the lines of a source, and keeps its orphans with their raw fields.
pub fn enter_lines(scanned: &mut Scanned, source: &str, parts: &[Lines], inputs: &Inputs) -> Result<()> {
    parts.iter().for_each(|lines| enter(scanned, &lines.classes));
    let runs = parts.iter().flat_map(|lines| &lines.orphans);
    let mut rows: Vec<(u16, u32)> =
        runs.flat_map(|&(file, first, rows)| (first..first + rows).map(move |row| (file, row))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable();
    // All are counted; as many are kept as of other rejects.
    rows.truncate(MOST_REJECTS);
    let mut orphans = inputs.fetch(source, &rows)?;
    orphans.iter_mut().for_each(|orphan| orphan.reason = RejectReason::Orphan);
    scanned.rejects.append(&mut orphans);
    scanned.rejects.sort_by_key(|reject| (reject.file, reject.row));
    Ok(())
}
