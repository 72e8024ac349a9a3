//! Moves found before, one alone or several added up.
//!
//! In: a query with a cell that must stand still, and the moves known, in use or not. Out: the cheapest sum
//! of them that serves. To a move another is added that changes back what the first would newly hide, or what
//! must not change. That takes no search, and leads through more corners than one finds. Changes nothing.

use rustc_hash::FxHashMap;

use super::grid::CellId;
use super::moves::{Layer, Term};
use super::proofs::Used;
use super::search::{Found, Query, Scratch};
use super::system::System;
use super::weigher::{FREE, weighed};

/// Moves looked at for a target, and for a cell that must stand still: the latest.
const MOVES: usize = 24;
/// Moves added to one.
const STEPS: usize = 3;
/// Cells looked at for a move to add, the dearest first.
const CELLS: usize = 4;
/// Terms of a sum at most.
const TERMS: usize = 12;

/// The moves known.
pub(super) struct Pool<'p, 'a> {
    pub system: &'p System<'a>,
    pub moves: &'p [Used],
    /// By cell: moves that change it.
    pub by_cell: &'p FxHashMap<CellId, Vec<u32>>,
    /// By move: whether it goes along with another, or another with it.
    pub bound: &'p [bool],
}

/// A move known, or a sum of such.
#[derive(Clone, Copy)]
struct Sum<'s> {
    layer: Layer,
    terms: &'s [Term],
    /// What it changes, ascending by cell.
    cells: &'s [(CellId, i8)],
    at: &'s [u16],
}

impl Pool<'_, '_> {
    /// The cheapest sum that serves a query, given the moves that change its target.
    pub fn cheapest(&self, query: &Query<'_>, of_target: &[u32], scratch: &mut Scratch) -> Option<Found> {
        let mut best: Option<Found> = None;
        for first in self.usable(of_target) {
            if first.layer == Layer::Contacts && query.patients_width > 0 {
                continue;
            }
            let below = best.as_ref().map_or(query.below, |best| best.cost);
            let query = Query { layer: first.layer, below, ..*query };
            let sum = Sum { layer: first.layer, terms: &first.terms, cells: &first.cells, at: &first.at };
            let found = match query.keep.filter(|&keep| sum.change(keep) != 0) {
                Some(keep) => self.without(&sum, keep, &query, scratch),
                None => sum.serving(self.system, &query, scratch),
            };
            best = found.or(best);
            if best.as_ref().is_some_and(|best| best.cost < FREE) {
                return best;
            }
        }
        let mut best = best?;
        for _ in 0..STEPS {
            let sum = Sum { layer: best.layer, terms: &best.terms, cells: &best.cells, at: &best.at };
            let query = Query { layer: best.layer, below: best.cost, ..*query };
            let dear = best.dearest(self.system, CELLS, |_| true).into_iter();
            let cheaper = dear
                .filter(|change| change.0 != query.cell)
                .find_map(|(cell, _)| self.without(&sum, cell, &query, scratch));
            match cheaper {
                Some(cheaper) => best = cheaper,
                None => break,
            }
            if best.cost < FREE {
                break;
            }
        }
        Some(best)
    }

    /// The latest of some moves, but for those that do not stand by themselves.
    fn usable<'s>(&'s self, moves: &'s [u32]) -> impl Iterator<Item = &'s Used> {
        let latest = moves[moves.len().saturating_sub(MOVES)..].iter().filter(|&&at| !self.bound[at as usize]);
        let is_plain = |used: &&Used| matches!(used.layer, Layer::Joint | Layer::Contacts);
        latest.map(|&at| &self.moves[at as usize]).filter(is_plain)
    }

