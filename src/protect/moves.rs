//! Moves: sums of products of one-dimensional changes, and what they allow.
//!
//! In: cells that a move would change, one by one. Out: a [`Room`]: how far the move may go in
//! either direction. Never chooses.

use super::system::Cell;
use crate::relations::DimKind;

/// Which counts a move changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// Contacts, and patients with them, so that patients stay at most contacts.
    Joint,
    Contacts,
    /// Patients alone, in one period and quantity.
    Patients,
    /// Patients alone, in one period, along contact types.
    PatientsByType,
}

impl Layer {
    /// Whether patients alone change.
    pub fn is_of_patients(self) -> bool {
        matches!(self, Layer::Patients | Layer::PatientsByType)
    }

    /// Whether a move stands still in dimensions of a kind.
    pub fn stands(self, kind: DimKind) -> bool {
        match self {
            Layer::Joint | Layer::Contacts => false,
            Layer::Patients => !kind.adds_patients(),
            Layer::PatientsByType => !kind.adds_patients() && kind != DimKind::Type,
        }
    }
}

/// A leaf gained and, where there is one, a leaf lost ([`super::grid::NONE`] if not).
pub(super) type Part = (u16, u16);

/// Terms that a move may have at most.
pub(super) const MOST_TERMS: usize = 64;

/// A product of one-dimensional changes, with a sign. A move is a sum of such terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub sign: i8,
    /// By dimension. In the patients layer the dimensions that patients do not add up over are
    /// fixed.
    pub parts: Vec<Part>,
}

impl Term {
    /// The term, or its opposite.
    pub fn turned(&self, way: i8) -> Term {
        Term { sign: self.sign * way, parts: self.parts.clone() }
    }
}

/// How far a move can go: up is the move as written, down its opposite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Room {
    pub contacts_up: u32,
    pub contacts_down: u32,
    pub patients_up: u32,
    pub patients_down: u32,
    /// Contacts less patients, at least, where contacts fall.
    slack_up: u32,
    slack_down: u32,
}

/// Amounts of a pair of witnesses: contacts and patients, up and down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub contacts_up: u32,
    pub contacts_down: u32,
    pub patients_up: u32,
    pub patients_down: u32,
}

impl Room {
    pub const BOUNDLESS: Room = Room {
        contacts_up: u32::MAX,
        contacts_down: u32::MAX,
        patients_up: u32::MAX,
        patients_down: u32::MAX,
        slack_up: u32::MAX,
        slack_down: u32::MAX,
    };

    /// Takes in a cell that the move changes by `change`, not 0. False: it cannot change.
    #[inline]
    pub fn take(&mut self, cell: &Cell, change: i8, layer: Layer) -> bool {
        // By far the most change by one, and are not divided.
        match change {
            1 | -1 => self.take_times(cell, (change, 1), layer),
            _ => self.take_times(cell, (change.signum(), u32::from(change.unsigned_abs()).max(1)), layer),
        }
    }

    #[inline(always)]
    fn take_times(&mut self, cell: &Cell, (sign, times): (i8, u32), layer: Layer) -> bool {
        if layer.is_of_patients() {
            let Some(room) = cell.patients_room().filter(|_| cell.has_patients()) else { return false };
            self.limit_patients(room / times, sign);
            self.limit_patients(cell.leeway[1].up() / times, -sign);
            return true;
        }
        let Some(room) = cell.contacts_room() else { return false };
        let slack = cell.public_slack().filter(|_| layer == Layer::Contacts);
        let room = slack.map_or(room, |slack| room.min(slack));
        let rise = cell.leeway[0].up();
        let (up, down) = if sign > 0 { (rise, room) } else { (room, rise) };
        self.contacts_up = self.contacts_up.min(up / times);
        self.contacts_down = self.contacts_down.min(down / times);
        if layer == Layer::Joint && cell.has_patients() {
            match cell.patients_room() {
                Some(room) => {
                    self.limit_patients(room / times, sign);
                    self.limit_patients(cell.leeway[1].up() / times, -sign);
                }
                None => (self.patients_up, self.patients_down) = (0, 0),
            }
            if let Some(slack) = cell.contacts.checked_sub(cell.patients) {
                let side = if sign > 0 { &mut self.slack_down } else { &mut self.slack_up };
                *side = (*side).min(slack / times);
            }
        }
        true
    }

    /// Takes in that patients alone do not rise above contacts where everybody knows that.
    pub fn take_slack(&mut self, cell: &Cell, change: i8) {
        if let Some(slack) = cell.public_slack() {
            self.limit_patients(slack / u32::from(change.unsigned_abs()).max(1), -change.signum());
        }
    }

    /// Takes in what another part of the move allows.
    pub fn merge(&mut self, other: &Room) {
        self.contacts_up = self.contacts_up.min(other.contacts_up);
        self.contacts_down = self.contacts_down.min(other.contacts_down);
        self.patients_up = self.patients_up.min(other.patients_up);
        self.patients_down = self.patients_down.min(other.patients_down);
        self.slack_up = self.slack_up.min(other.slack_up);
        self.slack_down = self.slack_down.min(other.slack_down);
    }

