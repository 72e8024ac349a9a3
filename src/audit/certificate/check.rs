//! Does the certificate prove what it claims? Add up, compare.
//!
//! In: the certificate, the public cells (a [`Book`]) and the restricted truth. Out: the changes of
//! every sound witness, and findings: a truth that is not what is published, a witness that moves a
//! shown cell or goes below its bound, a claim that is too narrow, an unsafe cell without a claim.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::files::{Claim, Pair, Part, State, Witness};
use super::witness::{Change, Evaluator};
use crate::audit::binding::{Book, Layer, Seen};
use crate::audit::report::{Finding, Findings, Kind};
use crate::audit::restricted::{Thresholds, Truth};
use crate::relations::{DimKind, Universe};

/// What a check has verified.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Changes of each witness; none where it is not sound.
    pub changes: Vec<Option<Change>>,
    /// Claims that hold.
    pub claims: u64,
    /// True values by layer and cell, as the certificate states them (zero where it lists none).
    pub values: [Vec<i64>; 2],
    /// Width that each cell needs, by layer and cell, as claims state; 0: no claim.
    pub claimed: [BTreeMap<u32, i64>; 2],
}

/// Everything that a check looks at, for one universe.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub universe: &'a Universe,
    pub book: &'a Book,
    pub truths: &'a [Vec<Truth>; 2],
    pub thresholds: &'a Thresholds,
}

