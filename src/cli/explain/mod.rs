//! `kprstat explain`: a table, a source or the definitions of a consultation, in words.
//!
//! In: definitions, lists and schemas. Out: text in bokmål or English on stdout. Never sees data.

mod consultations;
mod table;
mod words;

use std::path::{Path, PathBuf};

use super::args::{ExplainArgs, Language};
use super::print;
use crate::definition::{ContactTypes, Pipeline};
use crate::domain::{Error, Result};
use crate::schema;

/// Says what was asked for.
pub fn explain(typed: &ExplainArgs) -> Result<()> {
    if let Some(source) = &typed.source {
        let language = match typed.lang {
            Language::Nb => schema::Language::Bokmaal,
            Language::En => schema::Language::English,
        };
        return print(&schema::document_of(source, language)?);
    }
    if typed.consultations {
        let folder = Some(Path::new("pipelines")).filter(|folder| folder.is_dir());
        return print(&consultations::side_by_side(&ContactTypes::all_lists(folder)?, typed.lang));
    }
    let pipelines = pipelines(&typed.pipelines)?;
    let id = typed.table.as_deref().unwrap_or_default();
    let found = pipelines.iter().find_map(|pipeline| {
        let table = pipeline.tables.iter().find(|table| table.id == id)?;
        Some(table::in_words(pipeline, table, typed.lang))
    });
    print(&found.ok_or_else(|| unknown(id, &pipelines))?)
}

/// The definitions that were named, else those of the folder pipelines, else those compiled in.
pub fn pipelines(named: &[PathBuf]) -> Result<Vec<Pipeline>> {
    let files = if named.is_empty() { in_folder() } else { named.to_vec() };
    if files.is_empty() {
        return Pipeline::shipped_ids().into_iter().map(Pipeline::shipped).collect();
    }
    files.iter().map(|path| Pipeline::read(path)).collect()
}

/// `pipelines/*.toml` where the program was started, in byte order.
pub fn in_folder() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("pipelines").into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

fn unknown(id: &str, pipelines: &[Pipeline]) -> Error {
    let known: Vec<&str> = pipelines.iter().flat_map(|p| &p.tables).map(|table| table.id.as_str()).collect();
    Error::usage(format!("unknown table `{id}`; known tables: {}", known.join(", ")))
}
