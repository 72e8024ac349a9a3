//! The cheapest closed way through an unsafe cell: moves of more corners than a box has.
//!
//! In: a query. Out: the move that would newly hide least among those that go to and fro along two
//! axes (municipality and age, place and type) between siblings, cells that are in the same sums, so
//! that no sum changes; along the other axes one leaf is raised, alone or against a sibling. With the
//! other axes settled this is a shortest path, found exactly. Changes nothing.

use super::choices::changes;
use super::grid::{CellId, Grid, NONE};
use super::moves::{Layer, Part, Term};
use super::patients::Within;
use super::search::{Found, Query, Scratch};
use super::system::{State, System};
use super::weigher::{LONE, Tally, Weigher, bound};
use crate::relations::DimKind;

/// Leaves of a sum that are tried where the target is one.
const INNER: usize = 6;
/// Ways to settle the other axes that are tried.
const SETTLED: usize = 40;
/// Widths up to which every way to share them between up and down is tried.
const NARROW: u32 = 4;

/// An axis of a view as leaves: the lanes, and the quantity where it tells contact types apart.
pub(super) struct LeafAxis {
    dim: usize,
    stride: usize,
    /// By class: the position that holds it alone, or [`NONE`].
    alone: Vec<u16>,
    /// By class: positions that hold it.
    holding: Vec<Vec<u16>>,
    /// By position: its classes.
    classes_at: Vec<Vec<u16>>,
    /// By class: classes in the same sums, itself among them.
    siblings: Vec<Vec<u16>>,
}

impl LeafAxis {
    /// The axes of a view; none where quantities are not contact types alone.
    pub fn of(grid: &Grid) -> Option<Vec<LeafAxis>> {
        let lane = |lane: &super::grid::Lane| {
            LeafAxis::new((lane.dim, lane.stride), lane.by_class.clone(), lane.classes_at.clone())
        };
        let mut axes: Vec<LeafAxis> = grid.lanes.iter().map(lane).collect();
        match &grid.mentions[..] {
            [] => {}
            [mention] if mention.kind == DimKind::Type => {
                let classes = grid.classes[mention.dim].leaves.len() as u16;
                let holds = |quantity: u16, class: u16| mention.inside[quantity as usize] >> class & 1 == 1;
                let quantities = 0..grid.quantities as u16;
                let holding = (0..classes).map(|c| quantities.clone().filter(|&q| holds(q, c)).collect()).collect();
                let classes_at = quantities.clone().map(|q| (0..classes).filter(|&c| holds(q, c)).collect()).collect();
                axes.push(LeafAxis::new((mention.dim, 1), holding, classes_at));
            }
            _ => return None,
        }
        Some(axes)
    }

    fn new((dim, stride): (usize, usize), holding: Vec<Vec<u16>>, classes_at: Vec<Vec<u16>>) -> LeafAxis {
        let is_alone = |class: u16, at: u16| classes_at[at as usize][..] == [class];
        let alone =
            |class: usize| holding[class].iter().copied().find(|&at| is_alone(class as u16, at)).unwrap_or(NONE);
        let alone: Vec<u16> = (0..holding.len()).map(alone).collect();
        let sums = |class: usize| holding[class].iter().copied().filter(|&at| at != alone[class]).collect::<Vec<u16>>();
        let sums: Vec<Vec<u16>> = (0..holding.len()).map(sums).collect();
        let alike = |class: usize| {
            let with = |&other: &u16| alone[other as usize] != NONE && sums[other as usize] == sums[class];
            (0..holding.len() as u16).filter(with).collect()
        };
        let siblings = (0..holding.len()).map(alike).collect();
        LeafAxis { dim, stride, alone, holding, classes_at, siblings }
    }

    /// The class of a position that holds one alone.
    fn class(&self, at: usize) -> Option<u16> {
        match self.classes_at[at][..] {
            [class] if self.alone[class as usize] as usize == at => Some(class),
            _ => None,
        }
    }

    /// Ways to raise a leaf of a position, alone or against a sibling.
    fn parts(&self, at: usize) -> Vec<Part> {
        match self.class(at) {
            Some(class) => {
                let others = self.siblings[class as usize].iter().filter(|&&other| other != class);
                others.map(|&other| (class, other)).chain([(class, NONE)]).collect()
            }
            None => self.classes_at[at].iter().take(INNER).map(|&class| (class, NONE)).collect(),
        }
    }

