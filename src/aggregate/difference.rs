//! What touched persons have in each cell, before and after.
//!
//! In: the contacts of a touched person in a period, each with the runs that it is in. Out: the
//! cells where the person has another number than before, where the person came or went, and how
//! the numbers of doctors changed. Never sees who was not touched.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::count::Counted;
use super::facts::{Facts, Signatures};
use super::movers::Standing;
use crate::codes::practice_types;
use crate::contacts::Contact;
use crate::domain::{Month, PlaceIndex, SECONDS_A_DAY, Service};

/// Which of two runs a contact is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Both,
    /// Before alone.
    Lost,
    /// After alone.
    Won,
}

/// A contact and its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sided {
    pub contact: Contact,
    pub month: Month,
    pub side: Side,
}

impl Sided {
    pub fn of(contact: Contact, side: Side) -> Sided {
        Sided { month: contact.month(), contact, side }
    }
    /// Whether the contact is in the run before.
    pub fn was(&self) -> bool {
        self.side != Side::Won
    }
    /// Whether the contact is in the run after.
    pub fn is(&self) -> bool {
        self.side != Side::Lost
    }
    pub fn doctor_and_day(&self) -> (i64, i64) {
        (self.contact.doctor, self.contact.start.div_euclid(SECONDS_A_DAY))
    }
}

/// A cell in which a person has another number of contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    pub at: u32,
    pub key: i64,
    pub before: u32,
    pub after: u32,
}

/// What has changed in a table, in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    pub contacts: Vec<Moved>,
    /// Persons at their own place: 0 or 1.
    pub patients: Vec<Moved>,
    /// Cell, number of the doctor among those given, by how much the doctor's number grows; of
    /// contacts and patients, in any order and several of a pair.
    pub doctors: [Vec<(u32, u32, i32)>; 2],
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty() && self.patients.is_empty() && self.doctors.iter().all(Vec::is_empty)
    }
    pub fn merge(&mut self, other: Difference) {
        self.contacts.extend(other.contacts);
        self.patients.extend(other.patients);
        let [contacts, patients] = other.doctors;
        self.doctors[0].extend(contacts);
        self.doctors[1].extend(patients);
    }
}

/// A contact of the person at hand.
struct Known {
    facts: Facts,
    /// In which runs it is.
    side: Side,
    /// The same, where one lost and one won that fall in the same cells are as one in both: then
    /// the one won is in none.
    net: Option<Side>,
}

/// A quantity that counts a contact of the person, as seen from where the person is.
struct Seen {
    key: SeenKey,
    standing: Standing,
    /// Of the contact.
    row: usize,
}

/// Quantity, number of the doctor, place, and the codes of all dimensions.
type SeenKey = (u16, u32, PlaceIndex, u32);

/// Walks the touched persons, for tables of one period.
pub struct Walker<'a> {
    pub signatures: Signatures<'a>,
    pub counted: &'a [Counted],
    /// Numbers of the doctors by key.
    pub doctors: &'a FxHashMap<i64, u32>,
    /// By table.
    pub found: Vec<Difference>,
    cells: FxHashMap<u32, [u32; 3]>,
    offsets: Vec<usize>,
}

impl<'a> Walker<'a> {
    pub fn new(signatures: Signatures<'a>, counted: &'a [Counted], doctors: &'a FxHashMap<i64, u32>) -> Self {
        let found = vec![Difference::default(); counted.len()];
        Walker { signatures, counted, doctors, found, cells: FxHashMap::default(), offsets: Vec::new() }
    }

    /// Notes one person, all of whose contacts in the period are given, in order, others maybe too.
    pub fn person(&mut self, contacts: &[Sided]) {
        let Some(period) = self.counted.first().and_then(|table| table.axes.periods.first().copied()) else { return };
        let is_within = |sided: &&Sided| period.contains(sided.month);
        if !contacts.iter().filter(is_within).any(|sided| sided.side != Side::Both) {
            return;
        }
        let key = contacts[0].contact.person;
        let mut person: Vec<Known> = Vec::with_capacity(contacts.len());
        for Sided { contact, side, .. } in contacts.iter().filter(is_within) {
            let doctor = self.doctors.get(&contact.doctor).copied().unwrap_or_default();
            let facts = self.signatures.of_contact(contact, (0, doctor));
            person.extend(facts.map(|facts| Known { facts, side: *side, net: Some(*side) }));
        }
        cancel(&mut person);
        for at in 0..self.counted.len() {
            self.contacts(at, key, &person);
            if self.counted[at].has_patients {
                self.presence(at, key, &person);
                self.doctors_of(at, &person);
            }
        }
    }

    fn contacts(&mut self, at: usize, key: i64, person: &[Known]) {
        let (table, found) = (&self.counted[at], &mut self.found[at]);
        self.cells.clear();
        for known in person {
            let facts = &known.facts;
            let (side, more) = match known.net {
                Some(Side::Lost) => (1, -1),
                Some(Side::Won) => (2, 1),
                _ => continue,
            };
            let quantities = self.signatures.quantities(facts, at);
            each_cell(table, facts, (quantities, &mut self.offsets), |cell| {
                self.cells.entry(cell).or_default()[side] += 1;
                found.doctors[0].push((cell, facts.doctor, more));
            });
        }
        if self.cells.is_empty() {
            return;
        }
        for facts in person.iter().filter(|known| known.net == Some(Side::Both)).map(|known| &known.facts) {
            let quantities = self.signatures.quantities(facts, at);
            each_cell(table, facts, (quantities, &mut self.offsets), |cell| {
                if let Some(numbers) = self.cells.get_mut(&cell) {
                    numbers[0] += 1;
                }
            });
        }
        for (&at, &[both, lost, won]) in self.cells.iter().filter(|(_, numbers)| numbers[1] != numbers[2]) {
            found.contacts.push(Moved { at, key, before: both + lost, after: both + won });
        }
    }

