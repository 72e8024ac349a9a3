//! The restricted cells of a table, as far as the trade needs them.
//!
//! In: `cells/TABLE.parquet` and `certificate/certificate.json` of a release's restricted folder.
//! Out: a [`Table`] of counts with their numbers of patients and the reasons for which they are
//! hidden. One row a quantity: the measure `contacts`, or what the table has in its place.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, UInt32Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustc_hash::FxHashMap;

use crate::domain::{Error, Result};

/// A label by number.
pub type Label = u32;

/// A count with what decides about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub period_type: Label,
    pub period: Label,
    pub level: Label,
    pub place: Label,
    pub sex: Label,
    pub age: Label,
    /// Further dimensions and the indicator.
    pub rest: Label,
    /// None: not defined (nothing to divide by).
    pub value: Option<f64>,
    pub patients: u32,
    /// None where it is shown.
    pub reason: Option<Label>,
}

/// The counts of a table.
#[derive(Debug, Default)]
pub struct Table {
    pub id: String,
    /// The measure whose rows these are.
    pub measure: String,
    pub rows: Vec<Row>,
    pub(super) labels: Vec<String>,
    pub(super) numbers: FxHashMap<String, Label>,
}

/// The limits that the trade counts by.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    pub min_patients: u32,
    pub pool_volume: u32,
}

impl Limits {
    /// Reads those of the policy that a release was protected by.
    pub fn read(restricted: &Path) -> Result<Limits> {
        #[derive(serde::Deserialize)]
        struct Head {
            policy: Limits,
        }
        let path = restricted.join("certificate/certificate.json");
        let refused = |_| {
            Error::input(format!(
                "{}: expected the restricted folder of a release, OUT/restricted/RELEASE; the public one does not \
                 tell why anything is hidden",
                restricted.display()
            ))
        };
        let bytes = std::fs::read(&path).map_err(refused)?;
        let head: Head = serde_json::from_slice(&bytes)
            .map_err(|_| Error::input(format!("{}: expected the head of a certificate", path.display())))?;
        Ok(head.policy)
    }
}

/// Measures of which the first that a table has stands for its quantities.
const MEASURES: [&str; 2] = ["contacts", "share"];

impl Table {
    /// Reads a table of a release.
    pub fn read(restricted: &Path, id: &str) -> Result<Table> {
        let path = restricted.join(format!("cells/{id}.parquet"));
        let file = File::open(&path).map_err(|_| unknown(restricted, id))?;
        let wrong = || Error::input(format!("{}: expected the columns of restricted cells", path.display()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| wrong())?.build();
        let mut found = MEASURES.map(|measure| Table { id: id.into(), measure: measure.into(), ..Table::default() });
        for batch in reader.map_err(|_| wrong())? {
            let batch = batch.map_err(|_| wrong())?;
            for table in &mut found {
                table.add(&batch).ok_or_else(wrong)?;
            }
        }
        let [contacts, share] = found;
        let table = if contacts.rows.is_empty() { share } else { contacts };
        if table.rows.is_empty() {
            return Err(Error::input(format!(
                "table {id}: it has neither contacts nor shares; of such tables the trade is not worked out"
            )));
        }
        Ok(table)
    }

    /// The text of a label.
    pub fn text(&self, label: Label) -> &str {
        &self.labels[label as usize]
    }

    /// Numbers a label.
    pub fn label(&mut self, text: &str) -> Label {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let next = self.labels.len() as Label;
        self.labels.push(text.to_string());
        self.numbers.insert(text.to_string(), next);
        next
    }

    fn add(&mut self, batch: &RecordBatch) -> Option<()> {
        let text = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
        let names = ["period_type", "period", "geo_level", "geo", "sex", "age_group", "indicator", "measure", "reason"];
        let columns: Vec<_> = names.iter().map(|name| text(name)).collect::<Option<_>>()?;
        let known = [&names[..], &["geo_name", "value", "n_patients", "n_doctors"]].concat();
        let schema = batch.schema();
        let others = schema.fields().iter().map(|field| field.name().as_str());
        let further: Vec<_> =
            others.filter(|name| !known.contains(name) && !name.ends_with("_share")).filter_map(text).collect();
        let value = batch.column_by_name("value")?.as_primitive_opt::<Float64Type>()?;
        let patients = batch.column_by_name("n_patients")?.as_primitive_opt::<UInt32Type>()?;
        let own: Vec<usize> = (0..batch.num_rows()).filter(|&row| columns[7].value(row) == self.measure).collect();
        for row in own {
            let mut rest = columns[6].value(row).to_string();
            further.iter().for_each(|column| rest = format!("{rest} {}", column.value(row)));
            let label = |table: &mut Table, at: usize| table.label(columns[at].value(row));
            let reason = (!columns[8].is_null(row) && !columns[8].value(row).is_empty()).then(|| label(self, 8));
            let row = Row {
                period_type: label(self, 0),
                period: label(self, 1),
                level: label(self, 2),
                place: label(self, 3),
                sex: label(self, 4),
                age: label(self, 5),
                rest: self.label(&rest),
                value: (!value.is_null(row)).then(|| value.value(row)),
                patients: if patients.is_null(row) { 0 } else { patients.value(row) },
                reason,
            };
            self.rows.push(row);
        }
        Some(())
    }
}

fn unknown(restricted: &Path, id: &str) -> Error {
    let entries = std::fs::read_dir(restricted.join("cells")).into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| Some(entry.path().file_stem()?.to_string_lossy().into_owned());
    let mut known: Vec<String> = entries.filter_map(name).collect();
    known.sort();
    Error::input(format!("{}: table {id} is not in this release; it has {}", restricted.display(), known.join(", ")))
}
