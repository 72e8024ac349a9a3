//! Moves of any shape, by linear programs.
//!
//! In: a query, and the leaves of the only table of a system. Out: the move that would newly hide least, by
//! weight times change; or, within what is hidden, any that serves. Boxes and rings have few corners; where
//! much is hidden, a change can flow through many cells, and be shared among several ways. What the solver
//! says is rounded and weighed like any other move: a solver that fails only finds nothing. Changes nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::grid::{CellId, NONE};
use super::ground::{Ground, Part};
use super::leaves::added_up;
use super::moves::{Layer, MOST_TERMS, Term};
use super::search::{Found, Query, Scratch};
use super::simplex::{Aim, Span, cheapest};
use super::system::{Cell, State, System};
use super::weigher::whole;

/// Leaves that a program may change at most.
const VARIABLES: usize = 800;
/// What a leaf in a program takes, in cells looked at.
const SPENT_A_LEAF: u64 = 100;
/// Places of which shown leaves may change.
const NEAR: usize = 5;
/// Widths that are shared between up and down in every way.
const SMALL_WIDTH: u32 = 4;
/// Beyond any change that is of use.
const FAR: i32 = 40;
/// What a unit of change costs, so that of free moves the smallest is taken: of a cell that is unsafe in
/// itself, and of another that could be shown if no move needed it.
const UNSAFE: f64 = 0.01;
const SECONDARY: f64 = 0.05;
/// What cells cost that are paid for, at least.
const PRICED: f64 = 1.0;
/// How far from a whole number a solver's number may be.
const TOLERANCE: f64 = 1e-6;

/// What a program may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// What is hidden.
    Hidden,
    /// What is hidden, and at a price what is shown in the target's places and some others.
    Shown,
}

/// How far a move is to go: so often up and down, and what it changes its target by.
#[derive(Debug, Clone, Copy)]
struct Way {
    up: u32,
    down: u32,
    by: i32,
}

/// One program.
struct Program<'p, 'a> {
    system: &'p System<'a>,
    query: &'p Query<'p>,
    part: &'p Part,
    within: Within,
    way: Way,
}

/// A cell of a program: its span, and which leaves it holds.
type Row = (Span, Vec<u32>);

impl Ground {
    /// The cheapest move found that serves a query.
    pub fn cheapest(
        &self,
        system: &System<'_>,
        query: &Query<'_>,
        within: Within,
        scratch: &mut Scratch,
    ) -> Option<Found> {
        let mut best: Option<Found> = None;
        let part = self.part(query.cell)?;
        let width = query.contacts_width.max(query.patients_width).max(1);
        // Of a great width half up and half down; of a small one every share.
        let shares = if width <= SMALL_WIDTH { 1..width } else { width / 2..width / 2 + 1 };
        let one_by_one = shares.map(|up| Way { up, down: width - up, by: 1 });
        let at_once = [width as i32, -(width as i32)].map(|by| Way { up: 1, down: 0, by });
        let rooms = rooms(&system.cells[query.cell as usize], query.layer)?;
        for way in one_by_one.chain(at_once).filter(|way| way.fits(rooms)) {
            let below = best.as_ref().map_or(query.below, |best| best.cost);
            let query = Query { below, ..*query };
            let program = Program { system, query: &query, part, within, way };
            best = program.run(scratch).or(best);
            if within == Within::Hidden && best.is_some() {
                break;
            }
        }
        best
    }
}

impl Way {
    /// Whether a target that can fall and rise so far can go it.
    fn fits(self, (fall, rise): (u32, u32)) -> bool {
        let (up, down) = if self.by > 0 { (self.up, self.down) } else { (self.down, self.up) };
        rise >= up * self.by.unsigned_abs() && fall >= down * self.by.unsigned_abs()
    }
}

