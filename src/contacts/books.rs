//! The books of a run: every row of every source in its class, and the orphans found on the way.
//!
//! In: what `load` scanned and what the parts resolved. Out: [`Books`]. Never opens a file itself:
//! the raw fields of orphans are fetched by `load`.

use std::collections::BTreeMap;

use super::resolve::Classed;
use super::runs::Lines;
use crate::domain::{RejectReason, Result};
use crate::load::{Inputs, MOST_REJECTS, Scanned};

/// Row accounting by source, complete.
#[derive(Debug, Clone, Default)]
pub struct Books {
    pub sources: BTreeMap<String, Scanned>,
    /// Values that no code list knows, counted by source and column.
    pub unknown: BTreeMap<(String, String), u64>,
}

impl Books {
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
