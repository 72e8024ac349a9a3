//! Continuity of care: own doctor, most used doctor, indices (SPEC-DETAILS 26).
//!
//! In: contacts and memberships of a part of the persons. Out: the cells of a table of continuity.
//! With and without a doctor splits contacts by the list that the person was on that day.

use rayon::prelude::*;

use super::acc::{Part, Sums, number};
use super::cells::{Column, Figure, JoinedCell, JoinedTable, SystemCells};
use super::grid::Periods;
use super::intervals::{Span, on};
use super::run::Rooms;
use crate::codes::practice_types;
use crate::contacts::ContactPart;
use crate::definition::{Continuity, Joined, Table, TypeSet};
use crate::domain::{Month, PeriodKind, SECONDS_A_DAY, Service};

const BILLION: u64 = 1_000_000_000;
/// Codes of the dimension.
const TOTAL: usize = 0;
const WITH: usize = 1;
const WITHOUT: usize = 2;
const CODES: usize = 3;

/// The cells of a table of continuity.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> JoinedTable {
    let periods = Periods::of_table(table, rooms.months);
    let joined: Vec<&Joined> = table.indicators.iter().filter_map(|of| of.value.joined()).collect();
    let column = |indicator: usize| Column {
        indicator,
        measure: joined[indicator].measures()[0],
        group: Some(indicator as u16),
    };
    let mut made = rooms.empty(at, table, &periods, (0..joined.len()).map(column).collect());
    let walk = Walk { rooms, periods: &periods, joined: &joined };
    let none = || Sums::new(made.cells.len(), rooms.contacts.doctors);
    let parts = rooms.contacts.parts.par_iter().enumerate();
    let sums = parts.fold(none, |sums, (at, part)| walk.part(sums, part, at)).reduce(none, Sums::merge);
    for (index, cell) in made.cells.iter_mut().enumerate() {
        let (column, period) = (index % joined.len(), index / joined.len() / CODES % periods.len().max(1));
        *cell = walk.finish(&sums, index, column, period);
    }
    let systems = table.joined_systems().into_iter().flat_map(|system| system.figures).map(|(column, _)| column);
    made.systems = systems.map(|column| walk.system(&sums, column)).collect();
    made
}

struct Walk<'a> {
    rooms: &'a Rooms<'a>,
    periods: &'a Periods,
    joined: &'a [&'a Joined],
}

/// A contact with what its day says of the person's list.
#[derive(Clone, Copy)]
struct Visit {
    day: i32,
    year: i32,
    doctor: u32,
    place: u16,
    kind: u8,
    /// The list has a doctor; none: the person was on no list.
    list_doctor: Option<bool>,
    own_doctor: bool,
}

impl Visit {
    fn is_in(&self, code: usize) -> bool {
        match code {
            WITH => self.list_doctor == Some(true),
            WITHOUT => self.list_doctor == Some(false),
            _ => true,
        }
    }
    fn is_of(&self, types: TypeSet) -> bool {
        types >> self.kind & 1 == 1
    }
}

