//! One part of the bills, joined: which version counts, what its lines say, what class each row is.
//!
//! In: frames of the bills, runs and keys of one part. Out: bills with their class and contents,
//! and the books of the part. Never looks at another part: what crosses parts (credits) is passed
//! in. polars finds versions and joins lines to bills by position; the rest is one walk over
//! columns.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::bills::{AVVIST, BEHANDLES, GODKJENT, NO_PRACTICE_TYPE, file_of};
use super::bridge::bug;
use super::runs::{Lines, join_lines};
use crate::domain::{OutOfScope, Result, RowClass};

/// The frames of one part.
pub struct Part {
    pub bills: DataFrame,
    pub takst: DataFrame,
    pub diagnose: DataFrame,
    /// Numbers of rows that `load` left out.
    pub left_out: Vec<i64>,
    /// Numbers named by a crediting bill of any part.
    pub credited: Vec<i64>,
    /// Contacts that start before this second are out of scope; none: all are in.
    pub since: Option<i64>,
}

/// What becomes of a part.
pub struct Resolved {
    /// The versions that count, one row a bill number.
    pub bills: DataFrame,
    /// By row of `bills`.
    pub is_counted: Vec<bool>,
    /// Folded contents of the takst and diagnosis lines by row of `bills`; none: no line.
    pub takst_contents: Vec<Option<u32>>,
    pub diagnose_contents: Vec<Option<u32>>,
    pub regning: Vec<Classed>,
    pub takst: Lines,
    pub diagnose: Lines,
}

/// Rows of a file in a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classed {
    pub file: u16,
    pub class: RowClass,
    pub rows: u64,
}

/// Resolves a part; `both` folds the takst contents of two runs, `first` the diagnoses of an
/// earlier and a later run.
pub fn resolve(part: Part, both: impl FnMut(u32, u32) -> u32, first: impl FnMut(u32, u32) -> u32) -> Result<Resolved> {
    let (bills, superseded) = versions(part.bills)?;
    let keys = positions(&bills).map_err(bug)?;
    let cancelled = cancelled(&keys, &part.credited, bills.height()).map_err(bug)?;
    let classes = classify(&bills, &cancelled, part.since).map_err(bug)?;
    let is_counted: Vec<bool> = classes.iter().map(|&class| class == RowClass::Counted).collect();
    let (takst, takst_contents) = join_lines(part.takst, &keys, &is_counted, &part.left_out, both)?;
    let (diagnose, diagnose_contents) = join_lines(part.diagnose, &keys, &is_counted, &part.left_out, first)?;
    let mut books = Books::default();
    superseded.iter().for_each(|&seq| books.add(file_of(seq), RowClass::Superseded, 1));
    let seqs = bills.column("seq").map_err(bug)?.u64().map_err(bug)?.iter();
    seqs.zip(&classes).for_each(|(seq, &class)| books.add(file_of(seq.unwrap_or(0)), class, 1));
    Ok(Resolved { bills, is_counted, takst_contents, diagnose_contents, regning: books.entries(), takst, diagnose })
}

/// Rows by file and class.
#[derive(Default)]
pub struct Books(BTreeMap<(u16, RowClass), u64>);

impl Books {
    pub fn add(&mut self, file: u16, class: RowClass, rows: u64) {
        *self.0.entry((file, class)).or_default() += rows;
    }
    pub fn entries(self) -> Vec<Classed> {
        self.0.into_iter().map(|((file, class), rows)| Classed { file, class, rows }).collect()
    }
}

/// The numbers that sound credits of this part name: of bills whose version that counts is
/// `godkjent` and credits another.
pub fn credited(bills: DataFrame) -> Result<Vec<i64>> {
    let crediting = bills.clone().lazy().filter(col("credits").is_not_null()).select([col("bill")]);
    let candidates = bills.lazy().join(crediting, [col("bill")], [col("bill")], JoinArgs::new(JoinType::Semi));
    let (winners, _) = versions(candidates.collect().map_err(bug)?)?;
    let sound = col("status").eq(lit(GODKJENT)).and(col("credits").is_not_null());
    let named = winners.lazy().filter(sound).select([col("credits")]).collect().map_err(bug)?;
    Ok(named.column("credits").map_err(bug)?.i64().map_err(bug)?.iter().flatten().collect())
}

