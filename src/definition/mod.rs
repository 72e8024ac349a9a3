//! What a pipeline publishes: `pipelines/*.toml`, read into types that cannot be wrong.
//!
//! In: the text of a definition and the lists it names. Out: a [`Pipeline`]. Unknown keys and
//! names are refused with the known ones. This room never sees data.

mod types;

pub use types::*;
