//! Where everything lies below OUT, and the lock that keeps it to one run at a time.
//!
//! In: the folder OUT. Out: paths, made with the right modes. What the public may see is below
//! `public/`; work in progress, which it may not, is below `.work/`.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::domain::{Error, Result};
use crate::publish::files::{Area, cannot_write, is_there, make_folder, sync_folder};

/// Rights of everybody, and of everybody but the owner.
const WORLD: u32 = 0o007;
const ALL_BUT_OWNER: u32 = 0o077;

/// Name of the stage within the work in progress.
pub const STAGE: &str = "stage";

/// The folder of all releases.
#[derive(Debug, Clone)]
pub struct Out {
    root: PathBuf,
    restricted: PathBuf,
}

impl Out {
    /// Names the folder; nothing is read or made.
    pub fn at(root: &Path) -> Self {
        Out { root: root.to_path_buf(), restricted: root.join("restricted") }
    }
    /// Names the folder by its restricted area, which may lie elsewhere than the public one.
    pub fn of_restricted(restricted: &Path) -> Self {
        Out { root: restricted.join(".."), restricted: restricted.to_path_buf() }
    }
    /// Makes the folders that are not there.
    pub fn make(&self) -> Result<()> {
        self.is_apart()?;
        self.is_closed(WORLD)?;
        let is_new = !is_there(&self.root)?;
        std::fs::create_dir_all(&self.root).map_err(|error| cannot_write(&self.root, &error))?;
        for folder in [self.public(), self.releases(), self.latest()] {
            make_folder(&folder, Area::Public)?;
        }
        make_folder(&self.restricted(), Area::Restricted)?;
        make_folder(&self.work(), Area::Restricted)?;
        self.is_closed(ALL_BUT_OWNER)?;
        // A release outlives a failure of the power only where the folders that it lies in do.
        let above = absolute(&self.root).parent().filter(|_| is_new).map(Path::to_path_buf);
        let sync = |folder: &PathBuf| sync_folder(folder).map_err(|error| cannot_write(folder, &error));
        [self.public(), self.root.clone()].iter().chain(&above).try_for_each(sync)
    }
    /// Refuses a folder in which no release was ever made.
    pub fn is_there(&self) -> Result<()> {
        if is_there(&self.work())? && is_there(&self.restricted())? {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{}: no releases are there; give --out the folder that `kprstat run` releases to",
            self.root.display()
        )))
    }
    /// Refuses a restricted area that others can enter: one that stood open, whose content may have been seen, or one
    /// on a file system that keeps no rights.
    fn is_closed(&self, others: u32) -> Result<()> {
        let folder = self.restricted();
        match std::fs::metadata(&folder) {
            Ok(data) if data.permissions().mode() & others != 0 => Err(Error::output(format!(
                "{}: others than the owner can enter the restricted area; find out who has, close it (chmod 700) on a \
                 file system that keeps rights, and run again",
                folder.display()
            ))),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot_write(&folder, &error)),
            _ => Ok(()),
        }
    }
    /// Refuses an OUT whose restricted area would lie inside what the public sees: OUT within the
    /// public area of another OUT, or `restricted` linked to a place within `public`.
    fn is_apart(&self) -> Result<()> {
        let root = absolute(&self.root);
        let within = published_above(&root);
        let linked = |folder: PathBuf| std::fs::canonicalize(folder).ok();
        let (restricted, public) = (linked(self.restricted()), linked(self.public()));
        let inside = restricted.zip(public).is_some_and(|(restricted, public)| restricted.starts_with(public));
        if within.is_none() && !inside {
            return Ok(());
        }
        Err(Error::output(format!(
            "{}: the restricted area would lie inside a public one; give --out a folder outside of it",
            self.root.display()
        )))
    }
    /// Refuses a stage within a public area: it has rows of persons.
    pub fn may_stage(&self, folder: &Path) -> Result<()> {
        let (folder, public) = (absolute(folder), absolute(&self.public()));
        if !folder.starts_with(&public) && published_above(&folder).is_none() {
            return Ok(());
        }
        Err(Error::output(format!(
            "{}: the stage would lie inside a public area; give --stage a folder outside of it",
            folder.display()
        )))
    }
    pub fn public(&self) -> PathBuf {
        self.root.join("public")
    }
    pub fn releases(&self) -> PathBuf {
        self.root.join("public/releases")
    }
    pub fn release(&self, release: &str) -> PathBuf {
        self.releases().join(release)
    }
    pub fn latest(&self) -> PathBuf {
        self.root.join("public/latest")
    }
    pub fn restricted(&self) -> PathBuf {
        self.restricted.clone()
    }
    pub fn restricted_of(&self, release: &str) -> PathBuf {
        self.restricted().join(release)
    }
    /// What is kept of runs that a gate stopped.
    pub fn failed(&self) -> PathBuf {
        self.restricted().join("failed")
    }
    /// Work in progress: emptied by the next run.
    pub fn work(&self) -> PathBuf {
        self.root.join(".work")
    }
    /// What is kept from night to night: stays when the rest of the work is emptied.
    pub fn stage(&self) -> PathBuf {
        self.work().join(STAGE)
    }
    /// The release being built: `public/`, `restricted/` and `scratch/`.
    pub fn staging(&self) -> PathBuf {
        self.work().join("staging")
    }
}

/// The public area that a path lies in, if it lies in one.
fn published_above(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|above| {
        let published = above.join("releases").is_dir() && above.join("latest").is_dir();
        published && above.file_name().is_some_and(|name| name == "public")
    })
}

/// The path with its links followed as far as it is there.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there = path.ancestors().find_map(|above| Some((above, std::fs::canonicalize(above).ok()?)));
    match there {
        Some((above, real)) => path.strip_prefix(above).map(|rest| real.join(rest)).unwrap_or_else(|_| path.clone()),
        None => path,
    }
}

/// The right to change OUT. The operating system takes it back when the process ends, however
/// it ends.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waits for it as long as `wait` says, or says that another run has it.
    pub fn take(out: &Out, wait: Option<Duration>) -> Result<Self> {
        let path = out.work().join("lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(|error| cannot_write(&path, &error))?;
        let until = wait.map(|wait| Instant::now() + wait);
        if until.is_some() && matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            tracing::info!("another run is at work here; waiting until it has ended");
        }
        while until.is_some_and(|until| Instant::now() < until)
            && matches!(file.try_lock(), Err(TryLockError::WouldBlock))
        {
            std::thread::sleep(Duration::from_millis(100));
        }
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::locked(format!(
                "{}: another run is at work here; give --wait SECONDS, or use another --out",
                out.root.display()
            ))),
            Err(TryLockError::Error(error)) => Err(cannot_write(&path, &error)),
        }
    }
}
