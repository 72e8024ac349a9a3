//! Every proof checked by addition, before anything leaves the room.
//!
//! In: the relations, the cells and the proofs. Out: nothing, or an error. Shares no arithmetic
//! with the search: it goes from leaves to codes by the relations alone.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::grid::{CellId, NONE};
use super::moves::{Amounts, Layer, Part};
use super::proofs::{Proofs, Used};
use super::system::{Rank, State, System};
use crate::domain::{Error, Result};
use crate::relations::{Axis, Dim, View};

/// Changes of a cell by a move as written, times nothing yet: contacts, patients.
type Signs = FxHashMap<CellId, (i64, i64)>;

/// Checks every move that a claim stands on, and every claim.
pub(super) fn verify(system: &System<'_>, proofs: &Proofs) -> Result<()> {
    let mut live = vec![false; proofs.moves.len()];
    for claim in proofs.claims.iter().flatten() {
        claim.moves.iter().for_each(|&at| live[at as usize] = true);
    }
    let signs: Vec<Signs> = proofs
        .moves
        .par_iter()
        .enumerate()
        .map(|(at, used)| if live[at] { checked_signs(system, proofs, used) } else { Ok(Signs::default()) })
        .collect::<Result<_>>()?;
    (0..proofs.claims.len()).into_par_iter().try_for_each(|target| check_claims(system, proofs, target, &signs))
}

fn broken(what: &str) -> Error {
    Error::bug(format!(
        "a proof of protection does not hold ({what}); nothing was published; report it with the definition"
    ))
}

/// The signs of a move, after both of its directions have been found to agree with what is shown.
fn checked_signs(system: &System<'_>, proofs: &Proofs, used: &Used) -> Result<Signs> {
    let mut signs = signs(system, used);
    for &along in &used.along {
        for (id, change) in self::signs(system, &proofs.moves[along as usize]) {
            let sign = signs.entry(id).or_default();
            *sign = (sign.0 + change.0, sign.1 + change.1);
        }
    }
    let amounts = used.amounts;
    for (&id, &(contacts, patients)) in &signs {
        let cell = &system.cells[id as usize];
        let least = if cell.state == State::Unpublished { 0 } else { 1 };
        let witnesses =
            [(amounts.contacts_up, amounts.patients_up, 1), (amounts.contacts_down, amounts.patients_down, -1)];
        for (by_contacts, by_patients, way) in witnesses {
            let (dc, dp) = (contacts * way * i64::from(by_contacts), patients * way * i64::from(by_patients));
            if cell.state == State::Shown && (dc != 0 || dp != 0) {
                return Err(broken("a shown cell changes"));
            }
            if dc != 0 && (i64::from(cell.contacts) + dc < least || (least == 1 && cell.contacts == 0)) {
                return Err(broken("contacts fall too far"));
            }
            if dp != 0 && (i64::from(cell.patients) + dp < 1 || cell.patients == 0) {
                return Err(broken("patients fall too far"));
            }
            for (layer, by) in [dc, dp].into_iter().enumerate() {
                let leeway = cell.leeway[layer];
                if by > i64::from(leeway.up()) || -by > i64::from(leeway.down()) {
                    return Err(broken("a count leaves what earlier releases told of it"));
                }
            }
            let was = cell.has_patients() && cell.patients <= cell.contacts;
            let is = i64::from(cell.patients) + dp <= i64::from(cell.contacts) + dc;
            if cell.rank == Rank::Country && cell.has_patients() && was && !is {
                return Err(broken("more patients than contacts"));
            }
        }
    }
    check_patient_rules(system, &signs, &amounts)?;
    Ok(signs)
}

/// Patients of parts and wholes stay as everybody knows they must.
fn check_patient_rules(system: &System<'_>, signs: &Signs, amounts: &Amounts) -> Result<()> {
    let moved = signs.iter().filter(|(_, change)| change.1 != 0).map(|(&id, _)| id);
    for members in system.patient_rules.touched(moved) {
        let sum = |times: i64| -> i64 {
            let now = |id: CellId| {
                let change = signs.get(&id).map_or(0, |change| change.1 * times);
                i64::from(system.cells[id as usize].patients) + change
            };
            members.iter().map(|&(id, by)| i64::from(by) * now(id)).sum()
        };
        if sum(i64::from(amounts.patients_up)) > 0 || sum(-i64::from(amounts.patients_down)) > 0 {
            return Err(broken("patients of parts and wholes do not fit"));
        }
    }
    Ok(())
}

fn signs(system: &System<'_>, used: &Used) -> Signs {
    let mut signs = Signs::default();
    for (at, view) in system.views.iter().enumerate() {
        let ids = &system.grids[at].ids;
        // A cell may stand in several views, and twice in one; in each place it has all its terms.
        let mut here: FxHashMap<usize, (i64, i64)> = FxHashMap::default();
        for term in &used.terms {
            let by = i64::from(term.sign);
            if !used.layer.is_of_patients() {
                each_change(system, view, &term.parts, None, |index, sign| {
                    here.entry(index).or_default().0 += by * sign
                });
            }
            if used.layer != Layer::Contacts && system.shows_patients(at) {
                let fixed = used.layer.is_of_patients().then_some((&used.at[..], used.layer));
                each_change(system, view, &term.parts, fixed, |index, sign| {
                    here.entry(index).or_default().1 += by * sign
                });
            }
        }
        for (index, (contacts, patients)) in here {
            let Some(cell) = system.cells.get(ids[index] as usize) else { continue };
            let sign = signs.entry(ids[index]).or_default();
            sign.0 = contacts;
            if system.shows_patients(at) && cell.has_patients() {
                sign.1 = patients;
            }
        }
    }
    signs
}

