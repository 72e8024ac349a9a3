//! The rows of a published table, read in order, one at a time.
//!
//! In: `data/TABLE.csv` of a release. Out: rows with their keys, in the order of the file, which is
//! that of the keys; a file in another order is refused. Holds one row, however long the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use csv::ByteRecord;

use crate::domain::{Error, Result};

/// The columns before the dimensions of a table.
pub const PERIOD: usize = 1;
pub const GEO: usize = 3;
const GEO_NAME: usize = 4;

/// A table of a release.
pub struct Rows {
    path: PathBuf,
    reader: csv::Reader<File>,
    pub columns: Vec<String>,
    value: usize,
    /// The row that stands first; none at the end.
    pub row: Option<Row>,
}

/// A published row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    record: ByteRecord,
    /// Position of `value`; what stands before it is the key.
    value: usize,
}

impl Row {
    /// The key's fields, the name of the place left out.
    pub fn key(&self) -> impl Iterator<Item = &[u8]> {
        self.record.iter().take(self.value).enumerate().filter(|(at, _)| *at != GEO_NAME).map(|(_, field)| field)
    }
    pub fn text(&self, at: usize) -> String {
        String::from_utf8_lossy(self.record.get(at).unwrap_or_default()).into_owned()
    }
    pub fn geo_name(&self) -> String {
        self.text(GEO_NAME)
    }
    pub fn measure(&self) -> String {
        self.text(self.value - 1)
    }
    pub fn indicator(&self) -> String {
        self.text(self.value - 2)
    }
    /// Whether every dimension is at its total.
    pub fn is_total(&self) -> bool {
        self.record.iter().take(self.value - 2).skip(GEO_NAME + 1).all(|label| label == b"total")
    }
    /// The published text of the value; empty where it is hidden or undefined.
    pub fn value(&self) -> &[u8] {
        self.record.get(self.value).unwrap_or_default()
    }
    pub fn number(&self) -> Option<f64> {
        std::str::from_utf8(self.value()).ok()?.parse().ok()
    }
    fn status(&self) -> &[u8] {
        self.record.get(self.value + 1).unwrap_or_default()
    }
    pub fn is_hidden(&self) -> bool {
        self.status() == b"Q"
    }
    pub fn is_provisional(&self) -> bool {
        self.status() == b"P"
    }
    /// The key in words: `2024-03 county 46 contact contacts`.
    pub fn name(&self) -> String {
        let fields = self.record.iter().take(self.value).enumerate();
        let shown = fields.filter(|(at, field)| ![0, GEO_NAME].contains(at) && *field != b"total");
        shown.map(|(_, field)| String::from_utf8_lossy(field).into_owned()).collect::<Vec<_>>().join(" ")
    }
}

impl Rows {
    /// Opens a table and reads its first row.
    pub fn open(release: &Path, table: &str) -> Result<Rows> {
        let path = release.join(format!("data/{table}.csv"));
        let broken = |error: csv::Error| unreadable(&path, &error);
        let mut reader = csv::ReaderBuilder::new().from_path(&path).map_err(broken)?;
        let columns: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_string).collect();
        let value = columns.iter().position(|name| name == "value").filter(|at| *at > GEO_NAME);
        let value = value.ok_or_else(|| {
            Error::input(format!("{}: expected the columns of a release, `value` among them", path.display()))
        })?;
        let mut rows = Rows { path, reader, columns, value, row: None };
        rows.advance()?;
        Ok(rows)
    }

    /// Steps to the next row and gives the one that stood first.
    pub fn advance(&mut self) -> Result<Option<Row>> {
        let mut record = ByteRecord::new();
        let more = self.reader.read_byte_record(&mut record).map_err(|error| unreadable(&self.path, &error))?;
        let next = more.then_some(Row { record, value: self.value });
        if let (Some(row), Some(next)) = (&self.row, &next)
            && !row.key().lt(next.key())
        {
            let line = next.record.position().map_or(0, csv::Position::line);
            return Err(Error::input(format!(
                "{}:{line}: expected rows in order of their keys; copy the release again",
                self.path.display()
            )));
        }
        Ok(std::mem::replace(&mut self.row, next))
    }
}

fn unreadable(path: &Path, error: &csv::Error) -> Error {
    let place = error.position().map_or(String::new(), |at| format!(":{}", at.line()));
    Error::input(format!("{}{place}: cannot be read as a table of a release; copy the release again", path.display()))
}

/// Values of a table of one row a period, by period; nothing where the release has no such table.
pub fn percents(release: &Path, table: &str) -> Result<BTreeMap<String, Option<f64>>> {
    let mut found = BTreeMap::new();
    if !release.join(format!("data/{table}.csv")).is_file() {
        return Ok(found);
    }
    let mut rows = Rows::open(release, table)?;
    while let Some(row) = rows.advance()? {
        found.insert(row.text(PERIOD), row.number());
    }
    Ok(found)
}