    /// The cheapest sum with another move so that a cell stands still.
    fn without(&self, sum: &Sum<'_>, cell: CellId, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
        let mut best: Option<Found> = None;
        let mut cells = std::mem::take(&mut scratch.sum);
        let others = self.usable(self.by_cell.get(&cell).map_or(&[][..], |moves| moves));
        for other in others.filter(|other| other.layer == sum.layer) {
            let below = best.as_ref().map_or(query.below, |best| best.cost);
            let query = Query { below, ..*query };
            let Some(way) = sum.way_to_add(other, cell) else { continue };
            add_up(sum.cells, (&other.cells, way), &mut cells);
            let terms = || sum.terms.iter().cloned().chain(other.terms.iter().map(|term| term.turned(way))).collect();
            let count = sum.terms.len() + other.terms.len();
            let found =
                weighed(self.system, &query, (count, &cells), scratch).map(|of| of.found(&cells, terms(), sum.at));
            best = found.or(best);
        }
        scratch.sum = cells;
        best
    }
}

impl Sum<'_> {
    fn change(&self, cell: CellId) -> i8 {
        self.cells.binary_search_by_key(&cell, |change| change.0).map_or(0, |at| self.cells[at].1)
    }

    /// Whether another move is to be added up (1) or down, so that a cell stands still; none where once is not
    /// enough.
    fn way_to_add(&self, other: &Used, cell: CellId) -> Option<i8> {
        let (own, by) = (self.change(cell), other.change(cell));
        let fits = by != 0 && own.abs() == by.abs() && self.terms.len() + other.terms.len() <= TERMS;
        fits.then(|| -own.signum() * by.signum())
    }

    /// The move, if it serves.
    fn serving(&self, system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
        let weighed = weighed(system, query, (self.terms.len(), self.cells), scratch)?;
        Some(weighed.found(self.cells, self.terms.to_vec(), self.at))
    }
}

/// The changes of two moves together, the other up or down: ascending, without cells that stand still.
fn add_up(own: &[(CellId, i8)], (other, way): (&[(CellId, i8)], i8), sum: &mut Vec<(CellId, i8)>) {
    sum.clear();
    let (mut own, mut other) = (own.iter().peekable(), other.iter().map(|&(cell, by)| (cell, by * way)).peekable());
    while let Some(&&(cell, by)) = own.peek() {
        while let Some(before) = other.next_if(|change| change.0 < cell) {
            sum.push(before);
        }
        let more = other.next_if(|change| change.0 == cell).map_or(0, |change| change.1);
        // Together no more than there are terms.
        if by + more != 0 {
            sum.push((cell, by + more));
        }
        own.next();
    }
    sum.extend(other);
}

#[cfg(test)]
mod tests {
    use super::super::moves::Amounts;
    use super::*;

    fn used(cells: &[(CellId, i8)]) -> Used {
        let term = Term { sign: 1, parts: Vec::new() };
        let (layer, amounts) = (Layer::Joint, Amounts::default());
        Used {
            layer,
            terms: vec![term],
            at: Vec::new(),
            amounts,
            cells: cells.to_vec(),
            along: Vec::new(),
            owners: Vec::new(),
        }
    }

    #[test]
    fn a_cell_that_two_moves_change_stands_still_under_both() {
        let sum = Sum { layer: Layer::Joint, terms: &[], cells: &[(1, 1), (4, -1), (6, 1)], at: &[] };
        let with = |other: &Used| {
            let (mut cells, way) = (Vec::new(), sum.way_to_add(other, 4)?);
            add_up(sum.cells, (&other.cells, way), &mut cells);
            Some((cells, way))
        };
        // Against it: the other is taken as it is. Cell 6 is changed by both.
        assert_eq!(with(&used(&[(4, 1), (6, 1), (9, -1)])), Some((vec![(1, 1), (6, 2), (9, -1)], 1)));
        // The same way: its opposite.
        assert_eq!(with(&used(&[(4, -1), (9, 1)])), Some((vec![(1, 1), (6, 1), (9, -1)], -1)));
        // Twice as far, or not at all.
        assert!(with(&used(&[(4, 2)])).is_none() && with(&used(&[(9, 1)])).is_none());
    }
}