impl Program<'_, '_> {
    fn run(&self, scratch: &mut Scratch) -> Option<Found> {
        scratch.spent += self.part.leaves.len() as u64;
        let spans: Vec<Span> = self.part.cells.iter().map(|&cell| self.span(cell)).collect();
        let target = self.part.cells.binary_search(&self.query.cell).ok()?;
        let leaves = self.joined(self.presolved(self.leaves(), &spans), target);
        if leaves.is_empty() || leaves.len() > VARIABLES {
            return None;
        }
        scratch.spent += SPENT_A_LEAF * leaves.len() as u64;
        let changes = solve(&leaves, &self.rows(&leaves, &spans, target), self.way.by)?;
        if changes.iter().map(|&(_, by)| usize::from(by.unsigned_abs())).sum::<usize>() > MOST_TERMS {
            return None;
        }
        let (mut terms, mut cells) = (Vec::new(), Vec::new());
        for &(leaf, by) in &changes {
            cells.extend(self.part.cells_of[leaf as usize].iter().map(|&cell| (self.part.cells[cell as usize], by)));
            let parts: Vec<(u16, u16)> = self.part.leaves[leaf as usize].iter().map(|&code| (code, NONE)).collect();
            terms.extend((0..by.abs()).map(|_| Term { sign: by.signum(), parts: parts.clone() }));
        }
        let (view, index) = self.system.home[self.query.cell as usize];
        let at = self.system.coordinates(view as usize, index as usize);
        whole(self.system, self.query, (paired(terms), added_up(cells), &at), scratch)
    }

    fn span(&self, id: CellId) -> Span {
        let cell = &self.system.cells[id as usize];
        if id == self.query.cell {
            return Span { low: self.way.by, high: self.way.by, cost: 0.0 };
        }
        let avoided = |owner: u32| self.query.avoid.binary_search(&owner).is_ok();
        let is_dear = self.within == Within::Hidden || cell.weight >= self.query.below;
        if self.query.keep == Some(id)
            || (cell.state == State::Shown && is_dear)
            || (cell.lone && self.system.owners(id, self.query.layer).any(avoided))
        {
            return Span::STILL;
        }
        let Some((fall, rise)) = rooms(cell, self.query.layer) else { return Span::STILL };
        let times = |room: u32, times: u32| room.checked_div(times).unwrap_or(FAR as u32).min(FAR as u32) as i32;
        let low = times(fall, self.way.up).min(times(rise, self.way.down));
        let high = times(rise, self.way.up).min(times(fall, self.way.down));
        let cost = match cell.state {
            State::Shown => f64::from(cell.weight).max(PRICED),
            _ if cell.reason.is_primary() => UNSAFE,
            _ => SECONDARY,
        };
        Span { low: -low, high, cost }
    }

    /// Leaves that may change, but for what the sums say: of those that are shown only such of the target's
    /// places, and of the places where most is hidden.
    fn leaves(&self) -> Vec<u32> {
        let all = 0..self.part.leaves.len() as u32;
        if self.within == Within::Hidden {
            return all.collect();
        }
        let shown = |leaf: u32| {
            let alone = self.part.alone[leaf as usize];
            alone.is_some_and(|cell| self.system.cells[self.part.cells[cell as usize] as usize].state == State::Shown)
        };
        let mut hidden: FxHashMap<u16, u32> = FxHashMap::default();
        all.clone()
            .for_each(|leaf| *hidden.entry(self.part.places[leaf as usize]).or_default() += u32::from(!shown(leaf)));
        let mut most: Vec<(u32, u16)> = hidden.into_iter().map(|(place, count)| (count, place)).collect();
        most.sort_unstable_by(|a, b| b.cmp(a));
        let own = all.clone().filter(|&leaf| self.part.holds(self.query.cell, leaf));
        let near: FxHashSet<u16> = most.into_iter().take(NEAR).map(|(_, place)| place).collect();
        let own: FxHashSet<u16> = own.map(|leaf| self.part.places[leaf as usize]).collect();
        let is_near = |leaf: u32| [&near, &own].iter().any(|set| set.contains(&self.part.places[leaf as usize]));
        all.filter(|&leaf| !shown(leaf) || is_near(leaf)).collect()
    }

    /// By leaf: whether it may change; not where it is alone in a cell that stands still.
    fn presolved(&self, leaves: Vec<u32>, spans: &[Span]) -> Vec<bool> {
        let (cells_of, leaves_of) = (&self.part.cells_of, &self.part.leaves_of);
        let (mut held, mut moves) = (vec![0u32; spans.len()], vec![false; cells_of.len()]);
        for &leaf in &leaves {
            moves[leaf as usize] = true;
            cells_of[leaf as usize].iter().for_each(|&cell| held[cell as usize] += 1);
        }
        let stops = |cell: u32, held: &[u32]| held[cell as usize] == 1 && spans[cell as usize].is_still();
        let mut cells: Vec<u32> = (0..spans.len() as u32).filter(|&cell| stops(cell, &held)).collect();
        while let Some(cell) = cells.pop() {
            let Some(&leaf) = leaves_of[cell as usize].iter().find(|&&leaf| moves[leaf as usize]) else { continue };
            moves[leaf as usize] = false;
            for &other in &cells_of[leaf as usize] {
                held[other as usize] -= 1;
                cells.extend(Some(other).filter(|&other| stops(other, &held)));
            }
        }
        moves
    }

