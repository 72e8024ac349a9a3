//! Protection of small universes: every proof holds, and an attacker who lists all tables that
//! agree with what is shown finds every unsafe cell wide enough.

use std::collections::BTreeSet;

use super::changed::{Mentioned, has_quantity, quantity_steps};
use super::grid::{NONE, step};
use super::hide::hide;
use super::pairs::part_pairs;
use super::primary::Reason;
use super::proofs::{Proofs, Used};
use super::system::{Source, State, System};
use super::testing::*;
use super::trim::{secondary, trim, trim_parted};
use super::verify::verify;
use crate::aggregate::{Axes, Cells};
use crate::codes::Geography;
use crate::definition::{Dimension, Effort, Measure, Pipeline, PlaceBasis};
use crate::domain::{Month, PeriodKind};
use crate::relations::{Relations, describe};

fn relations(cells: &Cells, pipeline: &Pipeline, geography: &Geography) -> Relations {
    let tables: Vec<(usize, &Axes)> = cells.tables.iter().map(|table| (table.table, &table.axes)).collect();
    describe(&tables, pipeline, geography, &Default::default()).unwrap()
}

/// Protects the first universe and gives it to `see`.
pub(super) fn protected(
    contacts: &[Contact],
    pipeline: &Pipeline,
    geography: &Geography,
    see: impl FnOnce(&System<'_>),
) {
    let cells = cells(contacts, pipeline, geography, 1000);
    let relations = relations(&cells, pipeline, geography);
    let universe = &relations.universes[0];
    let source = |(view, cells)| {
        let cells: &crate::aggregate::TableCells = cells;
        Source { view, table: &pipeline.tables[cells.table], cells, before: None }
    };
    let sources: Vec<Source<'_>> = universe.views.iter().zip(&cells.tables).map(source).collect();
    let mut system = System::build(universe, &sources).unwrap();
    let mut proofs = Proofs::new(&system);
    hide(&mut system, &mut proofs).unwrap();
    trims_what_is_hidden_in_vain(&mut system, &mut proofs);
    let before = secondary(&system);
    part_pairs(&mut system, &mut proofs).unwrap();
    if system.ground.is_some() {
        trim_parted(&mut system, &mut proofs, &before);
        part_pairs(&mut system, &mut proofs).unwrap();
    }
    verify(&system, &proofs).unwrap();
    no_pair_moves_against_itself(&system, &proofs);
    see(&system);
}

/// Cells hidden for nothing are shown again; every other is unsafe, or changed by a move in use, or
/// falls with one that is.
fn trims_what_is_hidden_in_vain(system: &mut System<'_>, proofs: &mut Proofs) {
    let in_vain = (0..system.cells.len() as u32).find(|&cell| {
        let shown = &system.cells[cell as usize];
        shown.state == State::Shown && shown.contacts > 0 && !system.numerators.contains_key(&cell)
    });
    in_vain.into_iter().for_each(|cell| system.hide(cell, Reason::Secondary));
    let weight = |system: &System<'_>| -> f32 {
        system.cells.iter().filter(|cell| cell.state == State::Hidden).map(|cell| cell.weight).sum()
    };
    let before = weight(system);
    trim(system, proofs, 0);
    assert!(weight(system) <= before + 0.1);
    let company = proofs.moves.iter().flat_map(|used| &used.along).map(|&at| &proofs.moves[at as usize]);
    let mut changed: BTreeSet<u32> =
        proofs.moves.iter().chain(company).flat_map(|used| used.cells.iter().map(|&(cell, _)| cell)).collect();
    changed.extend(system.numerators.values().flatten());
    for (id, cell) in system.cells.iter().enumerate().filter(|(_, cell)| cell.state == State::Hidden) {
        assert!(cell.reason != Reason::Secondary || changed.contains(&(id as u32)), "a cell is hidden in vain");
    }
}

/// Two unsafe cells with fewer than five patients together: some move changes their sum.
fn no_pair_moves_against_itself(system: &System<'_>, proofs: &Proofs) {
    let changes = |target: usize| -> Vec<(usize, i8)> {
        let cell = system.targets[target].cell;
        let moves = proofs.moves.iter().enumerate().filter(|(_, used)| !used.layer.is_of_patients());
        let change = |used: &Used| used.cells.iter().find(|(other, _)| *other == cell).map_or(0, |&(_, by)| by);
        moves
            .filter(|(_, used)| used.amounts.contacts_up + used.amounts.contacts_down > 0)
            .map(|(at, used)| (at, change(used)))
            .filter(|(_, by)| *by != 0)
            .collect()
    };
    let hidden = |at: &usize| {
        let target = &system.targets[*at];
        system.cells[target.cell as usize].state == State::Hidden && target.contacts_width > 0
    };
    let all: Vec<(u32, Vec<(usize, i8)>)> =
        (0..system.targets.len()).filter(hidden).map(|at| (system.targets[at].contributors[0], changes(at))).collect();
    for (at, (patients, one)) in all.iter().enumerate() {
        let against: Vec<(usize, i8)> = one.iter().map(|&(number, by)| (number, -by)).collect();
        for (others, other) in &all[at + 1..] {
            assert!(patients + others >= 5 || *other != against, "two cells change against each other only");
        }
    }
}

