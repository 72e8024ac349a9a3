//! A staged file: parts one after the other, a footer that names them, a trailer that finds it.
//!
//! In: bytes by label. Out: the same bytes, each part held against its own checksum, so that a
//! part can be read without the others. A file appears under its name whole or not at all; it is
//! not synced, for after a loss of power its checksums fail and it is made again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrowPrimitiveType, AsArray};
use arrow::buffer::Buffer;
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use serde::{Deserialize, Serialize};
use tempfile::{Builder, NamedTempFile};
use xxhash_rust::xxh3::xxh3_128;

use super::folder::ENDING;
use crate::domain::{Error, Result};

/// Says that a file is one of ours, and of which layout.
const MAGIC: [u8; 8] = *b"KPRSTG01";
/// Magic, length and checksum of the footer.
const TRAILER: usize = 8 + 8 + 16;
/// A footer longer than this is none of ours.
const LONGEST_FOOTER: u64 = 1 << 28;

#[derive(Debug, Serialize, Deserialize)]
struct Footer {
    /// What the file is of: the hash of the facts it rests on.
    key: String,
    parts: BTreeMap<String, Part>,
    meta: serde_json::Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Part {
    at: u64,
    bytes: u64,
    checksum: String,
}

impl Footer {
    /// The footer of a file; none where it is not whole or not ours.
    fn read(file: &File) -> Option<Footer> {
        let length = file.metadata().ok()?.len();
        let mut trailer = [0; TRAILER];
        file.read_exact_at(&mut trailer, length.checked_sub(TRAILER as u64)?).ok()?;
        let (magic, rest) = trailer.split_at(8);
        let (bytes, checksum) = rest.split_at(8);
        let bytes = u64::from_le_bytes(bytes.try_into().ok()?);
        if magic != MAGIC || bytes > LONGEST_FOOTER {
            return None;
        }
        let mut footer = vec![0; bytes as usize];
        file.read_exact_at(&mut footer, length.checked_sub(TRAILER as u64 + bytes)?).ok()?;
        if xxh3_128(&footer).to_le_bytes() != checksum {
            return None;
        }
        serde_json::from_slice(&footer).ok()
    }
}

/// A file being written beside its place.
pub struct Writer {
    to: BufWriter<NamedTempFile>,
    place: PathBuf,
    footer: Footer,
    at: u64,
}

impl Writer {
    /// Begins a file that is to appear at `place`; readable by the owner alone.
    pub(super) fn create(place: PathBuf, key: String) -> Result<Writer> {
        let folder = place.parent().unwrap_or(Path::new("."));
        let to =
            Builder::new().prefix("begun-").suffix(ENDING).tempfile_in(folder).map_err(|error| unwritten(&error))?;
        let footer = Footer { key, parts: BTreeMap::new(), meta: serde_json::Value::Null };
        Ok(Writer { to: BufWriter::with_capacity(1 << 18, to), place, footer, at: 0 })
    }

    /// Adds a part.
    pub fn part(&mut self, label: &str, bytes: &[u8]) -> Result<()> {
        self.to.write_all(bytes).map_err(|error| unwritten(&error))?;
        let checksum = checksum(bytes);
        self.footer.parts.insert(label.into(), Part { at: self.at, bytes: bytes.len() as u64, checksum });
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Adds rows as a part.
    pub fn rows(&mut self, label: &str, rows: &RecordBatch) -> Result<()> {
        self.part(label, &pack(rows)?)
    }

    /// Puts the file in its place, with `meta` in its footer.
    pub fn finish(mut self, meta: &impl Serialize) -> Result<()> {
        let wrong = |_| Error::bug("a staged file has a footer that is no JSON");
        self.footer.meta = serde_json::to_value(meta).map_err(wrong)?;
        let footer = serde_json::to_vec(&self.footer).map_err(wrong)?;
        let write = |to: &mut BufWriter<NamedTempFile>| {
            to.write_all(&footer)?;
            to.write_all(&MAGIC)?;
            to.write_all(&(footer.len() as u64).to_le_bytes())?;
            to.write_all(&xxh3_128(&footer).to_le_bytes())?;
            to.flush()
        };
        write(&mut self.to).map_err(|error| unwritten(&error))?;
        let file = self.to.into_inner().map_err(|error| unwritten(error.error()))?;
        file.persist(&self.place).map(|_| ()).map_err(|error| unwritten(&error.error))
    }
}

/// A file read back: its footer is sound, its parts are held against their checksums when read.
pub struct Stored {
    file: File,
    place: PathBuf,
    footer: Footer,
    /// Shared with the folder: a damaged part was met.
    damaged: Arc<AtomicBool>,
}

impl Stored {
    /// Opens a file; none where it is not whole, not ours, or of another key.
    pub(super) fn open(place: PathBuf, key: &str, damaged: Arc<AtomicBool>) -> Option<Stored> {
        let file = File::open(&place).ok()?;
        let footer = Footer::read(&file)?;
        (footer.key == key).then_some(Stored { file, place, footer, damaged })
    }

