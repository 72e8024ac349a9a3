//! Any cell of the nine tables, counted anew from the contacts each time it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::Reference;
use super::bills::Contact;
use super::values::{last_day, period};
use super::{lists, workload};

/// A cell's name, as in the published columns. `sex`, `age_group` and any further dimension are in
/// `dimensions`; what is not said there is `total`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub table: String,
    pub period: String,
    /// `0`, two digits or four digits.
    pub geo: String,
    pub dimensions: BTreeMap<String, String>,
    pub indicator: String,
    pub measure: String,
}

impl Key {
    /// The label of a dimension.
    pub fn label(&self, dimension: &str) -> &str {
        self.dimensions.get(dimension).map_or("total", String::as_str)
    }
}

/// The truth of a cell before protection.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// None: nothing to divide by (`M`).
    pub value: Option<f64>,
    /// `A` final, `P` provisional, `M` undefined.
    pub status: char,
    /// Different contributors (details 18); none where the text leaves them open (gp-workload).
    pub patients: Option<usize>,
    pub doctors: Option<usize>,
}

const AGE_SEX: [&str; 6] =
    ["contact", "consultation", "home-visit", "physical-consultation", "e-consultation", "simple-contact"];
const ACTIVITIES: [&str; 7] = [
    "medication-review",
    "diabetes-annual-control",
    "spirometry",
    "talk-therapy",
    "interdisciplinary-meeting",
    "sick-note",
    "home-visit",
];
const E_CONSULTATION: [&str; 2] = ["e-consultation-share", "e-consultation-outside-hours-share"];
const TIME_USE: [&str; 3] = [
    "time-supplement-share-consultation",
    "time-supplement-share-physical-consultation",
    "time-supplement-share-e-consultation",
];

/// What section 4 says a table has: period kinds, measures, dimensions.
fn shape(table: &str) -> (&'static [&'static str], &'static [&'static str], &'static [&'static str]) {
    const ALL: &[&str] = &["month", "quarter", "tertial", "year"];
    const LONG: &[&str] = &["tertial", "year"];
    match table {
        "gp-contacts" => (ALL, &["contacts", "patients", "per-1000"], &[]),
        "gp-contacts-age-sex" => {
            (LONG, &["contacts", "patients", "per-1000", "patients-per-100"], &["sex", "age_group"])
        }
        "gp-contacts-by-practice" => (ALL, &["contacts", "doctors"], &[]),
        "gp-e-consultation" | "gp-time-use" => (ALL, &["share"], &[]),
        "gp-activities" => (ALL, &["contacts"], &[]),
        "gp-diagnoses" => (LONG, &["contacts"], &["icpc2_chapter"]),
        "legevakt-contacts" => (ALL, &["contacts"], &["part_of_day", "day_type"]),
        "gp-workload" => (&["year"], &["mean"], &["hour"]),
        other => panic!("no table is called {other}"),
    }
}

fn has_indicator(table: &str, indicator: &str) -> bool {
    match table {
        "gp-contacts-age-sex" => AGE_SEX.contains(&indicator),
        "gp-e-consultation" => E_CONSULTATION.contains(&indicator),
        "gp-time-use" => TIME_USE.contains(&indicator),
        "gp-activities" => ACTIVITIES.contains(&indicator),
        "gp-diagnoses" => indicator == "consultation",
        "gp-workload" => workload::INDICATORS.contains(&indicator),
        _ => !lists::members(indicator).is_empty(),
    }
}

impl Reference {
    /// The true cell; none where the table has no such row.
    pub fn cell(&self, key: &Key) -> Option<Cell> {
        let (kind, first, last) = period(&key.period);
        let (kinds, measures, dimensions) = shape(&key.table);
        let named = measures.contains(&key.measure.as_str()) && has_indicator(&key.table, &key.indicator);
        let total_only = key.table == "legevakt-contacts" && key.geo.len() == 4 && kind != "year";
        let is_total = key.dimensions.values().all(|label| label == "total");
        let by_hour = key.indicator.starts_with("weekend-");
        let hour_fits = key.table != "gp-workload" || by_hour != (key.label("hour") == "total");
        let labelled = key.dimensions.keys().all(|name| dimensions.contains(&name.as_str()));
        let exists = named && labelled && hour_fits && kinds.contains(&kind) && self.is_published(first, last);
        if !exists || !lists::is_place(&key.geo) || (total_only && !is_total) {
            return None;
        }
        // Details 15.
        let status = if self.as_of > last_day(last + 6) { 'A' } else { 'P' };
        let (value, patients, doctors) = self.count(key, first, last);
        let status = if value.is_none() { 'M' } else { status };
        Some(Cell { value, status, patients, doctors })
    }

    /// Details 16: all months between the first and the last with a counted bill, and 30 days gone.
    fn is_published(&self, first: i32, last: i32) -> bool {
        let known = self.months.is_some_and(|(from, to)| from <= first && last <= to);
        known && self.as_of >= last_day(last) + 30
    }

