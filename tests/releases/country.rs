//! A country of ten municipalities in three counties, made of the synthetic one: everybody of a
//! municipality moves to the same one of the ten, so that few persons make full tables.
//!
//! In: nothing. Out: a delivery over two years, bills that come late among them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The ten, and how many of a hundred municipalities go to each. Oslo is a county by itself.
const PLACES: [(&str, u64); 10] = [
    ("0301", 20),
    ("1101", 5),
    ("1103", 30),
    ("1106", 9),
    ("1111", 4),
    ("1112", 3),
    ("4601", 20),
    ("4602", 5),
    ("4611", 2),
    ("4612", 2),
];

/// Sources that the tables are made of.
const SOURCES: [&str; 4] = ["regning", "takst", "diagnose", "innbyggere"];

/// Columns that hold a municipality.
const COLUMNS: [&str; 3] = ["kommunenr", "kommunenr_pb", "praksiskommune"];

/// Makes the delivery.
pub fn make(folder: &Path) {
    let whole = tempfile::tempdir().unwrap();
    let words = "synth --persons 12000 --from 2023-01 --to 2024-12 --seed 7 --out";
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kprstat"));
    let made = command.args(words.split(' ')).arg(whole.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::create_dir_all(folder).unwrap();
    for entry in fs::read_dir(whole.path()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let source = name.split('-').next().unwrap();
        if SOURCES.contains(&source) {
            let text = fs::read_to_string(entry.path()).unwrap();
            let moved = if source == "innbyggere" { residents(&text) } else { rows(&text).join("\n") + "\n" };
            fs::write(folder.join(&name), moved).unwrap();
        }
    }
}

/// Where a municipality's people go.
fn place(number: &str) -> &str {
    let Ok(own) = number.parse::<u64>() else { return number };
    let mut at = own.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    at %= PLACES.iter().map(|(_, share)| share).sum::<u64>();
    let found = PLACES.iter().find(|(_, share)| {
        let is_here = at < *share;
        at = at.wrapping_sub(*share);
        is_here
    });
    found.map_or(number, |(place, _)| place)
}

fn rows(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split(';').collect();
    let moved = |line: &str| {
        let fields = line.split(';').zip(&head);
        let field =
            |(field, name): (&str, &&str)| if COLUMNS.contains(name) { place(field) } else { field }.to_string();
        fields.map(field).collect::<Vec<_>>().join(";")
    };
    [head.join(";")].into_iter().chain(lines.map(moved)).collect()
}

/// Residents of the municipalities that became one are added up; the number is the last column.
fn residents(text: &str) -> String {
    let rows = rows(text);
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows[1..] {
        let (keys, persons) = row.rsplit_once(';').unwrap();
        *sums.entry(keys).or_default() += persons.parse::<u64>().unwrap();
    }
    let sums = sums.iter().map(|(keys, persons)| format!("{keys};{persons}\n"));
    [format!("{}\n", rows[0])].into_iter().chain(sums).collect()
}
