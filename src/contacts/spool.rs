//! Rows set aside by a key, so that one part at a time can be joined in bounded memory.
//!
//! In: batches from several threads in any order. Out: the batches of one part. What is over the
//! budget goes to Arrow IPC files in the scratch folder, readable by this user alone. Never keeps
//! a file after it is dropped.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{AsArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Int64Type, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;

use crate::domain::{Error, Result};

/// Memory for what waits, shared by several spools; in bytes.
#[derive(Debug)]
pub struct Budget {
    held: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub fn new(limit: usize) -> Self {
        Budget { held: AtomicUsize::new(0), limit }
    }
    /// Takes `bytes` if they fit.
    fn take(&self, bytes: usize) -> bool {
        let fits = |held: usize| (held + bytes <= self.limit).then_some(held + bytes);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }
    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Rows by part of their key.
pub struct Spool<'a> {
    schema: SchemaRef,
    parts: Vec<Mutex<Part>>,
    budget: &'a Budget,
    scratch: &'a Path,
}

#[derive(Default)]
struct Part {
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    held: Vec<RecordBatch>,
    held_bytes: usize,
    spilled: Option<SpillFile>,
}

/// Small pieces are joined to batches of about this many rows.
const BATCH_ROWS: usize = 32 * 1024;

/// The part of a key: a multiplicative hash, so that runs of numbers spread evenly.
pub fn part_of(key: i64, parts: usize) -> usize {
    let hash = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    ((hash * parts as u64) >> 32) as usize
}

impl<'a> Spool<'a> {
    pub fn new(schema: SchemaRef, parts: usize, budget: &'a Budget, scratch: &'a Path) -> Self {
        Spool { schema, parts: (0..parts).map(|_| Mutex::default()).collect(), budget, scratch }
    }

    /// Sets the rows of `batch` aside; `keys` is one key a row.
    pub fn push(&self, keys: &[i64], batch: &RecordBatch) -> Result<()> {
        if self.parts.len() == 1 {
            return self.append(0, batch.clone());
        }
        let mut rows = vec![Vec::new(); self.parts.len()];
        for (row, &key) in keys.iter().enumerate() {
            rows[part_of(key, self.parts.len())].push(row as u32);
        }
        for (part, rows) in rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let piece = take_record_batch(batch, &UInt32Array::from(rows)).map_err(|_| Error::bug("rows set aside"))?;
            self.append(part, piece)?;
        }
        Ok(())
    }

    /// Sets the rows of `batch` aside by the keys in its column `at`.
    pub fn push_by(&self, batch: &RecordBatch, at: usize) -> Result<()> {
        let keys = batch.column(at).as_primitive_opt::<Int64Type>();
        self.push(keys.ok_or_else(|| Error::bug("rows set aside have no key"))?.values(), batch)
    }

    /// Sets rows aside in a part, whatever their keys.
    pub fn append(&self, part: usize, piece: RecordBatch) -> Result<()> {
        let mut at = lock(&self.parts[part]);
        at.waiting_rows += piece.num_rows();
        at.waiting.push(piece);
        if at.waiting_rows >= BATCH_ROWS { self.settle(&mut at) } else { Ok(()) }
    }

    /// Joins what waits to one batch and keeps it in memory or on disk.
    fn settle(&self, part: &mut Part) -> Result<()> {
        let waiting = std::mem::take(&mut part.waiting);
        part.waiting_rows = 0;
        let batch = arrow::compute::concat_batches(&self.schema, &waiting).map_err(|_| Error::bug("rows set aside"))?;
        let bytes = batch.get_array_memory_size();
        if self.budget.take(bytes) {
            part.held_bytes += bytes;
            part.held.push(batch);
            return Ok(());
        }
        if part.spilled.is_none() {
            part.spilled = Some(self.spill_file()?);
        }
        match &mut part.spilled {
            Some(file) => file.write(&batch).map_err(no_scratch),
            None => Ok(()),
        }
    }

    fn spill_file(&self) -> Result<SpillFile> {
        let file = tempfile::tempfile_in(self.scratch).map_err(no_scratch)?;
        StreamWriter::try_new(BufWriter::new(file), &self.schema).map_err(no_scratch)
    }

    pub fn parts(&self) -> usize {
        self.parts.len()
    }
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows of one part, in no particular order, left in place for a second look.
    pub fn read(&self, part: usize) -> Result<Vec<RecordBatch>> {
        let mut at = lock(&self.parts[part]);
        if !at.waiting.is_empty() {
            self.settle(&mut at)?;
        }
        let mut batches = at.held.clone();
        if let Some(writer) = at.spilled.take() {
            let (writer, read) = reread(writer)?;
            batches.extend(read);
            at.spilled = Some(writer);
        }
        Ok(batches)
    }

    /// The rows of one part, which is then empty.
    pub fn drain(&self, part: usize) -> Result<Vec<RecordBatch>> {
        let batches = self.read(part)?;
        let mut at = lock(&self.parts[part]);
        self.budget.give_back(at.held_bytes);
        *at = Part::default();
        Ok(batches)
    }
}

type SpillFile = StreamWriter<BufWriter<File>>;

/// Reads a spilled part from its start and leaves its writer at the end.
fn reread(mut writer: SpillFile) -> Result<(SpillFile, Vec<RecordBatch>)> {
    writer.flush().map_err(no_scratch)?;
    let mut file = writer.get_ref().get_ref().try_clone().map_err(no_scratch)?;
    file.seek(SeekFrom::Start(0)).map_err(no_scratch)?;
    let reader = StreamReader::try_new(BufReader::with_capacity(1 << 20, file), None).map_err(no_scratch)?;
    let batches = reader.map(|batch| batch.map_err(no_scratch)).collect::<Result<Vec<_>>>()?;
    Ok((writer, batches))
}

fn no_scratch<E>(_: E) -> Error {
    Error::output("the scratch folder could not be written or read: is the disk full? Free space and run again")
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;

    fn all(spool: &Spool<'_>, part: usize) -> Vec<i64> {
        let mut keys: Vec<i64> = spool
            .read(part)
            .unwrap()
            .iter()
            .flat_map(|batch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec())
            .collect();
        keys.sort();
        keys
    }

    #[test]
    fn every_row_comes_back_once_in_its_part_in_memory_or_spilled() {
        let schema = Arc::new(Schema::new(vec![Field::new("key", DataType::Int64, false)]));
        let scratch = tempfile::tempdir().unwrap();
        for limit in [0, usize::MAX] {
            let budget = Budget::new(limit);
            let spool = Spool::new(schema.clone(), 3, &budget, scratch.path());
            for start in 0..4 {
                let keys: Vec<i64> = (start * 50_000..(start + 1) * 50_000).collect();
                let batch =
                    RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(keys.clone()))]).unwrap();
                spool.push(&keys, &batch).unwrap();
            }
            let parts: Vec<Vec<i64>> = (0..3).map(|part| all(&spool, part)).collect();
            assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 200_000);
            for (part, keys) in parts.iter().enumerate() {
                assert!(keys.iter().all(|&key| part_of(key, 3) == part));
                assert_eq!(keys, &all(&spool, part), "a second look sees the same rows");
                spool.drain(part).unwrap();
                assert!(all(&spool, part).is_empty());
            }
        }
    }
}
