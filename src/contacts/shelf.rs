//! Files of bills and lines on the stage: found by their bytes, and put there where they are not.
//!
//! In: the files of a delivery, hashed. Out: a [`Filed`] for each. What a file is kept under rests
//! on its bytes, the definition's word on its dialect, the lists and the geography; schemas and
//! compiled-in lists are part of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt8Array, UInt32Array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt32Type};
use rayon::prelude::*;

use super::bills::{self, BillReader, Unknown, add_unknown};
use super::filed::{Filed, LeftRow, Meta};
use super::lines;
use super::meaning::Meanings;
use super::spool::lock;
use super::texts;
use crate::codes::Geography;
use crate::definition::{Pipeline, TakstIndex};
use crate::domain::{Error, Result};
use crate::load::{Inputs, Left, OpenFile, Stamp, TypedBatch};
use crate::stage::{Key, Stage, Writer, narrow, values};

/// The sources of bills and lines.
pub const SOURCES: [&str; 3] = ["regning", "takst", "diagnose"];
/// Rows of a chunk, at the least.
const CHUNK: usize = 1 << 17;
/// Files written side by side.
const AT_ONCE: usize = 16;

/// The stage, with what its files are read by.
pub struct Shelf<'a> {
    pub stage: &'a Stage,
    inputs: &'a Inputs,
    pub pipeline: &'a Pipeline,
    reader: BillReader,
    pub meanings: Meanings,
    /// What every file rests on beside its bytes and dialect.
    lists: Vec<String>,
}

impl<'a> Shelf<'a> {
    pub fn new(stage: &'a Stage, inputs: &'a Inputs, pipeline: &'a Pipeline, geography: &Geography) -> Self {
        let of_lists = pipeline.files.iter().filter(|(name, _)| name.starts_with("lists/"));
        let mut lists =
            vec![pipeline.geography.clone(), pipeline.contact_types.id.clone(), pipeline.features.id.clone()];
        lists.extend(of_lists.flat_map(|(name, bytes)| [name.clone(), String::from_utf8_lossy(bytes).into_owned()]));
        Shelf {
            stage,
            inputs,
            pipeline,
            reader: BillReader::new(geography),
            meanings: Meanings::new(TakstIndex::of(pipeline)),
            lists,
        }
    }

    /// What a file of a source and hash is kept under.
    pub fn key(&self, source: &str, sha256: &str) -> Key {
        let used = self.pipeline.sources.iter().find(|used| used.source == source);
        let dialect = used.map(|used| serde_json::json!(used.dialect).to_string()).unwrap_or_default();
        let facts = [source, sha256, &dialect].into_iter().chain(self.lists.iter().map(String::as_str));
        self.stage.key(source, &facts.collect::<Vec<_>>())
    }

    /// The file of a hash, if it is kept.
    pub fn find(&self, source: &str, sha256: &str) -> Result<Option<Filed>> {
        self.stage.read(&self.key(source, sha256)).map(Filed::of).transpose()
    }

    /// The files of a source by rank; those that are not kept are read and kept. None where one
    /// cannot be kept.
    pub fn files(&self, source: &str) -> Result<Option<Vec<Filed>>> {
        let files = self.inputs.files(source)?;
        let found = files.par_iter().map(|file| self.find(source, &file.sha256)).collect::<Result<Vec<_>>>()?;
        let missing: Vec<u16> = (0..).zip(&found).filter(|(_, found)| found.is_none()).map(|(rank, _)| rank).collect();
        for ranks in missing.chunks(AT_ONCE) {
            if !self.keep(source, ranks)? {
                return Ok(None);
            }
        }
        let kept = files.iter().zip(found).map(|(file, found)| match found {
            Some(found) => Ok(found),
            None => {
                self.find(source, &file.sha256)?.ok_or_else(|| Error::output("a staged file has vanished; run again"))
            }
        });
        kept.collect::<Result<_>>().map(Some)
    }

    /// Reads files and keeps them; false where more of their rows are left out than can be held.
    fn keep(&self, source: &str, ranks: &[u16]) -> Result<bool> {
        let files = self.inputs.files(source)?;
        let draft = |&rank: &u16| {
            let key = self.key(source, &files[usize::from(rank)].sha256);
            Result::Ok((rank, Mutex::new(Draft::new(self.stage.create(&key)?))))
        };
        let drafts: BTreeMap<u16, Mutex<Draft>> = ranks.iter().map(draft).collect::<Result<_>>()?;
        let open = |rank: u16| drafts.get(&rank).map(lock).ok_or_else(|| Error::bug("a batch of a file not asked for"));
        let columns: &[&str] = match source {
            "regning" => &bills::COLUMNS,
            "takst" => &lines::TAKST_COLUMNS,
            _ => &lines::DIAGNOSE_COLUMNS,
        };
        let sink = |batch: TypedBatch| self.take(source, batch, &open);
        let Some(found) = self.inputs.scan_open(source, ranks, (columns, &sink))? else { return Ok(false) };
        // What is kept under a hash is of the bytes that were hashed.
        let changed =
            ranks.iter().map(|&rank| &files[usize::from(rank)]).find(|file| Stamp::of(&file.path) != file.stamp);
        if let Some(file) = changed {
            return Err(Error::input(format!(
                "{}: the file was changed while it was read; run again when the delivery is complete",
                file.name
            )));
        }
        // Before the first file that has a key of theirs.
        texts::keep(self.stage, self.inputs)?;
        let mut drafts = drafts;
        for file in found {
            let draft = drafts.remove(&file.file).ok_or_else(|| Error::bug("a file not asked for"))?;
            draft.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).finish(file, &self.meanings)?;
        }
        Ok(true)
    }

    fn take<'d>(
        &self,
        source: &str,
        batch: TypedBatch,
        open: &impl Fn(u16) -> Result<MutexGuard<'d, Draft>>,
    ) -> Result<()> {
        let file = batch.file;
        // Of rank 0, until a night knows better.
        let batch = TypedBatch { file: 0, ..batch };
        match source {
            "regning" => {
                let read = self.reader.read(&batch)?;
                open(file)?.bills(read.rows, &read.unknown)
            }
            "takst" => {
                let (runs, unknown) = lines::takst_runs(&batch, &self.meanings)?;
                let mut draft = open(file)?;
                draft.meta.unknown_codes += unknown;
                draft.note_contents(&runs);
                draft.rows(runs)
            }
            _ => open(file)?.rows(lines::diagnose_runs(&batch)?),
        }
    }
}

