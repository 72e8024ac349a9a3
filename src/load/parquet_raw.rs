//! Rows of a Parquet file as text, for the restricted area.
//!
//! In: positions of rows. Out: their fields as Arrow writes them, in the order of the file's
//! columns; empty where missing.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::RowSelection;

use super::csv_rows::MOST_OF_ROW;
use super::inputs::{FileInput, Layout};
use super::parquet_file::ParquetLayout;
use crate::domain::Result;

/// The fields of some rows, given in ascending order.
pub fn fields(input: &FileInput, rows: &[u32]) -> Result<Vec<Vec<String>>> {
    let Layout::Parquet(layout) = &input.layout else { return Ok(Vec::new()) };
    let mut fields = Vec::with_capacity(rows.len());
    for part in rows.chunk_by(|&a, &b| layout.group_of(a) == layout.group_of(b)) {
        let group = layout.group_of(part[0]);
        for batch in layout.some_rows(&input.path, group, selection(layout, group, part))? {
            fields.extend(texts(&batch?));
        }
    }
    Ok(fields)
}

fn selection(layout: &ParquetLayout, group: usize, rows: &[u32]) -> RowSelection {
    let start = layout.start(group);
    let ranges = rows.iter().map(|&row| (row - start) as usize..(row - start) as usize + 1);
    let end = rows.last().map_or(0, |&row| (row - start) as usize + 1);
    RowSelection::from_consecutive_ranges(ranges, end)
}

fn texts(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new();
    let formats: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).ok()).collect();
    let text = |format: &Option<ArrayFormatter>, row| {
        let mut text = format.as_ref().and_then(|format| format.value(row).try_to_string().ok()).unwrap_or_default();
        text.truncate(text.floor_char_boundary(MOST_OF_ROW));
        text
    };
    (0..batch.num_rows()).map(|row| formats.iter().map(|format| text(format, row)).collect()).collect()
}
