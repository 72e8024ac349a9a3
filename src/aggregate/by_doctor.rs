//! The pass by doctor: different doctors of every cell, the two with most, and their workload.
//!
//! Contacts come one doctor at a time, a doctor's contacts by person. In: contacts, and who moved.
//! Out: [`DoctorCells`] and workload sums a table. Never keeps a doctor's number beyond the only
//! one of a cell.

use super::by_person::kind_position;
use super::count::{Counted, Run, share_out};
use super::facts::{Facts, Signatures};
use super::movers::Movers;
use super::pairs::{Pairs, Room};
use super::workload::Sums;
use crate::domain::Month;

/// Contacts that one job should hold.
const CONTACTS_A_JOB: usize = 1 << 20;

/// A cell while doctors are counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct DoctorCell {
    /// The last doctor met, and what that doctor has in the cell.
    stamp: u32,
    current: u32,
    /// The last person of the last doctor (patients layer).
    person: u32,
    pub doctors: u32,
    pub top: u32,
    pub second: u32,
}

impl DoctorCell {
    /// Gives what another doctor, who is through, had in the cell: nothing, mostly.
    #[inline]
    fn enter(&mut self, doctor: u32) -> (u32, u32) {
        if self.stamp == doctor {
            return (0, 0);
        }
        let through = self.fold();
        self.stamp = doctor;
        self.doctors += 1;
        self.person = 0;
        through
    }
    #[inline]
    fn contact(&mut self, doctor: u32) -> (u32, u32) {
        let through = self.enter(doctor);
        self.current += 1;
        through
    }
    fn patient(&mut self, doctor: u32, person: u32) -> (u32, u32) {
        let through = self.enter(doctor);
        if self.person != person {
            self.person = person;
            self.current += 1;
        }
        through
    }
    /// Files what the last doctor has, and gives it.
    fn fold(&mut self) -> (u32, u32) {
        let (current, top) = (self.current, self.top);
        self.current = 0;
        self.second = self.second.max(current.min(top));
        self.top = top.max(current);
        (self.stamp, current)
    }
    fn merge(&mut self, mut other: DoctorCell) {
        self.fold();
        other.fold();
        self.second = self.second.max(other.second).max(self.top.min(other.top));
        self.top = self.top.max(other.top);
        self.doctors += other.doctors;
        self.stamp = self.stamp.max(other.stamp);
    }
    /// The only doctor, or 0.
    pub fn lone(&self) -> u32 {
        if self.doctors == 1 { self.stamp } else { 0 }
    }
}

/// The layers of one table.
#[derive(Debug, Default)]
pub struct DoctorCells {
    pub contacts: Vec<DoctorCell>,
    pub patients: Vec<DoctorCell>,
}

impl DoctorCells {
    fn new(counted: &Counted) -> Self {
        let cells = counted.axes.len();
        let patients = if counted.has_patients { cells } else { 0 };
        DoctorCells { contacts: vec![DoctorCell::default(); cells], patients: vec![DoctorCell::default(); patients] }
    }
    fn merge(&mut self, other: DoctorCells) {
        self.contacts.iter_mut().zip(other.contacts).for_each(|(cell, more)| cell.merge(more));
        self.patients.iter_mut().zip(other.patients).for_each(|(cell, more)| cell.merge(more));
    }
    /// Files what the last doctor of every cell has.
    fn fold(&mut self, table: usize, pairs: &mut Pairs) {
        for (layer, cells) in [&mut self.contacts, &mut self.patients].into_iter().enumerate() {
            cells.iter_mut().enumerate().for_each(|(at, cell)| pairs.note((table, layer), at, cell.fold()));
        }
    }
}

/// What the pass gives.
pub struct ByDoctor {
    pub cells: Vec<DoctorCells>,
    pub sums: Vec<Sums>,
    pub pairs: Pairs,
}

/// A worker's own state.
struct Worker<'a> {
    signatures: Signatures<'a>,
    cells: Vec<DoctorCells>,
    sums: Vec<Sums>,
    pairs: Pairs,
    offsets: Vec<usize>,
}

/// Counts all doctors.
pub fn pass(run: &Run<'_>, tables: &[usize], counted: &[Counted], first: Month, movers: &[Movers]) -> ByDoctor {
    let room = Room::new(run.wanted.limit);
    let start = || Worker {
        signatures: Signatures::new(run.pipeline, tables, first),
        cells: counted.iter().map(DoctorCells::new).collect(),
        sums: counted
            .iter()
            .map(|table| Sums::new(&run.pipeline.tables[table.table], &table.axes, run.wanted))
            .collect(),
        pairs: Pairs::new(run.wanted, counted, &room),
        offsets: Vec::new(),
    };
    let jobs = jobs(run);
    let work = |worker: &mut Worker<'_>, job: usize| worker.doctors(run, counted, movers, jobs[job]);
    let mut done = share_out(jobs.len(), start, work, |mut a, b| {
        let b = b.through();
        a = a.through();
        a.cells.iter_mut().zip(b.cells).for_each(|(cells, more)| cells.merge(more));
        a.sums.iter_mut().zip(b.sums).for_each(|(sums, more)| sums.merge(more));
        a.pairs = a.pairs.merge(b.pairs);
        a
    });
    done = done.through();
    ByDoctor { cells: done.cells, sums: done.sums, pairs: done.pairs }
}

