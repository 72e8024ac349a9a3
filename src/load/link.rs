//! Persons of hospital stays, by the key between NPR's pseudonyms and KPR's.
//!
//! In: the sources nokkel and opphold. Out: [`Links`], and stays with their person. Here end the
//! tests that need other rows than the row itself: `ambiguous-key`, `no-key` and `open-stay`, in
//! this order (SPEC-DETAILS 1, 2 and 8). It never takes one of two persons.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Int64Type, Schema as ArrowSchema};
use rustc_hash::FxHashMap;

use super::inputs::{Inputs, Reject, Scanned, TypedBatch};
use super::scan::Sink;
use crate::domain::{Error, OutOfScope, RejectReason, Result, RowClass};

/// The column of a stay's person in the batches of [`Links::stays`].
pub const PERSON: &str = "kpr_lnr";
const STAY: &str = "npr_lnr";
const END: &str = "uttid";

/// What the key says of one of NPR's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The key of the one person.
    Person(i64),
    /// Rows with two persons.
    Ambiguous,
    /// No row with a person.
    NoKey,
}

/// NPR's numbers (keys of `IdKind::Stay`) with their persons (keys of `IdKind::Person`).
#[derive(Debug, Clone, Default)]
pub struct Links {
    persons: FxHashMap<i64, Link>,
}

/// A row of a source: rank of its file, position in it.
type Place = (u16, u32);

impl Links {
    /// Reads nokkel. Every row of it has its class in the tally: rows of a number with two
    /// persons are rejected as `ambiguous-key`, the others counted, equal ones too.
    pub fn read(inputs: &Inputs) -> Result<(Links, Scanned)> {
        let rows: Mutex<Vec<(Place, i64, i64)>> = Mutex::default();
        let mut scanned = inputs.scan("nokkel", &[STAY, PERSON], &|batch| {
            let (stays, persons) = (whole(&batch.columns, STAY)?, whole(&batch.columns, PERSON)?);
            let keys = stays.values().iter().zip(persons.values());
            let new = batch.rows.iter().zip(keys).map(|(&row, (&stay, &person))| ((batch.file, row), stay, person));
            lock(&rows).extend(new);
            Ok(())
        })?;
        let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        let links = Links::of(rows.iter().map(|&(_, stay, person)| (stay, person)));
        let (bad, good): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|&(_, stay, _)| links.of_stay(stay) == Link::Ambiguous);
        good.iter().for_each(|&((file, _), ..)| scanned.tally.files[usize::from(file)].add(RowClass::Counted, 1));
        let bad: Vec<Place> = bad.into_iter().map(|(place, ..)| place).collect();
        reject(inputs, "nokkel", RejectReason::AmbiguousKey, &bad, &mut scanned)?;
        Ok((links, scanned))
    }

    /// Links of pairs of stay and person, in any order.
    fn of(pairs: impl Iterator<Item = (i64, i64)>) -> Links {
        let mut links = Links::default();
        for (stay, person) in pairs {
            let link = links.persons.entry(stay).or_insert(Link::Person(person));
            if *link != Link::Person(person) {
                *link = Link::Ambiguous;
            }
        }
        links
    }

    /// What the key says of a stay's number.
    pub fn of_stay(&self, stay: i64) -> Link {
        self.persons.get(&stay).copied().unwrap_or(Link::NoKey)
    }

    /// Reads opphold. Batches with `columns` and the person (`kpr_lnr`) go to `sink`, open stays
    /// among them, for they are admissions. In the tally, stays without one person are rejected
    /// and open stays out of scope (`open-stay`); the others have no class yet.
    pub fn stays(&self, inputs: &Inputs, columns: &[&str], sink: Sink) -> Result<Scanned> {
        let mut read = columns.to_vec();
        read.extend([STAY, END].iter().filter(|name| !columns.contains(name)));
        let apart: Mutex<Apart> = Mutex::default();
        let mut scanned = inputs.scan("opphold", &read, &|batch| {
            let (linked, found) = self.link(&batch, columns.len())?;
            lock(&apart).merge(found);
            if linked.rows.is_empty() { Ok(()) } else { sink(linked) }
        })?;
        let apart = apart.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (file, open) in apart.open.into_iter().enumerate() {
            scanned.tally.files[file].add(RowClass::OutOfScope(OutOfScope::OpenStay), open);
        }
        reject(inputs, "opphold", RejectReason::AmbiguousKey, &apart.ambiguous, &mut scanned)?;
        reject(inputs, "opphold", RejectReason::NoKey, &apart.no_key, &mut scanned)?;
        Ok(scanned)
    }

    /// The rows of a batch that have one person, with it, and the other rows.
    fn link(&self, batch: &TypedBatch, wanted: usize) -> Result<(TypedBatch, Apart)> {
        let (stays, ends) = (whole(&batch.columns, STAY)?, batch.columns.column_by_name(END));
        let mut apart = Apart::default();
        let mut persons = Vec::with_capacity(batch.rows.len());
        let mut rows = Vec::with_capacity(batch.rows.len());
        let mut keep = Vec::with_capacity(batch.rows.len());
        for (at, (&row, &stay)) in batch.rows.iter().zip(stays.values()).enumerate() {
            let link = self.of_stay(stay);
            keep.push(matches!(link, Link::Person(_)));
            match link {
                Link::Ambiguous => apart.ambiguous.push((batch.file, row)),
                Link::NoKey => apart.no_key.push((batch.file, row)),
                Link::Person(person) => {
                    apart.add_open(batch.file, ends.is_some_and(|ends| ends.is_null(at)).into());
                    persons.push(person);
                    rows.push(row);
                }
            }
        }
        let columns = with_persons(&batch.columns, wanted, &BooleanArray::from(keep), persons)?;
        Ok((TypedBatch { file: batch.file, rows, columns }, apart))
    }
}

