//! Columns of whole numbers in as few bytes a number as hold them all.
//!
//! In: rows. Out: rows with the same numbers, of which most take a quarter of the room, and the
//! numbers again as what they were. Never changes a number.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt8Type, UInt16Type, UInt32Type};
use arrow::record_batch::RecordBatch;

use super::container::values;
use crate::domain::{Error, Result};

/// Rows with their columns of 32 and 64 bits in fewer, where they fit.
pub fn narrow(rows: &RecordBatch) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = rows.columns().iter().map(narrowest).collect();
    let field =
        |(field, column): (&Arc<Field>, &ArrayRef)| field.as_ref().clone().with_data_type(column.data_type().clone());
    let schema = Schema::new(rows.schema().fields().iter().zip(&columns).map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns).map_err(|_| Error::bug("narrow rows are no rows"))
}

fn narrowest(column: &ArrayRef) -> ArrayRef {
    let narrower = match column.as_primitive_opt::<UInt32Type>() {
        Some(numbers) => fit(numbers),
        None => column.as_primitive_opt::<Int64Type>().and_then(fit),
    };
    narrower.unwrap_or_else(|| Arc::clone(column))
}

/// Numbers in a narrower type; none where there is none, as for those below nought.
fn fit<T: ArrowPrimitiveType<Native: Into<i64>>>(numbers: &PrimitiveArray<T>) -> Option<ArrayRef> {
    let bits = numbers.values().iter().fold(0, |bits: i64, &number| bits | number.into()) as u64;
    let bytes = size_of::<T::Native>();
    Some(match bits {
        0..=0xff => Arc::new(numbers.unary::<_, UInt8Type>(|number| number.into() as u8)),
        0x100..=0xffff => Arc::new(numbers.unary::<_, UInt16Type>(|number| number.into() as u16)),
        0x1_0000..=0xffff_ffff if bytes > 4 => Arc::new(numbers.unary::<_, UInt32Type>(|number| number.into() as u32)),
        _ => return None,
    })
}

/// Narrowed rows with the columns of a schema again; none where they are not of it.
pub fn widen(rows: &RecordBatch, schema: &SchemaRef) -> Option<RecordBatch> {
    let widest = |(column, field): (&ArrayRef, &Arc<Field>)| match column.data_type() {
        same if same == field.data_type() => Some(Arc::clone(column)),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => cast(column, field.data_type()).ok(),
        _ => None,
    };
    let columns = rows.columns().iter().zip(schema.fields()).map(widest).collect::<Option<_>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).ok()
}

/// The numbers of a column that may have been narrowed.
#[derive(Debug, Clone, Copy)]
pub enum Numbers<'a, T> {
    Whole(&'a [T]),
    Four(&'a [u32]),
    Two(&'a [u16]),
    One(&'a [u8]),
}

impl<'a, T: Copy + From<u8> + From<u16> + From<u32>> Numbers<'a, T> {
    /// The numbers of a column of `T`; none where it is of another type, or has nulls.
    pub fn of<A: ArrowPrimitiveType<Native = T>>(rows: &'a RecordBatch, name: &str) -> Option<Self> {
        let whole = || values::<A>(rows, name).map(Numbers::Whole);
        let four = || values::<UInt32Type>(rows, name).map(Numbers::Four);
        let two = || values::<UInt16Type>(rows, name).map(Numbers::Two);
        let one = || values::<UInt8Type>(rows, name).map(Numbers::One);
        whole().or_else(one).or_else(two).or_else(four)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        match self {
            Numbers::Whole(all) => all.len(),
            Numbers::Four(all) => all.len(),
            Numbers::Two(all) => all.len(),
            Numbers::One(all) => all.len(),
        }
    }

    /// The number of a row that there is.
    #[inline]
    pub fn at(&self, row: usize) -> T {
        match self {
            Numbers::Whole(all) => all[row],
            Numbers::Four(all) => all[row].into(),
            Numbers::Two(all) => all[row].into(),
            Numbers::One(all) => all[row].into(),
        }
    }

    pub fn iter(self) -> impl Iterator<Item = T> + Clone + Send + 'a
    where
        T: Sync + Send,
    {
        (0..self.rows()).map(move |row| self.at(row))
    }

    pub fn to_vec(self) -> Vec<T> {
        match self {
            Numbers::Whole(all) => all.to_vec(),
            Numbers::Four(all) => all.iter().map(|&number| number.into()).collect(),
            Numbers::Two(all) => all.iter().map(|&number| number.into()).collect(),
            Numbers::One(all) => all.iter().map(|&number| number.into()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, Int64Array, UInt32Array};
    use arrow::datatypes::Int32Type;

    use super::*;

    fn rows(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn numbers_come_back_from_the_narrowest_type_that_holds_them() {
        let narrowest = [
            (vec![0, 255], DataType::UInt8),
            (vec![256, 0], DataType::UInt16),
            (vec![1 << 16], DataType::UInt32),
            (vec![1 << 32], DataType::Int64),
            (vec![-1, 3], DataType::Int64),
            (vec![], DataType::UInt8),
        ];
        for (numbers, expected) in narrowest {
            let narrowed = narrow(&rows(vec![("n", Arc::new(Int64Array::from(numbers.clone())))])).unwrap();
            assert_eq!(narrowed.column(0).data_type(), &expected);
            let again = Numbers::of::<Int64Type>(&narrowed, "n").unwrap();
            assert_eq!((again.to_vec(), again.iter().collect::<Vec<_>>()), (numbers.clone(), numbers));
        }
        let most = vec![u32::MAX, 0];
        let narrowed = narrow(&rows(vec![("n", Arc::new(UInt32Array::from(most.clone())))])).unwrap();
        assert_eq!(Numbers::of::<UInt32Type>(&narrowed, "n").unwrap().to_vec(), most);
    }

    #[test]
    fn narrow_rows_are_widened_to_what_they_were() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("bill", Arc::new(Int64Array::from(vec![i64::MIN, 7]))),
            ("person", Arc::new(Int64Array::from(vec![300, 7]))),
            ("credits", Arc::new(Int64Array::from(vec![None, Some(70_000)]))),
            ("day", Arc::new(Int32Array::from(vec![-1, 7]))),
            ("first", Arc::new(UInt32Array::from(vec![0, 7]))),
        ];
        let whole = rows(columns);
        let narrowed = narrow(&whole).unwrap();
        assert_ne!(narrowed.schema(), whole.schema());
        assert_eq!(widen(&narrowed, &whole.schema()).unwrap(), whole);
        let misfit = Arc::new(Schema::new(vec![Field::new("bill", DataType::Int32, false); 5]));
        assert_eq!(widen(&narrowed, &misfit), None);
    }

    #[test]
    fn a_column_of_another_type_is_left_as_it_is_and_is_not_taken_for_numbers() {
        let narrowed = narrow(&rows(vec![("day", Arc::new(Int32Array::from(vec![7])))])).unwrap();
        assert_eq!(values::<Int32Type>(&narrowed, "day"), Some(&[7][..]));
        assert!(Numbers::of::<UInt32Type>(&narrowed, "day").is_none());
        assert!(Numbers::of::<UInt32Type>(&narrowed, "other").is_none());
    }
}
