//! Moves kept from release to release, by name (restricted, in the ledger).
//!
//! In: the moves that proved a release. Out: the same moves in the system of a later one, as far as
//! they still hold: what was hidden stays hidden, so that most of them do, and need not be looked for
//! again. A move that is taken over is checked like one that was just found. Hides nothing.

use rayon::prelude::*;

use super::company::fits;
use super::grid::{CellId, NONE, canonical_codes};
use super::ledger::{read_number, write_number};
use super::moves::{Layer, MOST_TERMS, Part, Room, Term};
use super::patients::Within;
use super::proofs::Proofs;
use super::search::{Found, Scratch};
use super::system::{NO_TARGET, State, System};
use crate::relations::{Dim, Universe};

/// The moves of a universe, over leaves and codes by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptMoves {
    dims: Vec<KeptDim>,
    count: usize,
    /// Stand behind the head of the ledger.
    #[serde(skip)]
    moves: Vec<KeptMove>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptDim {
    id: String,
    leaves: Vec<String>,
    codes: Vec<String>,
}

/// A move by positions of leaves and codes in the names that are kept with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeptMove {
    layer: Layer,
    terms: Vec<Term>,
    at: Vec<u16>,
    /// Moves that go along, by position.
    along: Vec<u32>,
}

/// Moves looked at in one state of the proofs.
const BATCH: usize = 8_192;

const LAYERS: [Layer; 4] = [Layer::Joint, Layer::Contacts, Layer::Patients, Layer::PatientsByType];

impl KeptMoves {
    /// The moves in use.
    pub fn of(universe: &Universe, proofs: &Proofs) -> KeptMoves {
        let dim = |dim: &Dim| KeptDim {
            id: dim.id.clone(),
            leaves: dim.leaves.clone(),
            codes: dim.codes.iter().map(|code| code.id.clone()).collect(),
        };
        let kept = |used: &super::proofs::Used| KeptMove {
            layer: used.layer,
            terms: used.terms.clone(),
            at: used.at.clone(),
            along: used.along.clone(),
        };
        let moves: Vec<KeptMove> = proofs.moves.iter().map(kept).collect();
        KeptMoves { dims: universe.dims.iter().map(dim).collect(), count: moves.len(), moves }
    }

    /// Appends the moves to the bytes of a ledger.
    pub fn write(&self, into: &mut Vec<u8>) {
        let leaf = |leaf: u16| if leaf == NONE { 0 } else { u64::from(leaf) + 1 };
        for kept in &self.moves {
            let layer = LAYERS.iter().position(|layer| *layer == kept.layer).unwrap_or(0);
            write_number(layer as u64, into);
            write_number(kept.terms.len() as u64, into);
            for term in &kept.terms {
                write_number(u64::from(term.sign < 0), into);
                term.parts.iter().flat_map(|part| [part.0, part.1]).for_each(|at| write_number(leaf(at), into));
            }
            kept.at.iter().for_each(|&code| write_number(u64::from(code), into));
            write_number(kept.along.len() as u64, into);
            kept.along.iter().for_each(|&at| write_number(u64::from(at), into));
        }
    }

    /// Reads what [`KeptMoves::write`] wrote, given the head; none where the bytes are not such.
    pub fn read(&mut self, bytes: &mut &[u8]) -> Option<()> {
        self.moves = (0..self.count).map(|_| read_move(&self.dims, self.count, bytes)).collect::<Option<_>>()?;
        Some(())
    }
}

fn read_move(dims: &[KeptDim], count: usize, bytes: &mut &[u8]) -> Option<KeptMove> {
    let layer = *LAYERS.get(read_number(bytes)? as usize)?;
    let terms = Some(read_number(bytes)?).filter(|&terms| terms <= MOST_TERMS as u64)?;
    let leaf = |most: usize, bytes: &mut &[u8]| match read_number(bytes)? {
        0 => Some(NONE),
        more => Some(more as usize - 1).filter(|&at| at < most).map(|at| at as u16),
    };
    let term = |bytes: &mut &[u8]| {
        let sign = if read_number(bytes)? == 0 { 1 } else { -1 };
        let part = |dim: &KeptDim| Some((leaf(dim.leaves.len(), bytes)?, leaf(dim.leaves.len(), bytes)?));
        Some(Term { sign, parts: dims.iter().map(part).collect::<Option<Vec<Part>>>()? })
    };
    let terms = (0..terms).map(|_| term(bytes)).collect::<Option<_>>()?;
    let code =
        |dim: &KeptDim| Some(read_number(bytes)? as usize).filter(|&at| at < dim.codes.len()).map(|at| at as u16);
    let at = dims.iter().map(code).collect::<Option<_>>()?;
    let along = read_number(bytes)?;
    let other = |_| Some(read_number(bytes)?).filter(|&at| at < count as u64).map(|at| at as u32);
    Some(KeptMove { layer, terms, at, along: (0..along).map(other).collect::<Option<_>>()? })
}

