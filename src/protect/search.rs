//! The cheapest box move through an unsafe cell.
//!
//! In: a system, and a target with the widths it needs. Out: the move that would newly hide
//! least, with the cells it changes. Searches along the lanes of the target's first view, best
//! options first, and cuts what is dearer than the best found; then completes the move in the
//! other views. Changes nothing.

pub(super) use super::found::Found;

use super::choices::{Choice, Limits, Pairs, Slices, lane_choices, quantity_choices};
use super::detour::Base;
use super::grid::{CellId, Grid};
use super::moves::Layer;
use super::patients::Within;
use super::refine::Completion;
use super::system::System;
use super::weigher::{Tally, Weigher, bound};

/// How wide to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// So many options a lane.
    Best(usize),
    /// Types, sexes and other parts give back what one takes, places and periods do not.
    InPlace,
    /// From one leaf to another ([`super::transfer`]).
    Transfer,
    /// No lane gives back what it takes: totals change. Always possible.
    Totals,
}

/// Whether a move of patients has to fit contacts and other periods in the whole country by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    Alone,
    /// Moves of contacts, and of patients in other periods, will go along.
    WithOthers,
}

/// What is looked for.
pub(super) struct Query<'q> {
    pub cell: CellId,
    pub layer: Layer,
    pub contacts_width: u32,
    pub patients_width: u32,
    pub company: Company,
    /// A cell that must not change.
    pub keep: Option<CellId>,
    /// A part of the move that is there already: what is looked for goes through its cell, which may be
    /// another than the target.
    pub base: Option<&'q Base>,
    /// Contributors who must not be alone in a changed cell, ascending.
    pub avoid: &'q [u32],
    pub reach: Reach,
    /// Moves that cost as much as this are of no interest.
    pub below: f32,
    /// Cells looked at before the search settles for what it has.
    pub effort: u64,
}

/// Memory that searches reuse.
#[derive(Default)]
pub(super) struct Scratch {
    pub stamps: Vec<u32>,
    pub epoch: u32,
    pub touched: Vec<(u32, i32)>,
    /// Cells looked at so far.
    pub spent: u64,
    /// Changes of two moves together.
    pub sum: Vec<(CellId, i8)>,
    levels: Vec<Vec<(u32, i8)>>,
    slices: Slices,
}

/// Options a lane up to which municipalities of other counties are left out.
const NEAR: usize = 30;

impl Query<'_> {
    /// The cell through which the box goes.
    fn start(&self) -> CellId {
        self.base.map_or(self.cell, |base| base.through)
    }
}

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
    weigher: Weigher<'s, 'a>,
    /// The target's position along each axis: the lanes, then the quantity.
    at: Vec<usize>,
    /// The axes in the order they are searched.
    order: Vec<usize>,
    chosen: Vec<Choice>,
    best: Option<Found>,
    effort: u64,
}

/// The cheapest move found, if any.
pub(super) fn search(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let (view, index) = home(system, query)?;
    let coordinates = system.coordinates(view, index);
    scratch.stamps.resize(system.cells.len(), 0);
    let mut search = Search {
        system,
        query,
        scratch,
        view,
        index,
        coordinates,
        weigher: Weigher::new(system, query),
        at: Vec::new(),
        order: Vec::new(),
        chosen: Vec::new(),
        best: None,
        effort: 0,
    };
    search.run();
    search.scratch.spent += search.effort;
    search.best
}

