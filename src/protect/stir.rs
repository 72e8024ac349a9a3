//! Less hidden by making worse and better in turn.
//!
//! In: a small system of one table in which every unsafe cell is proved. Out: the same with less hidden, or as
//! it was. One secondary cell is shown, those first that were hidden to keep pairs apart, and what stood on it
//! proved anew at whatever it costs, by linear programs; then every other that this touched is tried again. What
//! comes of it is kept if it is not much worse, and the best of all is the result. Where trying cell by cell gains
//! nothing more, this does. Never weakens a proof; every choice follows from the system.

use rustc_hash::FxHashSet;

use super::grid::CellId;
use super::pairs::mix;
use super::polish::{Idle, Origin, Polish};
use super::program::Within;
use super::proofs::Claim;
use super::search::Scratch;
use super::system::Cell;
use super::trim::{Claimed, Trim, is_secondary};

/// What is looked at in any case, and more for every target, after which there are no more rounds.
const SPENT: u64 = 4_000_000;
const SPENT_A_TARGET: u64 = 12_000;
/// What is looked at without gain, after which there are no more rounds either.
const IDLE: u64 = 3_500_000;
/// The number of the first round: every other is another order of trying. Of fifteen this one does well with all
/// tables of the bench.
const FIRST_ROUND: u64 = 7 << 20;
/// What a round may lose at most and still be kept: about the weight of a cell.
const LOSS: f32 = 6.0;

/// Everything of a [`Trim`] that a round changes. Moves, and who they may help, are only added.
struct Snapshot {
    cells: Vec<Cell>,
    claims: Vec<[Claim; 2]>,
    moves: usize,
    alive: Vec<bool>,
    supports: Vec<Vec<Claimed>>,
    uses: Vec<u32>,
    /// Of all that is hidden for the sake of others.
    weight: f32,
}

/// Shows cells by hiding others for a while; first those of `latest`, on which little else stands yet.
pub(super) fn stir(trim: &mut Trim<'_, '_>, mut latest: Vec<CellId>) {
    let limit = SPENT + SPENT_A_TARGET * trim.system.targets.len() as u64;
    let mut scratch = Scratch::default();
    let mut best = Snapshot::of(trim);
    let (mut weight, mut gained_at) = (best.weight, 0);
    let mut needed = FxHashSet::default();
    for round in FIRST_ROUND.. {
        if scratch.spent > limit.min(gained_at + IDLE) {
            break;
        }
        let next = latest.pop().filter(|&cell| is_secondary(&trim.system.cells[cell as usize]));
        let Some(cell) = next.or_else(|| chosen(trim, round, &needed, &mut scratch)) else { break };
        let before = Snapshot::of(trim);
        if !replace(trim, (cell, round), &mut scratch) {
            before.restore(trim);
            needed.insert(cell);
            continue;
        }
        let after = hidden_weight(trim);
        if after > weight + LOSS * part_of_one(round) {
            before.restore(trim);
            continue;
        }
        weight = after;
        if weight < best.weight {
            (best, gained_at) = (Snapshot::of(trim), scratch.spent);
            needed.clear();
        }
    }
    best.restore(trim);
}

/// What all that is hidden for the sake of others weighs.
fn hidden_weight(trim: &Trim<'_, '_>) -> f32 {
    trim.system.cells.iter().filter(|cell| is_secondary(cell)).map(|cell| cell.weight).sum()
}

/// A number from 0 to 1 that looks random.
fn part_of_one(round: u64) -> f32 {
    (mix(round << 1 | 1) % 1024) as f32 / 1024.0
}

/// The cell that a round does without: any but those that were found to be needed since the best was found.
fn chosen(trim: &mut Trim<'_, '_>, round: u64, needed: &FxHashSet<CellId>, scratch: &mut Scratch) -> Option<CellId> {
    let mut all = Polish::new(trim, Origin::Pool, scratch).secondary();
    all.retain(|cell| !needed.contains(cell));
    all.get(mix(round << 1) as usize % all.len().max(1)).copied()
}

/// Shows a cell at whatever it costs, and then what else can be shown of what that touched. False where it is
/// needed.
fn replace(trim: &mut Trim<'_, '_>, (cell, round): (CellId, u64), scratch: &mut Scratch) -> bool {
    let mut polish = Polish::new(trim, Origin::Programs(Within::Shown), scratch);
    let users = polish.users(cell);
    let first = polish.trim.proofs.moves.len();
    polish.rebuild(users.clone(), Some(cell), Idle::Shown, f32::NEG_INFINITY);
    if is_secondary(&polish.trim.system.cells[cell as usize]) {
        return false;
    }
    polish.origin = Origin::Programs(Within::Hidden);
    let mut others = polish.trim.cells_of(users.into_iter().chain(first as u32..polish.trim.proofs.moves.len() as u32));
    others.sort_by_key(|&other| mix(u64::from(other) << 32 | round));
    for other in others {
        if is_secondary(&polish.trim.system.cells[other as usize]) {
            polish.attempt(other);
        }
    }
    true
}

impl Snapshot {
    fn of(trim: &Trim<'_, '_>) -> Snapshot {
        Snapshot {
            cells: trim.system.cells.clone(),
            claims: trim.proofs.claims.clone(),
            moves: trim.proofs.moves.len(),
            alive: trim.alive.clone(),
            supports: trim.supports.clone(),
            uses: trim.uses.clone(),
            weight: hidden_weight(trim),
        }
    }

    fn restore(self, trim: &mut Trim<'_, '_>) {
        trim.dismiss(self.moves);
        trim.system.cells = self.cells;
        trim.proofs.claims = self.claims;
        (trim.alive, trim.supports, trim.uses) = (self.alive, self.supports, self.uses);
        trim.keep_parted();
    }
}
