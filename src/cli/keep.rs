//! `kprstat rollback` and `kprstat prune`: what stays of the releases made.
//!
//! In: what was typed. Out: on stdout, what was taken back or removed.

use std::fmt::Write;

use super::args::{PruneArgs, RollbackArgs};
use super::print;
use crate::domain::Result;
use crate::pipeline::{self, Mode, Retention, Rollback};

/// Takes releases back and says which, and where `latest` leads now.
pub fn rollback(typed: &RollbackArgs) -> Result<()> {
    let done = pipeline::rollback(&Rollback {
        out: typed.out.clone(),
        pipeline: typed.pipeline.clone(),
        to: typed.to.clone(),
        reason: typed.reason.clone(),
    })?;
    let mut text = String::new();
    for release in &done.withdrawn {
        let _ = writeln!(text, "Withdrawn {release}");
    }
    if done.withdrawn.is_empty() {
        text.push_str("Nothing to do\n");
    }
    let _ = match done.latest {
        Some(release) => writeln!(text, "Latest is {release}"),
        None => writeln!(text, "No release of {} stands any longer; latest is gone", typed.pipeline),
    };
    print(&text)
}

/// Removes old releases and says which.
pub fn prune(typed: &PruneArgs) -> Result<()> {
    let mode = if typed.dry_run { Mode::DryRun } else { Mode::Release };
    let pruned = pipeline::prune(&Retention { out: typed.out.clone(), keep: usize::from(typed.keep), mode })?;
    let verb = if typed.dry_run { "Would remove" } else { "Removed" };
    let mut text = String::new();
    for release in &pruned.releases {
        let _ = writeln!(text, "{verb} {release} (its restricted manifest and ledger stay)");
    }
    for failed in &pruned.failed {
        let _ = writeln!(text, "{verb} restricted/failed/{failed}");
    }
    if pruned.releases.is_empty() && pruned.failed.is_empty() {
        text.push_str("Nothing to remove\n");
    }
    let _ = writeln!(text, "{} releases stay", pruned.kept);
    print(&text)
}
