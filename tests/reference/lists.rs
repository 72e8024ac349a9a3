//! The code lists, read from fixtures/facts as they were published.

use super::values::date;

const CONTACT_TYPES: &str = include_str!("../../fixtures/facts/takst_contact_type.csv");
const FEATURES: &str = include_str!("../../fixtures/facts/takst_feature.csv");
const PRACTICE_TYPES: &str = include_str!("../../fixtures/facts/praksistype.csv");
const MUNICIPALITIES: &str = include_str!("../../fixtures/facts/geo/municipalities.csv");
const RECODE: &str = include_str!("../../fixtures/facts/geo/recode_2024.csv");

/// The first of this list that any line has is the contact's type (section 2).
pub const PRECEDENCE: [&str; 16] = [
    "home-visit",
    "physical-consultation",
    "e-consultation",
    "meeting",
    "dialogue-meeting",
    "other-body",
    "simple-present",
    "simple-remote",
    "nurse-home-visit",
    "nurse-consultation",
    "nurse-group",
    "nurse-meeting",
    "nurse-simple",
    "nurse-remote",
    "administrative",
    "unclassified",
];

/// The leaf types of an indicator that is a type or a sum.
pub fn members(indicator: &str) -> Vec<&str> {
    match indicator {
        "consultation" => vec!["home-visit", "physical-consultation", "e-consultation"],
        "simple-contact" => vec!["simple-present", "simple-remote"],
        "collaboration" => vec!["meeting", "dialogue-meeting", "other-body"],
        "contact" => PRECEDENCE.to_vec(),
        leaf if PRECEDENCE.contains(&leaf) => vec![leaf],
        other => panic!("no contact type or sum is called {other}"),
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

/// Trimmed and lower-cased; two digits 70-89 and then letters only get a leading zero (details 12).
fn normal(code: &str) -> String {
    let code = code.trim_matches([' ', '\t']).to_lowercase();
    let (digits, letters) = code.split_at(code.find(|c: char| !c.is_ascii_digit()).unwrap_or(code.len()));
    let seventies = digits.len() == 2 && ("70"..="89").contains(&digits);
    let lettered = !letters.is_empty() && letters.chars().all(|c| c.is_ascii_lowercase());
    if seventies && lettered { format!("0{code}") } else { code }
}

/// An L code not listed by itself on any date (details 12).
fn is_other_l_code(code: &str) -> bool {
    let mut letters = code.chars();
    let l_and_digit = letters.next() == Some('l') && letters.next().is_some_and(|c| c.is_ascii_digit());
    l_and_digit && !rows(CONTACT_TYPES).any(|row| row[0] == code)
}

/// What a dated list says of a code on a day; a code may say several things.
fn said(list: &'static str, code: &str, day: i32) -> Vec<String> {
    let code = normal(code);
    rows(list)
        .filter(|row| row[0] == code || (row[0] == "l*" && is_other_l_code(&code)))
        .filter(|row| date(row[2]).is_none_or(|from| from <= day) && date(row[3]).is_none_or(|to| day <= to))
        .map(|row| row[1].to_string())
        .collect()
}

/// The one type of a contact with these codes on that day.
pub fn contact_type(codes: &[String], day: i32) -> String {
    let has = |wanted: &&&str| codes.iter().any(|code| said(CONTACT_TYPES, code, day).iter().any(|t| t == **wanted));
    PRECEDENCE.iter().find(has).unwrap_or(&"unclassified").to_string()
}

/// The features of a contact with these codes on that day.
pub fn features(codes: &[String], day: i32) -> Vec<String> {
    codes.iter().flat_map(|code| said(FEATURES, code, day)).collect()
}

/// The service of a practice type; none: out of scope.
pub fn service(practice_type: &str) -> Option<&'static str> {
    rows(PRACTICE_TYPES).find(|row| row[0] == practice_type).map(|row| row[1])
}

/// A known municipality code in the geography of 2024; none: unknown (details 13).
pub fn municipality(code: &str) -> Option<String> {
    let four_digits = code.len() == 4 && code.chars().all(|c| c.is_ascii_digit());
    match code {
        _ if !four_digits => None,
        "2200" | "2211" => Some("2211".into()),
        _ if code.starts_with("21") => Some("2100".into()),
        _ if !rows(MUNICIPALITIES).any(|row| row[0] == code) => None,
        _ => rows(RECODE).find(|row| row[0] == code && row[3] == "1").map(|row| row[1].to_string()),
    }
}

/// Whether a code is a place of the release: country, county or municipality.
pub fn is_place(geo: &str) -> bool {
    let special = ["0", "21", "22", "99", "2100", "2211", "9999"].contains(&geo);
    let now = |row: &Vec<&str>| row[4].is_empty() && (row[0] == geo || (geo.len() == 2 && row[2] == geo));
    special || rows(MUNICIPALITIES).any(|row| now(&row))
}
