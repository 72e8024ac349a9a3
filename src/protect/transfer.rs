//! Moves from one leaf to another: the last ones to be tried that keep the totals of both.
//!
//! In: a query. Out: a leaf raised for the target and another lowered for it, with all cells that
//! hold the one and not the other. What both are in (a month of the whole country) stands still.
//! A few large leaves are tried for the second, not all: of most it is told by what the views' own cells
//! cost and allow, which many leaves have in common. Changes nothing.

use rustc_hash::FxHashMap;

use super::grid::{CellId, Grid, NONE, Role};
use super::moves::Term;
use super::patients::Within;
use super::search::{Found, Query, Reach, Scratch, search};
use super::system::{State, System};
use super::weigher::{Tally, Weigher, bound};
use crate::relations::DimKind;

/// Contact types tried: the most frequent.
const TYPES: usize = 5;

/// Dimensions in which the second leaf may differ; and where it is the last hope.
const DIFFERING: usize = 2;
const DIFFERING_AT_LAST: usize = 3;

/// The cheapest transfer found, if any.
pub(super) fn transfer(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let mut search = Transfer::of(system, query, scratch)?;
    let mut leaf = search.from.clone();
    let differing = if query.below.is_finite() { DIFFERING } else { DIFFERING_AT_LAST };
    search.vary(0, differing, &mut leaf, scratch);
    search.best
}

struct Transfer<'s, 'a> {
    system: &'s System<'a>,
    query: &'s Query<'s>,
    weigher: Weigher<'s, 'a>,
    /// Codes of the target.
    at: Vec<u16>,
    /// The leaf raised.
    from: Vec<u16>,
    /// The cells that hold it, ascending.
    raised: Vec<CellId>,
    /// By dimension: leaves tried, its own first.
    options: Vec<Vec<u16>>,
    /// The views in which cells change.
    sides: Vec<Side>,
    /// What a quick look at a leaf said, by what the first view tells of it.
    large: FxHashMap<u128, bool>,
    best: Option<Found>,
}

/// What is known of transfers in one view. A cell of several views belongs to its home.
struct Side {
    view: usize,
    /// Cells at home that hold the leaf raised, ascending.
    raised: Vec<CellId>,
    /// What the cells at home cost and allow, by what the view tells of the second leaf; none where one of
    /// them cannot change.
    known: FxHashMap<u128, Option<Tally>>,
}

/// What is taken off a cost that was added up in another order: more than that can make of it.
const ROUNDING: f32 = 1e-3;

impl<'s, 'a> Transfer<'s, 'a> {
    /// The leaf to raise, and what is known before any second one is tried; none where nothing can be raised. A query
    /// for a transfer has no base, so that no cell costs less than nothing.
    fn of(system: &'s System<'a>, query: &'s Query<'s>, scratch: &mut Scratch) -> Option<Self> {
        let totals = Query { reach: Reach::Totals, below: f32::INFINITY, ..*query };
        // Where sums that were told stand still no total can move, but the leaf to raise is found all the same.
        let first = search(system, &totals, scratch)
            .or_else(|| search(system, &Query { contacts_width: 0, patients_width: 0, ..totals }, scratch))?;
        let from: Vec<u16> = first.terms.first()?.parts.iter().map(|part| part.0).collect();
        let (weigher, raised) = (Weigher::new(system, query), system.cells_of(&from, query.layer, &first.at));
        let (options, sides, large) = (Vec::new(), Vec::new(), FxHashMap::default());
        let mut all =
            Transfer { system, query, weigher, at: first.at, from, options, raised, sides, large, best: None };
        all.options = (0..all.from.len()).map(|dim| all.options(dim)).collect();
        all.sides = all.sides();
        Some(all)
    }

    /// Tries every second leaf that differs in at most so many of the dimensions from `dim` on.
    /// Residence and practice count as one.
    fn vary(&mut self, dim: usize, left: usize, leaf: &mut Vec<u16>, scratch: &mut Scratch) {
        if self.bound() <= 0.0 {
            return;
        }
        if dim == leaf.len() {
            self.consider(leaf, scratch);
            return;
        }
        for at in 0..self.options[dim].len() {
            let option = self.options[dim][at];
            leaf[dim] = option;
            let moved_along = self.system.universe.dims[dim].kind == DimKind::Practice && leaf[0] != self.from[0];
            let spent = usize::from(option != self.from[dim] && !moved_along);
            if spent <= left {
                self.vary(dim + 1, left - spent, leaf, scratch);
            }
        }
        leaf[dim] = self.from[dim];
    }