    /// The names of other files that a file of any key says it needs.
    pub(super) fn needs_of(place: &Path) -> Option<Vec<String>> {
        let footer = Footer::read(&File::open(place).ok()?)?;
        let names = footer.meta.get("needs")?.as_array()?;
        Some(names.iter().filter_map(|name| name.as_str().map(String::from)).collect())
    }

    /// What was written beside the parts.
    pub fn meta<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        T::deserialize(&self.footer.meta).map_err(|_| self.is_damaged())
    }

    /// Whether there is a part.
    pub fn has(&self, label: &str) -> bool {
        self.footer.parts.contains_key(label)
    }

    /// A part of the file.
    ///
    /// # Errors
    /// The part is missing or damaged: the file is removed, and the folder knows.
    pub fn part(&self, label: &str) -> Result<Vec<u8>> {
        let part = self.footer.parts.get(label).ok_or_else(|| self.is_damaged())?;
        let length = self.file.metadata().map_or(0, |data| data.len());
        if part.bytes > length {
            return Err(self.is_damaged());
        }
        let mut bytes = vec![0; part.bytes as usize];
        self.file.read_exact_at(&mut bytes, part.at).map_err(|_| self.is_damaged())?;
        match checksum(&bytes) == part.checksum {
            true => Ok(bytes),
            false => Err(self.is_damaged()),
        }
    }

    /// The rows of a part.
    pub fn rows(&self, label: &str) -> Result<RecordBatch> {
        unpack(self.part(label)?).ok_or_else(|| self.is_damaged())
    }

    /// Notes that the file is not what it should be; the error says so.
    pub fn is_damaged(&self) -> Error {
        self.note_damage();
        Error::output(format!("{}: the staged file is damaged; run again", self.name()))
    }

    /// Notes the same where whoever reads goes on without the file.
    pub fn note_damage(&self) {
        self.damaged.store(true, Ordering::Relaxed);
        if self.place.exists() {
            tracing::warn!(file = self.name(), "a staged file is damaged; it is made again");
        }
        // It is made again under the same name, so that a failure to remove it does no harm.
        let _ = std::fs::remove_file(&self.place);
    }

    fn name(&self) -> String {
        self.place.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Rows as bytes, in Arrow's stream format.
pub fn pack(rows: &RecordBatch) -> Result<Vec<u8>> {
    let wrong = |_| Error::bug("rows could not be packed for the stage");
    // Columns, and a head whose length hangs on their number.
    let room = rows.get_array_memory_size() + 512 * (rows.num_columns() + 2);
    let mut writer = StreamWriter::try_new(Vec::with_capacity(room), &rows.schema()).map_err(wrong)?;
    writer.write(rows).map_err(wrong)?;
    writer.into_inner().map_err(wrong)
}

/// Rows from bytes, without copying them; none where they are no rows.
pub fn unpack(bytes: Vec<u8>) -> Option<RecordBatch> {
    let mut buffer = Buffer::from_vec(bytes);
    StreamDecoder::new().decode(&mut buffer).ok().flatten()
}

/// A checksum of bytes, to name them by.
pub fn checksum(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

fn unwritten(error: &std::io::Error) -> Error {
    Error::output(format!("the stage cannot be written ({error}); free some space, or run with --no-stage"))
}

/// The values of a column without nulls.
pub fn values<'a, T: ArrowPrimitiveType>(rows: &'a RecordBatch, name: &str) -> Option<&'a [T::Native]> {
    let array = rows.column_by_name(name)?.as_primitive_opt::<T>()?;
    (array.null_count() == 0).then(|| &array.values()[..])
}
