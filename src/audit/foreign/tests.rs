//! The example of FOREIGN.md, and faults of relations files.

use std::fs;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    folder
}

/// The files of the example, as FOREIGN.md shows them: fenced blocks that begin with their name.
fn example() -> tempfile::TempDir {
    let text = include_str!("../FOREIGN.md");
    let blocks: Vec<(&str, &str)> =
        text.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect();
    folder(&blocks.into_iter().filter(|(name, _)| name.contains('.')).collect::<Vec<_>>())
}

#[test]
fn the_example_is_found_out() {
    let folder = example();
    let report = audit_foreign(&folder.path().join("relations.toml"), 3).unwrap();
    let known = |cell: &str| report.cells.iter().find(|c| c.cell == cell).map(|c| (c.lo, c.hi)).unwrap();
    // North by women is 5 less 2; south by women then 9 less 3; the rest follows.
    assert_eq!(known("region=north sex=women"), (3, Some(3)));
    assert_eq!(known("region=north sex=men"), (2, Some(2)));
    assert_eq!((report.exact(), report.not_additive.len(), report.contradiction), (2, 0, false));
}

#[test]
fn what_does_not_add_up_is_said() {
    let folder = example();
    let path = folder.path().join("by-region.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("north,5", "north,6")).unwrap();
    let report = audit_foreign(&folder.path().join("relations.toml"), 3).unwrap();
    assert_eq!(report.not_additive, ["the total"]);
}

#[test]
fn an_unknown_dimension_is_refused_with_the_known_ones() {
    let folder = example();
    let path = folder.path().join("relations.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("sex = \"kjonn\"", "kjonn = \"kjonn\"")).unwrap();
    let error = audit_foreign(&path, 3).unwrap_err();
    assert!(error.message.contains("known are region, sex"), "{error}");
}
