//! What the room gives: files with their hashes, batches with their place, rejects with reasons.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use arrow::record_batch::RecordBatch;
use rayon::prelude::*;

use super::bytes::{Packing, hash};
use super::find;
use super::header::{CsvLayout, Places, csv_layout};
use super::ids::IdSpace;
use super::left::OpenFile;
use super::open::{scan_open, settle};
use super::parquet_file::ParquetLayout;
use super::recalled::{Settled, confirm};
use super::scan::{Job, Sink, scan};
use crate::definition::{Pipeline, SourceUse};
use crate::domain::{Error, FileTally, RejectReason, Result, SourceTally};
use crate::schema::{self, IdKind, Schema};

/// A file of a source, ranked by name in byte order.
#[derive(Debug, Clone)]
pub struct InputFile {
    pub path: PathBuf,
    /// Without its folder, compressed ending included.
    pub name: String,
    pub bytes: u64,
    /// Lower-case hexadecimal SHA-256 of the file as delivered, known when it has been scanned.
    pub sha256: String,
    /// As it was when it was opened first.
    pub stamp: Stamp,
}

/// What tells whether a file is still the one that was opened, and unchanged: where it lies on the
/// disk, its length, and when it was written last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamp(Option<[i64; 5]>);

impl Stamp {
    /// Of the file as it is now; one that cannot be seen is like no other.
    pub fn of(path: &Path) -> Stamp {
        std::fs::metadata(path).map_or(Stamp(None), |data| Stamp::from(&data))
    }
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(data: &std::fs::Metadata) -> Stamp {
        use std::os::unix::fs::MetadataExt;
        Stamp(Some([data.dev() as i64, data.ino() as i64, data.len() as i64, data.mtime(), data.mtime_nsec()]))
    }
}

/// Rows of one file, in file order, that passed every test a row alone can fail.
/// Columns are named and typed by the schema (ids Int64, see `IdSpace`; text and codes Utf8;
/// whole numbers and flags Int64; amounts Int64 hundredths; dates Date32; times
/// Timestamp(Second)); an absent column is all null, or 0 where it is a flag.
#[derive(Debug, Clone)]
pub struct TypedBatch {
    /// Rank of the file in its source.
    pub file: u16,
    /// Position of each row among the file's rows, from 0, ascending.
    pub rows: Vec<u32>,
    pub columns: RecordBatch,
}

/// A rejected row: where it stands and why. Its raw fields are kept for the restricted area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub file: u16,
    /// Position among the file's rows, from 0.
    pub row: u32,
    /// Line in the text (the header is line 1), or row number from 1 in a Parquet file.
    pub line: u64,
    pub reason: RejectReason,
    /// Name of the column at fault; none where the whole row is (`orphan`, field count).
    pub column: Option<String>,
    /// The fields as delivered, in the order of the file's header.
    pub fields: Vec<String>,
}

impl Reject {
    /// Bytes that its fields take in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.fields.iter().map(|field| size_of::<String>() + field.len()).sum()
    }
}

/// The outcome of scanning a source: tallies (rows that went to the sink have no class yet) and
/// the rejects so far, ordered by file and row.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    pub files: Vec<InputFile>,
    pub tally: SourceTally,
    pub rejects: Vec<Reject>,
    /// Keys of the first column of rows that never reached the sink (rejected, after the as-of
    /// day, no person), where the key could be read; in no order. A line of a bill whose only row
    /// was rejected is no orphan (SPEC-DETAILS 6).
    pub left_out: Vec<i64>,
    /// By file: names of columns that the schema does not have; they are left alone.
    pub extra_columns: Vec<Vec<String>>,
}

/// Whether a file's rejected rows stop the run: their share passes the limit, and there are at
/// least 10 (SPEC-DETAILS 4). To be asked when every reject of the file is in the tally.
pub fn over_limit(tally: &FileTally, limit: f64) -> bool {
    let rejected = tally.rejected();
    rejected >= 10 && rejected as f64 > limit * tally.rows as f64
}

/// A delivery as a pipeline reads it: every file found, its dialect known, its header sound.
#[derive(Debug)]
pub struct Inputs {
    as_of: i32,
    sources: Vec<SourceInput>,
    /// By `IdKind`.
    spaces: Vec<IdSpace>,
}

/// The files of a source by rank.
#[derive(Debug)]
pub(super) struct SourceInput {
    pub schema: &'static Schema,
    pub files: Vec<FileInput>,
}

