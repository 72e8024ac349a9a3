//! The walk through the room: set aside, resolve part by part, gather by person.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::bills::{self, BillReader};
use super::books::{Books, enter, enter_lines};
use super::bridge::frame;
use super::gather::{Classifier, Gatherer};
use super::lines::{self, main_diagnosis};
use super::meaning::{MeaningId, Meanings, Seen};
use super::parts::each_part;
use super::resolve::{Part, Resolved, credited, resolve};
use super::runs::Lines;
use super::spool::{Budget, Spool, part_of};
use super::table::Contacts;
use crate::codes::Geography;
use crate::definition::{FeatureSet, Pipeline, TakstIndex};
use crate::domain::Result;
use crate::load::{Inputs, Scanned};
use crate::schema::IdKind;

/// Rows of regning that one part should hold.
const ROWS_A_PART: u64 = 1_000_000;
/// A row of regning takes at least some so many bytes of a delivery, compressed or not.
const BYTES_A_ROW: u64 = 24;
/// Parts that persons are gathered in.
const PERSON_PARTS: usize = 64;

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
    let parts = parts(inputs)?;
    let spool = |schema| Spool::new(schema, parts, &budget, workspace.scratch);
    let (regning, takst, diagnose) = (spool(bills::schema()), spool(lines::schema()), spool(lines::schema()));
    let reader = BillReader::new(geography, &regning);
    let meanings = Meanings::new(TakstIndex::new(&pipeline.contact_types, &pipeline.features));

    let mut scanned_bills = inputs.scan("regning", &bills::COLUMNS, &|batch| reader.take(batch))?;
    let mut scanned_takst = if_read(pipeline, "takst", || {
        inputs.scan("takst", &lines::TAKST_COLUMNS, &|batch| lines::take_takst(&batch, &meanings, &takst))
    })?;
    let mut scanned_diagnose = if_read(pipeline, "diagnose", || {
        inputs.scan("diagnose", &lines::DIAGNOSE_COLUMNS, &|batch| lines::take_diagnose(&batch, &diagnose))
    })?;

    let room = Room { regning: &regning, takst: &takst, diagnose: &diagnose, meanings: &meanings, pipeline };
    let (contacts, resolved) = room.contacts(&scanned_bills, inputs)?;

    let (takst_books, diagnose_books): (Vec<Lines>, Vec<Lines>) = resolved
        .into_iter()
        .map(|(classes, takst, diagnose)| {
            enter(&mut scanned_bills, &classes);
            (takst, diagnose)
        })
        .unzip();
    enter_lines(&mut scanned_takst, "takst", &takst_books, inputs)?;
    enter_lines(&mut scanned_diagnose, "diagnose", &diagnose_books, inputs)?;

    let mut books = Books::default();
    for (column, count) in [
        ("praksistype", &reader.unknown.practice_type),
        ("kommunenr", &reader.unknown.residence),
        ("praksiskommune", &reader.unknown.practice_place),
    ] {
        books.unknown.insert(("regning".into(), column.into()), count.load(Ordering::Relaxed));
    }
    books.unknown.insert(("takst".into(), "takstkode".into()), meanings.unknown_codes());
    books.sources.insert("regning".into(), scanned_bills);
    for (source, scanned) in [("takst", scanned_takst), ("diagnose", scanned_diagnose)] {
        if pipeline.reads(source) {
            books.sources.insert(source.into(), scanned);
        }
    }
    Ok((contacts, books))
}

/// What a scan gives, of a source that the pipeline reads.
fn if_read(pipeline: &Pipeline, source: &str, scan: impl FnOnce() -> Result<Scanned>) -> Result<Scanned> {
    if pipeline.reads(source) { scan() } else { Ok(Scanned::default()) }
}

/// Parts enough that one fits well in memory; the number changes no result.
fn parts(inputs: &Inputs) -> Result<usize> {
    Ok((inputs.bytes("regning")? / BYTES_A_ROW / ROWS_A_PART).clamp(1, 256) as usize)
}

type PartBooks = (Vec<super::resolve::Classed>, Lines, Lines);

/// What is set aside, and what it is read with.
struct Room<'a> {
    regning: &'a Spool<'a>,
    takst: &'a Spool<'a>,
    diagnose: &'a Spool<'a>,
    meanings: &'a Meanings,
    pipeline: &'a Pipeline,
}

impl Room<'_> {
    fn contacts(&self, bills: &Scanned, inputs: &Inputs) -> Result<(Contacts, Vec<PartBooks>)> {
        let parts = self.regning.parts();
        let left_out = by_part(bills.left_out.iter().copied(), parts);
        let named = each_part(parts, |part| credited(frame(self.regning.schema(), &self.regning.read(part)?)?))?;
        let named = by_part(named.into_iter().flatten(), parts);

        let gatherer = Gatherer::new(PERSON_PARTS);
        let books = each_part(parts, |part| {
            let resolved = self.resolve(part, &left_out[part], &named[part])?;
            gatherer.take(&resolved, &self.classifier())?;
            Ok((resolved.regning, resolved.takst, resolved.diagnose))
        })?;
        Ok((gatherer.finish(inputs.ids(IdKind::Bill)), books))
    }

    /// Made anew for every part that has been resolved: resolving finds new combinations of codes.
    fn classifier(&self) -> Classifier<'_, impl Fn(MeaningId, i32) -> (Option<u8>, FeatureSet) + Sync> {
        Classifier {
            answers: self.meanings.answers(),
            unclassified: self.pipeline.contact_types.types.len().saturating_sub(1) as u8,
            age_groups: &self.pipeline.age_groups,
            with_clinics: self.pipeline.tables.iter().any(|table| table.joins_practices()),
        }
    }

    fn resolve(&self, part: usize, left_out: &[i64], credited: &[i64]) -> Result<Resolved> {
        let part = Part {
            bills: frame(self.regning.schema(), &self.regning.drain(part)?)?,
            takst: frame(self.takst.schema(), &self.takst.drain(part)?)?,
            diagnose: frame(self.diagnose.schema(), &self.diagnose.drain(part)?)?,
            left_out: left_out.to_vec(),
            credited: credited.to_vec(),
            since: self.since(),
        };
        let mut seen = Seen::default();
        resolve(part, |a, b| self.meanings.both(&mut seen, a, b), main_diagnosis)
    }

    /// Contacts before the first `since` of all tables are in none of them.
    fn since(&self) -> Option<i64> {
        let firsts: Option<Vec<_>> = self.pipeline.tables.iter().map(|table| table.since).collect();
        firsts?.into_iter().min().map(|month| i64::from(month.first_day()) * 86_400)
    }
}

fn by_part(keys: impl Iterator<Item = i64>, parts: usize) -> Vec<Vec<i64>> {
    let mut split = vec![Vec::new(); parts];
    keys.for_each(|key| split[part_of(key, parts)].push(key));
    split
}