/// Today's positions of what is kept by name.
struct Today {
    /// By dimension of the system: that of the names; none where it is new.
    dims: Vec<Option<usize>>,
    /// By dimension of the names.
    leaves: Vec<Vec<Option<u16>>>,
    codes: Vec<Vec<Option<u16>>>,
}

impl Today {
    fn of(kept: &KeptMoves, universe: &Universe) -> Today {
        let named = |id: &str| universe.dims.iter().find(|dim| dim.id == id);
        let leaf = |dim: &KeptDim| -> Vec<Option<u16>> {
            let position = |leaf: &String| named(&dim.id)?.leaves.iter().position(|known| known == leaf);
            dim.leaves.iter().map(|leaf| Some(position(leaf)? as u16)).collect()
        };
        let code = |dim: &KeptDim| -> Vec<Option<u16>> {
            let Some(today) = named(&dim.id) else { return vec![None; dim.codes.len()] };
            let canonical = canonical_codes(today);
            let position = |code: &String| today.codes.iter().position(|known| known.id == *code);
            dim.codes.iter().map(|code| position(code).map(|at| canonical[at])).collect()
        };
        Today {
            dims: universe.dims.iter().map(|dim| kept.dims.iter().position(|known| known.id == dim.id)).collect(),
            leaves: kept.dims.iter().map(leaf).collect(),
            codes: kept.dims.iter().map(code).collect(),
        }
    }

    /// The terms of a move and the codes of its target; none where something is no more, or is new.
    fn place(&self, kept: &KeptMove) -> Option<(Vec<Term>, Vec<u16>)> {
        let leaf = |dim: usize, leaf: u16| if leaf == NONE { Some(NONE) } else { self.leaves[dim][leaf as usize] };
        let term = |term: &Term| {
            let part = |dim: &Option<usize>| {
                let dim = (*dim)?;
                Some((leaf(dim, term.parts[dim].0)?, leaf(dim, term.parts[dim].1)?))
            };
            Some(Term { sign: term.sign, parts: self.dims.iter().map(part).collect::<Option<_>>()? })
        };
        let terms = kept.terms.iter().map(term).collect::<Option<_>>()?;
        let code = |dim: &Option<usize>| dim.and_then(|dim| self.codes[dim][kept.at[dim] as usize]);
        Some((terms, self.dims.iter().map(code).collect::<Option<_>>()?))
    }
}

/// Takes over the moves that still hold and prove something.
pub(super) fn take_over(system: &System<'_>, proofs: &mut Proofs, kept: &KeptMoves) {
    let today = Today::of(kept, system.universe);
    let mut left: Vec<&KeptMove> = kept.moves.iter().collect();
    // Again, since some help only beside others that came after them.
    for _ in 0..2 {
        let mut unused = Vec::new();
        for batch in left.chunks(BATCH) {
            let known = &*proofs;
            let find = |kept_move: &&KeptMove| found(system, known, kept, &today, kept_move);
            let found: Vec<Option<(u32, Found)>> = batch.par_iter().map(find).collect();
            for (&kept_move, found) in batch.iter().zip(found) {
                let Some((target, found)) = found else { continue };
                let targets = targets(system, &found);
                let helps = targets.iter().any(|&target| !proofs.is_done(system, target))
                    && proofs.take_if_it_helps(system, target, found, &targets);
                if !helps {
                    unused.push(kept_move);
                }
            }
        }
        left = unused;
    }
}

/// Unsafe cells that a move changes.
fn targets(system: &System<'_>, found: &Found) -> Vec<u32> {
    let of = found.cells.iter().map(|&(cell, _)| system.target_of[cell as usize]);
    of.filter(|&target| target != NO_TARGET).collect()
}

