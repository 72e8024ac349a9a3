//! Hidden cells shown again by proving anew what stood on them.
//!
//! In: a system in which every unsafe cell is proved, and its moves. Out: the same with less hidden.
//! Cell by cell, the dearest first: the moves that change it are set aside, and the claims on them
//! look for others; where all find one, at a price below that of the cell, the cell is shown. Then, where
//! boxes are searched, the same for several cells at once, in an order that changes from round to round,
//! until enough has been tried. Never weakens a proof; what gets worse stays as it was.

use rustc_hash::{FxHashMap, FxHashSet};

use super::grid::CellId;
use super::hide::{Need, Strictness, avoided, boxed, needs};
use super::moves::Layer;
use super::pairs::mix;
use super::pool::Pool;
use super::primary::Reason;
use super::program::Within;
use super::proofs::Claim;
use super::search::{Company, Found, Query, Reach, Scratch};
use super::system::State;
use super::trim::{Claimed, Trim, is_secondary};
use super::weigher::FREE;

/// How often every secondary cell is tried alone.
const PASSES: usize = 3;
/// Cells tried together with one.
const TOGETHER: usize = 3;
/// Rounds at most, and rounds without gain after which there are no more.
const ROUNDS: u64 = 200;
const IDLE_ROUNDS: usize = 8;
/// Cells looked at in all, after which there are no more rounds either: about half a second. And after
/// which no more is tried at all.
const SPENT: u64 = 6_000_000;
const MOST_SPENT: u64 = 300_000_000;
/// Moves that a claim may need anew, one contributor after the other.
const MOVES: usize = 5;
/// How wide to look for boxes.
const OPTIONS: usize = 4;
const EFFORT: u64 = 8_000;
/// What must be gained for a change to be worth it; less than [`NOTHING`] is none.
const GAIN: f32 = 0.01;
const NOTHING: f32 = 0.001;

/// Where moves that prove anew come from, besides moves found before, added up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Pool,
    /// Searches for boxes, and what is made of them.
    Boxes,
    /// Linear programs.
    Programs(Within),
}

/// Shows cells again until nothing is gained, or enough has been tried.
pub(super) fn polish(trim: &mut Trim<'_, '_>) {
    let origin = match (&trim.system.ground, trim.system.is_small()) {
        (Some(_), _) => Origin::Programs(Within::Hidden),
        (None, true) => Origin::Boxes,
        (None, false) => Origin::Pool,
    };
    let mut scratch = Scratch::default();
    let mut polish = Polish::new(trim, origin, &mut scratch);
    for _ in 0..if origin == Origin::Pool { 1 } else { PASSES } {
        if !polish.pass() {
            break;
        }
    }
    if origin == Origin::Boxes {
        polish.shake();
    }
}

/// What becomes of cells that no move in use changes, while others are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    /// They cost nothing.
    Hidden,
    /// They have their price.
    Shown,
}

