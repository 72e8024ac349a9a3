//! Rows of a Parquet file as text, for the restricted area.
use super::inputs::FileInput;
use crate::domain::Result;

/// The fields of some rows (ascending), in the order of the file's columns.
pub fn fields(_: &FileInput, rows: &[u32]) -> Result<Vec<Vec<String>>> {
    Ok(rows.iter().map(|_| Vec::new()).collect())
}
