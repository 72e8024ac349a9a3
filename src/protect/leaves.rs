//! Which cells hold a leaf, and what terms of a move change together.
//!
//! In: a system, leaves of every dimension. Out: cells. Looks at no count.

use super::grid::{CellId, Grid, Lane, NONE, Role};
use super::moves::{Layer, Term};
use super::system::System;

impl System<'_> {
    /// Every cell that holds a leaf, ascending; of a move of patients those at the target's codes `at`
    /// in dimensions that patients do not add up over.
    pub fn cells_of(&self, leaf: &[u16], layer: Layer, at: &[u16]) -> Vec<CellId> {
        let mut cells = Vec::new();
        for (view, grid) in self.grids.iter().enumerate() {
            if !layer.is_of_patients() || self.shows_patients(view) {
                self.cells_in(grid, leaf, layer, at, &mut cells);
            }
        }
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The same of one view, in any order.
    fn cells_in(&self, grid: &Grid, leaf: &[u16], layer: Layer, at: &[u16], cells: &mut Vec<CellId>) {
        self.all_in(grid, leaf, layer, at, &mut |id| {
            cells.push(id);
            true
        });
    }

    /// Whether all cells of a view that hold a leaf pass, the smallest first; the rest is not looked at where
    /// one does not.
    pub fn all_in(
        &self,
        grid: &Grid,
        leaf: &[u16],
        layer: Layer,
        at: &[u16],
        passes: &mut impl FnMut(CellId) -> bool,
    ) -> bool {
        let stands = |dim: usize| layer.stands(self.universe.dims[dim].kind);
        let absent = |dim: usize| grid.role[dim] == Role::Absent && stands(dim) && at[dim] != 0;
        if (0..leaf.len()).any(absent) {
            return true;
        }
        let class = |dim: usize| grid.classes[dim].of[leaf[dim] as usize] as usize;
        let fits = |quantity: usize| {
            grid.mentions.iter().all(|mention| !stands(mention.dim) || mention.codes[quantity] == at[mention.dim])
        };
        // Quantities that hold the leaf, 64 at a time.
        let word = |at: usize| {
            let moving = grid.mentions.iter().filter(|mention| !stands(mention.dim));
            moving.fold(grid.quantities_in(at), |bits, mention| bits & mention.holders[class(mention.dim)][at])
        };
        let first = word(0);
        let mut see = |offset: usize| {
            (0..grid.quantities.div_ceil(64)).all(|at| {
                let mut bits = if at == 0 { first } else { word(at) };
                while bits != 0 {
                    let quantity = at * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let id = grid.ids[offset + quantity];
                    if fits(quantity) && (id as usize) < self.cells.len() && !passes(id) {
                        return false;
                    }
                }
                true
            })
        };
        let along = |lane: &Lane| match stands(lane.dim) {
            true => Along::Code(at[lane.dim]),
            false => Along::Class(grid.classes[lane.dim].of[leaf[lane.dim] as usize]),
        };
        each_offset(&grid.lanes, 0, &along, &mut see)
    }

    /// Every cell that terms change together, ascending, with its change. Of a move of patients only
    /// cells with patients.
    pub fn changes_of(&self, terms: &[Term], layer: Layer, at: &[u16]) -> Vec<(CellId, i8)> {
        let mut changes: Vec<(CellId, i8)> = Vec::new();
        for term in terms {
            let mut leaves: Vec<(Vec<u16>, i8)> = vec![(Vec::new(), term.sign)];
            for &(plus, minus) in &term.parts {
                let with = |(leaf, sign): &(Vec<u16>, i8)| {
                    let one = |(of, by): (u16, i8)| (leaf.iter().copied().chain([of]).collect::<Vec<u16>>(), sign * by);
                    let sides = [(plus, 1), (minus, -1)];
                    // Where a dimension stands still there is neither.
                    sides
                        .into_iter()
                        .filter(|side| side.0 != NONE || (side.1 > 0 && minus == NONE))
                        .map(one)
                        .collect::<Vec<_>>()
                };
                leaves = leaves.iter().flat_map(with).collect();
            }
            for (leaf, sign) in leaves {
                changes.extend(self.cells_of(&leaf, layer, at).into_iter().map(|cell| (cell, sign)));
            }
        }
        let mut changes = added_up(changes);
        changes.retain(|&(cell, _)| !layer.is_of_patients() || self.cells[cell as usize].has_patients());
        changes
    }
}

/// What positions along a lane must hold.
enum Along {
    /// The code itself, and no other.
    Code(u16),
    Class(u16),
}

/// Whether the offsets of all positions along some lanes pass, from the last position back: details before
/// what they add up to.
fn each_offset(
    lanes: &[Lane],
    offset: usize,
    along: &impl Fn(&Lane) -> Along,
    passes: &mut impl FnMut(usize) -> bool,
) -> bool {
    let Some((lane, rest)) = lanes.split_first() else { return passes(offset) };
    let mut go_on = |at: usize| each_offset(rest, offset + at * lane.stride, along, passes);
    match along(lane) {
        Along::Code(own) => lane.codes.iter().position(|&code| code == own).is_none_or(go_on),
        Along::Class(class) => lane.by_class[class as usize].iter().rev().all(|&at| go_on(at as usize)),
    }
}

/// Every cell once, ascending, with the sum of its changes; without those that stand still.
pub(super) fn added_up(mut changes: Vec<(CellId, i8)>) -> Vec<(CellId, i8)> {
    changes.sort_unstable();
    // Together no more than there are terms, but the order of the summands may take it further.
    let sum = |of: &[(CellId, i8)]| (of[0].0, of.iter().map(|change| i32::from(change.1)).sum::<i32>() as i8);
    changes.chunk_by(|a, b| a.0 == b.0).map(sum).filter(|change| change.1 != 0).collect()
}
