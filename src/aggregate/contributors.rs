//! Who is in the cells of a table in a period: what a night takes contacts out of and puts them in.
//!
//! In: cells, persons and doctors as they were counted. Out: the same by cell, and rows of it. All
//! of it adds up over contacts or persons. Never says who a person is, but of one who is alone.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::datatypes::{Int64Type, UInt32Type};
use arrow::record_batch::RecordBatch;
use rustc_hash::FxHashMap;

use super::blocks::KeptCell;
use super::cells::CellCount;
use super::days::DoctorDays;
use super::kept::{Named, rows};
use super::levels::{KEPT, Levels};
use crate::domain::Result;
use crate::stage::Numbers;

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
pub const PARTS: [&str; 7] = ["doctors", "persons-0", "pairs-0", "persons-1", "pairs-1", "levels", "days"];

impl Contributors {
    /// Numbers of the doctors by key.
    pub fn numbers(&self) -> FxHashMap<i64, u32> {
        self.doctors.iter().copied().zip(0..).collect()
    }

    /// As rows, in the order of [`PARTS`]; `contacts` are the cells of the first layer.
    pub fn into_rows(self, contacts: &[KeptCell<CellCount>]) -> Result<Vec<RecordBatch>> {
        let doctors: ArrayRef = Arc::new(Int64Array::from(self.doctors));
        let mut all = vec![rows([("doctor", doctors)].into_iter())?];
        let levels = levels_to_rows(&self.layers[0].persons, contacts)?;
        for Layer { persons, doctors } in self.layers {
            let keys = persons.iter().map(|persons| persons.keys);
            let persons: [Named; 2] = [
                ("end", Arc::new(UInt32Array::from(doctors.ends))),
                ("keys", Arc::new(Int64Array::from_iter_values(keys))),
            ];
            let pairs: [Named; 2] = [
                ("doctor", Arc::new(UInt32Array::from(doctors.doctor))),
                ("number", Arc::new(UInt32Array::from(doctors.number))),
            ];
            all.extend([rows(persons.into_iter())?, rows(pairs.into_iter())?]);
        }
        all.push(levels);
        all.push(self.days.to_rows()?);
        Ok(all)
    }

    /// From rows, for the cells of the layers; none where they are rows of something else.
    pub fn from_rows(parts: &[RecordBatch], cells: [&[KeptCell<CellCount>]; 2]) -> Option<Contributors> {
        let [doctors, persons, pairs, of_patients, pairs_of_patients, levels, days] = parts else { return None };
        let doctors = Numbers::of::<Int64Type>(doctors, "doctor")?.to_vec();
        let layer = |persons, pairs, cells: &[_]| layer_of(persons, pairs, (cells.len(), doctors.len()));
        let mut layers = [layer(persons, pairs, cells[0])?, layer(of_patients, pairs_of_patients, cells[1])?];
        levels_of(levels, cells[0], &mut layers[0].persons)?;
        Some(Contributors { layers, days: DoctorDays::from_rows(days)?, doctors })
    }
}

const NUMBERS: [&str; KEPT] = ["number-0", "number-1", "number-2"];
const PERSONS: [&str; KEPT] = ["persons-0", "persons-1", "persons-2"];

/// What a cell says of the largest numbers itself: those of one person, or of persons with one each.
fn told_by(cell: &CellCount) -> Levels {
    let known = match cell.patients {
        1 => (cell.value, 1),
        patients if patients == cell.value => (1, patients),
        _ => (0, 0),
    };
    Levels { kept: [known, (0, 0), (0, 0)], unknown: 0 }
}

/// The largest numbers of the cells that do not tell them themselves.
fn levels_to_rows(persons: &[Persons], cells: &[KeptCell<CellCount>]) -> Result<RecordBatch> {
    let all = (0u32..).zip(persons).zip(cells);
    let untold: Vec<(u32, Levels)> = all
        .filter(|((_, persons), cell)| persons.levels != told_by(&cell.cell))
        .map(|((at, persons), _)| (at, persons.levels))
        .collect();
    let number = |of: &dyn Fn(&(u32, Levels)) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(untold.iter().map(of)))
    };
    let mut columns: Vec<Named> = vec![("cell", number(&|row| row.0)), ("unknown", number(&|row| row.1.unknown))];
    for at in 0..KEPT {
        columns.push((NUMBERS[at], number(&|row| row.1.kept[at].0)));
        columns.push((PERSONS[at], number(&|row| row.1.kept[at].1)));
    }
    rows(columns.into_iter())
}

