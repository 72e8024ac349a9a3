//! The cells of one table in one period, as they are kept: those that are not empty, with keys for
//! the only patient and the only doctor in place of numbers.
//!
//! In: cells of a table. Out: blocks and rows of them, and blocks put back among a table's cells.
//! Never counts.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt32Type};
use arrow::record_batch::RecordBatch;

use super::cells::{Axes, CellCount, MeanCell, TableCells};
use super::contributors::Contributors;
use super::lone::{Alone, Keys, NOBODY};
use crate::domain::{Error, Result};

/// A cell of a layer: position without its period, count, keys of the only patient and doctor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptCell<T> {
    pub at: u32,
    pub cell: T,
    pub patient: i64,
    pub doctor: i64,
}

impl KeptCell<CellCount> {
    /// A cell that nobody is in.
    pub fn empty(at: u32) -> Self {
        KeptCell { at, cell: CellCount::default(), patient: NOBODY, doctor: NOBODY }
    }
}

/// What is kept of a table in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    pub contacts: Vec<KeptCell<CellCount>>,
    pub patients: Vec<KeptCell<CellCount>>,
    pub means: Vec<KeptCell<MeanCell>>,
    /// Who is in the cells, where rows may still come.
    pub contributors: Option<Contributors>,
}

/// A cell that may be kept.
trait Kept: Copy + Default + PartialEq {
    fn lone(&mut self) -> [&mut u32; 2];
}

impl Kept for CellCount {
    fn lone(&mut self) -> [&mut u32; 2] {
        [&mut self.lone_patient, &mut self.lone_doctor]
    }
}

impl Kept for MeanCell {
    fn lone(&mut self) -> [&mut u32; 2] {
        [&mut self.lone_patient, &mut self.lone_doctor]
    }
}

/// Where the cells of one period stand in a layer of `len` cells.
#[derive(Clone, Copy)]
pub struct Slice {
    period: usize,
    periods: usize,
    /// Cells of one place and period.
    pub inner: usize,
}

impl Slice {
    pub fn of(axes: &Axes, period: usize, len: usize) -> Slice {
        let periods = axes.periods.len();
        Slice { period, periods, inner: len.checked_div(axes.places.len() * periods).unwrap_or(0) }
    }
    /// Position in a layer of `periods` periods of a position without its period.
    pub fn position(&self, at: u32, (period, periods): (usize, usize)) -> usize {
        (at as usize / self.inner * periods + period) * self.inner + at as usize % self.inner
    }
    /// The period of a position in the layer, and the position without it.
    pub fn parts(&self, cell: usize) -> (usize, u32) {
        let (of_place, rest) = (cell / self.inner, cell % self.inner);
        (of_place % self.periods, (of_place / self.periods * self.inner + rest) as u32)
    }
    /// Position in the layer of a position without its period.
    fn whole(&self, at: usize) -> usize {
        (at / self.inner * self.periods + self.period) * self.inner + at % self.inner
    }
    fn take<T: Kept>(&self, layer: &[T], places: usize, keys: &Keys) -> Vec<KeptCell<T>> {
        let kept = |at: usize| {
            let mut cell = *layer.get(self.whole(at))?;
            if cell == T::default() {
                return None;
            }
            let [patient, doctor] = cell.lone().map(std::mem::take);
            Some(KeptCell { at: at as u32, cell, patient: keys.patient(patient), doctor: keys.doctor(doctor) })
        };
        (0..places * self.inner).filter_map(kept).collect()
    }
    fn put<T: Kept>(&self, kept: &[KeptCell<T>], layer: &mut [T], alone: &Alone) -> Option<()> {
        for kept in kept {
            let mut cell = kept.cell;
            let [patient, doctor] = cell.lone();
            (*patient, *doctor) = (alone.patient(kept.patient)?, alone.doctor(kept.doctor)?);
            *layer.get_mut(self.whole(kept.at as usize))? = cell;
        }
        Some(())
    }
}

impl Block {
    /// The cells of the period at a position of the table's axis.
    pub fn take(table: &TableCells, period: usize, keys: &Keys) -> Block {
        let places = table.axes.places.len();
        let slice = |len: usize| Slice::of(&table.axes, period, len);
        Block {
            contacts: slice(table.contacts.len()).take(&table.contacts, places, keys),
            patients: slice(table.patients.len()).take(&table.patients, places, keys),
            means: slice(table.means.len()).take(&table.means, places, keys),
            contributors: None,
        }
    }

    /// The position on the place axis of a cell without its period.
    pub fn place_of(axes: &Axes, at: u32) -> usize {
        at as usize / Slice::of(axes, 0, axes.len()).inner.max(1)
    }

