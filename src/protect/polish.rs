//! Hidden cells shown again by proving anew what stood on them.
//!
//! In: a system in which every unsafe cell is proved, and its moves. Out: the same with less hidden.
//! Cell by cell, the dearest first: the moves that change it are set aside, and the claims on them
//! look for others; where all find one, at a price below that of the cell, the cell is shown. Never
//! weakens a proof; what does not get better stays as it was.

use rustc_hash::{FxHashMap, FxHashSet};

use super::grid::CellId;
use super::hide::{Need, Strictness, needs, seek};
use super::moves::{Layer, Term};
use super::primary::Reason;
use super::proofs::{Claim, Used};
use super::search::{Company, Found, Query, Reach, Scratch};
use super::system::{State, System};
use super::weigher::whole;
use super::trim::{Claimed, Trim, is_secondary};

/// Moves that a claim may need anew, one contributor after the other.
const MOVES: usize = 5;
/// How wide to look for boxes.
const OPTIONS: usize = 4;
const EFFORT: u64 = 8_000;
/// What must be gained for a change to be worth it.
const GAIN: f32 = 0.01;

/// Shows cells again until nothing is gained.
pub(super) fn polish(trim: &mut Trim<'_, '_>, passes: usize, scratch: &mut Scratch) {
    let mut polish = Polish::new(trim, scratch);
    let get = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<usize>().ok());
    polish.first = get("FIRST").is_some();
    for _ in 0..passes {
        if !polish.pass() {
            break;
        }
    }
    let total = |p: &Polish| { let c=&p.trim.system.cells; let h=c.iter().filter(|c| is_secondary(c)); (h.clone().count(), h.map(|c| c.weight).sum::<f32>()) };
    let start=std::time::Instant::now();
    eprintln!("polished {:?}", total(&polish));
    polish.shuffled = true;
    polish.first = true;
    for round in 0..get("ROUNDS").unwrap_or(0) {
        polish.least = if get("PLATEAU").is_some() { -GAIN } else { GAIN };
        let n = polish.shake(get("MOST").unwrap_or(2), get("KEEP").is_some_and(|k| round % k != 0));
        eprintln!("round {round} took {n} {:?} {:.1}s", total(&polish), start.elapsed().as_secs_f32());
    }
}

struct Polish<'p, 't, 'a> {
    trim: &'p mut Trim<'t, 'a>,
    scratch: &'p mut Scratch,
    /// Moves by the secondary cells that they change.
    movers: FxHashMap<CellId, Vec<u32>>,
    /// Cells that fall with others.
    numerators: FxHashSet<CellId>,
    /// Moves that go along with others, or have such.
    bound: Vec<bool>,
    seed: u64,
    least: f32,
    first: bool,
    shuffled: bool,
}

/// What an attempt changed, to take it back.
struct Attempt {
    first_move: usize,
    users: Vec<u32>,
    claims: Vec<(Claimed, Vec<u32>)>,
    /// Cells hidden for it.
    hidden: Vec<CellId>,
    /// Cells shown for it.
    shown: Vec<CellId>,
    spent: f32,
}

impl<'p, 't, 'a> Polish<'p, 't, 'a> {
    fn new(trim: &'p mut Trim<'t, 'a>, scratch: &'p mut Scratch) -> Self {
        let numerators = trim.system.numerators.values().flatten().copied().collect();
        let mut bound = vec![false; trim.proofs.moves.len()];
        for (at, used) in trim.proofs.moves.iter().enumerate() {
            bound[at] |= !used.along.is_empty();
            used.along.iter().for_each(|&other| bound[other as usize] = true);
        }
        let mut polish = Polish { trim, scratch, movers: FxHashMap::default(), numerators, bound, seed: 1, least: GAIN, first: false, shuffled: false };
        for at in 0..polish.trim.proofs.moves.len() {
            if polish.trim.alive[at] {
                polish.index(at as u32);
            }
        }
        polish
    }

    fn index(&mut self, at: u32) {
        for &(cell, _) in &self.trim.proofs.moves[at as usize].cells {
            if !self.trim.system.cells[cell as usize].reason.is_primary() {
                self.movers.entry(cell).or_default().push(at);
            }
        }
    }

