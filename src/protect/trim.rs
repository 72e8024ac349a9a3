//! Cells shown again that no proof needs.
//!
//! In: a system in which every unsafe cell is proved. Out: proofs that stand on fewer moves, and what
//! only the others had hidden shown again, the dearest first; where pairs are parted, they stay so. A search takes one move after the
//! other and cannot know which of the early ones the later ones make needless. Never weakens a
//! proof, never shows a cell that is unsafe or that a move in use changes.

use rustc_hash::FxHashMap;

use super::grid::CellId;
use super::pairs::Parted;
use super::polish::polish;
use super::primary::Reason;
use super::proofs::{Proofs, layers};
use super::stir::stir;
use super::system::{NO_TARGET, State, System};

/// A target and a layer.
pub(super) type Claimed = (u32, usize);

/// Rounds in which cells are shown by proving anew.
const POLISHED: usize = 3;

/// Moves and claims, and what they stand on.
pub(super) struct Trim<'t, 'a> {
    pub system: &'t mut System<'a>,
    pub proofs: &'t mut Proofs,
    /// By move: whether it is in use.
    pub alive: Vec<bool>,
    /// By move: claims that stand on it.
    pub supports: Vec<Vec<Claimed>>,
    /// By cell: how many moves in use change it.
    pub uses: Vec<u32>,
    /// By target and layer: moves that change it.
    provers: Vec<[Vec<u32>; 2]>,
    /// Pairs that must stay parted, if they must.
    parted: Option<Parted>,
    /// What a cell falls with.
    denominators: FxHashMap<CellId, CellId>,
}

/// Gives up moves that no proof needs, and shows what only they had hidden; then shows more by
/// proving anew.
/// `round`: how often that was done before; at last nothing new is tried.
pub(super) fn trim(system: &mut System<'_>, proofs: &mut Proofs, round: usize) {
    let hidden = secondary(system);
    let mut trim = Trim::new(system, proofs);
    trim.retire_idle();
    for at in trim.dearest_first() {
        trim.give_up(at);
    }
    trim.show_all_idle();
    if trim.system.is_careful && round < POLISHED {
        polish(&mut trim);
    }
    trim.finish(&hidden);
}

/// Shows more by linear programs, where pairs are parted and stay so. `before`: what was hidden for the sake of
/// others before they were.
pub(super) fn trim_parted(system: &mut System<'_>, proofs: &mut Proofs, before: &[CellId]) {
    let hidden = secondary(system);
    let latest = hidden.iter().copied().filter(|cell| before.binary_search(cell).is_err()).collect();
    let mut trim = Trim::new(system, proofs);
    trim.keep_parted();
    stir(&mut trim, latest);
    trim.finish(&hidden);
}

/// Cells hidden for the sake of others, ascending.
pub(super) fn secondary(system: &System<'_>) -> Vec<CellId> {
    let is_hidden = |id: &CellId| is_secondary(&system.cells[*id as usize]);
    (0..system.cells.len() as CellId).filter(is_hidden).collect()
}

impl<'t, 'a> Trim<'t, 'a> {
    fn new(system: &'t mut System<'a>, proofs: &'t mut Proofs) -> Self {
        let count = proofs.moves.len();
        let (alive, uses) = (vec![true; count], vec![0; system.cells.len()]);
        let provers = vec![Default::default(); system.targets.len()];
        let pairs = system.numerators.iter().flat_map(|(&of, numerators)| numerators.iter().map(move |&n| (n, of)));
        let denominators = pairs.collect();
        let supports = vec![Vec::new(); count];
        let mut trim = Trim { system, proofs, alive, uses, provers, supports, parted: None, denominators };
        for at in 0..count {
            trim.note(at as u32);
        }
        for (target, claims) in trim.proofs.claims.iter().enumerate() {
            for (layer, claim) in claims.iter().enumerate() {
                claim.moves.iter().for_each(|&at| trim.supports[at as usize].push((target as u32, layer)));
            }
        }
        trim
    }

    /// Gives up what no claim stands on. `hidden`: what was hidden for the sake of others before.
    fn finish(mut self, hidden: &[CellId]) {
        self.retire_idle();
        self.show_all_idle();
        self.proofs.keep(&self.alive);
        self.system.hide_again(self.proofs, hidden);
    }

    /// Notes which cells a move changes, and whom that may help.
    fn note(&mut self, at: u32) {
        let used = &self.proofs.moves[at as usize];
        for &(cell, _) in &used.cells {
            self.uses[cell as usize] += 1;
            let target = self.system.target_of[cell as usize];
            if target != NO_TARGET {
                let proving = layers(used.layer).iter().filter(|&&layer| used.width(cell, layer) > 0);
                proving.for_each(|&layer| self.provers[target as usize][layer].push(at));
            }
        }
    }

