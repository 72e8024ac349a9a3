//! Old releases removed, once nothing needs them.
//!
//! In: an OUT and how many releases of each pipeline to keep. Out: what was removed, or would be.
//! The release that `latest` leads to is always kept. Of a release that goes, the restricted
//! manifest and the ledger stay: they are what later releases are protected and reproduced with.
//! What a gate stopped is kept apart, and goes by age. Staged files that no last run needs go, too.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Mode;
use super::commit::{free_name, recover, sweep};
use super::history::{Commit, History, LEDGER};
use super::layout::{Lock, Out};
use crate::domain::Result;
use crate::publish::files::{cannot_write, entries, is_there};
use crate::stage;

/// Files of a release's restricted folder that are never removed.
const KEPT: [&str; 2] = ["manifest.json", LEDGER];

/// How much is to be kept.
#[derive(Debug, Clone)]
pub struct Retention {
    pub out: PathBuf,
    /// Newest releases of each pipeline, and newest stopped runs, to keep.
    pub keep: usize,
    pub mode: Mode,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Releases of which the public files and the restricted cells, rejects and certificates go.
    pub releases: Vec<String>,
    /// Stopped runs under restricted/failed.
    pub failed: Vec<String>,
    /// Releases that stay.
    pub kept: usize,
}

/// Removes what is older than asked for.
///
/// # Errors
/// 15: something cannot be removed. 17: a run is at work.
pub fn prune(asked: &Retention) -> Result<Pruned> {
    let out = Out::at(&asked.out);
    out.is_there()?;
    let _lock = Lock::take(&out, None)?;
    if asked.mode == Mode::Release {
        recover(&out)?;
    }
    let history = History::read(&out)?;
    let (going, kept): (Vec<&Commit>, Vec<&Commit>) =
        history.releases.iter().partition(|commit| is_old(&history, commit, asked.keep));
    let mut with_files = Vec::new();
    for commit in going {
        if has_files(&out, &commit.release)? {
            with_files.push(commit);
        }
    }
    let going = with_files;
    let failed = old_failures(&out, asked.keep)?;
    if asked.mode == Mode::Release {
        going.iter().try_for_each(|commit| remove_release(&out, &commit.release))?;
        failed.iter().try_for_each(|name| remove(&out, &out.failed().join(name)))?;
        sweep(&out)?;
        stage::sweep(&out.stage());
    }
    let releases = going.iter().map(|commit| commit.release.clone()).collect();
    Ok(Pruned { releases, failed, kept: kept.len() })
}

/// Whether a release is none of the newest of its pipeline, and `latest` does not lead to it.
fn is_old(history: &History, commit: &Commit, keep: usize) -> bool {
    let is_newest = history.of(&commit.pipeline).rev().take(keep).any(|newest| newest.release == commit.release);
    let is_latest = history.latest(&commit.pipeline).is_some_and(|latest| latest.release == commit.release);
    !is_newest && !is_latest
}

fn has_files(out: &Out, release: &str) -> Result<bool> {
    Ok(is_there(&out.release(release))? || !to_remove(out, release)?.is_empty())
}

/// What goes of a release's restricted folder.
fn to_remove(out: &Out, release: &str) -> Result<Vec<PathBuf>> {
    let mut goes = entries(&out.restricted_of(release))?;
    goes.retain(|path| !KEPT.iter().any(|kept| path.ends_with(kept)));
    Ok(goes)
}

/// The public folder goes first and at once; a kill in between leaves a rest that the next prune takes.
fn remove_release(out: &Out, release: &str) -> Result<()> {
    remove(out, &out.release(release))?;
    to_remove(out, release)?.iter().try_for_each(|path| remove(out, path))
}

/// Moves out of the way at once what the sweep then removes.
fn remove(out: &Out, path: &Path) -> Result<()> {
    if !is_there(path)? {
        return Ok(());
    }
    fs::rename(path, free_name(&out.work().join("pruned"))).map_err(|error| cannot_write(path, &error))
}

/// Stopped runs besides the newest ones.
fn old_failures(out: &Out, keep: usize) -> Result<Vec<String>> {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found: Vec<(SystemTime, String)> =
        entries(&out.failed())?.iter().map(|path| (changed(path), name(path))).collect();
    found.sort();
    found.truncate(found.len().saturating_sub(keep));
    Ok(found.into_iter().map(|(_, name)| name).collect())
}
