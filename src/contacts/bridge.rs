//! Arrow batches to polars frames through the C data interface, without copying a value.
//!
//! In: record batches of one schema. Out: one [`DataFrame`]. polars reads no file: its own CSV
//! and Parquet readers would bring network code into the program. Never changes a value.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, Schema};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, to_ffi};
use arrow::record_batch::RecordBatch;
use polars::prelude::{Column, DataFrame, IntoColumn, PlSmallStr, Series};
use polars_arrow::ffi;

use crate::domain::{Error, Result};

/// One frame of all batches, rows in the order given; no batch: an empty frame of the schema.
///
/// # Errors
/// A bug if the two libraries disagree on the interface.
pub fn frame(schema: &Schema, batches: &[RecordBatch]) -> Result<DataFrame> {
    let empty = [RecordBatch::new_empty(std::sync::Arc::new(schema.clone()))];
    let batches = if batches.is_empty() { &empty[..] } else { batches };
    let height = batches.iter().map(RecordBatch::num_rows).sum();
    let columns = (0..schema.fields().len()).map(|at| column(schema, batches, at)).collect::<Result<Vec<_>>>()?;
    DataFrame::new(height, columns).map_err(bug)
}

fn column(schema: &Schema, batches: &[RecordBatch], at: usize) -> Result<Column> {
    let name = PlSmallStr::from_str(schema.field(at).name());
    let chunks = batches.iter().map(|batch| hand_over(batch.column(at))).collect::<Result<Vec<_>>>()?;
    Ok(Series::from_arrow_chunks(name, chunks).map_err(bug)?.into_column())
}

/// Hands one array over. Both libraries lay out the interface's two structures alike, since the
/// C data interface fixes them.
fn hand_over(array: &ArrayRef) -> Result<Box<dyn polars_arrow::array::Array>> {
    debug_assert!(matches!(
        array.data_type(),
        DataType::Int64 | DataType::Int32 | DataType::UInt64 | DataType::UInt32 | DataType::UInt16 | DataType::UInt8
    ));
    let (values, schema) = to_ffi(&array.to_data()).map_err(|_| Error::bug("a batch could not be handed over"))?;
    const { assert!(size_of::<FFI_ArrowArray>() == size_of::<ffi::ArrowArray>()) };
    const { assert!(size_of::<FFI_ArrowSchema>() == size_of::<ffi::ArrowSchema>()) };
    // SAFETY: the C data interface fixes the layout of both structures; ownership moves with
    // them, and the release callbacks are those that arrow-rs set.
    unsafe {
        let schema: ffi::ArrowSchema = std::mem::transmute(schema);
        let values: ffi::ArrowArray = std::mem::transmute(values);
        let field = ffi::import_field_from_c(&schema).map_err(bug)?;
        ffi::import_array_from_c(values, field.dtype).map_err(bug)
    }
}

/// An error of polars is a bug of ours; its text may hold values, so it is dropped.
pub fn bug<E>(_: E) -> Error {
    Error::bug("a join or grouping of bills failed; please report the command and the log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, UInt8Array};
    use arrow::datatypes::Field;
    use std::sync::Arc;

    #[test]
    fn values_and_nulls_arrive_unchanged() {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::UInt8, false)]);
        let batch = |a: Vec<Option<i64>>, b: Vec<u8>| {
            let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(a)), Arc::new(UInt8Array::from(b))];
            RecordBatch::try_new(Arc::new(schema.clone()), columns).unwrap()
        };
        let frame =
            frame(&schema, &[batch(vec![Some(7), None], vec![1, 2]), batch(vec![Some(-9)], vec![255])]).unwrap();
        let a: Vec<Option<i64>> = frame.column("a").unwrap().i64().unwrap().iter().collect();
        let b: Vec<Option<u8>> = frame.column("b").unwrap().u8().unwrap().iter().collect();
        assert_eq!(a, [Some(7), None, Some(-9)]);
        assert_eq!(b, [Some(1), Some(2), Some(255)]);
    }

    #[test]
    fn no_batch_is_an_empty_frame_with_its_columns() {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, true)]);
        let frame = frame(&schema, &[]).unwrap();
        assert_eq!((frame.height(), frame.width()), (0, 1));
    }
}
