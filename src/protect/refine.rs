//! A move carried over to every other view.
//!
//! In: the leaves that a move may use, as far as the first view tells them apart. Out: the move
//! with one leaf a dimension, and all cells that it changes. Where another view tells more leaves
//! apart, the cheapest is taken, view by view.

use super::changed::{Changed, Mentioned, Steps, common, differing, has_quantity, lane_steps, moves, quantity_steps};
use super::grid::{CellId, Classes, Grid, Lane, NONE, Role};
use super::moves::{Layer, Term};
use super::patients::Within;
use super::search::{Company, Found, Reach, Search};
use super::weigher::Tally;

/// Leaves that a move may raise, and lower, in a dimension.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates {
    pub plus: Vec<u16>,
    /// Empty: nothing is lowered.
    pub minus: Vec<u16>,
    /// The dimension stands still at the target's code.
    pub fixed: bool,
}

impl Candidates {
    fn side(&self, side: Side) -> &Vec<u16> {
        match side {
            Side::Plus => &self.plus,
            Side::Minus => &self.minus,
        }
    }
    fn side_mut(&mut self, side: Side) -> &mut Vec<u16> {
        match side {
            Side::Plus => &mut self.plus,
            Side::Minus => &mut self.minus,
        }
    }
}

/// Options tried for a leaf before the one chosen before it is given up.
const RETRIES: usize = 8;
/// Ways given up before a move is; and where it is the last hope.
const TRIES: usize = 12;
const TRIES_AT_LAST: usize = 2_000;

pub(super) struct Completion<'c, 's, 'a> {
    search: &'c mut Search<'s, 'a>,
    leaves: Vec<Candidates>,
    tally: Tally,
    cells: Vec<(CellId, i8)>,
    /// Ways given up.
    tries: usize,
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Plus,
    Minus,
}

impl<'c, 's, 'a> Completion<'c, 's, 'a> {
    pub fn new(search: &'c mut Search<'s, 'a>, leaves: Vec<Candidates>, tally: Tally) -> Self {
        Completion { search, leaves, tally, cells: Vec::new(), tries: 0 }
    }

    /// The whole move, given the cells of the first view (by position); none where it cannot be
    /// carried over or is too dear.
    pub fn run(mut self, first: &[(u32, i8)]) -> Option<Found> {
        let system = self.search.system;
        self.search.scratch.epoch += 1;
        for &(index, sign) in first {
            let id = system.grids[self.search.view].ids[index as usize];
            if self.mark(id) {
                self.cells.push((id, sign));
            }
        }
        self.carry_on(0).then(|| self.found())
    }

    /// Carries the move over to a view and all after it; false, and as before, where that cannot be.
    fn carry_on(&mut self, view: usize) -> bool {
        let system = self.search.system;
        let is_of_patients = self.search.query.layer.is_of_patients();
        let concerned = |&view: &usize| view != self.search.view && (!is_of_patients || system.shows_patients(view));
        let next = (view..system.grids.len()).filter(concerned).find(|&view| self.touches(&system.grids[view]));
        let Some(view) = next else { return self.fits() };
        let open = self.open_sides(&system.grids[view]);
        self.settle(view, &open)
    }

    /// Settles the sides that only this view tells apart one after the other, then goes on; goes
    /// back where that leads nowhere.
    fn settle(&mut self, view: usize, open: &[(usize, Side)]) -> bool {
        let grid = &self.search.system.grids[view];
        let Some((&(dim, side), rest)) = open.split_first() else {
            let before = (self.cells.len(), self.tally);
            if self.take(grid).is_some() && self.carry_on(view + 1) {
                return true;
            }
            self.undo(before);
            return false;
        };
        let mut options = self.options(grid, dim, side);
        options.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let of = &grid.classes[dim].of;
        let all = std::mem::take(self.leaves[dim].side_mut(side));
        let (retries, tries) = match self.search.query.reach {
            Reach::Best(_) | Reach::InPlace => (RETRIES, TRIES),
            Reach::Transfer | Reach::Totals => (usize::MAX, TRIES_AT_LAST),
        };
        for (_, _, class) in options.into_iter().take(retries) {
            let leaves = all.iter().copied().filter(|&leaf| of[leaf as usize] == class);
            *self.leaves[dim].side_mut(side) = leaves.collect();
            if self.settle(view, rest) {
                return true;
            }
            if self.tries > tries {
                break;
            }
        }
        *self.leaves[dim].side_mut(side) = all;
        false
    }

    fn undo(&mut self, (cells, tally): (usize, Tally)) {
        self.tries += 1;
        self.tally = tally;
        for (id, _) in self.cells.drain(cells..) {
            self.search.scratch.stamps[id as usize] = 0;
        }
    }

    fn mark(&mut self, id: CellId) -> bool {
        let epoch = self.search.scratch.epoch;
        let stamp = self.search.scratch.stamps.get_mut(id as usize);
        stamp.is_some_and(|stamp| std::mem::replace(stamp, epoch) != epoch)
    }

