//! From the public files of a release to the system that is attacked.
//!
//! In: `data/*.parquet`, `data/*.csv`, `manifest.json` and `metadata/relations.json`. Out: tables
//! read back, cells by their leaves, equations with what they mean, and findings of form. No
//! restricted file is opened here.

mod book;
mod bytes;
mod codes;
mod equations;
#[cfg(test)]
mod partial_tests;
mod release;
mod tables;
mod view;

pub use book::{Book, Layer, NO_VIEW, Seen};
pub use equations::{Bound, Relation, lines};
pub use release::Release;
pub use tables::{Column, Rows, Told, unreadable};
pub use view::positions_of_rows;
