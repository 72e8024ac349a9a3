//! Protected tables to the files of a release: Parquet, CSV, manifests.
//!
//! In: [`crate::protect::Protected`] and a [`ReleaseContext`]. Out: `public/` and `restricted/`
//! below a staging folder, complete and on the disk, which the pipeline puts in place once the
//! audit has judged them. This room accepts nothing that `protect` has not made, and knows no
//! person's row; a suppressed value never reaches its arrays.

mod accounting;
mod completeness;
mod context;
pub mod files;
mod loss;
mod manifest;
mod parquet;
mod practices;
mod preview;
mod release;
mod rows;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod text;

pub use accounting::{FEWEST_ROWS, PublicAccount, public_account};
pub use context::{AuditVerdict, FileRecord, GateRecord, MonthShare, PROGRAM, ReleaseContext, SourceRecord};
pub use manifest::{bytes as json_bytes, date, restricted as restricted_manifest};
pub use parquet::{Label, plain_writer};
pub use practices::write_practices;
pub use release::{Written, write, write_together};
pub use rows::{COUNTRY_NAME, POOL_NAME, geo};
pub use summary::{National, Summary};
pub use tables::TableSummary;
pub use text::number;