    /// Whether the whole move keeps what everybody knows of patients, and still serves.
    fn fits(&mut self) -> bool {
        let before = self.tally;
        if self.search.query.layer != Layer::Contacts {
            let system = self.search.system;
            let has_patients = |change: &(CellId, i8)| system.cells[change.0 as usize].has_patients();
            let changes: Vec<(CellId, i8)> = self.changes().into_iter().filter(has_patients).collect();
            let touched = &mut self.search.scratch.touched;
            let within = match self.search.query.company {
                Company::Alone => Within::All,
                Company::WithOthers => Within::Period,
            };
            system.patient_rules.limit(&changes, within, touched, &mut self.tally.room);
        }
        let fits = self.search.serves(&self.tally);
        if !fits {
            self.tally = before;
        }
        fits
    }

    /// Every change of the whole move.
    fn changes(&self) -> Vec<(CellId, i8)> {
        self.search.query.base.map_or_else(|| self.cells.clone(), |base| base.with(&self.cells))
    }

    fn found(mut self) -> Found {
        self.cells = self.changes();
        if self.search.query.layer.is_of_patients() {
            let cells = &self.search.system.cells;
            self.cells.retain(|&(id, _)| cells[id as usize].has_patients());
        }
        let leaf = |candidates: &Candidates| match candidates.fixed {
            true => (NONE, NONE),
            false => (candidates.plus[0], candidates.minus.first().copied().unwrap_or(NONE)),
        };
        let mut terms = self.search.query.base.map_or_else(Vec::new, |base| base.terms.clone());
        terms.push(Term { sign: 1, parts: self.leaves.iter().map(leaf).collect() });
        Found {
            layer: self.search.query.layer,
            terms,
            at: self.search.coordinates.clone(),
            cost: self.tally.cost,
            room: self.tally.room,
            cells: self.cells,
            along: Vec::new(),
        }
    }

    /// Whether the move can change a cell of the view.
    fn touches(&self, grid: &Grid) -> bool {
        let lanes = grid.lanes.iter().all(|lane| {
            self.is_open(grid, lane.dim)
                || moves(lane, &grid.classes[lane.dim], &self.leaves[lane.dim], self.at(lane.dim))
        });
        let absent = |dim: usize| {
            let candidates = &self.leaves[dim];
            let stands = if candidates.fixed { self.at(dim) == 0 } else { candidates.minus.is_empty() };
            grid.role[dim] != Role::Absent || stands
        };
        let open = grid.mentions.iter().any(|mention| self.is_open(grid, mention.dim));
        lanes && (0..self.leaves.len()).all(absent) && (open || has_quantity(grid, &self.mentioned(grid)))
    }

    fn at(&self, dim: usize) -> u16 {
        self.search.coordinates[dim]
    }

    fn is_open(&self, grid: &Grid, dim: usize) -> bool {
        let candidates = &self.leaves[dim];
        let classes = &grid.classes[dim];
        !candidates.fixed && (is_split(&candidates.plus, classes) || is_split(&candidates.minus, classes))
    }

    /// Leaves that only this view tells apart.
    fn open_sides(&self, grid: &Grid) -> Vec<(usize, Side)> {
        let lanes = grid.lanes.iter().map(|lane| lane.dim);
        let dims = lanes.chain(grid.mentions.iter().map(|mention| mention.dim)).filter(|&dim| !self.leaves[dim].fixed);
        let sides = dims.flat_map(|dim| [(dim, Side::Plus), (dim, Side::Minus)]);
        let is_open = |&(dim, side): &(usize, Side)| is_split(self.leaves[dim].side(side), &grid.classes[dim]);
        sides.filter(is_open).collect()
    }

    /// Every class of leaves that is possible, with its cost and the smallest count that changes.
    fn options(&self, grid: &Grid, dim: usize, side: Side) -> Vec<(f32, u32, u16)> {
        let (of, candidates) = (&grid.classes[dim].of, &self.leaves[dim]);
        let mut classes: Vec<u16> = candidates.side(side).iter().map(|&leaf| of[leaf as usize]).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut changed = self.changed(grid);
        let lane = grid.lanes.iter().position(|lane| lane.dim == dim);
        let other = match side {
            Side::Plus => &candidates.minus,
            Side::Minus => &candidates.plus,
        };
        let standing = lane.map(|at| common(&grid.lanes[at], &grid.classes[dim], other));
        let mention = grid.mentions.iter().position(|mention| mention.dim == dim);
        let mut options = Vec::new();
        for class in classes {
            if let (Some(at), Some(standing)) = (lane, &standing) {
                let own = &grid.lanes[at].by_class[class as usize];
                let (up, down) =
                    if matches!(side, Side::Plus) { (&own[..], &**standing) } else { (&**standing, &own[..]) };
                differing(up, down, &mut changed.lanes[at]);
            } else if let Some(at) = mention {
                match side {
                    Side::Plus => changed.mentioned[at].plus = 1 << class,
                    Side::Minus => changed.mentioned[at].minus = 1 << class,
                }
                changed.quantities = quantity_steps(grid, &changed.mentioned);
            }
            options.extend(self.score(grid, &changed).map(|(cost, room)| (cost, room, class)));
        }
        options
    }

