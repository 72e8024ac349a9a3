//! Reads all files of a source in parallel and in bounded memory.
//!
//! In: the files of a source with their layouts. Out: batches to a sink, in any order, and a
//! [`Scanned`] that does not depend on that order. Workers pull: whoever is free takes the next
//! block of the first file that nobody is reading at the moment, so that one huge file keeps all
//! threads busy and no more blocks are held than there are threads.

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, TryLockError};

use rayon::prelude::*;

use super::blocks::{Block, Blocks, Broken, LONGEST_RECORD};
use super::bytes::{damaged, hash, open_text};
use super::csv_rows::read_block;
use super::header::CsvLayout;
use super::human;
use super::ids::IdSpace;
use super::inputs::{FileInput, Layout, Reject, Scanned, TypedBatch, shown};
use super::left::Left;
use super::open::Open;
use super::parquet_rows;
use super::rowtest::Numbers;
use crate::domain::{Error, FileTally, Result, RowClass, SourceTally};
use crate::schema::{ColumnKind, IdKind, Schema};

/// Where batches go; called from several threads.
pub type Sink<'a> = &'a (dyn Fn(TypedBatch) -> Result<()> + Sync);

/// What is read, by which rules, for whom.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub schema: &'a Schema,
    pub as_of: i32,
    pub spaces: &'a [IdSpace],
    /// Positions of the wanted columns in the schema.
    pub wanted: &'a [usize],
    pub sink: Sink<'a>,
}

impl<'a> Job<'a> {
    /// The day that a row's class depends on beside its own faults.
    pub fn day(&self, row: &impl Numbers) -> Option<i32> {
        self.schema.rules.after_as_of.and_then(|at| row.number(at)).and_then(|day| i32::try_from(day).ok())
    }
    /// The space of a kind of identifier.
    pub fn ids(&self, kind: IdKind) -> &'a IdSpace {
        &self.spaces[kind as usize]
    }
    /// The first column, where it is an identifier.
    pub fn key_column(&self) -> Option<usize> {
        let first = self.schema.columns.first()?;
        matches!(first.kind, ColumnKind::Id(_)).then_some(0)
    }
    /// Gives a batch, if there is one, to the sink.
    pub fn send(&self, batch: Option<TypedBatch>) -> Result<()> {
        batch.map_or(Ok(()), self.sink)
    }
}

/// Most rejected rows of a source that are kept with their fields: many more than the limit of
/// rejects lets pass in a national year, few enough for memory. All are counted.
pub const MOST_REJECTS: usize = 1_000_000;

/// Most bytes that the fields of a source's rejects may take. Those after them keep their place
/// and reason, and no fields.
const MOST_REJECTED_BYTES: usize = 512 << 20;

/// What one worker found, by rank of the file.
#[derive(Default)]
pub struct Gathered {
    pub tallies: Vec<FileTally>,
    /// National identity numbers by column of the schema.
    pub humans: Vec<Vec<u64>>,
    /// Bits by kind of identifier: one that is no integer.
    pub texts: Vec<u8>,
    rejects: Vec<Reject>,
    rejected_bytes: usize,
    left_out: Vec<i64>,
    /// Number of keys left out at which they are looked through for equal ones.
    look_through_at: usize,
    /// Rows left out, to be judged on another day too; none where one day is enough.
    pub open: Option<Open>,
}

/// Keys left out that are held without a look at whether they are equal.
const FEW_KEYS: usize = 1 << 20;

impl Gathered {
    pub fn new(files: usize, columns: usize) -> Self {
        Gathered {
            tallies: vec![FileTally::default(); files],
            humans: vec![vec![0; columns]; files],
            texts: vec![0; files],
            rejects: Vec::new(),
            rejected_bytes: 0,
            left_out: Vec::new(),
            look_through_at: FEW_KEYS,
            open: None,
        }
    }
    /// Keeps rows left out as they are.
    pub fn opened(self) -> Self {
        Gathered { open: Some(Open::default()), ..self }
    }
    pub fn add_rows(&mut self, file: u16, rows: u64) {
        self.tallies[usize::from(file)].rows += rows;
    }
    pub fn add(&mut self, file: u16, class: RowClass, rows: u64) {
        self.tallies[usize::from(file)].add(class, rows);
    }
    pub fn add_humans(&mut self, file: u16, column: usize, found: u64) {
        self.humans[usize::from(file)][column] += found;
    }
    pub fn add_texts(&mut self, file: u16, texts: u8) {
        self.texts[usize::from(file)] |= texts;
    }
    /// Notes a row that does not reach the sink.
    pub fn leave(&mut self, left: Left) {
        if let Some(open) = &mut self.open {
            return open.push(left);
        }
        self.leave_out(left.key);
        self.add(left.file, left.class, 1);
        if let Some(reject) = left.into_reject() {
            self.keep(reject);
        }
    }
    fn keep(&mut self, reject: Reject) {
        self.rejected_bytes += reject.bytes();
        self.rejects.push(reject);
        let is_over = |held: usize, most: usize| held > most + most / 4;
        if is_over(self.rejects.len(), MOST_REJECTS) || is_over(self.rejected_bytes, MOST_REJECTED_BYTES) {
            self.rejected_bytes = keep_first(&mut self.rejects);
        }
    }
    /// Notes the key of a row that does not reach the sink.
    fn leave_out(&mut self, key: Option<i64>) {
        self.left_out.extend(key);
        if self.left_out.len() >= self.look_through_at {
            self.left_out.sort_unstable();
            self.left_out.dedup();
            self.look_through_at = FEW_KEYS.max(2 * self.left_out.len());
        }
    }
    fn merge(mut self, other: Gathered) -> Self {
        self.tallies.iter_mut().zip(&other.tallies).for_each(|(mine, its)| mine.merge(its));
        let pairs = self.humans.iter_mut().flatten().zip(other.humans.iter().flatten());
        pairs.for_each(|(mine, its)| *mine += its);
        self.texts.iter_mut().zip(&other.texts).for_each(|(mine, its)| *mine |= its);
        self.rejects.extend(other.rejects);
        self.left_out.extend(other.left_out);
        if let (Some(mine), Some(its)) = (&mut self.open, other.open) {
            mine.merge(its);
        }
        self
    }
}

