//! What became of every bill, and how many count in each month, where no table is made of contacts.
//!
//! In: batches of regning. Out: [`Tallied`]: the same months, delays, volumes and classes of rows as
//! [`build`](super::build()) gives, without a contact. A row waits as 32 bytes, among those whose
//! number falls in its part; nothing is joined, since few bills have several versions or are
//! credited. Never reads a line of a bill, never tells who had a contact.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::bills::{AVVIST, BEHANDLES, BillReader, NO_PRACTICE_TYPE, Unknown, add_unknown, file_of, first_second, seq};
use super::books::{Books, enter};
use super::columns::{date, moment, number, whole};
use super::parts::each_part;
use super::resolve::Classed;
use super::spool::{lock, part_of};
use super::table::{Contacts, Delay};
use super::volumes::{MonthVolumes, Volumes};
use crate::codes::{Geography, practice_types};
use crate::definition::Pipeline;
use crate::domain::{Month, OutOfScope, PlaceIndex, Result, RowClass, SECONDS_A_DAY};
use crate::load::{Inputs, Scanned, TypedBatch};

/// The columns of regning that a bill is accounted for by.
const COLUMNS: [&str; 9] = [
    "enkeltregning_lnr",
    "praksistype",
    "praksiskommune",
    "tidspunkt",
    "registrert",
    "status",
    "krediterer_lnr",
    "kommunenr",
    "kommunenr_pb",
];

/// A row of regning takes at least some so many bytes of a delivery, compressed or not.
const BYTES_A_ROW: u64 = 24;
/// Rows that one part should hold, so that its numbers stay at hand for the processor.
const ROWS_A_PART: u64 = 1 << 17;

/// The bills of a delivery, without contacts.
pub struct Tallied {
    /// Months and delays alone; there is no part.
    pub contacts: Contacts,
    pub volumes: Volumes,
    pub books: Books,
}

/// A row of regning on its way.
#[derive(Debug, Clone, Copy)]
struct Row {
    bill: i64,
    /// Place in the delivery: file rank, then row.
    seq: u64,
    /// Day of registration.
    registered: i32,
    month: i32,
    residence: PlaceIndex,
    practice: PlaceIndex,
    practice_type: u8,
    /// Where it is the version that counts, and no credit names it.
    class: RowClass,
}

impl Row {
    /// The version of the largest rank counts (SPEC, As of a day).
    fn rank(&self) -> (i32, u64) {
        (self.registered, self.seq)
    }
}

/// The rows of one part, and which bills those of them name that are godkjent and credit another.
#[derive(Default)]
struct Part {
    rows: Vec<Vec<Row>>,
    /// (Place of the crediting row, bill that it names.)
    credits: Vec<(u64, i64)>,
}

/// What is taken from the rows of regning.
struct Taking<'a> {
    reader: BillReader,
    /// Contacts that start before this second are out of scope; none: all are in.
    since: Option<i64>,
    parts: &'a [Mutex<Part>],
    unknown: Mutex<Unknown>,
}

/// Says of every row of regning what became of it.
///
/// # Errors
/// What `load` finds wrong with a file.
pub fn tally(inputs: &Inputs, pipeline: &Pipeline, geography: &Geography) -> Result<Tallied> {
    let number = (inputs.bytes("regning")? / BYTES_A_ROW / ROWS_A_PART).clamp(1, 1024) as usize;
    let parts: Vec<Mutex<Part>> = (0..number).map(|_| Mutex::default()).collect();
    let (reader, since) = (BillReader::new(geography), first_second(pipeline));
    let taking = Taking { reader, since, parts: &parts, unknown: Mutex::default() };
    let mut scanned = inputs.scan("regning", &COLUMNS, &|batch| taking.take(&batch))?;
    let unknown = taking.unknown.into_inner().unwrap_or_else(PoisonError::into_inner);
    let counts = resolve(&parts, (practice_types().len(), geography.municipalities.len()))?;
    enter(&mut scanned, &counts.classes());
    let (contacts, volumes) = counts.finish();
    let none = Scanned::default;
    let scanned = [("regning", scanned), ("takst", none()), ("diagnose", none())];
    let books = Books::of(pipeline, scanned, (unknown, 0));
    Ok(Tallied { contacts, volumes, books })
}