    /// Offsets of the cells that a part changes, with the sign.
    fn steps(&self, (plus, minus): Part) -> Vec<(usize, i8)> {
        let at = |class: u16| self.holding.get(class as usize).map_or(&[][..], |all| &all[..]);
        let only = |these: &[u16], others: &[u16], sign: i8| -> Vec<(usize, i8)> {
            let own = these.iter().filter(|at| !others.contains(at));
            own.map(|&at| (at as usize * self.stride, sign)).collect()
        };
        [only(at(plus), at(minus), 1), only(at(minus), at(plus), -1)].concat()
    }
}

/// The cheapest closed way found, if any.
pub(super) fn cycle(system: &System<'_>, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let (view, index) = system.home[query.cell as usize];
    let axes = system.leaf_axes[view as usize].as_ref().filter(|_| !query.layer.is_of_patients())?;
    let grid = &system.grids[view as usize];
    let (mut at, quantity) = grid.positions(index as usize);
    at.push(quantity);
    let weigher = Weigher::new(system, query);
    let mut search = Cycles { system, query, grid, axes, at, weigher, best: None, cost: query.below };
    let open: Vec<usize> = (0..axes.len()).filter(|&axis| search.branches(axis) > 1).collect();
    for (first, &x) in open.iter().enumerate() {
        for &y in &open[first + 1..] {
            search.along(x, y);
        }
    }
    let (settled, x, y, corners) = search.best.take()?;
    search.found(&settled, (x, y), &corners, scratch)
}

/// The part of every axis; those of the two that are gone along do not count.
type Settled = Vec<Part>;
/// Classes along the two axes, raised and lowered in turn.
type Corners = Vec<(u16, u16)>;

struct Cycles<'s, 'a> {
    system: &'s System<'a>,
    query: &'s Query<'s>,
    grid: &'s Grid,
    axes: &'s [LeafAxis],
    at: Vec<usize>,
    weigher: Weigher<'s, 'a>,
    best: Option<(Settled, usize, usize, Corners)>,
    cost: f32,
}

/// What it costs to change a corner, and how far the cells that it raises and lowers may fall.
#[derive(Clone, Copy)]
struct Corner {
    cost: f32,
    raised: u32,
    lowered: u32,
}

impl Cycles<'_, '_> {
    /// How many siblings an axis has to go to.
    fn branches(&self, axis: usize) -> usize {
        self.axes[axis].class(self.at[axis]).map_or(0, |class| self.axes[axis].siblings[class as usize].len())
    }

    /// Goes along two axes, with every way to settle the others.
    fn along(&mut self, x: usize, y: usize) {
        let mut ways: Vec<Settled> = vec![Vec::new()];
        for (axis, leaves) in self.axes.iter().enumerate() {
            let parts = if axis == x || axis == y { vec![(NONE, NONE)] } else { leaves.parts(self.at[axis]) };
            let with = |way: &Settled| {
                parts.iter().map(|&p| way.iter().copied().chain([p]).collect()).collect::<Vec<Settled>>()
            };
            ways = ways.iter().flat_map(with).collect();
            ways.truncate(SETTLED * 4);
        }
        for settled in ways.into_iter().take(SETTLED) {
            if self.best.is_some() && self.cost < super::weigher::FREE {
                return;
            }
            self.settle(settled, x, y);
        }
    }

    fn settle(&mut self, settled: Settled, x: usize, y: usize) {
        let mut offsets: Vec<(usize, i8)> = vec![(0, 1)];
        for (axis, leaves) in self.axes.iter().enumerate().filter(|&(axis, _)| axis != x && axis != y) {
            let steps = leaves.steps(settled[axis]);
            let with = |&(at, sign): &(usize, i8)| {
                steps.iter().map(move |&(more, by)| (at + more, sign * by)).collect::<Vec<_>>()
            };
            offsets = offsets.iter().flat_map(with).collect();
        }
        let classes = |axis: usize| {
            let class = self.axes[axis].class(self.at[axis])?;
            let siblings = &self.axes[axis].siblings[class as usize];
            Some((siblings, siblings.iter().position(|&other| other == class)?))
        };
        let (Some((rows, row)), Some((columns, column))) = (classes(x), classes(y)) else { return };
        let offset = |axis: usize, class: u16| self.axes[axis].alone[class as usize] as usize * self.axes[axis].stride;
        let corner = |&r: &u16, &c: &u16| self.corner(offset(x, r) + offset(y, c), &offsets);
        let corners: Vec<Option<Corner>> =
            rows.iter().flat_map(|r| columns.iter().map(move |c| (r, c))).map(|(r, c)| corner(r, c)).collect();
        let board = Board { corners, columns: columns.len(), start: (row, column) };
        for (up, down) in self.shares() {
            if let Some((cost, way)) = board.shortest(up, down, self.cost) {
                self.cost = cost;
                let classes = way.into_iter().map(|(r, c)| (rows[r], columns[c])).collect();
                self.best = Some((settled.clone(), x, y, classes));
            }
        }
    }

