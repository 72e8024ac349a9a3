//! A whole series of releases: the triangle of completeness, and the vintages of every period.
//!
//! In: the public folder of an OUT, or any folder with the releases of a pipeline. Out: [`Series`]:
//! of every period which release had it provisional and which final, and how far its numbers moved
//! from release to release, told from cells that both show. It opens public files alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::rows;
use super::vintage::{TableVintages, vintages};
use super::{COMPLETENESS, Side, manifest, series_words, side, tables};
use crate::domain::{Error, Language, Result};

/// All releases of a pipeline beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    pub pipeline: String,
    /// By as-of day, and of one day in the order they were made.
    pub releases: Vec<Edition>,
    /// By month of treatment: percent expected to be registered, by release; none where a release
    /// does not say (the month is final there, or not in it).
    pub completeness: Vec<Triangle>,
    pub tables: Vec<TableVintages>,
}

/// A release of the series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edition {
    #[serde(flatten)]
    pub side: Side,
    /// Taken back since.
    pub withdrawn: bool,
}

/// A row of the triangle of completeness.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Triangle {
    pub month: String,
    /// By release.
    pub percent: Vec<Option<f64>>,
}

impl Series {
    /// Reads the releases of a pipeline below `folder`; none: of the only pipeline there.
    ///
    /// # Errors
    /// Exit code 11 where there is no release, or one cannot be read; 2 where several pipelines
    /// have released there and none is named.
    pub fn read(folder: &Path, pipeline: Option<&str>) -> Result<Series> {
        let found = releases(folder)?;
        let ids: BTreeSet<String> = found.iter().map(|(_, manifest)| id_of(manifest)).collect();
        let only = ids.first().filter(|_| ids.len() == 1).map(String::as_str);
        let Some(pipeline) = pipeline.or(only).filter(|named| ids.contains(*named)).map(str::to_string) else {
            return Err(which(folder, &ids));
        };
        let withdrawn = withdrawn(folder);
        let of: Vec<&(PathBuf, Value)> = found.iter().filter(|(_, manifest)| id_of(manifest) == pipeline).collect();
        let folders: Vec<&Path> = of.iter().map(|(folder, _)| folder.as_path()).collect();
        let edition = |(_, manifest): &&(PathBuf, Value)| {
            let side = side(manifest);
            Edition { withdrawn: withdrawn.contains(&side.release), side }
        };
        let named: BTreeSet<String> = of.iter().flat_map(|(_, manifest)| tables(manifest)).collect();
        let counted = named.iter().filter(|id| *id != COMPLETENESS);
        Ok(Series {
            releases: of.iter().map(edition).collect(),
            completeness: completeness(&folders)?,
            tables: counted.map(|id| vintages(id, &folders)).collect::<Result<_>>()?,
            pipeline,
        })
    }

    /// The report for people.
    pub fn in_words(&self, language: Language) -> String {
        series_words::text(self, language)
    }
}

/// Folders of releases with their manifests, below `folder` or below its `releases`, in order.
fn releases(folder: &Path) -> Result<Vec<(PathBuf, Value)>> {
    let below = folder.join("releases");
    let folder = if below.is_dir() { below } else { folder.to_path_buf() };
    let unreadable = |error: std::io::Error| {
        Error::input(format!("{}: cannot be read ({error}); give the public folder of an OUT", folder.display()))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join("manifest.json").is_file() {
            let manifest = manifest(&path)?;
            found.push((path, manifest));
        }
    }
    if found.is_empty() {
        return Err(Error::input(format!(
            "{}: no release is there; give the public folder of an OUT",
            folder.display()
        )));
    }
    found.sort_by_key(|(_, manifest)| (side(manifest).as_of, side(manifest).release));
    Ok(in_order_made(found))
}

/// Of one day, a release stands after the one that it names as the release before it.
fn in_order_made(mut found: Vec<(PathBuf, Value)>) -> Vec<(PathBuf, Value)> {
    let mut ordered: Vec<(PathBuf, Value)> = Vec::new();
    while !found.is_empty() {
        let day = side(&found[0].1).as_of;
        let waits = |at: usize| {
            let before = found[at].1["previous_release"].as_str().unwrap_or_default();
            found.iter().any(|(_, other)| side(other).release == before && side(other).as_of == day)
        };
        let mut same_day = (0..found.len()).filter(|&at| side(&found[at].1).as_of == day);
        let next = same_day.find(|&at| !waits(at)).unwrap_or(0);
        ordered.push(found.remove(next));
    }
    ordered
}

fn id_of(manifest: &Value) -> String {
    manifest["pipeline"]["id"].as_str().unwrap_or_default().to_string()
}

fn which(folder: &Path, ids: &BTreeSet<String>) -> Error {
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    Error::usage(format!("{}: has releases of {}; name one with --pipeline", folder.display(), known.join(", ")))
}

/// Names of releases that were taken back.
fn withdrawn(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read(folder.join("withdrawn.json")).unwrap_or_default();
    let list: Value = serde_json::from_slice(&text).unwrap_or_default();
    list["withdrawn"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_string)).collect()
}

fn completeness(folders: &[&Path]) -> Result<Vec<Triangle>> {
    let told = folders.iter().map(|folder| rows::percents(folder, COMPLETENESS)).collect::<Result<Vec<_>>>()?;
    let months: BTreeSet<&String> = told.iter().flat_map(BTreeMap::keys).collect();
    let row = |month: &String| Triangle {
        month: month.clone(),
        percent: told.iter().map(|percents| percents.get(month).copied().flatten()).collect(),
    };
    Ok(months.into_iter().map(row).collect())
}