    /// The code of one dimension of a cell without its period.
    pub fn code_of(axes: &Axes, at: u32, dimension: usize) -> usize {
        let shape = axes.shape();
        let stride: usize = shape[dimension + 3..].iter().product();
        at as usize / stride.max(1) % shape[dimension + 2].max(1)
    }

    /// Keys of the only patient and doctor of every cell.
    pub fn alone(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        let counts = self.contacts.iter().chain(&self.patients).map(|cell| (cell.patient, cell.doctor));
        counts.chain(self.means.iter().map(|cell| (cell.patient, cell.doctor)))
    }

    /// Puts the cells among those of a table whose layers have their lengths; none where they do
    /// not fit, or where somebody is alone who has no number.
    pub fn put(&self, table: &mut TableCells, period: usize, alone: &Alone) -> Option<()> {
        let slice = |len: usize| Slice::of(&table.axes, period, len);
        let (contacts, patients) = (slice(table.contacts.len()), slice(table.patients.len()));
        let means = slice(table.means.len());
        let fits = |kept: bool, slice: Slice| !kept || slice.inner > 0;
        let all = fits(!self.contacts.is_empty(), contacts) && fits(!self.patients.is_empty(), patients);
        if !all || !fits(!self.means.is_empty(), means) {
            return None;
        }
        contacts.put(&self.contacts, &mut table.contacts, alone)?;
        patients.put(&self.patients, &mut table.patients, alone)?;
        means.put(&self.means, &mut table.means, alone)
    }

    /// Each layer as rows.
    pub fn to_rows(&self) -> Result<[(&'static str, RecordBatch); 3]> {
        let means = |of: fn(&MeanCell) -> u32| column::<UInt32Type, _>(&self.means, |kept| of(&kept.cell));
        let halves = |half: u32| {
            column::<Int64Type, _>(&self.means, move |kept| (kept.cell.sum_billionths >> (64 * half)) as i64)
        };
        let numbers = [
            ("doctors", means(|cell| cell.doctors)),
            ("contacts", means(|cell| cell.contacts)),
            ("patients", means(|cell| cell.patients)),
            ("top_patient", means(|cell| cell.top_patient)),
            ("top_doctor", means(|cell| cell.top_doctor)),
            ("second_doctor", means(|cell| cell.second_doctor)),
            ("low", halves(0)),
            ("high", halves(1)),
        ];
        let means = rows(keyed(&self.means).into_iter().chain(numbers))?;
        Ok([("contacts", counts(&self.contacts)?), ("patients", counts(&self.patients)?), ("means", means)])
    }

    /// A block from its rows; none where they are rows of something else.
    pub fn from_rows(contacts: &RecordBatch, patients: &RecordBatch, means: &RecordBatch) -> Option<Block> {
        Some(Block {
            contacts: cells(contacts)?,
            patients: cells(patients)?,
            means: mean_cells(means)?,
            contributors: None,
        })
    }
}

pub type Named<'n> = (&'n str, ArrayRef);

fn keyed<T>(kept: &[KeptCell<T>]) -> [Named<'static>; 3] {
    [
        ("at", column::<UInt32Type, _>(kept, |kept| kept.at)),
        ("patient", column::<Int64Type, _>(kept, |kept| kept.patient)),
        ("doctor", column::<Int64Type, _>(kept, |kept| kept.doctor)),
    ]
}

fn counts(kept: &[KeptCell<CellCount>]) -> Result<RecordBatch> {
    let number = |of: fn(&CellCount) -> u32| column::<UInt32Type, _>(kept, |kept| of(&kept.cell));
    let numbers = [
        ("value", number(|cell| cell.value)),
        ("patients", number(|cell| cell.patients)),
        ("doctors", number(|cell| cell.doctors)),
        ("top_patient", number(|cell| cell.top_patient)),
        ("top_doctor", number(|cell| cell.top_doctor)),
        ("second_doctor", number(|cell| cell.second_doctor)),
    ];
    rows(keyed(kept).into_iter().chain(numbers))
}

fn column<T: ArrowPrimitiveType, C>(kept: &[KeptCell<C>], of: impl Fn(&KeptCell<C>) -> T::Native) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(kept.iter().map(of)))
}

pub fn rows<'n>(columns: impl Iterator<Item = Named<'n>>) -> Result<RecordBatch> {
    let (names, arrays): (Vec<&str>, Vec<ArrayRef>) = columns.unzip();
    let field = |(name, array): (&&str, &ArrayRef)| Field::new(*name, DataType::clone(array.data_type()), false);
    let schema = Schema::new(names.iter().zip(&arrays).map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), arrays).map_err(|_| Error::bug("a block has columns of different lengths"))
}