    /// The leaves that hang together with the target through cells, ascending.
    fn joined(&self, mut moves: Vec<bool>, target: usize) -> Vec<u32> {
        let (mut found, mut cells) = (Vec::new(), vec![target as u32]);
        let mut seen = vec![false; self.part.cells.len()];
        while let Some(cell) = cells.pop() {
            if std::mem::replace(&mut seen[cell as usize], true) {
                continue;
            }
            for &leaf in &self.part.leaves_of[cell as usize] {
                if std::mem::replace(&mut moves[leaf as usize], false) {
                    found.push(leaf);
                    cells.extend(&self.part.cells_of[leaf as usize]);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The cells of some leaves, the target first, each with the positions of its leaves among them.
    fn rows(&self, leaves: &[u32], spans: &[Span], target: usize) -> Vec<Row> {
        let mut held: Vec<Vec<u32>> = vec![Vec::new(); spans.len()];
        for (at, &leaf) in leaves.iter().enumerate() {
            self.part.cells_of[leaf as usize].iter().for_each(|&cell| held[cell as usize].push(at as u32));
        }
        let own = (spans[target], std::mem::take(&mut held[target]));
        let others =
            held.into_iter().enumerate().filter(|row| !row.1.is_empty()).map(|(cell, held)| (spans[cell], held));
        [own].into_iter().chain(others).collect()
    }
}

/// What every leaf changes by, where whole numbers are found; the first row is the target's, which is to change.
fn solve(leaves: &[u32], rows: &[Row], by: i32) -> Option<Vec<(u32, i8)>> {
    // A leaf by itself is a number; others are sums.
    let mut alone = vec![Span { low: -FAR, high: FAR, cost: 0.0 }; leaves.len()];
    let (target, others) = rows.split_first()?;
    let mut sums: Vec<(Span, &[u32])> = Vec::new();
    let mut still: FxHashSet<&[u32]> = FxHashSet::default();
    let variable = if let [leaf] = target.1[..] { leaf as usize } else { leaves.len() };
    sums.extend(Some((target.0, &target.1[..])).filter(|_| variable == leaves.len()));
    for (span, held) in others {
        if let [leaf] = held[..] {
            let own = &mut alone[leaf as usize];
            *own = Span { low: own.low.max(span.low), high: own.high.min(span.high), cost: own.cost + span.cost };
        } else if !span.is_still() || still.insert(held) {
            sums.push((if span.cost >= PRICED { *span } else { Span { cost: 0.0, ..*span } }, held));
        }
    }
    let changes = cheapest(&alone, &sums, Aim { variable, by })?;
    let mut whole = Vec::new();
    for (&leaf, change) in leaves.iter().zip(changes) {
        if (change - change.round()).abs() > TOLERANCE {
            return None;
        }
        if change.round() != 0.0 {
            whole.push((leaf, change.round() as i8));
        }
    }
    Some(whole)
}

/// How far a cell may fall and rise; none where it cannot change.
fn rooms(cell: &Cell, layer: Layer) -> Option<(u32, u32)> {
    let (mut fall, mut rise) = (cell.contacts_room()?, cell.leeway[0].up());
    if layer == Layer::Joint && cell.has_patients() {
        fall = fall.min(cell.patients_room()?);
        rise = rise.min(cell.leeway[1].up());
    }
    Some((fall, rise))
}

/// Terms of which two that differ in one dimension, one up and one down, are one.
fn paired(mut terms: Vec<Term>) -> Vec<Term> {
    let mut pairs = Vec::new();
    while let Some(term) = terms.pop() {
        let differs = |other: &Term| (0..term.parts.len()).filter(|&dim| other.parts[dim] != term.parts[dim]).count();
        let partner = terms.iter().position(|other| other.sign != term.sign && differs(other) == 1);
        match partner {
            Some(at) => {
                let other = terms.swap_remove(at);
                let (plus, minus) = if term.sign > 0 { (term, other) } else { (other, term) };
                let both = |(a, b): (&(u16, u16), &(u16, u16))| if a == b { *a } else { (a.0, b.0) };
                pairs.push(Term { sign: 1, parts: plus.parts.iter().zip(&minus.parts).map(both).collect() });
            }
            None => pairs.push(term),
        }
    }
    pairs
}
