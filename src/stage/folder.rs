//! The folder of staged files, and what they are called.
//!
//! In: the facts that a file rests on. Out: its name, and the file if it is there and sound. The
//! folder is one run's at a time, by a lock that dies with its process.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::container::{Stored, Writer};
use crate::domain::{Error, Result};

/// Ending of every staged file.
pub(super) const ENDING: &str = ".stage";
/// Locked by the run that holds the folder.
const LOCK: &str = "lock";
/// Files that stand for a whole run, and name the others that it needs.
const ROOT: &str = "night-";

/// The file of identifiers.
const FIXED: &str = "identifiers.stage";
/// Files of hashes, one a pipeline.
const HASHES: &str = "hashes-";

/// What a file is called, and the hash of what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    hash: String,
}

/// A folder of staged files, held by this run.
pub struct Stage {
    folder: PathBuf,
    /// Which build of the program this is.
    build: String,
    damaged: Arc<AtomicBool>,
    /// Which file of identifiers the others have their keys from.
    lineage: Mutex<String>,
    _lock: File,
}

impl Stage {
    /// Opens the folder, and makes it for the owner alone; none where another run holds it.
    pub fn open(folder: &Path) -> Result<Option<Stage>> {
        let unusable = |error: std::io::Error| {
            Error::output(format!(
                "{}: cannot be used as a stage ({error}); give --stage another folder, or --no-stage",
                folder.display()
            ))
        };
        if let Some(foreign) = names(folder).into_iter().find(|name| !is_ours(name)) {
            return Err(Error::output(format!(
                "{}: is no stage: {foreign} lies in it; give --stage a folder of its own",
                folder.display()
            )));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(unusable)?;
        let path = folder.join(LOCK);
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        let lock = open.map_err(unusable)?;
        if lock.try_lock().is_err() {
            tracing::warn!("another run holds the stage; this one goes without");
            return Ok(None);
        }
        Ok(Some(Stage {
            folder: folder.into(),
            build: build().map_err(unusable)?,
            damaged: Arc::default(),
            lineage: Mutex::default(),
            _lock: lock,
        }))
    }

    /// The key of a file of some kind that rests on some facts.
    pub fn key(&self, kind: &str, facts: &[&str]) -> Key {
        let hash = self.hash(kind, facts);
        Key { name: format!("{kind}-{}{ENDING}", &hash[..32]), hash }
    }

    /// The key of the file that stands for the last run of `id`; a newer one replaces it.
    pub fn root(&self, id: &str, facts: &[&str]) -> Key {
        Key { name: format!("{ROOT}{id}{ENDING}"), hash: self.hash(ROOT, facts) }
    }

    /// The key of what is noted of the files that a pipeline reads, whatever is kept of them.
    pub fn hashes(&self, id: &str) -> Key {
        Key { name: format!("{HASHES}{id}{ENDING}"), hash: self.hash_of(&[HASHES, id]) }
    }

    /// The key of the one file that all others rest on.
    pub fn fixed(&self) -> Key {
        Key { name: FIXED.into(), hash: self.hash_of(&[FIXED]) }
    }

    /// Says which file of identifiers all others have their keys from: those beside another one
    /// are not found.
    pub fn set_lineage(&self, lineage: String) {
        *self.lineage.lock().unwrap_or_else(PoisonError::into_inner) = lineage;
    }

    /// Begins a lineage that never was before.
    pub fn begin_lineage(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.set_lineage(format!("{} {}", now.as_nanos(), std::process::id()));
    }

    pub fn lineage(&self) -> String {
        self.lineage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where one fact ends and the next begins is part of the hash.
    fn hash(&self, kind: &str, facts: &[&str]) -> String {
        let lineage = self.lineage();
        let all: Vec<&str> = [kind, &lineage].into_iter().chain(facts.iter().copied()).collect();
        self.hash_of(&all)
    }

    fn hash_of(&self, facts: &[&str]) -> String {
        let mut hash = Sha256::new();
        for fact in [self.build.as_str()].iter().chain(facts) {
            hash.update((fact.len() as u64).to_le_bytes());
            hash.update(fact);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The file of a key, if it is there and sound. One that is there and is not is removed.
    pub fn read(&self, key: &Key) -> Option<Stored> {
        let place = self.folder.join(&key.name);
        let stored = Stored::open(place.clone(), &key.hash, self.damaged.clone());
        if stored.is_none() && place.exists() {
            tracing::warn!(file = key.name, "a staged file is stale, damaged or of another program; it is made again");
            // What is written next takes its place in any case.
            let _ = std::fs::remove_file(place);
        }
        stored
    }

    /// Notes that a file that should be there is not; the error says so.
    pub fn is_lost(&self, key: &Key) -> Error {
        self.damaged.store(true, Ordering::Relaxed);
        Error::output(format!("{}: the staged file is gone or damaged; run again", key.name))
    }

    /// Removes the file of a key, if it is there.
    pub fn forget(&self, key: &Key) {
        let _ = std::fs::remove_file(self.folder.join(&key.name));
    }

    /// Begins the file of a key.
    pub fn create(&self, key: &Key) -> Result<Writer> {
        Writer::create(self.folder.join(&key.name), key.hash.clone())
    }

    /// Whether a damaged part has been met since this was last asked.
    pub fn met_damage(&self) -> bool {
        self.damaged.swap(false, Ordering::Relaxed)
    }

    /// Removes every file that the last run of no pipeline needs.
    pub fn sweep(&self) {
        sweep(&self.folder);
    }
}

/// Removes every file of a stage that the last run of no pipeline needs, and all work begun. A file
/// that cannot be removed is left for the next time.
pub fn sweep(folder: &Path) {
    let names = names(folder);
    let mut needed: BTreeSet<String> = names.iter().filter(|name| name.starts_with(ROOT)).cloned().collect();
    for root in needed.clone() {
        needed.extend(needs(&folder.join(&root)));
    }
    let stays = |name: &String| name == FIXED || name.starts_with(HASHES) || needed.contains(name);
    for name in names.iter().filter(|name| name.ends_with(ENDING) && !stays(name)) {
        let _ = std::fs::remove_file(folder.join(name));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Whether a name is one that a stage gives.
fn is_ours(name: &str) -> bool {
    name == LOCK || name.ends_with(ENDING)
}

/// The names that a root says it needs.
fn needs(root: &Path) -> Vec<String> {
    Stored::needs_of(root).unwrap_or_default()
}

/// What tells this build of the program from every other: another may count in another way under
/// the same version. A program that is put in place anew finds nothing staged.
fn build() -> std::io::Result<String> {
    let program = std::fs::metadata(std::env::current_exe()?)?;
    let times = [program.mtime(), program.mtime_nsec(), program.ctime(), program.ctime_nsec()];
    Ok(format!("{} {} {} {times:?}", env!("CARGO_PKG_VERSION"), program.len(), program.ino()))
}
