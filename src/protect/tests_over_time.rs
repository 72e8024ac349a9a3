//! Releases month by month, with bills that come late: what was hidden stays hidden, and every
//! release is proved against all that was told before it.

use super::ledger::{Ledger, Seen, Told};
use super::testing::*;
use super::{Protected, protect};
use crate::definition::{Measure, Pipeline};
use crate::domain::Month;

/// A stream of numbers without a seed from outside.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % sides
    }
}

/// Contacts in eight places over `months`, each with the number of the release that first has it.
pub(super) fn late_contacts(seed: u64, number: usize, months: u64) -> Vec<(u64, Contact)> {
    let mut dice = Dice(seed);
    let mut contact = || {
        let person = dice.roll(number as u64 / 3) as u32;
        let residence = (u64::from(person) * 7 % 64).isqrt() as u16;
        let month = dice.roll(months);
        // Most bills come in the first month, few as late as four months after.
        let delay = [0, 0, 0, 0, 0, 0, 1, 1, 2, 4][dice.roll(10) as usize];
        let contact = Contact {
            person: person + 1,
            doctor: u32::from(residence) * 4 + dice.roll(5) as u32 + 1,
            residence,
            practice: residence,
            month: Month::new(2024, 1 + month as u32),
            kind: dice.roll(9).isqrt() as u8,
            features: 0,
            outside: false,
            weekend: false,
            sex: (person % 2) as u8,
            age: (person / 2 % 2) as u8,
            chapter: 0,
            part: 0,
        };
        (month + delay, contact)
    };
    (0..number).map(|_| contact()).collect()
}

fn small_pipeline() -> Pipeline {
    let mut table = table("t", &[0b111, 0b011, 0b001, 0b010, 0b100]);
    table.measures = vec![Measure::Contacts, Measure::Patients, Measure::Per1000];
    pipeline(3, 1, vec![table])
}

/// The release that has the months and bills up to a number.
pub(super) fn release(contacts: &[(u64, Contact)], number: u64, ledger: &Ledger) -> Protected {
    let geography = geography(&[3, 4, 1]);
    let pipeline = small_pipeline();
    let known: Vec<Contact> = contacts.iter().filter(|(first, _)| *first <= number).map(|(_, c)| *c).collect();
    let cells = cells(&known, &pipeline, &geography, 1000);
    protect(&cells, &pipeline, &geography, 20_000 + 30 * number as i32, ledger).unwrap()
}

#[test]
fn what_was_hidden_stays_hidden_while_late_bills_come() {
    for seed in 0..4 {
        let contacts = late_contacts(seed, 2_000, 8);
        let mut ledger = Ledger::default();
        for number in 0..12 {
            let next = release(&contacts, number, &ledger).ledger().clone();
            assert_eq!(Ledger::from_bytes(&next.to_bytes()).unwrap(), next);
            for (period, block) in ledger.tables.get("t").into_iter().flatten() {
                let now = &next.tables["t"][period];
                for (before, now) in block.seen.iter().zip(&now.seen) {
                    let hidden = |seen: u8| seen == Seen::Hidden as u8;
                    // A count that has become zero is new when it is none any more.
                    assert!(!hidden(*before) || hidden(*now) || *now == Seen::New as u8, "{period} flickers");
                }
            }
            ledger = next;
        }
    }
}

/// The columns of a certificate's cells that have bounds: state, low, high of contacts.
fn bounds(protected: &Protected) -> Vec<(String, Option<(u32, u32)>)> {
    let files = protected.certificate().files();
    let bytes = &files.iter().find(|(name, _)| name == "cells-0.csv.zst").unwrap().1;
    let text = String::from_utf8(zstd::decode_all(&bytes[..]).unwrap()).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let bound = |at: usize| fields[at].parse().ok();
        (fields[4].to_string(), bound(10).zip(bound(11)))
    };
    text.lines().skip(1).map(line).collect()
}

#[test]
fn the_first_release_has_no_bounds_and_a_later_one_has() {
    let mut told = Vec::new();
    for seed in 0..8 {
        let contacts = late_contacts(seed, 2_000, 4);
        let first = release(&contacts, 3, &Ledger::default());
        assert!(bounds(&first).iter().all(|(_, bounds)| bounds.is_none()));
        let second = release(&contacts, 4, first.ledger());
        told.extend(bounds(&second).into_iter().filter(|(_, bounds)| bounds.is_some()));
    }
    assert!(!told.is_empty(), "some counts were none in the first release and are hidden in the second");
    assert!(told.iter().all(|(state, _)| state == "H"), "bounds are of hidden counts");
}

#[test]
fn a_release_of_the_same_numbers_hides_the_same() {
    let contacts = late_contacts(2, 2_000, 6);
    let first = release(&contacts, 9, &Ledger::default());
    let again = release(&contacts, 9, first.ledger());
    // Nothing has changed, so that everything shown is known: nothing else can be hidden for it.
    assert_eq!(first.ledger().tables, again.ledger().tables);
    assert!(bounds(&again).iter().all(|(_, bounds)| bounds.is_none()));
}

#[test]
fn a_run_as_of_an_earlier_day_keeps_what_later_ones_told() {
    let contacts = late_contacts(3, 2_000, 6);
    let first = release(&contacts, 5, &Ledger::default());
    let later = release(&contacts, 8, first.ledger());
    let earlier = release(&contacts, 5, later.ledger());
    let told = |protected: &Protected| -> Vec<[Told; 2]> {
        protected.ledger().tables["t"].values().flat_map(|block| block.told.clone()).collect()
    };
    assert_eq!(told(&earlier), told(&later));
    let hidden = |protected: &Protected| -> Vec<bool> {
        let blocks = protected.ledger().tables["t"].values();
        blocks.flat_map(|block| block.seen.iter().map(|seen| *seen == Seen::Hidden as u8)).collect()
    };
    let stay = hidden(&later).into_iter().zip(hidden(&earlier));
    assert!(stay.into_iter().all(|(later, earlier)| !later || earlier), "hidden later is hidden now");
}
