//! Hiding what must be hidden so that unsafe cells stay hidden (PROTECTION 4).
//!
//! In: a system with its unsafe cells hidden. Out: more cells hidden, and for every unsafe cell
//! the moves that prove it. Targets are taken in a fixed order, in batches: each batch is
//! searched in parallel in one state of the system, and its moves are taken over one by one.

use std::sync::{Mutex, PoisonError};

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

/// A way to look for a move: how wide, both layers together or not, and what it may cost at most.
struct Way {
    reach: Reach,
    together: Together,
    below: f32,
    effort: u64,
}

const fn way(reach: Reach, together: Together, below: f32, effort: u64) -> Way {
    Way { reach, together, below, effort }
}

/// Ways to look for a move: what is cheap is looked for everywhere before anything dear is taken.
const WAYS: [Way; 11] = [
    way(Reach::Best(5), Together::Joint, 25.0, 20_000),
    way(Reach::Best(12), Together::Joint, 120.0, 60_000),
    way(Reach::Best(12), Together::Apart, 120.0, 60_000),
    way(Reach::Best(30), Together::Joint, 500.0, 200_000),
    way(Reach::Best(30), Together::Apart, 500.0, 200_000),
    way(Reach::Best(60), Together::Joint, 2_500.0, 500_000),
    way(Reach::Best(60), Together::Apart, 2_500.0, 500_000),
    way(Reach::Best(60), Together::Joint, 12_000.0, 500_000),
    way(Reach::Best(60), Together::Apart, 12_000.0, 500_000),
    way(Reach::Totals, Together::Joint, f32::INFINITY, 2_000_000),
    way(Reach::Totals, Together::Apart, f32::INFINITY, 2_000_000),
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
    let scratches: Vec<Mutex<Scratch>> = (0..rayon::current_num_threads()).map(|_| Mutex::default()).collect();
    while !queue.is_empty() {
        let rest = queue.split_off(queue.len().min(BATCH));
        let batch = std::mem::replace(&mut queue, rest);
        let mut again = work(system, &mut proofs, &batch, &scratches)?;
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
fn work(system: &mut System<'_>, proofs: &mut Proofs, batch: &[u32], scratches: &[Mutex<Scratch>]) -> Result<Vec<u32>> {
    let (shared, known): (&System<'_>, &Proofs) = (system, proofs);
    let find = |&target: &u32| {
        let at = rayon::current_thread_index().unwrap_or(0) % scratches.len();
        let mut scratch = scratches[at].lock().unwrap_or_else(PoisonError::into_inner);
        find(shared, known, target, f32::INFINITY, &mut scratch)
    };
    let found: Vec<Option<Vec<Found>>> = batch.par_iter().map(find).collect();
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
        let joint = system.cells[cell as usize].contacts > 0;
        let mut ways = WAYS.iter().filter(|way| way.together == Together::Apart || joint);
        ways.find_map(|way| look(system, cell, needs, (way, below), scratch))
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
    (way, below): (&Way, f32),
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
        let (reach, below, effort) = (way.reach, way.below.min(below), way.effort);
        search(
            system,
            &Query { cell, layer, contacts_width, patients_width, avoid: &avoid, reach, below, effort },
            scratch,
        )
    };
    match way.together {
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
