//! Small tables of joined registers, hidden by hand.

use super::super::joined::protect_joined;
use super::super::testing::{geography, policy};
use super::*;
use crate::aggregate::{CellCount, Sparse};
use crate::definition::{Measure, Pipeline};
use crate::domain::{Month, PeriodKind};
use crate::protect::Protected;
use crate::registers::{Column, Figure, NO_DOCTORS, SystemCells};

/// The country, its only county and the county's four municipalities.
const PLACES: usize = 6;

fn places() -> Vec<Place> {
    let geography = geography(&[4]);
    let municipalities = (0..4).map(Place::Municipality);
    [Place::Country, Place::County(geography.counties[0].number)].into_iter().chain(municipalities).collect()
}

fn year(year: i32) -> Period {
    Period::containing(PeriodKind::Year, Month::new(year, 1))
}

fn pipeline() -> Pipeline {
    Pipeline::shipped("after-discharge").unwrap()
}

/// Persons with a hit and without, by municipality: each with one stay. The country and the county
/// are their sums.
fn readmissions(municipalities: [[u32; 2]; 4]) -> JoinedTable {
    shares("readmission-30d", &[municipalities])
}

/// The same of every share of a table.
fn shares(id: &str, indicators: &[[[u32; 2]; 4]]) -> JoinedTable {
    let pipeline = pipeline();
    let by_place = |municipalities: &[[u32; 2]; 4]| -> Vec<[u32; 2]> {
        let sum = |at: usize| municipalities.iter().map(|of| of[at]).sum();
        [[sum(0), sum(1)]; 2].into_iter().chain(*municipalities).collect()
    };
    let all: Vec<Vec<[u32; 2]>> = indicators.iter().map(by_place).collect();
    let count = |value: u32| CellCount {
        value,
        patients: value,
        doctors: NO_DOCTORS,
        lone_patient: u32::from(value == 1),
        ..CellCount::default()
    };
    let system = |of: &Vec<[u32; 2]>| {
        let counts = of.iter().flat_map(|&[hits, misses]| [hits, misses, hits + misses].map(count)).collect();
        SystemCells { counts, residents: Vec::new() }
    };
    let cell = |[hits, misses]: [u32; 2]| JoinedCell {
        figure: Figure::Ratio { numerator: i128::from(hits), denominator: u64::from(hits + misses), scale: 100 },
        persons: [hits, misses, hits + misses],
        ..JoinedCell::default()
    };
    JoinedTable {
        table: pipeline.tables.iter().position(|table| table.id == id).unwrap(),
        places: places(),
        periods: vec![year(2024)],
        labels: Vec::new(),
        columns: (0..all.len())
            .map(|indicator| Column { indicator, measure: Measure::Share, group: Some(0) })
            .collect(),
        cells: (0..PLACES).flat_map(|place| all.iter().map(move |of| of[place])).map(cell).collect(),
        systems: all.iter().map(system).collect(),
    }
}

fn protected(table: &JoinedTable, ledger: &Ledger) -> Protected {
    protect_joined(std::slice::from_ref(table), &pipeline(), &geography(&[4]), 20_000, ledger).unwrap()
}

fn hidden(table: &JoinedTable, ledger: &Ledger) -> Vec<bool> {
    let protected = protected(table, ledger);
    protected.restricted()[0].reason.iter().map(|reason| !reason.is_empty()).collect()
}

#[test]
fn nothing_is_hidden_where_all_parts_are_none_or_many() {
    let all = readmissions([[0, 200], [200, 0], [100, 100], [0, 0]]);
    assert_eq!(hidden(&all, &Ledger::default()), [false; PLACES]);
}

#[test]
fn a_numerator_of_few_is_hidden_and_the_smallest_beside_it() {
    let few = readmissions([[4, 196], [200, 10], [100, 100], [50, 50]]);
    assert_eq!(hidden(&few, &Ledger::default()), [false, false, true, false, false, true]);
}