/// A move as it is today, with an unsafe cell that needs it; none where it hides more or helps nobody.
fn found(
    system: &System<'_>,
    proofs: &Proofs,
    all: &KeptMoves,
    today: &Today,
    kept: &KeptMove,
) -> Option<(u32, Found)> {
    let mut scratch = Scratch::default();
    let with_company = !kept.along.is_empty();
    let within = if with_company { Within::Period } else { Within::All };
    let mut found = placed(system, today, kept, within, &mut scratch)?;
    let open = targets(system, &found).into_iter().find(|&target| !proofs.is_done(system, target))?;
    if with_company {
        let width = system.targets[open as usize].patients_width;
        let along = kept.along.iter().map(|&at| {
            let other = all.moves.get(at as usize).filter(|other| other.along.is_empty())?;
            let other = placed(system, today, other, Within::Period, &mut scratch)?;
            let room = if other.layer == Layer::Contacts { other.room.contacts_up } else { other.room.patients_up };
            (room >= width).then_some(other)
        });
        found.along = along.collect::<Option<_>>()?;
        let enough = found.room.patients_up >= width;
        (found.room.patients_up, found.room.patients_down) = (width, 0);
        if !enough || !fits(system, &found, width, &mut scratch) {
            return None;
        }
    }
    Some((open, found))
}

/// What a move changes today, and how far; none where that is shown.
fn placed(system: &System<'_>, today: &Today, kept: &KeptMove, within: Within, scratch: &mut Scratch) -> Option<Found> {
    let (terms, at) = today.place(kept)?;
    let layer = kept.layer;
    // A leaf is raised in every dimension but those that stand still.
    let fits = |term: &Term| {
        let mut parts = term.parts.iter().zip(&system.universe.dims);
        parts.all(|(part, dim)| (part.0 == NONE) == layer.stands(dim.kind) && (part.0 != NONE || part.1 == NONE))
    };
    if !terms.iter().all(fits) {
        return None;
    }
    let cells = system.changes_of(&terms, layer, &at);
    let mut room = Room::BOUNDLESS;
    for &(id, by) in &cells {
        let cell = &system.cells[id as usize];
        if cell.state == State::Shown || !room.take(cell, by, layer) {
            return None;
        }
        if layer.is_of_patients() && matches!(within, Within::All) {
            room.take_slack(cell, by);
        }
    }
    if layer != Layer::Contacts {
        let has_patients = |change: &&(CellId, i8)| system.cells[change.0 as usize].has_patients();
        let of_patients: Vec<(CellId, i8)> = cells.iter().filter(has_patients).copied().collect();
        system.patient_rules.limit(&of_patients, within, &mut scratch.touched, &mut room);
    }
    Some(Found { layer, terms, at, cost: 0.0, room, cells, along: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Ledger;
    use super::super::tests_over_time::{late_contacts, release};
    use super::*;

    fn moves(ledger: &Ledger) -> &KeptMoves {
        ledger.moves.values().next().unwrap()
    }

    #[test]
    fn a_release_of_the_same_numbers_stands_on_moves_of_the_first() {
        for seed in 0..4 {
            let contacts = late_contacts(seed, 2_000, 6);
            let first = release(&contacts, 9, &Ledger::default());
            let again = release(&contacts, 9, first.ledger());
            let (before, now) = (moves(first.ledger()), moves(again.ledger()));
            assert!(!now.moves.is_empty() && now.dims == before.dims);
            // Against single contributors a few may be looked for anew.
            let new = now.moves.iter().filter(|of| of.along.is_empty() && !before.moves.contains(of)).count();
            assert!(new * 10 <= now.moves.len(), "{new} of {} moves are new", now.moves.len());
        }
    }

    #[test]
    fn moves_are_found_by_name() {
        let contacts = late_contacts(1, 2_000, 6);
        let first = release(&contacts, 9, &Ledger::default());
        let mut older = moves(first.ledger()).clone();
        // A month before the others, which today's tables do not have.
        let time = older.dims.iter().position(|dim| dim.id == "time").unwrap();
        older.dims[time].leaves.insert(0, "2023-12".into());
        let later = |leaf: u16| if leaf == NONE { NONE } else { leaf + 1 };
        for term in older.moves.iter_mut().flat_map(|of| &mut of.terms) {
            term.parts[time] = (later(term.parts[time].0), later(term.parts[time].1));
        }
        let mut ledger = first.ledger().clone();
        *ledger.moves.values_mut().next().unwrap() = older;
        let ledger = Ledger::from_bytes(&ledger.to_bytes()).unwrap();
        assert_eq!(release(&contacts, 9, &ledger).ledger().moves, release(&contacts, 9, first.ledger()).ledger().moves);
    }
}
