//! Residents on 1 January by place, sex and age group, in the release geography.
//!
//! In: typed batches of innbyggere. Out: [`Residents`] and the class of every row. Never fills in
//! a year or a municipality that was not delivered.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rustc_hash::FxHashMap;

use super::bills::seq;
use super::columns::{at, number, text, whole};
use super::spool::lock;
use crate::codes::Geography;
use crate::definition::{AgeGroups, Pipeline};
use crate::domain::{MunicipalityNumber, PlaceIndex, Result, RowClass, Sex};
use crate::load::{Inputs, Scanned, TypedBatch};

const COLUMNS: [&str; 5] = ["aar", "kommunenr", "kjonn", "alder", "personer"];

/// Residents on 1 January, by year, place, sex and age group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Residents {
    /// Persons by (place, sex, age group); a year that is missing was not delivered.
    years: BTreeMap<i64, FxHashMap<(PlaceIndex, u8, u8), u64>>,
}

impl Residents {
    /// Persons of a year, as (place, sex, age group, persons), in no order.
    pub fn of_year(&self, year: i32) -> impl Iterator<Item = (PlaceIndex, u8, u8, u64)> + '_ {
        let year = self.years.get(&i64::from(year)).into_iter().flatten();
        year.map(|(&(place, sex, age), &persons)| (place, sex, age, persons))
    }

    /// The residents by another place, sex and age group; what falls together is summed.
    pub(super) fn mapped(&self, to: impl Fn((PlaceIndex, u8, u8)) -> (PlaceIndex, u8, u8)) -> Residents {
        let mut mapped = Residents::default();
        for (&year, residents) in &self.years {
            let into = mapped.years.entry(year).or_default();
            residents.iter().for_each(|(&from, &persons)| *into.entry(to(from)).or_insert(0) += persons);
        }
        mapped
    }
}

/// A row's identity: year, municipality, sex and age as delivered.
type Key = (i64, Option<Box<str>>, Option<i64>, Option<i64>);

/// The rows that count so far, with their position in the delivery, and the superseded ones.
#[derive(Default)]
struct Latest {
    rows: FxHashMap<Key, (u64, i64)>,
    superseded: Vec<u64>,
}

impl Latest {
    fn enter(&mut self, key: Key, seq: u64, persons: i64) {
        match self.rows.entry(key) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert((seq, persons));
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let (older, newer) =
                    if entry.get().0 < seq { (*entry.get(), (seq, persons)) } else { ((seq, persons), *entry.get()) };
                entry.insert(newer);
                self.superseded.push(older.0);
            }
        }
    }
}

/// Reads innbyggere; of equal rows the later file, then the later row counts (SPEC-DETAILS 8).
pub fn residents(inputs: &Inputs, pipeline: &Pipeline, geography: &Geography) -> Result<(Residents, Scanned)> {
    let latest = Mutex::new(Latest::default());
    let mut scanned = inputs.scan("innbyggere", &COLUMNS, &|batch| take(&batch, &latest))?;
    let latest = latest.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let counted = latest.rows.values().map(|&(seq, _)| (seq, RowClass::Counted));
    for (seq, class) in counted.chain(latest.superseded.iter().map(|&seq| (seq, RowClass::Superseded))) {
        if let Some(file) = scanned.tally.files.get_mut(usize::from(super::bills::file_of(seq))) {
            file.add(class, 1);
        }
    }
    Ok((settle(latest, &pipeline.age_groups, geography), scanned))
}

fn take(batch: &TypedBatch, latest: &Mutex<Latest>) -> Result<()> {
    let columns = &batch.columns;
    let (years, places, sexes) = (whole(columns, "aar")?, text(columns, "kommunenr")?, whole(columns, "kjonn")?);
    let (ages, persons) = (whole(columns, "alder")?, whole(columns, "personer")?);
    let mut latest = lock(latest);
    for row in 0..years.len() {
        let key = (years.value(row), at(places, row).map(Into::into), number(sexes, row), number(ages, row));
        latest.enter(key, seq(batch.file, batch.rows[row]), persons.value(row));
    }
    Ok(())
}

/// The age group is that of `alder` + 1, the age that year of birth gives (SPEC-DETAILS 14).
fn settle(latest: Latest, ages: &AgeGroups, geography: &Geography) -> Residents {
    let mut residents = Residents::default();
    for ((year, place, sex, age), (_, persons)) in latest.rows {
        let code = place.as_deref().and_then(MunicipalityNumber::parse);
        let place = code.and_then(|code| geography.resolve(code)).unwrap_or(geography.unknown());
        let sex = Sex::from_code(sex) as u8;
        let age = ages.of_age(age.and_then(|age| i32::try_from(age).ok()).map(|age| age.saturating_add(1)));
        *residents.years.entry(year).or_default().entry((place, sex, age)).or_insert(0) += persons.unsigned_abs();
    }
    residents
}
