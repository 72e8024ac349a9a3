//! Files of a delivery to typed Arrow batches, with every row accounted for.
//!
//! In: a folder, a definition's word on each source, the schemas. Out: [`Inputs`], whose
//! [`Inputs::scan`] streams batches in bounded memory. A row is never dropped silently, and a
//! value is never echoed in a message.
//!
//! ```text
//! find -> header (dialect) -> bytes (hash, unpack) -> blocks -> records -> csv_rows -> batch
//!         parquet_file (thrift, parquet_guard) ->                 parquet_rows ->
//!                                value (one field), rowtest (one row), human, ids
//! ```

mod batch;
mod blocks;
mod bytes;
mod csv_rows;
mod fetch;
mod find;
mod header;
mod human;
mod ids;
mod inputs;
mod left;
mod link;
mod open;
mod parquet_column;
mod parquet_file;
mod parquet_guard;
mod parquet_raw;
mod parquet_rows;
mod recalled;
mod records;
mod rowtest;
mod scan;
mod thrift;
mod value;

pub use crate::schema::IdKind;
pub use ids::IdSpace;
pub use inputs::*;
pub use left::{Left, OpenFile};
pub use link::{Link, Links, PERSON};
pub use recalled::Noted;
pub use scan::MOST_REJECTS;

#[cfg(test)]
mod tests;