#[test]
fn the_rest_of_a_denominator_is_hidden_too() {
    let few = readmissions([[196, 4], [200, 10], [100, 100], [50, 50]]);
    assert_eq!(hidden(&few, &Ledger::default()), [false, false, true, false, false, true]);
}

#[test]
fn hidden_ones_that_are_few_together_take_a_third_with_them() {
    let few = readmissions([[1, 199], [2, 198], [100, 100], [50, 50]]);
    assert_eq!(hidden(&few, &Ledger::default()), [false, false, true, true, false, true]);
}

/// Three, 200, 100 and 60 stays, told of by two shares. Of the one the fourth municipality has a small
/// numerator, of the other the third: were they hidden apart, the three stays would be the county's
/// less those that one of the shares tells.
#[test]
fn shares_of_the_same_denominators_are_hidden_together() {
    let one = [[1, 2], [100, 100], [50, 50], [2, 58]];
    let other = [[2, 1], [100, 100], [3, 97], [30, 30]];
    let both = shares("gp-before-acute", &[one, other]);
    let hidden = hidden(&both, &Ledger::default());
    let of = |column: usize| -> Vec<bool> { hidden.iter().skip(column).step_by(2).copied().collect() };
    assert_eq!(of(0), [false, false, true, false, true, true]);
    assert_eq!(of(1), of(0));
}

#[test]
fn what_was_hidden_stays_hidden_with_what_hid_it() {
    let first = protected(&readmissions([[4, 196], [200, 10], [100, 100], [50, 50]]), &Ledger::default());
    let more = readmissions([[7, 196], [200, 10], [100, 100], [50, 50]]);
    assert_eq!(hidden(&more, &Ledger::default()), [false; PLACES], "nothing of it is unsafe by itself");
    assert_eq!(hidden(&more, first.ledger()), [false, false, true, false, false, true]);
    let again = protected(&more, first.ledger());
    assert_eq!(again.ledger().to_bytes(), protected(&more, first.ledger()).ledger().to_bytes());
    // None at all is no secret.
    let none = readmissions([[0, 196], [200, 10], [100, 100], [50, 50]]);
    assert!(!hidden(&none, first.ledger())[2]);
}

#[test]
fn a_hidden_value_is_in_no_public_column_and_its_truth_is_kept() {
    let few = protected(&readmissions([[4, 196], [200, 10], [100, 100], [50, 50]]), &Ledger::default());
    let percent = |hits: f64, all: f64| Some((10_000.0 * hits / all).round() / 100.0);
    let country = percent(354.0, 710.0);
    assert_eq!(few.public()[0].value, [country, country, None, percent(200.0, 210.0), Some(50.0), None]);
    assert_eq!(few.restricted()[0].keys.value[2], Some(2.0));
    assert_eq!(few.restricted()[0].reason, ["", "", "patients", "", "", "secondary"]);
}

#[test]
fn public_facts_are_shown() {
    let mut table = readmissions([[3, 0], [3, 0], [3, 0], [3, 0]]);
    table.columns[0].group = None;
    table.systems.clear();
    let mut reasons = vec![Reason::Shown; PLACES];
    let definition = &pipeline().tables[table.table];
    let (geography, mut after) = (geography(&[4]), Ledger::default());
    let means = Means { table: &table, definition, columns: &[], geography: &geography };
    means.hide((&Ledger::default(), 0), &mut reasons, &mut after);
    assert_eq!(reasons, [Reason::Shown; PLACES]);
    assert_eq!(hidden(&table, &Ledger::default()), [false; PLACES]);
}

fn axes(labels: &[&str]) -> Axes {
    let dimensions = if labels.is_empty() { Vec::new() } else { vec![labels.iter().map(|&of| of.into()).collect()] };
    Axes { places: places(), periods: vec![year(2024)], dimensions, quantities: 1 }
}

