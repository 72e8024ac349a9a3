//! Hiding what must be hidden so that unsafe cells stay hidden (PROTECTION 4).
//!
//! In: a system with its unsafe cells hidden. Out: more cells hidden, and for every unsafe cell
//! the moves that prove it. Targets are taken in a fixed order, in batches: each batch is
//! searched in parallel in one state of the system, and its moves are taken over one by one.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::company::accompany;
use super::detour::with_detours;
use super::double::with_double;
use super::earlier::Stuck;
use super::moves::Layer;
use super::primary::Reason;
use super::program::Within;
use super::proofs::Proofs;
use super::rings::with_rings;
use super::search::{Company, Found, Query, Reach, Scratch, search};
use super::system::{System, Target};
use super::transfer::transfer;
use crate::domain::{Error, Result};

/// What a move costs for which a linear program is tried: more than the first of the ways looks for.
const WORTH_A_PROGRAM: f32 = 3.0;
/// Targets searched in one state of the system.
const BATCH: usize = 192;

/// A way to look for a move: how wide, both layers together or not, and what it may cost at most.
pub(super) struct Way {
    pub reach: Reach,
    pub together: Together,
    pub below: f32,
    pub effort: u64,
}

const fn way(reach: Reach, together: Together, below: f32, effort: u64) -> Way {
    Way { reach, together, below, effort }
}

/// Ways to look for a move: what is cheap is looked for everywhere before anything dear is taken.
pub(super) const WAYS: [Way; 13] = [
    way(Reach::Best(1), Together::Joint, 2.0, 5_000),
    way(Reach::Best(30), Together::Joint, 500.0, 150_000),
    way(Reach::Best(30), Together::Apart, 500.0, 150_000),
    way(Reach::Transfer, Together::Joint, 2_500.0, 500_000),
    way(Reach::Transfer, Together::Apart, 2_500.0, 500_000),
    way(Reach::Best(60), Together::Joint, 12_000.0, 300_000),
    way(Reach::InPlace, Together::Joint, 12_000.0, 300_000),
    way(Reach::Transfer, Together::Apart, 12_000.0, 500_000),
    way(Reach::Transfer, Together::Joint, f32::INFINITY, 500_000),
    way(Reach::Transfer, Together::Apart, f32::INFINITY, 500_000),
    way(Reach::Totals, Together::Joint, f32::INFINITY, 2_000_000),
    way(Reach::Totals, Together::Apart, f32::INFINITY, 2_000_000),
    way(Reach::Totals, Together::Along, f32::INFINITY, 2_000_000),
];

/// Ways gone through for all targets before any of the next: what is free for all, then what is cheap,
/// and what is dear then finds much hidden, and proved, already. More steps between cost time and hide
/// no less.
const TIERS: [Range<usize>; 3] = [0..1, 1..3, 3..WAYS.len()];

/// One move for contacts and patients, or a move for each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Together {
    Joint,
    Apart,
    /// A move for each, and contacts go along where patients would exceed them.
    Along,
}

/// How much a further move must prove.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    Full,
    /// A further move need only change the cell: the first proves the width.
    AnyChange,
}

/// What a target still needs, by layer: the width, and who must not be alone in a changed cell.
pub(super) struct Need {
    pub width: u32,
    pub avoid: Vec<u32>,
}

/// Hides and proves until every target is proved. Some may be already.
pub(super) fn hide(system: &mut System<'_>, proofs: &mut Proofs) -> Result<()> {
    let mut left = hide_in_tiers(system, proofs, &TIERS);
    // Beside sums that have not changed since they were told nothing can move.
    while !left.is_empty() && system.give_up_sums(&stuck(system, proofs, &left)) {
        system.look_back_again(proofs);
        left = hide_in_tiers(system, proofs, &TIERS[TIERS.len() - 1..]);
    }
    match left.iter().find(|target| !system.targets[**target as usize].beside) {
        Some(&target) => Err(unprotected(system, target)),
        None => {
            left.iter().for_each(|&target| proofs.leave(system, target));
            Ok(())
        }
    }
}

/// What keeps targets from being proved.
fn stuck(system: &System<'_>, proofs: &Proofs, targets: &[u32]) -> Vec<Stuck> {
    let of_target = |&at: &u32| {
        let target = &system.targets[at as usize];
        let avoid = avoided(&needs(system, proofs, at, Strictness::Full), &[0, 1]);
        Stuck { cell: target.cell, avoid, widths: [target.contacts_width, target.patients_width] }
    };
    targets.iter().map(of_target).collect()
}

/// Goes through some tiers; gives the targets for which none has a move.
fn hide_in_tiers(system: &mut System<'_>, proofs: &mut Proofs, tiers: &[Range<usize>]) -> Vec<u32> {
    let scratches: Vec<Mutex<Scratch>> = (0..rayon::current_num_threads()).map(|_| Mutex::default()).collect();
    let mut waiting = order(system);
    waiting.retain(|&target| !proofs.is_done(system, target));
    for tier in tiers {
        let mut queue = std::mem::take(&mut waiting);
        while !queue.is_empty() {
            let (batch, rest) = next_batch(system, queue);
            queue = rest;
            let (mut again, mut later) = work(system, proofs, &batch, (&WAYS[tier.clone()], &scratches));
            again.append(&mut queue);
            queue = again;
            waiting.append(&mut later);
        }
    }
    waiting
}

