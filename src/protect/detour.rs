//! A move made cheaper by ways round what it would hide.
//!
//! In: a move that a search found. Out: the same or a cheaper one. For a cell that it would newly
//! hide another box is looked for that changes this cell back, so that in both together it stands
//! still; what the box changes instead is hidden already, or cheaper. Step by step moves of many
//! corners come about, through whatever is hidden. Changes nothing.

use super::grid::CellId;
use super::leaves::added_up;
use super::moves::{Layer, Term};
use super::search::{Found, Query, Reach, Scratch, search};
use super::system::System;
use super::weigher::{FREE, LONE, Tally};

/// Boxes added to a move at most.
const STEPS: usize = 4;
/// Cells that a way round is looked for, the dearest first.
const CELLS: usize = 3;
/// Options a lane of a way round, and its effort.
const OPTIONS: usize = 8;
const EFFORT: u64 = 20_000;

/// A part of a move that is there already, to which a box is added.
pub(super) struct Base {
    /// The cell that the box has to change by 1.
    pub through: CellId,
    /// What the part changes, ascending by cell.
    pub changes: Vec<(CellId, i8)>,
    pub terms: Vec<Term>,
    pub tally: Tally,
    /// What its shown cells cost: the most that a box can give back.
    pub refund: f32,
}

impl Base {
    /// A move to which another is added that raises the same target.
    pub fn raising(system: &System<'_>, found: &Found, target: CellId) -> Base {
        Base::lowering(system, found, (target, -1))
    }

    /// A move, up or down, so that it lowers a cell that it changes by 1.
    fn lowering(system: &System<'_>, found: &Found, (through, by): (CellId, i8)) -> Base {
        let mut changes: Vec<(CellId, i8)> = found.cells.iter().map(|&(cell, change)| (cell, -by * change)).collect();
        changes.sort_unstable();
        let room = if by > 0 { found.room.reversed() } else { found.room };
        Base {
            through,
            refund: changes.iter().map(|&(cell, _)| system.cells[cell as usize].price()).sum(),
            changes,
            terms: found.terms.iter().map(|term| term.turned(-by)).collect(),
            tally: Tally { cost: found.cost, room },
        }
    }

    /// What the part does to a cell.
    pub fn change(&self, cell: CellId) -> i8 {
        self.changes.binary_search_by_key(&cell, |change| change.0).map_or(0, |at| self.changes[at].1)
    }

    /// By how much the part and a box together change a cell at least.
    pub fn times(&self, cell: CellId) -> u32 {
        u32::from(self.change(cell).unsigned_abs()) + u32::from(self.through == cell)
    }

    /// The changes of the part and a box together.
    pub fn with(&self, cells: &[(CellId, i8)]) -> Vec<(CellId, i8)> {
        added_up(self.changes.iter().chain(cells).copied().collect())
    }
}

/// The move, or a cheaper one with ways round.
pub(super) fn with_detours(system: &System<'_>, query: &Query<'_>, found: Found, scratch: &mut Scratch) -> Found {
    let mut best = found;
    if !system.is_careful || !matches!(best.layer, Layer::Joint | Layer::Contacts) {
        return best;
    }
    for _ in 0..STEPS {
        let next = best.dearest(system, CELLS, |by| by.abs() == 1).into_iter().find_map(|change| {
            let base = Base::lowering(system, &best, change);
            let below = best.cost - LONE;
            let reach = Reach::Best(OPTIONS);
            let found = search(system, &Query { base: Some(&base), below, reach, effort: EFFORT, ..*query }, scratch)?;
            Some(upright(query, found))
        });
        match next {
            Some(cheaper) => best = cheaper,
            None => break,
        }
        if best.cost < FREE {
            break;
        }
    }
    best
}

/// The move in the direction that raises its target.
fn upright(query: &Query<'_>, mut found: Found) -> Found {
    if found.cells.iter().any(|&(cell, by)| cell == query.cell && by < 0) {
        found.cells.iter_mut().for_each(|change| change.1 = -change.1);
        found.terms.iter_mut().for_each(|term| term.sign = -term.sign);
        found.room = found.room.reversed();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    /// Three municipalities and three contact types; every municipality has three contacts of two types,
    /// and every type three contacts in two municipalities. A box has a corner elsewhere; a way of six
    /// corners goes through small counts alone.
    #[test]
    fn small_counts_that_make_a_ring_protect_each_other() {
        let small = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2)];
        assert_eq!(hidden_of_three([[3, 3, 40], [40, 3, 3], [3, 40, 3]]), small);
    }
}
