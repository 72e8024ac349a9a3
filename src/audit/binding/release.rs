//! A release as the public sees it.
//!
//! In: the folder of a release. Out: its manifest, its relations and its tables, read back. It
//! opens nothing outside that folder.

use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::bytes::{check_files, check_parquet};
use super::tables::{Rows, read_table, unreadable};
use crate::audit::report::Findings;
use crate::domain::Result;
use crate::relations::Relations;

/// The public files of a release, read.
pub struct Release {
    pub manifest: Value,
    pub relations: Relations,
    pub tables: Vec<Rows>,
}

impl Release {
    /// Reads a release and checks the form of its files.
    ///
    /// `relations`: where to find the relations of a release that does not publish them.
    pub fn read(root: &Path, relations: Option<&Path>, findings: &mut Findings) -> Result<Self> {
        let release = Release::open(root, relations, findings)?;
        check_files(root, &release.manifest, findings)?;
        for rows in &release.tables {
            let file = format!("data/{}.parquet", rows.table);
            check_parquet(&root.join(&file), &file, findings)?;
        }
        Ok(release)
    }
    /// The manifest of a release alone.
    pub fn manifest_of(root: &Path) -> Result<Value> {
        json(&root.join("manifest.json"))
    }
    /// Reads a release without looking into its bytes.
    pub fn open(root: &Path, relations: Option<&Path>, findings: &mut Findings) -> Result<Self> {
        Self::open_some(root, relations, |_, _| true, findings)
    }
    /// The same of some of its tables.
    pub fn open_some(
        root: &Path,
        relations: Option<&Path>,
        wanted: impl Fn(&Relations, &str) -> bool,
        findings: &mut Findings,
    ) -> Result<Self> {
        let manifest = Self::manifest_of(root)?;
        let public = root.join("metadata/relations.json");
        let relations: Relations = match relations.filter(|_| !public.exists()) {
            Some(elsewhere) => json(elsewhere)?,
            None => json(&public)?,
        };
        let ids = manifest["tables"].as_array().into_iter().flatten().filter_map(|t| t["id"].as_str());
        let ids: Vec<&str> = ids.filter(|id| wanted(&relations, id)).collect();
        let data = root.join("data");
        let read = |id: &&str| -> Result<(Rows, Findings)> {
            let mut own = Findings::default();
            read_table(&data, id, &mut own).map(|rows| (rows, own))
        };
        let read: Vec<(Rows, Findings)> = ids.par_iter().map(read).collect::<Result<_>>()?;
        let mut tables = Vec::new();
        for (rows, own) in read {
            tables.push(rows);
            findings.extend(own);
        }
        Ok(Release { manifest, relations, tables })
    }
    pub fn name(&self) -> String {
        self.manifest["release"].as_str().unwrap_or("release").to_string()
    }
    pub fn table(&self, id: &str) -> Option<&Rows> {
        self.tables.iter().find(|rows| rows.table == id)
    }
    /// A threshold of the policy that the manifest names.
    pub fn threshold(&self, name: &str, otherwise: i64) -> i64 {
        self.manifest["policy"][name].as_i64().unwrap_or(otherwise)
    }
    /// Whether two releases were made of the same files as of the same day.
    pub fn same_inputs(&self, other: &Release) -> bool {
        let same = |key: &str| self.manifest[key] == other.manifest[key];
        same("inputs") && same("as_of")
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(path, &error))
}