/// A file and how it is to be read.
#[derive(Debug)]
pub(super) struct FileInput {
    pub path: PathBuf,
    pub name: String,
    pub bytes: u64,
    pub stamp: Stamp,
    pub sha256: Arc<OnceLock<String>>,
    /// By which its hash may be recalled another night.
    pub settled: Option<Settled>,
    /// Its hash is of another night.
    pub is_recalled: AtomicBool,
    pub layout: Layout,
}

#[derive(Debug)]
pub(super) enum Layout {
    Csv(CsvLayout),
    Parquet(ParquetLayout),
}

impl SourceInput {
    /// Positions of columns in the schema.
    fn positions(&self, columns: &[&str]) -> Result<Vec<usize>> {
        let unknown = |name: &str| Error::bug(format!("source {} has no column {name}", self.schema.source));
        columns.iter().map(|name| self.schema.position(name).ok_or_else(|| unknown(name))).collect()
    }
}

impl FileInput {
    pub fn places(&self) -> &Places {
        match &self.layout {
            Layout::Csv(layout) => &layout.places,
            Layout::Parquet(layout) => &layout.places,
        }
    }
    pub fn as_input_file(&self) -> InputFile {
        InputFile {
            path: self.path.clone(),
            name: self.name.clone(),
            bytes: self.bytes,
            sha256: self.sha256.get().cloned().unwrap_or_default(),
            stamp: self.stamp,
        }
    }
}

impl Inputs {
    /// Lists and ranks the files of the pipeline's sources, detects their dialects and checks
    /// their headers. `as_of` in days since 1970-01-01.
    ///
    /// # Errors
    /// Exit 11 when a source has no file, a file cannot be read, or a header does not fit.
    pub fn open(delivery: &Path, pipeline: &Pipeline, as_of: i32) -> Result<Inputs> {
        Inputs::open_sources(delivery, &pipeline.sources, as_of)
    }

    /// As `open`, of some sources.
    pub fn open_sources(delivery: &Path, sources: &[SourceUse], as_of: i32) -> Result<Inputs> {
        let sources: Vec<SourceInput> =
            sources.iter().map(|source| open_source(delivery, source)).collect::<Result<_>>()?;
        let taken: Vec<PathBuf> = sources.iter().flat_map(|s| &s.files).map(|file| file.path.clone()).collect();
        for name in find::strangers(delivery, &taken)? {
            tracing::warn!(file = name, "no source takes this file of the delivery");
        }
        Ok(Inputs::of(sources, as_of))
    }

    /// As `open`, of files that are known beforehand, by source in order of their rank.
    pub fn open_files(uses: &[SourceUse], files: impl Fn(&SourceUse) -> Vec<PathBuf>, as_of: i32) -> Result<Inputs> {
        let open = |used: &SourceUse| {
            let found = files(used).into_iter().map(|path| find::Found { name: shown(&path), path }).collect();
            open_found(found, used)
        };
        Ok(Inputs::of(uses.iter().map(open).collect::<Result<_>>()?, as_of))
    }

    fn of(sources: Vec<SourceInput>, as_of: i32) -> Inputs {
        let spaces = IdKind::ALL.iter().map(|_| IdSpace::default()).collect();
        Inputs { as_of, sources, spaces }
    }

    /// Reads every row of a source: in parallel, in bounded memory. Batches with `columns` go to
    /// `sink`, called from several threads in any order; all columns are validated.
    pub fn scan(&self, source: &str, columns: &[&str], sink: Sink) -> Result<Scanned> {
        let input = self.source(source)?;
        let wanted = input.positions(columns)?;
        confirm(input.files.par_iter())?;
        scan(&self.job(input, &wanted, sink), &input.files)
    }

    /// Reads every row of the files of some ranks, whatever its day of registration: rows after
    /// the as-of day go to `sink` too, and rows left out are given with what their class rests on;
    /// none where these are too many.
    pub fn scan_open(
        &self,
        source: &str,
        ranks: &[u16],
        (columns, sink): (&[&str], Sink),
    ) -> Result<Option<Vec<OpenFile>>> {
        let input = self.source(source)?;
        let wanted = input.positions(columns)?;
        confirm(ranks.par_iter().filter_map(|&rank| input.files.get(usize::from(rank))))?;
        let job = Job { as_of: i32::MAX, ..self.job(input, &wanted, sink) };
        scan_open(&job, &input.files, ranks)
    }

