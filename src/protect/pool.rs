//! Moves found before, one alone or several added up.
//!
//! In: a query with a cell that must stand still, and the moves known, in use or not. Out: the cheapest sum
//! of them that serves. To a move another is added that changes back what the first would newly hide, or what
//! must not change. That takes no search, and leads through more corners than one finds. Changes nothing.

use rustc_hash::FxHashMap;

use super::grid::CellId;
use super::leaves::added_up;
use super::moves::{Layer, Term};
use super::proofs::Used;
use super::search::{Found, Query, Scratch};
use super::system::System;
use super::weigher::{FREE, whole};

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

/// A move as a sum of moves.
struct Sum<'s> {
    layer: Layer,
    terms: Vec<Term>,
    /// What it changes, ascending by cell.
    cells: Vec<(CellId, i8)>,
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
            let sum = Sum { layer: first.layer, terms: first.terms.clone(), cells: first.cells.clone(), at: &first.at };
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
            let at = best.at.clone();
            let sum = Sum { layer: best.layer, terms: best.terms.clone(), cells: best.cells.clone(), at: &at };
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
        let others = self.usable(self.by_cell.get(&cell).map_or(&[][..], |moves| moves));
        for other in others.filter(|other| other.layer == sum.layer) {
            let below = best.as_ref().map_or(query.below, |best| best.cost);
            let query = Query { below, ..*query };
            let found = sum.with(other, cell).and_then(|sum| sum.serving(self.system, &query, scratch));
            best = found.or(best);
        }
        best
    }
}

impl Sum<'_> {
    fn change(&self, cell: CellId) -> i8 {
        self.cells.binary_search_by_key(&cell, |change| change.0).map_or(0, |at| self.cells[at].1)
    }

    /// The sum with another move, up or down, so that a cell stands still; none where once is not enough.
    fn with(&self, other: &Used, cell: CellId) -> Option<Self> {
        let (own, by) = (self.change(cell), other.change(cell));
        if by == 0 || own.abs() != by.abs() || self.terms.len() + other.terms.len() > TERMS {
            return None;
        }
        let way = -own.signum() * by.signum();
        let terms = self.terms.iter().cloned().chain(other.terms.iter().map(|term| term.turned(way))).collect();
        let changes = self.cells.iter().copied().chain(other.cells.iter().map(|&(cell, by)| (cell, by * way)));
        Some(Sum { layer: self.layer, terms, cells: added_up(changes.collect()), at: self.at })
    }

    /// The move, if it serves.
    fn serving(&self, system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
        whole(system, query, (self.terms.clone(), self.cells.clone(), self.at), scratch)
    }
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
        let sum = Sum { layer: Layer::Joint, terms: Vec::new(), cells: vec![(1, 1), (4, -1), (6, 1)], at: &[] };
        // Against it: the other is taken as it is. Cell 6 is changed by both.
        let together = sum.with(&used(&[(4, 1), (6, 1), (9, -1)]), 4).unwrap();
        assert_eq!(together.cells, [(1, 1), (6, 2), (9, -1)]);
        assert_eq!(together.terms[0].sign, 1);
        // The same way: its opposite.
        let together = sum.with(&used(&[(4, -1), (9, 1)]), 4).unwrap();
        assert_eq!((together.cells, together.terms[0].sign), (vec![(1, 1), (6, 1), (9, -1)], -1));
        // Twice as far, or not at all.
        assert!(sum.with(&used(&[(4, 2)]), 4).is_none() && sum.with(&used(&[(9, 1)]), 4).is_none());
    }
}
