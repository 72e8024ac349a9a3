//! Who is in the cells of a table in a period: what a night takes contacts out of and puts them in.
//!
//! In: cells, persons and doctors as they were counted. Out: the same by cell, and rows of it. All
//! of it adds up over contacts or persons. Never says who a person is, but of one who is alone.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::datatypes::{Int64Type, UInt32Type};
use arrow::record_batch::RecordBatch;
use rustc_hash::FxHashMap;

use super::blocks::{Named, rows, values};
use super::days::DoctorDays;
use super::levels::{KEPT, Levels};
use crate::domain::Result;

/// The persons in a cell: the sum of their keys, which is the key of one who is alone, and the
/// largest numbers of contacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Persons {
    /// Wrapping.
    pub keys: i64,
    /// Of contacts; not used for persons at their own place, who count once.
    pub levels: Levels,
}

impl Persons {
    /// The persons of others beside these.
    pub fn merge(&mut self, other: &Persons) {
        self.keys = self.keys.wrapping_add(other.keys);
        self.levels.merge(&other.levels);
    }
}

/// What each doctor has in each cell: by cell, then number of the doctor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doctors {
    /// By cell: where its pairs end.
    ends: Vec<u32>,
    doctor: Vec<u32>,
    number: Vec<u32>,
}

impl Doctors {
    pub fn with_capacity(cells: usize, pairs: usize) -> Doctors {
        let (doctor, number) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
        Doctors { ends: Vec::with_capacity(cells), doctor, number }
    }
    /// How many pairs there are.
    pub fn pairs(&self) -> usize {
        self.doctor.len()
    }
    /// Adds a pair to the cell that is being added.
    #[inline]
    pub fn push(&mut self, doctor: u32, number: u32) {
        self.doctor.push(doctor);
        self.number.push(number);
    }
    /// The cell that was being added has all its pairs.
    pub fn end_cell(&mut self) {
        self.ends.push(self.doctor.len() as u32);
    }
    /// Adds cells of others.
    pub fn copy(&mut self, from: &Doctors, (first, last): (usize, usize)) {
        let (start, moved) = (from.start(first), self.doctor.len());
        let end = from.start(last);
        self.doctor.extend_from_slice(&from.doctor[start..end]);
        self.number.extend_from_slice(&from.number[start..end]);
        self.ends.extend(from.ends[first..last].iter().map(|&end| (end as usize - start + moved) as u32));
    }
    /// Doctors and numbers of a cell.
    pub fn of_cell(&self, cell: usize) -> (&[u32], &[u32]) {
        let pairs = self.start(cell)..self.start(cell + 1);
        (&self.doctor[pairs.clone()], &self.number[pairs])
    }
    fn start(&self, cell: usize) -> usize {
        cell.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }
}

/// One layer: persons and doctors by position among its cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    pub persons: Vec<Persons>,
    pub doctors: Doctors,
}

/// Who is in the cells of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contributors {
    /// Keys of the doctors by their numbers here.
    pub doctors: Vec<i64>,
    /// Of contacts, and of patients.
    pub layers: [Layer; 2],
    /// Of means over doctors.
    pub days: DoctorDays,
}

/// The parts that contributors are kept in.
pub const PARTS: [&str; 6] = ["doctors", "persons-0", "pairs-0", "persons-1", "pairs-1", "days"];

impl Contributors {
    /// Numbers of the doctors by key.
    pub fn numbers(&self) -> FxHashMap<i64, u32> {
        self.doctors.iter().copied().zip(0..).collect()
    }

    /// As rows, in the order of [`PARTS`].
    pub fn to_rows(&self) -> Result<Vec<RecordBatch>> {
        let doctors: ArrayRef = Arc::new(Int64Array::from(self.doctors.clone()));
        let mut all = vec![rows([("doctor", doctors)].into_iter())?];
        for (number, layer) in self.layers.iter().enumerate() {
            all.push(persons_to_rows(layer, number == 0)?);
            let pairs: [Named; 2] = [
                ("doctor", Arc::new(UInt32Array::from(layer.doctors.doctor.clone()))),
                ("number", Arc::new(UInt32Array::from(layer.doctors.number.clone()))),
            ];
            all.push(rows(pairs.into_iter())?);
        }
        all.push(self.days.to_rows()?);
        Ok(all)
    }

    /// From rows, for layers of some cells; none where they are rows of something else.
    pub fn from_rows(parts: &[RecordBatch], cells: [usize; 2]) -> Option<Contributors> {
        let [doctors, persons, pairs, of_patients, pairs_of_patients, days] = parts else { return None };
        let doctors = values::<Int64Type>(doctors, "doctor")?.to_vec();
        let layer = |persons, pairs, cells, has_levels| layer_of(persons, pairs, (cells, doctors.len()), has_levels);
        Some(Contributors {
            layers: [layer(persons, pairs, cells[0], true)?, layer(of_patients, pairs_of_patients, cells[1], false)?],
            days: DoctorDays::from_rows(days)?,
            doctors,
        })
    }
}

