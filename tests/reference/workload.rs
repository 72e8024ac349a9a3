//! gp-workload: means over the doctors of a place and year (section 4, details 34).

use std::collections::{BTreeMap, BTreeSet};

use super::bills::Contact;
use super::cells::Key;
use super::lists;

pub const INDICATORS: [&str; 5] =
    ["days-with-contact", "days-with-five-physical", "consultations-per-day", "weekend-physical", "weekend-e"];

const BILLIONTHS: i128 = 1_000_000_000;

/// Mean over the doctors with at least one contact (practice types FALE and FALO) at the place of
/// practice, two decimals; none where there is no doctor. Each doctor's figure is first rounded to
/// billionths, as the indices of details 26 are.
pub fn mean(in_year: &[&Contact], key: &Key) -> Option<f64> {
    let geo = if key.geo == "0" { "" } else { key.geo.as_str() };
    let here = in_year.iter().copied().filter(|contact| {
        ["FALE", "FALO"].contains(&contact.practice_type.as_str()) && contact.practice_place.starts_with(geo)
    });
    let mut doctors: BTreeMap<&str, Vec<&Contact>> = BTreeMap::new();
    for contact in here {
        doctors.entry(&contact.doctor).or_default().push(contact);
    }
    if doctors.is_empty() {
        return None;
    }
    let sum: i128 = doctors.values().map(|contacts| figure(contacts, key)).sum();
    let whole = BILLIONTHS * doctors.len() as i128;
    Some(((2 * sum * 100 + whole) / (2 * whole)) as f64 / 100.0)
}

/// One doctor's figure in billionths.
fn figure(contacts: &[&Contact], key: &Key) -> i128 {
    let mut days: BTreeMap<i32, Vec<&Contact>> = BTreeMap::new();
    for contact in contacts {
        days.entry(contact.day).or_default().push(contact);
    }
    let of = |kind: &'static str| {
        let meant = move |contact: &&&Contact| lists::members(kind).contains(&contact.contact_type.as_str());
        contacts.iter().filter(meant)
    };
    let in_weekend_hour =
        |contact: &&&Contact| contact.day_type() == "weekend" && contact.hour().to_string() == key.label("hour");
    match key.indicator.as_str() {
        "days-with-contact" => days.len() as i128 * BILLIONTHS,
        "days-with-five-physical" => {
            let five = |day: &&Vec<&Contact>| {
                day.iter().filter(|contact| contact.contact_type == "physical-consultation").count() >= 5
            };
            days.values().filter(five).count() as i128 * BILLIONTHS
        }
        "consultations-per-day" => {
            let (consultations, days) =
                (of("consultation").count() as i128, days.keys().collect::<BTreeSet<_>>().len() as i128);
            (2 * consultations * BILLIONTHS + days) / (2 * days)
        }
        "weekend-physical" => of("physical-consultation").filter(in_weekend_hour).count() as i128 * BILLIONTHS,
        _ => of("e-consultation").filter(in_weekend_hour).count() as i128 * BILLIONTHS,
    }
}
