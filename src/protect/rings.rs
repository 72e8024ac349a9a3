//! Moves round a ring: many corners where a box has four.
//!
//! In: a query, and a move that serves it. Out: the same or a cheaper one. Municipalities of a region and
//! the categories of one other dimension, with their sums, make a table; the rest of the move stands as it
//! is. Every way from corner to corner that comes back to the target leaves all sums as they are, and the
//! cheapest is a shortest path. Changes nothing.

use super::changed::{Mentioned, quantity_steps};
use super::choices::changes;
use super::grid::{Grid, Lane, Mention, NONE, step};
use super::moves::{Layer, Part, Room, Term};
use super::search::{Company, Found, Query, Scratch};
use super::system::System;
use super::weigher::{FREE, LONE, Tally, Weigher, whole};
use crate::relations::DimKind;

/// Categories that a dimension of the table has at least: with fewer every ring is a box.
const LEAST: usize = 3;
/// Other changes of a further dimension that are tried.
const VARIANTS: usize = 3;
/// What a corner costs in any case, so that of free ways the shortest is taken.
const CORNER: f32 = 0.01;

/// A row or column: a class of leaves, or the sums that all of them are in.
struct Node {
    /// [`NONE`] for the sums.
    class: u16,
    /// Where its cells lie, with the sign of their change.
    steps: Vec<(usize, i8)>,
}

/// The rows or columns of a table, the sums last.
struct Side {
    dim: usize,
    nodes: Vec<Node>,
    /// That of the target.
    own: usize,
}

/// Along which axis of a view the columns lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Columns {
    Lane(usize),
    /// Contact types, among the quantities.
    Types(usize),
}

/// The move, or a cheaper one round a ring.
pub(super) fn with_rings(system: &System<'_>, query: &Query<'_>, found: Found, scratch: &mut Scratch) -> Found {
    let mut best = found;
    let is_plain = matches!(query.layer, Layer::Joint | Layer::Contacts);
    let (view, index) = system.home[query.cell as usize];
    let grid = &system.grids[view as usize];
    let is_dear = best.cost >= FREE && query.company == Company::Alone;
    let Some(term) = best.terms.last().filter(|_| system.is_small() && is_plain && is_dear) else { return best };
    let (parts, at) = (term.parts.clone(), best.at.clone());
    for columns in grid.columns() {
        for parts in variants(grid, &parts, columns) {
            let ring = Ring { system, query, grid, weigher: Weigher::new(system, query), parts: &parts, at: &at };
            let Some(table) = ring.table(columns, index as usize) else { continue };
            for way in ring.ways() {
                if best.cost < FREE {
                    return best;
                }
                if let Some(found) = ring.find(&table, way, best.cost - LONE, scratch) {
                    best = found;
                }
            }
        }
    }
    best
}

impl Grid {
    fn columns(&self) -> Vec<Columns> {
        let lanes = (2..self.lanes.len()).filter(|&at| self.lanes[at].by_class.len() >= LEAST).map(Columns::Lane);
        let is_type = |&at: &usize| self.mentions[at].kind == DimKind::Type;
        lanes.chain((0..self.mentions.len()).filter(is_type).map(Columns::Types)).collect()
    }
}

/// The rest of a move, and with another change of one further lane.
fn variants(grid: &Grid, parts: &[Part], columns: Columns) -> Vec<Vec<Part>> {
    let mut all = vec![parts.to_vec()];
    let others = grid.lanes.iter().enumerate().skip(2).filter(|(at, _)| columns != Columns::Lane(*at));
    for (_, lane) in others {
        let classes = &grid.classes[lane.dim];
        let class = |leaf: u16| classes.of.get(leaf as usize).copied().unwrap_or(NONE);
        let (plus, minus) = (class(parts[lane.dim].0), class(parts[lane.dim].1));
        let others = (0..classes.leaves.len() as u16).chain([NONE]).filter(|&other| other != plus && other != minus);
        all.extend(others.take(VARIANTS).map(|other| {
            let mut parts = parts.to_vec();
            parts[lane.dim].1 = classes.leaves.get(other as usize).map_or(NONE, |leaves| leaves[0]);
            parts
        }));
    }
    all
}

struct Ring<'r, 'a> {
    system: &'r System<'a>,
    query: &'r Query<'r>,
    grid: &'r Grid,
    weigher: Weigher<'r, 'a>,
    /// The rest of the move, by dimension.
    parts: &'r [Part],
    at: &'r [u16],
}

/// What it takes to change every cell of a table by 1.
struct Table {
    rows: Side,
    columns: Side,
    /// Row-major, raised and lowered; none where a cell cannot change.
    cells: Vec<[Option<Tally>; 2]>,
}

impl Ring<'_, '_> {
    fn class(&self, dim: usize, leaf: u16) -> u16 {
        self.grid.classes[dim].of.get(leaf as usize).copied().unwrap_or(NONE)
    }

    fn part(&self, dim: usize) -> Part {
        (self.class(dim, self.parts[dim].0), self.class(dim, self.parts[dim].1))
    }

