//! Runs of lines joined to their bills: the class of every line, the content of every bill.
//!
//! In: the runs of one part, positions of its bills. Out: [`Lines`], and one folded content a
//! counted bill. Never looks into a content.

use polars::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bridge::bug;
use super::resolve::{Books, Classed};
use crate::domain::{OutOfScope, RejectReason, Result, RowClass};

/// The books of a line source, and its orphans as (file, first row, rows).
#[derive(Default)]
pub struct Lines {
    pub classes: Vec<Classed>,
    pub orphans: Vec<(u16, u32, u32)>,
}

/// The runs of a part in columns, each with the position of its bill, if it is known.
struct Runs {
    at: Vec<Option<u32>>,
    bill: Vec<i64>,
    file: Vec<u16>,
    first: Vec<u32>,
    rows: Vec<u32>,
    content: Vec<u32>,
}

/// Joins runs to bills. A bill's lines are those of the last file that has any for it; several
/// runs of that file are folded in order of their rows.
pub fn join_lines(
    runs: DataFrame,
    keys: &DataFrame,
    is_counted: &[bool],
    left_out: &[i64],
    fold: impl FnMut(u32, u32) -> u32,
) -> Result<(Lines, Vec<Option<u32>>)> {
    let runs = positioned(runs, keys).map_err(bug)?;
    let last = LastFiles::of(&runs, is_counted.len(), left_out);
    let (mut books, mut lines, mut counted) = (Books::default(), Lines::default(), Vec::new());
    for run in 0..runs.at.len() {
        let class = last.class(&runs, run, is_counted);
        books.add(runs.file[run], class, u64::from(runs.rows[run]));
        match class {
            RowClass::Counted => counted.push(run),
            RowClass::Rejected(_) => lines.orphans.push((runs.file[run], runs.first[run], runs.rows[run])),
            _ => {}
        }
    }
    lines.classes = books.entries();
    Ok((lines, contents(&runs, counted, is_counted.len(), fold)))
}

/// Finds every run's bill.
fn positioned(runs: DataFrame, keys: &DataFrame) -> PolarsResult<Runs> {
    let mut in_order = JoinArgs::new(JoinType::Left);
    in_order.maintain_order = MaintainOrderJoin::Left;
    let joined = runs
        .clone()
        .lazy()
        .select([col("bill")])
        .join(keys.clone().lazy(), [col("bill")], [col("bill")], in_order)
        .select([col("at")])
        .collect()?;
    Ok(Runs {
        at: joined.column("at")?.u32()?.iter().collect(),
        bill: runs.column("bill")?.i64()?.iter().flatten().collect(),
        file: runs.column("file")?.u16()?.iter().flatten().collect(),
        first: runs.column("first")?.u32()?.iter().flatten().collect(),
        rows: runs.column("rows")?.u32()?.iter().flatten().collect(),
        content: runs.column("content")?.u32()?.iter().flatten().collect(),
    })
}

/// The last file that has a line, by bill.
struct LastFiles {
    by_position: Vec<u16>,
    /// Of bills that `load` left out; a bill in neither is unknown, and its lines are orphans.
    left_out: FxHashMap<i64, u16>,
}

impl LastFiles {
    fn of(runs: &Runs, bills: usize, left_out: &[i64]) -> Self {
        let known: FxHashSet<i64> = left_out.iter().copied().collect();
        let mut last = LastFiles { by_position: vec![0; bills], left_out: FxHashMap::default() };
        for ((at, bill), &file) in runs.at.iter().zip(&runs.bill).zip(&runs.file) {
            let latest = match at {
                Some(at) => &mut last.by_position[*at as usize],
                None if known.contains(bill) => last.left_out.entry(*bill).or_default(),
                None => continue,
            };
            *latest = file.max(*latest);
        }
        last
    }

    fn class(&self, runs: &Runs, run: usize, is_counted: &[bool]) -> RowClass {
        let (latest, counted) = match runs.at[run] {
            Some(at) => (self.by_position[at as usize], is_counted[at as usize]),
            None => match self.left_out.get(&runs.bill[run]) {
                Some(&latest) => (latest, false),
                None => return RowClass::Rejected(RejectReason::Orphan),
            },
        };
        match (runs.file[run] < latest, counted) {
            (true, _) => RowClass::Superseded,
            (false, true) => RowClass::Counted,
            (false, false) => RowClass::OutOfScope(OutOfScope::BillNotCounted),
        }
    }
}

/// Folds the counted runs by bill.
fn contents(
    runs: &Runs,
    mut counted: Vec<usize>,
    bills: usize,
    mut fold: impl FnMut(u32, u32) -> u32,
) -> Vec<Option<u32>> {
    let mut contents: Vec<Option<u32>> = vec![None; bills];
    // Rows of one file ascend, and a bill's counted runs are all of one file.
    counted.sort_by_key(|&run| runs.first[run]);
    for run in counted {
        if let Some(at) = runs.at[run] {
            let content = &mut contents[at as usize];
            *content = Some(content.map_or(runs.content[run], |earlier| fold(earlier, runs.content[run])));
        }
    }
    contents
}