/// Checks the part of a certificate that is about one universe.
pub fn check(subject: Subject<'_>, part: &Part, findings: &mut Findings) -> Checked {
    let mut checked = Checked { values: values(subject, part, findings), ..Checked::default() };
    let evaluator = Evaluator::new(subject.universe, subject.book);
    let judged: Vec<(Option<Change>, &'static str)> =
        part.witnesses.par_iter().map(|witness| judge(subject, &evaluator, witness, &checked.values)).collect();
    for (number, (change, fault)) in judged.into_iter().enumerate() {
        if change.is_none() {
            let finding = Finding::of(Kind::CertificateWrong, &subject.universe.id);
            findings.add(finding.cell(format!("witness {number}")).relation(fault));
        }
        checked.changes.push(change);
    }
    for (number, claim) in part.claims.iter().enumerate() {
        match holds(subject, claim, &checked) {
            Ok((layer, cell)) => {
                checked.claims += 1;
                let claimed = checked.claimed[layer as usize].entry(cell).or_default();
                *claimed = claim.width.max(*claimed);
            }
            Err(fault) => {
                let finding = Finding::of(Kind::CertificateWrong, &subject.universe.id);
                findings.add(finding.cell(format!("claim {number}")).relation(fault));
            }
        }
    }
    check_coverage(subject, &checked, findings);
    checked
}

/// The true values as the certificate lists them, compared with what is published.
fn values(subject: Subject<'_>, part: &Part, findings: &mut Findings) -> [Vec<i64>; 2] {
    let book = subject.book;
    let mut values = [vec![0; book.len()], vec![0; book.len()]];
    let mut wrong = |what: &str| {
        findings.add(Finding::of(Kind::CertificateWrong, &subject.universe.id).relation(what));
    };
    for line in &part.cells {
        let cell = book.cells.get(line.view).and_then(|cells| cells.get(line.position)).copied().unwrap_or(u32::MAX);
        if cell == u32::MAX {
            if line.contacts_state != State::Unpublished {
                wrong("a cell that is not published has a state other than U");
            }
            continue;
        }
        let layers = [(line.contacts, Some(line.contacts_state)), (line.patients.unwrap_or(0), line.patients_state)];
        for (layer, (value, state)) in layers.into_iter().enumerate() {
            values[layer][cell as usize] = value;
            if !agrees(book.seen[layer][cell as usize], state, value) {
                wrong("a cell's state or value is not what is published");
            }
        }
    }
    for layer in Layer::BOTH {
        let at = layer as usize;
        let told = |cell: usize| match book.seen(layer, cell) {
            Seen::Shown(value) => value == values[at][cell],
            Seen::Hidden => values[at][cell] >= 1,
            Seen::Unpublished | Seen::Absent => true,
        };
        let truth = |cell: usize| subject.truths[at][cell].value.is_none_or(|value| value == values[at][cell]);
        if !(0..book.len()).all(told) {
            wrong("cells that are not listed are not zero in public");
        }
        if !(0..book.len()).all(truth) {
            wrong("a true value differs from the restricted cells");
        }
    }
    values
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

/// The changes of a witness if it is sound; else what is wrong with it.
fn judge(
    subject: Subject<'_>,
    evaluator: &Evaluator<'_>,
    witness: &Witness,
    values: &[Vec<i64>; 2],
) -> (Option<Change>, &'static str) {
    let Some(change) = evaluator.change(witness) else { return (None, "its parts do not fit the format") };
    let book = subject.book;
    for layer in Layer::BOTH {
        for (&cell, &by) in &change.by[layer as usize] {
            let value = values[layer as usize][cell as usize] + by;
            match book.seen(layer, cell as usize) {
                Seen::Shown(_) => return (None, "it changes a cell that is shown"),
                Seen::Hidden if value < 1 => return (None, "a hidden cell falls below 1"),
                Seen::Unpublished if value < 0 => return (None, "a cell falls below 0"),
                _ => {}
            }
        }
    }
    if !keeps_patients_below_contacts(subject, &change, values) {
        return (None, "more patients than contacts in the whole country");
    }
    (Some(change), "")
}

fn keeps_patients_below_contacts(subject: Subject<'_>, change: &Change, values: &[Vec<i64>; 2]) -> bool {
    let book = subject.book;
    let national = |cell: u32| {
        let narrow = |kind| matches!(kind, DimKind::Residence | DimKind::Practice | DimKind::Sex | DimKind::AgeGroup);
        let key = book.keys[cell as usize];
        subject.universe.dims.iter().enumerate().all(|(dim, d)| !narrow(d.kind) || book.code(key, dim) == 0)
    };
    let changed: BTreeSet<u32> = change.by.iter().flat_map(|by| by.keys().copied()).filter(|&c| national(c)).collect();
    changed.into_iter().filter(|&cell| book.seen(Layer::Patients, cell as usize) != Seen::Absent).all(|cell| {
        let now = |layer: usize| values[layer][cell as usize] + change.by[layer].get(&cell).copied().unwrap_or(0);
        now(1) <= now(0)
    })
}

/// Whether a claim holds; the cell and layer that it is about.
fn holds(subject: Subject<'_>, claim: &Claim, checked: &Checked) -> Result<(Layer, u32), &'static str> {
    let cells = subject.book.cells.get(claim.view).ok_or("no such view")?;
    let cell = *cells.get(claim.position).filter(|&&cell| cell != u32::MAX).ok_or("no such cell")?;
    let layer = match claim.layer.as_str() {
        "contacts" => Layer::Contacts,
        "patients" => Layer::Patients,
        _ => return Err("no such layer"),
    };
    let pairs = claim.pairs().ok_or("its witnesses are not in the format")?;
    let reach = |witness: Option<usize>| -> Result<i64, &'static str> {
        let Some(number) = witness else { return Ok(0) };
        let change = checked.changes.get(number).ok_or("no such witness")?;
        let change = change.as_ref().ok_or("its witness is not sound")?;
        Ok(change.by[layer as usize].get(&cell).copied().unwrap_or(0))
    };
    let needed = claim.width.max(needed(subject, layer, cell, checked));
    for (number, [up, down]) in pairs.iter().enumerate() {
        let distance = (reach(*up)? - reach(*down)?).abs();
        if distance < if number == 0 { needed } else { 1 } {
            return Err("its witnesses are not wide enough apart");
        }
    }
    if !survives_lone_contributors(subject, &pairs, (layer, cell), checked) {
        return Err("no pair of witnesses does without a lone contributor's cell");
    }
    Ok((layer, cell))
}

/// Somebody alone in a changed cell knows that cell. No such cell may be in every pair; files hold
/// no identities, so a claimed cell that somebody alone makes is left out of this test.
fn survives_lone_contributors(subject: Subject<'_>, pairs: &[Pair], of: (Layer, u32), checked: &Checked) -> bool {
    let is_lone = |&(layer, cell): &(Layer, u32)| {
        let truth = subject.truths[layer as usize][cell as usize];
        truth.value.is_some_and(|value| value > 0) && (truth.patients == Some(1) || truth.doctors == Some(1))
    };
    let lone = |pair: &Pair| -> BTreeSet<(Layer, u32)> {
        let changes = pair.iter().flatten().filter_map(|&number| checked.changes.get(number)?.as_ref());
        let cells = changes.flat_map(|change| {
            Layer::BOTH.into_iter().flat_map(|layer| change.by[layer as usize].keys().map(move |&cell| (layer, cell)))
        });
        cells.filter(|cell| *cell != of && is_lone(cell)).collect()
    };
    let in_every = pairs.iter().map(lone).reduce(|all, next| all.intersection(&next).copied().collect());
    is_lone(&of) || in_every.is_none_or(|cells| cells.is_empty())
}

/// What the policy asks of a count, whatever the claim says.
fn needed(subject: Subject<'_>, layer: Layer, cell: u32, checked: &Checked) -> i64 {
    let value = checked.values[layer as usize][cell as usize];
    let truth = subject.truths[layer as usize][cell as usize];
    let percent = if layer == Layer::Contacts { (value * subject.thresholds.width_percent + 99) / 100 } else { 0 };
    truth.needs.max(subject.thresholds.width).max(percent)
}

/// Every hidden count that is unsafe in itself has a claim.
fn check_coverage(subject: Subject<'_>, checked: &Checked, findings: &mut Findings) {
    for layer in Layer::BOTH {
        for cell in 0..subject.book.len() {
            let hidden = subject.book.seen(layer, cell) == Seen::Hidden;
            let is_unsafe = subject.truths[layer as usize][cell].needs > 0;
            if hidden && is_unsafe && !checked.claimed[layer as usize].contains_key(&(cell as u32)) {
                let name = format!("{} {}", subject.book.describe(subject.universe, cell), layer.name());
                findings.add(Finding::of(Kind::CertificateWrong, &subject.universe.id).cell(name).relation("no claim"));
            }
        }
    }
}