    fn count(&self, key: &Key, first: i32, last: i32) -> (Option<f64>, Option<usize>, Option<usize>) {
        let service = if key.table == "legevakt-contacts" { "legevakt" } else { "gp" };
        let in_period: Vec<&Contact> = self
            .contacts
            .iter()
            .filter(|contact| contact.service == service && first <= contact.month && contact.month <= last)
            .collect();
        if key.table == "gp-workload" {
            return (workload::mean(&in_period, key), None, None);
        }
        let counted: Vec<&Contact> = match key.measure.as_str() {
            "patients" | "patients-per-100" => persons_contacts(&in_period, key),
            _ => in_period.iter().copied().filter(|contact| is_there(contact, key) && is_meant(contact, key)).collect(),
        };
        let patients = different(&counted, |contact| &contact.person);
        let doctors = different(&counted, |contact| &contact.doctor);
        let year = first.div_euclid(12);
        let value = match key.measure.as_str() {
            "contacts" => Some(counted.len() as f64),
            "patients" => Some(patients as f64),
            "doctors" => Some(doctors as f64),
            "per-1000" => ratio(counted.len() as i64, 1_000, self.residents_of(key, year)),
            "patients-per-100" => ratio(patients as i64, 100, self.residents_of(key, year)),
            _ => {
                let numerator = counted.iter().filter(|contact| is_in_numerator(contact, &key.indicator)).count();
                ratio(numerator as i64, 100, counted.len() as i64)
            }
        };
        (value, Some(patients), Some(doctors))
    }

    /// Residents on 1 January of the year; unknown sex or age has none (details 19).
    fn residents_of(&self, key: &Key, year: i32) -> i64 {
        let fits = |label: &str, own: &str| label == "total" || (label == own && label != "unknown");
        self.residents
            .iter()
            .filter(|row| row.year == year && row.place.starts_with(prefix(&key.geo)))
            .filter(|row| fits(key.label("sex"), row.sex) && fits(key.label("age_group"), row.age_group))
            .map(|row| row.persons)
            .sum()
    }
}

/// The country is every place; a county is the first two digits of its municipalities.
fn prefix(geo: &str) -> &str {
    if geo == "0" { "" } else { geo }
}

/// At the cell's place, of the cell's sex, age group, chapter, part of day and day type.
fn is_there(contact: &Contact, key: &Key) -> bool {
    let place = if key.table.ends_with("-by-practice") { &contact.practice_place } else { &contact.residence };
    let labels = [
        ("sex", contact.sex),
        ("age_group", contact.age_group),
        ("icpc2_chapter", contact.chapter.as_str()),
        ("part_of_day", contact.part_of_day()),
        ("day_type", contact.day_type()),
    ];
    let fits = |(name, own): (&str, &str)| key.label(name) == "total" || key.label(name) == own;
    place.starts_with(prefix(&key.geo)) && labels.into_iter().all(fits)
}

/// Of the indicator; of a share: of its denominator.
fn is_meant(contact: &Contact, key: &Key) -> bool {
    let of_type = |indicator: &str| lists::members(indicator).contains(&contact.contact_type.as_str());
    match key.indicator.as_str() {
        "e-consultation-share" | "time-supplement-share-consultation" => of_type("consultation"),
        "e-consultation-outside-hours-share" | "time-supplement-share-e-consultation" => of_type("e-consultation"),
        "time-supplement-share-physical-consultation" => of_type("physical-consultation"),
        feature if key.table == "gp-activities" && feature != "home-visit" => {
            contact.features.iter().any(|has| has == feature)
        }
        indicator => of_type(indicator),
    }
}

fn is_in_numerator(contact: &Contact, indicator: &str) -> bool {
    match indicator {
        "e-consultation-share" => contact.contact_type == "e-consultation",
        "e-consultation-outside-hours-share" => contact.outside_hours(),
        _ => contact.features.iter().any(|has| has == "time-supplement"),
    }
}

/// Section 3, patients: in a period a person has one place, sex and age group, those of the last
/// contact of any type (latest start, then largest bill). Gives the contacts of the indicator,
/// wherever these were, of the persons whose last contact is in the cell.
fn persons_contacts<'a>(in_period: &[&'a Contact], key: &Key) -> Vec<&'a Contact> {
    let last = |person: &str| {
        let own = in_period.iter().filter(|contact| contact.person == person);
        own.max_by_key(|contact| (contact.start, contact.bill_rank.clone())).copied().expect("a contact")
    };
    let meant = in_period.iter().copied().filter(|contact| is_meant(contact, key));
    meant.filter(|contact| is_there(last(&contact.person), key)).collect()
}

fn different(contacts: &[&Contact], of: impl Fn(&Contact) -> &String) -> usize {
    contacts.iter().map(|contact| of(contact)).collect::<BTreeSet<_>>().len()
}

/// `part` per `per` of `whole`, rounded half away from zero to two decimals, in whole numbers.
pub fn ratio(part: i64, per: i64, whole: i64) -> Option<f64> {
    if whole == 0 {
        return None;
    }
    let hundredths = (2 * part * per * 100 + whole) / (2 * whole);
    Some(hundredths as f64 / 100.0)
}
