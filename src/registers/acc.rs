//! Sums of a table while persons are walked: whole numbers, persons, doctors.
//!
//! In: one person's share of a cell at a time. Out: sums that merge in any order.

use super::cells::{Figure, JoinedCell};

/// What a cell has gathered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub numerator: i128,
    pub denominator: u64,
    /// As [`JoinedCell::persons`].
    pub persons: [u32; 3],
}

/// The sums of a table, with the doctors of each cell where they are wanted.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    pub cells: Vec<Sum>,
    /// Bits by cell and doctor.
    doctors: Vec<u64>,
    words: usize,
}

impl Sums {
    /// `doctors`: the largest doctor's number; 0 where doctors are not counted.
    pub fn new(cells: usize, doctors: u32) -> Self {
        let words = if doctors == 0 { 0 } else { doctors as usize / 64 + 1 };
        Sums { cells: vec![Sum::default(); cells], doctors: vec![0; cells * words], words }
    }

    /// Adds a person's contacts: `hits` of `counted`.
    pub fn add_person(&mut self, cell: usize, hits: u64, counted: u64) {
        let sum = &mut self.cells[cell];
        sum.numerator += i128::from(hits);
        sum.denominator += counted;
        sum.persons[0] += u32::from(hits > 0);
        sum.persons[1] += u32::from(hits < counted);
        sum.persons[2] += 1;
    }

    pub fn add_doctor(&mut self, cell: usize, doctor: u32) {
        if self.words > 0 {
            self.doctors[cell * self.words + doctor as usize / 64] |= 1 << (doctor % 64);
        }
    }

    pub fn merge(mut self, other: Sums) -> Sums {
        for (sum, more) in self.cells.iter_mut().zip(&other.cells) {
            sum.numerator += more.numerator;
            sum.denominator += more.denominator;
            sum.persons.iter_mut().zip(more.persons).for_each(|(persons, more)| *persons += more);
        }
        self.doctors.iter_mut().zip(&other.doctors).for_each(|(bits, more)| *bits |= more);
        self
    }

    /// Different doctors of a cell.
    pub fn doctors(&self, cell: usize) -> u32 {
        self.doctors[cell * self.words..(cell + 1) * self.words].iter().map(|word| word.count_ones()).sum()
    }

    /// The cell of a share in percent (or per 1 000) of contacts, with its contributors.
    pub fn of_contacts(&self, cell: usize, scale: u32) -> JoinedCell {
        let Sum { numerator, denominator, persons } = self.cells[cell];
        JoinedCell {
            figure: Figure::Ratio { numerator, denominator, scale },
            persons,
            n_patients: Some(persons[2]),
            n_doctors: Some(self.doctors(cell)),
        }
    }

    /// The cell of a share of stays, whose contributors are not told.
    pub fn of_stays(&self, cell: usize) -> JoinedCell {
        let Sum { numerator, denominator, persons } = self.cells[cell];
        let figure = Figure::Ratio { numerator, denominator, scale: 100 };
        JoinedCell { figure, persons, n_patients: None, n_doctors: None }
    }
}
