//! The moves in use and what they prove.
//!
//! In: moves, one by one. Out: for every unsafe cell and layer the moves that prove its width,
//! and survive what each single contributor knows. Hides nothing.

use super::grid::CellId;
use super::moves::{Amounts, Layer, Term};
use super::search::Found;
use super::system::{NO_TARGET, System};

/// A move in use: its opposite is part of it.
pub(super) struct Used {
    pub layer: Layer,
    pub terms: Vec<Term>,
    /// Codes of the target: where patients alone move, in dimensions they do not add up over.
    pub at: Vec<u16>,
    pub amounts: Amounts,
    /// Cells that it changes, ascending, and by how much.
    pub cells: Vec<(CellId, i8)>,
    /// Moves that go along, upwards as far as this one's patients: no moves by themselves.
    pub along: Vec<u32>,
    /// Who is alone in one of them, ascending.
    pub owners: Vec<u32>,
}

impl Used {
    /// How far it changes a cell in a layer, up and down together.
    pub fn width(&self, cell: CellId, layer: usize) -> u32 {
        let amounts = self.amounts;
        let amount = match layer {
            0 => amounts.contacts_up + amounts.contacts_down,
            _ => amounts.patients_up + amounts.patients_down,
        };
        amount * u32::from(self.change(cell).unsigned_abs())
    }

    /// Whether it changes a layer at all.
    pub fn moves(&self, layer: usize) -> bool {
        let amounts = self.amounts;
        match layer {
            0 => amounts.contacts_up + amounts.contacts_down > 0,
            _ => amounts.patients_up + amounts.patients_down > 0,
        }
    }

    /// By how much it changes a cell, as written.
    pub fn change(&self, cell: CellId) -> i8 {
        self.cells.binary_search_by_key(&cell, |change| change.0).map_or(0, |at| self.cells[at].1)
    }
}

/// What proves a target in one layer.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// 0: nothing to prove.
    pub width: u32,
    /// The first proves the width. The others are there so that no single contributor is alone in
    /// a changed cell of all of them.
    pub moves: Vec<u32>,
    /// Not proved here: the attack has to show the width.
    pub left: bool,
}

/// The moves in use and what they prove.
pub(super) struct Proofs {
    pub moves: Vec<Used>,
    /// By target: contacts, patients.
    pub claims: Vec<[Claim; 2]>,
}

impl Proofs {
    /// Nothing proved yet.
    pub fn new(system: &System<'_>) -> Proofs {
        let claim = |width| Claim { width, moves: Vec::new(), left: false };
        let claims = system.targets.iter().map(|t| [claim(t.contacts_width), claim(t.patients_width)]).collect();
        Proofs { moves: Vec::new(), claims }
    }

    /// Whether a target needs no further move in a layer.
    pub fn is_proved(&self, system: &System<'_>, target: u32, layer: usize) -> bool {
        let claim = &self.claims[target as usize][layer];
        claim.width == 0 || claim.left || (!claim.moves.is_empty() && self.knowing(system, target, layer).is_empty())
    }

    /// Contributors, but the target's own, who are alone in a changed cell of every move of a
    /// claim: they know too much.
    pub fn knowing(&self, system: &System<'_>, target: u32, layer: usize) -> Vec<u32> {
        self.knowing_of(system, target, layer, &self.claims[target as usize][layer].moves)
    }

    /// The same for any moves that a claim may stand on.
    pub fn knowing_of(&self, system: &System<'_>, target: u32, layer: usize, moves: &[u32]) -> Vec<u32> {
        let Some((&first, others)) = moves.split_first() else { return Vec::new() };
        let cell = system.targets[target as usize].cell;
        let in_all = |owner: &u32| others.iter().all(|&at| self.moves[at as usize].owners.binary_search(owner).is_ok());
        let own_layer = if layer == 0 { Layer::Contacts } else { Layer::Patients };
        let not_own = |owner: &u32| system.owners(cell, own_layer).all(|own| own != *owner);
        self.moves[first as usize].owners.iter().copied().filter(|owner| in_all(owner) && not_own(owner)).collect()
    }

    /// Whether a target needs no further move.
    pub fn is_done(&self, system: &System<'_>, target: u32) -> bool {
        self.is_proved(system, target, 0) && self.is_proved(system, target, 1)
    }

    /// Gives up what is not proved of a target that a publication beside this one has proved: whether
    /// it still holds is for the audit to show.
    pub fn leave(&mut self, system: &System<'_>, target: u32) {
        for layer in [0, 1] {
            if !self.is_proved(system, target, layer) {
                let claim = &mut self.claims[target as usize][layer];
                *claim = Claim { width: claim.width, moves: Vec::new(), left: true };
            }
        }
    }

    /// Whether a move found for a target still helps it.
    pub fn is_useful(&self, system: &System<'_>, target: u32, found: &Found) -> bool {
        layers(found.layer).iter().any(|&layer| !self.is_proved(system, target, layer))
    }

    /// Takes a move into use: it proves its target and every other unsafe cell that it changes
    /// far enough.
    pub fn take(&mut self, system: &System<'_>, target: u32, found: Found) {
        let at = self.add(system, target, found, [0, 0]);
        let least = 1;
        self.note(system, target, at, least);
    }

    /// The same for a move that may help none of its targets: it is not taken then. Whether it was.
    pub fn take_if_it_helps(&mut self, system: &System<'_>, target: u32, found: Found, targets: &[u32]) -> bool {
        let before = self.moves.len();
        self.take(system, target, found);
        let last = self.moves.len() as u32 - 1;
        targets.iter().for_each(|&other| self.note(system, other, last, 1));
        let stands_on = |claim: &Claim| claim.moves.contains(&last);
        let helps = targets.iter().any(|&target| self.claims[target as usize].iter().any(stands_on));
        if !helps {
            self.moves.truncate(before);
        }
        helps
    }

