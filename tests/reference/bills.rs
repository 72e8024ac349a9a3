//! Rows to classes, and bills in scope to contacts.

use std::collections::BTreeMap;

use super::files::File;
use super::lists;
use super::values::{amount, date, is_weekend, time, whole};

/// Class of every row by source, file name and position in the file.
pub type Classes = BTreeMap<(String, String, usize), String>;

/// A contact: a counted bill with what its lines say.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Orders bills as details 10 says: by number where all are numbers, else as text.
    pub bill_rank: (i64, String),
    pub person: String,
    pub doctor: String,
    pub service: String,
    pub practice_type: String,
    pub residence: String,
    pub practice_place: String,
    /// Seconds and days since 1970-01-01.
    pub start: i64,
    pub day: i32,
    pub month: i32,
    pub sex: &'static str,
    pub age_group: &'static str,
    pub contact_type: String,
    pub features: Vec<String>,
    pub chapter: String,
}

impl Contact {
    pub fn hour(&self) -> i64 {
        self.start.rem_euclid(86_400) / 3_600
    }
    /// Starts before 08:00 or at or after 16:00, or on a Saturday or Sunday.
    pub fn outside_hours(&self) -> bool {
        self.hour() < 8 || self.hour() >= 16 || is_weekend(self.day)
    }
    pub fn part_of_day(&self) -> &'static str {
        match self.hour() {
            8..16 => "day",
            16..23 => "evening",
            _ => "night",
        }
    }
    pub fn day_type(&self) -> &'static str {
        if is_weekend(self.day) { "weekend" } else { "weekday" }
    }
}

/// Residents of one counted row of innbyggere, in the release geography.
#[derive(Debug, Clone)]
pub struct Residents {
    pub year: i32,
    pub place: String,
    pub sex: &'static str,
    pub age_group: &'static str,
    pub persons: i64,
}

/// What kind of value a column holds (details 2).
fn is_sound(source: &str, column: &str, text: &str) -> bool {
    let required = matches!(
        (source, column),
        (_, "enkeltregning_lnr" | "behandler_lnr" | "praksis_lnr" | "takstkode" | "status" | "aar" | "personer")
    );
    if text.is_empty() {
        return !required;
    }
    match column {
        "enkeltregning_lnr" | "kpr_lnr" | "behandler_lnr" | "praksis_lnr" | "krediterer_lnr" => {
            text.chars().count() <= 64
        }
        "status" => ["godkjent", "avvist", "behandles"].contains(&text),
        "fodselsaar" | "antall" | "aar" | "alder" | "personer" => whole(text).is_some(),
        "egenandel" | "refusjon" | "belop" => amount(text).is_some(),
        "er_hoveddiagnose" => ["0", "1"].contains(&text),
        _ => true,
    }
}

fn columns(source: &str) -> &'static [&'static str] {
    match source {
        "regning" => &[
            "enkeltregning_lnr",
            "kpr_lnr",
            "behandler_lnr",
            "praksis_lnr",
            "status",
            "krediterer_lnr",
            "fodselsaar",
            "egenandel",
            "refusjon",
        ],
        "takst" => &["enkeltregning_lnr", "takstkode", "antall", "belop"],
        "diagnose" => &["enkeltregning_lnr", "er_hoveddiagnose"],
        _ => &["aar", "alder", "personer"],
    }
}