    /// How far the move goes up and down, so that both together make the width.
    fn shares(&self) -> Vec<(u32, u32)> {
        let width = self.query.contacts_width.max(self.query.patients_width).max(1);
        match width {
            0..=NARROW => (0..=width).rev().map(|up| (up, width - up)).collect(),
            _ => vec![(width, 0), (0, width), (width / 2, width - width / 2)],
        }
    }

    fn corner(&self, base: usize, offsets: &[(usize, i8)]) -> Option<Corner> {
        let mut corner = Corner { cost: 0.0, raised: u32::MAX, lowered: u32::MAX };
        for &(offset, sign) in offsets {
            let id = self.grid.ids[base + offset];
            let Some(cell) = self.system.cells.get(id as usize) else { continue };
            if self.query.keep == Some(id) {
                return None;
            }
            let room = cell.contacts_room()?;
            let side = if sign > 0 { &mut corner.raised } else { &mut corner.lowered };
            *side = (*side).min(room);
            if cell.state == State::Shown {
                corner.cost += cell.weight;
            }
            if cell.lone {
                for owner in self.system.owners(id, self.query.layer) {
                    if self.query.avoid.binary_search(&owner).is_ok() {
                        return None;
                    }
                    corner.cost += LONE;
                }
            }
        }
        Some(corner)
    }

    /// The move with every cell that it changes in any view; none where that is too dear after all.
    fn found(
        &self,
        settled: &Settled,
        (x, y): (usize, usize),
        corners: &Corners,
        scratch: &mut Scratch,
    ) -> Option<Found> {
        let term = |(at, &(row, column)): (usize, &(u16, u16))| {
            let mut parts = settled.clone();
            (parts[x], parts[y]) = ((row, NONE), (column, NONE));
            Term { sign: if at % 2 == 0 { 1 } else { -1 }, parts: self.whole(&parts) }
        };
        let terms: Vec<Term> = corners.iter().enumerate().map(term).collect();
        let cells = self.system.changes_of(&terms, scratch);
        if !cells.iter().any(|&(cell, by)| cell == self.query.cell && by == 1) {
            return None;
        }
        let mut tally = Tally::NOTHING;
        for &(cell, by) in &cells {
            tally = self.weigher.weigh(cell, by, tally)?;
        }
        if self.query.layer != Layer::Contacts {
            let has_patients = |change: &&(CellId, i8)| self.system.cells[change.0 as usize].has_patients();
            let of_patients: Vec<(CellId, i8)> = cells.iter().filter(has_patients).copied().collect();
            self.system.patient_rules.limit(&of_patients, Within::All, &mut scratch.touched, &mut tally.room);
        }
        let (view, index) = self.system.home[self.query.cell as usize];
        let at = self.system.coordinates(view as usize, index as usize);
        let serves = self.weigher.serves(&tally, bound(self.query, None));
        let (layer, cost, room) = (self.query.layer, tally.cost, tally.room);
        serves.then(|| Found { layer, terms, at, cost, room, cells, along: Vec::new() })
    }

    /// Leaves of every dimension of the universe: the first of a class; in dimensions that the view
    /// does not have always the same, so that other tables change only where the margins do.
    fn whole(&self, parts: &[Part]) -> Vec<Part> {
        let usual = |dim: &crate::relations::Dim| u16::from(dim.kind == DimKind::Condition && dim.leaves.len() > 1);
        let mut whole: Vec<Part> = self.system.universe.dims.iter().map(|dim| (usual(dim), NONE)).collect();
        for (axis, &(plus, minus)) in self.axes.iter().zip(parts) {
            let leaf =
                |class: u16| self.grid.classes[axis.dim].leaves.get(class as usize).map_or(NONE, |leaves| leaves[0]);
            whole[axis.dim] = (leaf(plus), leaf(minus));
        }
        whole
    }
}

/// The corners that two axes make.
struct Board {
    /// Row by row.
    corners: Vec<Option<Corner>>,
    columns: usize,
    start: (usize, usize),
}

impl Board {
    /// What it costs to raise or lower a corner, if it can go so far up and down.
    fn price(&self, row: usize, column: usize, sign: i8, (up, down): (u32, u32)) -> Option<f32> {
        let corner = self.corners[row * self.columns + column]?;
        let (falls_up, falls_down) =
            if sign > 0 { (corner.lowered, corner.raised) } else { (corner.raised, corner.lowered) };
        (falls_up >= up && falls_down >= down).then_some(corner.cost)
    }