    /// Takes a move into use that changes a proved target in a layer by at least 1.
    pub fn take_further(&mut self, system: &System<'_>, target: u32, layer: usize, found: Found) {
        let mut widths = [0, 0];
        widths[layer] = 1;
        let at = self.add(system, target, found, widths);
        self.claims[target as usize][layer].moves.push(at);
    }

    /// `least`: widths for which the move is wanted in any case.
    fn add(&mut self, system: &System<'_>, target: u32, mut found: Found, least: [u32; 2]) -> u32 {
        found.cells.sort_unstable();
        let along = std::mem::take(&mut found.along);
        let along: Vec<u32> = along.into_iter().map(|other| self.add_company(system, other)).collect();
        let open: Vec<u32> = found
            .cells
            .iter()
            .map(|&(cell, _)| system.target_of[cell as usize])
            .filter(|&other| other != NO_TARGET && !self.is_done(system, other))
            .collect();
        let most = found.room.widths(found.layer);
        let wanted = |layer: usize, most: u32| {
            let widths = open.iter().filter(|&&other| !self.is_proved(system, other, layer)).map(|&other| {
                let cell = system.targets[other as usize].cell;
                let at = found.cells.binary_search_by_key(&cell, |change| change.0);
                let times = at.map_or(1, |at| u32::from(found.cells[at].1.unsigned_abs()).max(1));
                self.claims[other as usize][layer].width.div_ceil(times).min(most)
            });
            widths.max().unwrap_or(0).max(least[layer])
        };
        let (contacts, patients) = (wanted(0, most.0), wanted(1, most.1));
        let mut amounts = found.room.amounts(found.layer, contacts, patients);
        let at = self.moves.len() as u32;
        let mut owners = owners(system, &found.cells, moving(found.layer, &amounts));
        if !along.is_empty() {
            let contacts = |at: &u32| self.moves[*at as usize].layer == Layer::Contacts;
            amounts.contacts_up = if along.iter().any(contacts) { amounts.patients_up } else { 0 };
            along.iter().for_each(|&at| owners.extend(&self.moves[at as usize].owners));
            owners.sort_unstable();
            owners.dedup();
        }
        self.moves.push(Used {
            layer: found.layer,
            terms: found.terms,
            at: found.at,
            amounts,
            along,
            owners,
            cells: found.cells,
        });
        for other in open.into_iter().filter(|&other| other != target) {
            self.note(system, other, at, u32::MAX);
        }
        at
    }

    /// Adds a move that only goes along with another: it proves nothing.
    fn add_company(&mut self, system: &System<'_>, mut found: Found) -> u32 {
        found.cells.sort_unstable();
        self.moves.push(Used {
            layer: found.layer,
            terms: found.terms,
            at: found.at,
            amounts: Amounts::default(),
            along: Vec::new(),
            owners: owners(system, &found.cells, found.layer),
            cells: found.cells,
        });
        self.moves.len() as u32 - 1
    }

    /// Keeps some of the moves, with those that go along with them; claims stand on no other.
    pub fn keep(&mut self, is_kept: &[bool]) {
        let mut next = 0;
        let number = |&kept: &bool| {
            next += u32::from(kept);
            next.saturating_sub(1)
        };
        let numbers: Vec<u32> = is_kept.iter().map(number).collect();
        let mut kept = is_kept.iter();
        self.moves.retain(|_| kept.next().is_some_and(|&kept| kept));
        let along = self.moves.iter_mut().flat_map(|used| &mut used.along);
        let claimed = self.claims.iter_mut().flatten().flat_map(|claim| &mut claim.moves);
        along.chain(claimed).for_each(|at| *at = numbers[*at as usize]);
    }

    /// Notes what a move proves for a target. `least` is the width that a second move may have
    /// where it falls short of the claim's.
    pub fn note(&mut self, system: &System<'_>, target: u32, at: u32, least: u32) {
        let cell = system.targets[target as usize].cell;
        let widths = [0, 1].map(|layer| self.moves[at as usize].width(cell, layer));
        for &layer in layers(self.moves[at as usize].layer) {
            if self.is_proved(system, target, layer) {
                continue;
            }
            let claim = &self.claims[target as usize][layer];
            let helps = match claim.moves.is_empty() {
                true => widths[layer] >= claim.width,
                false => widths[layer] >= claim.width.min(least) && self.splits(system, target, layer, at),
            };
            if helps {
                self.claims[target as usize][layer].moves.push(at);
            }
        }
    }

    /// Whether a further move leaves fewer contributors who know too much.
    fn splits(&self, system: &System<'_>, target: u32, layer: usize, at: u32) -> bool {
        let owners = &self.moves[at as usize].owners;
        self.knowing(system, target, layer).iter().any(|owner| owners.binary_search(owner).is_err())
    }
}

/// Contacts is 0, patients 1.
pub(super) fn layers(layer: Layer) -> &'static [usize] {
    match layer {
        Layer::Joint => &[0, 1],
        Layer::Contacts => &[0],
        Layer::Patients | Layer::PatientsByType => &[1],
    }
}

/// The layers that really move.
fn moving(layer: Layer, amounts: &Amounts) -> Layer {
    let patients_stand = amounts.patients_up == 0 && amounts.patients_down == 0;
    if layer == Layer::Joint && patients_stand { Layer::Contacts } else { layer }
}

fn owners(system: &System<'_>, cells: &[(CellId, i8)], layer: Layer) -> Vec<u32> {
    let mut owners: Vec<u32> = cells.iter().flat_map(|&(cell, _)| system.owners(cell, layer)).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}
