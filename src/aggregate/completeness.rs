//! How much of a provisional month has been registered: the chain ladder by day.
//!
//! In: counted contacts by month and delay of registration. Out: a share a month. Never looks at
//! what a contact was.

use std::collections::BTreeMap;

use crate::contacts::Delay;
use crate::domain::{Month, Period, PeriodKind};

/// A month, its contacts as of the day, and the share of those expected to come that have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MonthCompleteness {
    pub month: Month,
    pub contacts: u64,
    /// 0 to 1; 1 for a final month; none where no earlier month has been followed long enough.
    pub share: Option<f64>,
}

/// Estimates every month between the first and the last of `delays`.
///
/// The development of a month is followed by day after its end. From one day to the next the
/// contacts of all months observed on both grow by a factor; a month's completeness is the
/// product of the factors still to come, upside down.
pub fn completeness(delays: &BTreeMap<Delay, u64>, as_of: i32) -> Vec<MonthCompleteness> {
    let Some((first, last)) = delays.keys().next().zip(delays.keys().next_back()) else { return Vec::new() };
    let months: Vec<Month> = (first.month.0..=last.month.0).map(Month).collect();
    let ages: Vec<i32> = months.iter().map(|&month| final_age(month).min(as_of - month.last_day())).collect();
    let curves: Vec<Vec<u64>> = months.iter().map(|&month| curve(delays, month)).collect();
    let contacts = |at: usize| curves[at].last().copied().unwrap_or(0);
    let oldest = ages.iter().copied().max().unwrap_or(0);
    (0..months.len())
        .map(|at| {
            let period = Period { kind: PeriodKind::Month, first: months[at] };
            let share = if period.is_final(as_of) {
                Some(1.0)
            } else {
                still_to_come(&curves, &ages, ages[at], oldest, months[at])
            };
            MonthCompleteness { month: months[at], contacts: contacts(at), share }
        })
        .collect()
}

/// Days from the end of a month to the last day on which its claims may come.
fn final_age(month: Month) -> i32 {
    month.plus(6).last_day() - month.last_day()
}

/// Registered contacts of a month by day after its end; the first entry holds all until then.
fn curve(delays: &BTreeMap<Delay, u64>, month: Month) -> Vec<u64> {
    let last = final_age(month);
    let mut curve = vec![0; last as usize + 1];
    let of_month = delays.range(Delay { month, days: i32::MIN }..=Delay { month, days: i32::MAX });
    for (delay, contacts) in of_month {
        curve[delay.days.clamp(0, last) as usize] += contacts;
    }
    for day in 1..curve.len() {
        curve[day] += curve[day - 1];
    }
    curve
}

/// The share registered at `age`, or none where the ladder does not reach the end.
fn still_to_come(curves: &[Vec<u64>], ages: &[i32], age: i32, oldest: i32, month: Month) -> Option<f64> {
    if age < 0 || oldest < final_age(month).min(181) {
        return None;
    }
    let mut growth = 1.0;
    for day in age as usize..oldest as usize {
        let followed = || curves.iter().zip(ages).filter(|(curve, age)| **age > day as i32 && curve.len() > day + 1);
        let before: u64 = followed().map(|(curve, _)| curve[day]).sum();
        let after: u64 = followed().map(|(curve, _)| curve[day + 1]).sum();
        if before > 0 {
            growth *= after as f64 / before as f64;
        }
    }
    Some(1.0 / growth)
}
