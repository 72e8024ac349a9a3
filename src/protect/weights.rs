//! What it costs to hide a cell, the price that the search for moves keeps low; and where there
//! is much to hide among.
//!
//! In: a count, and what the cell is to its users. Out: a number; the country weighs most, totals
//! more than details, what was shown before more than what is new. Never looks at a value under
//! the threshold, which a pattern could give away.

use rustc_hash::FxHashMap;

use super::grid::NONE;
use super::ledger::Seen;
use super::system::{Rank, System};
use crate::aggregate::CellCount;
use crate::definition::Policy;
use crate::relations::{DimKind, Quantity, Universe};

/// How much more a sum of contact types is worth than one type; in the whole country most of all.
pub(super) fn breadth(universe: &Universe, quantity: &Quantity, rank: Rank) -> f32 {
    let is_type = |&&(dim, _): &&(usize, u16)| universe.dims[dim].kind == DimKind::Type;
    let of_types = quantity.codes.iter().find(is_type);
    let types = of_types.map(|&(dim, code)| universe.dims[dim].codes[code as usize].leaves.len());
    match (types, quantity.codes.is_empty(), rank) {
        (None, true, Rank::Country) => 12.0,
        (Some(2..), _, Rank::Country) => 3.0,
        (None, true, _) => 2.0,
        (Some(2..), _, _) => 1.4,
        _ => 1.0,
    }
}

/// What any cell costs, however large.
const EVERY_CELL: f32 = 4.0;

/// What hiding a cell costs. Never looks at a value under the threshold.
pub(super) fn weight(count: &CellCount, rank: Rank, before: Seen, policy: &Policy) -> f32 {
    let value = count.value.max(policy.min_patients) as f32;
    let level = match rank {
        Rank::Country => 500.0,
        Rank::CountryDetail => 30.0,
        Rank::County => 6.0,
        Rank::CountyDetail => 3.0,
        Rank::MunicipalityTotal => 2.0,
        Rank::Detail => 1.0,
    };
    let kept = if before == Seen::Shown { 30.0 } else { 1.0 };
    (EVERY_CELL + value.ln_1p()) * level * kept
}

/// Large municipalities taken of a county.
const OF_COUNTY: usize = 3;
/// Large municipalities taken of the country.
const OF_COUNTRY: usize = 4;

/// Municipalities with many contacts: of the country, and of every county.
#[derive(Debug, Default)]
pub(super) struct LargePlaces {
    of_country: Vec<u16>,
    /// By municipality.
    of_county: FxHashMap<u16, Vec<u16>>,
}

impl LargePlaces {
    /// The largest of a municipality's county, then those of the country.
    pub fn near(&self, own: u16) -> Vec<u16> {
        let mut all = self.of_county.get(&own).cloned().unwrap_or_default();
        all.extend(self.of_country.iter().filter(|&place| !all.contains(place)).copied().collect::<Vec<_>>());
        all
    }
}

/// Finds them by contacts in the first view, all its periods and quantities together.
pub(super) fn large_places(system: &System<'_>) -> LargePlaces {
    let Some(grid) = system.grids.first() else { return LargePlaces::default() };
    let lane = &grid.lanes[0];
    let codes = &system.universe.dims[lane.dim].codes;
    let mut found = Vec::new();
    for (at, &code) in lane.codes.iter().enumerate().filter(|(_, code)| **code != NONE) {
        if let [leaf] = codes[code as usize].leaves[..] {
            found.push((contacts(system, &grid.ids[at * lane.stride..(at + 1) * lane.stride]), leaf));
        }
    }
    let all = largest_first(found);
    let mut of_county = FxHashMap::default();
    for county in codes[1..].iter().filter(|code| code.leaves.len() > 1) {
        let largest: Vec<u16> =
            all.iter().filter(|&leaf| county.leaves.contains(leaf)).take(OF_COUNTY).copied().collect();
        of_county.extend(county.leaves.iter().map(|&leaf| (leaf, largest.clone())));
    }
    LargePlaces { of_county, of_country: all.into_iter().take(OF_COUNTRY).collect() }
}

/// Contact types by contacts in the first row of the first view (the whole country).
pub(super) fn large_types(system: &System<'_>) -> Vec<u16> {
    let Some(grid) = system.grids.first() else { return Vec::new() };
    let Some(mention) = grid.mentions.iter().find(|mention| mention.kind == DimKind::Type) else { return Vec::new() };
    let row = &grid.ids[..grid.lanes[0].stride];
    let mut found = Vec::new();
    for (quantity, &code) in mention.codes.iter().enumerate() {
        if let [leaf] = system.universe.dims[mention.dim].codes[code as usize].leaves[..] {
            let ids: Vec<u32> = row.iter().copied().skip(quantity).step_by(grid.quantities).collect();
            found.push((contacts(system, &ids), leaf));
        }
    }
    largest_first(found)
}

fn contacts(system: &System<'_>, ids: &[u32]) -> u64 {
    ids.iter().map(|&id| system.cells.get(id as usize).map_or(0, |cell| u64::from(cell.contacts))).sum()
}

fn largest_first(mut found: Vec<(u64, u16)>) -> Vec<u16> {
    found.sort_by_key(|&(contacts, leaf)| (std::cmp::Reverse(contacts), leaf));
    let mut leaves: Vec<u16> = Vec::new();
    for (_, leaf) in found {
        if !leaves.contains(&leaf) {
            leaves.push(leaf);
        }
    }
    leaves
}
