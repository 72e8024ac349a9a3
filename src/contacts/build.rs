//! The walk through the room: set aside, resolve part by part, gather by person.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::bills::{self, BillReader, Unknown, add_unknown};
use super::books::{Books, enter, enter_lines};
use super::gather::Gatherer;
use super::lines;
use super::meaning::Meanings;
use super::room::Room;
use super::spool::{Budget, lock};
use super::table::Contacts;
use crate::codes::Geography;
use crate::definition::{Pipeline, TakstIndex};
use crate::domain::Result;
use crate::load::{Inputs, Scanned};
use crate::schema::IdKind;

/// Rows of regning that one part should hold.
pub const ROWS_A_PART: u64 = 1_000_000;
/// A row of regning takes at least some so many bytes of a delivery, compressed or not.
const BYTES_A_ROW: u64 = 24;
/// Parts that persons are gathered in.
pub const PERSON_PARTS: usize = 64;

/// Where rows wait, and how much of them in memory.
#[derive(Debug, Clone, Copy)]
pub struct Workspace<'a> {
    /// A folder that only this user can read; left empty.
    pub scratch: &'a Path,
    /// Bytes of rows kept in memory; the rest waits on disk.
    pub memory: usize,
}

/// Counts no cell, but says of every bill whether it is a contact, and of every row what became
/// of it.
///
/// # Errors
/// What `load` finds wrong with a file; a scratch folder that cannot be written.
pub fn build(
    inputs: &Inputs,
    pipeline: &Pipeline,
    geography: &Geography,
    workspace: Workspace<'_>,
) -> Result<(Contacts, Books)> {
    let budget = Budget::new(workspace.memory);
    let room = Room::new(pipeline, parts(inputs)?, &budget, workspace.scratch);
    let (reader, meanings) = (BillReader::new(geography), Meanings::new(TakstIndex::of(pipeline)));
    let unknown = Mutex::new((Unknown::default(), 0));

    let mut scanned_bills = inputs.scan("regning", &bills::COLUMNS, &|batch| {
        let read = reader.read(&batch)?;
        add_unknown(&mut lock(&unknown).0, &read.unknown);
        room.regning.push_by(&read.rows, 0)
    })?;
    let mut scanned_takst = if_read(pipeline, "takst", || {
        inputs.scan("takst", &lines::TAKST_COLUMNS, &|batch| {
            let (runs, codes) = lines::takst_runs(&batch, &meanings)?;
            lock(&unknown).1 += codes;
            room.takst.push_by(&runs, 0)
        })
    })?;
    let mut scanned_diagnose = if_read(pipeline, "diagnose", || {
        let take = |batch| room.diagnose.push_by(&lines::diagnose_runs(&batch)?, 0);
        inputs.scan("diagnose", &lines::DIAGNOSE_COLUMNS, &take)
    })?;

    let gatherer = Gatherer::new(PERSON_PARTS);
    let books = room.resolve(&meanings, &scanned_bills.left_out, &|contacts| {
        gatherer.take(contacts);
        Ok(())
    })?;
    let contacts = gatherer.finish(inputs.ids(IdKind::Bill));

    enter(&mut scanned_bills, &books.regning);
    enter_lines(&mut scanned_takst, "takst", &books.takst, inputs)?;
    enter_lines(&mut scanned_diagnose, "diagnose", &books.diagnose, inputs)?;
    let (coded, codes) = unknown.into_inner().unwrap_or_else(PoisonError::into_inner);
    let scanned = [("regning", scanned_bills), ("takst", scanned_takst), ("diagnose", scanned_diagnose)];
    Ok((contacts, Books::of(pipeline, scanned, (coded, codes))))
}

/// What a scan gives, of a source that the pipeline reads.
fn if_read(pipeline: &Pipeline, source: &str, scan: impl FnOnce() -> Result<Scanned>) -> Result<Scanned> {
    if pipeline.reads(source) { scan() } else { Ok(Scanned::default()) }
}

/// Parts enough that one fits well in memory; the number changes no result.
pub fn parts(inputs: &Inputs) -> Result<usize> {
    Ok((inputs.bytes("regning")? / BYTES_A_ROW / ROWS_A_PART).clamp(1, 256) as usize)
}