impl Taking<'_> {
    fn take(&self, batch: &TypedBatch) -> Result<()> {
        let columns = &batch.columns;
        let (bills, credits) = (whole(columns, "enkeltregning_lnr")?, whole(columns, "krediterer_lnr")?);
        let (starts, days) = (moment(columns, "tidspunkt")?, date(columns, "registrert")?);
        let codes = self.reader.codes(batch)?;
        add_unknown(&mut lock(&self.unknown), &codes.unknown);
        let part = |row: usize| part_of(bills.value(row), self.parts.len());
        let mut lengths = vec![0; self.parts.len()];
        (0..batch.rows.len()).for_each(|row| lengths[part(row)] += 1);
        let mut split: Vec<Vec<Row>> = lengths.into_iter().map(Vec::with_capacity).collect();
        let mut months = LastMonth::default();
        for row in 0..batch.rows.len() {
            let (start, kind) = (starts.value(row), codes.practice_type[row]);
            let credited = number(credits, row);
            let class = match codes.status[row] {
                AVVIST => RowClass::OutOfScope(OutOfScope::StatusAvvist),
                BEHANDLES => RowClass::OutOfScope(OutOfScope::StatusBehandles),
                _ if credited.is_some() => RowClass::OutOfScope(OutOfScope::Crediting),
                _ if kind == NO_PRACTICE_TYPE => RowClass::OutOfScope(OutOfScope::PracticeType),
                _ if self.since.is_some_and(|since| start < since) => RowClass::OutOfScope(OutOfScope::BeforeSince),
                _ => RowClass::Counted,
            };
            let of = Row {
                bill: bills.value(row),
                seq: seq(batch.file, batch.rows[row]),
                registered: days.value(row),
                month: months.of(start.div_euclid(SECONDS_A_DAY) as i32),
                residence: codes.residence[row],
                practice: codes.practice[row],
                practice_type: kind,
                class,
            };
            if let (RowClass::OutOfScope(OutOfScope::Crediting), Some(named)) = (class, credited) {
                lock(&self.parts[part(row)]).credits.push((of.seq, named));
            }
            split[part(row)].push(of);
        }
        for (part, rows) in split.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            lock(&self.parts[part]).rows.push(rows);
        }
        Ok(())
    }
}

/// The month of a day; neighbouring rows are mostly of the same one.
#[derive(Default)]
struct LastMonth {
    days: std::ops::Range<i32>,
    month: i32,
}

impl LastMonth {
    fn of(&mut self, day: i32) -> i32 {
        if !self.days.contains(&day) {
            let month = Month::of_day(day);
            (self.days, self.month) = (month.first_day()..month.last_day() + 1, month.0);
        }
        self.month
    }
}

/// Rows by file and class, and counted bills by month.
#[derive(Default)]
struct Counts {
    classes: FxHashMap<(u16, RowClass), u64>,
    /// By month and day of registration.
    registered: FxHashMap<(i32, i32), u64>,
    volumes: FxHashMap<i32, MonthVolumes>,
    over: (usize, usize),
}

