//! A file's bytes: opened, hashed as delivered and decompressed, as a stream.
//!
//! In: a path. Out: the text as it streams by, and at its end the SHA-256 of the file. It never
//! holds more than a buffer.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::find::unreadable;
use crate::domain::{Error, Result};

const BUFFER: usize = 256 << 10;

/// A packed file may unpack to so many times its size: registers are packed to a tenth or so, and
/// what unpacks to more is made to fill a disk or a memory.
const MOST_EXPANSION: u64 = 200;
/// Any packed file may unpack to so many bytes.
const SMALL: u64 = 256 << 20;

/// How a file is packed, told by its first bytes whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    /// One or many members.
    Gzip,
    /// One or many frames.
    Zstd,
    Parquet,
}

impl Packing {
    /// By the first bytes of the file.
    pub fn of(path: &Path) -> Result<Packing> {
        let mut first = Vec::new();
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        file.take(4).read_to_end(&mut first).map_err(|e| unreadable(path, &e))?;
        Ok(match first[..] {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Packing::Zstd,
            [b'P', b'A', b'R', b'1'] => Packing::Parquet,
            _ => Packing::Plain,
        })
    }
}

/// Hashes what is read through it; the hash is known at the end.
pub struct Hashing<R> {
    inner: R,
    /// None once the hash is known.
    digest: Option<Sha256>,
    known: Arc<OnceLock<String>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read > 0 {
            self.digest.iter_mut().for_each(|digest| digest.update(&buffer[..read]));
        } else if let Some(digest) = self.digest.take().filter(|_| !buffer.is_empty()) {
            self.known.get_or_init(|| hexadecimal(&digest.finalize()));
        }
        Ok(read)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a file so that its hash goes to `known` when it has been read to its end; where `known`
/// is known already, nothing is hashed.
fn open_hashing(path: &Path, known: &Arc<OnceLock<String>>) -> Result<Hashing<File>> {
    let inner = File::open(path).map_err(|e| unreadable(path, &e))?;
    let digest = known.get().is_none().then(Sha256::new);
    Ok(Hashing { inner, digest, known: known.clone() })
}

/// What is unpacked, up to a limit.
struct Unpacked<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// The decompressed text of a file, as a stream.
pub fn open_text(path: &Path, packing: Packing, known: &Arc<OnceLock<String>>) -> Result<Box<dyn Read + Send>> {
    let file = open_hashing(path, known)?;
    let bytes = file.inner.metadata().map_err(|e| unreadable(path, &e))?.len();
    let left = SMALL.max(bytes.saturating_mul(MOST_EXPANSION));
    let file = BufReader::with_capacity(BUFFER, file);
    Ok(match packing {
        Packing::Gzip => Box::new(Unpacked { inner: flate2::bufread::MultiGzDecoder::new(file), left }),
        Packing::Zstd => {
            let inner = zstd::Decoder::with_buffer(file).map_err(|e| damaged(path, &e))?;
            Box::new(Unpacked { inner, left })
        }
        Packing::Plain | Packing::Parquet => Box::new(file),
    })
}

/// Reads a file to its end for its hash alone.
pub fn hash(path: &Path, known: &Arc<OnceLock<String>>) -> Result<()> {
    if known.get().is_some() {
        return Ok(());
    }
    let mut file = BufReader::with_capacity(BUFFER, open_hashing(path, known)?);
    io::copy(&mut file, &mut io::sink()).map(|_| ()).map_err(|e| unreadable(path, &e))
}

/// The error of a file that breaks while it is read; the library's own words may quote the data
/// and are left out.
pub fn damaged(path: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Error::input(format!(
            "{}: the file unpacks to more than {MOST_EXPANSION} times its size; look at what is in it, and deliver it \
             unpacked if it is right",
            super::inputs::shown(path)
        ));
    }
    Error::input(format!(
        "{}: the file is damaged or not whole ({}); have it delivered again",
        super::inputs::shown(path),
        error.kind()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_the_bytes_delivered_and_known_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "abc").unwrap();
        let known = Arc::default();
        let mut text = String::new();
        open_text(&path, Packing::Plain, &known).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(known.get().unwrap(), expected);
        let alone = Arc::default();
        hash(&path, &alone).unwrap();
        assert_eq!(alone.get().unwrap(), expected);
    }
}
