//! What a pipeline publishes: `pipelines/*.toml`, read into types that cannot be wrong.
//!
//! In: the text of a definition and the lists it names. Out: a [`Pipeline`]. Unknown keys and
//! names are refused with the known ones. This room never sees data.

mod ages;
mod beside;
mod check;
mod compare;
mod explain;
mod fault;
mod gates;
mod joined;
mod joined_list_words;
mod joined_systems;
mod joined_table;
mod joined_words;
mod joined_written;
mod lists;
mod own;
mod quantities;
mod read;
mod shipped;
mod table;
mod takst_index;
mod tree;
mod types;
mod words;
mod written;

pub use crate::domain::Language;
pub use check::{check_report, check_warnings};
pub use compare::explain_consultations;
pub use explain::{explain_among, explain_table};
pub use gates::{GateId, Gates, Limits};
pub use joined::*;
pub use joined_systems::*;
pub use own::Asked;
pub use takst_index::TakstIndex;
pub use types::*;

#[cfg(test)]
mod tests;