/// Details 1: the first that applies, for what a row alone can fail; empty: no fault.
fn fault(file: &File, row: usize, as_of: i32) -> &'static str {
    let source = file.source.as_str();
    let Some(_) = file.field(row, "") else { return "rejected:bad-type" };
    let field = |column| file.field(row, column).unwrap_or_default();
    if !columns(source).iter().all(|column| is_sound(source, column, field(column))) {
        return "rejected:bad-type";
    }
    let below_zero = |column| amount(field(column)).is_some_and(|amount| amount < 0.0);
    if source != "regning" {
        let negative = ["antall", "belop", "personer"].into_iter().any(below_zero);
        return if negative { "rejected:negative" } else { "" };
    }
    let (Some(start), Some(registered)) = (time(field("tidspunkt")), date(field("registrert"))) else {
        return "rejected:bad-date";
    };
    let crediting = !field("krediterer_lnr").is_empty();
    if registered > as_of {
        "out-of-scope:after-as-of"
    } else if field("kpr_lnr").is_empty() {
        "out-of-scope:no-person"
    } else if !crediting && (below_zero("egenandel") || below_zero("refusjon")) {
        "rejected:negative"
    } else if start.div_euclid(86_400) > i64::from(registered) {
        "rejected:future"
    } else {
        ""
    }
}

/// Tests of every row; a sound row has the empty class until its fate is known.
pub fn test_rows(files: &[File], as_of: i32) -> Classes {
    let mut classes = Classes::new();
    for file in files {
        for row in 0..file.rows.len() {
            classes.insert((file.source.clone(), file.name.clone(), row), fault(file, row, as_of).into());
        }
    }
    let known =
        |bill: &str| all_rows(files, "regning").any(|(file, row)| file.field(row, "enkeltregning_lnr") == Some(bill));
    for (file, row) in all_rows(files, "takst").chain(all_rows(files, "diagnose")) {
        let class = classes.get_mut(&key(file, row)).expect("classified above");
        if class.is_empty() && !known(file.field(row, "enkeltregning_lnr").unwrap_or_default()) {
            *class = "rejected:orphan".into();
        }
    }
    classes
}

/// More rejected rows than the limit, and at least ten, stop the run (details 4): exit code 16.
pub fn check_reject_limit(files: &[File], classes: &Classes) -> Result<(), u8> {
    for file in files {
        let rejected = (0..file.rows.len()).filter(|&row| classes[&key(file, row)].starts_with("rejected")).count();
        if rejected >= 10 && rejected * 100 > file.rows.len() {
            return Err(16);
        }
    }
    Ok(())
}

fn key(file: &File, row: usize) -> (String, String, usize) {
    (file.source.clone(), file.name.clone(), row)
}

/// Rows of a source, files by name in byte order (details 9), rows as they stand.
fn all_rows<'a>(files: &'a [File], source: &str) -> impl Iterator<Item = (&'a File, usize)> {
    let mut taken: Vec<&File> = files.iter().filter(|file| file.source == source).collect();
    taken.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
    taken.into_iter().flat_map(|file| (0..file.rows.len()).map(move |row| (file, row)))
}

/// Rows of a source that no test has classed.
fn sound_rows<'a>(files: &'a [File], source: &str, classes: &Classes) -> Vec<(&'a File, usize)> {
    all_rows(files, source).filter(|(file, row)| classes[&key(file, *row)].is_empty()).collect()
}

/// The version of each bill that counts: latest `registrert`, then later file, then later row.
fn versions<'a>(files: &'a [File], classes: &Classes) -> BTreeMap<&'a str, (&'a File, usize)> {
    let mut latest: BTreeMap<&str, (&File, usize)> = BTreeMap::new();
    for (file, row) in sound_rows(files, "regning", classes) {
        let registered = |(file, row): (&File, usize)| file.field(row, "registrert").and_then(date);
        let bill = file.field(row, "enkeltregning_lnr").unwrap_or_default();
        let older = latest.get(bill).is_none_or(|&before| registered(before) <= registered((file, row)));
        if older {
            latest.insert(bill, (file, row));
        }
    }
    latest
}

/// Details 5: the class of the version that counts.
fn bill_class(field: impl Fn(&str) -> String, is_credited: bool) -> String {
    match field("status").as_str() {
        "avvist" => return "out-of-scope:status-avvist".into(),
        "behandles" => return "out-of-scope:status-behandles".into(),
        _ => {}
    }
    if !field("krediterer_lnr").is_empty() {
        "out-of-scope:crediting".into()
    } else if is_credited {
        "cancelled".into()
    } else if lists::service(&field("praksistype")).is_none() {
        "out-of-scope:practice-type".into()
    } else {
        "counted".into()
    }
}