/// A stream of numbers without a seed from outside.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % sides
    }
}

pub(super) fn contacts(seed: u64, number: usize, places: u64, months: u64, types: u64) -> Vec<Contact> {
    let mut dice = Dice(seed);
    let mut contact = || {
        let person = dice.roll(number as u64 / 3) as u32;
        let residence = (u64::from(person) * 7 % (places * places)).isqrt() as u16;
        let kind = (dice.roll(types * types)).isqrt() as u8;
        Contact {
            person: person + 1,
            doctor: residence as u32 * 4 + dice.roll(5) as u32 + 1,
            residence,
            practice: residence,
            month: Month::new(2024, 1 + dice.roll(months) as u32),
            kind,
            features: dice.roll(4) as u32 / 2,
            outside: dice.roll(5) == 0,
            weekend: dice.roll(7) == 0,
            sex: (person % 2) as u8,
            age: (person / 2 % 2) as u8,
            chapter: dice.roll(4) as u8,
            part: dice.roll(3) as u8,
        }
    };
    (0..number).map(|_| contact()).collect()
}

#[test]
fn proofs_hold_for_places_times_and_types() {
    let geography = geography(&[3, 4, 1]);
    for (seed, effort) in (0..20).map(|seed| (seed, Effort::Quick)).chain([(3, Effort::Thorough)]) {
        let mut table = table("t", &[0b111, 0b011, 0b001, 0b010, 0b100]);
        table.measures = vec![Measure::Contacts, Measure::Patients, Measure::Per1000];
        table.policy.effort = effort;
        let pipeline = pipeline(3, 1, vec![table]);
        protected(&contacts(seed, 300, 8, 4, 3), &pipeline, &geography, |system| {
            assert!(!system.targets.is_empty());
            assert_eq!(system.ground.is_some(), effort == Effort::Thorough);
        });
    }
}

/// Every change of one class for another, or of one alone, in every mentioned dimension.
#[test]
fn quantities_that_change_are_the_same_one_by_one_and_by_bits() {
    let mut table = table("t", &[0b111, 0b011, 0b001, 0b010, 0b100]);
    table.measures = vec![Measure::Contacts, Measure::Patients];
    let (geography, pipeline) = (geography(&[3, 4, 1]), pipeline(3, 1, vec![table]));
    let mut tried = 0;
    protected(&contacts(1, 300, 8, 4, 3), &pipeline, &geography, |system| {
        for grid in &system.grids {
            let parts = |mention: &super::grid::Mention| -> Vec<(u16, u16)> {
                let classes = || (0..mention.holders.len() as u16).chain([NONE]);
                classes().flat_map(|plus| classes().map(move |minus| (plus, minus))).collect()
            };
            let all = grid.mentions.iter().fold(vec![Vec::new()], |all, mention| {
                let with = |before: &Vec<(u16, u16)>| -> Vec<Vec<(u16, u16)>> {
                    parts(mention).into_iter().map(|part| before.iter().copied().chain([part]).collect()).collect()
                };
                all.iter().flat_map(with).collect()
            });
            for parts in all {
                let mentioned: Vec<Mentioned> = parts.iter().copied().map(Mentioned::of_part).collect();
                let sign = |quantity: usize| {
                    let parts = grid.mentions.iter().zip(&parts);
                    parts.fold(1i8, |sign, (mention, part)| sign * step(mention.inside[quantity], *part))
                };
                let all = (0..grid.quantities).map(|quantity| (quantity as u16, sign(quantity)));
                let steps: Vec<(u16, i8)> = all.filter(|step| step.1 != 0).collect();
                assert_eq!(quantity_steps(grid, &mentioned), steps);
                assert_eq!(has_quantity(grid, &mentioned), !steps.is_empty());
                tried += usize::from(!steps.is_empty());
            }
        }
    });
    assert!(tried > 10, "{tried}");
}

#[test]
fn proofs_hold_across_tables() {
    let geography = geography(&[3, 4, 1]);
    for seed in 0..8 {
        let mut totals = table("totals", &[0b111, 0b011, 0b001, 0b010, 0b100]);
        totals.measures = vec![Measure::Contacts, Measure::Patients, Measure::Per1000];
        let mut detail = table("detail", &[0b111, 0b011, 0b100]);
        detail.periods.remove(0);
        detail.dimensions = vec![Dimension::Sex, Dimension::AgeGroup];
        detail.measures = totals.measures.clone();
        let pipeline = pipeline(3, 1, vec![totals, detail]);
        protected(&contacts(seed, 900, 8, 12, 3), &pipeline, &geography, |system| {
            assert!(!system.targets.is_empty());
        });
    }
}

