//! What comes after discharges, and before acute stays (SPEC-DETAILS 27-30).
//!
//! In: stays and contacts of a part of the persons. Out: the cells of a table of discharges, and
//! how many discharges fell out at each step. Divides nothing.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::acc::{Sums, number};
use super::cells::{Column, JoinedTable};
use super::grid::Periods;
use super::run::Rooms;
use super::stays::{Admission, Chains, StayPart};
use crate::codes::practice_types;
use crate::contacts::ContactPart;
use crate::definition::{Joined, Measure, Merging, Table, TypeSet, Window};
use crate::domain::{Month, SECONDS_A_DAY, Service, working_day_after};

const HOUR: i64 = 3_600;

/// Discharges left out, by indicator and step, in the order of the steps.
pub type Flow = BTreeMap<(usize, Step), u64>;

/// Why a stay is no discharge of an indicator, or that it is one. In order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Stays that ended in a published period or are still open.
    Stays,
    StillOpen,
    NotAlive,
    UnknownPlace,
    Age,
    Readmitted,
    Dead,
    Counted,
}

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Step::Stays => "stays",
            Step::StillOpen => "still-open",
            Step::NotAlive => "not-discharged-alive",
            Step::UnknownPlace => "unknown-place",
            Step::Age => "age",
            Step::Readmitted => "readmitted",
            Step::Dead => "dead",
            Step::Counted => "counted",
        }
    }
}

/// The cells of a table of discharges, and what fell out.
pub fn table(rooms: &Rooms<'_>, stays: &[StayPart], at: usize, table: &Table) -> (JoinedTable, Flow) {
    let periods = Periods::of_table(table, rooms.months);
    let joined: Vec<&Joined> = table.indicators.iter().filter_map(|of| of.value.joined()).collect();
    let columns = (0..joined.len())
        .map(|indicator| Column { indicator, measure: Measure::Share, group: Some(indicator as u16) })
        .collect();
    let mut made = rooms.empty(at, table, &periods, columns);
    let walk = Walk { rooms, periods: &periods, joined: &joined };
    let cells = made.cells.len();
    let part = |(at, part): (usize, &StayPart)| {
        let number = |person| number(at, person, stays.len());
        walk.part(part, rooms.contacts.parts.get(at), cells, &number)
    };
    let (sums, flow) = stays.par_iter().enumerate().map(part).reduce(
        || (Sums::new(cells, 0), Flow::new()),
        |(sums, mut flow), (more, fell)| {
            fell.into_iter().for_each(|(step, stays)| *flow.entry(step).or_default() += stays);
            (sums.merge(more), flow)
        },
    );
    made.cells.iter_mut().enumerate().for_each(|(cell, made)| *made = sums.of_stays(cell));
    let systems = table.joined_systems().into_iter().flat_map(|system| system.figures).map(|(column, _)| column);
    made.systems = systems.map(|column| sums.share_cells(joined.len(), column, |_| true)).collect();
    (made, flow)
}

struct Walk<'a> {
    rooms: &'a Rooms<'a>,
    periods: &'a Periods,
    joined: &'a [&'a Joined],
}

/// A person's contacts in a part.
struct Visits<'a> {
    part: &'a ContactPart,
    rows: std::ops::Range<usize>,
}

/// Hits and counted ones of a person by cell.
type Own = BTreeMap<usize, (u64, u64)>;

impl Walk<'_> {
    fn part(
        &self,
        stays: &StayPart,
        contacts: Option<&ContactPart>,
        cells: usize,
        number: &dyn Fn(usize) -> u32,
    ) -> (Sums, Flow) {
        let (mut sums, mut flow) = (Sums::new(cells, 0), Flow::new());
        let none = ContactPart::default();
        let contacts = contacts.unwrap_or(&none);
        let ranges = ranges(contacts);
        for hours in self.hours() {
            for (index, (person, chains)) in stays.persons(hours).enumerate() {
                let rows = ranges.get(&person).cloned().unwrap_or(0..0);
                let visits = Visits { part: contacts, rows };
                let mut own = Own::new();
                for (column, joined) in self.joined.iter().enumerate().filter(|(_, of)| merged(of) == Some(hours)) {
                    self.indicator(column, joined, &chains, &visits, &mut own, &mut flow);
                }
                own.into_iter().for_each(|(cell, (hits, counted))| sums.add_person(cell, number(index), hits, counted));
            }
        }
        (sums, flow)
    }

    /// The different hours by which stays are merged.
    fn hours(&self) -> std::collections::BTreeSet<u32> {
        self.joined.iter().filter_map(|of| merged(of)).collect()
    }

    fn indicator(
        &self,
        column: usize,
        joined: &Joined,
        chains: &Chains,
        visits: &Visits<'_>,
        own: &mut Own,
        flow: &mut Flow,
    ) {
        for (at, stay) in chains.admissions.iter().enumerate() {
            if let Joined::BeforeAcute { service, hours, .. } = joined {
                if stay.acute {
                    let hit = visits.before(*service, stay.from, i64::from(*hours) * HOUR);
                    self.enter(column, stay.first_place, stay.from, hit, own);
                }
                continue;
            }
            let ended = stay.to.unwrap_or(stay.from);
            if self.periods.on(day_of(ended)).is_empty() {
                continue;
            }
            let (step, hit) = judge(joined, chains, at, visits, |place| place == self.rooms.unknown_place);
            *flow.entry((column, Step::Stays)).or_default() += 1;
            *flow.entry((column, step)).or_default() += 1;
            if step == Step::Counted {
                self.enter(column, stay.place, ended, hit, own);
            }
        }
    }

    fn enter(&self, column: usize, place: u16, moment: i64, hit: bool, own: &mut Own) {
        for &period in self.periods.on(day_of(moment)) {
            for place in self.rooms.levels.of(place) {
                let cell = (place * self.periods.len() + period) * self.joined.len() + column;
                let entry = own.entry(cell).or_default();
                entry.0 += u64::from(hit);
                entry.1 += 1;
            }
        }
    }
}