/// A file on its way to the stage.
struct Draft {
    writer: Writer,
    meta: Meta,
    days: BTreeMap<i32, u64>,
    unknown: BTreeMap<i32, Unknown>,
    credits: Vec<(i64, i64)>,
    contents: BTreeSet<u32>,
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
}

impl Draft {
    fn new(writer: Writer) -> Draft {
        Draft {
            writer,
            meta: Meta::default(),
            days: BTreeMap::new(),
            unknown: BTreeMap::new(),
            credits: Vec::new(),
            contents: BTreeSet::new(),
            waiting: Vec::new(),
            waiting_rows: 0,
        }
    }

    fn bills(&mut self, rows: RecordBatch, unknown: &[u8]) -> Result<()> {
        let misfit = || Error::bug("rows of regning have a column of their own type");
        let days = values::<arrow::datatypes::Int32Type>(&rows, "registered").ok_or_else(misfit)?;
        for (day, unknown) in days.iter().zip(unknown) {
            *self.days.entry(*day).or_default() += 1;
            if *unknown != 0 {
                add_unknown(self.unknown.entry(*day).or_default(), &[*unknown]);
            }
        }
        let bills = values::<Int64Type>(&rows, "bill").ok_or_else(misfit)?;
        let credits = rows.column_by_name("credits").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let pairs = credits.ok_or_else(misfit)?.iter().zip(bills).filter_map(|(other, bill)| Some((*bill, other?)));
        self.credits.extend(pairs);
        self.rows(rows)
    }

    fn note_contents(&mut self, runs: &RecordBatch) {
        self.contents.extend(values::<UInt32Type>(runs, "content").into_iter().flatten());
    }

    fn rows(&mut self, rows: RecordBatch) -> Result<()> {
        self.waiting_rows += rows.num_rows();
        self.waiting.push(rows);
        if self.waiting_rows >= CHUNK { self.chunk() } else { Ok(()) }
    }

    fn chunk(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_rows = 0;
        let Some(first) = waiting.first() else { return Ok(()) };
        let lost = |_| Error::bug("rows could not be put together for the stage");
        let rows = concat_batches(&first.schema(), &waiting).map_err(lost)?;
        let keys = rows.project(&[0]).map_err(lost)?;
        let bills = keys.column(0).as_primitive_opt::<Int64Type>();
        let bills = bills.ok_or_else(|| Error::bug("rows have a first column of their own type"))?;
        let bounds = (bills.values().iter().min(), bills.values().iter().max());
        let (Some(&lowest), Some(&highest)) = bounds else { return Ok(()) };
        let chunk = self.meta.chunks.len();
        self.writer.rows(&format!("keys-{chunk}"), &narrow(&keys)?)?;
        self.writer.rows(&format!("rows-{chunk}"), &narrow(&rows)?)?;
        self.meta.chunks.push((lowest, highest));
        Ok(())
    }

    fn finish(mut self, file: OpenFile, meanings: &Meanings) -> Result<()> {
        self.chunk()?;
        let left: Vec<LeftRow> = file.left.into_iter().map(kept).collect();
        let left = serde_json::to_vec(&left).map_err(|_| Error::bug("rows left out are no JSON"))?;
        self.writer.part("left", &left)?;
        let (bills, credits): (Vec<i64>, Vec<i64>) = self.credits.into_iter().unzip();
        let columns: [(&str, ArrayRef); 2] =
            [("bill", Arc::new(Int64Array::from(bills))), ("credits", Arc::new(Int64Array::from(credits)))];
        self.writer.rows("credits", &table(columns)?)?;
        if !self.contents.is_empty() {
            self.writer.rows("contents", &spelled(&self.contents, meanings)?)?;
        }
        self.meta.rows = file.rows;
        self.meta.humans = file.humans;
        self.meta.texts = file.texts;
        self.meta.days = self.days.into_iter().collect();
        self.meta.unknown = self.unknown.into_iter().collect();
        self.writer.finish(&self.meta)
    }
}

fn kept(left: Left) -> LeftRow {
    let Left { row, line, key, day, class, column, fields, .. } = left;
    (row, line, key, day, class.position(), column, fields)
}

/// Some meanings, a row an epoch.
fn spelled(contents: &BTreeSet<u32>, meanings: &Meanings) -> Result<RecordBatch> {
    let rows: Vec<(u32, u8, u32)> = contents
        .iter()
        .flat_map(|&id| meanings.spelled(id).into_iter().map(move |(kind, features)| (id, kind, features)))
        .collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.0)))),
        ("kind", Arc::new(UInt8Array::from_iter_values(rows.iter().map(|row| row.1)))),
        ("features", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.2)))),
    ];
    table(columns)
}

/// Columns without nulls as rows.
fn table<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch> {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, DataType::clone(array.data_type()), false);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())
        .map_err(|_| Error::bug("columns of different lengths for the stage"))
}