#[test]
fn a_release_hides_and_shows_the_same_everywhere() {
    let geography = geography(&[3, 4, 1]);
    let mut totals = table("totals", &[0b111, 0b011, 0b001, 0b010, 0b100]);
    totals.measures = vec![Measure::Contacts, Measure::Patients, Measure::Per1000];
    let mut practice = table("practice", &[0b111, 0b011, 0b001, 0b010, 0b100]);
    practice.place = crate::definition::PlaceBasis::Practice;
    practice.measures = vec![Measure::Contacts, Measure::Doctors];
    let pipeline = pipeline(3, 1, vec![totals, practice]);
    let cells = cells(&contacts(5, 900, 8, 12, 3), &pipeline, &geography, 1000);
    let run = || super::protect(&cells, &pipeline, &geography, 25_000, &super::Ledger::default()).unwrap();
    let protected = run();
    assert_eq!(protected.public().len(), 2);
    let table = &protected.public()[0];
    let hidden = table.value.iter().zip(&table.status).filter(|(_, s)| **s == super::ObsStatus::Suppressed);
    assert!(hidden.clone().count() > 0);
    assert!(hidden.clone().all(|(value, _)| value.is_none()));
    // Contacts, patients and the rate of a cell are hidden together.
    for rows in table
        .status
        .chunks_exact(3)
        .zip(table.value.chunks_exact(3))
        .zip(protected.restricted()[0].keys.value.chunks_exact(3))
    {
        let ((status, _), truth) = rows;
        if truth.iter().all(|value| value.is_some_and(|value| value > 0.0)) {
            assert!(status.iter().all(|s| *s == status[0]));
        }
    }
    // The next release keeps what was hidden, and the same run gives the same bytes.
    assert_eq!(protected.certificate().files(), run().certificate().files());
    let bytes = protected.ledger().to_bytes();
    let ledger = super::Ledger::from_bytes(&bytes).unwrap();
    assert_eq!(&ledger, protected.ledger());
    let again = super::protect(&cells, &pipeline, &geography, 25_000, &ledger).unwrap();
    let kept = again.public()[0].status.iter().zip(&table.status);
    assert!(kept.clone().all(|(now, before)| *before != super::ObsStatus::Suppressed || now == before));
}

/// A month of a county by sex and age: programs find what boxes and rings do not, and the same every time.
#[test]
fn more_effort_hides_less() {
    let geography = geography(&[12]);
    let contacts = contacts(4, 600, 12, 1, 1);
    let protected = |effort: Effort| {
        let mut table = table("t", &[0b1]);
        table.periods = vec![PeriodKind::Month];
        table.dimensions = vec![Dimension::Sex, Dimension::AgeGroup];
        table.policy.effort = effort;
        let pipeline = pipeline(1, 1, vec![table]);
        let cells = cells(&contacts, &pipeline, &geography, 1000);
        super::protect(&cells, &pipeline, &geography, 20_000, &super::Ledger::default()).unwrap()
    };
    let hidden = |protected: &super::Protected| {
        let status = &protected.public()[0].status;
        status.iter().filter(|status| **status == super::ObsStatus::Suppressed).count()
    };
    let (quick, thorough) = (protected(Effort::Quick), protected(Effort::Thorough));
    assert!(hidden(&thorough) < hidden(&quick), "{} {}", hidden(&thorough), hidden(&quick));
    assert_eq!(thorough.certificate().files(), protected(Effort::Thorough).certificate().files());
}

/// Two doctors with 300 and 200 of 520 contacts: of the 20 others, less than a tenth of 300, the largest could tell the second's.
/// The total of the country stands in a table by residence too. Its patients are many: they are hidden, but not unsafe.
#[test]
fn patients_of_a_total_that_doctors_dominate_are_hidden_for_its_contacts_sake() {
    let geography = geography(&[3]);
    let contact = |at: u32| {
        let (doctor, practice) = match at {
            0..300 => (1, 0),
            300..500 => (2, 1),
            _ => (3 + at % 4, 2),
        };
        Contact { person: 1 + at % 100, doctor, residence: (at % 3) as u16, practice, ..Contact::default() }
    };
    let contacts: Vec<Contact> = (0..520).map(contact).collect();
    let (mut by_residence, mut by_practice) = (table("r", &[0b1]), table("p", &[0b1]));
    by_residence.measures = vec![Measure::Contacts, Measure::Patients];
    by_practice.place = PlaceBasis::Practice;
    by_residence.periods = vec![PeriodKind::Month];
    by_practice.periods = vec![PeriodKind::Month];
    let pipeline = pipeline(1, 1, vec![by_residence, by_practice]);
    let cells = cells(&contacts, &pipeline, &geography, 1000);
    let protected = super::protect(&cells, &pipeline, &geography, 20_000, &super::Ledger::default()).unwrap();
    let table = &protected.restricted()[0];
    let reason = |measure: Measure| {
        let row = (0..table.reason.len()).find(|&row| table.keys.place[row] == 0 && table.keys.measure[row] == measure);
        table.reason[row.unwrap()]
    };
    assert_eq!([Measure::Contacts, Measure::Patients].map(reason), ["dominance", "secondary"]);
}
