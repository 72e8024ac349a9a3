//! Contacts to cells: counts with their contributors, for every combination of a table's codes.
//!
//! In: [`crate::contacts::Contacts`] and the definition. Out: [`Cells`]. Partial counts merge in
//! any order and are finished once. This room never divides before the finish and does no I/O.

mod axes;
mod blocks;
mod by_doctor;
mod by_person;
mod cells;
mod completeness;
mod contributors;
mod count;
mod days;
mod difference;
mod doubts;
mod facts;
mod kept;
mod late;
mod levels;
mod lone;
mod means;
mod movers;
mod noted;
mod pairs;
mod pools;
mod renew;
mod residents;
mod sparse;
mod staged;
mod touched;
mod workload;

#[cfg(test)]
mod tests;

pub use axes::{Span, all_places};
pub use cells::*;
pub use completeness::{MonthCompleteness, completeness};
pub use count::{Run, count};
pub use lone::number_by_key;
pub use pools::{Pools, with_pools};
pub use sparse::Sparse;
pub use staged::{Night, NightCells, Ways, count_night, with_pools_night};