/// Doctors from (included) to (not included), with about as many contacts a job.
fn jobs(run: &Run<'_>) -> Vec<(u32, u32)> {
    let mut contacts = vec![0usize; run.contacts.doctors as usize + 1];
    for doctor in run.contacts.parts.iter().flat_map(|part| &part.doctor) {
        contacts[*doctor as usize] += 1;
    }
    let (mut jobs, mut from, mut held) = (Vec::new(), 1, 0);
    for (doctor, &contacts) in contacts.iter().enumerate().skip(1) {
        held += contacts;
        if held >= CONTACTS_A_JOB {
            jobs.push((from, doctor as u32 + 1));
            (from, held) = (doctor as u32 + 1, 0);
        }
    }
    jobs.push((from, contacts.len() as u32));
    jobs
}

impl Worker<'_> {
    /// All its doctors are through: a worker has all contacts of a doctor, or none.
    fn through(mut self) -> Self {
        let tables = self.cells.iter_mut().enumerate();
        tables.for_each(|(table, cells)| cells.fold(table, &mut self.pairs));
        self
    }

    fn doctors(&mut self, run: &Run<'_>, counted: &[Counted], movers: &[Movers], (from, to): (u32, u32)) {
        let (mut facts, mut standings) = (Vec::new(), Movers::new());
        for (part, moved) in run.contacts.parts.iter().zip(movers) {
            let mut moved = moved.iter().peekable();
            for row in (0..part.len()).filter(|&row| (from..to).contains(&part.doctor[row])) {
                let Some(mut found) = self.signatures.facts(part, row) else { continue };
                while moved.next_if(|(earlier, _)| (*earlier as usize) < row).is_some() {}
                if let Some(mover) = moved.next_if(|(same, _)| *same as usize == row) {
                    standings.push(*mover);
                    found.moved = standings.len() as u32;
                }
                facts.push(found);
            }
        }
        facts.sort_by_key(|facts: &Facts| facts.doctor);
        for (at, table) in counted.iter().enumerate() {
            self.contacts(at, table, &facts);
            if table.has_patients {
                self.patients(at, table, &facts, &standings);
            }
            for doctor in facts.chunk_by(|a, b| a.doctor == b.doctor) {
                self.sums[at].add(doctor, &table.layout, |facts| self.signatures.quantities(facts, at));
            }
        }
    }

    fn contacts(&mut self, table_at: usize, table: &Counted, facts: &[Facts]) {
        let (cells, pairs) = (&mut self.cells[table_at].contacts, &mut self.pairs);
        for facts in facts {
            let quantities = self.signatures.quantities(facts, table_at);
            if quantities.is_empty() {
                continue;
            }
            table.layout.offsets(facts, &mut self.offsets);
            table.layout.cells(table.layout.place(facts), facts.month, &self.offsets, |base| {
                for at in quantities.iter().map(|&quantity| base + usize::from(quantity)) {
                    let through = cells[at].contact(facts.doctor);
                    if through.1 > 0 {
                        pairs.note((table_at, 0), at, through);
                    }
                }
            });
        }
    }

    /// A person's doctors, wherever the contacts were, belong to the cell where the person is.
    fn patients(&mut self, table_at: usize, table: &Counted, facts: &[Facts], standings: &Movers) {
        let (cells, pairs) = (&mut self.cells[table_at].patients, &mut self.pairs);
        for contact in facts {
            let quantities = self.signatures.quantities(contact, table_at);
            if quantities.is_empty() {
                continue;
            }
            for &period in table.layout.periods(contact.month) {
                let standing = contact.moved.checked_sub(1).map(|position| standings[position as usize].1);
                let kind = kind_position(table.axes.periods[period].kind);
                let facts = standing.map_or(*contact, |standings| standings[kind].applied(contact));
                table.layout.offsets(&facts, &mut self.offsets);
                table.layout.cells_in(table.layout.place(&facts), period, &self.offsets, |base| {
                    for at in quantities.iter().map(|&quantity| base + usize::from(quantity)) {
                        let through = cells[at].patient(contact.doctor, contact.person);
                        if through.1 > 0 {
                            pairs.note((table_at, 1), at, through);
                        }
                    }
                });
            }
        }
    }
}