    /// Moves by what they hide, shared among all that hide it; without those that hide nothing more
    /// than what is unsafe.
    fn dearest_first(&self) -> Vec<u32> {
        let share = |&(cell, _): &(CellId, i8)| {
            let hidden = &self.system.cells[cell as usize];
            if is_secondary(hidden) { hidden.weight / self.uses[cell as usize].max(1) as f32 } else { 0.0 }
        };
        let price = |at: u32| -> f32 { self.changed(at).map(|change| share(&change)).sum() };
        let stands_alone = |at: &u32| !self.supports[*at as usize].is_empty();
        let all = (0..self.alive.len() as u32).filter(stands_alone).map(|at| (price(at), at));
        let mut dear: Vec<(f32, u32)> = all.filter(|(price, _)| *price > 0.0).collect();
        dear.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        dear.into_iter().map(|(_, at)| at).collect()
    }

    /// Every change by a move and by those that go along with it.
    fn changed(&self, at: u32) -> impl Iterator<Item = (CellId, i8)> + '_ {
        let used = &self.proofs.moves[at as usize];
        let along = used.along.iter().flat_map(|&other| &self.proofs.moves[other as usize].cells);
        used.cells.iter().chain(along).copied()
    }

    /// Gives a move up if every claim on it can stand on others.
    fn give_up(&mut self, at: u32) {
        let claims = self.supports[at as usize].clone();
        self.alive[at as usize] = false;
        let others: Option<Vec<Vec<u32>>> = claims.iter().map(|&claimed| self.without(claimed, at)).collect();
        let Some(others) = others else {
            self.alive[at as usize] = true;
            return;
        };
        for (claimed, moves) in claims.into_iter().zip(others) {
            let claim = &mut self.proofs.claims[claimed.0 as usize][claimed.1];
            let before = std::mem::replace(&mut claim.moves, moves.clone());
            before.iter().for_each(|&other| self.supports[other as usize].retain(|known| *known != claimed));
            moves.iter().for_each(|&other| self.supports[other as usize].push(claimed));
        }
        let along = self.proofs.moves[at as usize].along.clone();
        for given_up in along.into_iter().chain([at]) {
            self.alive[given_up as usize] = false;
            for &(cell, _) in &self.proofs.moves[given_up as usize].cells {
                self.uses[cell as usize] -= 1;
            }
        }
    }

    /// Moves that prove a claim without one of those that do; none where there are none.
    pub fn without(&self, (target, layer): Claimed, at: u32) -> Option<Vec<u32>> {
        let claim = &self.proofs.claims[target as usize][layer];
        let cell = self.system.targets[target as usize].cell;
        let width = |at: u32| self.proofs.moves[at as usize].width(cell, layer);
        let provers = self.provers[target as usize][layer].iter().copied();
        let of_claim = claim.moves.iter().copied().filter(|&other| other != at);
        let candidates: Vec<u32> = of_claim.chain(provers).filter(|&other| self.alive[other as usize]).collect();
        let mut moves = vec![candidates.iter().copied().find(|&other| width(other) >= claim.width)?];
        let mut knowing = self.proofs.knowing_of(self.system, target, layer, &moves);
        for other in candidates {
            let owners = &self.proofs.moves[other as usize].owners;
            let rest: Vec<u32> = knowing.iter().copied().filter(|owner| owners.binary_search(owner).is_ok()).collect();
            if rest.len() < knowing.len() {
                moves.push(other);
                knowing = rest;
            }
        }
        knowing.is_empty().then_some(moves)
    }

    /// Moves that change a target, in use or not, the latest last.
    pub fn moves_of(&self, target: u32) -> Vec<u32> {
        let mut all: Vec<u32> = self.provers[target as usize].iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Takes a move out of use, for a while.
    pub fn retire(&mut self, at: u32) {
        self.alive[at as usize] = false;
        self.note_parted(at, -1);
        for &(cell, _) in &self.proofs.moves[at as usize].cells {
            self.uses[cell as usize] -= 1;
        }
    }

    /// Takes moves out of use that no claim stands on, and those that go along with them.
    fn retire_idle(&mut self) {
        let mut goes_along = vec![false; self.alive.len()];
        let all = self.proofs.moves.iter().flat_map(|used| &used.along);
        all.for_each(|&at| goes_along[at as usize] = true);
        for at in (0..goes_along.len()).filter(|&at| !goes_along[at]) {
            if self.alive[at] && self.supports[at].is_empty() {
                let along = self.proofs.moves[at].along.clone();
                along.iter().copied().chain([at as u32]).for_each(|at| self.retire(at));
                if !self.is_apart([at as u32].into_iter()) {
                    along.into_iter().chain([at as u32]).for_each(|at| self.revive(at));
                    self.claim_by_any(at as u32);
                }
            }
        }
    }

    /// Has some unsafe cell stand on a move that parts a pair, so that it is proved like any other.
    fn claim_by_any(&mut self, at: u32) {
        let used = &self.proofs.moves[at as usize];
        let targets = used.cells.iter().map(|&(cell, _)| self.system.target_of[cell as usize]);
        let of_layers = |target: u32| layers(used.layer).iter().map(move |&layer| (target, layer));
        let is_open = |&(target, layer): &Claimed| {
            let claim = &self.proofs.claims[target as usize][layer];
            used.moves(layer) && !claim.left && !claim.moves.is_empty()
        };
        if let Some(claimed) = targets.filter(|&target| target != NO_TARGET).flat_map(of_layers).find(is_open) {
            self.proofs.claims[claimed.0 as usize][claimed.1].moves.push(at);
            self.supports[at as usize].push(claimed);
        }
    }

    /// Takes it into use again.
    pub fn revive(&mut self, at: u32) {
        self.alive[at as usize] = true;
        self.note_parted(at, 1);
        for &(cell, _) in &self.proofs.moves[at as usize].cells {
            self.uses[cell as usize] += 1;
        }
    }

    /// Notes the last move, which is new.
    pub fn admit(&mut self) {
        self.alive.push(true);
        self.supports.push(Vec::new());
        let at = self.proofs.moves.len() as u32 - 1;
        self.note(at);
        self.note_parted(at, 1);
    }

    /// From now on pairs that the moves in use part stay parted.
    pub fn keep_parted(&mut self) {
        let mut parted = Parted::new(self.system);
        for (at, used) in self.proofs.moves.iter().enumerate().filter(|(at, _)| self.alive[*at]) {
            parted.note(self.system, (at as u32, used), 1);
        }
        self.parted = Some(parted);
    }

    fn note_parted(&mut self, at: u32, sign: i64) {
        if let Some(parted) = &mut self.parted {
            parted.note(self.system, (at, &self.proofs.moves[at as usize]), sign);
        }
    }

    /// Whether no two of the unsafe cells that some moves change have a known sum that is too small, where
    /// that matters.
    pub fn is_apart(&self, moves: impl Iterator<Item = u32>) -> bool {
        let Some(parted) = &self.parted else { return true };
        let cells = self.cells_of(moves).into_iter();
        let mut targets: Vec<u32> = cells.map(|cell| self.system.target_of[cell as usize]).collect();
        targets.retain(|&target| target != NO_TARGET);
        parted.is_apart(self.system, self.proofs, &targets)
    }

    /// Forgets the moves from a number on.
    pub fn dismiss(&mut self, first: usize) {
        for at in first..self.proofs.moves.len() {
            if self.alive[at] {
                self.retire(at as u32);
            }
        }
        for used in self.proofs.moves.drain(first..) {
            for &(cell, _) in &used.cells {
                let target = self.system.target_of[cell as usize];
                if target != NO_TARGET {
                    self.provers[target as usize].iter_mut().for_each(|all| all.retain(|&at| (at as usize) < first));
                }
            }
        }
        self.alive.truncate(first);
        self.supports.truncate(first);
    }

    /// Shows every cell that no move in use changes, of those that some moves changed; gives what it
    /// showed.
    pub fn show_idle(&mut self, moves: &[u32]) -> Vec<CellId> {
        let mut cells = self.cells_of(moves.iter().copied());
        let secondary = |system: &System<'_>, cell: CellId| is_secondary(&system.cells[cell as usize]);
        cells.retain(|&cell| secondary(self.system, cell));
        cells.iter().for_each(|&cell| self.show(cell));
        cells.retain(|&cell| !secondary(self.system, cell));
        cells
    }

    /// What these cells weigh together.
    pub fn idle_weight(&self, moves: &[u32]) -> f32 {
        let unused = |cell: CellId| self.uses[cell as usize] == 0 && is_secondary(&self.system.cells[cell as usize]);
        let stays = |cell: &CellId| self.falls_with(*cell).is_some_and(|of| !unused(of));
        let idle = |cell: &CellId| unused(*cell) && !stays(cell);
        self.cells_of(moves.iter().copied())
            .into_iter()
            .filter(idle)
            .map(|cell| self.system.cells[cell as usize].weight)
            .sum()
    }

    /// What moves change, ascending.
    pub fn cells_of(&self, moves: impl Iterator<Item = u32>) -> Vec<CellId> {
        let cells = moves.flat_map(|at| &self.proofs.moves[at as usize].cells);
        let mut cells: Vec<CellId> = cells.map(|&(cell, _)| cell).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    fn show_all_idle(&mut self) {
        (0..self.system.cells.len() as CellId).for_each(|cell| self.show(cell));
    }

    /// The hidden cell that a cell falls with.
    fn falls_with(&self, cell: CellId) -> Option<CellId> {
        let hidden = |of: &CellId| self.system.cells[*of as usize].state == State::Hidden;
        self.denominators.get(&cell).copied().filter(hidden)
    }

    /// Shows a secondary cell that no move in use changes, and what fell with it.
    pub fn show(&mut self, cell: CellId) {
        let falls = self.falls_with(cell).is_some();
        if self.uses[cell as usize] > 0 || falls || !is_secondary(&self.system.cells[cell as usize]) {
            return;
        }
        let shown = &mut self.system.cells[cell as usize];
        (shown.state, shown.reason) = (State::Shown, Reason::Shown);
        for numerator in self.system.numerators.get(&cell).cloned().unwrap_or_default() {
            self.show(numerator);
        }
    }
}

/// Whether a cell is hidden for the sake of others.
pub(super) fn is_secondary(cell: &super::system::Cell) -> bool {
    cell.state == State::Hidden && cell.reason == Reason::Secondary
}
