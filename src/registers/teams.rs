//! Contacts at practices with and without a primary health team, in the whole country.
//!
//! In: contacts with their practice, lists by day and month. Out: the cells of a table by team: the
//! number of contacts, and per 1 000 list inhabitants (the mean of the 1sts of the period's months).
//! A practice has a team on a day on which one of its contracts says so.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::acc::{Part, Sums, number};
use super::cells::{Column, Figure, JoinedCell, JoinedTable};
use super::grid::Periods;
use super::run::Rooms;
use super::wanted::Wanted;
use crate::aggregate::Place;
use crate::contacts::ContactPart;
use crate::definition::{Measure, Table};
use crate::domain::{Month, SECONDS_A_DAY};

const CODES: usize = 3;

/// The cells of a table by team.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> JoinedTable {
    let periods = Periods::of_table(table, rooms.months);
    let indicators = table.indicators.len();
    let column = |at: usize| Column {
        indicator: at / 2,
        measure: [Measure::Contacts, Measure::Per1000][at % 2],
        group: Some((at / 2) as u16),
    };
    let mut made = rooms.empty(at, table, &periods, (0..2 * indicators).map(column).collect());
    made.places = vec![Place::Country];
    made.cells.truncate(periods.len() * CODES * made.columns.len());
    let walk = Walk { rooms, periods: &periods, wanted: Wanted::of(table), teams: teams(rooms) };
    let units = periods.len() * CODES;
    let none = || Sums::new(units * walk.wanted.len(), rooms.contacts.doctors);
    let parts = rooms.contacts.parts.par_iter().enumerate();
    let sums = parts.fold(none, |sums, (at, part)| walk.part(sums, part, at)).reduce(none, Sums::merge);
    let (inhabitants, shown) = (walk.inhabitants(), walk.wanted.shown(indicators));
    for cell in 0..units * indicators {
        let (unit, quantity) = (cell / indicators, shown[cell % indicators]);
        let (sum, doctors) =
            (sums.cells[unit * walk.wanted.len() + quantity], sums.doctors(unit * walk.wanted.len() + quantity));
        let (list_months, persons) = inhabitants[unit];
        let months = periods.all[unit / CODES].kind.months();
        let contacts = sum.denominator;
        let rate = Figure::Ratio {
            numerator: i128::from(contacts) * i128::from(months),
            denominator: list_months,
            scale: 1_000,
        };
        for (at, figure) in [Figure::Count(i64::try_from(contacts).unwrap_or(i64::MAX)), rate].into_iter().enumerate() {
            let persons = [sum.persons[2], 0, if at == 1 { persons } else { 0 }];
            let contributors = (Some(sum.persons[2]), Some(doctors));
            made.cells[2 * cell + at] =
                JoinedCell { figure, persons, n_patients: contributors.0, n_doctors: contributors.1 };
        }
    }
    let residents: Vec<u32> = inhabitants.iter().map(|&(_, persons)| persons).collect();
    made.systems = walk.wanted.system_cells(&sums, &residents);
    made
}

/// By practice: the days on which a contract of it has a team, both inclusive.
type Teams = FxHashMap<i64, Vec<(i32, i32)>>;

fn teams(rooms: &Rooms<'_>) -> Teams {
    let mut teams = Teams::default();
    for (span, terms) in (0..rooms.lists.len() as u32).flat_map(|list| rooms.lists.spans(list)) {
        if terms.team {
            teams.entry(terms.clinic).or_default().push((span.from, span.to));
        }
    }
    teams
}

struct Walk<'a> {
    rooms: &'a Rooms<'a>,
    periods: &'a Periods,
    wanted: Wanted,
    teams: Teams,
}

impl Walk<'_> {
    fn has_team(&self, clinic: i64, day: i32) -> bool {
        let days = self.teams.get(&clinic).into_iter().flatten();
        days.into_iter().any(|&(from, to)| from <= day && day <= to)
    }

    fn part(&self, mut sums: Sums, part: &ContactPart, at: usize) -> Sums {
        let mut row = 0;
        let mut own: Vec<usize> = Vec::new();
        for (index, rows) in part.person.chunk_by(|a, b| a == b).enumerate() {
            own.clear();
            for row in row..row + rows.len() {
                self.contact(&mut sums, part, row, &mut own);
            }
            row += rows.len();
            own.sort_unstable();
            let person = number(at, index, self.rooms.contacts.parts.len());
            own.chunk_by(|a, b| a == b).for_each(|same| sums.add_person(same[0], person, 0, same.len() as u64));
        }
        sums
    }

    fn contact(&self, sums: &mut Sums, part: &ContactPart, row: usize, own: &mut Vec<usize>) {
        let quantities = self.wanted.of_row(part, row);
        if quantities.is_empty() {
            return;
        }
        let day = part.start[row].div_euclid(SECONDS_A_DAY) as i32;
        let clinic = part.clinic.get(row).and_then(|&clinic| self.rooms.contacts.clinic_keys.get(clinic as usize - 1));
        let code = if clinic.is_some_and(|&clinic| self.has_team(clinic, day)) { 1 } else { 2 };
        for &period in self.periods.on(day) {
            for cell in [0, code].map(|code| (period * CODES + code) * self.wanted.len()) {
                for quantity in &quantities {
                    sums.add_doctor(cell + quantity, Part::Miss, part.doctor[row]);
                    own.push(cell + quantity);
                }
            }
        }
    }

    /// By period and code: inhabitants summed over the 1sts of the months, and the most of a month.
    fn inhabitants(&self) -> Vec<(u64, u32)> {
        let mut sums = vec![(0u64, 0u32); self.periods.len() * CODES];
        let Some(span) = self.rooms.months else { return sums };
        for month in (span.first.0..=span.last.0).map(Month) {
            let mut of_month = [0u32; CODES];
            for list in self.rooms.days.of(month) {
                let code = if self.has_team(list.clinic, month.first_day()) { 1 } else { 2 };
                [0, code].into_iter().for_each(|code| of_month[code] += list.inhabitants);
            }
            for &period in self.periods.holding(month) {
                for (code, persons) in of_month.into_iter().enumerate() {
                    let sum = &mut sums[period * CODES + code];
                    *sum = (sum.0 + u64::from(persons), sum.1.max(persons));
                }
            }
        }
        sums
    }
}
