//! The truth as a certificate states it: values, and who alone makes a count.
//!
//! In: the lines of `cells-N.csv.zst`, the public cells and the restricted ones. Out: [`Stated`],
//! and findings where it is not what is published, or not what the restricted cells say.
//! Contributors are numbers of the certificate's own; who they are is not known here.

use rustc_hash::FxHashMap;

use super::check::Subject;
use super::files::{CellLine, Part, State};
use crate::audit::binding::{Layer, Seen};
use crate::audit::report::{Finding, Findings, Kind};
use crate::audit::restricted::Truth;

/// A single patient and a single doctor by their numbers; 0: there is none.
pub type Lone = [u32; 2];

/// No count of a country is larger.
const LARGEST: i64 = 1 << 40;

/// What a certificate states of the cells of a universe.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    /// True values by layer and cell; zero where the certificate lists none.
    pub values: [Vec<i64>; 2],
    /// By layer and cell: who alone makes the count. No entry: nobody does.
    lone: [FxHashMap<u32, Lone>; 2],
    /// By layer and cell: the width that earlier releases leave.
    pub widths_left: [FxHashMap<u32, i64>; 2],
}

impl Stated {
    /// Those who alone make a count, patients by even and doctors by odd numbers.
    pub fn contributors(&self, layer: Layer, cell: u32) -> impl Iterator<Item = u32> + use<> {
        let lone = self.lone[layer as usize].get(&cell).copied().unwrap_or_default();
        [(lone[0], 0), (lone[1], 1)].into_iter().filter(|&(number, _)| number > 0).map(|(n, odd)| 2 * n + odd)
    }

    fn lone_at(&self, layer: usize, cell: u32) -> Lone {
        self.lone[layer].get(&cell).copied().unwrap_or_default()
    }
}

/// Reads the cells of a part and compares them with what is published and with the restricted
/// cells.
pub fn stated(subject: Subject<'_>, part: &Part, findings: &mut Findings) -> Stated {
    let mut reader = Reader { subject, stated: Stated::default(), listed: Default::default(), last: [0, 0], findings };
    let cells = subject.book.len();
    reader.stated.values = [vec![0; cells], vec![0; cells]];
    reader.listed = [vec![false; cells], vec![false; cells]];
    part.cells.iter().for_each(|line| reader.line(line));
    for layer in Layer::BOTH {
        reader.compare(layer);
    }
    reader.stated
}

struct Reader<'r, 'a> {
    subject: Subject<'a>,
    stated: Stated,
    listed: [Vec<bool>; 2],
    /// The largest number of a patient and of a doctor so far.
    last: Lone,
    findings: &'r mut Findings,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, what: &str) {
        self.findings.add(Finding::of(Kind::CertificateWrong, &self.subject.universe.id).relation(what));
    }

    fn line(&mut self, line: &CellLine) {
        let lone = |numbers: [Option<u32>; 2]| numbers.map(Option::unwrap_or_default);
        let of_contacts = lone([line.lone_patient, line.lone_doctor]);
        let of_patients = lone([line.patients_lone_patient, line.patients_lone_doctor]);
        if !(self.in_order(of_contacts) & self.in_order(of_patients)) {
            self.wrong("contributors are not numbered in order of first appearance");
        }
        let cells = self.subject.book.cells.get(line.view);
        let cell = cells.and_then(|cells| cells.get(line.position)).copied().unwrap_or(u32::MAX);
        if cell == u32::MAX {
            if line.contacts_state != State::Unpublished {
                self.wrong("a cell that is not published has a state other than U");
            }
            return;
        }
        for (layer, width) in line.widths_left().into_iter().enumerate() {
            self.stated.widths_left[layer].extend(width.map(|width| (cell, width)));
        }
        self.set(Layer::Contacts, cell, line.contacts, Some(line.contacts_state), of_contacts);
        match line.patients {
            Some(patients) => self.set(Layer::Patients, cell, patients, line.patients_state, of_patients),
            None if of_patients != [0, 0] => self.wrong("a contributor to patients where there are none"),
            None => {}
        }
    }

    /// Whether both numbers are known ones or the next.
    fn in_order(&mut self, lone: Lone) -> bool {
        let follows = lone.iter().zip(&self.last).all(|(number, last)| *number <= last + 1);
        self.last = [0, 1].map(|i| self.last[i].max(lone[i]));
        follows
    }

    fn set(&mut self, layer: Layer, cell: u32, value: i64, state: Option<State>, lone: Lone) {
        let (at, number) = (layer as usize, cell as usize);
        if !(0..=LARGEST).contains(&value) {
            return self.wrong("a value is no count");
        }
        if !agrees(self.subject.book.seen(layer, number), state, value) {
            self.wrong("a cell's state or value is not what is published");
        }
        let again = std::mem::replace(&mut self.listed[at][number], true);
        if again && (self.stated.values[at][number], self.stated.lone_at(at, cell)) != (value, lone) {
            self.wrong("one quantity is stated in two ways");
        }
        self.stated.values[at][number] = value;
        if lone != [0, 0] {
            self.stated.lone[at].insert(cell, lone);
        }
    }

    /// Every cell of a layer, listed or not, beside what is published and what is restricted.
    fn compare(&mut self, layer: Layer) {
        let (at, subject) = (layer as usize, self.subject);
        let value = |stated: &Stated, cell: usize| stated.values[at][cell];
        let told = |cell: usize| match subject.book.seen(layer, cell) {
            Seen::Shown(shown) => shown == value(&self.stated, cell),
            Seen::Hidden => value(&self.stated, cell) >= 1,
            Seen::Unpublished | Seen::Absent => true,
        };
        let truth = |cell: usize| subject.truths[at][cell];
        let known = |cell: usize| truth(cell).value.is_none_or(|true_value| true_value == value(&self.stated, cell));
        let alone = |cell: usize| {
            let lone = self.stated.lone_at(at, cell as u32);
            names_the_lone(truth(cell), value(&self.stated, cell), lone)
        };
        let all = 0..subject.book.len();
        let faults = [
            (all.clone().all(told), "cells that are not listed are not zero in public"),
            (all.clone().all(known), "a true value differs from the restricted cells"),
            (all.clone().all(alone), "who alone makes a count is not as in the restricted cells"),
        ];
        faults.into_iter().filter(|(holds, _)| !holds).for_each(|(_, what)| self.wrong(what));
    }
}

/// A number exactly where the restricted cells count one; anything where they have no row.
fn names_the_lone(truth: Truth, value: i64, lone: Lone) -> bool {
    let fits = |count: Option<u32>, number: u32| count.is_none_or(|count| (count == 1) == (number > 0));
    if value > 0 { fits(truth.patients, lone[0]) && fits(truth.doctors, lone[1]) } else { lone == [0, 0] }
}

fn agrees(seen: Seen, state: Option<State>, value: i64) -> bool {
    match (seen, state) {
        (Seen::Shown(shown), Some(State::Shown)) => shown == value,
        (Seen::Hidden, Some(State::Hidden)) => true,
        // The numerator of a shown share, and of a hidden one, has no row of its own.
        (Seen::Unpublished, Some(_)) => true,
        (Seen::Hidden, Some(State::Unpublished)) => true,
        (Seen::Absent, _) => true,
        _ => false,
    }
}