    /// The cheapest way that raises the start, lowers another corner of its column, raises one of
    /// that row, and so on, until a corner of the first row is lowered; for less than `below`.
    fn shortest(&self, up: u32, down: u32, below: f32) -> Option<(f32, Vec<(usize, usize)>)> {
        let rows = self.corners.len() / self.columns;
        let first = self.price(self.start.0, self.start.1, 1, (up, down))?;
        // Nodes: rows, which are reached by lowering, then columns, by raising.
        let mut costs = vec![f32::INFINITY; rows + self.columns];
        let mut from = vec![usize::MAX; rows + self.columns];
        let mut done = vec![false; rows + self.columns];
        costs[rows + self.start.1] = first;
        loop {
            let open = (0..costs.len()).filter(|&node| !done[node] && costs[node] < below);
            let node = open.min_by(|&a, &b| costs[a].total_cmp(&costs[b]).then(a.cmp(&b)))?;
            if node == self.start.0 {
                return Some((costs[node], self.way(&from, rows)));
            }
            done[node] = true;
            let next = if node < rows { rows..rows + self.columns } else { 0..rows };
            for other in next.filter(|&other| !done[other]) {
                let (row, column, sign) = if node < rows { (node, other - rows, 1) } else { (other, node - rows, -1) };
                if sign < 0 && (row, column) == self.start {
                    continue;
                }
                let Some(price) = self.price(row, column, sign, (up, down)) else { continue };
                if costs[node] + price < costs[other] {
                    (costs[other], from[other]) = (costs[node] + price, node);
                }
            }
        }
    }

    /// The corners of the way, the start first.
    fn way(&self, from: &[usize], rows: usize) -> Vec<(usize, usize)> {
        let (mut corners, mut node) = (Vec::new(), self.start.0);
        while from[node] != usize::MAX {
            let before = from[node];
            corners.push(if node < rows { (node, before - rows) } else { (before, node - rows) });
            node = before;
        }
        corners.push(self.start);
        corners.reverse();
        corners
    }
}

impl System<'_> {
    /// Every cell that some terms change together, ascending, with its change.
    fn changes_of(&self, terms: &[Term], scratch: &mut Scratch) -> Vec<(CellId, i8)> {
        scratch.net.resize(self.cells.len(), 0);
        let mut touched = Vec::new();
        for term in terms {
            let mut leaves: Vec<(Vec<u16>, i8)> = vec![(Vec::new(), term.sign)];
            for &(plus, minus) in &term.parts {
                let with = |(leaf, sign): &(Vec<u16>, i8)| {
                    let one = |(of, by): (u16, i8)| (leaf.iter().copied().chain([of]).collect::<Vec<u16>>(), sign * by);
                    [(plus, 1), (minus, -1)].into_iter().filter(|side| side.0 != NONE).map(one).collect::<Vec<_>>()
                };
                leaves = leaves.iter().flat_map(with).collect();
            }
            for (leaf, sign) in leaves {
                self.each_cell_of_leaf(&leaf, |cell| {
                    scratch.net[cell as usize] += sign;
                    touched.push(cell);
                });
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let taken = |cell: CellId| (cell, std::mem::take(&mut scratch.net[cell as usize]));
        touched.into_iter().map(taken).filter(|change| change.1 != 0).collect()
    }

    /// Every cell of every view that holds a leaf, each once.
    fn each_cell_of_leaf(&self, leaf: &[u16], mut see: impl FnMut(CellId)) {
        let mut cells = Vec::new();
        for grid in &self.grids {
            let mut offsets = vec![0usize];
            for lane in &grid.lanes {
                let class = grid.classes[lane.dim].of[leaf[lane.dim] as usize];
                let steps = changes(lane, (class, NONE)).map(|(at, _)| at as usize * lane.stride).collect::<Vec<_>>();
                offsets = offsets.iter().flat_map(|offset| steps.iter().map(move |step| offset + step)).collect();
            }
            let holds = |quantity: &usize| {
                let inside = |mention: &super::grid::Mention| {
                    mention.inside[*quantity] >> grid.classes[mention.dim].of[leaf[mention.dim] as usize] & 1 == 1
                };
                grid.mentions.iter().all(inside)
            };
            for quantity in (0..grid.quantities).filter(holds) {
                cells.extend(offsets.iter().map(|offset| grid.ids[offset + quantity]));
            }
        }
        cells.sort_unstable();
        cells.dedup();
        cells.into_iter().filter(|&id| (id as usize) < self.cells.len()).for_each(&mut see);
    }
}
