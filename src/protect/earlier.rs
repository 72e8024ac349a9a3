//! What earlier releases told of counts that are hidden now (PROTECTION 5).
//!
//! In: a system, and the last value that was published of every count. Out: how far each count may
//! rise and fall, as somebody sees it who kept the earlier releases: not at all where a shown sum
//! that holds it has not changed since, else by as much as the least of these sums has changed and a
//! margin. Proofs keep within that, as `audit` does. `src/protect/CERTIFICATE.md` has the assumption
//! in words. Never tells a value to what is public.

use rustc_hash::{FxHashMap, FxHashSet};

use super::grid::CellId;
use super::ledger::{Told, TwoTold};
use super::moves::Layer;
use super::patients::{Entry, entries, nested};
use super::primary::Reason;
use super::proofs::{Proofs, Used, layers};
use super::search::{Company, Query, Reach, Scratch, search};
use super::system::{Cell, Leeway, State, System};
use crate::relations::DimKind;

/// What a count weighs where the pattern of another period hides it, too.
const REPEATED: f32 = 0.3;

/// An unsafe cell that no move protects, and contributors who see through those that there are.
pub(super) struct Stuck {
    pub cell: CellId,
    /// Ascending.
    pub avoid: Vec<u32>,
    /// How far it has to move, contacts and patients.
    pub widths: [u32; 2],
}

/// Cells looked at for a leaf of a cell.
const EFFORT: u64 = 2_000_000;

/// No shown sum holds the count.
const LOST: u32 = u32::MAX;

/// What was told, and which counts hold which.
pub(super) struct Earlier {
    /// By cell.
    told: Vec<TwoTold>,
    /// Bills that may have been taken away for others that came, where any came or went.
    margin: u32,
    /// By cell: where its holders start; one more at the end.
    starts: Vec<u32>,
    /// The next larger cells, one dimension at a time; whether patients add up over it.
    holders: Vec<(CellId, bool)>,
}

