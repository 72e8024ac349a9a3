//! Blocks as rows: what is kept of the cells of a table in a period.
//!
//! In: a block, or the parts of a staged file. Out: the same as the other, and rows put among a
//! table's cells as they are. Keys of those who are alone in a cell stand beside the rows, for most
//! cells have nobody who is. Never counts.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray, UInt8Array, UInt32Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt8Type, UInt32Type};
use arrow::record_batch::RecordBatch;

use super::blocks::{Block, KeptCell, Slice};
use super::cells::{CellCount, MeanCell, TableCells};
use super::lone::{Alone, NOBODY};
use super::sparse::Sparse;
use crate::domain::{Error, Result};
use crate::stage::{Numbers, Stored, narrow, values};

/// Layers of a block, in their order.
const LAYERS: [&str; 3] = ["contacts", "patients", "means"];
const ALONE: &str = "alone";

/// A block as rows.
pub struct Rows {
    /// By layer; none where the layer has no cell.
    layers: [Option<RecordBatch>; 3],
    /// Layer, row, and keys of the only patient and doctor there.
    alone: RecordBatch,
}

impl Rows {
    /// A block as rows.
    pub fn of(block: &Block) -> Result<Rows> {
        let some = |rows: RecordBatch| Some(rows).filter(|rows| rows.num_rows() > 0);
        let layers = [counts(&block.contacts)?, counts(&block.patients)?, means(&block.means)?].map(some);
        let mut alone: Vec<(u8, u32, i64, i64)> = Vec::new();
        note(&mut alone, 0, &block.contacts);
        note(&mut alone, 1, &block.patients);
        note(&mut alone, 2, &block.means);
        let key = |of: fn(&(u8, u32, i64, i64)) -> i64| -> ArrayRef {
            Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(alone.iter().map(of)))
        };
        let columns: [Named; 4] = [
            ("layer", Arc::new(UInt8Array::from_iter_values(alone.iter().map(|row| row.0)))),
            ("row", Arc::new(UInt32Array::from_iter_values(alone.iter().map(|row| row.1)))),
            ("patient", key(|row| row.2)),
            ("doctor", key(|row| row.3)),
        ];
        Ok(Rows { layers, alone: rows(columns.into_iter())? })
    }

    /// Labels and rows of the parts to keep.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &RecordBatch)> {
        let layers = LAYERS.into_iter().zip(&self.layers);
        layers.filter_map(|(label, rows)| Some((label, rows.as_ref()?))).chain([(ALONE, &self.alone)])
    }

    /// The rows of a table in a staged period.
    pub fn read(stored: &Stored, table: usize) -> Result<Rows> {
        let layer = |label: &str| {
            let label = format!("{table}-{label}");
            if stored.has(&label) { stored.rows(&label).map(Some) } else { Ok(None) }
        };
        let [contacts, patients, means] = LAYERS.map(layer);
        Ok(Rows { layers: [contacts?, patients?, means?], alone: stored.rows(&format!("{table}-{ALONE}"))? })
    }

    /// The block; none where these are rows of something else.
    pub fn block(&self) -> Option<Block> {
        let of_counts = |layer: usize| {
            self.layers[layer].as_ref().map_or(Some(Vec::new()), |rows| kept(rows, &CountColumns::of(rows)?))
        };
        let means = self.layers[2].as_ref().map_or(Some(Vec::new()), |rows| kept(rows, &MeanColumns::of(rows)?))?;
        let mut block = Block { contacts: of_counts(0)?, patients: of_counts(1)?, means, contributors: None };
        self.each_alone(|layer, row, keys| {
            let (patient, doctor) = match layer {
                0 => block.contacts.get_mut(row).map(|cell| (&mut cell.patient, &mut cell.doctor)),
                1 => block.patients.get_mut(row).map(|cell| (&mut cell.patient, &mut cell.doctor)),
                _ => block.means.get_mut(row).map(|cell| (&mut cell.patient, &mut cell.doctor)),
            }?;
            (*patient, *doctor) = keys;
            Some(())
        })?;
        Some(block)
    }

    /// Visits layer, row, and keys of patient and doctor of the cells where one is alone.
    fn each_alone(&self, mut visit: impl FnMut(u8, usize, (i64, i64)) -> Option<()>) -> Option<()> {
        let layers = values::<UInt8Type>(&self.alone, "layer")?;
        let rows = Numbers::of::<UInt32Type>(&self.alone, "row")?;
        let mut alone = layers.iter().zip(rows.iter()).zip(self.alone()?);
        alone.try_for_each(|((&layer, row), keys)| visit(layer, row as usize, keys))
    }

    /// Keys of those who are alone in some cell, of patients and doctors.
    pub fn alone(&self) -> Option<impl Iterator<Item = (i64, i64)> + Clone + Send> {
        let keys = |name| Numbers::of::<Int64Type>(&self.alone, name);
        Some(keys("patient")?.iter().zip(keys("doctor")?.iter()))
    }

    /// Puts the cells among those of a table whose layers have their lengths; none where they do
    /// not fit, or where somebody is alone who has no number.
    pub fn put(&self, table: &mut TableCells, period: usize, alone: &Alone) -> Option<()> {
        let slices = [table.contacts.len(), table.patients.len(), table.means.len()]
            .map(|length| Slice::of(&table.axes, period, length));
        let [contacts, patients, means] = &self.layers;
        let contacts = put(contacts.as_ref(), CountColumns::of, &mut table.contacts, slices[0])?;
        let patients = put(patients.as_ref(), CountColumns::of, &mut table.patients, slices[1])?;
        let means = put(means.as_ref(), MeanColumns::of, &mut table.means, slices[2])?;
        self.each_alone(|layer, row, (patient, doctor)| {
            let (patient, doctor) = (alone.patient(patient)?, alone.doctor(doctor)?);
            let place = |at: Positions, slice: Slice| (row < at.rows()).then(|| slice.whole(at.at(row) as usize));
            let lone = match layer {
                0 => lone_of(table.contacts.get_mut(place(contacts, slices[0])?)?),
                1 => lone_of(table.patients.get_mut(place(patients, slices[1])?)?),
                _ => {
                    let cell = table.means.get_mut(place(means, slices[2])?)?;
                    (&mut cell.lone_patient, &mut cell.lone_doctor)
                }
            };
            (*lone.0, *lone.1) = (patient, doctor);
            Some(())
        })
    }
}

