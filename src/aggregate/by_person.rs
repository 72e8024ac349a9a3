//! The pass by person: contacts and different patients of every cell.
//!
//! Contacts come one person at a time, so a stamp a cell tells whether the person has been there.
//! In: contacts by person. Out: [`PersonCells`] a table, who moved, and what is to be noted of the
//! persons. Never keeps a person's number beyond the only one of a cell.

use super::count::{Counted, Run, share_out};
use super::facts::{Facts, Signatures};
use super::movers::{Movers, Standing, add_movers};
use super::noted::Noted;
use crate::codes::practice_types;
use crate::contacts::ContactPart;
use crate::domain::{Month, Period, PeriodKind, Service};

/// A cell while persons are counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct PersonCell {
    /// The last person met, and that person's contacts.
    stamp: u32,
    current: u32,
    pub value: u32,
    pub patients: u32,
    pub top: u32,
}

impl PersonCell {
    /// Counts a contact of a person; gives another, who is through, and that one's contacts:
    /// nothing, mostly.
    #[inline]
    fn touch(&mut self, person: u32) -> (u32, u32) {
        let mut through = (0, 0);
        if self.stamp != person {
            through = (self.stamp, self.current);
            self.stamp = person;
            self.current = 0;
            self.patients += 1;
        }
        self.current += 1;
        self.value += 1;
        self.top = self.top.max(self.current);
        through
    }
    /// The only person, or 0.
    pub fn lone(&self) -> u32 {
        if self.patients == 1 { self.stamp } else { 0 }
    }
    fn merge(&mut self, other: &PersonCell) {
        self.value += other.value;
        self.patients += other.patients;
        self.top = self.top.max(other.top);
        self.stamp = self.stamp.max(other.stamp);
    }
}

/// Different persons at their own place.
#[derive(Debug, Clone, Copy, Default)]
pub struct PatientCell {
    pub value: u32,
    pub last: u32,
}

/// The layers of one table.
#[derive(Debug, Default)]
pub struct PersonCells {
    pub contacts: Vec<PersonCell>,
    pub patients: Vec<PatientCell>,
}

impl PersonCells {
    fn new(counted: &Counted) -> Self {
        let cells = counted.axes.len();
        let patients = if counted.has_patients { cells } else { 0 };
        PersonCells { contacts: vec![PersonCell::default(); cells], patients: vec![PatientCell::default(); patients] }
    }
    fn merge(&mut self, other: &PersonCells) {
        self.contacts.iter_mut().zip(&other.contacts).for_each(|(cell, more)| cell.merge(more));
        for (cell, more) in self.patients.iter_mut().zip(&other.patients) {
            cell.value += more.value;
            cell.last = cell.last.max(more.last);
        }
    }
}

/// What the pass gives.
pub struct ByPerson<'a> {
    pub cells: Vec<PersonCells>,
    /// By part of the contacts.
    pub movers: Vec<Movers>,
    pub noted: Noted<'a>,
}

/// A worker's own state.
struct Worker<'a> {
    signatures: Signatures<'a>,
    cells: Vec<PersonCells>,
    noted: Noted<'a>,
    /// (part, movers)
    movers: Vec<(usize, Movers)>,
    offsets: Vec<usize>,
    person: Vec<(u32, Facts)>,
    /// Of the person at hand: contacts of a table's service, periods done, quantities seen.
    of_service: Vec<Facts>,
    done: Vec<usize>,
    seen: Vec<u16>,
}

/// Counts all parts.
pub fn pass<'a>(run: &Run<'a>, tables: &[usize], counted: &[Counted], first: Month) -> ByPerson<'a> {
    let start = || Worker {
        signatures: Signatures::new(run.pipeline, tables, first),
        cells: counted.iter().map(PersonCells::new).collect(),
        noted: Noted::new(run.wanted, counted),
        movers: Vec::new(),
        offsets: Vec::new(),
        person: Vec::new(),
        of_service: Vec::new(),
        done: Vec::new(),
        seen: Vec::new(),
    };
    let parts = &run.contacts.parts;
    let work = |worker: &mut Worker<'_>, part: usize| worker.part(part, &parts[part], counted, first);
    let done = share_out(parts.len(), start, work, |mut a, b| {
        let b = b.through();
        a = a.through();
        a.cells.iter_mut().zip(&b.cells).for_each(|(cells, more)| cells.merge(more));
        a.noted.merge(&b.noted);
        a.movers.extend(b.movers);
        a
    });
    let done = done.through();
    let mut movers = vec![Movers::new(); parts.len()];
    done.movers.into_iter().for_each(|(part, found)| movers[part] = found);
    ByPerson { cells: done.cells, movers, noted: done.noted }
}

