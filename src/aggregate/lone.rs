//! Numbers for the only patient and the only doctor of a cell: the same for the same keys, whatever
//! else was counted, and however.
//!
//! In: cells with numbers of one counting. Out: cells with numbers by rank of the key among those
//! that are alone in some cell. The numbers say who is the same, and nothing else.

use rustc_hash::FxHashMap;

use super::cells::{CellCount, Cells, MeanCell};
use crate::contacts::Contacts;

/// The key of nobody: no integer is its own key so low, and no 2^39 texts have keys below.
pub const NOBODY: i64 = i64::MIN + (1 << 39);

/// Keys of patients and doctors by number, from 1.
#[derive(Debug, Default)]
pub struct Keys {
    patients: Side,
    doctors: Side,
}

#[derive(Debug, Default)]
struct Side {
    keys: Vec<i64>,
    numbers: FxHashMap<i64, u32>,
}

impl Side {
    fn key(&self, number: u32) -> i64 {
        let at = (number as usize).checked_sub(1);
        at.and_then(|at| self.keys.get(at)).copied().unwrap_or(NOBODY)
    }
    fn number(&mut self, key: i64) -> u32 {
        if key == NOBODY {
            return 0;
        }
        *self.numbers.entry(key).or_insert_with(|| {
            self.keys.push(key);
            self.keys.len() as u32
        })
    }
}

impl Keys {
    /// Keys in the order of their numbers.
    pub fn of(patients: Vec<i64>, doctors: Vec<i64>) -> Keys {
        let side = |keys| Side { keys, numbers: FxHashMap::default() };
        Keys { patients: side(patients), doctors: side(doctors) }
    }
    /// The keys behind the numbers of some contacts.
    pub fn of_contacts(contacts: &Contacts) -> Keys {
        let patients = contacts.parts.iter().flat_map(|part| part.keys.iter().copied()).collect();
        Keys::of(patients, contacts.doctor_keys.clone())
    }
    /// Keys of patients by number less one; of doctors.
    pub fn patients(&self) -> &[i64] {
        &self.patients.keys
    }
    pub fn doctors(&self) -> &[i64] {
        &self.doctors.keys
    }
    pub fn patient(&self, number: u32) -> i64 {
        self.patients.key(number)
    }
    pub fn doctor(&self, number: u32) -> i64 {
        self.doctors.key(number)
    }
    /// The number of a key; a key that is new gets the next one.
    pub fn number_patient(&mut self, key: i64) -> u32 {
        self.patients.number(key)
    }
    pub fn number_doctor(&mut self, key: i64) -> u32 {
        self.doctors.number(key)
    }
}

/// Gives those who are alone in some cell, counted from these contacts, numbers by the rank of
/// their keys.
pub fn number_by_key(cells: &mut Cells, contacts: &Contacts) {
    renumber(cells, &Keys::of_contacts(contacts));
}

/// Gives those who are alone in some cell numbers by the rank of their keys.
pub fn renumber(cells: &mut Cells, keys: &Keys) {
    let mut patients = Ranks::default();
    let mut doctors = Ranks::default();
    each(cells, |patient, doctor| {
        patients.note(*patient);
        doctors.note(*doctor);
    });
    patients.settle(&keys.patients);
    doctors.settle(&keys.doctors);
    each(cells, |patient, doctor| {
        *patient = patients.of(*patient);
        *doctor = doctors.of(*doctor);
    });
}

fn each(cells: &mut Cells, mut visit: impl FnMut(&mut u32, &mut u32)) {
    for table in &mut cells.tables {
        let counts = table.contacts.iter_mut().chain(&mut table.patients);
        counts.for_each(|CellCount { lone_patient, lone_doctor, .. }| visit(lone_patient, lone_doctor));
        table.means.iter_mut().for_each(|MeanCell { lone_patient, lone_doctor, .. }| visit(lone_patient, lone_doctor));
    }
}

/// New numbers by old ones, 0 where a number is not alone anywhere.
#[derive(Default)]
struct Ranks(Vec<u32>);

impl Ranks {
    #[inline]
    fn note(&mut self, number: u32) {
        let at = number as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] = 1;
    }
    fn settle(&mut self, side: &Side) {
        let mut alone: Vec<u32> = (1..self.0.len() as u32).filter(|&number| self.0[number as usize] == 1).collect();
        alone.sort_unstable_by_key(|&number| side.key(number));
        self.0.fill(0);
        (1..).zip(alone).for_each(|(rank, number)| self.0[number as usize] = rank);
    }
    #[inline]
    fn of(&self, number: u32) -> u32 {
        self.0.get(number as usize).copied().unwrap_or(0)
    }
}