/// Classes of bills and lines, the contacts, and the first and last month with a counted bill.
pub fn contacts(files: &[File], classes: &mut Classes) -> (Vec<Contact>, Option<(i32, i32)>) {
    let versions = versions(files, classes);
    let credited: Vec<&str> = versions
        .values()
        .filter(|(file, row)| file.field(*row, "status") == Some("godkjent"))
        .filter_map(|(file, row)| file.field(*row, "krediterer_lnr"))
        .collect();
    for (file, row) in sound_rows(files, "regning", classes) {
        let bill = file.field(row, "enkeltregning_lnr").unwrap_or_default();
        let counts = versions[bill].0.name == file.name && versions[bill].1 == row;
        let field = |column: &str| file.field(row, column).unwrap_or_default().to_string();
        let class = if counts { bill_class(field, credited.contains(&bill)) } else { "superseded".into() };
        classes.insert(key(file, row), class);
    }
    let counted: Vec<(&str, (&File, usize))> =
        versions.into_iter().filter(|(_, (file, row))| classes[&key(file, *row)] == "counted").collect();
    let takster = lines(files, "takst", &counted, classes);
    let diagnoses = lines(files, "diagnose", &counted, classes);
    let numbers = all_bills_are_numbers(files);
    let contact = |(bill, (file, row)): &(&str, (&File, usize))| {
        let empty = Vec::new();
        let of = |lines: &BTreeMap<String, Vec<Line>>| lines.get(*bill).unwrap_or(&empty).clone();
        make_contact(file, *row, &of(&takster), &of(&diagnoses), numbers)
    };
    let contacts: Vec<Contact> = counted.iter().map(contact).collect();
    let months = contacts.iter().map(|contact| contact.month);
    let months = months.clone().min().zip(months.max());
    (contacts, months)
}

/// A line as its fields by column name.
type Line = BTreeMap<&'static str, String>;

/// Details 6: classes of the lines of a source, and the counted ones by bill in order.
fn lines(
    files: &[File],
    source: &str,
    counted: &[(&str, (&File, usize))],
    classes: &mut Classes,
) -> BTreeMap<String, Vec<Line>> {
    let sound = sound_rows(files, source, classes);
    let mut last_file: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, row) in &sound {
        last_file.insert(file.field(*row, "enkeltregning_lnr").unwrap_or_default(), &file.name);
    }
    let mut lines: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for (file, row) in sound {
        let bill = file.field(row, "enkeltregning_lnr").unwrap_or_default();
        let class = if last_file[bill] != file.name {
            "superseded"
        } else if counted.iter().any(|(counted, _)| *counted == bill) {
            let field = |column: &'static str| (column, file.field(row, column).unwrap_or_default().to_string());
            let line = ["takstkode", "kode", "kodeverk", "er_hoveddiagnose"].map(field);
            lines.entry(bill.into()).or_default().push(line.into());
            "counted"
        } else {
            "out-of-scope:bill-not-counted"
        };
        classes.insert(key(file, row), class.into());
    }
    lines
}

