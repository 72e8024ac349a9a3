//! A published table read back from its two files, row by row.
//!
//! In: `data/TABLE.parquet` and `data/TABLE.csv`. Out: [`Rows`], and findings where the two files
//! differ or where value and status do not fit. Text is interned, so that millions of rows are
//! small. It judges form alone and never what a number means.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, Float64Array, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustc_hash::FxHashMap;

use crate::audit::report::{Finding, Findings, Kind};
use crate::domain::{Error, Result};

/// Columns that are no keys.
const VALUES: [&str; 3] = ["value", "obs_status", "conf_status"];

/// A key column: its different labels, and a code a row.
#[derive(Debug, Clone, Default)]
pub struct Column {
    pub name: String,
    pub labels: Vec<String>,
    pub codes: Vec<u32>,
    by_label: FxHashMap<String, u32>,
}

impl Column {
    pub fn named(name: &str) -> Self {
        Column { name: name.into(), ..Column::default() }
    }
    /// Adds a row.
    pub fn push(&mut self, label: &str) {
        let last = self.codes.last().copied();
        if let Some(last) = last.filter(|&last| self.labels[last as usize] == label) {
            return self.codes.push(last);
        }
        let code = match self.by_label.get(label) {
            Some(&code) => code,
            None => {
                self.labels.push(label.to_string());
                self.by_label.insert(label.to_string(), self.labels.len() as u32 - 1);
                self.labels.len() as u32 - 1
            }
        };
        self.codes.push(code);
    }
    pub fn label(&self, row: usize) -> &str {
        &self.labels[self.codes[row] as usize]
    }
}

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    Value(f64),
    Suppressed,
    Undefined,
}

/// A table as published.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    pub table: String,
    pub keys: Vec<Column>,
    pub told: Vec<Told>,
}

impl Rows {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.keys.iter().find(|column| column.name == name)
    }
    /// The keys of a row as text; never its value.
    pub fn name(&self, row: usize) -> String {
        let shown = self.keys.iter().filter(|c| !["period_type", "geo_level", "geo_name"].contains(&c.name.as_str()));
        let part = |column: &Column| format!("{}={}", column.name, column.label(row));
        shown.filter(|column| column.label(row) != "total").map(part).collect::<Vec<_>>().join(" ")
    }
}

