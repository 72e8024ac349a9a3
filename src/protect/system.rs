//! The cells of a universe: one number, one count and one decision a quantity.
//!
//! In: the relations, the counts, the policies, and what earlier releases showed. Out: a
//! [`System`]: arrays of cells with their state, and the targets: cells unsafe in themselves.
//! Cells of equal leaves in several tables are joined here.

use rustc_hash::FxHashMap;

use super::earlier::Earlier;
use super::grid::{CellId, Grid};
use super::ground::Ground;
use super::ledger::Before;
use super::lookup::QuantityOption;
use super::moves::Layer;
use super::patients::PatientRules;
use super::primary::Reason;
use super::weights::LargePlaces;
use crate::aggregate::TableCells;
use crate::definition::Table;
use crate::relations::{Universe, View};

/// No patients layer.
pub(super) const NO_LAYER: u32 = u32::MAX;
/// No target.
pub(super) const NO_TARGET: u32 = u32::MAX;

/// Targets up to which a system is looked at twice; and up to which it is whatever its cells are.
const CAREFUL_TARGETS: usize = 30_000;
const FEW_TARGETS: usize = 500;
/// Targets of a small system at most.
const SMALL_TARGETS: usize = 3_000;

/// What the attacker has of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// The value. Zeros always.
    Shown,
    /// Nothing but that it is at least 1.
    Hidden,
    /// Never published as such, but a sum of what may be; at least 0.
    Unpublished,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub contacts: u32,
    /// [`NO_LAYER`] where no table shows patients.
    pub patients: u32,
    /// What it costs to hide.
    pub weight: f32,
    pub state: State,
    pub reason: Reason,
    /// Whether a publication beside this one shows it, so that it cannot be hidden.
    pub known: bool,
    /// Whether it is shown as a count (not only through a share).
    pub counted: bool,
    /// Whether somebody alone makes its count of contacts or of patients.
    pub lone: bool,
    /// Whether every dimension but type, time and place is at total, by level: see [`Rank`].
    pub rank: Rank,
    /// By what earlier releases told: contacts, patients.
    pub leeway: [Leeway; 2],
}

/// How far a count may rise and fall by what earlier releases told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leeway {
    up: u16,
    down: u16,
}

impl Leeway {
    /// Nothing was told.
    pub const ANY: Leeway = Leeway { up: u16::MAX, down: u16::MAX };
    /// The count is known.
    pub const NONE: Leeway = Leeway { up: 0, down: 0 };

    /// Never wider than asked for.
    pub fn of(up: u32, down: u32) -> Leeway {
        let within = |by: u32| by.min(u32::from(u16::MAX) - 1) as u16;
        Leeway { up: within(up), down: within(down) }
    }
    pub fn up(self) -> u32 {
        if self.up == u16::MAX { u32::MAX } else { u32::from(self.up) }
    }
    pub fn down(self) -> u32 {
        if self.down == u16::MAX { u32::MAX } else { u32::from(self.down) }
    }
}

/// What a cell is to its users, what weighs most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Country,
    CountryDetail,
    County,
    CountyDetail,
    MunicipalityTotal,
    Detail,
}

impl Cell {
    /// How far contacts may fall; none where they cannot change.
    pub fn contacts_room(&self) -> Option<u32> {
        let room = match self.state {
            _ if self.known => None,
            State::Unpublished => Some(self.contacts),
            _ => self.contacts.checked_sub(1),
        };
        room.map(|room| room.min(self.leeway[0].down()))
    }
    /// How far patients may fall; none where they cannot change.
    pub fn patients_room(&self) -> Option<u32> {
        let room = match self.state {
            _ if self.known => None,
            State::Unpublished => Some(self.patients),
            _ => self.patients.checked_sub(1),
        };
        room.map(|room| room.min(self.leeway[1].down()))
    }
    /// Distance of the lowest and the highest value that earlier releases leave, at least 1.
    pub fn span(&self, layer: usize) -> u32 {
        let value = if layer == 0 { self.contacts } else { self.patients };
        value.saturating_sub(1).min(self.leeway[layer].down()).saturating_add(self.leeway[layer].up())
    }
    /// What it costs to change it: nothing where it is hidden already.
    pub fn price(&self) -> f32 {
        if self.state == State::Shown { self.weight } else { 0.0 }
    }
    /// Contacts less patients where everybody knows that it is not negative: in the whole country,
    /// both sexes and all ages, nobody moves.
    pub fn public_slack(&self) -> Option<u32> {
        if self.rank == Rank::Country && self.has_patients() { self.contacts.checked_sub(self.patients) } else { None }
    }
    pub fn has_patients(&self) -> bool {
        self.patients != NO_LAYER
    }
}

/// A cell that is unsafe in itself, and how wide its intervals must be (0: no such layer).
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub cell: CellId,
    pub contacts_width: u32,
    pub patients_width: u32,
    /// Different patients behind the count of contacts, and behind that of patients.
    pub contributors: [u32; 2],
    /// Widths that the policy asks for, contacts and patients, whatever earlier releases left.
    pub asked: [u32; 2],
    /// The fewest patients that a count, or two together, may have.
    pub min_patients: u32,
    /// Whether a publication beside this one has the cell, and proved it by itself.
    pub beside: bool,
}