fn merged(joined: &Joined) -> Option<u32> {
    match joined {
        Joined::FollowUp { stays: Merging { hours }, .. }
        | Joined::Readmission { stays: Merging { hours }, .. }
        | Joined::BeforeAcute { stays: Merging { hours }, .. } => Some(*hours),
        _ => None,
    }
}

/// Whether a stay is a discharge of the indicator, and whether what the indicator looks for came.
fn judge(
    joined: &Joined,
    chains: &Chains,
    at: usize,
    visits: &Visits<'_>,
    is_unknown: impl Fn(u16) -> bool,
) -> (Step, bool) {
    let stay = &chains.admissions[at];
    let Some(end) = stay.to else { return (Step::StillOpen, false) };
    if !stay.alive {
        return (Step::NotAlive, false);
    }
    if is_unknown(stay.place) {
        return (Step::UnknownPlace, false);
    }
    match joined {
        Joined::FollowUp { counted, services, window, .. } => {
            let last = last_day(day_of(end), *window);
            let after = i64::from(last + 1) * SECONDS_A_DAY;
            if chains.admissions.get(at + 1).is_some_and(|next| next.from < after) {
                (Step::Readmitted, false)
            } else if chains.deaths.iter().any(|&death| end < death && death < after) {
                (Step::Dead, false)
            } else {
                let from = i64::from(day_of(end) + 1) * SECONDS_A_DAY;
                (Step::Counted, visits.any(services, *counted, from, after))
            }
        }
        Joined::Readmission { from_hours, to_days, ages, .. } => {
            if !is_of_age(stay, end, *ages) {
                return (Step::Age, false);
            }
            let (from, to) =
                (end + i64::from(*from_hours) * HOUR, i64::from(day_of(end) + *to_days as i32 + 1) * SECONDS_A_DAY);
            let mut later = chains.admissions[at + 1..].iter();
            (Step::Counted, later.any(|next| next.acute && from <= next.from && next.from < to))
        }
        _ => (Step::Age, false),
    }
}

fn is_of_age(stay: &Admission, end: i64, (least, most): (u8, u8)) -> bool {
    let year = Month::of_day(day_of(end)).year();
    let age = stay.born.map(|born| year.saturating_sub(born));
    age.is_some_and(|age| (i32::from(least)..=i32::from(most)).contains(&age))
}

fn last_day(discharged: i32, window: Window) -> i32 {
    match window {
        Window::Days(days) => discharged + days as i32,
        Window::WorkingDays(days) => working_day_after(discharged, days),
    }
}

fn day_of(moment: i64) -> i32 {
    moment.div_euclid(SECONDS_A_DAY) as i32
}

/// Rows of each person of a part, by key.
fn ranges(part: &ContactPart) -> FxHashMap<i64, std::ops::Range<usize>> {
    let mut at = 0;
    let runs = part.person.chunk_by(|a, b| a == b).map(|rows| {
        at += rows.len();
        at - rows.len()..at
    });
    part.keys.iter().copied().zip(runs).collect()
}

impl Visits<'_> {
    /// Whether there is a contact of some types and services from one moment to before another.
    fn any(&self, services: &[Service], types: TypeSet, from: i64, to: i64) -> bool {
        let starts = &self.part.start[self.rows.clone()];
        let first = self.rows.start + starts.partition_point(|&start| start < from);
        let rows = (first..self.rows.end).take_while(|&row| self.part.start[row] < to);
        let is_of = |row: usize| {
            let kind = practice_types().get(usize::from(self.part.practice_type[row]));
            let service = kind.is_some_and(|kind| services.contains(&kind.service));
            service && types >> self.part.contact_type[row] & 1 == 1
        };
        rows.into_iter().any(is_of)
    }

    /// Whether there is a contact of any type in the seconds before a moment (not at it).
    fn before(&self, service: Service, moment: i64, seconds: i64) -> bool {
        self.any(&[service], TypeSet::MAX, moment - seconds, moment)
    }
}
