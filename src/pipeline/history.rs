//! The releases made in one OUT, in order, and the ledger that the last of them left.
//!
//! In: `restricted/releases.json` and the ledger in the newest release's restricted folder. Out: the
//! ledger that a run starts from, and the state's name. The ledger is never guessed: where
//! releases have been published and their ledger is gone, no run goes on.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::layout::Out;
use crate::domain::{Error, Result};
use crate::publish::files::{entries, is_there, read_if_there, sha256};

/// Name of the list of releases in the restricted folder.
pub const HISTORY: &str = "releases.json";
/// Name of the ledger in a release's restricted folder.
pub const LEDGER: &str = "ledger.zst";
/// State of a ledger without decisions.
pub const EMPTY_STATE: &str = "empty";

/// A release put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub release: String,
    pub pipeline: String,
    /// Days since 1970-01-01.
    pub as_of: i32,
    /// Hash of everything that the release was made from but the ledger.
    pub run: String,
    /// The ledger's state before and after: hashes of restricted manifests.
    pub ledger_before: String,
    pub ledger_after: String,
    /// A table of one's own: `latest` never leads to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_own: bool,
}

/// All releases of an OUT, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub releases: Vec<Commit>,
    /// Releases that were taken back. They have been seen, so that their decisions stay in the
    /// ledger; `latest` does not lead to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawal>,
}

/// A release that was taken back, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    pub release: String,
    /// The operator's words; never published.
    pub reason: String,
}

impl History {
    /// Reads what stands in `out`; empty where nothing was released yet.
    pub fn read(out: &Out) -> Result<Self> {
        let path = out.restricted().join(HISTORY);
        match read_if_there(&path)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged(&path)),
            None if entries(&out.releases())?.is_empty() => Ok(History::default()),
            None => Err(damaged(&path)),
        }
    }
    /// Reads what stood in `out` when `commit` was about to be added: nothing, for the first.
    pub fn read_for(out: &Out, commit: &Commit) -> Result<Self> {
        let starts = commit.ledger_before == EMPTY_STATE || commit.is_own;
        let is_first = starts && !is_there(&out.restricted().join(HISTORY))?;
        if is_first { Ok(History::default()) } else { History::read(out) }
    }
    /// The part of the history that a run starts from: all of it, or what was before `commit`
    /// where that is to be made again.
    pub fn before(&self, commit: Option<&Commit>) -> History {
        let end = self.releases.iter().position(|other| Some(other) == commit).unwrap_or(self.releases.len());
        History { releases: self.releases[..end].to_vec(), withdrawn: Vec::new() }
    }
    /// State of the ledger that the last release left.
    pub fn state(&self) -> &str {
        self.releases.last().map_or(EMPTY_STATE, |commit| &commit.ledger_after)
    }
    /// The ledger that the last release left; none where nothing was released yet.
    pub fn ledger(&self, out: &Out) -> Result<Option<Vec<u8>>> {
        let Some(last) = self.releases.last() else { return Ok(None) };
        let folder = out.restricted_of(&last.release);
        let manifest = read_if_there(&folder.join("manifest.json"))?.unwrap_or_default();
        let path = folder.join(LEDGER);
        let bytes = read_if_there(&path)?.ok_or_else(|| damaged(&path))?;
        let stated = format!("\"{}\"", sha256(&bytes));
        if sha256(&manifest) != last.ledger_after || !String::from_utf8_lossy(&manifest).contains(&stated) {
            return Err(damaged(&path));
        }
        Ok(Some(bytes))
    }
    /// The newest release that was made from the same things, whatever the ledger was.
    pub fn find(&self, run: &str) -> Option<&Commit> {
        self.releases.iter().rev().find(|commit| commit.run == run)
    }
    /// The releases of a pipeline, oldest first.
    pub fn of<'a>(&'a self, pipeline: &'a str) -> impl DoubleEndedIterator<Item = &'a Commit> {
        self.releases.iter().filter(move |commit| commit.pipeline == pipeline)
    }
    /// The newest release of every pipeline but one, tables of one's own aside.
    pub fn newest_but<'a>(&'a self, pipeline: &'a str) -> impl Iterator<Item = &'a Commit> {
        let is_other = move |commit: &Commit| commit.pipeline != pipeline && !commit.is_own;
        let others = self.releases.iter().enumerate().filter(move |(_, commit)| is_other(commit));
        let is_newest =
            move |&(at, of): &(usize, &Commit)| self.releases[at + 1..].iter().all(|on| on.pipeline != of.pipeline);
        others.filter(is_newest).map(|(_, commit)| commit)
    }
    /// The release that `latest` leads to: that of the latest day, and of these the newest, of
    /// those that were not taken back.
    pub fn latest<'a>(&'a self, pipeline: &'a str) -> Option<&'a Commit> {
        let may_lead = |commit: &&Commit| !commit.is_own && !self.is_withdrawn(&commit.release);
        self.of(pipeline).filter(may_lead).max_by_key(|commit| commit.as_of)
    }
    pub fn is_withdrawn(&self, release: &str) -> bool {
        self.withdrawn.iter().any(|withdrawal| withdrawal.release == release)
    }
}

fn damaged(path: &Path) -> Error {
    Error::output(format!(
        "{}: the ledger of earlier releases is missing or damaged; restore OUT/restricted from a backup, \
         or release to an empty --out (what was published there protects nothing here)",
        path.display()
    ))
}
