//! `kprstat explain`: a table, an indicator, a source or the definitions of a consultation, in words.
//!
//! In: definitions, lists and schemas; for what protection costs, a restricted folder. Out: text in
//! bokmål or English on stdout. Never sees data otherwise.

use std::path::PathBuf;

use super::args::ExplainArgs;
use super::print;
use crate::definition::{Pipeline, explain_among, explain_consultations};
use crate::domain::{Error, ExitCode, Language, Result};
use crate::schema;
use crate::trade::trade;

/// Says what was asked for.
pub fn explain(typed: &ExplainArgs) -> Result<()> {
    if let Some(source) = &typed.source {
        return print(&schema::document_of(source, typed.lang)?);
    }
    if typed.consultations {
        let named = typed.pipelines.first().cloned().or_else(|| in_folder().into_iter().next());
        return print(&explain_consultations(named.as_deref(), typed.lang)?);
    }
    let name = typed.table.as_deref().unwrap_or_default();
    if let Some(restricted) = typed.restricted.as_ref().filter(|_| typed.protection) {
        return print(&trade(restricted, name, typed.lang)?);
    }
    print(&in_words(&pipelines(&typed.pipelines)?, name, typed.lang)?)
}

// A name that no definition has is a fault of what was typed.
fn in_words(pipelines: &[Pipeline], name: &str, language: Language) -> Result<String> {
    explain_among(pipelines, name, language).map_err(|error| Error::new(ExitCode::Usage, error.message))
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
