//! What a pipeline publishes: `pipelines/*.toml`, read into types that cannot be wrong.
//!
//! In: the text of a definition and the lists it names. Out: a [`Pipeline`]. Unknown keys and
//! names are refused with the known ones. This room never sees data.

mod competing;
mod fault;
mod lists;
mod quantities;
mod read;
mod shipped;
mod table;
mod takst_index;
mod tree;
mod types;
mod written;

pub use quantities::{Sum, residuals, sums_of};
pub use read::SOURCES;
pub use takst_index::TakstIndex;
pub use types::*;

#[cfg(test)]
mod tests;
