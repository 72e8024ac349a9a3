//! What it costs to hide a cell: the price that the search for moves keeps low.
//!
//! In: a count, and what the cell is to its users. Out: a number; the country weighs most, totals
//! more than details, what was shown before more than what is new. Never looks at a value under
//! the threshold, which a pattern could give away.

use super::ledger::Seen;
use super::system::Rank;
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
    (1.0 + value.ln_1p()) * level * kept
}
