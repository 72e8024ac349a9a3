//! Hospital stays by person, those with few hours between as one (SPEC-DETAILS 27).
//!
//! In: opphold with persons. Out: by part of the persons their admissions and deaths. A stay that
//! is still open ends never: what begins later is a part of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::columns::{Moments, Texts, Whole, count_the_rest, seq};
use crate::codes::Geography;
use crate::contacts::part_of;
use crate::domain::{PlaceIndex, Result};
use crate::load::{Inputs, Links, PERSON, Scanned, TypedBatch};

const COLUMNS: [&str; 7] = ["inntid", "uttid", "omsorgsniva", "innmatehast", "kommunenr", "fodselsaar", "uttilstand"];
const INPATIENT: i64 = 1;
const ACUTE: std::ops::RangeInclusive<i64> = 1..=3;
const ALIVE: u8 = 1;
const HOUR: i64 = 3_600;
/// The end of a stay that is still open.
const NEVER: i64 = i64::MAX;

/// A row of NPR.
#[derive(Debug, Clone, Copy)]
struct Row {
    person: i64,
    from: i64,
    to: i64,
    seq: u64,
    place: PlaceIndex,
    /// Missing: `i32::MIN`.
    born: i32,
    inpatient: bool,
    acute: bool,
    /// 0 where missing.
    state: u8,
}

/// Inpatient stays as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    pub from: i64,
    /// None: still open.
    pub to: Option<i64>,
    /// Of the stay that began first.
    pub acute: bool,
    pub first_place: PlaceIndex,
    /// Of the stay that ends last.
    pub place: PlaceIndex,
    pub born: Option<i32>,
    pub alive: bool,
}

/// The stays of a part of the persons.
#[derive(Debug, Default)]
pub struct StayPart {
    rows: Vec<Row>,
}

/// A person's stays.
#[derive(Debug, Default)]
pub struct Chains {
    pub admissions: Vec<Admission>,
    /// When rows of any level ended in death, ascending.
    pub deaths: Vec<i64>,
}

/// Reads nokkel and opphold into parts; every row has its class.
pub fn read(
    inputs: &Inputs,
    geography: &Geography,
    parts: usize,
) -> Result<(Vec<StayPart>, BTreeMap<String, Scanned>)> {
    let (links, keys) = Links::read(inputs)?;
    let rows: Vec<Mutex<Vec<Row>>> = (0..parts.max(1)).map(|_| Mutex::default()).collect();
    let mut stays = links.stays(inputs, &COLUMNS, &|batch| {
        for (part, taken) in take(&batch, geography, rows.len())?.into_iter().enumerate() {
            if !taken.is_empty() {
                rows[part].lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
            }
        }
        Ok(())
    })?;
    count_the_rest(&mut stays);
    let sorted = |rows: Mutex<Vec<Row>>| {
        let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        rows.sort_unstable_by_key(|row| (row.person, row.from, row.seq));
        StayPart { rows }
    };
    let parts = rows.into_par_iter().map(sorted).collect();
    Ok((parts, [("nokkel".to_string(), keys), ("opphold".to_string(), stays)].into_iter().collect()))
}

fn take(batch: &TypedBatch, geography: &Geography, parts: usize) -> Result<Vec<Vec<Row>>> {
    let (from, to) = (Moments::of(batch, "inntid")?, Moments::of(batch, "uttid")?);
    let (levels, urgency) = (Whole::of(batch, "omsorgsniva")?, Whole::of(batch, "innmatehast")?);
    let (born, states) = (Whole::of(batch, "fodselsaar")?, Whole::of(batch, "uttilstand")?);
    let (persons, places) = (Whole::of(batch, PERSON)?, Texts::of(batch, "kommunenr")?);
    let mut split: Vec<Vec<Row>> = vec![Vec::new(); parts];
    for row in 0..batch.rows.len() {
        let person = persons.or_zero(row);
        split[part_of(person, parts)].push(Row {
            person,
            from: from.get(row).unwrap_or(0),
            to: to.get(row).unwrap_or(NEVER),
            seq: seq(batch, row),
            place: places.place(row, geography),
            born: born.get(row).and_then(|year| i32::try_from(year).ok()).unwrap_or(i32::MIN),
            inpatient: levels.get(row) == Some(INPATIENT),
            acute: urgency.get(row).is_some_and(|urgency| ACUTE.contains(&urgency)),
            state: states.get(row).and_then(|state| u8::try_from(state).ok()).unwrap_or(0),
        });
    }
    Ok(split)
}