    /// The same with up and down changed.
    pub fn reversed(&self) -> Room {
        Room {
            contacts_up: self.contacts_down,
            contacts_down: self.contacts_up,
            patients_up: self.patients_down,
            patients_down: self.patients_up,
            slack_up: self.slack_down,
            slack_down: self.slack_up,
        }
    }

    pub fn limit_patients(&mut self, room: u32, sign: i8) {
        let side = if sign > 0 { &mut self.patients_down } else { &mut self.patients_up };
        *side = (*side).min(room);
    }

    /// Contacts up and down when patients move along as they can.
    fn contacts(&self, layer: Layer) -> (u32, u32) {
        match layer {
            Layer::Patients | Layer::PatientsByType => (0, 0),
            Layer::Contacts => (self.contacts_up, self.contacts_down),
            Layer::Joint => (
                self.contacts_up.min(self.slack_up.saturating_add(self.patients_up)),
                self.contacts_down.min(self.slack_down.saturating_add(self.patients_down)),
            ),
        }
    }

    /// Patients up and down; in a joint move no further than contacts.
    fn patients(&self, layer: Layer) -> (u32, u32) {
        match layer {
            Layer::Contacts => (0, 0),
            Layer::Patients | Layer::PatientsByType => (self.patients_up, self.patients_down),
            Layer::Joint => {
                let (up, down) = self.contacts(layer);
                (self.patients_up.min(up), self.patients_down.min(down))
            }
        }
    }

    /// Widest intervals that the move and its opposite prove.
    pub fn widths(&self, layer: Layer) -> (u32, u32) {
        let (contacts, patients) = (self.contacts(layer), self.patients(layer));
        (contacts.0.saturating_add(contacts.1), patients.0.saturating_add(patients.1))
    }

    /// Amounts that make the widths asked for, which must not exceed [`Room::widths`].
    pub fn amounts(&self, layer: Layer, contacts: u32, patients: u32) -> Amounts {
        let (most_up, most_down) = self.contacts(layer);
        let (patients_most_up, patients_most_down) = self.patients(layer);
        let mut amounts = Amounts::default();
        amounts.contacts_up = contacts.min(most_up);
        amounts.contacts_down = (contacts - amounts.contacts_up).min(most_down);
        amounts.patients_up = patients.min(patients_most_up);
        amounts.patients_down = (patients - amounts.patients_up).min(patients_most_down);
        if layer == Layer::Joint {
            amounts.contacts_up = amounts.contacts_up.max(amounts.patients_up);
            amounts.contacts_down = amounts.contacts_down.max(amounts.patients_down);
            amounts.patients_up = amounts.patients_up.max(amounts.contacts_up.saturating_sub(self.slack_up));
            amounts.patients_down = amounts.patients_down.max(amounts.contacts_down.saturating_sub(self.slack_down));
        }
        amounts
    }
}

#[cfg(test)]
mod tests {
    use super::super::primary::Reason;
    use super::super::system::{Leeway, NO_LAYER, Rank, State};
    use super::*;

    fn cell(contacts: u32, patients: u32) -> Cell {
        let (state, reason, rank) = (State::Hidden, Reason::Secondary, Rank::Detail);
        let leeway = [Leeway::ANY; 2];
        let known = false;
        Cell { contacts, patients, weight: 1.0, state, reason, known, counted: true, lone: false, rank, leeway }
    }

    #[test]
    fn contacts_may_fall_to_one() {
        let mut room = Room::BOUNDLESS;
        assert!(room.take(&cell(3, NO_LAYER), 1, Layer::Joint));
        assert!(room.take(&cell(5, NO_LAYER), -1, Layer::Joint));
        assert_eq!(room.widths(Layer::Joint).0, 6);
        assert!(!room.take(&cell(0, NO_LAYER), 1, Layer::Joint));
    }

    #[test]
    fn earlier_releases_limit_both_ways() {
        // Seven contacts, known to be six to eight, are company for one up and one down.
        let known = Cell { leeway: [Leeway::of(1, 1), Leeway::ANY], ..cell(7, NO_LAYER) };
        let mut room = Room::BOUNDLESS;
        assert!(room.take(&cell(9, NO_LAYER), 1, Layer::Contacts) && room.take(&known, -1, Layer::Contacts));
        assert_eq!((room.contacts_up, room.contacts_down), (1, 1));
        assert_eq!((known.span(0), known.contacts_room()), (2, Some(1)));
        // Exactly known: no company.
        room.take(&Cell { leeway: [Leeway::NONE; 2], ..known }, 1, Layer::Contacts);
        assert_eq!(room.widths(Layer::Contacts).0, 0);
    }

    #[test]
    fn patients_hold_contacts_up() {
        // Six contacts of five patients fall by one alone, by five where four patients go along.
        let mut room = Room::BOUNDLESS;
        room.take(&cell(6, 5), -1, Layer::Joint);
        room.take(&cell(1, 1), 1, Layer::Joint);
        assert_eq!(room.widths(Layer::Joint), (5, 4));
        let amounts = room.amounts(Layer::Joint, 5, 2);
        assert_eq!((amounts.contacts_up, amounts.patients_up), (5, 4));
        // A mover: no patient at the place, so that patients stand still.
        room.take(&cell(4, 0), 1, Layer::Joint);
        assert_eq!(room.widths(Layer::Joint), (1, 0));
    }
}