pub fn values<'a, T: ArrowPrimitiveType>(rows: &'a RecordBatch, name: &str) -> Option<&'a [T::Native]> {
    let array = rows.column_by_name(name)?.as_primitive_opt::<T>()?;
    (array.null_count() == 0).then(|| &array.values()[..])
}

/// A kept cell for every row, with what `cell` makes of the row's position.
fn kept<T>(rows: &RecordBatch, cell: impl Fn(usize) -> T) -> Option<Vec<KeptCell<T>>> {
    let at = values::<UInt32Type>(rows, "at")?;
    let (patient, doctor) = (values::<Int64Type>(rows, "patient")?, values::<Int64Type>(rows, "doctor")?);
    let of_row = |row: usize| KeptCell { at: at[row], cell: cell(row), patient: patient[row], doctor: doctor[row] };
    Some((0..rows.num_rows()).map(of_row).collect())
}

fn cells(rows: &RecordBatch) -> Option<Vec<KeptCell<CellCount>>> {
    let number = |name| values::<UInt32Type>(rows, name);
    let (value, patients, doctors) = (number("value")?, number("patients")?, number("doctors")?);
    let (top_patient, top_doctor) = (number("top_patient")?, number("top_doctor")?);
    let second_doctor = number("second_doctor")?;
    kept(rows, |row| CellCount {
        value: value[row],
        patients: patients[row],
        doctors: doctors[row],
        top_patient: top_patient[row],
        top_doctor: top_doctor[row],
        second_doctor: second_doctor[row],
        lone_patient: 0,
        lone_doctor: 0,
    })
}

fn mean_cells(rows: &RecordBatch) -> Option<Vec<KeptCell<MeanCell>>> {
    let number = |name| values::<UInt32Type>(rows, name);
    let (low, high) = (values::<Int64Type>(rows, "low")?, values::<Int64Type>(rows, "high")?);
    let (doctors, contacts, patients) = (number("doctors")?, number("contacts")?, number("patients")?);
    let (top_patient, top_doctor) = (number("top_patient")?, number("top_doctor")?);
    let second_doctor = number("second_doctor")?;
    kept(rows, |row| MeanCell {
        sum_billionths: i128::from(high[row]) << 64 | i128::from(low[row] as u64),
        doctors: doctors[row],
        contacts: contacts[row],
        patients: patients[row],
        top_patient: top_patient[row],
        top_doctor: top_doctor[row],
        second_doctor: second_doctor[row],
        lone_patient: 0,
        lone_doctor: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::cells::Place;
    use crate::domain::{Month, Period, PeriodKind};

    fn table() -> TableCells {
        let period = |first| Period { kind: PeriodKind::Month, first: Month(first) };
        let axes = Axes {
            places: vec![Place::Country, Place::Municipality(0)],
            periods: vec![period(5), period(6)],
            dimensions: vec![vec!["total".into(), "a".into()]],
            quantities: 1,
        };
        // Places, periods, codes of the dimension: 2 x 2 x 2.
        let cell =
            |value| CellCount { value, patients: value.min(1), lone_patient: value.min(1), ..CellCount::default() };
        let contacts = [1, 0, 3, 4, 0, 6, 0, 8].map(cell).to_vec();
        let mean = |sum| MeanCell { sum_billionths: sum, ..MeanCell::default() };
        let means = [-1, i128::MAX, 0, 0, 0, 5, 6, 7].map(mean).to_vec();
        TableCells { table: 0, axes, contacts, patients: Vec::new(), residents: Vec::new(), means }
    }

    #[test]
    fn the_periods_of_a_table_put_back_together_are_the_table() {
        let whole = table();
        let keys = Keys { patients: vec![70], doctors: vec![80] };
        let mut again = table();
        again.contacts.fill(CellCount::default());
        again.means.fill(MeanCell::default());
        let alone = Alone::of([(70, 80)].into_iter());
        for period in 0..2 {
            let block = Block::take(&whole, period, &keys);
            let [(_, contacts), (_, patients), (_, means)] = block.to_rows().unwrap();
            let read = Block::from_rows(&contacts, &patients, &means).unwrap();
            assert_eq!(read, block);
            read.put(&mut again, period, &alone).unwrap();
        }
        assert_eq!((again.contacts, again.means), (whole.contacts, whole.means));
        assert!(Block::take(&whole, 0, &keys).put(&mut again, 0, &Alone::default()).is_none(), "70 has no number");
    }

    #[test]
    fn a_block_holds_the_cells_of_its_period_alone() {
        let block = Block::take(&table(), 1, &Keys { patients: vec![70], doctors: vec![80] });
        let found: Vec<(u32, u32)> = block.contacts.iter().map(|kept| (kept.at, kept.cell.value)).collect();
        assert_eq!(found, [(0, 3), (1, 4), (3, 8)]);
    }
}
