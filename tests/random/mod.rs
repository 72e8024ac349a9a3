//! Small random deliveries for the laws: few persons, doctors and places, so that every rule meets
//! every other.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::reference::File;

/// As-of day of every random delivery: some rows are registered later.
pub const AS_OF: &str = "2024-06-15";

const PLACES: [&str; 8] = ["0301", "4601", "1507", "1508", "3024", "2111", "-1", ""];
const CODES: [&str; 20] = [
    "2ad", "2ae", "11ad", "1bd", "1ad", "1f", "14", "l1", "l36", "5", "2cd", "2ld", "615", "74b", "s1a", "s2a", "xyz",
    "2AEK", "507c", "1be",
];

/// A row by column name; what is not named is empty.
pub type Row = BTreeMap<&'static str, String>;

/// Rows with the file, of three, that each stands in.
pub type Placed = Vec<(usize, Row)>;

/// The rows of a delivery.
#[derive(Debug, Clone)]
pub struct Rows {
    pub regning: Placed,
    pub takst: Placed,
    pub diagnose: Placed,
    pub innbyggere: Placed,
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_string)
}

/// Mostly the first text, now and then another.
fn mostly(usual: &'static str, others: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![12 => Just(usual.to_string()), 1 => one_of(others)]
}

/// A bill's row. `bill` draws its number.
fn bill(bill: impl Strategy<Value = u32>) -> impl Strategy<Value = Row> {
    let who = (bill, 0..9u32, 1..5u32, mostly("FALE", &["FALO", "LEVA", "SYPL", "ABCD"]));
    let place = (one_of(&PLACES), one_of(&PLACES), one_of(&PLACES));
    let when = (0..135i32, 0..24u32, -1..60i32);
    let state =
        (mostly("godkjent", &["avvist", "behandles", "x"]), mostly("", &["3", "7", "99"]), mostly("0", &["-1", "x"]));
    let person = (one_of(&["1", "2", "", "9"]), one_of(&["1984", "2019", "1930", "1900", ""]));
    (who, place, when, state, person).prop_map(|(who, place, (day, hour, delay), state, person)| {
        let (month, of_month) = month_and_day(day);
        let (later, of_later) = month_and_day(day + delay);
        Row::from([
            ("enkeltregning_lnr", who.0.to_string()),
            ("kpr_lnr", if who.1 == 0 { String::new() } else { who.1.to_string() }),
            ("behandler_lnr", who.2.to_string()),
            ("praksis_lnr", "1".into()),
            ("praksistype", who.3),
            ("praksiskommune", place.0),
            ("tidspunkt", format!("2024-{month:02}-{of_month:02}T{hour:02}:00")),
            ("registrert", format!("2024-{later:02}-{of_later:02}")),
            ("status", state.0),
            ("krediterer_lnr", state.1),
            ("kjonn", person.0),
            ("fodselsaar", person.1),
            ("kommunenr", place.1),
            ("kommunenr_pb", place.2),
            ("egenandel", state.2),
        ])
    })
}

/// The n-th day of 2024, from 0, as month and day.
fn month_and_day(day: i32) -> (i32, i32) {
    let mut day = day.max(0);
    for (month, length) in [31, 29, 31, 30, 31, 30, 31].into_iter().enumerate() {
        if day < length {
            return (month as i32 + 1, day + 1);
        }
        day -= length;
    }
    (12, 1)
}

fn takst(bill: impl Strategy<Value = u32>) -> impl Strategy<Value = Row> {
    (bill, one_of(&CODES), mostly("1", &["0", "-1", "x", ""])).prop_map(|(bill, code, pieces)| {
        Row::from([("enkeltregning_lnr", bill.to_string()), ("takstkode", code), ("antall", pieces)])
    })
}

fn diagnose(bill: impl Strategy<Value = u32>) -> impl Strategy<Value = Row> {
    let said = (one_of(&["A97", "k86", "R74", "Z10", "E11", ""]), mostly("ICPC-2", &["icpc-2b", "ICD-10"]));
    (bill, said, mostly("0", &["1", "2", ""])).prop_map(|(bill, (code, system), main)| {
        Row::from([
            ("enkeltregning_lnr", bill.to_string()),
            ("kode", code),
            ("kodeverk", system),
            ("er_hoveddiagnose", main),
        ])
    })
}