/// Reads all files.
pub fn scan(job: &Job, files: &[FileInput]) -> Result<Scanned> {
    let gathered = read(job, &Queue::new(files), || Gathered::new(files.len(), job.schema.columns.len()))?;
    check_pseudonyms(job.schema, files, &gathered)?;
    Ok(outcome(job.schema, files, gathered))
}

/// Reads what is left of the files.
pub fn read(job: &Job, queue: &Queue, start: impl Fn() -> Gathered + Sync) -> Result<Gathered> {
    let workers = rayon::current_num_threads();
    let found: Vec<Result<Gathered>> =
        (0..workers).into_par_iter().with_max_len(1).map(|_| work(job, queue, start())).collect();
    found.into_iter().try_fold(start(), |all, one| one.map(|one| all.merge(one)))
}

/// Orders rejects by file and row, and keeps the first of them, and the fields of the first of
/// these; the bytes that they take. What the first ones of all are is in the first ones of every part.
fn keep_first(rejects: &mut Vec<Reject>) -> usize {
    rejects.sort_unstable_by_key(|reject| (reject.file, reject.row));
    rejects.truncate(MOST_REJECTS);
    let (mut bytes, mut is_over) = (0, false);
    for reject in rejects.iter_mut() {
        bytes += reject.bytes();
        // One without fields was over before; so is what comes after it.
        is_over |= bytes > MOST_REJECTED_BYTES || reject.fields.is_empty();
        if is_over {
            reject.fields = Vec::new();
        }
    }
    bytes.min(MOST_REJECTED_BYTES)
}

/// The outcome of a scan.
pub fn outcome(schema: &Schema, files: &[FileInput], mut gathered: Gathered) -> Scanned {
    keep_first(&mut gathered.rejects);
    let rejected: u64 = gathered.tallies.iter().map(FileTally::rejected).sum();
    if rejected > gathered.rejects.len() as u64 {
        tracing::warn!(
            source = schema.source,
            rejected,
            kept = gathered.rejects.len(),
            "only the first rejects are kept"
        );
    }
    let extra = |file: &FileInput| file.places().extra(schema).map(String::from).collect();
    Scanned {
        files: files.iter().map(FileInput::as_input_file).collect(),
        tally: SourceTally { files: gathered.tallies },
        rejects: gathered.rejects,
        left_out: gathered.left_out,
        extra_columns: files.iter().map(extra).collect(),
    }
}

/// Stops a run whose persons are known by their national identity numbers.
pub fn check_pseudonyms(schema: &Schema, files: &[FileInput], gathered: &Gathered) -> Result<()> {
    for ((file, found), tally) in files.iter().zip(&gathered.humans).zip(&gathered.tallies) {
        for (column, &found) in schema.columns.iter().zip(found) {
            human::check(&file.name, &column.name, found, tally.rows)?;
        }
    }
    Ok(())
}

fn work(job: &Job, queue: &Queue, mut gathered: Gathered) -> Result<Gathered> {
    while let Some(piece) = queue.next()? {
        let done = match piece {
            Piece::Block(file, layout, block) => read_block(job, file, layout, &block, &mut gathered),
            Piece::RowGroup(file, input, group) => parquet_rows::read_group(job, file, input, group, &mut gathered),
            Piece::Hash(input) => hash(&input.path, &input.sha256),
        };
        done.inspect_err(|_| queue.stop())?;
    }
    Ok(gathered)
}

type Stream = Blocks<Box<dyn Read + Send>>;

