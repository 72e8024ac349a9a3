//! Dirt in the other six sources, in known amounts.
//!
//! In: nothing but the names of things that do not exist. Out: a few rows to stand at the end of a
//! file. All are rejected, superseded or out of scope, or belong to persons and patients that
//! have nothing else, so that no statistic changes.

use super::dirt::Planted;
use super::files::{Fault, Sheet};
use super::names;
use super::rows::{Contract, ContractDoctor, Episode, Id, Key, Member, Place, Residents, Short};
use super::world::World;
use crate::domain::{Month, SECONDS_A_DAY};

/// Numbers that no thing of the country has.
const NOBODY: u64 = 1 << 39;
const NO_LIST: u32 = u32::MAX - 64;

/// Whether a file takes text that is no value of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    AnyText,
    ValuesOnly,
}

/// Rows at the end of a file, and what they are.
pub struct Blemishes<R> {
    pub sheet: Sheet<R>,
    pub planted: Planted,
    takes: Takes,
}

impl<R> Blemishes<R> {
    fn new(takes: Takes) -> Self {
        Blemishes { sheet: Sheet::default(), planted: Planted::new(), takes }
    }

    fn row(&mut self, kind: &str, row: R) {
        self.sheet.rows.push(row);
        *self.planted.entry(kind.to_owned()).or_default() += 1;
    }

    fn spoiled(&mut self, kind: &str, row: R, column: &'static str, text: &'static str) {
        if self.takes == Takes::AnyText {
            self.sheet.push_spoiled(row, Fault::Field { column, text });
            *self.planted.entry(kind.to_owned()).or_default() += 1;
        }
    }
}

fn day(world: &World) -> i32 {
    world.span.from.first_day()
}

/// kontrakt.
pub fn contracts(world: &World, takes: Takes) -> Blemishes<Contract> {
    let mut out = Blemishes::new(takes);
    let row = Contract {
        number: names::list(NO_LIST),
        place: 301,
        practice: names::practice(NO_LIST),
        ceiling: 1_000,
        open: true,
        salary: false,
        team: false,
        from: day(world),
        to: Some(day(world) + 400),
    };
    out.row("kontrakt:bad-period", Contract { to: Some(row.from - 1), ..row.clone() });
    out.row("kontrakt:negative", Contract { ceiling: -1, ..row.clone() });
    out.spoiled("kontrakt:bad-type", row.clone(), "status", "stengt");
    out.spoiled("kontrakt:bad-type", row.clone(), "fastlonn", "2");
    out.spoiled("kontrakt:bad-date", row, "gyldig_fra", "00.01.2020");
    out
}

/// kontrakt_lege.
pub fn contract_doctors(world: &World, takes: Takes) -> Blemishes<ContractDoctor> {
    let mut out = Blemishes::new(takes);
    let row = ContractDoctor {
        contract: names::list(NO_LIST),
        doctor: world.names.worker(NO_LIST),
        substitute: false,
        from: day(world),
        to: None,
    };
    out.row("kontrakt_lege:bad-period", ContractDoctor { to: Some(row.from - 30), ..row.clone() });
    out.spoiled("kontrakt_lege:bad-type", row.clone(), "behandler_lnr", "");
    out.spoiled("kontrakt_lege:bad-type", row.clone(), "vikar", "nei");
    out.spoiled("kontrakt_lege:bad-date", row, "gyldig_til", "2020-02-31");
    out
}

/// medlemskap: two lists on one day and an unknown contract are no errors.
pub fn members(world: &World, takes: Takes) -> Blemishes<Member> {
    let mut out = Blemishes::new(takes);
    let row =
        Member { person: world.names.person(NOBODY), contract: names::list(NO_LIST + 1), from: day(world), to: None };
    out.row("medlemskap:unknown-contract", row.clone());
    out.row("medlemskap:unknown-contract", Member { contract: names::list(NO_LIST + 2), from: row.from + 10, ..row });
    out.row("medlemskap:no-person", Member { person: Id::None, ..row.clone() });
    out.row("medlemskap:bad-period", Member { to: Some(row.from - 1), ..row.clone() });
    out.spoiled("medlemskap:bad-date", row.clone(), "fra", "");
    out.spoiled("medlemskap:bad-type", row, "kontrakt_id", "");
    out
}

/// opphold of the first month; its patients' keys are those of [`keys`].
pub fn episodes(world: &World, takes: Takes) -> Blemishes<Episode> {
    let mut out = Blemishes::new(takes);
    let from = i64::from(day(world)) * SECONDS_A_DAY + 36_000;
    let row = Episode {
        patient: names::patient(NOBODY),
        from,
        to: Some(from + 90_000),
        level: 1,
        urgency: Some(1),
        condition: Short::new("I21.4"),
        hospital: names::hospital(13),
        place: Place::Code(301),
        sex: 1,
        born: 1950,
        state: Some(1),
    };
    out.row("opphold:no-key", row.clone());
    out.row("opphold:no-key", Episode { patient: names::patient(NOBODY + 3), ..row.clone() });
    out.row("opphold:ambiguous-key", Episode { patient: names::patient(NOBODY + 1), ..row.clone() });
    out.row("opphold:bad-period", Episode { to: Some(from - 60), ..row.clone() });
    out.spoiled("opphold:bad-type", row.clone(), "omsorgsniva", "7");
    out.spoiled("opphold:bad-type", row.clone(), "innmatehast", "akutt");
    out.spoiled("opphold:bad-date", row.clone(), "inntid", "");
    out.spoiled("opphold:bad-date", row, "uttid", "2024-01-01T24:00");
    out
}

/// nokkel: one patient with two persons, one without a person, and an equal row.
pub fn keys(world: &World, takes: Takes) -> Blemishes<Key> {
    let mut out = Blemishes::new(takes);
    let person = |number| world.names.person(NOBODY + number);
    let key = |patient, person| Key { patient: names::patient(NOBODY + patient), person };
    out.row("nokkel:ambiguous-key", key(1, person(1)));
    out.row("nokkel:ambiguous-key", key(1, person(2)));
    out.row("nokkel:equal-row", key(2, person(2)));
    out.row("nokkel:equal-row", key(2, person(2)));
    out.row("nokkel:no-person", key(2, Id::None));
    out.row("nokkel:no-person", key(3, Id::None));
    out.spoiled("nokkel:bad-type", key(4, person(4)), "npr_lnr", "");
    out
}

/// innbyggere, of a preliminary file whose name comes before the true one: its good rows are
/// superseded.
pub fn residents(true_rows: &[Residents], takes: Takes) -> Blemishes<Residents> {
    let mut out = Blemishes::new(takes);
    for row in true_rows.iter().step_by(23) {
        out.row("innbyggere:superseded", Residents { persons: row.persons + 3, ..row.clone() });
    }
    if let Some(row) = true_rows.first() {
        out.row("innbyggere:negative", Residents { persons: -4, ..row.clone() });
        out.spoiled("innbyggere:bad-type", row.clone(), "personer", "mange");
        out.spoiled("innbyggere:bad-type", row.clone(), "aar", "");
    }
    out
}

/// The day after the last on which anything planted is registered: 200 days for claims, and the
/// changes after them.
pub fn last_registration(to: Month) -> i32 {
    to.plus(6).last_day() + 120
}
