//! A move that a search found: what it changes, what it costs and how far it may go.
//!
//! In: nothing; searches make it. Out: the cells that it changes. Never searches.

use super::grid::CellId;
use super::moves::{Layer, Room, Term};

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
    /// Every cell that changes, with the move that goes along.
    pub fn changed(&self) -> impl Iterator<Item = CellId> + '_ {
        let along = self.along.iter().flat_map(|along| &along.cells);
        self.cells.iter().chain(along).map(|&(cell, _)| cell)
    }
}
