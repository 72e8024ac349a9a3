//! Names and counties of municipality codes through time.
//!
//! In: a code and a month. Out: what the code was called and which county it was in then. Never
//! answers for a month in which the code was not in force.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::{CountyNumber, Month, MunicipalityNumber, parse_iso_day};

use super::{embedded::list, rows::rows};

/// What a municipality code meant in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceName {
    /// In bokmål; the latest name of the code (a new name without a new code has no date).
    pub name: String,
    pub county: CountyNumber,
    pub county_name: String,
}

#[derive(serde::Deserialize)]
struct Row {
    code: String,
    name: String,
    #[serde(default)]
    county_code: String,
    valid_from: String,
    valid_to: String,
}

struct Dated {
    name: String,
    county: String,
    from: i32,
    to: i32,
}

type Through = BTreeMap<String, Vec<Dated>>;

static MUNICIPALITIES: LazyLock<Through> = LazyLock::new(|| through("geo/municipalities.csv"));
static COUNTIES: LazyLock<Through> = LazyLock::new(|| through("geo/counties.csv"));

/// Name and county of a code on the first day of a month; none where it was not in force then.
pub fn place_in(code: MunicipalityNumber, month: Month) -> Option<PlaceName> {
    let day = month.first_day();
    let municipality = in_force(&MUNICIPALITIES, &code.to_string(), day)?;
    let county = in_force(&COUNTIES, &municipality.county, day)?;
    Some(PlaceName {
        name: municipality.name.clone(),
        county: CountyNumber(municipality.county.parse().ok()?),
        county_name: county.name.clone(),
    })
}

fn in_force<'a>(through: &'a Through, code: &str, day: i32) -> Option<&'a Dated> {
    through.get(code)?.iter().find(|dated| dated.from <= day && day <= dated.to)
}

fn through(name: &str) -> Through {
    let mut through = Through::new();
    for listed in rows::<Row>(name, list(name).unwrap_or_default()).unwrap_or_default() {
        let row = listed.row;
        let from = parse_iso_day(&row.valid_from).unwrap_or(i32::MIN);
        let to = parse_iso_day(&row.valid_to).unwrap_or(i32::MAX);
        through.entry(row.code).or_default().push(Dated { name: row.name, county: row.county_code, from, to });
    }
    through
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: u16, month: &str) -> Option<(String, u8, String)> {
        let place = place_in(MunicipalityNumber(code), month.parse().unwrap())?;
        Some((place.name, place.county.0, place.county_name))
    }

    fn of(name: &str, county: u8, county_name: &str) -> Option<(String, u8, String)> {
        Some((name.into(), county, county_name.into()))
    }

    #[test]
    fn halden_has_been_in_three_counties() {
        assert_eq!(said(101, "2019-12"), of("Halden", 1, "Østfold"));
        assert_eq!(said(101, "2020-01"), None);
        assert_eq!(said(3001, "2020-01"), of("Halden", 30, "Viken"));
        assert_eq!(said(3001, "2024-01"), None);
        assert_eq!(said(3101, "2024-01"), of("Halden", 31, "Østfold"));
    }

    #[test]
    fn oslo_stays() {
        assert_eq!(said(301, "2006-05"), of("Oslo", 3, "Oslo"));
        assert_eq!(said(301, "2024-05"), of("Oslo", 3, "Oslo"));
    }
}
