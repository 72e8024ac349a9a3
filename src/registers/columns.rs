//! Columns of a typed batch by name, and where a row stands in the delivery.
//!
//! In: batches of `load`. Out: borrowed arrays. Never converts a value.

use arrow::array::{Array, Date32Array, Int64Array, StringArray, TimestampSecondArray};

use super::intervals::OPEN;
use crate::codes::Geography;
use crate::domain::{Error, MunicipalityNumber, PlaceIndex, Result, RowClass};
use crate::load::{Scanned, TypedBatch};

fn column<'a, A: Array + 'static>(batch: &'a TypedBatch, name: &str) -> Result<&'a A> {
    let array = batch.columns.column_by_name(name).and_then(|array| array.as_any().downcast_ref::<A>());
    array.ok_or_else(|| Error::bug(format!("column {name} is missing or of another type in a batch")))
}

/// A column of numbers, keys or flags.
pub struct Whole<'a>(&'a Int64Array);

impl<'a> Whole<'a> {
    pub fn of(batch: &'a TypedBatch, name: &str) -> Result<Self> {
        column(batch, name).map(Whole)
    }
    /// The value of a row; none where missing.
    pub fn get(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
    /// The value of a row, 0 where missing.
    pub fn or_zero(&self, row: usize) -> i64 {
        self.get(row).unwrap_or(0)
    }
}

/// A column of days.
pub struct Days<'a>(&'a Date32Array);

impl<'a> Days<'a> {
    pub fn of(batch: &'a TypedBatch, name: &str) -> Result<Self> {
        column(batch, name).map(Days)
    }
    /// The first day of an interval; the schema requires it.
    pub fn first(&self, row: usize) -> i32 {
        if self.0.is_valid(row) { self.0.value(row) } else { i32::MIN }
    }
    /// The last day of an interval; [`OPEN`] where missing.
    pub fn last(&self, row: usize) -> i32 {
        if self.0.is_valid(row) { self.0.value(row) } else { OPEN }
    }
}

/// A column of moments, in seconds.
pub struct Moments<'a>(&'a TimestampSecondArray);

impl<'a> Moments<'a> {
    pub fn of(batch: &'a TypedBatch, name: &str) -> Result<Self> {
        column(batch, name).map(Moments)
    }
    pub fn get(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

/// A column of texts.
pub struct Texts<'a>(&'a StringArray);

impl<'a> Texts<'a> {
    pub fn of(batch: &'a TypedBatch, name: &str) -> Result<Self> {
        column(batch, name).map(Texts)
    }
    pub fn get(&self, row: usize) -> Option<&'a str> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
    /// The place of a municipality number; the unknown one for anything else.
    pub fn place(&self, row: usize, geography: &Geography) -> PlaceIndex {
        let code = self.get(row).and_then(MunicipalityNumber::parse);
        code.and_then(|code| geography.resolve(code)).unwrap_or(geography.unknown())
    }
}

/// Place of a row in the delivery: file rank, then row.
pub fn seq(batch: &TypedBatch, row: usize) -> u64 {
    u64::from(batch.file) << 32 | u64::from(batch.rows[row])
}

/// Counts every row that has no class yet.
pub fn count_the_rest(scanned: &mut Scanned) {
    for file in &mut scanned.tally.files {
        let classed: u64 = file.classes.values().sum();
        file.add(RowClass::Counted, file.rows.saturating_sub(classed));
    }
}