impl Walk<'_> {
    fn part(&self, mut sums: Sums, part: &ContactPart, at: usize) -> Sums {
        let mut row = 0;
        let mut visits = Vec::new();
        for (index, (rows, &person)) in part.person.chunk_by(|a, b| a == b).zip(&part.keys).enumerate() {
            let rows = row..row + rows.len();
            row = rows.end;
            visits.clear();
            let spans = self.rooms.members.parts.get(at).map_or(&[][..], |members| members.of(person));
            visits.extend(rows.filter(|&row| is_gp(part, row)).map(|row| self.visit(part, row, spans)));
            if !visits.is_empty() {
                self.person(&mut sums, number(at, index, self.rooms.contacts.parts.len()), &visits);
            }
        }
        sums
    }

    fn visit(&self, part: &ContactPart, row: usize, spans: &[Span]) -> Visit {
        let day = part.start[row].div_euclid(SECONDS_A_DAY) as i32;
        let lists = self.rooms.lists;
        let list = on(spans, day).map(|span| span.what).filter(|&list| lists.on(list, day).is_some());
        let doctor = part.doctor[row];
        let key = self.rooms.contacts.doctor_keys.get(doctor as usize - 1).copied();
        Visit {
            day,
            year: Month::of_day(day).year(),
            doctor,
            place: part.residence[row],
            kind: part.contact_type[row],
            list_doctor: list.map(|list| lists.has_doctor(list, day)),
            own_doctor: list.is_some_and(|list| lists.doctors(list, day).any(|doctor| Some(doctor) == key)),
        }
    }

    /// Adds a person's contacts in general practice, in order of time.
    fn person(&self, sums: &mut Sums, person: u32, visits: &[Visit]) {
        for (column, joined) in self.joined.iter().enumerate() {
            match **joined {
                Joined::OwnDoctor { counted } => self.own_doctor(sums, (column, person), counted, visits),
                Joined::MostUsedDoctor { counted, years } => {
                    self.each_year(visits, i32::from(years), |period, place, all| {
                        self.most_used(sums, (column, period, place), (person, counted), all);
                    });
                }
                Joined::Index { index, counted, at_least } => self.each_year(visits, 1, |period, place, all| {
                    self.index(sums, (column, period, place), (index, counted, at_least), all);
                }),
                _ => {}
            }
        }
    }

    fn own_doctor(&self, sums: &mut Sums, (column, person): (usize, u32), counted: TypeSet, visits: &[Visit]) {
        let mut own: Vec<(usize, bool)> = Vec::new();
        for visit in visits.iter().filter(|visit| visit.is_of(counted) && visit.list_doctor.is_some()) {
            for &period in self.periods.on(visit.day) {
                for code in (0..CODES).filter(|&code| visit.is_in(code)) {
                    for cell in self.cells(column, period, visit.place, code) {
                        own.push((cell, visit.own_doctor));
                        sums.add_doctor(cell, if visit.own_doctor { Part::Hit } else { Part::Miss }, visit.doctor);
                    }
                }
            }
        }
        own.sort_unstable();
        for of_cell in own.chunk_by(|a, b| a.0 == b.0) {
            let hits = of_cell.iter().filter(|(_, hit)| *hit).count();
            sums.add_person(of_cell[0].0, person, hits as u64, of_cell.len() as u64);
        }
    }

    /// Calls with each published year's position, the place of the last contact in the years up
    /// to it, and the contacts of these years.
    fn each_year(&self, visits: &[Visit], years: i32, mut see: impl FnMut(usize, u16, &[Visit])) {
        for (at, period) in self.periods.all.iter().enumerate() {
            if period.kind != PeriodKind::Year {
                continue;
            }
            let last = period.year();
            let from = visits.partition_point(|visit| visit.year <= last - years);
            let to = visits.partition_point(|visit| visit.year <= last);
            if let Some(latest) = visits[from..to].last() {
                see(at, latest.place, &visits[from..to]);
            }
        }
    }

    fn most_used(
        &self,
        sums: &mut Sums,
        (column, period, place): (usize, usize, u16),
        (person, counted): (u32, TypeSet),
        visits: &[Visit],
    ) {
        for code in 0..CODES {
            let doctors = doctors(visits, counted, code);
            let Some((most, used)) = most_used(&doctors) else { continue };
            for cell in self.cells(column, period, place, code) {
                sums.add_person(cell, person, most, doctors.len() as u64);
                for &doctor in &doctors {
                    sums.add_doctor(cell, if doctor == used { Part::Hit } else { Part::Miss }, doctor);
                }
            }
        }
    }

    fn index(&self, sums: &mut Sums, at: (usize, usize, u16), of: (Continuity, TypeSet, u32), visits: &[Visit]) {
        let (index, counted, at_least) = of;
        for code in 0..CODES {
            let doctors = doctors(visits, counted, code);
            if doctors.len() >= at_least as usize {
                let billionths = billionths(index, &doctors);
                self.add(sums, at, code, &doctors, |sums, cell| {
                    let sum = &mut sums.cells[cell];
                    sum.numerator += i128::from(billionths);
                    sum.denominator += 1;
                    sum.persons[0] += 1;
                });
            }
        }
    }

    fn add(
        &self,
        sums: &mut Sums,
        (column, period, place): (usize, usize, u16),
        code: usize,
        doctors: &[u32],
        mut add: impl FnMut(&mut Sums, usize),
    ) {
        for cell in self.cells(column, period, place, code) {
            doctors.iter().for_each(|&doctor| sums.add_doctor(cell, Part::Hit, doctor));
            add(sums, cell);
        }
    }

    fn cells(&self, column: usize, period: usize, place: u16, code: usize) -> [usize; 3] {
        let columns = self.joined.len();
        self.rooms
            .levels
            .of(place)
            .map(|place| ((place * self.periods.len() + period) * CODES + code) * columns + column)
    }

    fn finish(&self, sums: &Sums, cell: usize, column: usize, period: usize) -> JoinedCell {
        match *self.joined[column] {
            Joined::Index { .. } => {
                let sum = sums.cells[cell];
                JoinedCell {
                    figure: Figure::mean(sum.numerator, sum.denominator),
                    persons: sum.persons,
                    n_patients: Some(sum.persons[0]),
                    n_doctors: Some(sums.doctors(cell)),
                }
            }
            Joined::MostUsedDoctor { years, .. } if !self.is_whole(period, i32::from(years)) => {
                JoinedCell { n_patients: Some(0), n_doctors: Some(0), ..JoinedCell::default() }
            }
            _ => sums.of_contacts(cell, 100),
        }
    }

    /// The counts of a share; none where the figure is undefined.
    fn system(&self, sums: &Sums, column: usize) -> SystemCells {
        let columns = self.joined.len();
        let is_counted = |cell: usize| match *self.joined[column] {
            Joined::MostUsedDoctor { years, .. } => {
                self.is_whole(cell / columns / CODES % self.periods.len().max(1), i32::from(years))
            }
            _ => true,
        };
        sums.share_cells(columns, column, is_counted)
    }

    /// Whether all the years up to a period's are among the months of the run.
    fn is_whole(&self, period: usize, years: i32) -> bool {
        let first = self.periods.all[period].first.plus(-12 * (years - 1));
        self.rooms.months.is_some_and(|months| months.first <= first)
    }
}

