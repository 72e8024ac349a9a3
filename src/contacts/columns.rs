//! Columns of a typed batch by name, as the arrays that the schema promises.
//!
//! In: a batch of `load`. Out: borrowed arrays. Never converts a value.

use arrow::array::{Array, Date32Array, Int64Array, StringArray, TimestampSecondArray};
use arrow::record_batch::RecordBatch;

use crate::domain::{Error, Result};

/// The column `name` as an array of type `A`.
///
/// # Errors
/// A bug: `load` gives every column asked for, in the type of the schema.
pub fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Result<&'a A> {
    let array = batch.column_by_name(name).and_then(|array| array.as_any().downcast_ref::<A>());
    array.ok_or_else(|| Error::bug(format!("column {name} is missing or of another type in a batch")))
}

pub fn whole<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array> {
    column(batch, name)
}

pub fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray> {
    column(batch, name)
}

pub fn date<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Date32Array> {
    column(batch, name)
}

pub fn moment<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a TimestampSecondArray> {
    column(batch, name)
}

/// The value at a row, or none where it is missing.
pub fn at(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}

/// The whole number at a row, or none where it is missing.
pub fn number(array: &Int64Array, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.value(row))
}