/// Every changed cell of a view by its row-major position.
fn each_change(
    system: &System<'_>,
    view: &View,
    parts: &[Part],
    fixed: Option<(&[u16], Layer)>,
    mut see: impl FnMut(usize, i64),
) {
    let dims = &system.universe.dims;
    let factor = |dim: usize, code: u16| -> i64 {
        match fixed {
            Some((at, layer)) if layer.stands(dims[dim].kind) => {
                i64::from(dims[dim].codes[code as usize].leaves == dims[dim].codes[at[dim] as usize].leaves)
            }
            _ => change_of(&dims[dim], code, parts[dim]),
        }
    };
    let axes: Vec<&Axis> = [&view.place, &view.period].into_iter().chain(&view.dimensions).collect();
    let on_axis: Vec<usize> = axes.iter().map(|axis| axis.dim).collect();
    let mut cells: Vec<(usize, i64)> = vec![(0, 1)];
    for axis in axes {
        let steps: Vec<(usize, i64)> = axis
            .codes
            .iter()
            .enumerate()
            .filter_map(|(at, code)| Some((at, factor(axis.dim, (*code)?))))
            .filter(|step| step.1 != 0)
            .collect();
        let length = axis.codes.len();
        cells = cells
            .iter()
            .flat_map(|&(at, sign)| steps.iter().map(move |&(step, by)| (at * length + step, sign * by)))
            .collect();
        if cells.is_empty() {
            return;
        }
    }
    for (quantity, codes) in view.quantities.iter().enumerate() {
        let code_in = |dim: usize| codes.codes.iter().find(|(of, _)| *of == dim).map_or(0, |&(_, code)| code);
        let others = (0..dims.len()).filter(|dim| !on_axis.contains(dim));
        let by: i64 = others.map(|dim| factor(dim, code_in(dim))).product();
        if by != 0 {
            cells.iter().for_each(|&(at, sign)| see(at * view.quantities.len() + quantity, sign * by));
        }
    }
}

fn change_of(dim: &Dim, code: u16, (plus, minus): Part) -> i64 {
    let leaves = &dim.codes[code as usize].leaves;
    let holds = |leaf: u16| i64::from(leaf != NONE && leaves.binary_search(&leaf).is_ok());
    holds(plus) - holds(minus)
}

fn check_claims(system: &System<'_>, proofs: &Proofs, target: usize, signs: &[Signs]) -> Result<()> {
    let cell = system.targets[target].cell;
    for (layer, claim) in proofs.claims[target].iter().enumerate().filter(|(_, claim)| claim.width > 0) {
        let width = |at: u32| {
            let Some(&(contacts, patients)) = signs.get(at as usize).and_then(|signs| signs.get(&cell)) else {
                return 0;
            };
            let amounts = proofs.moves[at as usize].amounts;
            match layer {
                0 => contacts.unsigned_abs() * u64::from(amounts.contacts_up + amounts.contacts_down),
                _ => patients.unsigned_abs() * u64::from(amounts.patients_up + amounts.patients_down),
            }
        };
        let Some((&first, others)) = claim.moves.split_first() else { return Err(broken("a cell has none")) };
        if width(first) < u64::from(claim.width) || others.iter().any(|&at| width(at) == 0) {
            return Err(broken("an interval is too narrow"));
        }
        let own: Vec<u32> = system.owners(cell, if layer == 0 { Layer::Contacts } else { Layer::Patients }).collect();
        let alone = |at: u32| alone(system, &proofs.moves[at as usize], &signs[at as usize]);
        let mut knowing = alone(first);
        knowing.retain(|owner| !own.contains(owner));
        for &at in others {
            let alone = alone(at);
            knowing.retain(|owner| alone.contains(owner));
        }
        if !knowing.is_empty() {
            return Err(broken("a single contributor knows too much"));
        }
    }
    Ok(())
}

/// Everyone who alone makes a count that a move changes.
fn alone(system: &System<'_>, used: &Used, signs: &Signs) -> Vec<u32> {
    let patients_move = used.amounts.patients_up > 0 || used.amounts.patients_down > 0;
    let contacts_move = used.amounts.contacts_up > 0 || used.amounts.contacts_down > 0;
    let mut all = Vec::new();
    for (&id, &(contacts, patients)) in signs {
        if contacts != 0 && contacts_move {
            all.extend(system.owners(id, Layer::Contacts));
        }
        if patients != 0 && patients_move {
            all.extend(system.owners(id, Layer::Patients));
        }
    }
    all
}
