//! Gates on how much a delivery holds: months that are missing, months unlike those before,
//! places and practice types gone silent.
//!
//! In: contacts by month. Out: measures with the names of services, months and places. What has
//! few contacts is not judged: small numbers move by themselves.

use super::{Facts, Measured};
use crate::codes::practice_types;
use crate::domain::{Month, Period, PeriodKind, PlaceIndex, Service};

/// Days after its end from which a month is shown (SPEC-DETAILS 16), and judged.
const RIPE: i32 = 30;
/// Contacts a month from which a service's months are expected to be there.
const REGULAR: f64 = 100.0;
/// Contacts a month from which a change of a service is judged.
const LARGE: f64 = 1_000.0;
/// Contacts a month from which silence is noticed.
const LOUD: f64 = 200.0;
/// Months that a month is held beside.
const BEFORE: i32 = 3;

const SERVICES: [Service; 3] = [Service::Gp, Service::Legevakt, Service::Nurse];

fn is_ripe(month: Month, as_of: i32) -> bool {
    Period { kind: PeriodKind::Month, first: month }.ripe(as_of, RIPE)
}

/// The last month of the delivery that is old enough to be shown.
fn last_month(facts: &Facts) -> Option<Month> {
    let (first, last) = facts.volumes.months?;
    (first.0..=last.0).rev().map(Month).find(|month| is_ripe(*month, facts.as_of))
}

fn of_service(facts: &Facts, service: Service, month: Month) -> u64 {
    let types = practice_types().iter().enumerate().filter(|(_, kind)| kind.service == service);
    types.map(|(at, _)| facts.volumes.of_type(at, month)).sum()
}

/// The mean of the months before one; none where the delivery begins later.
fn mean_before(facts: &Facts, month: Month, count: impl Fn(Month) -> f64) -> Option<f64> {
    let (first, _) = facts.volumes.months?;
    let before = (1..=BEFORE).map(|back| month.plus(-back)).take_while(|earlier| *earlier >= first);
    let counts: Vec<f64> = before.map(count).collect();
    (!counts.is_empty()).then(|| counts.iter().sum::<f64>() / counts.len() as f64)
}

/// Months from the first (of the delivery, or of the definition) to the last that is old enough,
/// in which a service that is there in other months has no contact.
pub(super) fn missing_months(facts: &Facts) -> Measured {
    let Some((first, last)) = facts.volumes.months else { return Measured::default() };
    let pipeline = facts.pipeline;
    let ripe = (last.0..).map(Month).take_while(|month| is_ripe(*month, facts.as_of)).last();
    let end = ripe.map_or(last, |ripe| last.max(pipeline.to.map_or(ripe, |to| ripe.min(to))).min(last.plus(12)));
    let start = pipeline.from.unwrap_or(first);
    let mut at = Vec::new();
    for service in SERVICES {
        let delivered: Vec<f64> =
            (first.0..=last.0).map(|month| of_service(facts, service, Month(month)) as f64).collect();
        let mean = delivered.iter().sum::<f64>() / delivered.len() as f64;
        let missing = (start.0..=end.0).map(Month).filter(|month| of_service(facts, service, *month) == 0);
        if mean >= REGULAR {
            at.extend(missing.map(|month| format!("{month} {}", service.name())));
        }
    }
    Measured { value: Some(at.len() as f64), at }
}

/// The last month beside the mean of the months before.
pub(super) fn month_before(facts: &Facts) -> Measured {
    largest(facts, |service, month| {
        let mean = mean_before(facts, month, |month| of_service(facts, service, month) as f64)?;
        change(of_service(facts, service, month) as f64, mean)
    })
}

/// The last month beside the same month of the year before.
pub(super) fn last_year(facts: &Facts) -> Measured {
    largest(facts, |service, month| {
        change(of_service(facts, service, month) as f64, of_service(facts, service, month.plus(-12)) as f64)
    })
}

/// The last month's contacts and those before, each divided by the share that the delay curve
/// promises by now: what is missing beyond what always comes late.
pub(super) fn completeness(facts: &Facts) -> Measured {
    largest(facts, |service, month| {
        let share = |month: Month| facts.completeness.iter().find(|of| of.month == month)?.share.filter(|s| *s > 0.0);
        let expected = |month: Month| Some(of_service(facts, service, month) as f64 / share(month)?);
        let before: Option<Vec<f64>> = (1..=BEFORE).map(|back| expected(month.plus(-back))).collect();
        let mean = before?.iter().sum::<f64>() / f64::from(BEFORE);
        (mean >= LARGE).then_some(((mean - expected(month)?) / mean).max(0.0))
    })
}

fn change(now: f64, before: f64) -> Option<f64> {
    (before >= LARGE).then(|| (now - before).abs() / before)
}

/// The largest measure of a service's last month; none where no service can be judged.
fn largest(facts: &Facts, measure: impl Fn(Service, Month) -> Option<f64>) -> Measured {
    let Some(month) = last_month(facts) else { return Measured::default() };
    let measured = SERVICES.into_iter().filter_map(|service| Some((measure(service, month)?, service)));
    let Some((value, service)) = measured.max_by(|a, b| a.0.total_cmp(&b.0)) else { return Measured::default() };
    Measured { value: Some(value), at: vec![format!("{month} {}", service.name())] }
}

/// Municipalities of residence or practice that were never silent before.
pub(super) fn silent_municipalities(facts: &Facts) -> Measured {
    let Some(month) = last_month(facts) else { return Measured::default() };
    let volumes = facts.volumes;
    let mut at = Vec::new();
    for (place, municipality) in facts.geography.municipalities.iter().enumerate() {
        let place = place as PlaceIndex;
        if is_silent(facts, month, |month| volumes.of_residents(place, month)) {
            at.push(format!("{month} residents of {}", municipality.number));
        }
        if is_silent(facts, month, |month| volumes.of_practices(place, month)) {
            at.push(format!("{month} practices of {}", municipality.number));
        }
    }
    Measured { value: Some(at.len() as f64), at }
}

/// Practice types that were never silent before.
pub(super) fn silent_practice_types(facts: &Facts) -> Measured {
    let Some(month) = last_month(facts) else { return Measured::default() };
    let silent = |(at, _): &(usize, _)| is_silent(facts, month, |month| facts.volumes.of_type(*at, month));
    let silent = practice_types().iter().enumerate().filter(silent);
    let at: Vec<String> = silent.map(|(_, kind)| format!("{month} {}", kind.code)).collect();
    Measured { value: Some(at.len() as f64), at }
}

fn is_silent(facts: &Facts, month: Month, count: impl Fn(Month) -> u64) -> bool {
    count(month) == 0 && mean_before(facts, month, |month| count(month) as f64).is_some_and(|mean| mean >= LOUD)
}