enum Piece<'a> {
    Block(u16, &'a CsvLayout, Block),
    /// A row group of a Parquet file.
    RowGroup(u16, &'a FileInput, usize),
    Hash(&'a FileInput),
}

/// The files with what is left of each.
pub struct Queue<'a> {
    files: Vec<(&'a FileInput, Rest)>,
    stopped: AtomicBool,
}

enum Rest {
    /// The stream, opened when its first block is taken.
    Csv { stream: Mutex<Option<Stream>>, ended: AtomicBool },
    /// The next piece: 0 the hash, then the row groups.
    Parquet { next: AtomicUsize },
    /// Not to be read.
    Nothing,
}

impl<'a> Queue<'a> {
    pub fn new(files: &'a [FileInput]) -> Self {
        let left = |file: &FileInput| match file.layout {
            Layout::Csv(_) => Rest::Csv { stream: Mutex::new(None), ended: AtomicBool::new(false) },
            Layout::Parquet(_) => Rest::Parquet { next: AtomicUsize::new(0) },
        };
        Queue { files: files.iter().map(|file| (file, left(file))).collect(), stopped: AtomicBool::new(false) }
    }

    /// The files of some ranks alone.
    pub fn only(mut self, ranks: &[u16]) -> Self {
        for (_, (_, left)) in self.files.iter_mut().enumerate().filter(|(rank, _)| !ranks.contains(&(*rank as u16))) {
            *left = Rest::Nothing;
        }
        self
    }

    /// Lets no worker take another piece.
    fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// The next piece of work; none when all is taken, or the scan is stopped.
    fn next(&self) -> Result<Option<Piece<'a>>> {
        loop {
            let mut busy = None;
            for (rank, (file, left)) in self.files.iter().enumerate() {
                if self.stopped.load(Relaxed) {
                    return Ok(None);
                }
                match take(rank as u16, file, left).inspect_err(|_| self.stop())? {
                    Taken::Piece(piece) => return Ok(Some(piece)),
                    Taken::Busy(stream) => busy = busy.or(Some(stream)),
                    Taken::Nothing => {}
                }
            }
            match busy {
                // Wait until the reader is free, and look again.
                Some(stream) => drop(stream.lock().unwrap_or_else(PoisonError::into_inner)),
                None => return Ok(None),
            }
        }
    }
}

enum Taken<'a, 'q> {
    Piece(Piece<'a>),
    Busy(&'q Mutex<Option<Stream>>),
    Nothing,
}

fn take<'a, 'q>(rank: u16, file: &'a FileInput, left: &'q Rest) -> Result<Taken<'a, 'q>> {
    match (left, &file.layout) {
        (Rest::Csv { stream, ended }, Layout::Csv(layout)) if !ended.load(Relaxed) => {
            let mut opened = match stream.try_lock() {
                Ok(opened) => opened,
                Err(TryLockError::WouldBlock) => return Ok(Taken::Busy(stream)),
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            };
            let block = next_block(file, layout, &mut opened, ended)?;
            Ok(block.map_or(Taken::Nothing, |block| Taken::Piece(Piece::Block(rank, layout, block))))
        }
        (Rest::Parquet { next }, Layout::Parquet(layout)) => {
            let piece = match next.fetch_add(1, Relaxed) {
                0 => Some(Piece::Hash(file)),
                group if group <= layout.row_groups() => Some(Piece::RowGroup(rank, file, group - 1)),
                _ => None,
            };
            Ok(piece.map_or(Taken::Nothing, Taken::Piece))
        }
        _ => Ok(Taken::Nothing),
    }
}

fn next_block(
    file: &FileInput,
    layout: &CsvLayout,
    opened: &mut Option<Stream>,
    ended: &AtomicBool,
) -> Result<Option<Block>> {
    if ended.load(Relaxed) {
        return Ok(None);
    }
    if opened.is_none() {
        *opened = Some(open_blocks(file, layout)?);
    }
    let block = match opened {
        Some(stream) => stream.next().map_err(|broken| stopped_by(&file.path, broken))?,
        None => None,
    };
    if block.is_none() {
        *opened = None;
        ended.store(true, Relaxed);
    }
    Ok(block)
}

/// The blocks of a CSV file from its first row on.
pub fn open_blocks(file: &FileInput, layout: &CsvLayout) -> Result<Stream> {
    let mut text = open_text(&file.path, layout.packing, &file.sha256)?;
    let skipped = std::io::copy(&mut text.by_ref().take(layout.skip), &mut std::io::sink());
    skipped.map_err(|e| damaged(&file.path, &e))?;
    Ok(Blocks::new(text, layout.delimiter, layout.first_line))
}

/// The error of a file whose text cannot be read on.
pub fn stopped_by(path: &Path, broken: Broken) -> Error {
    let file = shown(path);
    match broken {
        Broken::Read(error) => damaged(path, &error),
        Broken::TooLong(line) => Error::input(format!(
            "{file}:{line}: a row of more than {} MiB; look for a quote that is opened and never closed",
            LONGEST_RECORD >> 20
        )),
        Broken::TooMany => Error::input(format!("{file}: more than {} rows; deliver it in several files", u32::MAX)),
    }
}
