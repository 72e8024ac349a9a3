//! Scenarios: `tests/spec/*.md` to deliveries and expectations. tests/spec/README.md is the format.
//!
//! In: Markdown. Out: [`Scenario`]s. A heading, column or word that is not known is a panic with
//! its place, so that no expectation is skipped in silence.

mod csv;
mod defaults;
mod markdown;

use std::collections::BTreeMap;
use std::path::Path;

use crate::reference::{File, Key};
use markdown::{Block, Table};

/// One behaviour: what is given, as of when, and what must come out.
#[derive(Debug, Clone, Default)]
pub struct Scenario {
    /// File and heading.
    pub name: String,
    pub as_of: String,
    /// Files as text tables, for the reference.
    pub files: Vec<File>,
    /// The same files as bytes by name, for the real engine.
    pub delivery: BTreeMap<String, Vec<u8>>,
    pub expected_cells: Vec<ExpectedCell>,
    /// Source, file, position and class of rows that the scenario speaks of.
    pub expected_classes: Vec<(String, String, usize, String)>,
    /// Exit code where the run must stop.
    pub expected_stop: Option<u8>,
}

/// A cell that the scenario speaks of; empty texts are not held against the engine.
#[derive(Debug, Clone)]
pub struct ExpectedCell {
    pub key: Key,
    pub value: Expected,
    pub status: String,
    pub patients: Option<usize>,
    pub doctors: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// The table has no such row.
    Absent,
    /// Nothing to divide by.
    Undefined,
    Value(f64),
}

/// All scenarios below tests/spec, in order of file and place.
pub fn all() -> Vec<Scenario> {
    below("tests/spec")
}

/// The scenarios of the tables of joined registers, below tests/spec/registers.
pub fn of_registers() -> Vec<Scenario> {
    below("tests/spec/registers")
}

fn below(folder: &str) -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("tests/spec").flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "md") && !path.ends_with("README.md"));
    paths.sort();
    let scenarios: Vec<Scenario> = paths.iter().flat_map(|path| of_file(path)).collect();
    assert!(!scenarios.is_empty(), "no scenario found");
    scenarios
}

fn of_file(path: &Path) -> Vec<Scenario> {
    let file = path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("UTF-8 text");
    markdown::sections(&text).into_iter().map(|(title, blocks)| scenario(format!("{file}: {title}"), &blocks)).collect()
}

fn scenario(name: String, blocks: &[Block]) -> Scenario {
    let mut scenario = Scenario { name, as_of: "2024-12-31".into(), ..Scenario::default() };
    let mut given: Vec<(String, Table)> = Vec::new();
    for block in blocks {
        match block {
            Block::AsOf(day) => scenario.as_of = day.clone(),
            Block::Stop(code) => scenario.expected_stop = Some(*code),
            Block::Given(source, table) => given.push((source.clone(), table.clone())),
            Block::File { source, name, traits, text } => add_raw(&mut scenario, source, name, traits, text),
            Block::Cells(table) => scenario.expected_cells.extend(table.rows().map(|row| cell(&scenario.name, &row))),
            Block::Rows(table) => scenario.expected_classes.extend(table.rows().map(|row| class(&scenario.name, &row))),
        }
    }
    let whole: Vec<String> = scenario.files.iter().map(|file| file.source.clone()).collect();
    let (files, classes) = defaults::fill(&scenario.name, &given, &whole);
    for file in files {
        scenario.delivery.insert(file.name.clone(), to_csv(&file));
        scenario.files.push(file);
    }
    scenario.expected_classes.extend(classes);
    let something = scenario.expected_cells.len() + scenario.expected_classes.len();
    assert!(something > 0 || scenario.expected_stop.is_some(), "{}: nothing is expected", scenario.name);
    scenario
}

/// A file given as text, in the dialect that its traits name.
fn add_raw(scenario: &mut Scenario, source: &str, name: &str, traits: &[String], text: &str) {
    let has = |word: &str| traits.iter().any(|own| own == word);
    let text = if has("crlf") { text.replace('\n', "\r\n") } else { text.to_string() };
    let text = if has("no last line feed") { text.trim_end_matches(['\n', '\r']).to_string() } else { text };
    let mut bytes = if has("iso-8859-1") { text.chars().map(|c| c as u32 as u8).collect() } else { text.into_bytes() };
    if has("bom") {
        bytes.splice(0..0, [0xef, 0xbb, 0xbf]);
    }
    scenario.files.push(csv::parse(source, name, &bytes));
    scenario.delivery.insert(name.to_string(), compress(name, bytes));
}

fn compress(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    use std::io::Write;
    if name.ends_with(".gz") {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(&bytes).expect("memory");
        writer.finish().expect("memory")
    } else if name.ends_with(".zst") {
        zstd::encode_all(bytes.as_slice(), 1).expect("memory")
    } else {
        bytes
    }
}

/// UTF-8, comma, every field quoted that needs it.
fn to_csv(file: &File) -> Vec<u8> {
    let quoted = |field: &String| {
        let plain = !field.contains([',', '"', '\n']);
        if plain { field.clone() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
    };
    let line = |fields: &Vec<String>| fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
    std::iter::once(&file.header).chain(&file.rows).map(line).collect::<String>().into_bytes()
}

fn cell(name: &str, row: &BTreeMap<String, String>) -> ExpectedCell {
    let known = ["table", "period", "geo", "indicator", "measure", "value", "status", "n_patients", "n_doctors"];
    let dimensions = ["sex", "age_group", "icpc2_chapter", "part_of_day", "day_type", "hour", "list_doctor", "team"];
    for column in row.keys() {
        let column = column.as_str();
        assert!(known.contains(&column) || dimensions.contains(&column), "{name}: unknown column `{column}` of cells");
    }
    let text = |column: &str| row.get(column).cloned().unwrap_or_default();
    let number = |column: &str| text(column).parse().ok();
    let table = text("table");
    let measure = if text("measure").is_empty() { usual_measure(&table).to_string() } else { text("measure") };
    let labels = dimensions.map(|dimension| (dimension.to_string(), text(dimension)));
    let dimensions = labels.into_iter().filter(|(_, label)| !label.is_empty()).collect();
    let value = match text("value").as_str() {
        "absent" => Expected::Absent,
        "-" => Expected::Undefined,
        value => Expected::Value(value.parse().unwrap_or_else(|_| panic!("{name}: the value `{value}` of a cell"))),
    };
    let key =
        Key { table, period: text("period"), geo: text("geo"), dimensions, indicator: text("indicator"), measure };
    ExpectedCell { key, value, status: text("status"), patients: number("n_patients"), doctors: number("n_doctors") }
}

fn usual_measure(table: &str) -> &'static str {
    match table {
        "gp-e-consultation" | "gp-time-use" => "share",
        "gp-workload" => "mean",
        "gp-register" => "count",
        "team-payments" => "kroner",
        "continuity" | "follow-up" | "readmission-30d" | "gp-before-acute" | "gp-relation" | "own-list-coverage" => {
            "share"
        }
        "contacts-with-and-without-doctor" => "per-1000",
        _ => "contacts",
    }
}

/// A row of `Expect rows`: rows count from 1 for the reader.
fn class(name: &str, row: &BTreeMap<String, String>) -> (String, String, usize, String) {
    let number: usize = row["row"].parse().unwrap_or_else(|_| panic!("{name}: the number of a row"));
    (row["source"].clone(), row["file"].clone(), number - 1, row["class"].clone())
}