impl Worker<'_> {
    /// All its persons are through: a worker has all contacts of a person, or none.
    fn through(mut self) -> Self {
        if self.noted.is_idle() {
            return self;
        }
        for (table, cells) in self.cells.iter_mut().enumerate() {
            for (at, cell) in cells.contacts.iter_mut().enumerate().filter(|(_, cell)| cell.current > 0) {
                self.noted.contacts(table, at, (cell.stamp, cell.current));
                cell.current = 0;
            }
        }
        self
    }

    fn part(&mut self, at: usize, part: &ContactPart, counted: &[Counted], first: Month) {
        let mut movers = Movers::new();
        let mut row = 0;
        while row < part.len() {
            let end = row + part.person[row..].partition_point(|&person| person == part.person[row]);
            self.person.clear();
            for row in row..end {
                if let Some(facts) = self.signatures.facts(part, row) {
                    self.person.push((row as u32, facts));
                }
            }
            self.contacts(counted);
            self.patients(counted, first);
            self.movers(first, &mut movers);
            row = end;
        }
        movers.sort_unstable_by_key(|&(row, _)| row);
        self.movers.push((at, movers));
    }

    fn contacts(&mut self, counted: &[Counted]) {
        for (_, facts) in &self.person {
            for (at, table) in counted.iter().enumerate() {
                let quantities = self.signatures.quantities(facts, at);
                if quantities.is_empty() {
                    continue;
                }
                let (cells, noted) = (&mut self.cells[at].contacts, &mut self.noted);
                table.layout.offsets(facts, &mut self.offsets);
                table.layout.cells(table.layout.place(facts), facts.month, &self.offsets, |base| {
                    for cell in quantities.iter().map(|&quantity| base + usize::from(quantity)) {
                        let through = cells[cell].touch(facts.person);
                        if through.1 > 0 && !noted.is_idle() {
                            noted.contacts(at, cell, through);
                        }
                    }
                });
            }
        }
    }

    /// In every period a person is counted once for each quantity, where the last contact was.
    fn patients(&mut self, counted: &[Counted], first: Month) {
        for (at, table) in counted.iter().enumerate().filter(|(_, table)| table.has_patients) {
            let in_service = |facts: &&Facts| self.signatures.in_service(facts, at);
            self.of_service.clear();
            self.of_service.extend(self.person.iter().map(|(_, facts)| facts).filter(in_service).copied());
            self.done.clear();
            for last in (0..self.of_service.len()).rev() {
                for &period in table.layout.periods(self.of_service[last].month) {
                    if !self.done.contains(&period) {
                        self.done.push(period);
                        let from = table.axes.periods[period].first.0 - first.0;
                        self.patient(at, table, period, (from, last));
                    }
                }
            }
        }
    }

    /// Counts the person in one period: the contacts from month `from` up to the `last`.
    fn patient(&mut self, at: usize, table: &Counted, period: usize, (from, last): (i32, usize)) {
        self.seen.clear();
        for facts in self.of_service[..=last].iter().rev().take_while(|facts| i32::from(facts.month) >= from) {
            for &quantity in self.signatures.quantities(facts, at) {
                if !self.seen.contains(&quantity) {
                    self.seen.push(quantity);
                }
            }
        }
        let (facts, cells) = (&self.of_service[last], &mut self.cells[at].patients);
        let noted = &mut self.noted;
        table.layout.offsets(facts, &mut self.offsets);
        table.layout.cells_in(table.layout.place(facts), period, &self.offsets, |base| {
            for position in self.seen.iter().map(|&quantity| base + usize::from(quantity)) {
                cells[position].value += 1;
                cells[position].last = facts.person;
                if !noted.is_idle() {
                    noted.patient(at, position, facts.person);
                }
            }
        });
    }

    fn movers(&self, first: Month, movers: &mut Movers) {
        let kind_start = |kind, month: u16| Period::containing(kind, first.plus(i32::from(month))).first.0;
        let (Some((_, start)), Some((_, end))) = (self.person.first(), self.person.last()) else { return };
        if self.person.len() == 1 || (Standing::of(start) == Standing::of(end) && self.stays()) {
            return;
        }
        for service in Service::ALL {
            let of_service = |facts: &Facts| practice_types()[usize::from(facts.practice_type)].service == service;
            let contacts: Vec<(u32, Facts)> =
                self.person.iter().copied().filter(|(_, facts)| of_service(facts)).collect();
            add_movers(&contacts, kind_start, movers);
        }
    }

    fn stays(&self) -> bool {
        self.person.windows(2).all(|pair| Standing::of(&pair[0].1) == Standing::of(&pair[1].1))
    }
}

/// The position of a period kind in [`PeriodKind::ALL`].
pub fn kind_position(kind: PeriodKind) -> usize {
    PeriodKind::ALL.iter().position(|&known| known == kind).unwrap_or(0)
}