/// Rows that are set apart.
#[derive(Default)]
struct Apart {
    ambiguous: Vec<Place>,
    no_key: Vec<Place>,
    /// Open stays by file.
    open: Vec<u64>,
}

impl Apart {
    fn add_open(&mut self, file: u16, rows: u64) {
        let file = usize::from(file);
        self.open.resize(self.open.len().max(file + 1), 0);
        self.open[file] += rows;
    }
    fn merge(&mut self, other: Apart) {
        self.ambiguous.extend(other.ambiguous);
        self.no_key.extend(other.no_key);
        other.open.into_iter().enumerate().for_each(|(file, rows)| self.add_open(file as u16, rows));
    }
}

/// Rejects rows that a scan let through.
fn reject(inputs: &Inputs, source: &str, reason: RejectReason, rows: &[Place], scanned: &mut Scanned) -> Result<()> {
    let named = |reject: Reject| Reject { reason, column: Some(STAY.to_string()), ..reject };
    let rejects: Vec<Reject> = inputs.fetch(source, rows)?.into_iter().map(named).collect();
    for reject in &rejects {
        scanned.tally.files[usize::from(reject.file)].add(RowClass::Rejected(reason), 1);
    }
    scanned.rejects.extend(rejects);
    scanned.rejects.sort_by_key(|reject| (reject.file, reject.row));
    Ok(())
}

fn with_persons(batch: &RecordBatch, wanted: usize, keep: &BooleanArray, persons: Vec<i64>) -> Result<RecordBatch> {
    let misfit = |_| Error::bug("the persons of a batch have another length than its rows");
    let kept = filter_record_batch(batch, keep).map_err(misfit)?;
    let person = Arc::new(Field::new(PERSON, DataType::Int64, false));
    let fields: Vec<_> = kept.schema().fields().iter().take(wanted).cloned().chain([person]).collect();
    let persons: ArrayRef = Arc::new(Int64Array::from(persons));
    let arrays: Vec<ArrayRef> = kept.columns().iter().take(wanted).cloned().chain([persons]).collect();
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).map_err(misfit)
}

fn whole<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array> {
    let array = batch.column_by_name(name).and_then(|array| array.as_primitive_opt::<Int64Type>());
    array.ok_or_else(|| Error::bug(format!("column {name} is missing in a batch, or no number")))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
