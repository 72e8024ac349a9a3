//! The names that things have in the delivery: pseudonyms without meaning, one space a kind.
//!
//! In: the numbers that the country uses inside. Out: identifiers, the same wherever a thing is
//! named. A messy delivery names some persons and doctors by text.

use super::dice::pseudonym;
use super::rows::Id;

/// One person or doctor in so many has a text name, in a messy delivery.
const LETTERED: i64 = 40;

/// How persons and doctors are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// All by number.
    Numbers,
    /// A part of them by text.
    SomeText,
}

impl Names {
    /// `kpr_lnr`.
    pub fn person(self, number: u64) -> Id {
        self.human(pseudonym(number, 12), 'P')
    }

    /// `behandler_lnr`.
    pub fn worker(self, number: u32) -> Id {
        self.human(pseudonym(number.into(), 13), 'L')
    }

    fn human(self, number: i64, letter: char) -> Id {
        let lettered = self == Names::SomeText && number % LETTERED == 0;
        if lettered { Id::Lettered(letter, number) } else { Id::Number(number) }
    }
}

/// `enkeltregning_lnr`.
pub fn bill(number: u64) -> i64 {
    pseudonym(number, 11)
}

/// `praksis_lnr`, of practices and legevakt posts.
pub fn practice(number: u32) -> i64 {
    pseudonym(number.into(), 14)
}

/// `kontrakt_id`.
pub fn list(number: u32) -> i64 {
    pseudonym(number.into(), 15)
}

/// `npr_lnr`.
pub fn patient(number: u64) -> i64 {
    pseudonym(number, 16)
}

/// `institusjon_id`.
pub fn hospital(number: u32) -> i64 {
    pseudonym(number.into(), 17)
}
