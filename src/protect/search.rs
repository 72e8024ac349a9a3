//! The cheapest box move through an unsafe cell.
//!
//! In: a system, and a target with the widths it needs. Out: the move that would newly hide
//! least, with the cells it changes. Searches along the lanes of the target's first view, best
//! options first, and cuts what is dearer than the best found; then completes the move in the
//! other views. Changes nothing.

use super::choices::{Choice, Line, lane_choices, quantity_choices};
use super::grid::{CellId, Grid};
use super::moves::{Layer, Part, Room};
use super::refine::Completion;
use super::system::{State, System};

/// How wide to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// So many options a lane.
    Best(usize),
    /// No lane gives back what it takes: totals change. Always possible.
    Totals,
}

/// What is looked for.
pub(super) struct Query<'q> {
    pub cell: CellId,
    pub layer: Layer,
    pub contacts_width: u32,
    pub patients_width: u32,
    /// Contributors who must not be alone in a changed cell, ascending.
    pub avoid: &'q [u32],
    pub reach: Reach,
    /// Moves that cost as much as this are of no interest.
    pub below: f32,
}

/// A move that serves a query.
pub(super) struct Found {
    pub layer: Layer,
    /// By dimension. In the patients layer the dimensions that patients do not add up over are
    /// fixed at `at`.
    pub parts: Vec<Part>,
    pub at: Vec<u16>,
    pub cost: f32,
    pub room: Room,
    /// Cells that change, with the sign.
    pub cells: Vec<(CellId, i8)>,
}

/// Memory that searches reuse.
#[derive(Default)]
pub(super) struct Scratch {
    pub stamps: Vec<u32>,
    pub epoch: u32,
    levels: Vec<Vec<(u32, i8)>>,
}

/// Cells looked at before a search settles for what it has.
const EFFORT: u64 = 60_000;
/// What a single contributor in a changed cell adds to the cost: enough to break ties.
const LONE: f32 = 0.02;

/// One search.
pub(super) struct Search<'s, 'a> {
    pub system: &'s System<'a>,
    pub query: &'s Query<'s>,
    pub scratch: &'s mut Scratch,
    /// The view searched in, and the target's position in it.
    pub view: usize,
    index: usize,
    /// Canonical codes of the target.
    pub coordinates: Vec<u16>,
    own: Vec<u32>,
    lanes: Vec<Vec<Choice>>,
    best: Option<Found>,
    effort: u64,
}

/// Cost and room of a part of a move.
#[derive(Clone, Copy)]
pub(super) struct Tally {
    pub cost: f32,
    pub room: Room,
}

impl Tally {
    pub const NOTHING: Tally = Tally { cost: 0.0, room: Room::BOUNDLESS };
}

/// The cheapest move found, if any.
pub(super) fn search(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let (view, index) = home(system, query)?;
    let coordinates = system.coordinates(view, index);
    let own = system.owners(query.cell, query.layer).collect();
    scratch.stamps.resize(system.cells.len(), 0);
    let mut search =
        Search { system, query, scratch, view, index, coordinates, own, lanes: Vec::new(), best: None, effort: 0 };
    search.run();
    search.best
}

/// The view to search in: for patients one that shows them.
fn home(system: &System<'_>, query: &Query<'_>) -> Option<(usize, usize)> {
    let (view, index) = system.home[query.cell as usize];
    let first = (view as usize, index as usize);
    if query.layer != Layer::Patients || system.shows_patients(first.0) {
        return Some(first);
    }
    let coordinates = system.coordinates(first.0, first.1);
    let others = (0..system.grids.len()).filter(|&view| system.shows_patients(view));
    others.filter_map(|view| Some((view, system.locate(view, &coordinates)?))).next()
}

impl Search<'_, '_> {
    fn grid(&self) -> &Grid {
        &self.system.grids[self.view]
    }

    fn run(&mut self) {
        let start = self.query.cell;
        let Some(tally) = self.weigh(start, 1, Tally::NOTHING) else { return };
        if tally.cost >= self.query.below {
            return;
        }
        self.lanes = self.all_choices();
        if self.lanes.iter().any(Vec::is_empty) {
            return;
        }
        self.lanes.sort_by_key(Vec::len);
        let depth = self.lanes.len();
        self.scratch.levels.resize(depth + 1, Vec::new());
        self.scratch.levels[0].clear();
        self.scratch.levels[0].push((self.index as u32, 1));
        self.descend(0, tally, &mut Vec::with_capacity(depth));
    }