    /// Tries every secondary cell once. Whether anything was gained.
    fn pass(&mut self) -> bool {
        let cells = &self.trim.system.cells;
        let mut order: Vec<(f32, CellId)> = (0..cells.len() as CellId)
            .filter(|&id| is_secondary(&cells[id as usize]) && !self.numerators.contains(&id))
            .map(|id| (cells[id as usize].weight, id))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut gained = false;
        for (_, cell) in order {
            gained |= is_secondary(&self.trim.system.cells[cell as usize]) && self.attempt(cell);
        }
        gained
    }

    /// Tries to do without a cell.
    fn attempt(&mut self, cell: CellId) -> bool {
        let alive = |at: &&u32| self.trim.alive[**at as usize];
        let users: Vec<u32> = self.movers.get(&cell).into_iter().flatten().filter(alive).copied().collect();
        self.rebuild(users, Some(cell))
    }

    fn rebuild(&mut self, users: Vec<u32>, keep: Option<CellId>) -> bool {
        if users.iter().any(|&at| self.bound[at as usize]) {
            return false;
        }
        let mut attempt = self.set_aside(users);
        let worth = if self.first { self.trim.show_idle(&attempt.users, &mut attempt.shown) } else { self.trim.idle_weight(&attempt.users) };
        let proved = self.prove_anew(&mut attempt, keep, worth);
        let gain = if self.first { worth } else { self.trim.idle_weight(&attempt.users) } - attempt.spent;
        if proved && gain > self.least {
            self.settle(attempt);
            return true;
        }
        self.take_back(attempt);
        false
    }