/// Means over persons: which are hidden.
fn means(persons: [u32; PLACES], before: [Seen; PLACES]) -> [bool; PLACES] {
    let unit = |(persons, before): (u32, Seen)| Unit { persons, doctors: Some(9), before };
    let units: Vec<Unit> = persons.into_iter().zip(before).map(unit).collect();
    let reasons = decide(&units, &wholes(&axes(&[]), &geography(&[4])), &policy());
    std::array::from_fn(|at| reasons[at] != Reason::Shown)
}

#[test]
fn a_mean_of_few_takes_the_smallest_beside_it() {
    let new = [Seen::New; PLACES];
    assert_eq!(means([200, 200, 4, 100, 60, 36], new), [false, false, true, false, false, true]);
    assert_eq!(means([200, 200, 0, 100, 60, 40], new), [false; PLACES], "of nobody there is no mean");
    // Three persons together are too few still.
    assert_eq!(means([200, 200, 1, 2, 60, 137], new), [false, false, true, true, true, false]);
}

#[test]
fn who_is_alone_in_a_hidden_mean_learns_nothing_of_a_few_others() {
    let new = [Seen::New; PLACES];
    // The first is the first municipality's only one: of four others the county would tell.
    assert_eq!(means([200, 200, 1, 4, 60, 135], new), [false, false, true, true, true, false]);
    assert_eq!(means([200, 200, 2, 4, 60, 134], new), [false, false, true, true, false, false]);
}

/// Consultations of 204 persons, 200 of them while on a list with a doctor and 3 without; one is on no list. With
/// those with a doctor shown, the three would lie between nothing and four.
#[test]
fn those_with_a_doctor_are_hidden_beside_few_without() {
    let count = |persons| CellCount { value: persons, patients: persons, doctors: 9, ..CellCount::default() };
    let towns = [[204, 200, 3], [150, 100, 50], [100, 60, 40], [66, 36, 30]];
    let whole: [u32; 3] = std::array::from_fn(|label| towns.iter().map(|town| town[label]).sum());
    let cells = TableCells {
        table: 0,
        axes: axes(&["total", "with", "without"]),
        contacts: [whole, whole].into_iter().chain(towns).flatten().map(count).collect::<Vec<_>>().into(),
        patients: Sparse::default(),
        residents: Vec::new(),
        means: Sparse::default(),
    };
    // The three were hidden already; the least beside them are those of the fourth municipality.
    let hidden = with_companions((&cells, 0), &[8], &geography(&[4]), &policy());
    assert_eq!(hidden, [7, 8, 16, 17]);
}

#[test]
fn a_mean_that_was_shown_is_hidden_after_one_that_is_new() {
    let mut before = [Seen::New; PLACES];
    before[5] = Seen::Shown;
    assert_eq!(means([200, 200, 4, 100, 60, 36], before), [false, false, true, false, true, false]);
}

#[test]
fn a_mean_that_was_hidden_stays_hidden() {
    let mut before = [Seen::New; PLACES];
    before[3] = Seen::Hidden;
    assert_eq!(means([200, 200, 44, 60, 60, 36], before), [false, false, false, true, false, true]);
}

#[test]
fn a_mean_of_few_doctors_is_hidden() {
    let unit = |doctors| Unit { persons: 50, doctors: Some(doctors), before: Seen::New };
    assert_eq!(unit(2).judge(&policy()), Reason::Doctors);
    assert_eq!(unit(3).judge(&policy()), Reason::Shown);
}

#[test]
fn a_year_holds_its_tertials_where_all_are_there() {
    let period = |kind, month| Period::containing(kind, Month::new(2024, month));
    let tertial = PeriodKind::Tertial;
    let periods = [period(tertial, 1), period(tertial, 5), period(tertial, 9), period(PeriodKind::Year, 1)];
    assert_eq!(by_period(&periods), [(3, vec![0, 1, 2])]);
    assert!(by_period(&periods[1..]).is_empty(), "without all tertials there is no sum");
}