    fn all_choices(&self) -> Vec<Vec<Choice>> {
        let grid = self.grid();
        let (positions, quantity) = grid.positions(self.index);
        let mut all: Vec<Vec<Choice>> = Vec::new();
        for (lane, &at) in grid.lanes.iter().zip(&positions) {
            let weigh = |id| self.weigh_alone(id);
            let line = Line { grid, index: self.index, at, weigh: &weigh };
            all.push(if self.is_fixed(lane.dim) { vec![Choice::stay()] } else { lane_choices(&line, lane, self) });
        }
        let fixed = self.query.layer == Layer::Patients;
        let weigh = |id| self.weigh_alone(id);
        let line = Line { grid, index: self.index, at: quantity, weigh: &weigh };
        all.push(if fixed { vec![Choice::stay()] } else { quantity_choices(&line, self) });
        all
    }

    /// Whether a dimension stands still: for patients, those they do not add up over.
    pub fn is_fixed(&self, dim: usize) -> bool {
        self.query.layer == Layer::Patients && !self.system.universe.dims[dim].kind.adds_patients()
    }

    /// Cost of a cell by itself and how far it may fall; none where it cannot change.
    fn weigh_alone(&self, id: CellId) -> Option<(f32, u32)> {
        let tally = self.weigh(id, -1, Tally::NOTHING)?;
        let room = if self.query.layer == Layer::Patients { tally.room.patients_up } else { tally.room.contacts_up };
        Some((tally.cost, room))
    }

    /// Adds a changed cell to a tally; none where it cannot change.
    pub fn weigh(&self, id: CellId, sign: i8, mut tally: Tally) -> Option<Tally> {
        // A detail that is not published is no cell.
        let Some(cell) = self.system.cells.get(id as usize) else { return Some(tally) };
        if !tally.room.take(cell, sign, self.query.layer) {
            return None;
        }
        if cell.state == State::Shown {
            tally.cost += cell.weight;
        }
        for owner in self.system.owners(id, self.query.layer) {
            if self.query.avoid.binary_search(&owner).is_ok() {
                return None;
            }
            tally.cost += if self.own.contains(&owner) { 0.0 } else { LONE };
        }
        Some(tally)
    }

    /// Whether a tally still can serve the query.
    pub fn serves(&self, tally: &Tally) -> bool {
        let (contacts, patients) = tally.room.widths(self.query.layer);
        contacts >= self.query.contacts_width && patients >= self.query.patients_width && tally.cost < self.bound()
    }

    fn bound(&self) -> f32 {
        self.best.as_ref().map_or(self.query.below, |best| best.cost)
    }

    fn descend(&mut self, depth: usize, tally: Tally, chosen: &mut Vec<usize>) {
        if depth == self.lanes.len() {
            self.complete(tally, chosen);
            return;
        }
        for at in 0..self.lanes[depth].len() {
            if self.effort > EFFORT || (self.best.is_some() && self.lanes[depth][at].cost >= self.bound()) {
                return;
            }
            if let Some(tally) = self.extend(depth, at, tally) {
                chosen.push(at);
                self.descend(depth + 1, tally, chosen);
                chosen.pop();
            }
        }
    }

    /// The cells so far times the steps of a choice.
    fn extend(&mut self, depth: usize, at: usize, mut tally: Tally) -> Option<Tally> {
        let (before, after) = self.scratch.levels.split_at_mut(depth + 1);
        let (before, mut next) = (std::mem::take(&mut before[depth]), std::mem::take(&mut after[0]));
        next.clear();
        next.extend_from_slice(&before);
        let mut possible = true;
        'steps: for &(offset, sign) in &self.lanes[depth][at].steps {
            for &(index, first) in &before {
                let index = (i64::from(index) + offset) as u32;
                let sign = first * sign;
                self.effort += 1;
                match self.weigh(self.grid().ids[index as usize], sign, tally) {
                    Some(more) if self.serves(&more) => tally = more,
                    _ => {
                        possible = false;
                        break 'steps;
                    }
                }
                next.push((index, sign));
            }
        }
        self.scratch.levels[depth] = before;
        self.scratch.levels[depth + 1] = next;
        possible.then_some(tally)
    }

    fn complete(&mut self, tally: Tally, chosen: &[usize]) {
        let mut leaves = self.system.all_leaves();
        let grid = self.grid();
        for (choices, &at) in self.lanes.iter().zip(chosen) {
            for &(dim, (plus, minus)) in &choices[at].parts {
                leaves[dim] = grid.candidates(dim, plus, minus);
            }
        }
        for (dim, candidates) in leaves.iter_mut().enumerate() {
            candidates.fixed = self.is_fixed(dim);
        }
        let cells = std::mem::take(&mut self.scratch.levels[self.lanes.len()]);
        let found = Completion::new(self, leaves, tally).run(&cells);
        self.scratch.levels[self.lanes.len()] = cells;
        self.effort += 200;
        if let Some(found) = found {
            self.best = Some(found);
        }
    }
}