    /// Leaves tried in a dimension: its own first.
    fn options(&self, dim: usize) -> Vec<u16> {
        let (of, own) = (&self.system.universe.dims[dim], self.from[dim]);
        let all = match of.kind {
            _ if own == NONE => Vec::new(),
            DimKind::Residence | DimKind::Practice => self.system.large_places.near(own),
            DimKind::Type => self.system.large_types.iter().copied().take(TYPES).collect(),
            DimKind::Condition if self.query.below.is_finite() => Vec::new(),
            DimKind::Time | DimKind::Icpc2Chapter => Vec::new(),
            _ => (0..of.leaves.len() as u16).collect(),
        };
        [own].into_iter().chain(all.into_iter().filter(|&leaf| leaf != own)).collect()
    }

    fn sides(&self) -> Vec<Side> {
        let changes = |view: &usize| !self.query.layer.is_of_patients() || self.system.shows_patients(*view);
        let raised = |view: usize| {
            let all = self.raised.iter().copied();
            all.filter(|&id| usize::from(self.system.home[id as usize].0) == view).collect()
        };
        let views = (0..self.system.grids.len()).filter(changes);
        views.map(|view| Side { view, raised: raised(view), known: FxHashMap::default() }).collect()
    }

    /// The least that a transfer to a leaf costs, and the most that it allows; none where a cell cannot
    /// change.
    fn at_least(&mut self, leaf: &[u16]) -> Option<Tally> {
        let mut least = Tally::NOTHING;
        for at in 0..self.sides.len() {
            let number = told(&self.system.grids[self.sides[at].view], leaf);
            let of_side = match self.sides[at].known.get(&number) {
                Some(known) => *known,
                None => {
                    let tally = self.weigh(&self.sides[at], leaf);
                    self.sides[at].known.insert(number, tally);
                    tally
                }
            }?;
            least.cost += of_side.cost;
            least.room.merge(&of_side.room);
        }
        least.cost *= 1.0 - ROUNDING;
        Some(least)
    }

    /// What the cells at home in a view cost and allow.
    fn weigh(&self, side: &Side, leaf: &[u16]) -> Option<Tally> {
        let mut lowered = Vec::new();
        self.system.all_in(&self.system.grids[side.view], leaf, self.query.layer, &self.at, &mut |id| {
            if usize::from(self.system.home[id as usize].0) == side.view {
                lowered.push(id);
            }
            true
        });
        lowered.sort_unstable();
        lowered.dedup();
        let mut changes = only(&lowered, &side.raised, -1).chain(only(&side.raised, &lowered, 1));
        changes.try_fold(Tally::NOTHING, |tally, (id, sign)| self.weigher.weigh(id, sign, tally))
    }

    /// Whether the cells of a leaf in the first view leave room to fall: a quick look.
    fn is_large(&mut self, leaf: &[u16]) -> bool {
        let Some(grid) = self.system.grids.first() else { return true };
        let number = told(grid, leaf);
        if let Some(&known) = self.large.get(&number) {
            return known;
        }
        let is_large = self.looks_large(grid, leaf);
        self.large.insert(number, is_large);
        is_large
    }

    fn looks_large(&self, grid: &Grid, leaf: &[u16]) -> bool {
        let width = self.query.contacts_width.max(self.query.patients_width);
        self.system.all_in(grid, leaf, self.query.layer, &self.at, &mut |id| {
            let cell = &self.system.cells[id as usize];
            cell.contacts > width || cell.state == State::Unpublished || self.raised.binary_search(&id).is_ok()
        })
    }

    /// Takes the transfer to a second leaf, if it is the best so far.
    fn consider(&mut self, leaf: &[u16], scratch: &mut Scratch) {
        let Some(least) = self.at_least(leaf).filter(|_| leaf != self.from) else { return };
        if !self.weigher.serves(&least, self.bound()) || !self.is_large(leaf) {
            return;
        }
        let lowered = self.system.cells_of(leaf, self.query.layer, &self.at);
        if lowered.binary_search(&self.query.cell).is_ok() {
            return;
        }
        let mut tally = Tally::NOTHING;
        let mut changes = Vec::new();
        for (id, sign) in only(&lowered, &self.raised, -1).rev().chain(only(&self.raised, &lowered, 1)) {
            match self.weigher.weigh(id, sign, tally) {
                Some(more) if self.weigher.serves(&more, self.bound()) => tally = more,
                _ => return,
            }
            changes.push((id, sign));
        }
        if self.query.layer != super::moves::Layer::Contacts {
            let has_patients = |change: &&(CellId, i8)| self.system.cells[change.0 as usize].has_patients();
            let of_patients: Vec<(CellId, i8)> = changes.iter().filter(has_patients).copied().collect();
            self.system.patient_rules.limit(&of_patients, Within::All, &mut scratch.touched, &mut tally.room);
        }
        if self.weigher.serves(&tally, self.bound()) {
            self.best = Some(self.found(leaf, tally, changes));
        }
    }

