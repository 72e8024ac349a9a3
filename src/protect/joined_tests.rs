//! Small tables of joined registers, hidden by hand.

use super::*;
use crate::definition::Measure;
use crate::domain::{Month, MunicipalityNumber, PeriodKind};
use crate::registers::{Column, Figure};

fn geography() -> Geography {
    Geography::load("recode-2024").unwrap()
}

fn policy() -> Policy {
    Pipeline::shipped("gp-activity").unwrap().policy
}

/// One share a place in one year: the country, Rogaland and four of its municipalities.
fn table(cells: &[[u32; 3]; 6], group: Option<u16>) -> JoinedTable {
    let geography = geography();
    let place = |code| Place::Municipality(geography.resolve(MunicipalityNumber(code)).unwrap());
    let county = geography.counties.iter().find(|county| county.number.0 == 11).unwrap().number;
    let cell = |persons: &[u32; 3]| JoinedCell {
        figure: Figure::Ratio { numerator: i128::from(persons[0]), denominator: u64::from(persons[2]), scale: 100 },
        persons: *persons,
        n_patients: None,
        n_doctors: None,
    };
    JoinedTable {
        table: 0,
        places: vec![Place::Country, Place::County(county), place(1101), place(1103), place(1106), place(1108)],
        periods: vec![Period::containing(PeriodKind::Year, Month::new(2024, 1))],
        labels: Vec::new(),
        columns: vec![Column { indicator: 0, measure: Measure::Share, group }],
        cells: cells.iter().map(cell).collect(),
    }
}

fn hidden(cells: &[[u32; 3]; 6]) -> Vec<bool> {
    let table = table(cells, Some(0));
    reasons(&table, &policy(), &geography(), &[]).iter().map(|&reason| reason != Reason::Shown).collect()
}

#[test]
fn nothing_is_hidden_where_all_parts_are_none_or_many() {
    let all = [[400, 400, 800], [400, 400, 800], [0, 200, 200], [200, 0, 200], [100, 100, 200], [0, 0, 0]];
    assert_eq!(hidden(&all), [false; 6]);
}

#[test]
fn a_numerator_of_few_is_hidden_and_the_smallest_beside_it() {
    let few = [[400, 400, 800], [400, 400, 800], [4, 196, 200], [200, 10, 210], [100, 100, 200], [50, 50, 100]];
    assert_eq!(hidden(&few), [false, false, true, false, false, true]);
}

#[test]
fn the_rest_of_a_denominator_is_hidden_too() {
    let few = [[400, 400, 800], [400, 400, 800], [196, 4, 200], [200, 10, 210], [100, 100, 200], [50, 50, 100]];
    assert_eq!(hidden(&few), [false, false, true, false, false, true]);
}

#[test]
fn hidden_ones_that_are_few_together_take_a_third_with_them() {
    let few = [[400, 400, 800], [400, 400, 800], [1, 199, 200], [2, 198, 200], [100, 100, 200], [50, 50, 100]];
    assert_eq!(hidden(&few), [false, false, true, true, false, true]);
}

/// Units of one count, closed under sums: which are hidden.
fn closed(numbers: &[u32], sums: &[(usize, &[usize])]) -> Vec<bool> {
    let unit = |&number: &u32| Unit { parts: vec![number], size: number, doctors: None };
    let units: Vec<Unit> = numbers.iter().map(unit).collect();
    let sums: Vec<Whole> = sums.iter().map(|&(whole, parts)| Whole { whole, parts: parts.to_vec() }).collect();
    let mut hidden: Vec<Reason> = units.iter().map(|unit| unit.judge(&policy())).collect();
    close(&units, &mut hidden, &sums, &policy());
    hidden.iter().map(|&reason| reason != Reason::Shown).collect()
}