fn levels_of(rows: &RecordBatch, cells: &[KeptCell<CellCount>], persons: &mut [Persons]) -> Option<()> {
    persons.iter_mut().zip(cells).for_each(|(persons, cell)| persons.levels = told_by(&cell.cell));
    let (at, unknown) = (Numbers::of::<UInt32Type>(rows, "cell")?, Numbers::of::<UInt32Type>(rows, "unknown")?);
    let kept = |name: &str| Numbers::of::<UInt32Type>(rows, name);
    let numbers = [kept(NUMBERS[0])?, kept(NUMBERS[1])?, kept(NUMBERS[2])?];
    let of = [kept(PERSONS[0])?, kept(PERSONS[1])?, kept(PERSONS[2])?];
    for row in 0..rows.num_rows() {
        let kept = [0, 1, 2].map(|level| (numbers[level].at(row), of[level].at(row)));
        persons.get_mut(at.at(row) as usize)?.levels = Levels { kept, unknown: unknown.at(row) };
    }
    Some(())
}

fn layer_of(persons: &RecordBatch, pairs: &RecordBatch, (cells, doctors): (usize, usize)) -> Option<Layer> {
    let (ends, keys) = (Numbers::of::<UInt32Type>(persons, "end")?, Numbers::of::<Int64Type>(persons, "keys")?);
    let (doctor, number) = (Numbers::of::<UInt32Type>(pairs, "doctor")?, Numbers::of::<UInt32Type>(pairs, "number")?);
    let (ends, doctor) = (ends.to_vec(), doctor.to_vec());
    let is_whole = ends.len() == cells && ends.last().map_or(0, |&end| end as usize) == doctor.len();
    if !is_whole || !ends.is_sorted() || doctor.iter().any(|&doctor| doctor as usize >= doctors) {
        return None;
    }
    let persons = keys.iter().map(|keys| Persons { keys, levels: Levels::default() }).collect();
    let doctors = Doctors { ends, doctor, number: number.to_vec() };
    Some(Layer { persons, doctors })
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

    /// Cells of contacts and of patients, and who is in them: 17 contacts of four persons, one
    /// person's two, three persons with one each; of the patients one.
    fn whole() -> (Contributors, [Vec<KeptCell<CellCount>>; 2]) {
        let cell = |value, patients| CellCount { value, patients, ..CellCount::default() };
        let kept = |cell| KeptCell { cell, ..KeptCell::empty(0) };
        let cells = [vec![kept(cell(17, 4)), kept(cell(2, 1)), kept(cell(3, 3))], vec![kept(cell(1, 1))]];
        let levels = |kept| Levels { kept, unknown: 0 };
        let known = Levels { kept: [(9, 1), (4, 1), (3, 1)], unknown: 1 };
        let nobody = (0, 0);
        let persons = |keys, levels| Persons { keys, levels };
        let contacts = vec![
            persons(-3, known),
            persons(i64::MAX, levels([(2, 1), nobody, nobody])),
            persons(40, levels([(1, 3), nobody, nobody])),
        ];
        let of_patients = vec![Persons { keys: 8, levels: Levels::default() }];
        let mut one = Doctors::default();
        one.push(1, 1);
        one.end_cell();
        let layers = [Layer { persons: contacts, doctors: doctors() }, Layer { persons: of_patients, doctors: one }];
        (Contributors { doctors: vec![70, 80], layers, days: DoctorDays::default() }, cells)
    }

    #[test]
    fn contributors_come_back_from_their_rows_and_rows_that_do_not_fit_are_refused() {
        let (mut whole, [contacts, patients]) = whole();
        let rows = whole.clone().into_rows(&contacts).unwrap();
        assert_eq!(Contributors::from_rows(&rows, [&contacts, &patients]), Some(whole.clone()));
        assert_eq!(Contributors::from_rows(&rows, [&contacts[..2], &patients]), None, "cells of another layer");
        whole.doctors.pop();
        let rows = whole.into_rows(&contacts).unwrap();
        assert_eq!(Contributors::from_rows(&rows, [&contacts, &patients]), None, "a doctor without a key");
    }

    #[test]
    fn the_largest_numbers_are_kept_of_cells_alone_that_do_not_tell_them() {
        let (whole, [contacts, _]) = whole();
        let rows = levels_to_rows(&whole.layers[0].persons, &contacts).unwrap();
        assert_eq!(Numbers::of::<UInt32Type>(&rows, "cell").unwrap().to_vec(), [0]);
    }
}