const NUMBERS: [&str; KEPT] = ["number-0", "number-1", "number-2"];
const PERSONS: [&str; KEPT] = ["persons-0", "persons-1", "persons-2"];

fn persons_to_rows(layer: &Layer, has_levels: bool) -> Result<RecordBatch> {
    let persons = &layer.persons;
    let number =
        |of: &dyn Fn(&Persons) -> u32| -> ArrayRef { Arc::new(UInt32Array::from_iter_values(persons.iter().map(of))) };
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(persons.iter().map(|persons| persons.keys)));
    let mut columns: Vec<Named> =
        vec![("end", Arc::new(UInt32Array::from(layer.doctors.ends.clone()))), ("keys", keys)];
    if has_levels {
        columns.push(("unknown", number(&|persons| persons.levels.unknown)));
        for at in 0..KEPT {
            columns.push((NUMBERS[at], number(&|persons| persons.levels.kept[at].0)));
            columns.push((PERSONS[at], number(&|persons| persons.levels.kept[at].1)));
        }
    }
    rows(columns.into_iter())
}

fn layer_of(
    persons: &RecordBatch,
    pairs: &RecordBatch,
    (cells, doctors): (usize, usize),
    has_levels: bool,
) -> Option<Layer> {
    let (ends, keys) = (values::<UInt32Type>(persons, "end")?, values::<Int64Type>(persons, "keys")?);
    let (doctor, number) = (values::<UInt32Type>(pairs, "doctor")?, values::<UInt32Type>(pairs, "number")?);
    let is_whole = ends.len() == cells && ends.last().map_or(0, |&end| end as usize) == doctor.len();
    if !is_whole || !ends.is_sorted() || doctor.iter().any(|&doctor| doctor as usize >= doctors) {
        return None;
    }
    let mut found: Vec<Persons> = keys.iter().map(|&keys| Persons { keys, levels: Levels::default() }).collect();
    if has_levels {
        let unknown = values::<UInt32Type>(persons, "unknown")?;
        found.iter_mut().zip(unknown).for_each(|(persons, &unknown)| persons.levels.unknown = unknown);
        for at in 0..KEPT {
            let numbers = values::<UInt32Type>(persons, NUMBERS[at])?.iter();
            let numbers = numbers.copied().zip(values::<UInt32Type>(persons, PERSONS[at])?.iter().copied());
            found.iter_mut().zip(numbers).for_each(|(persons, kept)| persons.levels.kept[at] = kept);
        }
    }
    let doctors = Doctors { ends: ends.to_vec(), doctor: doctor.to_vec(), number: number.to_vec() };
    Some(Layer { persons: found, doctors })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Doctors of three cells: 0 has two, 1 none, 2 one.
    fn doctors() -> Doctors {
        let mut doctors = Doctors::default();
        doctors.push(0, 5);
        doctors.push(1, 2);
        doctors.end_cell();
        doctors.end_cell();
        doctors.push(1, 7);
        doctors.end_cell();
        doctors
    }

    #[test]
    fn pairs_stand_with_their_cells_and_cells_can_be_copied() {
        let all = doctors();
        assert_eq!(all.of_cell(0), (&[0, 1][..], &[5, 2][..]));
        assert_eq!(all.of_cell(1), (&[][..], &[][..]));
        assert_eq!(all.of_cell(2), (&[1][..], &[7][..]));
        let mut copied = Doctors::default();
        copied.copy(&all, (2, 3));
        copied.copy(&all, (0, 2));
        assert_eq!((copied.of_cell(0), copied.of_cell(1)), (all.of_cell(2), all.of_cell(0)));
        assert_eq!((copied.of_cell(2), copied.pairs()), (all.of_cell(1), 3));
    }

    #[test]
    fn contributors_come_back_from_their_rows_and_rows_that_do_not_fit_are_refused() {
        let mut levels = Levels::default();
        [4, 4, 9].into_iter().for_each(|number| levels.add(number));
        let persons = vec![Persons { keys: -3, levels }, Persons::default(), Persons { keys: i64::MAX, levels }];
        let of_patients = Layer { persons: vec![Persons { keys: 8, levels: Levels::default() }], ..Layer::default() };
        let mut whole = Contributors {
            doctors: vec![70, 80],
            layers: [Layer { persons, doctors: doctors() }, of_patients],
            days: DoctorDays::default(),
        };
        whole.layers[1].doctors.end_cell();
        let rows = whole.to_rows().unwrap();
        assert_eq!(Contributors::from_rows(&rows, [3, 1]), Some(whole.clone()));
        assert_eq!(Contributors::from_rows(&rows, [2, 1]), None, "cells of another layer");
        whole.doctors.pop();
        assert_eq!(Contributors::from_rows(&whole.to_rows().unwrap(), [3, 1]), None, "a doctor without a key");
    }
}