fn make_contact(file: &File, row: usize, takster: &[Line], diagnoses: &[Line], numbers: bool) -> Contact {
    let field = |column: &str| file.field(row, column).unwrap_or_default().to_string();
    let start = time(&field("tidspunkt")).expect("tested");
    let day = start.div_euclid(86_400) as i32;
    let month = super::values::month_of(day);
    let age = whole(&field("fodselsaar")).map(|born| i64::from(month.div_euclid(12)) - born);
    let codes: Vec<String> = takster.iter().map(|line| line["takstkode"].clone()).collect();
    let bill = field("enkeltregning_lnr");
    let number = if numbers { whole(&bill).expect("all are numbers") } else { 0 };
    let unknown = || "9999".to_string();
    Contact {
        bill_rank: (number, bill),
        person: field("kpr_lnr"),
        doctor: field("behandler_lnr"),
        service: lists::service(&field("praksistype")).expect("counted").into(),
        practice_type: field("praksistype"),
        residence: lists::municipality(&field("kommunenr"))
            .or_else(|| lists::municipality(&field("kommunenr_pb")))
            .unwrap_or_else(unknown),
        practice_place: lists::municipality(&field("praksiskommune")).unwrap_or_else(unknown),
        start,
        day,
        month,
        sex: sex(&field("kjonn")),
        age_group: age_group(age),
        contact_type: lists::contact_type(&codes, day),
        features: lists::features(&codes, day),
        chapter: chapter(diagnoses),
    }
}

/// Details 22: first letter of the main diagnosis in ICPC-2 or 2B, else `none`.
fn chapter(lines: &[Line]) -> String {
    let main = lines.iter().find(|line| line["er_hoveddiagnose"] == "1").or(lines.first());
    let Some(main) = main else { return "none".into() };
    let letter = main["kode"].chars().next().unwrap_or(' ').to_ascii_uppercase();
    let icpc = ["icpc-2", "icpc-2b"].contains(&main["kodeverk"].to_lowercase().as_str());
    if icpc && "ABDFHKLNPRSTUWXYZ".contains(letter) { letter.to_string() } else { "none".into() }
}

fn sex(code: &str) -> &'static str {
    match code {
        "1" => "male",
        "2" => "female",
        _ => "unknown",
    }
}

fn age_group(age: Option<i64>) -> &'static str {
    match age {
        Some(0..=5) => "0-5",
        Some(6..=15) => "6-15",
        Some(16..=19) => "16-19",
        Some(20..=29) => "20-29",
        Some(30..=49) => "30-49",
        Some(50..=66) => "50-66",
        Some(67..=79) => "67-79",
        Some(80..=89) => "80-89",
        Some(90..=120) => "90+",
        _ => "unknown",
    }
}

/// Details 10: whether every bill number in the delivery is a 64-bit integer in shortest form.
fn all_bills_are_numbers(files: &[File]) -> bool {
    let shortest = |text: &str| text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
    ["regning", "takst", "diagnose"]
        .into_iter()
        .flat_map(|source| all_rows(files, source))
        .flat_map(|(file, row)| ["enkeltregning_lnr", "krediterer_lnr"].map(|column| file.field(row, column)))
        .flatten()
        .all(|text| text.is_empty() || shortest(text))
}

/// Residents, recoded as contacts are; of rows with equal keys the last one counts (details 8, 14).
pub fn residents(files: &[File], classes: &mut Classes) -> Vec<Residents> {
    let mut last: BTreeMap<[String; 4], (&File, usize)> = BTreeMap::new();
    for (file, row) in sound_rows(files, "innbyggere", classes) {
        let same =
            ["aar", "kommunenr", "kjonn", "alder"].map(|column| file.field(row, column).unwrap_or_default().into());
        if let Some((file, row)) = last.insert(same, (file, row)) {
            classes.insert(key(file, row), "superseded".into());
        }
    }
    let mut residents = Vec::new();
    for (file, row) in last.into_values() {
        let field = |column: &str| file.field(row, column).unwrap_or_default();
        classes.insert(key(file, row), "counted".into());
        residents.push(Residents {
            year: whole(field("aar")).expect("tested") as i32,
            place: lists::municipality(field("kommunenr")).unwrap_or_else(|| "9999".into()),
            sex: sex(field("kjonn")),
            age_group: age_group(whole(field("alder")).map(|age| age + 1)),
            persons: whole(field("personer")).expect("tested"),
        });
    }
    residents
}
