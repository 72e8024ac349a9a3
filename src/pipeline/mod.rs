//! What is to be done, and the walk through the rooms in their one order.
//!
//! In: a [`Request`], which is what was typed with its meaning. Out: an [`Outcome`]: a release in
//! its place, or a failure that left none. Only this room knows the order of the others; it
//! computes no number of its own.

mod commit;
#[cfg(test)]
mod commit_tests;
mod found;
mod gates;
mod hashes;
mod history;
mod layout;
mod middle;
mod name;
#[cfg(test)]
mod night_damage_tests;
#[cfg(test)]
mod night_tests;
mod own;
mod prune;
mod rejects;
mod reproduce;
mod rollback;
mod run;
mod stage;
mod stated;
mod whole;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::definition::GateId;
pub use crate::publish::{National, Summary};
pub use commit::not_while_committing;
pub use own::{OwnRequest, own_table};
pub use prune::{Pruned, Retention, prune};
pub use reproduce::{Reproduction, reproduce};
pub use rollback::{Rollback, RolledBack, rollback};
pub use run::run;
pub use stage::STAGE;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The definition.
    pub pipeline: PathBuf,
    pub delivery: PathBuf,
    /// Days since 1970-01-01.
    pub as_of: i32,
    pub out: PathBuf,
    /// Bytes that rows in waiting may take.
    pub memory: Option<u64>,
    pub mode: Mode,
    /// How long to wait for another run; none: not at all.
    pub wait: Option<Duration>,
    pub accepted: Accepted,
    /// Folder that work is kept in from night to night; none: nothing is kept, or used.
    pub stage: Option<PathBuf>,
}

/// Gates that an operator lets a delivery through, and why. Part of the release's name, and
/// published in its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub gates: Vec<GateId>,
    pub reason: String,
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Release,
    /// Say what would be done.
    DryRun,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A new release stands in its place.
    Released(Release),
    /// The same release was there, whole.
    AlreadyThere(Release),
    /// A release of this name would be made from these files.
    WouldRelease { release: String, files: Vec<PlannedFile> },
    /// The release is there; nothing would be done.
    WouldDoNothing { release: String },
}

/// A file that a run would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    pub source: String,
    pub name: String,
    pub bytes: u64,
}

/// A release in its place.
#[derive(Debug, Clone)]
pub struct Release {
    pub release: String,
    pub public: PathBuf,
    pub restricted: PathBuf,
    /// The link to the pipeline's newest release.
    pub latest: PathBuf,
    /// It was taken back, and stays so.
    pub is_withdrawn: bool,
    /// From the public files.
    pub summary: Summary,
}

/// A step of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Open,
    Hash,
    Contacts,
    Residents,
    Link,
    Count,
    Protect,
    Write,
    Audit,
    Commit,
}

/// Number of steps of a run.
pub const STEPS: u64 = 10;

impl Step {
    /// A word for a monitor.
    pub fn name(self) -> &'static str {
        match self {
            Step::Open => "open",
            Step::Hash => "hash",
            Step::Contacts => "contacts",
            Step::Residents => "residents",
            Step::Link => "link",
            Step::Count => "count",
            Step::Protect => "protect",
            Step::Write => "write",
            Step::Audit => "audit",
            Step::Commit => "commit",
        }
    }
    /// A sentence for a person.
    pub fn says(self) -> &'static str {
        match self {
            Step::Open => "finding the files of the delivery",
            Step::Hash => "hashing the files of the delivery",
            Step::Contacts => "reading bills and their lines to contacts",
            Step::Residents => "reading residents",
            Step::Link => "joining registers with contacts",
            Step::Count => "counting the cells of all tables",
            Step::Protect => "hiding what must not be shown, with proof",
            Step::Write => "writing the release beside",
            Step::Audit => "attacking the release from its public files",
            Step::Commit => "putting the release in place",
        }
    }
}

/// Whoever watches a run.
pub trait Watch: Sync {
    /// A step begins.
    fn step(&self, step: Step);
    /// Every event so far, as JSON lines, for the restricted log.
    fn log_so_far(&self) -> Vec<u8>;
}
