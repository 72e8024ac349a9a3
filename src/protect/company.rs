//! Company for a move of patients that cannot go alone: the last hope where a person moved.
//!
//! In: a move that raises patients in one period. Out: the same with moves that go along, upwards:
//! patients of the same type in the periods that share a month with it, and a contact in that
//! month. So the whole country keeps what everybody knows: patients are no more than contacts, a
//! part of a period has no more than the whole, and the whole no more than its parts.

use super::grid::CellId;
use super::hide::seek;
use super::moves::{Layer, Room};
use super::patients::Within;
use super::search::{Company, Found, Query, Scratch};
use super::system::{Rank, System};
use crate::relations::DimKind;

/// Gives a move of patients the company that it needs; none where there is none.
pub(super) fn accompany(
    system: &System<'_>,
    query: &Query<'_>,
    mut found: Found,
    scratch: &mut Scratch,
) -> Option<Found> {
    let width = query.patients_width;
    if found.room.patients_up < width {
        return None;
    }
    found.room.patients_up = width;
    found.room.patients_down = 0;
    if fits(system, &found, width, scratch) {
        return Some(found);
    }
    let raised = |&&(cell, sign): &&(CellId, i8)| sign > 0 && system.cells[cell as usize].rank == Rank::Country;
    let national = found.cells.iter().filter(raised).map(|&(cell, _)| cell);
    let national = national.min_by_key(|&cell| (system.cells[cell as usize].patients, cell))?;
    let (view, index) = system.home[national as usize];
    let at = system.coordinates(view as usize, index as usize);
    let time = system.universe.dims.iter().position(|dim| dim.kind == DimKind::Time)?;
    let months = system.universe.dims[time].codes[at[time] as usize].leaves.clone();
    months.into_iter().find_map(|month| {
        let along = in_other_periods(system, query, (&at, time, month), scratch)?;
        let whole =
            Found { along, terms: found.terms.clone(), at: found.at.clone(), cells: found.cells.clone(), ..found };
        fits(system, &whole, width, scratch).then_some(whole)
    })
}

/// Moves through the national cells of all periods with a month, and of a contact in the month.
fn in_other_periods(
    system: &System<'_>,
    query: &Query<'_>,
    (at, time, month): (&[u16], usize, u16),
    scratch: &mut Scratch,
) -> Option<Vec<Found>> {
    let codes = &system.universe.dims[time].codes;
    let first = |code: usize| codes[..code].iter().all(|other| other.leaves != codes[code].leaves);
    let mut holding: Vec<usize> =
        (0..codes.len()).filter(|&code| codes[code].leaves.contains(&month) && first(code)).collect();
    holding.sort_by_key(|&code| codes[code].leaves.len());
    let mut along = Vec::new();
    let mut shortest = None;
    for code in holding {
        let mut other = at.to_vec();
        other[time] = code as u16;
        let views = (0..system.grids.len()).filter(|&view| system.shows_patients(view));
        let Some(cell) = views.filter_map(|view| cell(system, view, &other)).next() else { continue };
        shortest = shortest.or(Some(cell));
        if code != at[time] as usize {
            let query = Query { cell, layer: Layer::PatientsByType, contacts_width: 0, ..*query };
            let mut found = seek(system, &Query { company: Company::WithOthers, ..query }, scratch)?;
            found.room.patients_up = found.room.patients_up.min(query.patients_width);
            along.push(found);
        }
    }
    let (width, cell) = (query.patients_width, shortest?);
    let contacts = Query { cell, layer: Layer::Contacts, contacts_width: width, patients_width: 0, ..*query };
    let contacts = seek(system, &contacts, scratch)?;
    if contacts.room.amounts(Layer::Contacts, width, 0).contacts_up < width {
        return None;
    }
    along.push(contacts);
    Some(along)
}

fn cell(system: &System<'_>, view: usize, at: &[u16]) -> Option<CellId> {
    let id = system.grids[view].ids[system.locate(view, at)?];
    system.cells.get(id as usize).filter(|cell| cell.has_patients() && cell.patients > 0).map(|_| id)
}

/// Whether a move with its company keeps what everybody knows, raised by `width`.
pub(super) fn fits(system: &System<'_>, found: &Found, width: u32, scratch: &mut Scratch) -> bool {
    let of_contacts = |other: &&Found| other.layer == Layer::Contacts;
    let others = found.along.iter().filter(|other| other.layer != Layer::Contacts);
    let changes: Vec<(CellId, i8)> =
        [found].into_iter().chain(others).flat_map(|found| found.cells.iter().copied()).collect();
    let mut room = Room::BOUNDLESS;
    system.patient_rules.limit(&changes, Within::All, &mut scratch.touched, &mut room);
    let rises = |cell: CellId| {
        let contacts = found.along.iter().filter(of_contacts).flat_map(|other| &other.cells);
        contacts.into_iter().any(|&(other, sign)| other == cell && sign > 0)
    };
    let below_contacts = |&(cell, sign): &(CellId, i8)| {
        let slack = system.cells[cell as usize].public_slack();
        sign < 0 || slack.is_none_or(|slack| slack >= width) || rises(cell)
    };
    room.patients_up >= width && changes.iter().all(below_contacts)
}
