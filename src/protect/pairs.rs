//! Two unsafe cells whose sum must not follow from what is shown.
//!
//! In: a system in which every unsafe cell is proved. Out: further moves, and what they hide. Two
//! cells that all moves so far change against each other may have a sum that anybody can compute;
//! where that sum would have too few patients, a move is added that changes the one and keeps the
//! other. [`Parted`] tells whether moves that come and go leave such pairs. Never weakens a proof.

use rustc_hash::FxHashMap;

use super::earlier::Stuck;
use super::hide::seek;
use super::hide::{Together, WAYS, unprotected};
use super::moves::Layer;
use super::primary::Reason;
use super::proofs::{Proofs, Used, layers};
use super::search::{Company, Found, Query, Scratch};
use super::system::{NO_TARGET, State, System};
use crate::domain::Result;

/// What the moves in use together do to every target, as a number that differs where what they do differs.
struct Prints {
    /// By target: contacts, patients.
    prints: [Vec<u64>; 2],
}

/// Adds moves until no two unsafe cells with too few patients between them have a known sum.
pub(super) fn part_pairs(system: &mut System<'_>, proofs: &mut Proofs) -> Result<()> {
    let mut scratch = Scratch::default();
    for layer in [0, 1] {
        let mut prints = Prints::new(system);
        for (at, used) in proofs.moves.iter().enumerate() {
            prints.note(system, (at as u32, used), 1, |_, _, _, _| ());
        }
        for (a, b) in suspects(system, proofs, &prints, layer) {
            if !prints.are_opposite(layer, a, b) {
                continue;
            }
            let mut parted = part(system, layer, a, b, &mut scratch);
            // Beside sums that have not changed since they were told nothing can move.
            let cells = [a, b].map(|target| system.targets[target as usize].cell);
            let stuck = cells.map(|cell| Stuck { cell, avoid: Vec::new(), widths: [1, 1] });
            while parted.is_none() && system.give_up_sums(&stuck) {
                system.look_back();
                parted = part(system, layer, a, b, &mut scratch);
            }
            let Some((target, found)) = parted else {
                if [a, b].iter().all(|&target| system.targets[target as usize].beside) {
                    continue;
                }
                return Err(unprotected(system, a));
            };
            found.changed().for_each(|cell| system.hide(cell, Reason::Secondary));
            proofs.take_further(system, target, layer, found);
            if let Some(used) = proofs.moves.last() {
                prints.note(system, (proofs.moves.len() as u32 - 1, used), 1, |_, _, _, _| ());
            }
        }
    }
    Ok(())
}

impl Prints {
    /// No move is in use.
    fn new(system: &System<'_>) -> Prints {
        Prints { prints: [vec![0; system.targets.len()], vec![0; system.targets.len()]] }
    }

    /// A move comes into use (1), or goes out of use (-1). Tells of each target's print that changes: layer, target,
    /// and the print before and after.
    fn note(
        &mut self,
        system: &System<'_>,
        (at, used): (u32, &Used),
        sign: i64,
        mut changed: impl FnMut(usize, u32, u64, u64),
    ) {
        let factor = mix(u64::from(at) + 1);
        for &layer in layers(used.layer).iter().filter(|&&layer| used.moves(layer)) {
            let targets = used.cells.iter().map(|&(cell, by)| (system.target_of[cell as usize], by));
            for (target, by) in targets.filter(|&(target, _)| target != NO_TARGET) {
                let print = &mut self.prints[layer][target as usize];
                let before = *print;
                *print = print.wrapping_add(factor.wrapping_mul((i64::from(by) * sign) as u64));
                changed(layer, target, before, *print);
            }
        }
    }

    fn of(&self, layer: usize, target: u32) -> u64 {
        self.prints[layer][target as usize]
    }

    /// Whether all moves in use change two targets against each other.
    fn are_opposite(&self, layer: usize, a: u32, b: u32) -> bool {
        self.of(layer, a) == self.of(layer, b).wrapping_neg()
    }
}

