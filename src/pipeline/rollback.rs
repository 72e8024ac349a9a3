//! Releases taken back: `latest` leads to an earlier one, and the public is told which are
//! withdrawn.
//!
//! In: a pipeline of an OUT and a reason. Out: which releases were withdrawn, and where `latest`
//! leads now. What was published has been seen: the files stay, and the ledger keeps every
//! decision of them, so that later releases are protected against them as before.

use std::path::PathBuf;

use super::commit::{move_latest, recover, replace_file};
use super::history::{HISTORY, History, Withdrawal};
use super::layout::{Lock, Out};
use super::whole::is_whole;
use crate::domain::{Error, Result};

/// What is to be taken back.
#[derive(Debug, Clone)]
pub struct Rollback {
    pub out: PathBuf,
    pub pipeline: String,
    /// The release that `latest` shall lead to; none: the one before that it leads to now.
    pub to: Option<String>,
    pub reason: String,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// Newest first; empty where `latest` led there already.
    pub withdrawn: Vec<String>,
    /// Where `latest` leads now; none where no release is left.
    pub latest: Option<String>,
}

/// Takes releases back.
///
/// # Errors
/// 2: there is no such pipeline or release. 15: the release to go back to is damaged. 17: a run
/// is at work.
pub fn rollback(asked: &Rollback) -> Result<RolledBack> {
    let out = Out::at(&asked.out);
    out.is_there()?;
    let _lock = Lock::take(&out, None)?;
    recover(&out)?;
    let mut history = History::read(&out)?;
    let withdrawn = to_withdraw(asked, &history, &out)?;
    let newly = withdrawn.iter().map(|release| Withdrawal { release: release.clone(), reason: asked.reason.clone() });
    history.withdrawn.extend(newly);
    // From here on every run, and a second rollback, puts `latest` right.
    replace_file(&out, &out.restricted(), HISTORY, &history)?;
    move_latest(&out, &history, &asked.pipeline)?;
    let latest = history.latest(&asked.pipeline).map(|commit| commit.release.clone());
    tracing::warn!(withdrawn = withdrawn.join(", "), latest = latest.as_deref().unwrap_or("none"), "rolled back");
    Ok(RolledBack { withdrawn, latest })
}

/// The releases that stand before the one to go back to, newest first.
fn to_withdraw(asked: &Rollback, history: &History, out: &Out) -> Result<Vec<String>> {
    let mut left = history.clone();
    let mut withdrawn = Vec::new();
    while let Some(latest) = left.latest(&asked.pipeline).cloned() {
        let is_goal = asked.to.as_ref().map_or(withdrawn.len() == 1, |to| *to == latest.release);
        if is_goal {
            if !is_whole(out, &latest) {
                return Err(Error::output(format!(
                    "{}: the release to go back to is damaged; restore it, or name another one with --to",
                    latest.release
                )));
            }
            return Ok(withdrawn);
        }
        left.withdrawn.push(Withdrawal { release: latest.release.clone(), reason: String::new() });
        withdrawn.push(latest.release);
    }
    match &asked.to {
        None if !withdrawn.is_empty() => Ok(withdrawn),
        Some(to) => Err(Error::usage(format!(
            "{to}: {} has no such release that still stands; releases are named in OUT/public/releases",
            asked.pipeline
        ))),
        None => Err(Error::usage(format!("{}: no release of this pipeline stands in OUT", asked.pipeline))),
    }
}
