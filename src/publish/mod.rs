//! Protected tables to the files of a release: Parquet, CSV, manifests.
//!
//! In: [`crate::protect::Protected`] and a [`ReleaseContext`]. Out: `public/` and `restricted/`
//! below a staging folder, complete and on the disk, which the pipeline puts in place once the
//! audit has judged them. This room accepts nothing that `protect` has not made, and knows no
//! person's row; a suppressed value never reaches its arrays.

mod accounting;
mod context;
pub mod files;
mod manifest;
mod parquet;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod text;

pub use accounting::{FEWEST_ROWS, PublicAccount, public_account};
pub use context::{FileRecord, MonthShare, PROGRAM, ReleaseContext, SourceRecord, Verdict};
pub use manifest::{bytes as json_bytes, date, restricted as restricted_manifest};
pub use parquet::{Label, plain_writer};
pub use rows::{COUNTRY_NAME, POOL_NAME};
pub use tables::TableSummary;
pub use text::number;
