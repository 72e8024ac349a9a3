//! Putting a release in place, whole or not at all.
//!
//! In: a staged release, on the disk and audited. Out: the release in its place, the ledger's
//! history one longer, `latest` moved. A journal is written before the first rename: a run killed
//! before it leaves nothing but work to sweep away, a run killed after it is completed by the
//! next one. Every step can be done twice.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::history::{Commit, HISTORY, History};
use super::layout::{Out, STAGE};
use crate::domain::{Error, Result};
use crate::publish::files::{Area, cannot_write, is_there, read_if_there, sync_folder, sync_folders, write_file};
use crate::publish::json_bytes;

pub(super) const JOURNAL: &str = "journal.json";
/// Name of the public list of releases that were taken back.
const WITHDRAWN: &str = "withdrawn.json";

/// What is to be put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    pub commit: Commit,
}

/// Held while a release is put in place.
static COMMITTING: Mutex<()> = Mutex::new(());

/// Waits until no release is being put in place, and keeps it so.
pub fn not_while_committing() -> MutexGuard<'static, ()> {
    COMMITTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the staged release in place.
pub fn commit(out: &Out, commit: Commit) -> Result<()> {
    let _held = not_while_committing();
    let staging = out.staging();
    sync_folders(&staging).map_err(|error| cannot_write(&staging, &error))?;
    replace_file(out, &out.work(), JOURNAL, &Journal { commit: commit.clone() })?;
    complete(out, &commit)
}

/// Completes the release that a killed run had begun to put in place, and sweeps away all other
/// work of killed runs. To be called under the lock.
pub fn recover(out: &Out) -> Result<()> {
    if let Some(bytes) = read_if_there(&out.work().join(JOURNAL))? {
        let journal: Journal = serde_json::from_slice(&bytes).map_err(|_| {
            Error::output(format!("{}: damaged; restore OUT from a backup", out.work().join(JOURNAL).display()))
        })?;
        tracing::info!(release = journal.commit.release, "putting in place what a killed run had begun");
        complete(out, &journal.commit)?;
    }
    sweep(out)
}

/// Every step after the journal, each of which may have been done.
fn complete(out: &Out, commit: &Commit) -> Result<()> {
    let staging = out.staging();
    put(out, &staging.join("restricted"), &out.restricted_of(&commit.release))?;
    put(out, &staging.join("public"), &out.release(&commit.release))?;
    let mut history = History::read_for(out, commit)?;
    if !history.releases.contains(commit) {
        history.releases.push(commit.clone());
        replace_file(out, &out.restricted(), HISTORY, &history)?;
    }
    move_latest(out, &history, &commit.pipeline)?;
    let journal = out.work().join(JOURNAL);
    fs::remove_file(&journal).and_then(|()| sync_folder(&out.work())).map_err(|error| cannot_write(&journal, &error))
}

/// Renames a staged folder to its place, unless that was done; a damaged one there gives way.
pub(super) fn put(out: &Out, staged: &Path, place: &Path) -> Result<()> {
    if !is_there(staged)? {
        return Ok(());
    }
    let is_taken = is_there(place)?;
    let rename = || {
        if is_taken {
            fs::rename(place, free_name(&out.work().join("replaced")))?;
        }
        fs::rename(staged, place)?;
        place.parent().map_or(Ok(()), sync_folder)
    };
    rename().map_err(|error| cannot_write(place, &error))
}

/// Lets `latest/PIPELINE` lead to the release of the latest day, and nowhere where all were taken
/// back; tells in public which were.
pub fn move_latest(out: &Out, history: &History, pipeline: &str) -> Result<()> {
    tell_withdrawn(out, history)?;
    let link = out.latest().join(pipeline);
    let newest = match history.latest(pipeline) {
        Some(commit) if is_there(&out.release(&commit.release))? => commit,
        _ => return remove_link(out, &link),
    };
    let target = PathBuf::from("../releases").join(&newest.release);
    if fs::read_link(&link).is_ok_and(|now| now == target) {
        return Ok(());
    }
    let swap = || {
        let beside = free_name(&out.work().join("latest"));
        symlink(&target, &beside)?;
        fs::rename(&beside, &link)?;
        sync_folder(&out.latest())
    };
    swap().map_err(|error| cannot_write(&link, &error))
}

fn remove_link(out: &Out, link: &Path) -> Result<()> {
    match fs::remove_file(link).and_then(|()| sync_folder(&out.latest())) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot_write(link, &error)),
        _ => Ok(()),
    }
}

/// Keeps `public/withdrawn.json` in step: the names of releases that were taken back, and nothing
/// where none was.
fn tell_withdrawn(out: &Out, history: &History) -> Result<()> {
    let path = out.public().join(WITHDRAWN);
    let names: Vec<&str> = history.withdrawn.iter().map(|withdrawal| withdrawal.release.as_str()).collect();
    if names.is_empty() && !is_there(&path)? {
        return Ok(());
    }
    let told = serde_json::json!({ "withdrawn": names });
    if fs::read(&path).is_ok_and(|bytes| bytes == json_bytes(&told)) {
        return Ok(());
    }
    replace(out, &out.public(), WITHDRAWN, Area::Public, &told)
}

/// Writes a restricted JSON file beside and renames it over the old one.
pub fn replace_file(out: &Out, folder: &Path, name: &str, content: &impl Serialize) -> Result<()> {
    replace(out, folder, name, Area::Restricted, content)
}

fn replace(out: &Out, folder: &Path, name: &str, area: Area, content: &impl Serialize) -> Result<()> {
    let value = serde_json::to_value(content).map_err(|_| Error::bug(format!("{name}: cannot be written as JSON")))?;
    let beside = format!("{name}.new");
    write_file(&out.work(), &beside, area, &json_bytes(&value))?;
    let path = folder.join(name);
    fs::rename(out.work().join(&beside), &path)
        .and_then(|()| sync_folder(folder))
        .map_err(|error| cannot_write(&path, &error))
}

/// Removes everything in `.work` but the lock and the stage; nothing while a release is half in its place.
pub fn sweep(out: &Out) -> Result<()> {
    let work = out.work();
    if is_there(&work.join(JOURNAL))? {
        return Ok(());
    }
    let remove = || {
        for entry in fs::read_dir(&work)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true if entry.file_name() == STAGE => {}
                true => fs::remove_dir_all(entry.path())?,
                false if entry.file_name() == "lock" => {}
                false => fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    };
    remove().map_err(|error| cannot_write(&work, &error))
}

/// The path with the first number that is free.
pub fn free_name(path: &Path) -> PathBuf {
    let numbered = |number: u32| path.with_extension(number.to_string());
    (0..).map(numbered).find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| path.to_path_buf())
}
