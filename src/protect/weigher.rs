//! What a changed cell costs and allows, and when a move serves a query.
//!
//! In: a query and the cells of a move, one by one. Out: a [`Tally`]. Chooses nothing.

use super::grid::CellId;
use super::moves::{Layer, MOST_TERMS, Room, Term};
use super::patients::Within;
use super::search::{Company, Found, Query, Scratch};
use super::system::System;

/// What a single contributor in a changed cell adds to the cost: enough to break ties.
pub(super) const LONE: f32 = 0.02;

/// A move that costs less hides nothing new: no better one is looked for.
pub(super) const FREE: f32 = 1.0;

/// Cost and room of a part of a move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    pub cost: f32,
    pub room: Room,
}

impl Tally {
    pub const NOTHING: Tally = Tally { cost: 0.0, room: Room::BOUNDLESS };
}

/// What a changed cell costs and allows.
pub(super) struct Weigher<'s, 'a> {
    system: &'s System<'a>,
    query: &'s Query<'s>,
    /// Who alone makes the target.
    own: Vec<u32>,
    /// By how much a whole move changes the target at least.
    pub times: u32,
}

impl<'s, 'a> Weigher<'s, 'a> {
    pub fn new(system: &'s System<'a>, query: &'s Query<'s>) -> Self {
        let own = system.owners(query.cell, query.layer).collect();
        let times = query.base.map_or(1, |base| base.times(query.cell));
        Weigher { system, query, own, times }
    }

    /// A tally with a changed cell; none where it cannot change.
    pub fn weigh(&self, id: CellId, sign: i8, mut tally: Tally) -> Option<Tally> {
        self.add(id, sign, &mut tally).then_some(tally)
    }

    /// Adds a changed cell to a tally, on top of what the query's base does to it; false where it cannot
    /// change, and the tally is of no use then.
    #[inline]
    pub fn add(&self, id: CellId, sign: i8, tally: &mut Tally) -> bool {
        // A detail that is not published is no cell.
        let Some(cell) = self.system.cells.get(id as usize) else { return true };
        if self.query.layer.is_of_patients() && !cell.has_patients() {
            return true;
        }
        let before = self.query.base.map_or(0, |base| base.change(id));
        let change = before + sign;
        if id == self.query.cell && u32::from(change.unsigned_abs()) < self.times {
            return false;
        }
        if change == 0 {
            tally.cost -= cell.price();
            return true;
        }
        if self.query.keep == Some(id) || !tally.room.take(cell, change, self.query.layer) {
            return false;
        }
        if self.query.layer.is_of_patients() && self.query.company == Company::Alone {
            tally.room.take_slack(cell, change);
        }
        if before == 0 {
            tally.cost += cell.price();
        }
        if !cell.lone {
            return true;
        }
        for owner in self.system.owners(id, self.query.layer) {
            if self.query.avoid.binary_search(&owner).is_ok() {
                return false;
            }
            tally.cost += if self.own.contains(&owner) { 0.0 } else { LONE };
        }
        true
    }

    /// Whether a tally can serve the query for less than `bound`; one that is not complete may get
    /// something back for what the query's base would hide.
    pub fn may_serve(&self, tally: &Tally, bound: f32) -> bool {
        self.serves(tally, bound + self.refund())
    }

    /// Whether a complete tally serves the query for less than `bound`.
    pub fn serves(&self, tally: &Tally, bound: f32) -> bool {
        let (contacts, patients) = tally.room.widths(self.query.layer);
        let [contacts, patients] = [contacts, patients].map(|width| width.saturating_mul(self.times));
        contacts >= self.query.contacts_width && patients >= self.query.patients_width && tally.cost < bound
    }

    /// The most that a box can give back.
    pub fn refund(&self) -> f32 {
        self.query.base.map_or(0.0, |base| base.refund)
    }
}

/// A move given by all that it changes, in the direction that raises the query's cell, if it serves; its
/// base is part of it.
pub(super) fn whole(
    system: &System<'_>,
    query: &Query<'_>,
    (terms, cells, at): (Vec<Term>, Vec<(CellId, i8)>, &[u16]),
    scratch: &mut Scratch,
) -> Option<Found> {
    let weighed = weighed(system, query, (terms.len(), &cells), scratch)?;
    Some(weighed.found(&cells, terms, at))
}

/// A move that serves a query.
pub(super) struct Weighed {
    layer: Layer,
    tally: Tally,
    /// Whether it does so the other way.
    turned: bool,
}

/// The same of a move of so many terms that is not written out.
pub(super) fn weighed(
    system: &System<'_>,
    query: &Query<'_>,
    (terms, cells): (usize, &[(CellId, i8)]),
    scratch: &mut Scratch,
) -> Option<Weighed> {
    let by = cells.iter().find(|change| change.0 == query.cell).map_or(0, |change| change.1);
    let query = Query { base: None, ..*query };
    let mut weigher = Weigher::new(system, &query);
    weigher.times = u32::from(by.unsigned_abs());
    // Ways round add a few terms more.
    if by == 0 || terms > MOST_TERMS / 2 {
        return None;
    }
    let way = by.signum();
    let mut tally = Tally::NOTHING;
    scratch.spent += cells.len() as u64;
    for &(id, by) in cells {
        tally = weigher.weigh(id, by * way, tally).filter(|tally| weigher.serves(tally, query.below))?;
    }
    if query.layer != Layer::Contacts {
        let has_patients = |change: &(CellId, i8)| system.cells[change.0 as usize].has_patients();
        let turned = cells.iter().map(|&(id, by)| (id, by * way));
        let of_patients: Vec<(CellId, i8)> = turned.filter(has_patients).collect();
        system.patient_rules.limit(&of_patients, Within::All, &mut scratch.touched, &mut tally.room);
    }
    weigher.serves(&tally, query.below).then_some(Weighed { layer: query.layer, tally, turned: way < 0 })
}

impl Weighed {
    /// The move, given what it is made of and what it changes as it was weighed.
    pub fn found(&self, cells: &[(CellId, i8)], terms: Vec<Term>, at: &[u16]) -> Found {
        let (terms, cells) = if self.turned { turned(&terms, cells) } else { (terms, cells.to_vec()) };
        let (layer, at, cost, room) = (self.layer, at.to_vec(), self.tally.cost, self.tally.room);
        Found { layer, terms, at, cost, room, cells, along: Vec::new() }
    }
}

/// A move the other way.
fn turned(terms: &[Term], cells: &[(CellId, i8)]) -> (Vec<Term>, Vec<(CellId, i8)>) {
    (terms.iter().map(|term| term.turned(-1)).collect(), cells.iter().map(|&(cell, by)| (cell, -by)).collect())
}

/// What a move must cost less than to be better than the best so far.
pub(super) fn bound(query: &Query<'_>, best: Option<&Found>) -> f32 {
    match best.map_or(query.below, |best| best.cost) {
        free if best.is_some() && free < FREE => 0.0,
        cost => cost,
    }
}
