//! Contacts to cells: counts with their contributors, for every combination of a table's codes.
//!
//! In: [`crate::contacts::Contacts`] and the definition. Out: [`Cells`]. Partial counts merge in
//! any order and are finished once. This room never divides before the finish and does no I/O.

mod cells;

pub use cells::*;