pub(super) struct Polish<'p, 't, 'a> {
    pub trim: &'p mut Trim<'t, 'a>,
    pub origin: Origin,
    pub scratch: &'p mut Scratch,
    /// Moves by the secondary cells that they change.
    movers: FxHashMap<CellId, Vec<u32>>,
    /// Cells that fall with others.
    numerators: FxHashSet<CellId>,
    /// Moves that go along with others, or have such.
    bound: Vec<bool>,
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
    pub fn new(trim: &'p mut Trim<'t, 'a>, origin: Origin, scratch: &'p mut Scratch) -> Self {
        let numerators = trim.system.numerators.values().flatten().copied().collect();
        let mut bound = vec![false; trim.proofs.moves.len()];
        for (at, used) in trim.proofs.moves.iter().enumerate() {
            bound[at] |= !used.along.is_empty();
            used.along.iter().for_each(|&other| bound[other as usize] = true);
        }
        let mut polish = Polish { trim, origin, scratch, movers: FxHashMap::default(), numerators, bound };
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

    pub fn secondary(&self) -> Vec<CellId> {
        let cells = &self.trim.system.cells;
        let stands_alone = |&id: &CellId| is_secondary(&cells[id as usize]) && !self.numerators.contains(&id);
        (0..cells.len() as CellId).filter(stands_alone).collect()
    }

    /// Tries every secondary cell once. Whether anything was gained.
    fn pass(&mut self) -> bool {
        let weighed = |cell: CellId| (self.trim.system.cells[cell as usize].weight, cell);
        let mut order: Vec<(f32, CellId)> = self.secondary().into_iter().map(weighed).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut gained = false;
        for (_, cell) in order {
            if self.scratch.spent > MOST_SPENT {
                break;
            }
            gained |= is_secondary(&self.trim.system.cells[cell as usize]) && self.attempt(cell);
        }
        gained
    }

    /// Tries to do without a cell.
    pub fn attempt(&mut self, cell: CellId) -> bool {
        let users = self.users(cell);
        self.rebuild(users, Some(cell), Idle::Hidden, GAIN)
    }

    /// Moves in use that change a cell.
    pub fn users(&self, cell: CellId) -> Vec<u32> {
        let alive = |at: &&u32| self.trim.alive[**at as usize];
        self.movers.get(&cell).into_iter().flatten().filter(alive).copied().collect()
    }

    /// Rounds over all secondary cells, every other of them with what is found only if the cell is shown.
    fn shake(&mut self) {
        let mut idle = 0;
        for round in 0..ROUNDS {
            let mut order = self.secondary();
            order.sort_by_key(|&cell| mix(u64::from(cell) << 32 | round));
            let mut gained = false;
            for cell in order {
                if self.scratch.spent > SPENT {
                    return;
                }
                if is_secondary(&self.trim.system.cells[cell as usize]) {
                    let users = self.users_around(cell, round);
                    // What costs the same is taken for a change.
                    let (keep, least) = if round % 2 == 1 { (Some(cell), GAIN) } else { (None, -NOTHING) };
                    gained |= self.rebuild(users, keep, Idle::Shown, least);
                }
            }
            idle = if gained { 0 } else { idle + 1 };
            if idle > IDLE_ROUNDS {
                return;
            }
        }
    }

    /// Moves in use that change a cell, or one of some secondary cells that these change as well.
    fn users_around(&self, cell: CellId, round: u64) -> Vec<u32> {
        let (mut users, mut cells) = (self.users(cell), vec![cell]);
        for _ in 0..TOGETHER {
            let changed = users.iter().flat_map(|&at| &self.trim.proofs.moves[at as usize].cells);
            let others = changed.map(|change| change.0).filter(|other| !cells.contains(other));
            let near = others.filter(|&other| is_secondary(&self.trim.system.cells[other as usize]));
            let Some(next) = near.min_by_key(|&other| mix(u64::from(other) << 32 | round << 8 | 1)) else { break };
            cells.push(next);
            users.extend(self.users(next));
        }
        users.sort_unstable();
        users.dedup();
        users
    }

    /// Tries to prove otherwise what stands on some moves, so that cells of more than `least` are shown.
    /// Whether anything was gained.
    pub fn rebuild(&mut self, users: Vec<u32>, keep: Option<CellId>, idle: Idle, least: f32) -> bool {
        if users.is_empty() || users.iter().any(|&at| self.bound[at as usize]) {
            return false;
        }
        let mut attempt = self.set_aside(users);
        let worth = self.trim.idle_weight(&attempt.users);
        if idle == Idle::Shown {
            attempt.shown = self.trim.show_idle(&attempt.users);
        }
        let proved = self.prove_anew(&mut attempt, keep, worth - least);
        let left = if idle == Idle::Shown { worth } else { self.trim.idle_weight(&attempt.users) };
        let gain = left - attempt.spent;
        let new = attempt.first_move as u32..self.trim.proofs.moves.len() as u32;
        if proved && gain > least && self.trim.is_apart(attempt.users.iter().copied().chain(new)) {
            self.settle(attempt);
            return gain > NOTHING;
        }
        self.take_back(attempt);
        false
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
        Attempt {
            first_move: self.trim.proofs.moves.len(),
            users,
            claims: before,
            hidden: Vec::new(),
            shown: Vec::new(),
            spent: 0.0,
        }
    }

    fn claim(&mut self, (target, layer): Claimed) -> &mut Claim {
        &mut self.trim.proofs.claims[target as usize][layer]
    }

    /// Finds moves for every open claim that leave a cell alone, for less than `below` together.
    fn prove_anew(&mut self, attempt: &mut Attempt, keep: Option<CellId>, below: f32) -> bool {
        let mut targets: Vec<u32> = attempt.claims.iter().map(|(claimed, _)| claimed.0).collect();
        if keep.is_none() {
            targets.sort_by_key(|&target| mix(self.scratch.spent << 32 | u64::from(target)));
        }
        for target in targets {
            let mut left = MOVES;
            while !self.trim.proofs.is_done(self.trim.system, target) {
                let Some(found) = self.find(target, keep, below - attempt.spent).filter(|_| left > 0) else {
                    return false;
                };
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

    /// A move for both layers, or for contacts alone.
    fn look(&mut self, target: u32, keep: Option<CellId>, needs: &[Option<Need>; 2], below: f32) -> Option<Found> {
        let avoid = avoided(needs, &[0, 1]);
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
        let of_target = self.trim.moves_of(target);
        let (moves, by_cell) = (&self.trim.proofs.moves, &self.movers);
        let pool = Pool { system: self.trim.system, moves, by_cell, bound: &self.bound };
        let known = pool.cheapest(&query, &of_target, self.scratch);
        let below = known.as_ref().map_or(query.below, |known| known.cost);
        if below < FREE {
            return known;
        }
        let alike = self.trim.system.ground.as_ref().is_some_and(|ground| !ground.has_patients);
        let layers = [Layer::Joint, Layer::Contacts].into_iter().take(if needs[1].is_none() && !alike { 2 } else { 1 });
        let (system, scratch) = (&*self.trim.system, &mut *self.scratch);
        let mut queries = layers.map(|layer| Query { layer, below, ..query });
        let found = match (self.origin, &system.ground) {
            (Origin::Boxes, _) => queries.find_map(|query| boxed(system, &query, scratch)),
            (Origin::Programs(within), Some(ground)) => {
                queries.find_map(|query| ground.cheapest(system, &query, within, scratch))
            }
            _ => None,
        };
        found.or(known)
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
        self.trim.show_idle(&attempt.users);
    }

    /// Makes everything as it was before an attempt.
    fn take_back(&mut self, attempt: Attempt) {
        self.trim.dismiss(attempt.first_move);
        self.bound.truncate(attempt.first_move);
        for (claimed, before) in attempt.claims {
            self.claim(claimed).moves = before;
        }
        // Moves come back first: what they change stays hidden, whatever it falls with is shown again.
        attempt.users.iter().for_each(|&at| self.trim.revive(at));
        attempt.shown.iter().for_each(|&cell| self.trim.system.hide(cell, Reason::Secondary));
        attempt.hidden.into_iter().rev().for_each(|cell| self.trim.show(cell));
    }
}
