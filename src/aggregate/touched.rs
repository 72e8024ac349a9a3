//! The touched persons' contacts, each with the runs that it is in.
//!
//! In: what has changed since the last run, the contacts by month. Out: all contacts of the persons
//! whose contacts changed, and all of a doctor's on a day on which one changed, in some months.
//! Never gives a contact of anybody else.

use std::collections::BTreeSet;
use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::difference::{Side, Sided};
use crate::contacts::{Change, Contact, Months};
use crate::domain::{Month, Result, SECONDS_A_DAY};

/// What has been touched in some months.
pub struct Touched {
    pub months: BTreeSet<Month>,
    /// By person, then start and bill: the order of contacts.
    pub of_persons: Vec<Sided>,
    /// Where each person's are.
    pub persons: Vec<Range<usize>>,
    /// By doctor, then day.
    pub of_days: Vec<Sided>,
    /// Keys of the persons' doctors, and their numbers.
    pub keys: Vec<i64>,
    pub doctors: FxHashMap<i64, u32>,
}

/// Finds what has been touched in some months.
pub fn touched(change: &Change, months: &Months, within: BTreeSet<Month>) -> Result<Touched> {
    let here = |contact: &&Contact| within.contains(&contact.month());
    let (lost, won) = (change.lost.iter().filter(here), change.won.iter().filter(here));
    let changed: Vec<Sided> = lost
        .map(|&contact| Sided::of(contact, Side::Lost))
        .chain(won.map(|&contact| Sided::of(contact, Side::Won)))
        .collect();
    let persons: FxHashSet<i64> = changed.iter().map(|sided| sided.contact.person).collect();
    let days: FxHashSet<(i64, i64)> = changed.iter().map(Sided::doctor_and_day).collect();
    let came: FxHashSet<i64> = change.won.iter().map(|contact| contact.bill).collect();
    let wanted: Vec<Month> = months.list.keys().copied().filter(|month| within.contains(month)).collect();
    let found = wanted.into_par_iter().map(|month| {
        let is_touched = |(person, doctor, start): (i64, i64, i64)| {
            persons.contains(&person) || days.contains(&(doctor, start.div_euclid(SECONDS_A_DAY)))
        };
        months.pick(month, is_touched)
    });
    let stayed = found.collect::<Result<Vec<_>>>()?.into_iter().flatten();
    let stayed = stayed.filter(|contact| !came.contains(&contact.bill));
    let all: Vec<Sided> = stayed.map(|contact| Sided::of(contact, Side::Both)).chain(changed.iter().copied()).collect();
    let mut of_persons: Vec<Sided> =
        all.iter().filter(|sided| persons.contains(&sided.contact.person)).copied().collect();
    of_persons.par_sort_unstable_by(|a, b| {
        let moment = |sided: &Sided| (sided.contact.person, sided.contact.start);
        let bills = || months.bills.cmp(a.contact.bill, b.contact.bill);
        moment(a).cmp(&moment(b)).then_with(bills).then(a.side.cmp(&b.side))
    });
    let mut of_days: Vec<Sided> = all.into_iter().filter(|sided| days.contains(&sided.doctor_and_day())).collect();
    of_days.par_sort_unstable_by_key(Sided::doctor_and_day);
    let mut persons: Vec<Range<usize>> = Vec::new();
    for contacts in of_persons.chunk_by(|a, b| a.contact.person == b.contact.person) {
        let from = persons.last().map_or(0, |last| last.end);
        persons.push(from..from + contacts.len());
    }
    let mut keys: Vec<i64> = of_persons.iter().map(|sided| sided.contact.doctor).collect();
    keys.sort_unstable();
    keys.dedup();
    let doctors = keys.iter().copied().zip(0..).collect();
    Ok(Touched { months: within, of_persons, persons, of_days, keys, doctors })
}
