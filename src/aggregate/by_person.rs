//! The pass by person: contacts and different patients of every cell.
//!
//! Contacts come one person at a time, so a stamp a cell tells whether the person has been there.
//! In: contacts by person. Out: [`PersonCells`] a table, and who moved. Never keeps a person's
//! number beyond the only one of a cell.

use super::axes::Layout;
use super::count::{Counted, Run, share_out};
use super::facts::{Facts, Signatures};
use super::movers::{Movers, Standing, add_movers};
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
    #[inline]
    fn touch(&mut self, person: u32) {
        if self.stamp != person {
            self.stamp = person;
            self.current = 0;
            self.patients += 1;
        }
        self.current += 1;
        self.value += 1;
        self.top = self.top.max(self.current);
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
pub struct ByPerson {
    pub cells: Vec<PersonCells>,
    /// By part of the contacts.
    pub movers: Vec<Movers>,
}

/// A worker's own state.
struct Worker<'a> {
    signatures: Signatures<'a>,
    cells: Vec<PersonCells>,
    /// (part, movers)
    movers: Vec<(usize, Movers)>,
    offsets: Vec<usize>,
    person: Vec<(u32, Facts)>,
}

/// Counts all parts.
pub fn pass(run: &Run<'_>, tables: &[usize], counted: &[Counted], first: Month) -> ByPerson {
    let start = || Worker {
        signatures: Signatures::new(run.pipeline, tables, first),
        cells: counted.iter().map(PersonCells::new).collect(),
        movers: Vec::new(),
        offsets: Vec::new(),
        person: Vec::new(),
    };
    let parts = &run.contacts.parts;
    let work = |worker: &mut Worker<'_>, part: usize| worker.part(part, &parts[part], counted, first);
    let done = share_out(parts.len(), start, work, |mut a, b| {
        a.cells.iter_mut().zip(&b.cells).for_each(|(cells, more)| cells.merge(more));
        a.movers.extend(b.movers);
        a
    });
    let mut movers = vec![Movers::new(); parts.len()];
    done.movers.into_iter().for_each(|(part, found)| movers[part] = found);
    ByPerson { cells: done.cells, movers }
}

impl Worker<'_> {
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
                let cells = &mut self.cells[at].contacts;
                table.layout.offsets(facts, &mut self.offsets);
                table.layout.cells(table.layout.place(facts), facts.month, &self.offsets, |base| {
                    quantities.iter().for_each(|&quantity| cells[base + usize::from(quantity)].touch(facts.person));
                });
            }
        }
    }

    /// In every period a person is counted once for each quantity, where the last contact was.
    fn patients(&mut self, counted: &[Counted], first: Month) {
        for (at, table) in counted.iter().enumerate().filter(|(_, table)| table.has_patients) {
            let of_service = self.person.iter().map(|(_, facts)| facts);
            let of_service: Vec<&Facts> = of_service.filter(|facts| self.signatures.in_service(facts, at)).collect();
            for (period, position) in table.axes.periods.iter().zip(0..) {
                let from = (period.first.0 - first.0).max(0) as u16;
                let to = (period.last().0 - first.0).max(0) as u16;
                let begin = of_service.partition_point(|facts| facts.month < from);
                let end = of_service.partition_point(|facts| facts.month <= to);
                if begin < end {
                    let cells = &mut self.cells[at].patients;
                    let mut seen = vec![false; table.axes.quantities];
                    for facts in &of_service[begin..end] {
                        self.signatures.quantities(facts, at).iter().for_each(|&q| seen[usize::from(q)] = true);
                    }
                    count_person(&table.layout, position, of_service[end - 1], &seen, &mut self.offsets, cells);
                }
            }
        }
    }

    fn movers(&self, first: Month, movers: &mut Movers) {
        let kind_start = |kind, month: u16| Period::containing(kind, first.plus(i32::from(month))).first.0;
        let (Some((_, start)), Some((_, end))) = (self.person.first(), self.person.last()) else { return };
        if self.person.len() == 1 || (Standing::of(start) == Standing::of(end) && self.stays()) {
            return;
        }
        for service in [Service::Gp, Service::Legevakt, Service::Nurse] {
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

fn count_person(
    layout: &Layout,
    period: usize,
    last: &Facts,
    seen: &[bool],
    offsets: &mut Vec<usize>,
    cells: &mut [PatientCell],
) {
    layout.offsets(last, offsets);
    layout.cells_in(layout.place(last), period, offsets, |base| {
        for quantity in (0..seen.len()).filter(|&quantity| seen[quantity]) {
            let cell = &mut cells[base + quantity];
            cell.value += 1;
            cell.last = last.person;
        }
    });
}

/// The position of a period kind in [`PeriodKind::ALL`].
pub fn kind_position(kind: PeriodKind) -> usize {
    PeriodKind::ALL.iter().position(|&known| known == kind).unwrap_or(0)
}
