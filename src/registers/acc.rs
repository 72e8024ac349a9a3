//! Sums of a table while persons are walked: whole numbers, persons, doctors.
//!
//! In: one person's share of a cell at a time. Out: sums that merge in any order.

use super::cells::{Figure, JoinedCell, SystemCells};
use crate::aggregate::CellCount;

/// Doctors of a count that is not about doctors: enough for every rule, and for sums of many.
pub const NO_DOCTORS: u32 = 1 << 20;

/// What a cell has gathered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub numerator: i128,
    pub denominator: u64,
    /// As [`JoinedCell::persons`].
    pub persons: [u32; 3],
    /// By part, the largest number of a person: where there is one person, the only one.
    last: [u32; 3],
}

/// A numerator, and the rest of its denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Hit = 0,
    Miss = 1,
}

/// The sums of a table, with the doctors of each cell where they are wanted.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    pub cells: Vec<Sum>,
    /// Bits by cell, part and doctor.
    doctors: Vec<u64>,
    words: usize,
}

/// A number for the person at a position of one of some parts; no other person has it.
pub fn number(part: usize, at: usize, parts: usize) -> u32 {
    u32::try_from(at * parts.max(1) + part + 1).unwrap_or(u32::MAX)
}

impl Sums {
    /// `doctors`: the largest doctor's number; 0 where doctors are not counted.
    pub fn new(cells: usize, doctors: u32) -> Self {
        let words = if doctors == 0 { 0 } else { doctors as usize / 64 + 1 };
        Sums { cells: vec![Sum::default(); cells], doctors: vec![0; 2 * cells * words], words }
    }

    /// Adds the contacts of a person by number: `hits` of `counted`.
    pub fn add_person(&mut self, cell: usize, person: u32, hits: u64, counted: u64) {
        let sum = &mut self.cells[cell];
        sum.numerator += i128::from(hits);
        sum.denominator += counted;
        for (at, is_in) in [hits > 0, hits < counted, true].into_iter().enumerate() {
            sum.persons[at] += u32::from(is_in);
            sum.last[at] = if is_in { sum.last[at].max(person) } else { sum.last[at] };
        }
    }

    pub fn add_doctor(&mut self, cell: usize, part: Part, doctor: u32) {
        if self.words > 0 {
            let start = (2 * cell + part as usize) * self.words;
            self.doctors[start + doctor as usize / 64] |= 1 << (doctor % 64);
        }
    }

    pub fn merge(mut self, other: Sums) -> Sums {
        for (sum, more) in self.cells.iter_mut().zip(&other.cells) {
            sum.numerator += more.numerator;
            sum.denominator += more.denominator;
            sum.persons.iter_mut().zip(more.persons).for_each(|(persons, more)| *persons += more);
            sum.last.iter_mut().zip(more.last).for_each(|(last, more)| *last = more.max(*last));
        }
        self.doctors.iter_mut().zip(&other.doctors).for_each(|(bits, more)| *bits |= more);
        self
    }

    /// Different doctors of a cell.
    pub fn doctors(&self, cell: usize) -> u32 {
        self.bits(cell, 2).map(u64::count_ones).sum()
    }

    /// Words of the doctors of a part; of both for the denominator.
    fn bits(&self, cell: usize, part: usize) -> impl Iterator<Item = u64> + '_ {
        let of = move |part: usize| &self.doctors[(2 * cell + part) * self.words..(2 * cell + part + 1) * self.words];
        let (one, other) = if part == 2 { (of(0), of(1)) } else { (of(part), of(part)) };
        one.iter().zip(other).map(|(one, other)| one | other)
    }

    /// A numerator, the rest of its denominator and the denominator, with their contributors.
    pub fn counts(&self, cell: usize) -> [CellCount; 3] {
        let Sum { numerator, denominator, persons, last } = self.cells[cell];
        let hits = u64::try_from(numerator).unwrap_or(0);
        let values = [hits, denominator.saturating_sub(hits), denominator];
        [0, 1, 2].map(|part| {
            let (doctors, lone_doctor) = self.doctors_of(cell, part);
            CellCount {
                value: u32::try_from(values[part]).unwrap_or(u32::MAX),
                patients: persons[part],
                doctors,
                lone_patient: if persons[part] == 1 { last[part] } else { 0 },
                lone_doctor,
                ..CellCount::default()
            }
        })
    }

    /// Different doctors of a part, and the only one.
    fn doctors_of(&self, cell: usize, part: usize) -> (u32, u32) {
        if self.words == 0 {
            return (NO_DOCTORS, 0);
        }
        let doctors = self.bits(cell, part).map(u64::count_ones).sum();
        let first = || self.bits(cell, part).enumerate().find(|(_, word)| *word != 0);
        let number = |(at, word): (usize, u64)| (64 * at) as u32 + word.trailing_zeros();
        (doctors, if doctors == 1 { first().map_or(0, number) } else { 0 })
    }

    /// The counts of a share, of every cell of its column.
    pub fn share_cells(&self, columns: usize, column: usize, is_counted: impl Fn(usize) -> bool) -> SystemCells {
        let cells = (column..self.cells.len()).step_by(columns.max(1));
        let counts = |cell: usize| if is_counted(cell) { self.counts(cell) } else { [CellCount::default(); 3] };
        SystemCells { counts: cells.flat_map(counts).collect(), residents: Vec::new() }
    }

    /// The cell of a share in percent (or per 1 000) of contacts, with its contributors.
    pub fn of_contacts(&self, cell: usize, scale: u32) -> JoinedCell {
        let Sum { numerator, denominator, persons, .. } = self.cells[cell];
        JoinedCell {
            figure: Figure::Ratio { numerator, denominator, scale },
            persons,
            n_patients: Some(persons[2]),
            n_doctors: Some(self.doctors(cell)),
        }
    }

    /// The cell of a share of stays, whose contributors are not told.
    pub fn of_stays(&self, cell: usize) -> JoinedCell {
        let Sum { numerator, denominator, persons, .. } = self.cells[cell];
        let figure = Figure::Ratio { numerator, denominator, scale: 100 };
        JoinedCell { figure, persons, n_patients: None, n_doctors: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_alone_makes_a_part_is_known_by_number_whatever_the_order_of_merging() {
        let one = |person, doctor, hits| {
            let mut sums = Sums::new(1, 70);
            sums.add_person(0, person, hits, 2);
            sums.add_doctor(0, if hits > 0 { Part::Hit } else { Part::Miss }, doctor);
            sums
        };
        for sums in [one(3, 65, 2).merge(one(8, 1, 0)), one(8, 1, 0).merge(one(3, 65, 2))] {
            let [hits, misses, all] = sums.counts(0);
            assert_eq!((hits.value, hits.lone_patient, hits.lone_doctor), (2, 3, 65));
            assert_eq!((misses.value, misses.lone_patient, misses.lone_doctor), (2, 8, 1));
            assert_eq!((all.value, all.patients, all.doctors, all.lone_patient, all.lone_doctor), (4, 2, 2, 0, 0));
        }
    }

    #[test]
    fn numbers_of_persons_are_different() {
        let all: std::collections::BTreeSet<u32> =
            (0..3).flat_map(|part| (0..5).map(move |at| number(part, at, 3))).collect();
        assert_eq!(all.len(), 15);
        assert!(!all.contains(&0));
    }
}
