//! What changed from one release to another, by table and period, told from their public files.
//!
//! In: the folders of two releases. Out: [`Revision`]: new periods, revised cells (numbers only
//! where both releases show the cell), cells newly hidden and newly shown, changes of geography,
//! completeness by month. It opens nothing outside the two folders, and says nothing that
//! everybody who has both cannot see.

mod rows;
mod series;
mod series_words;
mod table;
#[cfg(test)]
mod tests;
mod vintage;
mod words;

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Error, Result};
pub use series::{Edition, Series, Triangle};
pub use table::{Moved, PeriodRevision, PeriodState, TableRevision};
pub use vintage::{Figure, PeriodVintages, TableVintages, Vintage};

/// Table whose rows are the expected completeness of provisional months.
const COMPLETENESS: &str = "completeness";

/// The change from one release to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revision {
    pub before: Side,
    pub after: Side,
    /// What the releases were made with and that is not the same: `program`, `policy`, …
    pub made_otherwise: Vec<String>,
    pub inputs: InputChange,
    pub tables: Vec<TableRevision>,
    pub tables_gone: Vec<String>,
    pub tables_new: Vec<String>,
    /// By month: percent expected to be registered, in each release.
    pub completeness: Vec<MonthRevision>,
}

/// A release of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    pub release: String,
    pub as_of: String,
}

/// Files of the delivery, by their hash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InputChange {
    pub same: usize,
    pub new: Vec<String>,
    pub gone: Vec<String>,
}

/// A month's row of the completeness triangle; none where a release does not say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthRevision {
    pub month: String,
    pub before: Option<f64>,
    pub after: Option<f64>,
}

/// Keys of a manifest that say how a release was made.
const MADE_WITH: [&str; 7] =
    ["program", "pipeline", "contact_types", "age_groups", "geography", "policy", "definition"];

impl Revision {
    /// Compares the public files of two releases.
    ///
    /// # Errors
    /// Exit code 11 where one of them is no release, or cannot be read.
    pub fn between(before: &Path, after: &Path) -> Result<Revision> {
        let (one, other) = (manifest(before)?, manifest(after)?);
        let (mine, theirs) = (tables(&one), tables(&other));
        let common = mine.iter().filter(|id| theirs.contains(id) && *id != COMPLETENESS);
        let compared = common.map(|id| table::compare(id, before, after)).collect::<Result<Vec<TableRevision>>>()?;
        let without = |of: &[String], others: &[String]| of.iter().filter(|id| !others.contains(id)).cloned().collect();
        Ok(Revision {
            before: side(&one),
            after: side(&other),
            made_otherwise: MADE_WITH
                .iter()
                .filter(|key| one[**key] != other[**key])
                .map(|key| key.to_string())
                .collect(),
            inputs: inputs(&one, &other),
            tables: compared,
            tables_gone: without(&mine, &theirs),
            tables_new: without(&theirs, &mine),
            completeness: completeness(before, after)?,
        })
    }

    /// The report for people.
    pub fn in_words(&self) -> String {
        words::text(self)
    }
}

fn manifest(release: &Path) -> Result<Value> {
    let path = release.join("manifest.json");
    let bytes = std::fs::read(&path).map_err(|error| {
        let where_from = "give the folder of a release, such as OUT/public/latest/PIPELINE";
        Error::input(format!("{}: cannot be read ({error}); {where_from}", path.display()))
    })?;
    serde_json::from_slice(&bytes).map_err(|_| {
        Error::input(format!("{}: expected the manifest of a release; copy the release again", path.display()))
    })
}

fn tables(manifest: &Value) -> Vec<String> {
    let ids = manifest["tables"].as_array().into_iter().flatten().filter_map(|table| table["id"].as_str());
    ids.map(str::to_string).collect()
}

fn side(manifest: &Value) -> Side {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default().to_string();
    Side { release: text("release"), as_of: text("as_of") }
}

fn inputs(before: &Value, after: &Value) -> InputChange {
    let files = |manifest: &Value| -> Vec<(String, String)> {
        let list = manifest["inputs"].as_array().cloned().unwrap_or_default();
        let text = |file: &Value, key: &str| file[key].as_str().unwrap_or_default().to_string();
        list.iter().map(|file| (text(file, "file"), text(file, "sha256"))).collect()
    };
    let (mine, theirs) = (files(before), files(after));
    let without = |of: &[(String, String)], others: &[(String, String)]| -> Vec<String> {
        of.iter().filter(|file| !others.contains(file)).map(|(name, _)| name.clone()).collect()
    };
    let gone = without(&mine, &theirs);
    InputChange { same: mine.len() - gone.len(), new: without(&theirs, &mine), gone }
}

/// The triangle of completeness, one column a release.
fn completeness(before: &Path, after: &Path) -> Result<Vec<MonthRevision>> {
    let (one, other) = (rows::percents(before, COMPLETENESS)?, rows::percents(after, COMPLETENESS)?);
    let months: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let of = |month: &String| MonthRevision {
        month: month.clone(),
        before: one.get(month).copied().flatten(),
        after: other.get(month).copied().flatten(),
    };
    Ok(months.into_iter().map(of).collect())
}