/// A number that looks random, always the same for the same input (splitmix64).
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Pairs of targets that all moves change against each other, with too few patients together.
fn suspects(system: &System<'_>, proofs: &Proofs, prints: &Prints, layer: usize) -> Vec<(u32, u32)> {
    let mut groups: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
    for at in (0..system.targets.len() as u32).filter(|&at| is_judged(system, proofs, layer, at)) {
        groups.entry(upright(prints.of(layer, at))).or_default().push(at);
    }
    let mut pairs = Vec::new();
    for group in groups.values() {
        for (at, &a) in group.iter().enumerate() {
            let others = group[at + 1..].iter();
            let together = others.filter(|&&b| are_few(system, layer, a, b) && prints.are_opposite(layer, a, b));
            pairs.extend(together.map(|&b| (a, b)));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Whether a target may make a pair: it is hidden for its few patients, and proved here.
fn is_judged(system: &System<'_>, proofs: &Proofs, layer: usize, at: u32) -> bool {
    let (target, claim) = (&system.targets[at as usize], &proofs.claims[at as usize][layer]);
    let hidden = system.cells[target.cell as usize].state == State::Hidden;
    hidden && target.contributors[layer] < target.min_patients && claim.width > 0 && !claim.left
}

/// Whether two targets together have too few patients.
fn are_few(system: &System<'_>, layer: usize, a: u32, b: u32) -> bool {
    let [a, b] = [a, b].map(|target| &system.targets[target as usize]);
    a.contributors[layer] + b.contributors[layer] < a.min_patients.max(b.min_patients)
}

/// A print or its opposite, the same for both.
fn upright(print: u64) -> u64 {
    print.min(print.wrapping_neg())
}

/// The cheapest move that changes one of two targets and keeps the other.
fn part(system: &System<'_>, layer: usize, a: u32, b: u32, scratch: &mut Scratch) -> Option<(u32, Found)> {
    let cell = |target: u32| system.targets[target as usize].cell;
    WAYS.iter().find_map(|way| {
        let kinds: &[Layer] = match (way.together, layer) {
            (Together::Joint, _) => &[Layer::Joint],
            (_, 0) => &[Layer::Contacts],
            _ => &[Layer::Patients, Layer::PatientsByType],
        };
        let orders = [(a, b), (b, a)].into_iter().flat_map(|order| kinds.iter().map(move |&kind| (order, kind)));
        orders.into_iter().find_map(|((target, other), kind)| {
            let widths = [u32::from(layer == 0), u32::from(layer == 1)];
            let query = Query {
                cell: cell(target),
                layer: kind,
                contacts_width: widths[0],
                patients_width: widths[1],
                company: Company::Alone,
                keep: Some(cell(other)),
                base: None,
                avoid: &[],
                reach: way.reach,
                below: way.below,
                effort: way.effort,
            };
            let joint = kind != Layer::Joint || system.cells[cell(target) as usize].contacts > 0;
            joint.then(|| seek(system, &query, scratch)).flatten().map(|found| (target, found))
        })
    })
}

/// Pairs that the moves in use part, kept up to date as moves come and go.
pub(super) struct Parted {
    prints: Prints,
    /// Targets by print, up to the sign: of contacts, of patients.
    alike: [FxHashMap<u64, Vec<u32>>; 2],
}

impl Parted {
    /// No move is in use.
    pub fn new(system: &System<'_>) -> Parted {
        let all = FxHashMap::from_iter([(0, (0..system.targets.len() as u32).collect())]);
        Parted { prints: Prints::new(system), alike: [all.clone(), all] }
    }

    /// A move comes into use (1), or goes out of use (-1).
    pub fn note(&mut self, system: &System<'_>, used: (u32, &Used), sign: i64) {
        self.prints.note(system, used, sign, |layer, target, before, after| {
            if let Some(all) = self.alike[layer].get_mut(&upright(before)) {
                all.retain(|&other| other != target);
            }
            self.alike[layer].entry(upright(after)).or_default().push(target);
        });
    }

    /// Whether none of some targets has a known sum with another that is too small.
    pub fn is_apart(&self, system: &System<'_>, proofs: &Proofs, targets: &[u32]) -> bool {
        let together = |layer: usize, a: u32, b: u32| {
            a != b
                && is_judged(system, proofs, layer, b)
                && self.prints.are_opposite(layer, a, b)
                && are_few(system, layer, a, b)
        };
        [0, 1].into_iter().all(|layer| {
            targets.iter().filter(|&&a| is_judged(system, proofs, layer, a)).all(|&a| {
                let alike = &self.alike[layer][&upright(self.prints.of(layer, a))];
                !alike.iter().any(|&b| together(layer, a, b))
            })
        })
    }
}