fn residents() -> impl Strategy<Value = Row> {
    let what = (one_of(&PLACES), one_of(&["1", "2"]), 0..95u32, mostly("100", &["0", "7", "-1"]));
    what.prop_map(|(place, sex, age, persons)| {
        Row::from([
            ("aar", "2024".into()),
            ("kommunenr", place),
            ("kjonn", sex),
            ("alder", age.to_string()),
            ("personer", persons),
        ])
    })
}

fn placed(row: impl Strategy<Value = Row>, rows: std::ops::Range<usize>) -> impl Strategy<Value = Placed> {
    vec((0..3usize, row), rows)
}

/// Anything: several versions, credits, lines delivered anew, orphans, faults.
pub fn anything() -> impl Strategy<Value = Rows> {
    let bills = placed(bill(1..40u32), 20..70);
    let lines = (placed(takst(1..44u32), 20..100), placed(diagnose(1..44u32), 0..40));
    (bills, lines, placed(residents(), 0..20)).prop_map(|(regning, (takst, diagnose), innbyggere)| Rows {
        regning,
        takst,
        diagnose,
        innbyggere,
    })
}

/// One row a bill, one diagnosis a bill, its takst lines in one file, no two residents' rows alike:
/// no rule looks at the order of rows. Given twice, the second time with every file's rows shuffled.
pub fn without_order() -> impl Strategy<Value = (Rows, Rows)> {
    let once = (vec(bill(Just(0u32)), 20..60), vec(diagnose(Just(0u32)), 60), vec(takst(Just(0u32)), 60));
    let rows = once.prop_map(|(bills, diagnoses, takster)| Rows {
        regning: numbered(bills),
        takst: numbered(takster),
        diagnose: numbered(diagnoses),
        innbyggere: Vec::new(),
    });
    rows.prop_flat_map(|rows| {
        let shuffled = (
            Just(rows.regning.clone()).prop_shuffle(),
            Just(rows.takst.clone()).prop_shuffle(),
            Just(rows.diagnose.clone()).prop_shuffle(),
        );
        let other =
            shuffled.prop_map(|(regning, takst, diagnose)| Rows { regning, takst, diagnose, innbyggere: Vec::new() });
        (Just(rows), other)
    })
}

/// Numbers bills 1, 2, 3, … and deals them out to the three files.
fn numbered(rows: Vec<Row>) -> Placed {
    let number = |(at, mut row): (usize, Row)| {
        row.insert("enkeltregning_lnr", (at + 1).to_string());
        (at % 3, row)
    };
    rows.into_iter().enumerate().map(number).collect()
}

const COLUMNS: [(&str, &[&str]); 4] = [
    (
        "regning",
        &[
            "enkeltregning_lnr",
            "kpr_lnr",
            "behandler_lnr",
            "praksis_lnr",
            "praksistype",
            "praksiskommune",
            "tidspunkt",
            "registrert",
            "status",
            "krediterer_lnr",
            "kjonn",
            "fodselsaar",
            "kommunenr",
            "kommunenr_pb",
            "egenandel",
        ],
    ),
    ("takst", &["enkeltregning_lnr", "takstkode", "antall"]),
    ("diagnose", &["enkeltregning_lnr", "kode", "kodeverk", "er_hoveddiagnose"]),
    ("innbyggere", &["aar", "kommunenr", "kjonn", "alder", "personer"]),
];

/// Three files a source, some perhaps without rows.
pub fn files(rows: &Rows) -> Vec<File> {
    let mut files = Vec::new();
    for (source, columns) in COLUMNS {
        let placed = match source {
            "regning" => &rows.regning,
            "takst" => &rows.takst,
            "diagnose" => &rows.diagnose,
            _ => &rows.innbyggere,
        };
        for number in 0..3 {
            let own = placed.iter().filter(|(file, _)| *file == number);
            let fields =
                |(_, row): &(usize, Row)| columns.iter().map(|c| row.get(c).cloned().unwrap_or_default()).collect();
            files.push(File {
                source: source.into(),
                name: format!("{source}-{number}.csv"),
                header: columns.iter().map(|column| column.to_string()).collect(),
                rows: own.map(fields).collect(),
            });
        }
    }
    files
}

/// The files as CSV by name. No field of a random delivery needs a quote.
pub fn delivery(files: &[File]) -> BTreeMap<String, Vec<u8>> {
    let line = |fields: &Vec<String>| fields.join(";") + "\n";
    let text = |file: &File| std::iter::once(&file.header).chain(&file.rows).map(line).collect::<String>();
    files.iter().map(|file| (file.name.clone(), text(file).into_bytes())).collect()
}