/// Finds the class of every row, part by part.
fn resolve(parts: &[Mutex<Part>], over: (usize, usize)) -> Result<Counts> {
    let superseded = each_part(parts.len(), |at| {
        let part = lock(&parts[at]);
        let superseded = superseded(&part.rows);
        let sound = part.credits.iter().filter(|(row, _)| !superseded.contains(row));
        let named: Vec<i64> = sound.map(|&(_, named)| named).collect();
        Ok((superseded, named))
    })?;
    let mut cancelled: Vec<FxHashSet<i64>> = vec![FxHashSet::default(); parts.len()];
    for &bill in superseded.iter().flat_map(|(_, named)| named) {
        cancelled[part_of(bill, parts.len())].insert(bill);
    }
    let all = Mutex::new(Counts { over, ..Counts::default() });
    each_part(parts.len(), |at| {
        let rows = std::mem::take(&mut lock(&parts[at]).rows);
        let mut counts = Counts { over, ..Counts::default() };
        for row in rows.iter().flatten() {
            counts.add(row, class(row, &superseded[at].0, &cancelled[at]));
        }
        lock(&all).plus(counts);
        Ok(())
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The places of rows that are not the version of their bill that counts.
fn superseded(rows: &[Vec<Row>]) -> FxHashSet<u64> {
    let number = rows.iter().map(Vec::len).sum();
    let mut met = FxHashSet::with_capacity_and_hasher(number, Default::default());
    let repeated: FxHashSet<i64> =
        rows.iter().flatten().map(|row| row.bill).filter(|&bill| !met.insert(bill)).collect();
    let mut latest: FxHashMap<i64, (i32, u64)> = FxHashMap::default();
    let mut superseded = FxHashSet::default();
    if repeated.is_empty() {
        return superseded;
    }
    for row in rows.iter().flatten().filter(|row| repeated.contains(&row.bill)) {
        let best = latest.entry(row.bill).or_insert(row.rank());
        if *best != row.rank() {
            superseded.insert((*best).min(row.rank()).1);
            *best = (*best).max(row.rank());
        }
    }
    superseded
}

/// The class of a row, by the order of SPEC-DETAILS 5.
fn class(row: &Row, superseded: &FxHashSet<u64>, cancelled: &FxHashSet<i64>) -> RowClass {
    use OutOfScope::{Crediting, StatusAvvist, StatusBehandles};
    match row.class {
        _ if superseded.contains(&row.seq) => RowClass::Superseded,
        RowClass::OutOfScope(StatusAvvist | StatusBehandles | Crediting) => row.class,
        _ if cancelled.contains(&row.bill) => RowClass::Cancelled,
        class => class,
    }
}

impl Counts {
    fn add(&mut self, row: &Row, class: RowClass) {
        *self.classes.entry((file_of(row.seq), class)).or_default() += 1;
        if class == RowClass::Counted {
            *self.registered.entry((row.month, row.registered)).or_default() += 1;
            let volumes = self.volumes.entry(row.month).or_insert_with(|| MonthVolumes::none(self.over));
            volumes.add((row.practice_type, row.residence, row.practice), self.over);
        }
    }

    fn plus(&mut self, other: Counts) {
        other.classes.into_iter().for_each(|(of, rows)| *self.classes.entry(of).or_default() += rows);
        other.registered.into_iter().for_each(|(of, rows)| *self.registered.entry(of).or_default() += rows);
        for (month, volumes) in other.volumes {
            self.volumes.entry(month).or_insert_with(|| MonthVolumes::none(self.over)).plus(&volumes);
        }
    }

    fn classes(&self) -> Vec<Classed> {
        self.classes.iter().map(|(&(file, class), &rows)| Classed { file, class, rows }).collect()
    }

    fn finish(self) -> (Contacts, Volumes) {
        let delay = |((month, registered), rows): ((i32, i32), u64)| {
            let month = Month(month);
            (Delay { month, days: registered - month.last_day() }, rows)
        };
        let delays: BTreeMap<Delay, u64> = self.registered.into_iter().map(delay).collect();
        let of = |delay: &Delay| delay.month;
        let months = delays.keys().next().map(of).zip(delays.keys().next_back().map(of));
        let counts: Vec<(Month, MonthVolumes)> =
            self.volumes.into_iter().map(|(month, of)| (Month(month), of)).collect();
        let volumes = Volumes::of_months(months, &counts, self.over);
        (Contacts { months, delays, ..Contacts::default() }, volumes)
    }
}
