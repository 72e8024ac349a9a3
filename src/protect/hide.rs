//! Hiding what must be hidden so that unsafe cells stay hidden (PROTECTION 4).
//!
//! In: a system with its unsafe cells hidden. Out: more cells hidden, and for every unsafe cell
//! the moves that prove it. Targets are taken in a fixed order, in batches: each batch is
//! searched in parallel in one state of the system, and its moves are taken over one by one.

use rayon::prelude::*;

use super::moves::Layer;
use super::primary::Reason;
use super::proofs::Proofs;
use super::search::{Found, Query, Reach, Scratch, search};
use super::system::{State, System, Target};
use crate::domain::{Error, Result};
use crate::relations::Shown;

/// Targets searched in one state of the system.
const BATCH: usize = 192;

/// Ways to look for a move, the best first.
const WAYS: [(Reach, Together); 7] = [
    (Reach::Best(6), Together::Joint),
    (Reach::Best(24), Together::Joint),
    (Reach::Best(24), Together::Apart),
    (Reach::Best(400), Together::Joint),
    (Reach::Best(400), Together::Apart),
    (Reach::Totals, Together::Joint),
    (Reach::Totals, Together::Apart),
];

/// One move for contacts and patients, or a move for each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    Joint,
    Apart,
}

/// How much a further move must prove.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    Full,
    /// A further move need only change the cell: the first proves the width.
    AnyChange,
}

/// What a target still needs, by layer: the width, and who must not be alone in a changed cell.
struct Need {
    width: u32,
    avoid: Vec<u32>,
}

/// Hides and proves until every target is proved.
pub(super) fn hide(system: &mut System<'_>) -> Result<Proofs> {
    let mut proofs = Proofs::new(system);
    let mut queue = order(system);
    while !queue.is_empty() {
        let rest = queue.split_off(queue.len().min(BATCH));
        let batch = std::mem::replace(&mut queue, rest);
        let mut again = work(system, &mut proofs, &batch)?;
        again.append(&mut queue);
        queue = again;
    }
    Ok(proofs)
}

/// Totals before details, then in order of the cells.
fn order(system: &System<'_>) -> Vec<u32> {
    let breadth = |target: &Target| {
        let (view, index) = system.home[target.cell as usize];
        let coordinates = system.coordinates(view as usize, index as usize);
        let leaves =
            |(dim, &code): (usize, &u16)| (system.universe.dims[dim].codes[code as usize].leaves.len() as f64).ln();
        coordinates.iter().enumerate().map(leaves).sum::<f64>()
    };
    let keys: Vec<f64> = system.targets.par_iter().map(breadth).collect();
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    order.sort_by(|&a, &b| keys[b as usize].total_cmp(&keys[a as usize]).then(a.cmp(&b)));
    order
}

