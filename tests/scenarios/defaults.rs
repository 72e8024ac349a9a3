//! What a scenario does not say: the usual value of every column (tests/spec/README.md).

use std::collections::BTreeMap;

use super::markdown::Table;
use crate::reference::File;

/// Source, file, position, class.
type ExpectedClass = (String, String, usize, String);
type Row = BTreeMap<String, String>;

const REGNING: [(&str, &str); 16] = [
    ("enkeltregning_lnr", ""),
    ("kpr_lnr", "1"),
    ("behandler_lnr", "1"),
    ("praksis_lnr", "1"),
    ("praksistype", "FALE"),
    ("praksiskommune", "0301"),
    ("tidspunkt", "2024-03-04 10:00"),
    ("registrert", ""),
    ("status", "godkjent"),
    ("krediterer_lnr", ""),
    ("kjonn", "1"),
    ("fodselsaar", "1984"),
    ("kommunenr", "0301"),
    ("kommunenr_pb", ""),
    ("egenandel", "0"),
    ("refusjon", "0"),
];
const TAKST: [(&str, &str); 4] = [("enkeltregning_lnr", ""), ("takstkode", "2ad"), ("antall", "1"), ("belop", "0")];
const DIAGNOSE: [(&str, &str); 4] =
    [("enkeltregning_lnr", ""), ("kode", "A97"), ("kodeverk", "ICPC-2"), ("er_hoveddiagnose", "0")];
const INNBYGGERE: [(&str, &str); 5] =
    [("aar", "2024"), ("kommunenr", "0301"), ("kjonn", "1"), ("alder", "39"), ("personer", "1000")];

const KONTRAKT: [(&str, &str); 9] = [
    ("kontrakt_id", "1"),
    ("kommunenr", "0301"),
    ("praksis_lnr", "1"),
    ("listetak", "1000"),
    ("status", "apen"),
    ("fastlonn", "0"),
    ("pht", "0"),
    ("gyldig_fra", "2010-01-01"),
    ("gyldig_til", ""),
];
const KONTRAKT_LEGE: [(&str, &str); 5] =
    [("kontrakt_id", "1"), ("behandler_lnr", "1"), ("vikar", "0"), ("gyldig_fra", "2010-01-01"), ("gyldig_til", "")];
const MEDLEMSKAP: [(&str, &str); 4] = [("kpr_lnr", "1"), ("kontrakt_id", "1"), ("fra", "2010-01-01"), ("til", "")];
const OPPHOLD: [(&str, &str); 11] = [
    ("npr_lnr", "1"),
    ("inntid", "2024-03-01 10:00"),
    ("uttid", "2024-03-04 12:00"),
    ("omsorgsniva", "1"),
    ("innmatehast", "1"),
    ("hovedtilstand", ""),
    ("institusjon_id", "1"),
    ("kommunenr", "0301"),
    ("kjonn", "1"),
    ("fodselsaar", "1950"),
    ("uttilstand", "1"),
];
const NOKKEL: [(&str, &str); 2] = [("npr_lnr", "1"), ("kpr_lnr", "1")];
/// The sources that scenarios of joined registers have besides those of bills.
const REGISTERS: [&str; 5] = ["kontrakt", "kontrakt_lege", "medlemskap", "opphold", "nokkel"];

fn defaults(source: &str) -> &'static [(&'static str, &'static str)] {
    match source {
        "regning" => &REGNING,
        "takst" => &TAKST,
        "diagnose" => &DIAGNOSE,
        "innbyggere" => &INNBYGGERE,
        "kontrakt" => &KONTRAKT,
        "kontrakt_lege" => &KONTRAKT_LEGE,
        "medlemskap" => &MEDLEMSKAP,
        "opphold" => &OPPHOLD,
        "nokkel" => &NOKKEL,
        other => panic!("a scenario gives no source {other}"),
    }
}

/// Files of the given tables, with what is said of the class of their rows. A source that is given
/// neither here nor as whole files has an empty file.
pub fn fill(name: &str, given: &[(String, Table)], whole: &[String]) -> (Vec<File>, Vec<ExpectedClass>) {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let takst_given = given.iter().any(|(source, table)| source == "takst" || table.header.contains(&"takster".into()));
    let mut lines = (Vec::new(), Vec::new());
    for (source, table) in given {
        for row in table.rows() {
            for row in repeated(source, &row) {
                if source == "regning" {
                    lines.0.extend(takst_lines(&row, takst_given));
                    lines.1.extend(diagnosis_line(&row));
                }
                check_columns(name, source, &row);
                rows.entry(source.clone()).or_default().push(row);
            }
        }
    }
    rows.entry("takst".into()).or_default().extend(lines.0);
    rows.entry("diagnose".into()).or_default().extend(lines.1);
    rows.entry("regning".into()).or_default();
    rows.entry("innbyggere".into()).or_default();
    if REGISTERS.iter().any(|source| rows.contains_key(*source)) {
        for source in REGISTERS {
            rows.entry(source.into()).or_default();
        }
        add_keys(&mut rows);
    }
    let mut files = BTreeMap::new();
    let mut classes = Vec::new();
    for (source, rows) in rows.iter().filter(|(source, rows)| !rows.is_empty() || !whole.contains(source)) {
        file_rows(source, rows, &mut files, &mut classes);
    }
    (files.into_values().collect(), classes)
}

