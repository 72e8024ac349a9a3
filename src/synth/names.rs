//! The names that things have in the delivery: pseudonyms without meaning, one space a kind.
//!
//! In: the numbers that the country uses inside. Out: identifiers.

use super::dice::pseudonym;
use super::rows::Id;

/// `enkeltregning_lnr`.
pub fn bill(number: u64) -> i64 {
    pseudonym(number, 11)
}

/// `kpr_lnr`.
pub fn person(number: u64) -> Id {
    Id::Number(pseudonym(number, 12))
}

/// `behandler_lnr`.
pub fn worker(number: u32) -> Id {
    Id::Number(pseudonym(number.into(), 13))
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