/// Works through a batch; gives those of it that need another move.
fn work(system: &mut System<'_>, proofs: &mut Proofs, batch: &[u32]) -> Result<Vec<u32>> {
    let (shared, known): (&System<'_>, &Proofs) = (system, proofs);
    let find = |scratch: &mut Scratch, &target: &u32| find(shared, known, target, f32::INFINITY, scratch);
    let found: Vec<Option<Vec<Found>>> = batch.par_iter().map_init(Scratch::default, find).collect();
    let mut again = Vec::new();
    for (&target, found) in batch.iter().zip(found) {
        let Some(found) = found else {
            if is_rest(system, target) {
                proofs.give_up(target);
                continue;
            }
            return Err(unprotected(system, target));
        };
        for found in found {
            if proofs.is_useful(system, target, &found) {
                found.cells.iter().for_each(|&(cell, _)| system.hide(cell, Reason::Secondary));
                proofs.take(system, target, found);
            }
        }
        if !proofs.is_done(system, target) {
            again.push(target);
        }
    }
    Ok(again)
}

/// The next moves that a target needs, cheaper than `below`; none where there are none. Empty
/// where it needs no more.
pub(super) fn find(
    system: &System<'_>,
    proofs: &Proofs,
    target: u32,
    below: f32,
    scratch: &mut Scratch,
) -> Option<Vec<Found>> {
    let needs = needs(system, proofs, target, Strictness::Full);
    if needs.iter().all(Option::is_none) {
        return Some(Vec::new());
    }
    let cell = system.targets[target as usize].cell;
    let seek = |needs: &[Option<Need>; 2], scratch: &mut Scratch| {
        let mut ways = WAYS
            .iter()
            .filter(|(_, together)| *together == Together::Apart || system.cells[cell as usize].contacts > 0);
        ways.find_map(|&(reach, together)| look(system, cell, needs, (reach, together, below), scratch))
    };
    let full = seek(&needs, scratch);
    let lonely: Vec<u32> = needs.iter().flatten().flat_map(|need| need.avoid.clone()).collect();
    if full.is_some() || lonely.is_empty() {
        return full;
    }
    // One contributor at a time; at last a move that proves no more than that the cell may change.
    [Strictness::Full, Strictness::AnyChange].into_iter().find_map(|strictness| {
        let strictly = self::needs(system, proofs, target, strictness);
        let only = |owner: u32| strictly.each_ref().map(|need| need.as_ref().map(|need| need.only(owner)));
        lonely.iter().find_map(|&owner| seek(&only(owner), scratch))
    })
}

impl Need {
    fn only(&self, owner: u32) -> Need {
        Need { width: self.width, avoid: self.avoid.iter().copied().filter(|&other| other == owner).collect() }
    }
}

fn needs(system: &System<'_>, proofs: &Proofs, target: u32, strictness: Strictness) -> [Option<Need>; 2] {
    let need = |layer: usize| {
        if proofs.is_proved(system, target, layer) {
            return None;
        }
        let claim = &proofs.claims[target as usize][layer];
        let relaxed = !claim.moves.is_empty() && strictness == Strictness::AnyChange;
        let width = if relaxed { 1 } else { claim.width };
        Some(Need { width, avoid: proofs.knowing(system, target, layer) })
    };
    [need(0), need(1)]
}

fn look(
    system: &System<'_>,
    cell: u32,
    needs: &[Option<Need>; 2],
    (reach, together, below): (Reach, Together, f32),
    scratch: &mut Scratch,
) -> Option<Vec<Found>> {
    let width = |layer: usize| needs[layer].as_ref().map_or(0, |need| need.width);
    let avoid = |layers: &[usize]| {
        let mut avoid: Vec<u32> =
            layers.iter().filter_map(|&l| needs[l].as_ref()).flat_map(|n| n.avoid.clone()).collect();
        avoid.sort_unstable();
        avoid.dedup();
        avoid
    };
    let mut query = |layer: Layer, layers: &[usize]| {
        let on = |l: usize| if layers.contains(&l) { width(l) } else { 0 };
        let avoid = avoid(layers);
        let (contacts_width, patients_width) = (on(0), on(1));
        search(system, &Query { cell, layer, contacts_width, patients_width, avoid: &avoid, reach, below }, scratch)
    };
    match together {
        Together::Joint => query(Layer::Joint, &[0, 1]).map(|found| vec![found]),
        Together::Apart => {
            let mut all = Vec::new();
            for (at, layer) in [(0, Layer::Contacts), (1, Layer::Patients)] {
                if needs[at].is_some() {
                    all.push(query(layer, &[at])?);
                }
            }
            Some(all)
        }
    }
}

/// Whether a target is a rest that no indicator shows or is made of. It is protected where that
/// can be; where no move is found it is let go, since nothing published is it or is made of it.
fn is_rest(system: &System<'_>, target: u32) -> bool {
    let cell = system.targets[target as usize].cell;
    let (view, index) = system.home[cell as usize];
    let (_, quantity) = system.grids[view as usize].positions(index as usize);
    let uses = |shown: &Shown| match *shown {
        Shown::Count { quantity: shown, .. } => shown == quantity,
        Shown::Share { numerator, complement, denominator, .. } => {
            [numerator, complement, denominator].contains(&quantity)
        }
    };
    system.cells[cell as usize].state == State::Unpublished && !system.views[view as usize].indicators.iter().any(uses)
}

/// Names the table and the level, nothing else.
fn unprotected(system: &System<'_>, target: u32) -> Error {
    let (view, index) = system.home[system.targets[target as usize].cell as usize];
    let (view, grid) = (system.views[view as usize], &system.grids[view as usize]);
    let (positions, _) = grid.positions(index as usize);
    let level = match (positions[0], view.municipality[positions[0]]) {
        (0, _) => "country",
        (_, true) => "municipality",
        (_, false) => "county",
    };
    Error::protection(format!(
        "table {}, level {level}: a small count cannot be protected although all that may be hidden is; \
         expected other cells to hide it among; publish fewer categories or longer periods",
        view.table
    ))
}
