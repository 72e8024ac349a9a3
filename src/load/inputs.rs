//! What the room gives: files with their hashes, batches with their place, rejects with reasons.

use std::path::PathBuf;

use arrow::record_batch::RecordBatch;

use crate::domain::{RejectReason, SourceTally};

/// A file of a source, ranked by name in byte order.
#[derive(Debug, Clone)]
pub struct InputFile {
    pub path: PathBuf,
    /// Without its folder, compressed ending included.
    pub name: String,
    pub bytes: u64,
    /// Lower-case hexadecimal SHA-256 of the file as delivered, known when it has been scanned.
    pub sha256: String,
}

/// Rows of one file, in file order, that passed every test a row alone can fail.
/// Columns are named and typed by the schema (ids Int64, see `IdSpace`; text and codes Utf8;
/// whole numbers and flags Int64; amounts Int64 hundredths; dates Date32; times
/// Timestamp(Second)); an absent column is all null.
#[derive(Debug, Clone)]
pub struct TypedBatch {
    /// Rank of the file in its source.
    pub file: u16,
    /// Position of each row among the file's rows, from 0, ascending.
    pub rows: Vec<u32>,
    pub columns: RecordBatch,
}

/// A rejected row: where it stands and why. Its raw fields are kept for the restricted area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub file: u16,
    /// Position among the file's rows, from 0.
    pub row: u32,
    /// Line in the text (the header is line 1), or row number from 1 in a Parquet file.
    pub line: u64,
    pub reason: RejectReason,
    /// Name of the column at fault; none where the whole row is (`orphan`, field count).
    pub column: Option<String>,
    /// The fields as delivered, in the order of the file's header.
    pub fields: Vec<String>,
}

/// The outcome of scanning a source: tallies (rows that went to the sink have no class yet) and
/// the rejects so far, ordered by file and row.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    pub files: Vec<InputFile>,
    pub tally: SourceTally,
    pub rejects: Vec<Reject>,
    /// Keys of the first column of rows that never reached the sink (rejected, after the as-of
    /// day, no person), where the key could be read; in no order. A line of a bill whose only row
    /// was rejected is no orphan (SPEC-DETAILS 6).
    pub left_out: Vec<i64>,
}
