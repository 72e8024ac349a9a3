//! The competing definitions of a consultation, side by side.
//!
//! In: every contact-type list that a definition can choose. Out: a table of takst codes by lists.
//! Never says which is right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::Spanned;

use crate::domain::Result;

use super::fault::Written;
use super::lists;
use super::tree::{Reader, Tree};
use super::types::{ContactTypes, Pipeline};
use crate::domain::Language;

/// The sum that the definitions differ in.
const CONSULTATION: &str = "consultation";

/// Every contact-type list beside a pipeline definition (none: those compiled in alone), with the
/// takst codes that each counts as a consultation. The one in use stands first.
///
/// # Errors
/// Exit code 10 where a list or the definition does not read.
pub fn explain_consultations(definition: Option<&Path>, language: Language) -> Result<String> {
    let (tree, in_use) = match definition {
        Some(path) => (Tree::Folder(folder(path)), Some(Pipeline::read(path)?.contact_types.id)),
        None => (Tree::Kept(BTreeMap::new()), None),
    };
    let mut reader = Reader::new(tree);
    let mut ids = reader.ids("contact-types");
    let first = in_use.clone().unwrap_or_else(|| "kprstat".into());
    ids.sort_by_key(|id| (*id != first, id.clone()));
    let written = Written { name: "lists/contact-types", text: "" };
    let read = |id: &String| lists::contact_types(&mut reader, &written, &Spanned::new(0..0, id.clone()));
    let all = ids.iter().map(read).collect::<Result<Vec<ContactTypes>>>()?;
    Ok(format!("{}\n{}", legend(&all, in_use.as_deref(), language), matrix(&all, language)))
}

fn folder(path: &Path) -> std::path::PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => Path::new(".").into(),
    }
}

fn legend(all: &[ContactTypes], in_use: Option<&str>, language: Language) -> String {
    let head = language.of(
        "Definisjoner av en konsultasjon. Velg én med contact-types i definisjonen.",
        "Definitions of a consultation. Choose one by contact-types in the definition.",
    );
    let mut text = format!("{head}\n");
    for (at, list) in all.iter().enumerate() {
        let used = if in_use == Some(list.id.as_str()) { language.of(" (i bruk)", " (in use)") } else { "" };
        text += &format!("\n{} {}{used}: {}\n", at + 1, list.id, list.title.in_language(language));
        text += &format!("  {}\n", list.description.in_language(language));
        text += &format!("  {}: {}\n", language.of("Kilde", "Source"), list.source.in_language(language));
        if let Some(uncertain) = &list.uncertainty {
            text += &format!("  {}: {}\n", language.of("Usikkert", "Uncertain"), uncertain.in_language(language));
        }
    }
    text
}

/// Codes that a list counts as a consultation.
fn counted(list: &ContactTypes) -> BTreeSet<&str> {
    let members = list.sums.iter().find(|sum| sum.id == CONSULTATION).map_or(0, |sum| sum.members);
    let within = list.takster.iter().filter(|takst| members >> takst.index & 1 == 1);
    within.map(|takst| takst.code.as_str()).collect()
}

fn matrix(all: &[ContactTypes], language: Language) -> String {
    let counted: Vec<BTreeSet<&str>> = all.iter().map(counted).collect();
    let numbers: String = (1..=all.len()).map(|number| format!("{number:>3}")).collect();
    let mut text = format!("{:<6}{numbers}\n", language.of("takst", "takst"));
    for (code, title) in codes(all, &counted, language) {
        let marks: String = counted.iter().map(|codes| if codes.contains(code) { "  x" } else { "  ." }).collect();
        text += &format!("{code:<6}{marks}  {title}\n");
    }
    let note = language.of(
        "x: regner kontakten som konsultasjon. En kontakt får den første kontakttypen som noen av takstene gir.",
        "x: makes the contact a consultation. A contact has the first contact type that any of its codes gives.",
    );
    text + "\n" + note + "\n"
}

// Every code counted somewhere, by the contact type of the first list that has it, then by code.
fn codes<'l>(all: &'l [ContactTypes], counted: &[BTreeSet<&'l str>], language: Language) -> Vec<(&'l str, &'l str)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for list in all {
        for takst in &list.takster {
            let code = takst.code.as_str();
            if counted.iter().any(|codes| codes.contains(code)) && seen.insert(code) {
                let title = list.types.get(usize::from(takst.index)).map_or("", |of| of.title.in_language(language));
                found.push((takst.index, code, title));
            }
        }
    }
    found.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    found.into_iter().map(|(_, code, title)| (code, title)).collect()
}
