//! Definitions as shipped and as varied: what they mean, and what is refused.

mod explained;
mod pipeline;
mod quantities;
mod refused;
mod refused_lists;
mod takst;
mod variants;

use super::*;
use crate::domain::Result;

/// The shipped pipeline.
fn shipped() -> Pipeline {
    Pipeline::shipped("gp-activity").unwrap()
}

/// The shipped pipeline with some text exchanged, and files of its own beside it.
fn varied(changes: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Pipeline> {
    let mut text = super::shipped::list("gp-activity.toml").unwrap().to_string();
    for (old, new) in changes {
        assert!(text.contains(old), "nothing to change: {old}");
        text = text.replacen(old, new, 1);
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(folder.path().join("mine.toml"), text).unwrap();
    Pipeline::read(&folder.path().join("mine.toml"))
}

fn table_of<'a>(pipeline: &'a Pipeline, id: &str) -> &'a Table {
    pipeline.tables.iter().find(|table| table.id == id).unwrap()
}

/// Names of a set of types, in the order of the list.
fn names(pipeline: &Pipeline, types: TypeSet) -> Vec<&str> {
    let named = pipeline.contact_types.types.iter().enumerate();
    named.filter(|(bit, _)| types >> bit & 1 == 1).map(|(_, of)| of.id.as_str()).collect()
}
