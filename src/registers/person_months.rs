//! Contacts per 1 000 months that persons were on a list with, or without, a doctor.
//!
//! In: contacts, memberships and lists by month. Out: the cells of a table of person-months. Place
//! and doctor are those of the person's list on the 1st of the month, for contacts and months alike.

use rayon::prelude::*;

use super::acc::{Part, Sums, number};
use super::cells::{Column, Figure, JoinedCell, JoinedTable};
use super::grid::Periods;
use super::intervals::on;
use super::list_days::ListDay;
use super::run::Rooms;
use super::wanted::Wanted;
use crate::contacts::ContactPart;
use crate::definition::{Measure, Table};
use crate::domain::{Month, SECONDS_A_DAY};

const CODES: usize = 3;

/// The cells of a table of person-months.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> JoinedTable {
    let periods = Periods::of_table(table, rooms.months);
    let indicators = table.indicators.len();
    let column = |indicator| Column { indicator, measure: Measure::Per1000, group: Some(indicator as u16) };
    let mut made = rooms.empty(at, table, &periods, (0..indicators).map(column).collect());
    let walk = Walk { rooms, periods: &periods, wanted: Wanted::of(table) };
    let quantities = walk.wanted.len();
    let units = made.cells.len() / indicators.max(1);
    let none = || Sums::new(units * quantities, rooms.contacts.doctors);
    let parts = rooms.contacts.parts.par_iter().enumerate();
    let sums = parts.fold(none, |sums, (at, part)| walk.part(sums, part, at)).reduce(none, Sums::merge);
    let (months, shown) = (walk.months(), walk.wanted.shown(indicators));
    for (index, cell) in made.cells.iter_mut().enumerate() {
        let (unit, quantity) = (index / indicators, shown[index % indicators]);
        let (person_months, most) = months[unit];
        let sum = sums.cells[unit * quantities + quantity];
        let counted = i128::from(sum.denominator);
        *cell = JoinedCell {
            figure: Figure::Ratio { numerator: counted, denominator: person_months, scale: 1_000 },
            persons: [sum.persons[2], 0, most],
            n_patients: Some(sum.persons[2]),
            n_doctors: Some(sums.doctors(unit * quantities + quantity)),
        };
    }
    let residents: Vec<u32> = months.iter().map(|&(_, most)| most).collect();
    made.systems = walk.wanted.system_cells(&sums, &residents);
    made
}

struct Walk<'a> {
    rooms: &'a Rooms<'a>,
    periods: &'a Periods,
    wanted: Wanted,
}

impl Walk<'_> {
    fn part(&self, mut sums: Sums, part: &ContactPart, at: usize) -> Sums {
        let mut row = 0;
        let mut own: Vec<usize> = Vec::new();
        for (index, (rows, &person)) in part.person.chunk_by(|a, b| a == b).zip(&part.keys).enumerate() {
            let rows = row..row + rows.len();
            row = rows.end;
            let spans = self.rooms.members.parts.get(at).map_or(&[][..], |members| members.of(person));
            own.clear();
            for row in rows {
                let month = Month::of_day(part.start[row].div_euclid(SECONDS_A_DAY) as i32);
                let list = on(spans, month.first_day()).and_then(|span| self.rooms.days.list(span.what, month));
                if let Some(list) = list {
                    self.contact(&mut sums, part, row, month, list, &mut own);
                }
            }
            own.sort_unstable();
            let person = number(at, index, self.rooms.contacts.parts.len());
            own.chunk_by(|a, b| a == b).for_each(|same| sums.add_person(same[0], person, 0, same.len() as u64));
        }
        sums
    }

    fn contact(
        &self,
        sums: &mut Sums,
        part: &ContactPart,
        row: usize,
        month: Month,
        list: &ListDay,
        own: &mut Vec<usize>,
    ) {
        for quantity in self.wanted.of_row(part, row) {
            for cell in self.cells(month, list) {
                let cell = cell * self.wanted.len() + quantity;
                sums.add_doctor(cell, Part::Miss, part.doctor[row]);
                own.push(cell);
            }
        }
    }

    /// Cells, without the column, that a list on the 1st of a month is in.
    fn cells(&self, month: Month, list: &ListDay) -> impl Iterator<Item = usize> {
        let codes = [0, if list.has_doctor { 1 } else { 2 }];
        let periods = self.periods.holding(month);
        let length = self.periods.len();
        let of = move |place: usize| {
            periods.iter().flat_map(move |period| codes.map(|code| (place * length + period) * CODES + code))
        };
        self.rooms.levels.of(list.place).into_iter().flat_map(of)
    }

    /// By cell without the column: person-months, and the most persons of a month.
    fn months(&self) -> Vec<(u64, u32)> {
        let cells = self.rooms.levels.places.len() * self.periods.len() * CODES;
        let mut sums = vec![(0u64, 0u32); cells];
        let Some(span) = self.rooms.months else { return sums };
        for month in (span.first.0..=span.last.0).map(Month) {
            let mut of_month = vec![0u32; cells];
            for list in self.rooms.days.of(month) {
                self.cells(month, list).for_each(|cell| of_month[cell] += list.inhabitants);
            }
            for (sum, persons) in sums.iter_mut().zip(of_month) {
                *sum = (sum.0 + u64::from(persons), sum.1.max(persons));
            }
        }
        sums
    }
}