    fn next(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.seed >> 33) % below.max(1) as u64) as usize
    }

    /// Tries every secondary cell once with some that moves through it change as well.
    fn shake(&mut self, most: usize, keep: bool) -> usize {
        let cells = &self.trim.system.cells;
        let mut order: Vec<CellId> = (0..cells.len() as CellId)
            .filter(|&id| is_secondary(&cells[id as usize]) && !self.numerators.contains(&id))
            .collect();
        for at in (1..order.len()).rev() {
            let other = self.next(at + 1);
            order.swap(at, other);
        }
        let mut gained = 0;
        for cell in order {
            if !is_secondary(&self.trim.system.cells[cell as usize]) { continue; }
            let mut users: Vec<u32> = self.alive_users(cell);
            let mut near: Vec<CellId> = users.iter().flat_map(|&at| &self.trim.proofs.moves[at as usize].cells).map(|c| c.0)
              .filter(|&id| id != cell && is_secondary(&self.trim.system.cells[id as usize])).collect();
            near.sort_unstable(); near.dedup();
            for _ in 0..most {
                if near.is_empty() { break; }
                let at = self.next(near.len());
                let id = near.swap_remove(at);
                let more = self.alive_users(id);
                near.extend(more.iter().flat_map(|&at| &self.trim.proofs.moves[at as usize].cells).map(|c| c.0)
                  .filter(|&id| id != cell && is_secondary(&self.trim.system.cells[id as usize])));
                near.sort_unstable(); near.dedup();
                users.extend(more);
            }
            users.sort_unstable(); users.dedup();
            gained += usize::from(self.rebuild(users, keep.then_some(cell)));
        }
        gained
    }

    fn alive_users(&self, cell: CellId) -> Vec<u32> {
        let alive = |at: &&u32| self.trim.alive[**at as usize];
        self.movers.get(&cell).into_iter().flatten().filter(alive).copied().collect()
    }

    /// Sets moves aside; the claims on them stand on others where they can, and on none else.
    fn set_aside(&mut self, users: Vec<u32>) -> Attempt {
        let mut claims: Vec<Claimed> = Vec::new();
        for &at in &users {
            self.trim.retire(at);
            claims.extend(&self.trim.supports[at as usize]);
        }
        claims.sort_unstable();
        claims.dedup();
        let mut before = Vec::new();
        for &claimed in &claims {
            let others = self.trim.without(claimed, u32::MAX).unwrap_or_default();
            before.push((claimed, std::mem::replace(&mut self.claim(claimed).moves, others)));
        }
        Attempt { first_move: self.trim.proofs.moves.len(), users, claims: before, hidden: Vec::new(), shown: Vec::new(), spent: 0.0 }
    }

    fn claim(&mut self, (target, layer): Claimed) -> &mut Claim {
        &mut self.trim.proofs.claims[target as usize][layer]
    }

    /// Finds moves for every open claim that leave a cell alone, for less than it is worth.
    fn prove_anew(&mut self, attempt: &mut Attempt, cell: Option<CellId>, worth: f32) -> bool {
        let mut targets: Vec<u32> = attempt.claims.iter().map(|(claimed, _)| claimed.0).collect();
        if self.shuffled {
            for at in (1..targets.len()).rev() {
                let other = self.next(at + 1);
                targets.swap(at, other);
            }
        }
        for target in targets {
            let mut left = MOVES;
            while !self.trim.proofs.is_done(self.trim.system, target) {
                let below = worth - attempt.spent - self.least;
                let Some(found) = self.find(target, cell, below).filter(|_| left > 0) else { return false };
                left -= 1;
                self.take(attempt, target, found);
            }
        }
        true
    }

    /// The cheapest move that a target needs, for less than `below`.
    fn find(&mut self, target: u32, keep: Option<CellId>, below: f32) -> Option<Found> {
        let strictly = |strictness| needs(self.trim.system, self.trim.proofs, target, strictness);
        let mut all = vec![strictly(Strictness::Full)];
        if self.trim.proofs.claims[target as usize].iter().any(|claim| !claim.moves.is_empty()) {
            all.push(strictly(Strictness::AnyChange));
        }
        all.iter().find_map(|needs| self.look(target, keep, needs, below))
    }

    /// A move that was found before, or several added up, so that the cell to keep stands still.
    fn combined(&mut self, query: &Query<'_>, target: u32) -> Option<Found> {
        let mut best: Option<Found> = None;
        let mut firsts = self.trim.provers_of(target);
        let start = firsts.len().saturating_sub(40);
        for first in firsts.drain(start..) {
            let one = &self.trim.proofs.moves[first as usize];
            if self.bound[first as usize] || !matches!(one.layer, Layer::Joint | Layer::Contacts) || (one.layer == Layer::Contacts && query.patients_width > 0) { continue; }
            let below = best.as_ref().map_or(query.below, |b| b.cost);
            let query = Query { layer: one.layer, below, ..*query };
            let by = query.keep.map_or(0, |keep| change(&one.cells, keep));
            let found = if by == 0 {
                let up = change(&one.cells, query.cell).signum();
                let cells = one.cells.iter().map(|c| (c.0, c.1 * up)).collect();
                let terms = one.terms.iter().map(|t| super::moves::Term { sign: t.sign * up, parts: t.parts.clone() }).collect();
                whole(self.trim.system, &query, (terms, cells, &one.at.clone()), self.scratch)
            } else {
                let keep = query.keep?;
                cancelled(self.trim.system, &self.trim.proofs.moves, &self.bound, self.movers.get(&keep).map_or(&[][..], |m| &m[..]), (&one.terms, &one.cells, &one.at), keep, &query, self.scratch)
            };
            if found.is_some() { best = found; if best.as_ref()?.cost < super::weigher::FREE { return best; } }
        }
        let mut best = best?;
        for _ in 0..STEPS {
            let mut dear: Vec<(CellId, f32)> = best.cells.iter().map(|c| (c.0, self.trim.system.cells[c.0 as usize].price())).filter(|c| c.1 > 0.0).collect();
            dear.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let query = Query { layer: best.layer, below: best.cost, ..*query };
            let next = dear.into_iter().take(4).find_map(|(cell, _)| cancelled(self.trim.system, &self.trim.proofs.moves, &self.bound, self.movers.get(&cell).map_or(&[][..], |m| &m[..]), (&best.terms, &best.cells, &best.at), cell, &query, self.scratch));
            match next { Some(next) => best = next, None => break }
            if best.cost < super::weigher::FREE { break; }
        }
        Some(best)
    }

    /// A move for both layers, or for contacts alone.
    fn look(&mut self, target: u32, keep: Option<CellId>, needs: &[Option<Need>; 2], below: f32) -> Option<Found> {
        let mut avoid: Vec<u32> = needs.iter().flatten().flat_map(|need| need.avoid.clone()).collect();
        avoid.sort_unstable();
        avoid.dedup();
        let width = |layer: usize| needs[layer].as_ref().map_or(0, |need| need.width);
        let query = Query {
            cell: self.trim.system.targets[target as usize].cell,
            layer: Layer::Joint,
            contacts_width: width(0),
            patients_width: width(1),
            company: Company::Alone,
            keep,
            base: None,
            avoid: &avoid,
            reach: Reach::Best(OPTIONS),
            below: below.max(1.0),
            effort: EFFORT,
        };
        let pooled = if std::env::var_os("NOCOMB").is_none() { self.combined(&query, target) } else { None };
        let below = pooled.as_ref().map_or(query.below, |f| f.cost);
        if below < super::weigher::FREE { return pooled; }
        let query = Query { below, ..query };
        let layers = [Layer::Joint, Layer::Contacts].into_iter().take(if needs[1].is_none() { 2 } else { 1 });
        layers.into_iter().find_map(|layer| seek(self.trim.system, &Query { layer, ..query }, self.scratch)).or(pooled)
    }

    /// Takes a move into use for an attempt, and hides what it needs.
    fn take(&mut self, attempt: &mut Attempt, target: u32, found: Found) {
        for cell in found.changed() {
            let shown = &self.trim.system.cells[cell as usize];
            if shown.state == State::Shown {
                attempt.spent += shown.weight;
                attempt.hidden.push(cell);
                self.trim.system.hide(cell, Reason::Secondary);
            }
        }
        self.trim.proofs.take(self.trim.system, target, found);
        self.trim.admit();
        self.bound.push(false);
    }

    /// Keeps what an attempt brought.
    fn settle(&mut self, attempt: Attempt) {
        for (claimed, before) in &attempt.claims {
            before.iter().for_each(|&at| self.trim.supports[at as usize].retain(|known| known != claimed));
            let moves = self.claim(*claimed).moves.clone();
            moves.iter().for_each(|&at| self.trim.supports[at as usize].push(*claimed));
        }
        (attempt.first_move..self.trim.proofs.moves.len()).for_each(|at| self.index(at as u32));
        self.trim.show_idle(&attempt.users, &mut Vec::new());
    }

    /// Makes everything as it was before an attempt.
    fn take_back(&mut self, attempt: Attempt) {
        self.trim.dismiss(attempt.first_move);
        self.bound.truncate(attempt.first_move);
        for cell in attempt.hidden.into_iter().rev() {
            self.trim.show(cell);
        }
        for (claimed, before) in attempt.claims {
            self.claim(claimed).moves = before;
        }
        attempt.users.iter().for_each(|&at| self.trim.revive(at));
        attempt.shown.iter().for_each(|&cell| self.trim.system.hide(cell, Reason::Secondary));
    }
}