    /// How far a move may go for the query's widths: up, down.
    fn ways(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let width = self.query.contacts_width.max(self.query.patients_width).div_ceil(self.weigher.times);
        (0..=width).map(move |up| (up, width - up))
    }

    fn table(&self, columns: Columns, index: usize) -> Option<Table> {
        let (positions, quantity) = self.grid.positions(index);
        let rows = self.side_of_lane(&self.grid.lanes[0], positions[0])?;
        let columns = match columns {
            Columns::Lane(at) => self.side_of_lane(&self.grid.lanes[at], positions[at])?,
            Columns::Types(at) => self.side_of_types(&self.grid.mentions[at], quantity)?,
        };
        let rest = self.rest(rows.dim, columns.dim);
        let mut cells = Vec::with_capacity(rows.nodes.len() * columns.nodes.len());
        for row in &rows.nodes {
            cells.extend(columns.nodes.iter().map(|column| self.both_ways(row, column, &rest)));
        }
        Some(Table { rows, columns, cells })
    }

    fn side_of_lane(&self, lane: &Lane, position: usize) -> Option<Side> {
        let is_sum = |at: &u16| lane.classes_at[*at as usize].len() > 1;
        let (sums, single): (Vec<Vec<u16>>, Vec<Vec<u16>>) =
            lane.by_class.iter().map(|all| all.iter().copied().partition(is_sum)).unzip();
        let steps = |positions: &Vec<u16>| positions.iter().map(|&at| (at as usize * lane.stride, 1)).collect();
        let own = if is_sum(&(position as u16)) { NONE } else { lane.classes_at[position].first().copied()? };
        self.side(lane.dim, own, &sums, |class| steps(&single[class as usize]), |class| steps(&sums[class as usize]))
    }

    fn side_of_types(&self, mention: &Mention, quantity: usize) -> Option<Side> {
        let others: Vec<&Mention> = self.grid.mentions.iter().filter(|other| other.dim != mention.dim).collect();
        let sign = |q: usize| others.iter().fold(1i8, |sign, of| sign * step(of.inside[q], self.part(of.dim)));
        let holding = |class: u16, single: bool| -> Vec<u16> {
            let holds = |q: &u16| {
                let inside = mention.inside[*q as usize];
                inside >> class & 1 == 1 && (inside.count_ones() == 1) == single && sign(*q as usize) != 0
            };
            (0..self.grid.quantities as u16).filter(holds).collect()
        };
        let classes = self.grid.classes[mention.dim].leaves.len() as u16;
        let sums: Vec<Vec<u16>> = (0..classes).map(|class| holding(class, false)).collect();
        let steps = |all: &[u16]| all.iter().map(|&q| (q as usize, sign(q as usize))).collect();
        let inside = mention.inside[quantity];
        let own = if inside.count_ones() == 1 { inside.trailing_zeros() as u16 } else { NONE };
        self.side(mention.dim, own, &sums, |class| steps(&holding(class, true)), |class| steps(&sums[class as usize]))
    }

    /// Classes with the same sums as the one that the move raises; none where the target is one sum of
    /// several.
    fn side(
        &self,
        dim: usize,
        own: u16,
        sums: &[Vec<u16>],
        single: impl Fn(u16) -> Vec<(usize, i8)>,
        sum: impl Fn(u16) -> Vec<(usize, i8)>,
    ) -> Option<Side> {
        let raised = if own == NONE { self.part(dim).0 } else { own };
        let of_own = sums.get(raised as usize)?;
        if own == NONE && of_own.len() != 1 {
            return None;
        }
        let alike = (0..sums.len() as u16).filter(|&class| sums[class as usize] == *of_own);
        let mut nodes: Vec<Node> = alike.map(|class| Node { class, steps: single(class) }).collect();
        // A sum changes as what it holds: where this is raised and nothing lowered, the other way round the ring.
        nodes.push(Node { class: NONE, steps: sum(raised).into_iter().map(|(at, by)| (at, -by)).collect() });
        let own = nodes.iter().position(|node| node.class == own)?;
        Some(Side { dim, nodes, own })
    }

    /// What the rest of the move adds to a position.
    fn rest(&self, rows: usize, columns: usize) -> Vec<(usize, i8)> {
        let mut all = vec![(0usize, 1i8)];
        for lane in self.grid.lanes.iter().filter(|lane| lane.dim != rows && lane.dim != columns) {
            let steps: Vec<(usize, i8)> =
                changes(lane, self.part(lane.dim)).map(|(at, by)| (at as usize * lane.stride, by)).collect();
            all = product(&all, &steps);
        }
        if self.grid.mentions.iter().all(|mention| mention.dim != columns) {
            let mentions = self.grid.mentions.iter();
            let mentioned: Vec<Mentioned> =
                mentions.map(|mention| Mentioned::of_part(self.part(mention.dim))).collect();
            let steps: Vec<(usize, i8)> =
                quantity_steps(self.grid, &mentioned).into_iter().map(|(q, by)| (q as usize, by)).collect();
            all = product(&all, &steps);
        }
        all
    }