fn lone_of(cell: &mut CellCount) -> (&mut u32, &mut u32) {
    (&mut cell.lone_patient, &mut cell.lone_doctor)
}

fn note<T>(alone: &mut Vec<(u8, u32, i64, i64)>, layer: u8, cells: &[KeptCell<T>]) {
    let somebody = (0..).zip(cells).filter(|(_, cell)| cell.patient != NOBODY || cell.doctor != NOBODY);
    alone.extend(somebody.map(|(row, cell)| (layer, row, cell.patient, cell.doctor)));
}

/// Positions of rows among the cells of a period.
type Positions<'r> = Numbers<'r, u32>;

/// Puts rows among the cells of a layer; the positions of the rows.
fn put<'r, T: Clone + Default + PartialEq, C: Columns<Cell = T>>(
    rows: Option<&'r RecordBatch>,
    columns: impl Fn(&'r RecordBatch) -> Option<C>,
    layer: &mut Sparse<T>,
    slice: Slice,
) -> Option<Positions<'r>> {
    let Some(rows) = rows else { return Some(Numbers::Whole(&[])) };
    let (at, columns) = (Numbers::of::<UInt32Type>(rows, "at")?, columns(rows)?);
    if slice.inner == 0 {
        return None;
    }
    for (row, at) in at.iter().enumerate() {
        *layer.get_mut(slice.whole(at as usize))? = columns.cell(row);
    }
    Some(at)
}

/// The columns of a layer.
trait Columns {
    type Cell;
    fn cell(&self, row: usize) -> Self::Cell;
}

struct CountColumns<'r>([Numbers<'r, u32>; 6]);

impl<'r> CountColumns<'r> {
    const NAMES: [&'static str; 6] = ["value", "patients", "doctors", "top_patient", "top_doctor", "second_doctor"];

    fn of(rows: &'r RecordBatch) -> Option<Self> {
        Some(CountColumns(numbers(rows, Self::NAMES)?))
    }
}

impl Columns for CountColumns<'_> {
    type Cell = CellCount;

    #[inline]
    fn cell(&self, row: usize) -> CellCount {
        let [value, patients, doctors, top_patient, top_doctor, second_doctor] = self.0.map(|column| column.at(row));
        let (lone_patient, lone_doctor) = (0, 0);
        CellCount { value, patients, doctors, top_patient, top_doctor, second_doctor, lone_patient, lone_doctor }
    }
}

struct MeanColumns<'r> {
    sums: [Numbers<'r, i64>; 2],
    numbers: [Numbers<'r, u32>; 6],
}

impl<'r> MeanColumns<'r> {
    const NAMES: [&'static str; 6] = ["doctors", "contacts", "patients", "top_patient", "top_doctor", "second_doctor"];

    fn of(rows: &'r RecordBatch) -> Option<Self> {
        let sums = [Numbers::of::<Int64Type>(rows, "low")?, Numbers::of::<Int64Type>(rows, "high")?];
        Some(MeanColumns { sums, numbers: numbers(rows, Self::NAMES)? })
    }
}

impl Columns for MeanColumns<'_> {
    type Cell = MeanCell;

    fn cell(&self, row: usize) -> MeanCell {
        let [doctors, contacts, patients, top_patient, top_doctor, second_doctor] =
            self.numbers.map(|column| column.at(row));
        MeanCell {
            sum_billionths: i128::from(self.sums[1].at(row)) << 64 | i128::from(self.sums[0].at(row) as u64),
            doctors,
            contacts,
            patients,
            top_patient,
            top_doctor,
            second_doctor,
            lone_patient: 0,
            lone_doctor: 0,
        }
    }
}

fn numbers<'r>(rows: &'r RecordBatch, names: [&str; 6]) -> Option<[Numbers<'r, u32>; 6]> {
    let columns = names.iter().map(|name| Numbers::of::<UInt32Type>(rows, name)).collect::<Option<Vec<_>>>()?;
    columns.try_into().ok()
}

