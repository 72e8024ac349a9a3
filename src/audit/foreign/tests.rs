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
fn the_example_is_shown_as_it_lies_in_the_fixtures() {
    let folder = example();
    for name in ["relations.toml", "by-region.csv", "by-sex.csv"] {
        let lies = fs::read_to_string(format!("{}/fixtures/foreign/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), lies, "{name}");
    }
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

/// Attacks one table of places by ages with a total of each, and a relations file of them.
fn places_by_ages(rows: &[(&str, &str, &str)]) -> ForeignReport {
    let head = "place,age,number\n".to_string();
    let text = rows.iter().fold(head, |text, (place, age, number)| text + &format!("{place},{age},{number}\n"));
    let relations = r#"
[[dimension]]
id = "place"
total = "all"
sum = [{ of = "all", parts = ["a", "b", "c"] }]
[[dimension]]
id = "age"
total = "all"
sum = [{ of = "all", parts = ["young", "old"] }]
[[table]]
file = "table.csv"
value = "number"
hidden = [":"]
columns = { place = "place", age = "age" }
"#;
    let folder = folder(&[("table.csv", &text), ("relations.toml", relations)]);
    audit_foreign(&folder.path().join("relations.toml"), 3).unwrap()
}

const TOTALS: [(&str, &str, &str); 6] = [
    ("all", "all", "60"),
    ("all", "young", "28"),
    ("all", "old", "32"),
    ("a", "all", "20"),
    ("b", "all", "18"),
    ("c", "all", "22"),
];

#[test]
fn a_safe_pattern_raises_no_alarm() {
    let hidden = [("a", "young", ":"), ("a", "old", ":"), ("b", "young", ":"), ("b", "old", ":")];
    let shown = [("c", "young", "12"), ("c", "old", "10")];
    let report = places_by_ages(&[&TOTALS[..], &hidden, &shown].concat());
    // Young: 16 of both, from 1 to 15; old: 22 of both, 20 less the young of a.
    assert_eq!((report.exact(), report.cells.len(), report.contradiction), (0, 4, false));
    let young = report.cells.iter().find(|cell| cell.cell == "place=a age=young").unwrap();
    assert_eq!((young.lo, young.hi), (1, Some(15)));
}

#[test]
fn a_lonely_cell_is_found_whatever_hides_elsewhere() {
    let hidden = [("a", "young", ":"), ("a", "old", ":"), ("b", "young", ":"), ("c", "young", "12")];
    let report = places_by_ages(&[&TOTALS[..], &hidden, &[("b", "old", "14"), ("c", "old", "10")]].concat());
    // b: 18 less 14 is 4; then a: 28 less 12 less 4 is 12.
    assert_eq!(report.exact(), 3);
}
