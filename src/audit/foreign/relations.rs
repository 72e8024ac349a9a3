//! The relations file of foreign tables, read strictly.
//!
//! In: TOML. Out: [`ForeignRelations`]. Unknown keys are refused; a table that names a dimension
//! which is not described is refused with the known ones.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::domain::{Error, Result};

/// What FOREIGN.md describes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignRelations {
    /// Least value of a hidden cell: 1 where zeros are shown (the default), else 0.
    #[serde(default = "one")]
    pub least: i64,
    #[serde(rename = "dimension")]
    pub dimensions: Vec<ForeignDimension>,
    #[serde(rename = "table")]
    pub tables: Vec<ForeignTable>,
}

fn one() -> i64 {
    1
}

/// A dimension: its total, and which label is the sum of which others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignDimension {
    pub id: String,
    /// Label of the total: where a table without this dimension stands.
    pub total: String,
    #[serde(default, rename = "sum")]
    written: Vec<WrittenSum>,
    /// Total and parts.
    #[serde(skip)]
    pub sums: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSum {
    of: String,
    parts: Vec<String>,
}

/// A CSV file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignTable {
    pub file: String,
    /// Column of the number.
    pub value: String,
    /// Texts of the number that mean hidden; an empty one always does.
    #[serde(default)]
    pub hidden: Vec<String>,
    /// A comma if not set.
    pub delimiter: Option<char>,
    /// Column by dimension.
    pub columns: BTreeMap<String, String>,
    /// Label by dimension, for all rows of the file.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
}

impl ForeignRelations {
    pub fn read(path: &Path) -> Result<Self> {
        let place = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::input(format!("{place}: cannot be read ({error}); give a relations file")))?;
        let mut read: ForeignRelations = toml::from_str(&text)
            .map_err(|error| Error::definition(format!("{place}: {}; see FOREIGN.md", error.message())))?;
        for dimension in &mut read.dimensions {
            dimension.sums = dimension.written.iter().map(|sum| (sum.of.clone(), sum.parts.clone())).collect();
        }
        read.check(&place.to_string())?;
        Ok(read)
    }

    fn check(&self, place: &str) -> Result<()> {
        let known: Vec<&str> = self.dimensions.iter().map(|dimension| dimension.id.as_str()).collect();
        for table in &self.tables {
            for name in table.columns.keys().chain(table.fixed.keys()) {
                if !known.contains(&name.as_str()) {
                    let known = known.join(", ");
                    let file = &table.file;
                    return Err(Error::definition(format!(
                        "{place}, table {file}: dimension `{name}` is not described; known are {known}"
                    )));
                }
            }
        }
        Ok(())
    }
}
