//! Files of a release: made with a fixed mode whatever the umask, hashed as they are written,
//! and on the disk before anything is renamed.
//!
//! In: a path and the area it belongs to. Out: the file's size and SHA-256. Nothing here knows
//! what the bytes mean.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::domain::{Error, Result};

/// Who may read a file of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Anyone: folders 0755, files 0644.
    Public,
    /// The owner alone: folders 0700, files 0600.
    Restricted,
}

impl Area {
    fn folder_mode(self) -> u32 {
        if self == Area::Public { 0o755 } else { 0o700 }
    }
    fn file_mode(self) -> u32 {
        if self == Area::Public { 0o644 } else { 0o600 }
    }
}

/// A file as it was written: its path below the release folder, size and SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    pub path: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// A file being written, hashed on the way.
pub struct HashedFile {
    name: String,
    to: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

/// The failure to write `path`, with what to do about it.
pub fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::output(format!(
        "{}: cannot be written ({error}); check the folder, its owner and the free space",
        path.display()
    ))
}

/// The failure to see what stands at `path`. That it cannot be seen does not mean that nothing is there.
fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::output(format!("{}: cannot be read ({error}); check the disk, the folder and its owner", path.display()))
}

/// Whether something stands at `path`.
///
/// # Errors
/// Exit code 15 where that cannot be told: a disk that fails is no empty one.
pub fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| cannot_read(path, &error))
}

/// The bytes of a file of OUT; none where there is no such file.
///
/// # Errors
/// Exit code 15 where it is there and cannot be read.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_read(path, &error)),
    }
}

/// What stands in a folder of OUT, in order of the names; nothing where there is no such folder.
///
/// # Errors
/// Exit code 15 where it is there and cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    match list() {
        Ok(mut paths) => {
            paths.sort();
            Ok(paths)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(cannot_read(folder, &error)),
    }
}

/// Makes a folder, and those above it, with the area's mode; one that is there gets the mode.
pub fn make_folder(path: &Path, area: Area) -> Result<()> {
    let make = || {
        DirBuilder::new().recursive(true).mode(area.folder_mode()).create(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(area.folder_mode()))
    };
    make().map_err(|error| cannot_write(path, &error))
}

/// Opens a new file `name` (a path with `/`) below `root`; an older one of that name is replaced.
pub fn create(root: &Path, name: &str, area: Area) -> Result<HashedFile> {
    let path = root.join(name);
    if let Some(folder) = path.parent().filter(|folder| *folder != root) {
        make_folder(folder, area)?;
    }
    let open = || {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(area.file_mode()).open(&path)?;
        file.set_permissions(Permissions::from_mode(area.file_mode()))?;
        Ok(file)
    };
    let file = open().map_err(|error| cannot_write(&path, &error))?;
    Ok(HashedFile {
        name: name.to_string(),
        to: BufWriter::with_capacity(1 << 18, file),
        hash: Sha256::new(),
        bytes: 0,
    })
}

/// Writes a whole file of `bytes`.
pub fn write_file(root: &Path, name: &str, area: Area, bytes: &[u8]) -> Result<WrittenFile> {
    let mut file = create(root, name, area)?;
    file.write_all(bytes).map_err(|error| cannot_write(&root.join(name), &error))?;
    file.seal().map_err(|error| cannot_write(&root.join(name), &error))
}

impl HashedFile {
    /// Brings the file to the disk.
    pub fn seal(self) -> io::Result<WrittenFile> {
        let file = self.to.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        Ok(WrittenFile { path: self.name, bytes: self.bytes, sha256: hex(&self.hash.finalize()) })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of some bytes, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file, read in pieces.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut io::BufReader::with_capacity(1 << 20, File::open(path)?), &mut HashOnly(&mut hash))?;
    Ok(hex(&hash.finalize()))
}

/// A writer that keeps nothing but the hash.
struct HashOnly<'a>(&'a mut Sha256);

impl Write for HashOnly<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Brings the entries of a folder to the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Brings the entries of a folder, and of all below it, to the disk.
pub fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}
