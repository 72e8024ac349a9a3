//! A move that a search found: what it changes, what it costs and how far it may go.
//!
//! In: nothing; searches make it. Out: the cells that it changes. Never searches.

use super::grid::CellId;
use super::moves::{Layer, Room, Term};
use super::system::System;

/// A move that serves a query.
pub(super) struct Found {
    pub layer: Layer,
    pub terms: Vec<Term>,
    /// Canonical codes of the target.
    pub at: Vec<u16>,
    pub cost: f32,
    pub room: Room,
    /// Cells that change, and by how much.
    pub cells: Vec<(CellId, i8)>,
    /// Moves that go along with one of patients, upwards: of contacts, of patients in other periods.
    pub along: Vec<Found>,
}

impl Found {
    /// Cells that the move would newly hide, the dearest first, and no more of them than `most`; those of
    /// some changes.
    pub fn dearest(&self, system: &System<'_>, most: usize, of: impl Fn(i8) -> bool) -> Vec<(CellId, i8)> {
        let price = |change: &(CellId, i8)| system.cells[change.0 as usize].price();
        let mut dear: Vec<(CellId, i8)> =
            self.cells.iter().copied().filter(|change| of(change.1) && price(change) > 0.0).collect();
        dear.sort_by(|a, b| price(b).total_cmp(&price(a)).then(a.0.cmp(&b.0)));
        dear.truncate(most);
        dear
    }

    /// Every cell that changes, with the move that goes along.
    pub fn changed(&self) -> impl Iterator<Item = CellId> + '_ {
        let along = self.along.iter().flat_map(|along| &along.cells);
        self.cells.iter().chain(along).map(|&(cell, _)| cell)
    }
}
