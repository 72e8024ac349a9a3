//! The raw fields of rows that are found wanting later (an orphan, a key of two persons).
//!
//! In: places of rows. Out: the rows as delivered. It reads the files again, block by block, and
//! keeps nothing else of them.

use rayon::prelude::*;

use super::blocks::Block;
use super::csv_rows::raw_fields;
use super::header::CsvLayout;
use super::inputs::{FileInput, Inputs, Layout, Reject};
use super::parquet_raw;
use super::recalled::confirm;
use super::records;
use super::scan::{open_blocks, stopped_by};
use crate::domain::{RejectReason, Result};

impl Inputs {
    /// The given rows (rank of the file, position in it) of a source as rejects, ordered by file
    /// and row. Their reason is `orphan` and they name no column, until the caller knows better.
    pub fn fetch(&self, source: &str, rows: &[(u16, u32)]) -> Result<Vec<Reject>> {
        let input = self.source(source)?;
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows.dedup();
        let parts: Vec<(&FileInput, &[(u16, u32)])> = rows
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|part| input.files.get(usize::from(part[0].0)).map(|file| (file, part)))
            .collect();
        confirm(parts.par_iter().map(|(file, _)| *file))?;
        let fetched = parts.into_par_iter().map(|(file, part)| fetch_file(file, part));
        fetched.collect::<Result<Vec<_>>>().map(|parts| parts.concat())
    }
}

fn fetch_file(file: &FileInput, rows: &[(u16, u32)]) -> Result<Vec<Reject>> {
    let Some(&(rank, _)) = rows.first() else { return Ok(Vec::new()) };
    let rows: Vec<u32> = rows.iter().map(|&(_, row)| row).collect();
    match &file.layout {
        Layout::Csv(layout) => fetch_csv(file, layout, rank, &rows),
        Layout::Parquet(_) => {
            let fields = parquet_raw::fields(file, &rows)?;
            let line = |row: u32| u64::from(row) + 1;
            Ok(rows.iter().zip(fields).map(|(&row, fields)| orphan(rank, row, line(row), fields)).collect())
        }
    }
}

fn fetch_csv(file: &FileInput, layout: &CsvLayout, rank: u16, rows: &[u32]) -> Result<Vec<Reject>> {
    let mut stream = open_blocks(file, layout)?;
    let mut found = Vec::with_capacity(rows.len());
    let mut block = stream.next().map_err(|broken| stopped_by(&file.path, broken))?;
    while let (Some(this), true) = (block, found.len() < rows.len()) {
        block = stream.next().map_err(|broken| stopped_by(&file.path, broken))?;
        let after = block.as_ref().map_or(u32::MAX, |next| next.first_row);
        if rows[found.len()] < after {
            pick(&this, layout, rank, rows, &mut found)?;
        }
    }
    Ok(found)
}

/// Takes the wanted rows of a block; `found` says which of `rows` is the next.
fn pick(block: &Block, layout: &CsvLayout, rank: u16, rows: &[u32], found: &mut Vec<Reject>) -> Result<()> {
    records::for_each(block, layout.delimiter, |record| {
        if rows.get(found.len()) == Some(&record.row) {
            found.push(orphan(rank, record.row, record.line, raw_fields(layout.encoding, record.fields)));
        }
        Ok(())
    })
}

fn orphan(file: u16, row: u32, line: u64, fields: Vec<String>) -> Reject {
    Reject { file, row, line, reason: RejectReason::Orphan, column: None, fields }
}