/// The view to search in: for patients one that shows them.
fn home(system: &System<'_>, query: &Query<'_>) -> Option<(usize, usize)> {
    let (view, index) = system.home[query.start() as usize];
    let first = (view as usize, index as usize);
    if !query.layer.is_of_patients() || system.shows_patients(first.0) {
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
        let first = self.query.base.map_or(Tally::NOTHING, |base| base.tally);
        let Some(tally) = self.weigh(self.query.start(), 1, first).filter(|tally| self.may_serve(tally)) else {
            return;
        };
        let (mut at, quantity) = self.grid().positions(self.index);
        at.push(quantity);
        self.at = at;
        self.order = self.axes_in_order();
        let depth = self.order.len();
        self.scratch.levels.resize(depth + 1, Vec::new());
        self.scratch.levels[0].clear();
        self.scratch.levels[0].push((self.index as u32, 1));
        self.descend(0, tally);
    }

    /// Short axes first, but the long one early: while few cells are chosen it is cheap to look at
    /// all of it.
    fn axes_in_order(&self) -> Vec<usize> {
        let grid = self.grid();
        let length = |axis: &usize| grid.lanes.get(*axis).map_or(grid.quantities, |lane| lane.len);
        let fixed = |axis: usize| match grid.lanes.get(axis) {
            Some(lane) => self.is_fixed(lane.dim),
            None => self.query.layer == Layer::Patients,
        };
        let mut order: Vec<usize> = (0..=grid.lanes.len()).filter(|&axis| !fixed(axis)).collect();
        order.sort_by_key(length);
        if order.len() > 2 {
            let longest = order.remove(order.len() - 1);
            order.insert(1, longest);
        }
        order
    }

    /// The best options along an axis, with the cells chosen so far.
    fn choices(&mut self, depth: usize, so_far: Tally) -> Vec<Choice> {
        let axis = self.order[depth];
        let own = self.at[axis];
        self.slice(depth, axis);
        let slices = std::mem::take(&mut self.scratch.slices);
        let pairs = match self.query.reach {
            Reach::Best(_) => Pairs::Allowed,
            // Place and period are the first two axes.
            Reach::InPlace if axis > 1 => Pairs::Allowed,
            Reach::InPlace | Reach::Transfer | Reach::Totals => Pairs::None,
        };
        let limits = Limits { so_far, reach: self.query.reach, pairs, serves: &|tally| self.may_serve(tally) };
        let choices = match self.grid().lanes.get(axis) {
            Some(lane) => lane_choices(lane, own, &slices, &limits),
            None => {
                let options = match (self.query.layer, self.query.reach) {
                    (Layer::PatientsByType, _) => &self.system.type_options,
                    (_, Reach::Best(_) | Reach::InPlace) => &self.system.quantity_options,
                    (_, Reach::Transfer | Reach::Totals) => &self.system.all_options,
                };
                quantity_choices(&options[self.view][own], own, &slices, &limits)
            }
        };
        self.scratch.slices = slices;
        choices
    }

    /// What it costs to change the cells so far at every position along an axis.
    fn slice(&mut self, depth: usize, axis: usize) {
        let mut slices = std::mem::take(&mut self.scratch.slices);
        let (length, stride) =
            self.grid().lanes.get(axis).map_or((self.grid().quantities, 1), |lane| (lane.len, lane.stride));
        slices.up.clear();
        slices.down.clear();
        for at in 0..length {
            let offset = (at as i64 - self.at[axis] as i64) * stride as i64;
            let passed_over = at == self.at[axis] || self.is_far(axis, at);
            slices.up.push(if passed_over { None } else { self.weigh_all(depth, offset, 1) });
            if self.query.base.is_some() {
                slices.down.push(if passed_over { None } else { self.weigh_all(depth, offset, -1) });
            }
            self.effort += if passed_over { 0 } else { self.scratch.levels[depth].len() as u64 };
        }
        self.scratch.slices = slices;
    }

    /// A municipality of another county: counties would change with it, so that it is looked at only
    /// where the county has nothing.
    fn is_far(&self, axis: usize, at: usize) -> bool {
        let in_county = matches!(self.query.reach, Reach::Best(most) if most <= NEAR);
        let lane = self.grid().lanes.first().filter(|_| in_county && axis == 0);
        lane.is_some_and(|lane| lane.classes_at[self.at[0]].len() == 1 && !lane.is_near(self.at[0], at))
    }

    fn weigh_all(&self, depth: usize, offset: i64, by: i8) -> Option<Tally> {
        let ids = &self.grid().ids;
        let bound = self.bound() + self.weigher.refund();
        let mut tally = Tally::NOTHING;
        for &(index, sign) in &self.scratch.levels[depth] {
            let can = self.add(ids[(i64::from(index) + offset) as usize], sign * by, &mut tally);
            if !can || tally.cost >= bound {
                return None;
            }
        }
        Some(tally)
    }

    /// Whether a dimension stands still: for patients, those they do not add up over.
    pub fn is_fixed(&self, dim: usize) -> bool {
        self.query.layer.stands(self.system.universe.dims[dim].kind)
    }

    /// Adds a changed cell to a tally; false where it cannot change.
    #[inline]
    pub fn add(&self, id: CellId, sign: i8, tally: &mut Tally) -> bool {
        self.weigher.add(id, sign, tally)
    }

    /// The same, of a tally that is left as it is; none where it cannot change.
    pub fn weigh(&self, id: CellId, sign: i8, tally: Tally) -> Option<Tally> {
        self.weigher.weigh(id, sign, tally)
    }

    /// Whether a tally still can serve the query.
    pub fn may_serve(&self, tally: &Tally) -> bool {
        self.weigher.may_serve(tally, self.bound())
    }

    /// Whether that of a whole move serves it.
    pub fn serves(&self, tally: &Tally) -> bool {
        self.weigher.serves(tally, self.bound())
    }

    fn bound(&self) -> f32 {
        bound(self.query, self.best.as_ref())
    }

    fn descend(&mut self, depth: usize, tally: Tally) {
        if depth == self.order.len() {
            self.complete(tally);
            return;
        }
        for choice in self.choices(depth, tally) {
            if self.effort > self.query.effort || choice.tally.cost >= self.bound() + self.weigher.refund() {
                return;
            }
            self.extend(depth, &choice);
            if let Some(tally) = self.within_rules(depth + 1, choice.tally) {
                self.chosen.push(choice);
                self.descend(depth + 1, tally);
                self.chosen.pop();
            }
        }
    }

    /// The tally as far as what everybody knows of patients allows, once the axes along which
    /// that is known, period and quantity, are chosen.
    fn within_rules(&mut self, depth: usize, mut tally: Tally) -> Option<Tally> {
        let (period, quantity) = (1, self.grid().lanes.len());
        let open = |axis: &usize| [period, quantity].contains(axis);
        // What a base changes besides is looked at when the move is whole.
        if self.query.base.is_none() && self.query.layer != Layer::Contacts && !self.order[depth..].iter().any(open) {
            let (ids, cells) = (&self.grid().ids, &self.system.cells);
            let has_patients = |id: &u32| cells.get(*id as usize).is_some_and(super::system::Cell::has_patients);
            let level = &self.scratch.levels[depth];
            let mut changes: Vec<(CellId, i8)> = level
                .iter()
                .map(|&(index, sign)| (ids[index as usize], sign))
                .filter(|(id, _)| has_patients(id))
                .collect();
            // A cell may have two positions (a county of one municipality).
            changes.sort_unstable();
            changes.dedup();
            let within = match self.query.company {
                Company::Alone => Within::View(self.view),
                Company::WithOthers => Within::PeriodOfView(self.view),
            };
            self.system.patient_rules.limit(&changes, within, &mut self.scratch.touched, &mut tally.room);
        }
        self.may_serve(&tally).then_some(tally)
    }

    /// The cells so far, and again at every step of a choice.
    fn extend(&mut self, depth: usize, choice: &Choice) {
        let axis = self.order[depth];
        let stride = self.grid().lanes.get(axis).map_or(1, |lane| lane.stride) as i64;
        let own = self.at[axis] as i64;
        let (before, after) = self.scratch.levels.split_at_mut(depth + 1);
        let (before, next) = (&before[depth], &mut after[0]);
        next.clear();
        next.extend_from_slice(before);
        for &(at, sign) in &choice.steps {
            let offset = (i64::from(at) - own) * stride;
            next.extend(before.iter().map(|&(index, first)| ((i64::from(index) + offset) as u32, first * sign)));
        }
    }

    fn complete(&mut self, tally: Tally) {
        let mut leaves = self.system.all_leaves();
        let grid = self.grid();
        for &(dim, (plus, minus)) in self.chosen.iter().flat_map(|choice| &choice.parts) {
            leaves[dim] = grid.candidates(dim, plus, minus);
        }
        for (dim, candidates) in leaves.iter_mut().enumerate() {
            candidates.fixed = self.is_fixed(dim);
        }
        let cells = std::mem::take(&mut self.scratch.levels[self.order.len()]);
        let found = Completion::new(self, leaves, tally).run(&cells);
        self.scratch.levels[self.order.len()] = cells;
        self.effort += 200;
        if let Some(found) = found {
            self.best = Some(found);
        }
    }
}