fn change(cells: &[(CellId, i8)], cell: CellId) -> i8 {
    cells.iter().find(|c| c.0 == cell).map_or(0, |c| c.1)
}

const STEPS: usize = 3;
const POOL: usize = 40;

/// A move with another added so that a cell stands still.
#[allow(clippy::too_many_arguments)]
fn cancelled(system: &System<'_>, moves: &[Used], bound: &[bool], pool: &[u32], (terms, cells, at): (&[Term], &[(CellId, i8)], &[u16]), cell: CellId, query: &Query<'_>, scratch: &mut Scratch) -> Option<Found> {
    let a = change(cells, cell);
    let mut best: Option<Found> = None;
    for &second in &pool[pool.len().saturating_sub(POOL)..] {
        let other = &moves[second as usize];
        let b = change(&other.cells, cell);
        if b == 0 || a % b != 0 || bound[second as usize] || other.layer != query.layer || terms.len() + other.terms.len() > 12 { continue; }
        let times = -a / b;
        let merged: Vec<(CellId, i8)> = merge(cells, &other.cells, times);
        let up = change(&merged, query.cell).signum();
        if up == 0 { continue; }
        let merged = merged.into_iter().map(|c| (c.0, c.1 * up)).collect();
        let terms = terms.iter().map(|t| Term { sign: t.sign * up, parts: t.parts.clone() }).chain(other.terms.iter().map(|t| Term { sign: t.sign * times * up, parts: t.parts.clone() })).collect();
        let below = best.as_ref().map_or(query.below, |b| b.cost);
        if let Some(found) = whole(system, &Query { below, ..*query }, (terms, merged, at), scratch) {
            best = Some(found);
        }
    }
    best
}

fn merge(a: &[(CellId, i8)], b: &[(CellId, i8)], times: i8) -> Vec<(CellId, i8)> {
    let mut cells: Vec<(CellId, i8)> = a.iter().copied().chain(b.iter().map(|c| (c.0, c.1 * times))).collect();
    cells.sort_unstable();
    cells.chunk_by(|a, b| a.0 == b.0).map(|c| (c[0].0, c.iter().map(|c| c.1).sum())).filter(|c: &(CellId, i8)| c.1 != 0).collect()
}
