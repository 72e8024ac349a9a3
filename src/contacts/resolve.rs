//! One part of the bills, joined: which version counts, what its lines say, what class each row is.
//!
//! In: frames of the bills, runs and keys of one part. Out: counted contacts and the books of the
//! part. Never looks at another part: what crosses parts (credits) is passed in.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::bills::{AVVIST, BEHANDLES, GODKJENT, NO_PRACTICE_TYPE, file_of};
use super::bridge::bug;
use crate::domain::{OutOfScope, RejectReason, Result, RowClass};

/// The frames of one part.
pub struct Part {
    pub bills: DataFrame,
    pub takst: DataFrame,
    pub diagnose: DataFrame,
    /// Column `bill`: numbers of rows that `load` left out.
    pub left_out: DataFrame,
    /// Column `bill`: numbers named by a crediting bill, of any part.
    pub credited: DataFrame,
    /// Contacts that start before this second are out of scope; none: all are in.
    pub since: Option<i64>,
}

/// What becomes of a part.
pub struct Resolved {
    /// Counted bills with `takst` and `diagnosis` contents (null where there is no line).
    pub contacts: DataFrame,
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

/// The books of a line source, and its orphans as (file, first row, rows).
#[derive(Default)]
pub struct Lines {
    pub classes: Vec<Classed>,
    pub orphans: Vec<(u16, u32, u32)>,
}

/// Classes of a bill, in the order of the tests of SPEC-DETAILS 5.
const CLASSES: [RowClass; 8] = [
    RowClass::Counted,
    RowClass::Superseded,
    RowClass::OutOfScope(OutOfScope::StatusAvvist),
    RowClass::OutOfScope(OutOfScope::StatusBehandles),
    RowClass::OutOfScope(OutOfScope::Crediting),
    RowClass::Cancelled,
    RowClass::OutOfScope(OutOfScope::PracticeType),
    RowClass::OutOfScope(OutOfScope::BeforeSince),
];
const COUNTED: u8 = 0;
const SUPERSEDED: u8 = 1;

/// Resolves a part; `both` folds the takst contents of two runs, `first` the diagnoses of an
/// earlier and a later run.
pub fn resolve(part: Part, both: impl FnMut(u32, u32) -> u32, first: impl FnMut(u32, u32) -> u32) -> Result<Resolved> {
    let (winners, superseded) = versions(part.bills)?;
    let classed = classify(winners, part.credited, part.since).map_err(bug)?;
    let fates = fates(&classed, part.left_out).map_err(bug)?;
    let (takst, said) = lines(part.takst, &fates, both)?;
    let (diagnose, diagnosed) = lines(part.diagnose, &fates, first)?;
    let regning = superseded.into_iter().chain(classes_by_file(&classed).map_err(bug)?).collect();
    let contacts = contacts(classed, said, diagnosed).map_err(bug)?;
    Ok(Resolved { contacts, regning, takst, diagnose })
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

/// Splits bills into the rows that count and the files of those that are superseded. The latest
/// `registrert` counts; of equal ones the later file, then the later row.
fn versions(bills: DataFrame) -> Result<(DataFrame, Vec<Classed>)> {
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
        .select([col("seq"), code(SUPERSEDED).alias("class")])
        .collect()
        .map_err(bug)?;
    let superseded = classes_by_file(&losers).map_err(bug)?;
    let winners = bills.lazy().join(losers.lazy(), [col("seq")], [col("seq")], JoinArgs::new(JoinType::Anti));
    Ok((winners.collect().map_err(bug)?, superseded))
}

/// Adds the column `class`.
fn classify(winners: DataFrame, credited: DataFrame, since: Option<i64>) -> PolarsResult<DataFrame> {
    let credited = credited.lazy().unique(None, UniqueKeepStrategy::Any).with_column(lit(true).alias("is_credited"));
    let early = since.map_or(lit(false), |since| col("start").lt(lit(since)));
    winners
        .lazy()
        .join(credited, [col("bill")], [col("bill")], JoinArgs::new(JoinType::Left))
        .with_column(
            when(col("status").eq(lit(AVVIST)))
                .then(code(2))
                .when(col("status").eq(lit(BEHANDLES)))
                .then(code(3))
                .when(col("credits").is_not_null())
                .then(code(4))
                .when(col("is_credited").is_not_null())
                .then(code(5))
                .when(col("practice_type").eq(lit(NO_PRACTICE_TYPE)))
                .then(code(6))
                .when(early)
                .then(code(7))
                .otherwise(code(COUNTED))
                .alias("class"),
        )
        .collect()
}

/// A class as a column; a literal alone would be a 32-bit number.
fn code(class: u8) -> Expr {
    lit(class).cast(DataType::UInt8)
}

/// Rows by file and class.
fn classes_by_file(rows: &DataFrame) -> PolarsResult<Vec<Classed>> {
    let (seqs, classes) = (rows.column("seq")?.u64()?, rows.column("class")?.u8()?);
    let mut counts: BTreeMap<(u16, u8), u64> = BTreeMap::new();
    for (seq, class) in seqs.iter().zip(classes.iter()).filter_map(|(seq, class)| Some((seq?, class?))) {
        *counts.entry((file_of(seq), class)).or_default() += 1;
    }
    let classed = |((file, class), rows)| Classed { file, class: CLASSES[usize::from(class)], rows };
    Ok(counts.into_iter().map(classed).collect())
}

/// Every known bill number with whether its bill is counted.
fn fates(classed: &DataFrame, left_out: DataFrame) -> PolarsResult<DataFrame> {
    let counted = col("class").eq(lit(COUNTED)).alias("is_counted");
    let bills = classed.clone().lazy().select([col("bill"), counted]);
    if left_out.height() == 0 {
        return bills.collect();
    }
    let others = left_out
        .lazy()
        .unique(None, UniqueKeepStrategy::Any)
        .join(bills.clone(), [col("bill")], [col("bill")], JoinArgs::new(JoinType::Anti))
        .with_column(lit(false).alias("is_counted"));
    concat([bills, others], UnionArgs::default())?.collect()
}

/// Classes of the runs, and the folded content of every counted bill (`bill`, `content`).
fn lines(runs: DataFrame, fates: &DataFrame, fold: impl FnMut(u32, u32) -> u32) -> Result<(Lines, DataFrame)> {
    let judged = judge(runs, fates).map_err(bug)?;
    let books = line_books(&judged).map_err(bug)?;
    Ok((books, contents(judged, fold).map_err(bug)?))
}

const LINE_ORPHAN: u8 = 0;
const LINE_SUPERSEDED: u8 = 1;
const LINE_BILL_NOT_COUNTED: u8 = 2;
const LINE_COUNTED: u8 = 3;

/// Adds `class` to every run: orphan, superseded by a later file, of a bill not counted, counted.
fn judge(runs: DataFrame, fates: &DataFrame) -> PolarsResult<DataFrame> {
    let last = runs
        .clone()
        .lazy()
        .group_by([col("bill")])
        .agg([col("file").max().alias("last_file"), len().alias("runs")])
        .join(fates.clone().lazy(), [col("bill")], [col("bill")], JoinArgs::new(JoinType::Left));
    runs.lazy()
        .join(last, [col("bill")], [col("bill")], JoinArgs::new(JoinType::Inner))
        .with_column(
            when(col("is_counted").is_null())
                .then(code(LINE_ORPHAN))
                .when(col("file").lt(col("last_file")))
                .then(code(LINE_SUPERSEDED))
                .when(col("is_counted").not())
                .then(code(LINE_BILL_NOT_COUNTED))
                .otherwise(code(LINE_COUNTED))
                .alias("class"),
        )
        .collect()
}

fn line_books(judged: &DataFrame) -> PolarsResult<Lines> {
    let counts = judged
        .clone()
        .lazy()
        .group_by([col("file"), col("class")])
        .agg([col("rows").cast(DataType::UInt64).sum()])
        .collect()?;
    let (files, classes) = (counts.column("file")?.u16()?, counts.column("class")?.u8()?);
    let rows = counts.column("rows")?.u64()?;
    let classed = |at: usize| {
        let class = match classes.get(at)? {
            LINE_ORPHAN => RowClass::Rejected(RejectReason::Orphan),
            LINE_SUPERSEDED => RowClass::Superseded,
            LINE_BILL_NOT_COUNTED => RowClass::OutOfScope(OutOfScope::BillNotCounted),
            _ => RowClass::Counted,
        };
        Some(Classed { file: files.get(at)?, class, rows: rows.get(at)? })
    };
    let classes = (0..counts.height()).filter_map(classed).collect();
    Ok(Lines { classes, orphans: orphans(judged)? })
}

fn orphans(judged: &DataFrame) -> PolarsResult<Vec<(u16, u32, u32)>> {
    let lost = judged.clone().lazy().filter(col("class").eq(lit(LINE_ORPHAN))).collect()?;
    let files = lost.column("file")?.u16()?;
    let (firsts, rows) = (lost.column("first")?.u32()?, lost.column("rows")?.u32()?);
    Ok((0..lost.height()).filter_map(|at| Some((files.get(at)?, firsts.get(at)?, rows.get(at)?))).collect())
}

/// One row a counted bill: most have a single run; the others are folded in order of their rows.
fn contents(judged: DataFrame, mut fold: impl FnMut(u32, u32) -> u32) -> PolarsResult<DataFrame> {
    let counted = judged.lazy().filter(col("class").eq(lit(LINE_COUNTED)));
    let single = counted.clone().filter(col("runs").eq(lit(1u32))).select([col("bill"), col("content")]);
    let several = counted
        .filter(col("runs").gt(lit(1u32)))
        .select([col("bill"), col("first"), col("content")])
        .sort(["bill", "first"], SortMultipleOptions::default())
        .collect()?;
    if several.height() == 0 {
        return single.collect();
    }
    let (bills, contents) = (several.column("bill")?.i64()?, several.column("content")?.u32()?);
    let mut folded: Vec<(i64, u32)> = Vec::new();
    for (bill, content) in bills.iter().zip(contents.iter()).filter_map(|(bill, content)| Some((bill?, content?))) {
        match folded.last_mut().filter(|last| last.0 == bill) {
            Some(last) => last.1 = fold(last.1, content),
            None => folded.push((bill, content)),
        }
    }
    let (bills, contents): (Vec<i64>, Vec<u32>) = folded.into_iter().unzip();
    concat([single, df!("bill" => bills, "content" => contents)?.lazy()], UnionArgs::default())?.collect()
}

/// The counted bills with what their lines say.
fn contacts(classed: DataFrame, said: DataFrame, diagnosed: DataFrame) -> PolarsResult<DataFrame> {
    let named = |contents: DataFrame, name: &str| contents.lazy().rename(["content"], [name], true);
    classed
        .lazy()
        .filter(col("class").eq(lit(COUNTED)))
        .drop(cols(["class", "is_credited", "credits", "status"]))
        .join(named(said, "takst"), [col("bill")], [col("bill")], JoinArgs::new(JoinType::Left))
        .join(named(diagnosed, "diagnosis"), [col("bill")], [col("bill")], JoinArgs::new(JoinType::Left))
        .collect()
}