fn is_gp(part: &ContactPart, row: usize) -> bool {
    practice_types().get(usize::from(part.practice_type[row])).is_some_and(|kind| kind.service == Service::Gp)
}

/// Doctors of the contacts that a code and some types count, in order of time.
fn doctors(visits: &[Visit], counted: TypeSet, code: usize) -> Vec<u32> {
    visits.iter().filter(|visit| visit.is_of(counted) && visit.is_in(code)).map(|visit| visit.doctor).collect()
}

/// Contacts with each different doctor.
fn by_doctor(doctors: &[u32]) -> Vec<u64> {
    let mut sorted = doctors.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|same| same.len() as u64).collect()
}

/// Contacts with the doctor that there are most with, and that doctor: of equal ones the one with
/// the smallest number.
fn most_used(doctors: &[u32]) -> Option<(u64, u32)> {
    let mut sorted = doctors.to_vec();
    sorted.sort_unstable();
    let of_doctor = sorted.chunk_by(|a, b| a == b).map(|same| (same.len() as u64, same[0]));
    of_doctor.max_by_key(|&(contacts, doctor)| (contacts, std::cmp::Reverse(doctor)))
}

/// A person's index in whole billionths, rounded half away from zero; at least two contacts.
fn billionths(index: Continuity, doctors: &[u32]) -> u64 {
    let n = doctors.len() as u64;
    let (part, whole) = match index {
        Continuity::Upc => (by_doctor(doctors).into_iter().max().unwrap_or(0), n),
        Continuity::Coc => (by_doctor(doctors).into_iter().map(|n| n * n).sum::<u64>() - n, n * (n - 1)),
        Continuity::Secon => (doctors.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64, n - 1),
    };
    ((2 * u128::from(part) * u128::from(BILLION) + u128::from(whole)) / (2 * u128::from(whole))) as u64
}

const _: () = assert!(TOTAL == 0 && CODES == 3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_by_hand() {
        // Doctors a, a, b, a: UPC 3/4, COC (9 + 1 - 4) / 12 = 1/2, SECON 1/3.
        let doctors = [7, 7, 9, 7];
        assert_eq!(billionths(Continuity::Upc, &doctors), 750_000_000);
        assert_eq!(billionths(Continuity::Coc, &doctors), 500_000_000);
        assert_eq!(billionths(Continuity::Secon, &doctors), 333_333_333);
        assert_eq!(billionths(Continuity::Upc, &[1, 1, 2]), 666_666_667);
        assert_eq!(billionths(Continuity::Coc, &[1, 2]), 0);
        assert_eq!(billionths(Continuity::Secon, &[1, 1]), BILLION);
    }
}
