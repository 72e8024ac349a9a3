//! Numbers for the only patient and the only doctor of a cell: the same for the same keys, whatever
//! else was counted, and however.
//!
//! In: cells with numbers of one counting, or keys. Out: numbers by rank of the key among those that
//! are alone in some cell. The numbers say who is the same, and nothing else.

use rayon::join;
use rustc_hash::{FxHashMap, FxHashSet};

use super::cells::{CellCount, Cells, MeanCell};
use crate::contacts::Contacts;

/// The key of nobody: no integer is its own key so low, and no 2^39 texts have keys below.
pub const NOBODY: i64 = i64::MIN + (1 << 39);

/// Keys of patients and doctors by number less one.
#[derive(Debug, Default)]
pub struct Keys {
    pub patients: Vec<i64>,
    pub doctors: Vec<i64>,
}

impl Keys {
    /// The keys behind the numbers of some contacts.
    pub fn of_contacts(contacts: &Contacts) -> Keys {
        let patients = contacts.parts.iter().flat_map(|part| part.keys.iter().copied()).collect();
        Keys { patients, doctors: contacts.doctor_keys.clone() }
    }
    /// The key of a patient's number; nobody's of 0.
    pub fn patient(&self, number: u32) -> i64 {
        key(&self.patients, number)
    }
    pub fn doctor(&self, number: u32) -> i64 {
        key(&self.doctors, number)
    }
}

fn key(keys: &[i64], number: u32) -> i64 {
    let at = (number as usize).checked_sub(1);
    at.and_then(|at| keys.get(at)).copied().unwrap_or(NOBODY)
}

/// Numbers of those who are alone in some cell, by key.
#[derive(Debug, Default)]
pub struct Alone {
    patients: FxHashMap<i64, u32>,
    doctors: FxHashMap<i64, u32>,
}

impl Alone {
    /// From the keys of the only patient and doctor of every cell.
    pub fn of(cells: impl Iterator<Item = (i64, i64)> + Clone + Send) -> Alone {
        let patients = cells.clone().map(|(patient, _)| patient);
        let (patients, doctors) = join(|| ranks(patients), || ranks(cells.map(|(_, doctor)| doctor)));
        Alone { patients, doctors }
    }
    /// The number of a patient's key: 0 of nobody's, none of one who is alone nowhere.
    pub fn patient(&self, key: i64) -> Option<u32> {
        if key == NOBODY { Some(0) } else { self.patients.get(&key).copied() }
    }
    pub fn doctor(&self, key: i64) -> Option<u32> {
        if key == NOBODY { Some(0) } else { self.doctors.get(&key).copied() }
    }
}

/// Numbers of keys by their rank, from 1; nobody's key has none.
fn ranks(keys: impl Iterator<Item = i64>) -> FxHashMap<i64, u32> {
    let known: FxHashSet<i64> = keys.filter(|&key| key != NOBODY).collect();
    let mut keys: Vec<i64> = known.into_iter().collect();
    keys.sort_unstable();
    keys.into_iter().zip(1..).collect()
}

/// Gives those who are alone in some cell, counted from these contacts, numbers by the rank of
/// their keys.
pub fn number_by_key(cells: &mut Cells, contacts: &Contacts) {
    let keys = Keys::of_contacts(contacts);
    let mut patients = Ranks::default();
    let mut doctors = Ranks::default();
    each(cells, |patient, doctor| {
        patients.note(*patient);
        doctors.note(*doctor);
    });
    patients.settle(|number| keys.patient(number));
    doctors.settle(|number| keys.doctor(number));
    each(cells, |patient, doctor| {
        *patient = patients.of(*patient);
        *doctor = doctors.of(*doctor);
    });
}

fn each(cells: &mut Cells, mut visit: impl FnMut(&mut u32, &mut u32)) {
    for table in &mut cells.tables {
        let counts = table.contacts.iter_mut().chain(table.patients.iter_mut());
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
    fn settle(&mut self, key: impl Fn(u32) -> i64) {
        let mut alone: Vec<u32> = (1..self.0.len() as u32).filter(|&number| self.0[number as usize] == 1).collect();
        alone.sort_unstable_by_key(|&number| key(number));
        self.0.fill(0);
        (1..).zip(alone).for_each(|(rank, number)| self.0[number as usize] = rank);
    }
    #[inline]
    fn of(&self, number: u32) -> u32 {
        self.0.get(number as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_alone_has_the_rank_of_the_key_and_nobody_has_none() {
        let alone = Alone::of([(70, NOBODY), (-5, 9), (70, 8), (NOBODY, 9)].into_iter());
        assert_eq!([-5, 70, NOBODY, 71].map(|key| alone.patient(key)), [Some(1), Some(2), Some(0), None]);
        assert_eq!([8, 9, NOBODY].map(|key| alone.doctor(key)), [Some(1), Some(2), Some(0)]);
    }
}
