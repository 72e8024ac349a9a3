//! One file of bills or lines, read once and kept: its rows as numbers, whatever the as-of day.
//!
//! In: a staged file. Out: the rows of some bills, as of a day, with what the books need.

use arrow::array::{ArrayRef, AsArray, UInt16Array, UInt32Array, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Int64Type, SchemaRef, UInt8Type, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::bills::{Unknown, seq};
use super::meaning::Meanings;
use crate::domain::{Error, Result, RowClass};
use crate::load::{Left, OpenFile};
use crate::stage::{Numbers, Stored, values, widen};

/// What is kept of a file beside its rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Meta {
    pub rows: u64,
    pub humans: Vec<u64>,
    /// Rows that passed their tests, by day of registration; empty for lines.
    pub days: Vec<(i32, u64)>,
    /// Of them, those with codes that no list knows.
    pub unknown: Vec<(i32, Unknown)>,
    /// Lines whose code no list has.
    pub unknown_codes: u64,
    /// Lowest and highest bill of each chunk of rows.
    pub chunks: Vec<(i64, i64)>,
    /// Bit by kind of identifier: one that is no integer in shortest form.
    pub texts: u8,
}

/// A row left out, as it is kept: row, line, key, day, class, column at fault, fields.
pub type LeftRow = (u32, u64, Option<i64>, Option<i32>, u8, Option<String>, Vec<String>);

/// A staged file.
pub struct Filed {
    stored: Stored,
    pub meta: Meta,
}

/// Which rows are wanted.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    All,
    Bills(&'a Bills),
}

/// Numbers of some bills.
pub struct Bills {
    all: FxHashSet<i64>,
    ordered: Vec<i64>,
}

impl Bills {
    pub fn of(all: FxHashSet<i64>) -> Bills {
        let mut ordered: Vec<i64> = all.iter().copied().collect();
        ordered.par_sort_unstable();
        Bills { all, ordered }
    }

    pub fn count(&self) -> usize {
        self.all.len()
    }

    pub fn contain(&self, bill: i64) -> bool {
        self.all.contains(&bill)
    }

    /// Whether there is one from the lowest to the highest.
    fn reach(&self, (lowest, highest): (i64, i64)) -> bool {
        let at = self.ordered.partition_point(|&bill| bill < lowest);
        self.ordered.get(at).is_some_and(|&bill| bill <= highest)
    }
}

impl Filed {
    pub fn of(stored: Stored) -> Result<Filed> {
        let meta = stored.meta()?;
        Ok(Filed { stored, meta })
    }

    /// Bill numbers of a chunk's rows.
    pub fn keys(&self, chunk: usize) -> Result<Vec<i64>> {
        let rows = self.stored.rows(&format!("keys-{chunk}"))?;
        let keys = Numbers::of::<Int64Type>(&rows, "bill").ok_or_else(|| self.stored.is_damaged())?;
        Ok(keys.to_vec())
    }

    /// All rows of a chunk as they are kept (`stage::narrow`), as of the file of rank 0.
    pub fn rows(&self, chunk: usize) -> Result<RecordBatch> {
        self.stored.rows(&format!("rows-{chunk}"))
    }

    /// The wanted rows of a chunk, with the columns of their source; none where there are none.
    pub fn pick(&self, chunk: usize, wanted: Wanted, schema: &SchemaRef) -> Result<Option<RecordBatch>> {
        let whole = |rows: &RecordBatch| widen(rows, schema).map(Some).ok_or_else(|| self.stored.is_damaged());
        let Wanted::Bills(bills) = wanted else { return whole(&self.rows(chunk)?) };
        if self.meta.chunks.get(chunk).is_some_and(|&of_chunk| !bills.reach(of_chunk)) {
            return Ok(None);
        }
        let keys = self.keys(chunk)?;
        let at: Vec<u32> = (0..keys.len() as u32).filter(|&at| bills.contain(keys[at as usize])).collect();
        if at.is_empty() {
            return Ok(None);
        }
        let rows = self.rows(chunk)?;
        if rows.num_rows() != keys.len() {
            return Err(self.stored.is_damaged());
        }
        if at.len() == keys.len() {
            return whole(&rows);
        }
        whole(&take_record_batch(&rows, &UInt32Array::from(at)).map_err(|_| Error::bug("rows of a chunk"))?)
    }

    /// Bills that credit another, and the other.
    pub fn credits(&self) -> Result<Vec<(i64, i64)>> {
        let rows = self.stored.rows("credits")?;
        let (bills, credits) = (values::<Int64Type>(&rows, "bill"), values::<Int64Type>(&rows, "credits"));
        let (bills, credits) = bills.zip(credits).ok_or_else(|| self.stored.is_damaged())?;
        Ok(bills.iter().copied().zip(credits.iter().copied()).collect())
    }

    /// Rows that passed their tests and are registered after a day.
    pub fn later(&self, as_of: i32) -> u64 {
        self.meta.days.iter().filter(|(day, _)| *day > as_of).map(|(_, rows)| rows).sum()
    }