    /// Cost, and the smallest count changed, of what is known of the move in this view.
    fn score(&self, grid: &Grid, changed: &Changed) -> Option<(f32, u32)> {
        let system = self.search.system;
        // The finest cell most often cannot change, and whether it can does not depend on the others.
        if let Some((id, sign)) = self.finest(grid, changed) {
            self.search.weigh(id, sign, Tally::NOTHING)?;
        }
        let (mut tally, mut least) = (self.tally, u32::MAX);
        let possible = self.each(grid, changed, &mut |id, sign| {
            least = least.min(system.cells[id as usize].contacts);
            self.search.add(id, sign, &mut tally)
        });
        (possible && self.search.may_serve(&tally)).then_some((tally.cost, least))
    }

    /// The last cell that changes in every way.
    fn finest(&self, grid: &Grid, changed: &Changed) -> Option<(CellId, i8)> {
        let &(quantity, sign) = changed.quantities.last()?;
        let (mut offset, mut sign) = (quantity as usize, sign);
        for (lane, steps) in grid.lanes.iter().zip(&changed.lanes) {
            let &(at, step) = steps.last()?;
            (offset, sign) = (offset + at as usize * lane.stride, sign * step);
        }
        Some((grid.ids[offset], sign)).filter(|&(id, _)| !self.is_seen(id))
    }

    /// Adds the cells of a view to the move.
    fn take(&mut self, grid: &Grid) -> Option<()> {
        let mut found = Vec::new();
        self.each(grid, &self.changed(grid), &mut |id, sign| {
            found.push((id, sign));
            true
        });
        for (id, sign) in found {
            if self.mark(id) {
                self.cells.push((id, sign));
                self.tally = self.search.weigh(id, sign, self.tally)?;
            }
        }
        self.search.may_serve(&self.tally).then_some(())
    }

    /// Whether a cell was seen in another view, or is none.
    fn is_seen(&self, id: CellId) -> bool {
        let scratch = &self.search.scratch;
        scratch.stamps.get(id as usize).is_none_or(|&stamp| stamp == scratch.epoch)
    }

    /// Every changed cell of a view, until `see` says no. Cells seen in another view are left out.
    fn each(&self, grid: &Grid, changed: &Changed, see: &mut impl FnMut(CellId, i8) -> bool) -> bool {
        self.each_along((&grid.lanes, &changed.lanes), (0, 1), &mut |offset, sign| {
            changed.quantities.iter().all(|&(quantity, step)| {
                let id = grid.ids[offset + quantity as usize];
                self.is_seen(id) || see(id, sign * step)
            })
        })
    }

    fn each_along(
        &self,
        (lanes, steps): (&[Lane], &[Steps]),
        (offset, sign): (usize, i8),
        see: &mut impl FnMut(usize, i8) -> bool,
    ) -> bool {
        let (Some((lane, lanes)), Some((own, steps))) = (lanes.split_first(), steps.split_first()) else {
            return see(offset, sign);
        };
        own.iter()
            .all(|&(at, step)| self.each_along((lanes, steps), (offset + at as usize * lane.stride, sign * step), see))
    }

    /// What the move changes of a view, whichever of its candidates is taken.
    fn changed(&self, grid: &Grid) -> Changed {
        let along = |lane: &Lane| lane_steps(lane, &grid.classes[lane.dim], &self.leaves[lane.dim], self.at(lane.dim));
        let mentioned = self.mentioned(grid);
        let quantities = quantity_steps(grid, &mentioned);
        Changed { lanes: grid.lanes.iter().map(along).collect(), mentioned, quantities }
    }

    fn mentioned(&self, grid: &Grid) -> Vec<Mentioned> {
        let of = |dim: usize| {
            let (candidates, classes) = (&self.leaves[dim], &grid.classes[dim].of);
            let mask = |leaves: &[u16]| leaves.iter().fold(0u64, |mask, &leaf| mask | 1 << classes[leaf as usize]);
            let fixed = candidates.fixed.then(|| self.at(dim));
            Mentioned { plus: mask(&candidates.plus), minus: mask(&candidates.minus), fixed }
        };
        grid.mentions.iter().map(|mention| of(mention.dim)).collect()
    }
}

fn is_split(leaves: &[u16], classes: &Classes) -> bool {
    leaves.windows(2).any(|pair| classes.of[pair[0] as usize] != classes.of[pair[1] as usize])
}
