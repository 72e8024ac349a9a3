//! Two unsafe cells whose sum must not follow from what is shown.
//!
//! In: a system in which every unsafe cell is proved. Out: further moves, and what they hide. Two
//! cells that all moves so far change against each other may have a sum that anybody can compute;
//! where that sum would have too few patients, a move is added that changes the one and keeps the
//! other. [`Parted`] tells whether moves that come and go leave such pairs. Never weakens a proof.

use rustc_hash::FxHashMap;

use super::earlier::Stuck;
use super::grid::CellId;
use super::hide::seek;
use super::hide::{Together, WAYS, unprotected};
use super::moves::Layer;
use super::primary::Reason;
use super::proofs::{Proofs, Used, layers};
use super::search::{Company, Found, Query, Scratch};
use super::system::{NO_TARGET, State, System};
use crate::domain::Result;

/// What all moves together do to every cell, as a number that differs where what they do differs:
/// contacts, patients.
type Prints = [FxHashMap<CellId, u64>; 2];

/// Adds moves until no two unsafe cells with too few patients between them have a known sum.
pub(super) fn part_pairs(system: &mut System<'_>, proofs: &mut Proofs) -> Result<()> {
    let mut scratch = Scratch::default();
    for layer in [0, 1] {
        let mut prints = Prints::default();
        for (at, used) in proofs.moves.iter().enumerate() {
            note(&mut prints, at, used);
        }
        for (a, b) in suspects(system, proofs, &prints, layer) {
            if !opposite(system, &prints, layer, a, b) {
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
                note(&mut prints, proofs.moves.len() - 1, used);
            }
        }
    }
    Ok(())
}

/// Adds a move to the prints.
fn note(prints: &mut Prints, at: usize, used: &Used) {
    let factor = mix(at as u64 + 1);
    for &layer in layers(used.layer).iter().filter(|&&layer| used.moves(layer)) {
        for &(cell, by) in &used.cells {
            let print = prints[layer].entry(cell).or_default();
            *print = print.wrapping_add(factor.wrapping_mul(i64::from(by) as u64));
        }
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
        let print = prints[layer].get(&system.targets[at as usize].cell).copied().unwrap_or(0);
        groups.entry(upright(print)).or_default().push(at);
    }
    let mut pairs = Vec::new();
    for group in groups.values() {
        for (at, &a) in group.iter().enumerate() {
            let others = group[at + 1..].iter();
            let together = others.filter(|&&b| are_few(system, layer, a, b) && opposite(system, prints, layer, a, b));
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

fn opposite(system: &System<'_>, prints: &Prints, layer: usize, a: u32, b: u32) -> bool {
    let print = |target: u32| prints[layer].get(&system.targets[target as usize].cell).copied().unwrap_or(0);
    print(a) == print(b).wrapping_neg()
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
    /// By target: contacts, patients.
    prints: [Vec<u64>; 2],
    /// Targets by print, up to the sign: of contacts, of patients.
    alike: [FxHashMap<u64, Vec<u32>>; 2],
}

impl Parted {
    /// No move is in use.
    pub fn new(system: &System<'_>) -> Parted {
        let count = system.targets.len();
        let all = FxHashMap::from_iter([(0, (0..count as u32).collect())]);
        Parted { prints: [vec![0; count], vec![0; count]], alike: [all.clone(), all] }
    }

    /// A move comes into use (1), or goes out of use (-1).
    pub fn note(&mut self, system: &System<'_>, (at, used): (u32, &Used), sign: i64) {
        let factor = mix(u64::from(at) + 1);
        for &layer in layers(used.layer).iter().filter(|&&layer| used.moves(layer)) {
            for &(cell, by) in &used.cells {
                let target = system.target_of[cell as usize];
                if target == NO_TARGET {
                    continue;
                }
                let print = &mut self.prints[layer][target as usize];
                let before = upright(*print);
                *print = print.wrapping_add(factor.wrapping_mul((i64::from(by) * sign) as u64));
                let after = upright(*print);
                if let Some(all) = self.alike[layer].get_mut(&before) {
                    all.retain(|&other| other != target);
                }
                self.alike[layer].entry(after).or_default().push(target);
            }
        }
    }

    /// Whether none of some targets has a known sum with another that is too small.
    pub fn is_apart(&self, system: &System<'_>, proofs: &Proofs, targets: &[u32]) -> bool {
        let together = |layer: usize, a: u32, b: u32| {
            let print = |target: u32| self.prints[layer][target as usize];
            a != b
                && is_judged(system, proofs, layer, b)
                && print(a) == print(b).wrapping_neg()
                && are_few(system, layer, a, b)
        };
        [0, 1].into_iter().all(|layer| {
            targets.iter().filter(|&&a| is_judged(system, proofs, layer, a)).all(|&a| {
                let print = self.prints[layer][a as usize];
                let alike = &self.alike[layer][&upright(print)];
                !alike.iter().any(|&b| together(layer, a, b))
            })
        })
    }
}