fn check_columns(name: &str, source: &str, row: &Row) {
    let extra = ["file", "class", "times", "takster", "diagnose"];
    for column in row.keys() {
        let known = defaults(source).iter().any(|(known, _)| known == column) || extra.contains(&column.as_str());
        assert!(known, "{name}: unknown column `{column}` of {source}");
    }
}

/// Where a scenario does not speak of keys, each of NPR's numbers is its person's own.
fn add_keys(rows: &mut BTreeMap<String, Vec<Row>>) {
    if rows["nokkel"].is_empty() {
        let number = |row: &Row| row.get("npr_lnr").cloned().unwrap_or_else(|| "1".into());
        let numbers: std::collections::BTreeSet<String> = rows["opphold"].iter().map(number).collect();
        let key = |number: String| Row::from([("npr_lnr".into(), number.clone()), ("kpr_lnr".into(), number)]);
        rows.insert("nokkel".into(), numbers.into_iter().map(key).collect());
    }
}

/// A row with `times` stands for as many bills (persons, lists): 7, 7002, 7003, …
fn repeated(source: &str, row: &Row) -> Vec<Row> {
    let times: usize = row.get("times").and_then(|times| times.parse().ok()).unwrap_or(1);
    let copy = |number: usize| {
        let mut copy = row.clone();
        if number > 1 {
            let (id, usual) = defaults(source)[0];
            let own = format!("{}{number:03}", row.get(id).map_or(usual, String::as_str));
            copy.insert(id.into(), own);
        }
        if copy.get("kpr_lnr").is_some_and(|person| person == "each") {
            copy.insert("kpr_lnr".into(), copy["enkeltregning_lnr"].clone());
        }
        copy
    };
    (1..=times).map(copy).collect()
}

/// The takst lines of a bill: its `takster`, or one `2ad` where the scenario speaks of no takst.
fn takst_lines(row: &Row, takst_given: bool) -> Vec<Row> {
    let usual = if takst_given { "" } else { "2ad" };
    let codes = row.get("takster").map_or(usual, String::as_str);
    let line = |code: &str| {
        Row::from([("enkeltregning_lnr".into(), row["enkeltregning_lnr"].clone()), ("takstkode".into(), code.into())])
    };
    codes.split_whitespace().map(line).collect()
}

fn diagnosis_line(row: &Row) -> Option<Row> {
    let code = row.get("diagnose").filter(|code| !code.is_empty())?;
    let bill = row["enkeltregning_lnr"].clone();
    Some(Row::from([("enkeltregning_lnr".into(), bill), ("kode".into(), code.clone())]))
}

/// Rows to their files, `SOURCE-2024.csv` where none is named; a source without rows has an empty file.
fn file_rows(source: &str, rows: &[Row], files: &mut BTreeMap<String, File>, classes: &mut Vec<ExpectedClass>) {
    let usual = format!("{source}-2024.csv");
    let header: Vec<String> = defaults(source).iter().map(|(column, _)| column.to_string()).collect();
    let empty =
        |name: &str| File { source: source.into(), name: name.into(), header: header.clone(), rows: Vec::new() };
    if rows.is_empty() {
        files.insert(usual.clone(), empty(&usual));
    }
    for row in rows {
        let name = row.get("file").filter(|name| !name.is_empty()).unwrap_or(&usual);
        let file = files.entry(name.clone()).or_insert_with(|| empty(name));
        file.rows.push(defaults(source).iter().map(|(column, usual)| value(row, column, usual)).collect());
        if let Some(class) = row.get("class").filter(|class| !class.is_empty()) {
            classes.push((source.into(), name.clone(), file.rows.len() - 1, class.clone()));
        }
    }
}

/// The field as said, or the usual one; `registrert` is usually the day of `tidspunkt`.
fn value(row: &Row, column: &str, usual: &str) -> String {
    let said = row.get(column).map(|text| text.trim_matches('`').to_string());
    let day = || row.get("tidspunkt").map_or("2024-03-04", String::as_str).get(..10).unwrap_or_default().to_string();
    match said {
        Some(said) => said,
        None if column == "registrert" => day(),
        None => usual.to_string(),
    }
}