/// Five that are five together are one each, though five persons together pass the rule.
#[test]
fn hidden_ones_that_are_no_more_than_the_least_of_each_take_another_with_them() {
    let sum: &[(usize, &[usize])] = &[(0, &[1, 2, 3, 4, 5, 6, 7])];
    assert_eq!(closed(&[65, 1, 1, 1, 1, 1, 20, 40], sum), [false, true, true, true, true, true, true, false]);
    let two_more = [67, 1, 1, 1, 1, 3, 20, 40];
    assert_eq!(closed(&two_more, sum), [false, true, true, true, true, true, false, false]);
}

/// A county is hidden with its two municipalities of one; of the other county only the municipality
/// that is hidden may be more than one, which the sum of both counties must not tell.
#[test]
fn the_least_of_a_hidden_county_is_that_of_its_municipalities() {
    let sums: &[(usize, &[usize])] = &[(0, &[1, 2, 3]), (1, &[4, 5]), (2, &[6, 7, 8]), (3, &[9])];
    let numbers = [262, 2, 60, 200, 1, 1, 1, 19, 40, 200];
    let hidden = closed(&numbers, sums);
    assert!(hidden[1] && hidden[4] && hidden[5]);
    assert!(hidden[2] && hidden[6] && hidden[7], "one of one and one of nineteen, told together");
    assert!(!hidden[0] && !hidden[3] && !hidden[8]);
}

/// The only county of the country that has anything: the country is hidden for its sake.
#[test]
fn a_county_that_nothing_protects_is_hidden_with_its_whole() {
    let lone = [[8, 3, 11], [8, 3, 11], [8, 3, 11], [0, 0, 0], [0, 0, 0], [0, 0, 0]];
    assert_eq!(hidden(&lone), [true, true, true, false, false, false]);
}

/// Two indicators of which a third is the sum: the one of few is hidden with the other.
#[test]
fn an_indicator_that_is_the_rest_of_a_sum_is_not_hidden_alone() {
    let geography = geography();
    let cell = |persons: u32| JoinedCell {
        figure: Figure::Count(i64::from(persons)),
        persons: [persons, 0, 0],
        ..JoinedCell::default()
    };
    let mut table = table(&[[0; 3]; 6], None);
    table.places.truncate(1);
    table.columns =
        (0..4).map(|at| Column { indicator: at, measure: Measure::Contacts, group: Some(at as u16) }).collect();
    table.cells = [93, 3, 30, 60].map(cell).to_vec();
    let split = Split { whole: 0, parts: vec![1, 2, 3] };
    let reasons = reasons(&table, &policy(), &geography, &[split]);
    assert_eq!(reasons, [Reason::Shown, Reason::Patients, Reason::Secondary, Reason::Shown]);
}

#[test]
fn public_facts_are_shown() {
    let table = table(&[[3, 0, 3]; 6], None);
    assert!(reasons(&table, &policy(), &geography(), &[]).iter().all(|&reason| reason == Reason::Shown));
}

#[test]
fn a_hidden_value_is_in_no_public_column_and_its_truth_is_kept() {
    let few = [[400, 400, 800], [400, 400, 800], [4, 196, 200], [200, 10, 210], [100, 100, 200], [50, 50, 100]];
    let table = table(&few, Some(0));
    let (public, restricted) = rows(&table, &reasons(&table, &policy(), &geography(), &[]), 0);
    assert_eq!(public.value, [Some(50.0), Some(50.0), None, Some(95.24), Some(50.0), None]);
    assert_eq!(restricted.keys.value[2], Some(2.0));
    assert_eq!(restricted.reason, ["", "", "patients", "", "", "secondary"]);
}

#[test]
fn a_year_and_its_tertials_never_hide_exactly_one() {
    let period = |kind, month| Period::containing(kind, Month::new(2024, month));
    let tertial = PeriodKind::Tertial;
    let periods = [period(tertial, 1), period(tertial, 5), period(tertial, 9), period(PeriodKind::Year, 1)];
    assert_eq!(by_period(&periods), [(3, vec![0, 1, 2])]);
    assert!(by_period(&periods[1..]).is_empty(), "without all tertials there is no sum");
}