    fn both_ways(&self, row: &Node, column: &Node, rest: &[(usize, i8)]) -> [Option<Tally>; 2] {
        let raised = self.weigh(row, column, rest, 1);
        // On top of what a base does the two differ by more than the direction.
        let lowered = match self.query.base {
            Some(_) => self.weigh(row, column, rest, -1),
            None => raised.map(|tally| Tally { room: tally.room.reversed(), ..tally }),
        };
        [raised, lowered]
    }

    fn weigh(&self, row: &Node, column: &Node, rest: &[(usize, i8)], way: i8) -> Option<Tally> {
        let mut tally = Tally::NOTHING;
        for &(r, first) in &row.steps {
            for &(c, second) in &column.steps {
                for &(offset, third) in rest {
                    let id = self.grid.ids[r + c + offset];
                    tally = self.weigher.weigh(id, first * second * third * way, tally)?;
                }
            }
        }
        Some(tally)
    }

    /// The cheapest ring that can go so far up and down.
    fn find(&self, table: &Table, way: (u32, u32), below: f32, scratch: &mut Scratch) -> Option<Found> {
        let corners = shortest(table, self.query, way, below)?;
        let (rows, columns) = (&table.rows, &table.columns);
        let mut terms: Vec<Term> = self.query.base.map_or_else(Vec::new, |base| base.terms.clone());
        for (row, raised, lowered) in corners {
            // What sums change follows from the leaves.
            let (row, raised, lowered) =
                (rows.nodes[row].class, columns.nodes[raised].class, columns.nodes[lowered].class);
            if row == NONE {
                continue;
            }
            let (sign, raised, lowered) = if raised == NONE { (-1, lowered, NONE) } else { (1, raised, lowered) };
            let mut parts = self.parts.to_vec();
            parts[rows.dim] = (self.leaf(rows.dim, row), NONE);
            parts[columns.dim] = (self.leaf(columns.dim, raised), self.leaf(columns.dim, lowered));
            terms.push(Term { sign, parts });
        }
        let cells = self.system.changes_of(&terms, self.query.layer, self.at);
        whole(self.system, &Query { below, ..*self.query }, (terms, cells, self.at), scratch)
    }

    /// A leaf of a class, where the move has one its own.
    fn leaf(&self, dim: usize, class: u16) -> u16 {
        let (plus, minus) = self.part(dim);
        match class {
            NONE => NONE,
            _ if class == plus => self.parts[dim].0,
            _ if class == minus => self.parts[dim].1,
            _ => self.grid.classes[dim].leaves[class as usize][0],
        }
    }
}

fn product(all: &[(usize, i8)], steps: &[(usize, i8)]) -> Vec<(usize, i8)> {
    all.iter().flat_map(|&(at, sign)| steps.iter().map(move |&(step, by)| (at + step, sign * by))).collect()
}

/// The rows of the cheapest ring through the target, each with the column raised and the one lowered.
fn shortest(
    table: &Table,
    query: &Query<'_>,
    (up, down): (u32, u32),
    below: f32,
) -> Option<Vec<(usize, usize, usize)>> {
    let (rows, columns) = (&table.rows, &table.columns);
    let (height, width) = (rows.nodes.len(), columns.nodes.len());
    let reaches = |room: &Room| {
        let patients = query.patients_width == 0 || (room.patients_up >= up && room.patients_down >= down);
        patients && room.contacts_up >= up && room.contacts_down >= down
    };
    let cost = |row: usize, column: usize, raised: bool| {
        let tally = table.cells[row * width + column][usize::from(!raised)].as_ref()?;
        reaches(&tally.room).then(|| tally.cost.max(0.0) + CORNER)
    };
    let own = cost(rows.own, columns.own, true)?;
    // Rows, then columns: from a column to a row the cell is lowered, from a row to a column it is raised.
    let nodes = height + width;
    let mut far = vec![f32::INFINITY; nodes];
    let mut from = vec![usize::MAX; nodes];
    let mut done = vec![false; nodes];
    far[height + columns.own] = own;
    loop {
        let open = (0..nodes).filter(|&node| !done[node] && far[node] < below);
        let node = open.min_by(|&a, &b| far[a].total_cmp(&far[b]))?;
        if node == rows.own {
            break;
        }
        done[node] = true;
        let others = if node < height { height..nodes } else { 0..height };
        for other in others.filter(|&other| !done[other]) {
            let (row, column) = if node < height { (node, other - height) } else { (other, node - height) };
            if (row, column) == (rows.own, columns.own) {
                continue;
            }
            if let Some(cost) = cost(row, column, node < height).filter(|cost| far[node] + cost < far[other]) {
                (far[other], from[other]) = (far[node] + cost, node);
            }
        }
    }
    let (mut corners, mut row, mut raised) = (Vec::new(), rows.own, columns.own);
    loop {
        let lowered = from[row] - height;
        corners.push((row, raised, lowered));
        if lowered == columns.own {
            return Some(corners);
        }
        (row, raised) = (from[from[row]], lowered);
    }
}
