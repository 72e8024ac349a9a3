//! The cells of foreign tables.
//!
//! In: the relations and the CSV files that they name. Out: [`Cells`], each key once. A number that
//! two files give differently is an error: which of them is right cannot be known here.

use std::collections::BTreeMap;
use std::path::Path;

use super::relations::{ForeignRelations, ForeignTable};
use crate::domain::{Error, Result};

/// What is told of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Value(i64),
    Hidden,
    Unpublished,
}

/// Cells by their labels, one a dimension.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    pub keys: Vec<Vec<String>>,
    pub told: Vec<Told>,
    pub index: BTreeMap<Vec<String>, usize>,
}

impl Cells {
    pub fn read(described: &ForeignRelations, folder: &Path) -> Result<Self> {
        let mut cells = Cells::default();
        for table in &described.tables {
            cells.read_table(described, table, folder)?;
        }
        Ok(cells)
    }
    /// The number of a cell; a new one is unpublished.
    pub fn number(&mut self, key: Vec<String>) -> usize {
        let next = self.keys.len();
        let number = *self.index.entry(key.clone()).or_insert(next);
        if number == next {
            self.keys.push(key);
            self.told.push(Told::Unpublished);
        }
        number
    }
    /// `dimension=label …`, totals left out.
    pub fn name(&self, described: &ForeignRelations, cell: usize) -> String {
        let parts =
            described.dimensions.iter().zip(&self.keys[cell]).filter(|(dimension, label)| dimension.total != **label);
        let text = parts.map(|(dimension, label)| format!("{}={label}", dimension.id)).collect::<Vec<_>>().join(" ");
        if text.is_empty() { "the total".into() } else { text }
    }

    fn read_table(&mut self, described: &ForeignRelations, table: &ForeignTable, folder: &Path) -> Result<()> {
        let path = folder.join(&table.file);
        let place = path.display();
        let delimiter = table.delimiter.unwrap_or(',') as u8;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .from_path(&path)
            .map_err(|error| Error::input(format!("{place}: cannot be read ({error})")))?;
        let headers = reader.headers().map_err(|_| Error::input(format!("{place}: expected a header row")))?.clone();
        let column = |name: &String| {
            let at = headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
            at.ok_or_else(|| Error::input(format!("{place}: column `{name}` is missing; the header names others")))
        };
        let value = column(&table.value)?;
        let columns: BTreeMap<&String, usize> =
            table.columns.iter().map(|(dimension, name)| Ok((dimension, column(name)?))).collect::<Result<_>>()?;
        for (line, record) in reader.records().enumerate() {
            let line = line + 2;
            let record =
                record.map_err(|_| Error::input(format!("{place}:{line}: expected as many fields as columns")))?;
            let label = |dimension: &super::relations::ForeignDimension| match columns.get(&dimension.id) {
                Some(&at) => record[at].trim().to_string(),
                None => table.fixed.get(&dimension.id).unwrap_or(&dimension.total).clone(),
            };
            let key = described.dimensions.iter().map(label).collect();
            let told = told(record[value].trim(), table)
                .ok_or_else(|| Error::input(format!("{place}:{line}: expected a whole number or a mark of hiding")))?;
            let cell = self.number(key);
            self.told[cell] = together(self.told[cell], told)
                .ok_or_else(|| Error::input(format!("{place}:{line}: another row gives the cell another number")))?;
        }
        Ok(())
    }
}

fn told(text: &str, table: &ForeignTable) -> Option<Told> {
    if text.is_empty() || table.hidden.iter().any(|mark| mark == text) {
        return Some(Told::Hidden);
    }
    let whole = text.strip_suffix(".0").unwrap_or(text);
    whole.parse().ok().filter(|&number: &i64| (0..1 << 52).contains(&number)).map(Told::Value)
}

/// Hidden in one file and shown in another is shown.
fn together(old: Told, new: Told) -> Option<Told> {
    match (old, new) {
        (Told::Value(a), Told::Value(b)) => (a == b).then_some(old),
        (Told::Value(_), _) => Some(old),
        _ => Some(new),
    }
}