/// A kept cell for every row, with nobody alone in it.
fn kept<C: Columns>(rows: &RecordBatch, columns: &C) -> Option<Vec<KeptCell<C::Cell>>> {
    let at = Numbers::of::<UInt32Type>(rows, "at")?.iter().enumerate();
    let of_row = |(row, at)| KeptCell { at, cell: columns.cell(row), patient: NOBODY, doctor: NOBODY };
    Some(at.map(of_row).collect())
}

fn counts(kept: &[KeptCell<CellCount>]) -> Result<RecordBatch> {
    let number = |of: fn(&CellCount) -> u32| column::<UInt32Type, _>(kept, |kept| of(&kept.cell));
    let all: [fn(&CellCount) -> u32; 6] = [
        |cell| cell.value,
        |cell| cell.patients,
        |cell| cell.doctors,
        |cell| cell.top_patient,
        |cell| cell.top_doctor,
        |cell| cell.second_doctor,
    ];
    let at = [("at", column::<UInt32Type, _>(kept, |kept| kept.at))];
    rows(at.into_iter().chain(CountColumns::NAMES.into_iter().zip(all.map(number))))
}

fn means(kept: &[KeptCell<MeanCell>]) -> Result<RecordBatch> {
    let number = |of: fn(&MeanCell) -> u32| column::<UInt32Type, _>(kept, |kept| of(&kept.cell));
    let half = |half: u32| column::<Int64Type, _>(kept, move |kept| (kept.cell.sum_billionths >> (64 * half)) as i64);
    let all: [fn(&MeanCell) -> u32; 6] = [
        |cell| cell.doctors,
        |cell| cell.contacts,
        |cell| cell.patients,
        |cell| cell.top_patient,
        |cell| cell.top_doctor,
        |cell| cell.second_doctor,
    ];
    let first = [("at", column::<UInt32Type, _>(kept, |kept| kept.at)), ("low", half(0)), ("high", half(1))];
    rows(first.into_iter().chain(MeanColumns::NAMES.into_iter().zip(all.map(number))))
}

/// A column by name.
pub type Named<'n> = (&'n str, ArrayRef);

fn column<T: ArrowPrimitiveType, C>(kept: &[KeptCell<C>], of: impl Fn(&KeptCell<C>) -> T::Native) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(kept.iter().map(of)))
}

/// Rows of some columns of one length, narrowed.
pub fn rows<'n>(columns: impl Iterator<Item = Named<'n>>) -> Result<RecordBatch> {
    let (names, arrays): (Vec<&str>, Vec<ArrayRef>) = columns.unzip();
    let field = |(name, array): (&&str, &ArrayRef)| Field::new(*name, DataType::clone(array.data_type()), false);
    let schema = Schema::new(names.iter().zip(&arrays).map(field).collect::<Vec<_>>());
    let wrong = |_| Error::bug("a block has columns of different lengths");
    narrow(&RecordBatch::try_new(Arc::new(schema), arrays).map_err(wrong)?)
}

#[cfg(test)]
mod tests {
    use super::super::blocks::tests::table;
    use super::super::lone::Keys;
    use super::*;

    #[test]
    fn the_periods_of_a_table_put_back_together_are_the_table() {
        let whole = table();
        let keys = Keys { patients: vec![70], doctors: vec![80] };
        let mut again = table();
        again.contacts = vec![CellCount::default(); 8].into();
        again.means = vec![MeanCell::default(); 8].into();
        let alone = Alone::of([(70, 80)].into_iter());
        for period in 0..2 {
            let block = Block::take(&whole, period, &keys);
            let rows = Rows::of(&block).unwrap();
            assert_eq!(rows.block().unwrap(), block);
            rows.put(&mut again, period, &alone).unwrap();
        }
        assert_eq!((&again.contacts, &again.means), (&whole.contacts, &whole.means));
        let rows = Rows::of(&Block::take(&whole, 0, &keys)).unwrap();
        assert!(rows.put(&mut again, 0, &Alone::default()).is_none(), "70 has no number");
        assert!(rows.alone().unwrap().eq([(70, NOBODY), (70, NOBODY)]), "of four cells two have somebody");
        assert_eq!(rows.parts().map(|(label, _)| label).collect::<Vec<_>>(), ["contacts", "means", "alone"]);
    }
}