/// Splits bills into the rows that count and the positions (`seq`) of those that are superseded.
/// The latest `registrert` counts; of equal ones the later file, then the later row.
fn versions(bills: DataFrame) -> Result<(DataFrame, Vec<u64>)> {
    let repeated = bills
        .clone()
        .lazy()
        .group_by([col("bill")])
        .agg([len().alias("versions")])
        .filter(col("versions").gt(lit(1u32)))
        .select([col("bill")])
        .collect()
        .map_err(bug)?;
    if repeated.height() == 0 {
        return Ok((bills, Vec::new()));
    }
    let losers = bills
        .clone()
        .lazy()
        .join(repeated.lazy(), [col("bill")], [col("bill")], JoinArgs::new(JoinType::Semi))
        .select([col("bill"), col("registered"), col("seq")])
        .sort(["bill", "registered", "seq"], SortMultipleOptions::default())
        .filter(col("bill").eq(col("bill").shift(lit(-1))))
        .select([col("seq")])
        .collect()
        .map_err(bug)?;
    let superseded = losers.column("seq").map_err(bug)?.u64().map_err(bug)?.iter().flatten().collect();
    let winners = bills.lazy().join(losers.lazy(), [col("seq")], [col("seq")], JoinArgs::new(JoinType::Anti));
    Ok((winners.collect().map_err(bug)?, superseded))
}

/// Bill number and position (`at`) of every row.
fn positions(bills: &DataFrame) -> PolarsResult<DataFrame> {
    let at = Column::new("at".into(), (0..bills.height() as u32).collect::<Vec<u32>>());
    DataFrame::new(bills.height(), vec![bills.column("bill")?.clone(), at])
}

/// By position: whether a sound credit names the bill.
fn cancelled(keys: &DataFrame, credited: &[i64], bills: usize) -> PolarsResult<Vec<bool>> {
    let credited = df!("bill" => credited.to_vec())?.lazy().unique(None, UniqueKeepStrategy::Any);
    let named = credited.join(keys.clone().lazy(), [col("bill")], [col("bill")], JoinArgs::new(JoinType::Inner));
    let named = named.select([col("at")]).collect()?;
    let mut cancelled = vec![false; bills];
    named.column("at")?.u32()?.iter().flatten().for_each(|at| cancelled[at as usize] = true);
    Ok(cancelled)
}

/// The class of every bill that counts, by the order of SPEC-DETAILS 5.
fn classify(bills: &DataFrame, cancelled: &[bool], since: Option<i64>) -> PolarsResult<Vec<RowClass>> {
    let (status, credits) = (bills.column("status")?.u8()?, bills.column("credits")?.i64()?);
    let (kinds, starts) = (bills.column("practice_type")?.u8()?, bills.column("start")?.i64()?);
    let columns = status.iter().zip(credits.iter()).zip(kinds.iter()).zip(starts.iter()).zip(cancelled);
    let class = |((((status, credits), kind), start), &cancelled)| match status {
        Some(AVVIST) => RowClass::OutOfScope(OutOfScope::StatusAvvist),
        Some(BEHANDLES) => RowClass::OutOfScope(OutOfScope::StatusBehandles),
        _ if Option::<i64>::is_some(&credits) => RowClass::OutOfScope(OutOfScope::Crediting),
        _ if cancelled => RowClass::Cancelled,
        _ if kind == Some(NO_PRACTICE_TYPE) => RowClass::OutOfScope(OutOfScope::PracticeType),
        _ if since.is_some_and(|since| start < Some(since)) => RowClass::OutOfScope(OutOfScope::BeforeSince),
        _ => RowClass::Counted,
    };
    Ok(columns.map(class).collect())
}
