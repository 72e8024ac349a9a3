//! Deliveries of a few rows through the whole room: what comes out of each dialect, and what
//! becomes of each bad row.

mod blocks;
mod dialects;
mod links;
mod parquet;
mod rejects;
mod stops;
mod threads;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::*;
use crate::definition::SourceUse;
use crate::domain::{Result, days_from_civil};

pub const HEADER: &str = "enkeltregning_lnr;kpr_lnr;behandler_lnr;praksis_lnr;praksistype;praksiskommune;tidspunkt;\
                          registrert;status;krediterer_lnr;kjonn;fodselsaar;kommunenr;kommunenr_pb;egenandel;refusjon";
pub const BILL: &str = "1;11;21;31;FALE;0301;2024-03-01T08:00;2024-03-05;godkjent;;1;1980;0301;;160,00;300,50";

/// A bill with one field set.
pub fn bill(column: &str, value: &str) -> String {
    let at = HEADER.split(';').position(|name| name == column).unwrap();
    let mut fields: Vec<&str> = BILL.split(';').collect();
    fields[at] = value;
    fields.join(";")
}

/// A folder with these files.
pub fn delivery(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

pub fn source(id: &str) -> SourceUse {
    SourceUse { source: id.into(), files: vec![], dialect: Default::default() }
}

pub fn open(folder: &Path, id: &str) -> Result<Inputs> {
    Inputs::open_sources(folder, &[source(id)], days_from_civil(2024, 6, 30))
}

/// Rows by file and row, each value as text (`-` where missing), and what the scan told.
pub type Rows = BTreeMap<(u16, u32), Vec<String>>;

pub fn scan(inputs: &Inputs, id: &str, columns: &[&str]) -> Result<(Rows, Scanned)> {
    let rows = Mutex::new(Rows::new());
    let scanned = inputs.scan(id, columns, &|batch| {
        let options = FormatOptions::new().with_null("-");
        let arrays = batch.columns.columns().iter();
        let formats: Vec<_> = arrays.map(|array| ArrayFormatter::try_new(array, &options).unwrap()).collect();
        let mut rows = rows.lock().unwrap();
        for (at, row) in batch.rows.iter().enumerate() {
            let values = formats.iter().map(|format| format.value(at).to_string()).collect();
            assert!(rows.insert((batch.file, *row), values).is_none(), "a row came twice");
        }
        Ok(())
    })?;
    Ok((rows.into_inner().unwrap(), scanned))
}

/// Everything of one source in one file.
pub fn read(id: &str, name: &str, bytes: &[u8], columns: &[&str]) -> Result<(Vec<Vec<String>>, Scanned)> {
    let folder = delivery(&[(name, bytes)]);
    let (rows, scanned) = scan(&open(folder.path(), id)?, id, columns)?;
    Ok((rows.into_values().collect(), scanned))
}

/// The one row of bills given, or what became of it: class and column.
pub fn fate_of_bill(row: &str) -> String {
    let (rows, scanned) = read("regning", "regning.csv", format!("{HEADER}\n{row}\n").as_bytes(), &[]).unwrap();
    fate(rows.len(), &scanned)
}

pub fn fate(kept: usize, scanned: &Scanned) -> String {
    let classes: Vec<String> = scanned.tally.total().classes.keys().map(|class| class.name()).collect();
    let column = scanned.rejects.first().and_then(|reject| reject.column.clone());
    match (kept, column) {
        (1, _) => "kept".into(),
        (_, Some(column)) => format!("{} {column}", classes.join("+")),
        _ => classes.join("+"),
    }
}