/// One table of a universe with what is needed to read it.
pub(super) struct Source<'a> {
    pub view: &'a View,
    pub table: &'a Table,
    pub cells: &'a TableCells,
    pub before: Option<Before>,
}

/// The cells of a universe.
pub(super) struct System<'a> {
    pub universe: &'a Universe,
    pub views: Vec<&'a View>,
    pub grids: Vec<Grid>,
    pub cells: Vec<Cell>,
    /// The first view that has the cell, and where in it.
    pub home: Vec<(u8, u32)>,
    /// Single patient and doctor of a cell: patients even, doctors odd numbers; 0 for none.
    pub owners: Vec<[u32; 2]>,
    /// Those of the patients layer, where it has others.
    pub patient_owners: FxHashMap<CellId, [u32; 2]>,
    /// What everybody knows of patients besides sums.
    pub patient_rules: PatientRules,
    /// Numerators that are shown only by a share of the cell.
    pub numerators: FxHashMap<CellId, Vec<CellId>>,
    /// By view and quantity.
    pub quantity_options: Vec<Vec<Vec<QuantityOption>>>,
    /// The same with either leaf of conditions that the quantity does not ask for.
    pub all_options: Vec<Vec<Vec<QuantityOption>>>,
    /// The same where conditions stand still.
    pub type_options: Vec<Vec<Vec<QuantityOption>>>,
    /// Municipalities with many contacts of their residents, or of their practices.
    pub large_places: LargePlaces,
    /// Contact types, the most frequent first.
    pub large_types: Vec<u16>,
    pub targets: Vec<Target>,
    /// By cell: position in `targets`, or [`NO_TARGET`].
    pub target_of: Vec<u32>,
    /// What earlier releases told; none where there were none.
    pub earlier: Option<Earlier>,
    /// Whether it is worth the time to look twice for what can be shown.
    pub is_careful: bool,
    /// Leaves for linear programs, in a small system of one table.
    pub ground: Option<Ground>,
}

impl System<'_> {
    /// Everyone who alone makes the cell's count of contacts, or of patients, or (of a joint move)
    /// either.
    pub fn owners(&self, cell: CellId, layer: Layer) -> impl Iterator<Item = u32> + '_ {
        let of_contacts = self.owners[cell as usize];
        let of_patients = if layer == Layer::Contacts { of_contacts } else { self.owners_of_patients(cell) };
        let first = if layer.is_of_patients() { of_patients } else { of_contacts };
        let second = if of_patients == first { [0, 0] } else { of_patients };
        first.into_iter().chain(second).filter(|&owner| owner != 0)
    }

    /// Not where most is unsafe, for nearly all is hidden there whatever is tried; nor in a very large
    /// system, where company is at hand.
    pub fn deserves_care(&self) -> bool {
        let filled = self.cells.iter().filter(|cell| cell.contacts > 0).count();
        let targets = self.targets.len();
        targets < FEW_TARGETS || (targets < CAREFUL_TARGETS && targets * 4 < filled)
    }

    /// Whether there is time for rings, for two moves together, and for new moves so that cells can be shown.
    pub fn is_small(&self) -> bool {
        self.is_careful && self.targets.len() < SMALL_TARGETS
    }

    fn owners_of_patients(&self, cell: CellId) -> [u32; 2] {
        let differs = if self.patient_owners.is_empty() { None } else { self.patient_owners.get(&cell) };
        differs.copied().unwrap_or(self.owners[cell as usize])
    }

    /// Why the patients of a cell are hidden: for their own sake only where a width is asked of them. Another table may
    /// find the same contacts unsafe by a rule that says nothing of patients (a doctor dominates them).
    pub fn reason_of_patients(&self, id: CellId) -> Reason {
        let reason = self.cells.get(id as usize).map_or(Reason::Shown, |cell| cell.reason);
        let target = self.target_of.get(id as usize).and_then(|&target| self.targets.get(target as usize));
        let is_asked = target.is_some_and(|target| target.asked[1] > 0);
        if reason.is_primary() && !is_asked { Reason::Secondary } else { reason }
    }

    /// Hides a shown cell and what falls with it.
    pub fn hide(&mut self, cell: CellId, reason: Reason) {
        let hidden = &mut self.cells[cell as usize];
        if hidden.state == State::Shown
            && !hidden.known
            && (hidden.contacts > 0 || (hidden.has_patients() && hidden.patients > 0))
        {
            hidden.state = State::Hidden;
            if !hidden.reason.is_primary() && hidden.reason != Reason::Ledger {
                hidden.reason = reason;
            }
            for numerator in self.numerators.get(&cell).cloned().unwrap_or_default() {
                self.hide(numerator, Reason::Secondary);
            }
        }
    }
}