impl StayPart {
    /// The persons of the part with their stays, those with less than `hours` between as one.
    pub fn persons(&self, hours: u32) -> impl Iterator<Item = (i64, Chains)> + '_ {
        let persons = self.rows.chunk_by(|a, b| a.person == b.person);
        persons.map(move |rows| (rows[0].person, chains(rows, i64::from(hours) * HOUR)))
    }
}

/// The stays of a person's rows, in order of their beginning.
fn chains(rows: &[Row], apart: i64) -> Chains {
    let died = |row: &&Row| row.state > ALIVE && row.to != NEVER;
    let mut deaths: Vec<i64> = rows.iter().filter(died).map(|row| row.to).collect();
    deaths.sort_unstable();
    let mut admissions = Vec::new();
    let mut open: Option<(Row, Row)> = None;
    for row in rows.iter().filter(|row| row.inpatient) {
        open = match open {
            Some((first, last)) if row.from < last.to.saturating_add(apart) => Some((first, later(last, *row))),
            Some((first, last)) => {
                admissions.push(admission(&first, &last));
                Some((*row, *row))
            }
            None => Some((*row, *row)),
        };
    }
    admissions.extend(open.map(|(first, last)| admission(&first, &last)));
    Chains { admissions, deaths }
}

/// The stay that ends last; then the one that began last, then the later row.
fn later(a: Row, b: Row) -> Row {
    if (b.to, b.from, b.seq) > (a.to, a.from, a.seq) { b } else { a }
}

fn admission(first: &Row, last: &Row) -> Admission {
    Admission {
        from: first.from,
        to: (last.to != NEVER).then_some(last.to),
        acute: first.acute,
        first_place: first.place,
        place: last.place,
        born: (last.born != i32::MIN).then_some(last.born),
        alive: last.state == ALIVE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(from: i64, to: i64, seq: u64) -> Row {
        Row { person: 1, from, to, seq, place: seq as u16, born: 1950, inpatient: true, acute: seq == 1, state: ALIVE }
    }

    fn spans(rows: &[Row]) -> Vec<(i64, Option<i64>, bool, u16)> {
        let made = chains(rows, 8 * HOUR).admissions;
        made.iter().map(|of| (of.from, of.to, of.acute, of.place)).collect()
    }

    #[test]
    fn less_than_eight_hours_apart_is_one_and_exactly_eight_is_two() {
        let close = [row(0, 100, 1), row(100 + 8 * HOUR - 1, 90_000, 2)];
        assert_eq!(spans(&close), [(0, Some(90_000), true, 2)]);
        let apart = [row(0, 100, 1), row(100 + 8 * HOUR, 90_000, 2)];
        assert_eq!(spans(&apart), [(0, Some(100), true, 1), (100 + 8 * HOUR, Some(90_000), false, 2)]);
    }

    #[test]
    fn the_stay_that_ends_last_gives_place_and_the_first_urgency() {
        let within = [row(0, 90_000, 1), row(100, 200, 2), row(80_000, 90_000, 3)];
        assert_eq!(spans(&within), [(0, Some(90_000), true, 3)], "of equal ends the one that began last");
    }

    #[test]
    fn an_open_stay_has_no_end_and_takes_in_what_follows() {
        let open = [row(0, NEVER, 1), row(900_000, 900_100, 2)];
        assert_eq!(spans(&open), [(0, None, true, 1)]);
    }
}