    /// The outcome of a scan as of this day, from what [`Inputs::scan_open`] gave of every file.
    pub fn settle(&self, source: &str, found: Vec<OpenFile>) -> Result<Scanned> {
        let input = self.source(source)?;
        settle(&self.job(input, &[], &|_| Ok(())), &input.files, found)
    }

    fn job<'a>(&'a self, input: &SourceInput, wanted: &'a [usize], sink: Sink<'a>) -> Job<'a> {
        Job { schema: input.schema, as_of: self.as_of, spaces: &self.spaces, wanted, sink }
    }

    /// The day that rows are read as of, in days since 1970-01-01.
    pub fn as_of(&self) -> i32 {
        self.as_of
    }

    /// The files of a source by rank; their hashes are known when they have been read.
    pub fn files(&self, source: &str) -> Result<Vec<InputFile>> {
        Ok(self.source(source)?.files.iter().map(FileInput::as_input_file).collect())
    }

    /// The identifiers of a kind that have been read so far.
    pub fn ids(&self, kind: IdKind) -> &IdSpace {
        &self.spaces[kind as usize]
    }

    /// Bytes of a source's files as delivered.
    pub fn bytes(&self, source: &str) -> Result<u64> {
        Ok(self.source(source)?.files.iter().map(|file| file.bytes).sum())
    }

    /// The files of every source with their hashes: those that are not known are made, without
    /// reading the files otherwise. A later scan does not hash again, but for what was recalled.
    pub fn hashed(&self) -> Result<Vec<(String, Vec<InputFile>)>> {
        let files: Vec<&FileInput> = self.every_file().collect();
        files.par_iter().try_for_each(|file| hash(&file.path, &file.sha256))?;
        let of = |source: &SourceInput| source.files.iter().map(FileInput::as_input_file).collect();
        Ok(self.sources.iter().map(|source| (source.schema.source.clone(), of(source))).collect())
    }

    pub(super) fn every_file(&self) -> impl Iterator<Item = &FileInput> {
        self.sources.iter().flat_map(|source| &source.files)
    }

    pub(super) fn source(&self, source: &str) -> Result<&SourceInput> {
        let found = self.sources.iter().find(|input| input.schema.source == source);
        found.ok_or_else(|| Error::bug(format!("source {source} was not opened: the pipeline does not name it")))
    }
}

fn open_source(delivery: &Path, source: &SourceUse) -> Result<SourceInput> {
    let schema = schema::of(&source.source)?;
    let found = find::files(delivery, &schema.source, &source.files)?;
    if found.is_empty() {
        let globs = if source.files.is_empty() { find::default_globs(&schema.source) } else { source.files.clone() };
        return Err(Error::input(format!(
            "{}: no file of source {}; expected names as {}",
            delivery.display(),
            schema.source,
            globs.join(", ")
        )));
    }
    open_found(found, source)
}

fn open_found(found: Vec<find::Found>, source: &SourceUse) -> Result<SourceInput> {
    let schema = schema::of(&source.source)?;
    if found.len() > usize::from(u16::MAX) {
        return Err(Error::input(format!("source {}: more than {} files", schema.source, u16::MAX)));
    }
    let open = |found: find::Found| open_file(found, schema, source);
    Ok(SourceInput { schema, files: found.into_par_iter().map(open).collect::<Result<_>>()? })
}

fn open_file(found: find::Found, schema: &Schema, source: &SourceUse) -> Result<FileInput> {
    let data = std::fs::metadata(&found.path).map_err(|e| find::unreadable(&found.path, &e))?;
    let (bytes, stamp) = (data.len(), Stamp::from(&data));
    let settled = Settled::of(&found.path, &data, SystemTime::now());
    let layout = match Packing::of(&found.path)? {
        Packing::Parquet => Layout::Parquet(ParquetLayout::open(&found.path, schema)?),
        packing => Layout::Csv(csv_layout(&found.path, packing, schema, &source.dialect)?),
    };
    let (sha256, is_recalled) = (Arc::default(), AtomicBool::default());
    let file = FileInput { path: found.path, name: found.name, bytes, stamp, sha256, settled, is_recalled, layout };
    if let Some(columns) = file.places().extra_in_words(schema) {
        tracing::info!(file = file.name, columns, "columns that no rule reads are left alone");
    }
    Ok(file)
}

/// A file as messages name it: without its folder.
pub(super) fn shown(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