/// Reads both files of a table and compares them.
pub fn read_table(data: &Path, table: &str, findings: &mut Findings) -> Result<Rows> {
    let path = data.join(format!("{table}.parquet"));
    let reader = File::open(&path).map_err(|error| unreadable(&path, &error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(reader).map_err(|error| unreadable(&path, &error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    if !names.ends_with(&VALUES.map(String::from)) {
        return Err(Error::input(format!("{}: expected the last columns to be {}", path.display(), VALUES.join(", "))));
    }
    let mut rows = Rows { table: table.into(), ..Rows::default() };
    rows.keys = names[..names.len() - 3].iter().map(|name| Column::named(name)).collect();
    let mut csv = Csv::open(data, table, &names, findings)?;
    for batch in builder.build().map_err(|error| unreadable(&path, &error))? {
        let batch = batch.map_err(|error| unreadable(&path, &error))?;
        read_batch(&batch, &mut rows, &mut csv, findings)?;
    }
    csv.finish(&rows, findings)?;
    Ok(rows)
}

pub fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::input(format!("{}: cannot be read as a file of a release ({error})", path.display()))
}

fn read_batch(batch: &RecordBatch, rows: &mut Rows, csv: &mut Csv, findings: &mut Findings) -> Result<()> {
    let texts = |at: usize| batch.column(at).as_any().downcast_ref::<StringArray>();
    let keys: Option<Vec<&StringArray>> = (0..rows.keys.len()).map(texts).collect();
    let value = batch.column(rows.keys.len()).as_any().downcast_ref::<Float64Array>();
    let (obs, conf) = (texts(rows.keys.len() + 1), texts(rows.keys.len() + 2));
    let (Some(keys), Some(value), Some(obs), Some(conf)) = (keys, value, obs, conf) else {
        return Err(Error::input(format!("table {}: expected plain text columns and a double `value`", rows.table)));
    };
    for row in 0..batch.num_rows() {
        rows.keys.iter_mut().zip(&keys).for_each(|(column, array)| column.push(array.value(row)));
        let number = (!value.is_null(row)).then(|| value.value(row));
        match status(number, obs.value(row), conf.value(row)) {
            Some(told) => rows.told.push(told),
            None => {
                rows.told.push(number.map_or(Told::Suppressed, Told::Value));
                let name = rows.name(rows.told.len() - 1);
                findings.add(Finding::of(Kind::StatusWrong, &rows.table).cell(name));
            }
        }
        csv.compare(rows, number, [obs.value(row), conf.value(row)], findings)?;
    }
    Ok(())
}

/// What value and statuses say together; none where they contradict each other.
fn status(value: Option<f64>, obs: &str, conf: &str) -> Option<Told> {
    match (value, obs, conf) {
        (Some(value), "A" | "P", "F") if value.is_finite() => Some(Told::Value(value)),
        (None, "Q", "C") => Some(Told::Suppressed),
        (None, "M", "F") => Some(Told::Undefined),
        _ => None,
    }
}

/// The CSV file, read in step with the Parquet file.
struct Csv {
    path: PathBuf,
    reader: csv::Reader<File>,
    record: csv::StringRecord,
    /// One finding a table is enough.
    differs: bool,
}

impl Csv {
    fn open(data: &Path, table: &str, names: &[String], findings: &mut Findings) -> Result<Self> {
        let path = data.join(format!("{table}.csv"));
        let mut reader = csv::Reader::from_path(&path).map_err(|error| unreadable(&path, &error))?;
        let header = reader.headers().map_err(|error| unreadable(&path, &error))?;
        let differs = !header.iter().eq(names.iter().map(String::as_str));
        if differs {
            findings.add(Finding::of(Kind::FormatsDiffer, table).relation("header"));
        }
        Ok(Csv { path, reader, record: csv::StringRecord::new(), differs })
    }
    /// Reads the next row: false at the end, none where it is no CSV. A disk that fails is no finding.
    fn next(&mut self) -> Result<Option<bool>> {
        match self.reader.read_record(&mut self.record) {
            Ok(there) => Ok(Some(there)),
            Err(error) if error.is_io_error() => Err(unreadable(&self.path, &error)),
            Err(_) => Ok(None),
        }
    }
    fn compare(&mut self, rows: &Rows, value: Option<f64>, status: [&str; 2], findings: &mut Findings) -> Result<()> {
        if self.differs {
            return Ok(());
        }
        let row = rows.told.len() - 1;
        let there = self.next()? == Some(true);
        let keys = rows.keys.iter().map(|column| column.label(row));
        let (count, record) = (rows.keys.len(), &self.record);
        let same = there
            && record.len() == count + 3
            && keys.eq(record.iter().take(count))
            && status == [&record[count + 1], &record[count + 2]]
            && same_number(value, &record[count]);
        if !same {
            self.differs = true;
            findings.add(Finding::of(Kind::FormatsDiffer, &rows.table).cell(rows.name(row)));
        }
        Ok(())
    }
    fn finish(&mut self, rows: &Rows, findings: &mut Findings) -> Result<()> {
        let more = !self.differs && self.next()? != Some(false);
        if more {
            findings.add(Finding::of(Kind::FormatsDiffer, &rows.table).relation("the CSV has more rows"));
        }
        Ok(())
    }
}

fn same_number(value: Option<f64>, text: &str) -> bool {
    match value {
        None => text.is_empty(),
        Some(value) => text.parse::<f64>().is_ok_and(|read| read == value),
    }
}