impl Earlier {
    /// None where nothing was told.
    pub fn of(system: &System<'_>, mut told: Vec<TwoTold>, margin: u32) -> Option<Earlier> {
        if told.is_empty() {
            return None;
        }
        told.resize(system.cells.len(), [Told::NOTHING; 2]);
        let mut edges: Vec<(CellId, CellId, bool)> = Vec::new();
        for (dim, of) in system.universe.dims.iter().enumerate() {
            let mut known: FxHashMap<Vec<u16>, Vec<(u16, u16)>> = FxHashMap::default();
            for line in entries(system, dim, |_, _| true).chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
                let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
                let cell = |code: u16| line.partition_point(|entry| entry.1 < code);
                let pairs = known.entry(present).or_insert_with_key(|codes| nested(of, codes));
                edges.extend(
                    pairs
                        .iter()
                        .map(|&(part, whole)| (line[cell(part)].2, line[cell(whole)].2, of.kind.adds_patients())),
                );
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let ends = (0..=system.cells.len() as CellId).map(|cell| edges.partition_point(|edge| edge.0 < cell) as u32);
        Some(Earlier {
            starts: ends.collect(),
            holders: edges.iter().map(|edge| (edge.1, edge.2)).collect(),
            told,
            margin,
        })
    }

    fn holders(&self, cell: usize) -> &[(CellId, bool)] {
        &self.holders[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// By how much a shown count differs from what was told last; none where either is not known.
    fn change(&self, cells: &[Cell], cell: usize, layer: usize) -> Option<u32> {
        let told = self.told[cell][layer];
        let is_known = told.is_something() && told.drift == 0 && is_shown(&cells[cell], layer);
        is_known.then(|| told.value.abs_diff(value(&cells[cell], layer)))
    }

    /// By layer and cell: the least change of a shown count that holds it, [`LOST`] without one.
    /// Where contacts stand still patients do.
    fn least_changes(&self, cells: &[Cell]) -> [Vec<u32>; 2] {
        let own = |layer: usize| -> Vec<u32> {
            (0..cells.len()).map(|cell| self.change(cells, cell, layer).unwrap_or(LOST)).collect()
        };
        let of_contacts = self.spread(&own(0), |_| true);
        let of_patients = self.spread(&own(1), |adds_patients| adds_patients);
        let both = of_contacts.iter().zip(of_patients).map(|(&contacts, patients)| contacts.min(patients)).collect();
        [of_contacts, both]
    }

    /// From what holds to what is held, until nothing falls any more.
    fn spread(&self, own: &[u32], takes: impl Fn(bool) -> bool) -> Vec<u32> {
        let mut least = vec![LOST; own.len()];
        loop {
            let mut falls = false;
            for cell in (0..least.len()).rev() {
                let holders = self.holders(cell).iter().filter(|(_, adds_patients)| takes(*adds_patients));
                let of_holders = holders.map(|&(holder, _)| least[holder as usize].min(own[holder as usize]));
                let found = of_holders.min().unwrap_or(LOST);
                if found < least[cell] {
                    (least[cell], falls) = (found, true);
                }
            }
            if !falls {
                return least;
            }
        }
    }

    /// How far a count may rise and fall.
    fn leeway(&self, told: Told, least_change: u32, value: u32) -> Leeway {
        if !told.is_something() || least_change == LOST {
            return Leeway::ANY;
        }
        let drift = told.drift.saturating_add(least_change);
        // A count that was zero and is not has changed, whatever the sums say.
        let is_still = drift == 0 && told.value > 0;
        let radius = if is_still { 0 } else { drift.max(1).saturating_add(self.margin) };
        let (low, high) = (told.value.saturating_sub(radius), told.value.saturating_add(radius));
        Leeway::of(high.saturating_sub(value), value.saturating_sub(low))
    }
}

fn value(cell: &Cell, layer: usize) -> u32 {
    if layer == 0 { cell.contacts } else { cell.patients }
}

/// Whether the public has the value of a count: zeros are shown even where the other layer is hidden.
fn is_shown(cell: &Cell, layer: usize) -> bool {
    match cell.state {
        State::Shown => layer == 0 || cell.has_patients(),
        State::Hidden => value(cell, layer) == 0,
        State::Unpublished => false,
    }
}

impl System<'_> {
    /// Works out what earlier releases leave of every count, and with it the widths that are asked
    /// for: what has been told cannot be asked back.
    pub fn look_back(&mut self) {
        let Some(earlier) = &self.earlier else { return };
        let least = earlier.least_changes(&self.cells);
        for (at, cell) in self.cells.iter_mut().enumerate() {
            for layer in [0, 1].into_iter().filter(|&layer| layer == 0 || cell.patients != super::system::NO_LAYER) {
                cell.leeway[layer] = earlier.leeway(earlier.told[at][layer], least[layer][at], value(cell, layer));
            }
        }
        for target in &mut self.targets {
            let cell = &self.cells[target.cell as usize];
            target.contacts_width = target.asked[0].min(cell.span(0));
            target.patients_width = target.asked[1].min(cell.span(1));
        }
    }

    /// Makes it cheap to hide a new count where the same count is hidden in another period as long:
    /// a pattern that repeats moves from period to period, and lets the sums of both be shown.
    pub fn prefer_patterns(&mut self) {
        let Some(earlier) = &self.earlier else { return };
        let mut cheaper = Vec::new();
        for (dim, of) in self.universe.dims.iter().enumerate().filter(|(_, of)| of.kind == DimKind::Time) {
            let length = |entry: &Entry| of.codes[entry.1 as usize].leaves.len();
            for line in entries(self, dim, |_, _| true).chunk_by(|a, b| a.0 == b.0) {
                let hidden = |entry: &&Entry| self.cells[entry.2 as usize].reason == Reason::Ledger;
                let lengths: Vec<usize> = line.iter().filter(hidden).map(length).collect();
                let is_new = |entry: &&Entry| earlier.told[entry.2 as usize] == [Told::NOTHING; 2];
                let alike = line.iter().filter(is_new).filter(|entry| lengths.contains(&length(entry)));
                cheaper.extend(alike.map(|entry| entry.2));
            }
        }
        cheaper.into_iter().for_each(|cell| self.cells[cell as usize].weight *= REPEATED);
    }

    /// Looks back again once more is hidden, which leaves more; whether a proof now falls short.
    pub fn look_back_again(&mut self, proofs: &mut Proofs) -> bool {
        if self.earlier.is_none() {
            return false;
        }
        self.look_back();
        let mut falls_short = false;
        for (target, claims) in self.targets.iter().zip(&mut proofs.claims) {
            for (layer, claim) in claims.iter_mut().enumerate() {
                claim.width = if layer == 0 { target.contacts_width } else { target.patients_width };
                let width = |at: &u32| proofs.moves[*at as usize].width(target.cell, layer);
                if claim.width > claim.moves.first().map_or(0, width) {
                    claim.moves.clear();
                    falls_short = true;
                }
            }
        }
        falls_short
    }

    /// Hides again what was shown again although a move in use needs it hidden: a sum that stands still
    /// leaves what it holds less room than the move takes.
    pub fn hide_again(&mut self, proofs: &Proofs, were_hidden: &[CellId]) {
        if self.earlier.is_none() {
            return;
        }
        loop {
            self.look_back();
            let Some(earlier) = &self.earlier else { return };
            let mut open: Vec<CellId> = proofs.moves.iter().flat_map(|used| self.too_far(proofs, used)).collect();
            let mut above: FxHashSet<CellId> = FxHashSet::default();
            while let Some(cell) = open.pop() {
                let holders = earlier.holders(cell as usize).iter().map(|&(holder, _)| holder);
                open.extend(holders.filter(|&holder| above.insert(holder)));
            }
            let is_shown = |cell: &&CellId| self.cells[**cell as usize].state == State::Shown && above.contains(cell);
            let again: Vec<CellId> = were_hidden.iter().filter(is_shown).copied().collect();
            if again.is_empty() {
                return;
            }
            again.into_iter().for_each(|cell| self.hide(cell, Reason::Secondary));
        }
    }

    /// Cells that a move, with those that go along, takes further than earlier releases leave.
    fn too_far(&self, proofs: &Proofs, used: &Used) -> Vec<CellId> {
        let amounts = used.amounts;
        let by_layer = [(amounts.contacts_up, amounts.contacts_down), (amounts.patients_up, amounts.patients_down)];
        let goes_too_far = |of: Layer, cell: CellId, by: i8| {
            let cell = &self.cells[cell as usize];
            let moved = layers(of).iter().filter(|&&layer| layer == 0 || cell.has_patients());
            moved.into_iter().any(|&layer| {
                let (up, down) = by_layer[layer];
                let (up, down) = if by > 0 { (up, down) } else { (down, up) };
                let times = u32::from(by.unsigned_abs());
                let leeway = cell.leeway[layer];
                up.saturating_mul(times) > leeway.up() || down.saturating_mul(times) > leeway.down()
            })
        };
        let all = [used].into_iter().chain(used.along.iter().map(|&at| &proofs.moves[at as usize]));
        let changes = all.flat_map(|of| of.cells.iter().map(move |&(cell, by)| (of.layer, cell, by)));
        changes.filter(|&(of, cell, by)| goes_too_far(of, cell, by)).map(|(_, cell, _)| cell).collect()
    }

    /// Gives up the sums that show how little some cells have changed, where these cannot be protected
    /// beside them: they are hidden from now on. Where there are none any more, those that keep still what
    /// changes with a leaf of the cells. Whether there was one.
    pub fn give_up_sums(&mut self, stuck: &[Stuck]) -> bool {
        if self.earlier.is_none() {
            return false;
        }
        if self.give_up_above(stuck.iter().map(|stuck| stuck.cell).collect()) {
            return true;
        }
        let mut scratch = Scratch::default();
        let with_leaves = stuck.iter().flat_map(|stuck| still_with(self, stuck, &mut scratch)).collect();
        self.give_up_above(with_leaves)
    }

    fn give_up_above(&mut self, mut open: Vec<CellId>) -> bool {
        let Some(earlier) = &self.earlier else { return false };
        let mut found = Vec::new();
        let mut seen: Vec<bool> = vec![false; self.cells.len()];
        while let Some(cell) = open.pop() {
            for &(holder, _) in earlier.holders(cell as usize) {
                if !std::mem::replace(&mut seen[holder as usize], true) {
                    open.push(holder);
                    let is_shown = self.cells[holder as usize].state == State::Shown;
                    let change =
                        |layer: usize| earlier.change(&self.cells, holder as usize, layer).filter(|_| is_shown);
                    let changes = [0, 1].map(change);
                    found.extend(changes.into_iter().flatten().map(|change| (change, holder)));
                }
            }
        }
        // The stillest first, and those hardly less still: the others stay as long as that can be, and
        // the rounds are few however much has changed.
        let Some(&(least, _)) = found.iter().min() else { return false };
        for (_, cell) in found.into_iter().filter(|(change, _)| *change <= least.saturating_mul(2)) {
            self.hide(cell, Reason::Ledger);
        }
        true
    }

    /// What this release and those before it have told of a cell.
    pub fn told(&self, cell: CellId, least: &[Vec<u32>; 2]) -> TwoTold {
        let of = &self.cells[cell as usize];
        [0, 1].map(|layer| {
            let before = self.earlier.as_ref().map_or(Told::NOTHING, |earlier| earlier.told[cell as usize][layer]);
            let change = least[layer].get(cell as usize).copied().unwrap_or(LOST);
            if layer == 1 && !of.has_patients() {
                Told::NOTHING
            } else if is_shown(of, layer) {
                Told::shown(value(of, layer))
            } else if before.is_something() && change != LOST {
                Told { drift: before.drift.saturating_add(change), ..before }
            } else {
                Told::NOTHING
            }
        })
    }

    /// The least changes around every cell, for [`System::told`]; empty where nothing was told.
    pub fn least_changes(&self) -> [Vec<u32>; 2] {
        self.earlier.as_ref().map_or_else(Default::default, |earlier| earlier.least_changes(&self.cells))
    }

    /// Whether the public of earlier releases knows a hidden count.
    pub fn is_known(&self, cell: CellId) -> bool {
        let of = &self.cells[cell as usize];
        of.leeway[0] == Leeway::NONE && (!of.has_patients() || of.leeway[1] == Leeway::NONE)
    }

    /// The lowest and the highest value of a hidden count that earlier releases leave, where they
    /// told anything.
    pub fn left(&self, cell: CellId, layer: Layer) -> Option<(u32, u32)> {
        let (of, layer) = (&self.cells[cell as usize], usize::from(layer.is_of_patients()));
        let (value, leeway) = (value(of, layer), of.leeway[layer]);
        (of.state == State::Hidden && value > 0 && leeway != Leeway::ANY)
            .then(|| (value.saturating_sub(leeway.down()).max(1), value.saturating_add(leeway.up())))
    }
}

/// What changes where a leaf of a cell is raised, and cannot rise far enough by what was told of it.
fn still_with(system: &System<'_>, stuck: &Stuck, scratch: &mut Scratch) -> Vec<CellId> {
    let cell = stuck.cell;
    let has_contacts = system.cells[cell as usize].contacts > 0;
    let query = Query {
        cell,
        layer: if has_contacts { Layer::Joint } else { Layer::Patients },
        contacts_width: 0,
        patients_width: 0,
        company: Company::WithOthers,
        keep: None,
        base: None,
        avoid: &stuck.avoid,
        reach: Reach::Totals,
        below: f32::INFINITY,
        effort: EFFORT,
    };
    let is_still = |&cell: &CellId| {
        let leeway = system.cells[cell as usize].leeway;
        (0..2).any(|layer| leeway[layer].up() < stuck.widths[layer])
    };
    search(system, &query, scratch).map_or_else(Vec::new, |found| found.changed().filter(is_still).collect())
}