    /// In which cells the person is, before and after: where the last contact was.
    fn presence(&mut self, at: usize, key: i64, here: &[Known]) {
        let [before, after] = [Side::Won, Side::Lost].map(|without| {
            let contacts = || here.iter().filter(|known| known.side != without).map(|known| &known.facts);
            let mut cells = Vec::new();
            let in_service = |facts: &&Facts| self.signatures.in_service(facts, at);
            if let Some(last) = contacts().rfind(in_service) {
                let all = contacts().filter(in_service).flat_map(|facts| self.signatures.quantities(facts, at));
                let mut quantities: Vec<u16> = all.copied().collect();
                quantities.sort_unstable();
                quantities.dedup();
                each_cell(&self.counted[at], last, (&quantities, &mut self.offsets), |cell| cells.push(cell));
                cells.sort_unstable();
            }
            cells
        });
        let moved = &mut self.found[at].patients;
        each_difference(
            (&before, &after),
            |at| *at,
            |&at, came| {
                moved.push(Moved { at, key, before: u32::from(!came), after: u32::from(came) });
            },
        );
    }

    /// Of which doctors the person is a patient in which cells, before and after.
    ///
    /// A pair of doctor and quantity is the same in all cells where the person's contacts with it,
    /// as seen from where the person is, are the same.
    fn doctors_of(&mut self, at: usize, here: &[Known]) {
        let [before, after] = [Side::Won, Side::Lost].map(|without| self.seen(at, here, without));
        let mut changed: Vec<(u16, u32)> = Vec::new();
        each_difference((&before, &after), |seen| seen.key, |seen, _| changed.push(seen.pair()));
        if changed.is_empty() {
            return;
        }
        changed.sort_unstable();
        let [before, after] = [before, after].map(|all| {
            let mut cells = Vec::new();
            for seen in all.iter().filter(|seen| changed.binary_search(&seen.pair()).is_ok()) {
                let (layout, offsets) = (&self.counted[at].layout, &mut self.offsets);
                let facts = seen.standing.applied(&here[seen.row].facts);
                layout.offsets(&facts, offsets);
                layout.without_period_in(layout.place(&facts), 0, offsets, |base| {
                    cells.push((base + u32::from(seen.key.0), facts.doctor));
                });
            }
            cells.sort_unstable();
            cells.dedup();
            cells
        });
        let doctors = &mut self.found[at].doctors[1];
        each_difference(
            (&before, &after),
            |pair| *pair,
            |&(cell, doctor), came| {
                doctors.push((cell, doctor, if came { 1 } else { -1 }));
            },
        );
    }

    /// The person's contacts but those of one side, from where the person is, by what tells cells
    /// apart; each once.
    fn seen(&self, at: usize, here: &[Known], without: Side) -> Vec<Seen> {
        let layout = &self.counted[at].layout;
        let mut all = Vec::new();
        let mut standings = [None; Service::ALL.len()];
        for (row, known) in here.iter().enumerate().rev().filter(|(_, known)| known.side != without) {
            let service = practice_types()[usize::from(known.facts.practice_type)].service;
            let standing = *standings[service as usize].get_or_insert_with(|| Standing::of(&known.facts));
            let facts = standing.applied(&known.facts);
            let of = |&quantity: &u16| {
                let key = (quantity, facts.doctor, layout.place(&facts), layout.finest(&facts));
                Seen { key, standing, row }
            };
            all.extend(self.signatures.quantities(&facts, at).iter().map(of));
        }
        all.sort_by_key(|seen: &Seen| seen.key);
        all.dedup_by_key(|seen| seen.key);
        all
    }
}

impl Seen {
    /// Quantity and doctor.
    fn pair(&self) -> (u16, u32) {
        (self.key.0, self.key.1)
    }
}

/// The cells of a table of one period in which facts count some quantities.
fn each_cell(
    table: &Counted,
    facts: &Facts,
    (quantities, offsets): (&[u16], &mut Vec<usize>),
    mut see: impl FnMut(u32),
) {
    if quantities.is_empty() {
        return;
    }
    table.layout.offsets(facts, offsets);
    table.layout.without_period_in(table.layout.place(facts), 0, offsets, |base| {
        quantities.iter().for_each(|&quantity| see(base + u32::from(quantity)));
    });
}

/// Finds contacts lost and won that fall in the same cells, each with one of the other.
fn cancel(person: &mut [Known]) {
    let of = |side: Side| person.iter().enumerate().filter(move |(_, known)| known.side == side);
    if of(Side::Lost).next().is_none() {
        return;
    }
    let mut won: FxHashMap<Facts, Vec<usize>> = FxHashMap::default();
    of(Side::Won).for_each(|(at, known)| won.entry(known.facts).or_default().push(at));
    for at in 0..person.len() {
        if person[at].side != Side::Lost {
            continue;
        }
        if let Some(other) = won.get_mut(&person[at].facts).and_then(Vec::pop) {
            (person[at].net, person[other].net) = (Some(Side::Both), None);
        }
    }
}

/// Visits what is in one of two sorted lists alone, and whether it is the second.
fn each_difference<T, K: Ord>((before, after): (&[T], &[T]), key: impl Fn(&T) -> K, mut visit: impl FnMut(&T, bool)) {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(old), Some(new)) => key(old).cmp(&key(new)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let lost = old.next_if(|_| order.is_le());
        let won = new.next_if(|_| order.is_ge());
        match (lost, won) {
            (Some(lost), None) => visit(lost, false),
            (None, Some(won)) => visit(won, true),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