/// The next targets, and the others. Where programs are made, one of every region: each knows all that the
/// others of its region have hidden.
fn next_batch(system: &System<'_>, mut queue: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
    let Some(ground) = &system.ground else {
        let rest = queue.split_off(queue.len().min(BATCH));
        return (queue, rest);
    };
    let mut regions = FxHashSet::default();
    queue.into_iter().partition(|&target| regions.insert(ground.region(system.targets[target as usize].cell)))
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

/// Works through a batch; gives those of it that need another move, and those for which these
/// ways have none.
fn work(
    system: &mut System<'_>,
    proofs: &mut Proofs,
    batch: &[u32],
    (ways, scratches): (&[Way], &[Mutex<Scratch>]),
) -> (Vec<u32>, Vec<u32>) {
    let (shared, known): (&System<'_>, &Proofs) = (system, proofs);
    let find = |&target: &u32| {
        let at = rayon::current_thread_index().unwrap_or(0) % scratches.len();
        let mut scratch = scratches[at].lock().unwrap_or_else(PoisonError::into_inner);
        find(shared, known, target, ways, &mut scratch)
    };
    let found: Vec<Option<Vec<Found>>> = batch.par_iter().map(find).collect();
    let (mut again, mut later) = (Vec::new(), Vec::new());
    for (&target, found) in batch.iter().zip(found) {
        let Some(found) = found else {
            later.push(target);
            continue;
        };
        for found in found {
            if proofs.is_useful(system, target, &found) {
                found.changed().for_each(|cell| system.hide(cell, Reason::Secondary));
                proofs.take(system, target, found);
            }
        }
        if !proofs.is_done(system, target) {
            again.push(target);
        }
    }
    (again, later)
}

/// The next moves that a target needs, by the first of `ways` that has any; none where there are
/// none. Empty where it needs no more.
fn find(system: &System<'_>, proofs: &Proofs, target: u32, ways: &[Way], scratch: &mut Scratch) -> Option<Vec<Found>> {
    let needs = needs(system, proofs, target, Strictness::Full);
    if needs.iter().all(Option::is_none) {
        return Some(Vec::new());
    }
    let cell = system.targets[target as usize].cell;
    let seek = |needs: &[Option<Need>; 2], scratch: &mut Scratch| {
        let joint = system.cells[cell as usize].contacts > 0;
        let mut ways = ways.iter().filter(|way| way.together != Together::Joint || joint);
        ways.find_map(|way| look(system, cell, needs, way, scratch))
    };
    let full = seek(&needs, scratch);
    let lonely: Vec<u32> = needs.iter().flatten().flat_map(|need| need.avoid.clone()).collect();
    if full.is_some() || lonely.is_empty() || !ways.iter().any(|way| way.together == Together::Along) {
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

/// What a target still needs, by layer.
pub(super) fn needs(system: &System<'_>, proofs: &Proofs, target: u32, strictness: Strictness) -> [Option<Need>; 2] {
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

/// Contributors who must not be alone in a changed cell, ascending.
pub(super) fn avoided(needs: &[Option<Need>; 2], layers: &[usize]) -> Vec<u32> {
    let mut avoid: Vec<u32> =
        layers.iter().filter_map(|&layer| needs[layer].as_ref()).flat_map(|need| need.avoid.clone()).collect();
    avoid.sort_unstable();
    avoid.dedup();
    avoid
}

fn look(
    system: &System<'_>,
    cell: u32,
    needs: &[Option<Need>; 2],
    way: &Way,
    scratch: &mut Scratch,
) -> Option<Vec<Found>> {
    let width = |layer: usize| needs[layer].as_ref().map_or(0, |need| need.width);
    let mut query = |layer: Layer, layers: &[usize]| {
        let on = |l: usize| if layers.contains(&l) { width(l) } else { 0 };
        let company = if way.together == Together::Along { Company::WithOthers } else { Company::Alone };
        let query = Query {
            cell,
            layer,
            contacts_width: on(0),
            patients_width: on(1),
            company,
            keep: None,
            base: None,
            avoid: &avoided(needs, layers),
            reach: way.reach,
            below: way.below,
            effort: way.effort,
        };
        let found = seek(system, &query, scratch)?;
        if layer.is_of_patients() && company == Company::WithOthers {
            accompany(system, &query, found, scratch)
        } else {
            Some(found)
        }
    };
    if way.together == Together::Joint {
        return query(Layer::Joint, &[0, 1]).map(|found| vec![found]);
    }
    let mut all = Vec::new();
    if needs[0].is_some() {
        all.push(query(Layer::Contacts, &[0])?);
    }
    if needs[1].is_some() {
        all.push(query(Layer::Patients, &[1]).or_else(|| query(Layer::PatientsByType, &[1]))?);
    }
    Some(all)
}

/// The cheapest move found in the query's reach.
pub(super) fn seek(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let is_plain = matches!(query.layer, Layer::Joint | Layer::Contacts) && query.company == Company::Alone;
    let Some(ground) = system.ground.as_ref().filter(|_| is_plain && query.reach != Reach::Transfer) else {
        return boxed(system, query, scratch);
    };
    let found = search(system, query, scratch);
    let below = found.as_ref().map_or(query.below, |found| found.cost);
    if below < WORTH_A_PROGRAM {
        return found;
    }
    ground.cheapest(system, &Query { below, ..*query }, Within::Shown, scratch).or(found)
}

/// The cheapest transfer, or box with what is made of boxes.
pub(super) fn boxed(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let found = match query.reach {
        Reach::Transfer => transfer(system, query, scratch),
        _ => with_double(system, query, alone(system, query, scratch), scratch),
    }?;
    Some(with_detours(system, query, found, scratch))
}

/// A box, or a ring.
pub(super) fn alone(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let found = search(system, query, scratch)?;
    Some(with_rings(system, query, found, scratch))
}

/// Names the table and the level, nothing else.
pub(super) fn unprotected(system: &System<'_>, target: u32) -> Error {
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