    /// Rows with unknown codes, as of a day.
    pub fn unknown(&self, as_of: i32) -> Unknown {
        let mut sum = Unknown::default();
        for (_, of_day) in self.meta.unknown.iter().filter(|(day, _)| *day <= as_of) {
            sum.iter_mut().zip(of_day).for_each(|(sum, rows)| *sum += rows);
        }
        sum
    }

    /// What the books need, for a file of some rank.
    pub fn open_file(&self, rank: u16, as_of: i32) -> Result<OpenFile> {
        let Meta { rows, ref humans, .. } = self.meta;
        Ok(OpenFile {
            file: rank,
            rows,
            later: self.later(as_of),
            humans: humans.clone(),
            texts: self.meta.texts,
            left: self.left(rank)?,
        })
    }

    fn left(&self, rank: u16) -> Result<Vec<Left>> {
        let kept: Vec<LeftRow> =
            serde_json::from_slice(&self.stored.part("left")?).map_err(|_| self.stored.is_damaged())?;
        let left = |(row, line, key, day, class, column, fields): LeftRow| {
            let class = *RowClass::ALL.get(usize::from(class))?;
            Some(Left { file: rank, row, line, key, day, class, column, fields })
        };
        kept.into_iter().map(left).collect::<Option<Vec<_>>>().ok_or_else(|| self.stored.is_damaged())
    }

    /// Numbers of this run for the contents of the file's runs; empty for a source without any.
    pub fn contents(&self, meanings: &Meanings) -> Result<FxHashMap<u32, u32>> {
        if !self.stored.has("contents") {
            return Ok(FxHashMap::default());
        }
        let rows = self.stored.rows("contents")?;
        let (ids, kinds) = (values::<UInt32Type>(&rows, "id"), values::<UInt8Type>(&rows, "kind"));
        let columns = ids.zip(kinds).zip(values::<UInt32Type>(&rows, "features"));
        let ((ids, kinds), features) = columns.ok_or_else(|| self.stored.is_damaged())?;
        let mut numbers = FxHashMap::default();
        let mut at = 0;
        for spelled in ids.chunk_by(|a, b| a == b) {
            let end = at + spelled.len();
            let meaning: Vec<_> = kinds[at..end].iter().copied().zip(features[at..end].iter().copied()).collect();
            let number = meanings.of_spelled(&meaning).ok_or_else(|| self.stored.is_damaged())?;
            numbers.insert(spelled[0], number);
            at = end;
        }
        Ok(numbers)
    }
}

/// Rows of regning of a file of some rank as of a day; and the numbers of those registered later.
pub fn bills_on(rows: &RecordBatch, rank: u16, as_of: i32) -> Result<(RecordBatch, Vec<i64>)> {
    let misfit = || Error::bug("staged rows of regning have a column of their own type");
    let days = values::<arrow::datatypes::Int32Type>(rows, "registered").ok_or_else(misfit)?;
    let bills = rows.column(0).as_primitive_opt::<Int64Type>().ok_or_else(misfit)?;
    let later = bills.values().iter().zip(days).filter(|(_, day)| **day > as_of).map(|(bill, _)| *bill).collect();
    let seqs = rows.column(1).as_primitive_opt::<UInt64Type>().ok_or_else(misfit)?;
    let ranked = UInt64Array::from_iter_values(seqs.values().iter().map(|row| row | seq(rank, 0)));
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    columns[1] = Arc::new(ranked);
    let ranked = RecordBatch::try_new(rows.schema(), columns).map_err(|_| misfit())?;
    let in_time: Vec<u32> = (0..days.len() as u32).filter(|&at| days[at as usize] <= as_of).collect();
    if in_time.len() == days.len() {
        return Ok((ranked, later));
    }
    let rows = take_record_batch(&ranked, &UInt32Array::from(in_time)).map_err(|_| misfit())?;
    Ok((rows, later))
}

/// Runs of a file of some rank, their contents by the numbers of this run.
pub fn runs_of(rows: &RecordBatch, rank: u16, numbers: &FxHashMap<u32, u32>) -> Result<RecordBatch> {
    let misfit = || Error::bug("staged runs have a column of their own type");
    let contents = values::<UInt32Type>(rows, "content").ok_or_else(misfit)?;
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    columns[1] = Arc::new(UInt16Array::from(vec![rank; rows.num_rows()]));
    if !numbers.is_empty() {
        let number = |content: &u32| numbers.get(content).copied().ok_or_else(misfit);
        let numbered = contents.iter().map(number).collect::<Result<Vec<u32>>>()?;
        columns[4] = Arc::new(UInt32Array::from(numbered));
    }
    RecordBatch::try_new(rows.schema(), columns).map_err(|_| misfit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bills_reach_a_chunk_when_one_of_them_is_within_its_bounds() {
        let bills = Bills::of([-5, 3, 9].into_iter().collect());
        for (bounds, expected) in
            [((-9, -6), false), ((-9, -5), true), ((-4, 2), false), ((3, 3), true), ((4, 8), false), ((9, 12), true)]
        {
            assert_eq!(bills.reach(bounds), expected, "{bounds:?}");
        }
        assert!(bills.contain(9) && !bills.contain(4));
        assert!(!Bills::of(FxHashSet::default()).reach((i64::MIN, i64::MAX)));
    }
}