    fn bound(&self) -> f32 {
        bound(self.query, self.best.as_ref())
    }

    fn found(&self, leaf: &[u16], tally: Tally, mut cells: Vec<(CellId, i8)>) -> Found {
        let term = |sign, leaf: &[u16]| Term { sign, parts: leaf.iter().map(|&leaf| (leaf, NONE)).collect() };
        if self.query.layer.is_of_patients() {
            cells.retain(|&(id, _)| self.system.cells[id as usize].has_patients());
        }
        Found {
            layer: self.query.layer,
            terms: vec![term(1, &self.from), term(-1, leaf)],
            at: self.at.clone(),
            cost: tally.cost,
            room: tally.room,
            cells,
            along: Vec::new(),
        }
    }
}

/// Changes of the cells that are among these and not among others, which ascend.
fn only(these: &[CellId], others: &[CellId], sign: i8) -> impl DoubleEndedIterator<Item = (CellId, i8)> {
    these.iter().filter(|id| others.binary_search(id).is_err()).map(move |&id| (id, sign))
}

/// A number for all that a view tells of a leaf.
fn told(grid: &Grid, leaf: &[u16]) -> u128 {
    (0..leaf.len()).filter(|&dim| grid.role[dim] != Role::Absent).fold(0u128, |number, dim| {
        let class = grid.classes[dim].of.get(leaf[dim] as usize).map_or(0, |&class| u128::from(class) + 1);
        number.wrapping_mul(grid.classes[dim].leaves.len() as u128 + 1).wrapping_add(class)
    })
}

#[cfg(test)]
mod tests {
    use super::super::moves::Layer;
    use super::super::search::Company;
    use super::super::testing::{geography, pipeline, table};
    use super::super::tests_system::{contacts, protected};
    use super::*;
    use crate::definition::Measure;

    /// For every second leaf there is, of some targets: the views' own cells together say the same as all cells.
    #[test]
    fn what_the_views_say_of_a_leaf_is_what_its_cells_cost_and_allow() {
        let mut one = table("t", &[0b111, 0b011, 0b001, 0b010, 0b100]);
        one.measures = vec![Measure::Contacts, Measure::Patients];
        let mut other = table("practice", &[0b111, 0b011, 0b001]);
        other.place = crate::definition::PlaceBasis::Practice;
        other.measures = vec![Measure::Contacts];
        let (geography, pipeline) = (geography(&[3, 4, 1]), pipeline(3, 1, vec![one, other]));
        let (mut possible, mut impossible) = (0, 0);
        protected(&contacts(2, 600, 8, 4, 3), &pipeline, &geography, |system| {
            for target in system.targets.iter().step_by(7) {
                let query = Query {
                    cell: target.cell,
                    layer: Layer::Joint,
                    contacts_width: 1,
                    patients_width: 0,
                    company: Company::Alone,
                    keep: None,
                    base: None,
                    avoid: &[],
                    reach: Reach::Transfer,
                    below: f32::INFINITY,
                    effort: 100_000,
                };
                let mut scratch = Scratch::default();
                let Some(mut transfer) = Transfer::of(system, &query, &mut scratch) else { continue };
                let leaves = transfer.options.iter().fold(vec![Vec::new()], |leaves, options| {
                    let with = |leaf: &Vec<u16>| -> Vec<Vec<u16>> {
                        options.iter().map(|&code| leaf.iter().copied().chain([code]).collect()).collect()
                    };
                    leaves.iter().flat_map(with).collect()
                });
                for leaf in leaves {
                    let lowered = system.cells_of(&leaf, query.layer, &transfer.at);
                    let changes = only(&lowered, &transfer.raised, -1).chain(only(&transfer.raised, &lowered, 1));
                    let add = |tally, (id, sign)| transfer.weigher.weigh(id, sign, tally);
                    let all = { changes }.try_fold(Tally::NOTHING, add);
                    let least = transfer.at_least(&leaf);
                    assert_eq!(least.is_some(), all.is_some());
                    let Some((least, all)) = least.zip(all) else {
                        impossible += 1;
                        continue;
                    };
                    possible += 1;
                    assert_eq!(least.room, all.room);
                    assert!(least.cost <= all.cost && least.cost >= all.cost * (1.0 - 2.0 * ROUNDING) - 1e-3);
                }
            }
        });
        assert!(possible > 100 && impossible > 100, "{possible} {impossible}");
    }
}
