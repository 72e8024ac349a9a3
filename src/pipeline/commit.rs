//! Putting a release in place, whole or not at all.
//!
//! In: a staged release, on the disk and audited. Out: the release in its place, the ledger's
//! history one longer, `latest` moved. A journal is written before the first rename: a run killed
//! before it leaves nothing but work to sweep away, a run killed after it is completed by the
//! next one. Every step can be done twice.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::history::{Commit, HISTORY, History};
use super::layout::Out;
use crate::domain::{Error, Result};
use crate::publish::files::{Area, cannot_write, sync_folders, write_file};
use crate::publish::json_bytes;

const JOURNAL: &str = "journal.json";

/// What is to be put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Journal {
    commit: Commit,
}

/// Puts the staged release in place.
pub fn commit(out: &Out, commit: Commit) -> Result<()> {
    let staging = out.staging();
    sync_folders(&staging).map_err(|error| cannot_write(&staging, &error))?;
    replace_file(out, &out.work(), JOURNAL, &Journal { commit: commit.clone() })?;
    complete(out, &commit)
}

/// Completes the release that a killed run had begun to put in place, and sweeps away all other
/// work of killed runs. To be called under the lock.
pub fn recover(out: &Out) -> Result<()> {
    if let Ok(bytes) = fs::read(out.work().join(JOURNAL)) {
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
    fs::remove_file(&journal).and_then(|()| sync(&out.work())).map_err(|error| cannot_write(&journal, &error))
}

/// Renames a staged folder to its place, unless that was done; a damaged one there gives way.
fn put(out: &Out, staged: &Path, place: &Path) -> Result<()> {
    if !staged.exists() {
        return Ok(());
    }
    let rename = || {
        if place.exists() {
            fs::rename(place, free_name(&out.work().join("replaced")))?;
        }
        fs::rename(staged, place)?;
        place.parent().map_or(Ok(()), sync)
    };
    rename().map_err(|error| cannot_write(place, &error))
}

/// Lets `latest/PIPELINE` lead to the release of the latest day.
pub fn move_latest(out: &Out, history: &History, pipeline: &str) -> Result<()> {
    let Some(newest) = history.latest(pipeline) else { return Ok(()) };
    let link = out.latest().join(pipeline);
    let target = PathBuf::from("../releases").join(&newest.release);
    if fs::read_link(&link).is_ok_and(|now| now == target) {
        return Ok(());
    }
    let swap = || {
        let beside = free_name(&out.work().join("latest"));
        symlink(&target, &beside)?;
        fs::rename(&beside, &link)?;
        sync(&out.latest())
    };
    swap().map_err(|error| cannot_write(&link, &error))
}

/// Writes a restricted JSON file beside and renames it over the old one.
fn replace_file(out: &Out, folder: &Path, name: &str, content: &impl Serialize) -> Result<()> {
    let value = serde_json::to_value(content).map_err(|_| Error::bug(format!("{name}: cannot be written as JSON")))?;
    let beside = format!("{name}.new");
    write_file(&out.work(), &beside, Area::Restricted, &json_bytes(&value))?;
    let path = folder.join(name);
    fs::rename(out.work().join(&beside), &path).and_then(|()| sync(folder)).map_err(|error| cannot_write(&path, &error))
}

/// Removes everything in `.work` but the lock; nothing while a release is half in its place.
pub fn sweep(out: &Out) -> Result<()> {
    let work = out.work();
    if work.join(JOURNAL).exists() {
        return Ok(());
    }
    let remove = || {
        for entry in fs::read_dir(&work)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false if entry.file_name() == "lock" => {}
                false => fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    };
    remove().map_err(|error| cannot_write(&work, &error))
}

fn free_name(path: &Path) -> PathBuf {
    let numbered = |number: u32| path.with_extension(number.to_string());
    (0..).map(numbered).find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| path.to_path_buf())
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::super::history::{EMPTY_STATE, LEDGER};
    use super::super::whole::is_whole;
    use super::*;
    use crate::publish::files::{make_folder, sha256};

    /// An OUT with nothing in it.
    fn out() -> (tempfile::TempDir, Out) {
        let folder = tempfile::tempdir().unwrap();
        let out = Out::at(&folder.path().join("out"));
        out.make().unwrap();
        (folder, out)
    }

    /// A staged release of two files and their manifests, and the entry it is committed with.
    fn stage(out: &Out, release: &str, as_of: i32, before: &str) -> Commit {
        let (public, restricted) = (out.staging().join("public"), out.staging().join("restricted"));
        make_folder(&public, Area::Public).unwrap();
        make_folder(&restricted, Area::Restricted).unwrap();
        let manifest = |key: &str, path: &str, text: &str| {
            let file = serde_json::json!({"path": path, "sha256": sha256(text.as_bytes()), "bytes": text.len()});
            json_bytes(&serde_json::json!({ key: [file] }))
        };
        fs::write(public.join("table.csv"), release).unwrap();
        fs::write(public.join("manifest.json"), manifest("outputs", "table.csv", release)).unwrap();
        fs::write(restricted.join(LEDGER), release).unwrap();
        let stated = manifest("files", LEDGER, release);
        fs::write(restricted.join("manifest.json"), &stated).unwrap();
        Commit {
            release: release.into(),
            pipeline: "gp".into(),
            as_of,
            run: format!("run of {release}"),
            ledger_before: before.into(),
            ledger_after: sha256(&stated),
        }
    }

    fn latest(out: &Out) -> String {
        fs::read_to_string(out.latest().join("gp/table.csv")).unwrap_or_default()
    }

    /// What stands in OUT, without the work in progress.
    fn standing(out: &Out) -> Vec<String> {
        let list = |folder: PathBuf| {
            let mut names: Vec<String> =
                fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        [list(out.releases()), list(out.restricted()), list(out.latest())].concat()
    }

    #[test]
    fn a_release_is_put_in_place_with_its_ledger_and_latest() {
        let (_folder, out) = out();
        let first = stage(&out, "gp-1", 100, EMPTY_STATE);
        commit(&out, first.clone()).unwrap();
        let history = History::read(&out).unwrap();
        assert_eq!(history.releases, std::slice::from_ref(&first));
        assert_eq!(history.ledger(&out).unwrap(), Some(b"gp-1".to_vec()));
        assert!(is_whole(&out, &first));
        assert_eq!(latest(&out), "gp-1");
        assert_eq!(fs::read_link(out.latest().join("gp")).unwrap(), Path::new("../releases/gp-1"));
    }

    #[test]
    fn an_earlier_day_does_not_move_latest_and_an_equal_one_does() {
        let (_folder, out) = out();
        let first = stage(&out, "gp-1", 100, EMPTY_STATE);
        commit(&out, first.clone()).unwrap();
        let earlier = stage(&out, "gp-0", 99, &first.ledger_after);
        commit(&out, earlier.clone()).unwrap();
        assert_eq!(latest(&out), "gp-1");
        let again = stage(&out, "gp-2", 100, &earlier.ledger_after);
        commit(&out, again).unwrap();
        assert_eq!(latest(&out), "gp-2");
    }

    /// Every state in which a kill can leave OUT after the journal is written: the next run
    /// completes the release and ends where an undisturbed one does.
    #[test]
    fn a_run_killed_after_the_journal_is_completed_by_the_next() {
        for killed_after in 0..5 {
            let (_folder, out) = out();
            let first = stage(&out, "gp-1", 100, EMPTY_STATE);
            commit(&out, first.clone()).unwrap();
            let second = stage(&out, "gp-2", 101, &first.ledger_after);
            replace_file(&out, &out.work(), JOURNAL, &Journal { commit: second.clone() }).unwrap();
            let staging = out.staging();
            if killed_after >= 1 {
                put(&out, &staging.join("restricted"), &out.restricted_of("gp-2")).unwrap();
            }
            if killed_after >= 2 {
                put(&out, &staging.join("public"), &out.release("gp-2")).unwrap();
            }
            let both = History { releases: vec![first.clone(), second.clone()] };
            if killed_after >= 3 {
                replace_file(&out, &out.restricted(), HISTORY, &both).unwrap();
            }
            if killed_after >= 4 {
                move_latest(&out, &both, "gp").unwrap();
            }
            let before = latest(&out);
            assert!(before == "gp-1" || before == "gp-2", "a release stands, whatever happens");
            recover(&out).unwrap();
            assert_eq!(History::read(&out).unwrap(), both, "killed after step {killed_after}");
            assert_eq!(latest(&out), "gp-2");
            assert!(is_whole(&out, &first) && is_whole(&out, &second));
            assert_eq!(standing(&out), ["gp-1", "gp-2", "gp-1", "gp-2", "releases.json", "gp"]);
            assert!(!out.staging().exists() && !out.work().join(JOURNAL).exists());
        }
    }

    #[test]
    fn the_very_first_release_is_completed_too() {
        let (_folder, out) = out();
        let first = stage(&out, "gp-1", 100, EMPTY_STATE);
        replace_file(&out, &out.work(), JOURNAL, &Journal { commit: first.clone() }).unwrap();
        put(&out, &out.staging().join("restricted"), &out.restricted_of("gp-1")).unwrap();
        put(&out, &out.staging().join("public"), &out.release("gp-1")).unwrap();
        recover(&out).unwrap();
        assert_eq!(History::read(&out).unwrap().releases, [first]);
    }

    #[test]
    fn a_run_killed_before_the_journal_leaves_nothing() {
        let (_folder, out) = out();
        let first = stage(&out, "gp-1", 100, EMPTY_STATE);
        commit(&out, first.clone()).unwrap();
        stage(&out, "gp-2", 101, &first.ledger_after);
        fs::write(out.work().join("journal.json.new"), "{ half a jour").unwrap();
        recover(&out).unwrap();
        assert_eq!(standing(&out), ["gp-1", "gp-1", "releases.json", "gp"]);
        assert_eq!(fs::read_dir(out.work()).unwrap().count(), 0);
        assert_eq!(latest(&out), "gp-1");
    }

    #[test]
    fn a_damaged_release_is_seen_and_replaced() {
        let (_folder, out) = out();
        let first = stage(&out, "gp-1", 100, EMPTY_STATE);
        commit(&out, first.clone()).unwrap();
        fs::write(out.release("gp-1").join("table.csv"), "changed").unwrap();
        assert!(!is_whole(&out, &first));
        let again = stage(&out, "gp-1", 100, EMPTY_STATE);
        assert_eq!(again, first);
        commit(&out, again).unwrap();
        sweep(&out).unwrap();
        assert!(is_whole(&out, &first));
        assert_eq!(History::read(&out).unwrap().releases, [first], "it is no second release");
    }

    /// What was published is in the attacker's knowledge: without the ledger no run goes on.
    #[test]
    fn a_lost_ledger_stops_the_run() {
        let (_folder, out) = out();
        let first = stage(&out, "gp-1", 100, EMPTY_STATE);
        commit(&out, first).unwrap();
        fs::remove_file(out.restricted_of("gp-1").join(LEDGER)).unwrap();
        assert!(History::read(&out).unwrap().ledger(&out).is_err());
        fs::remove_file(out.restricted().join(HISTORY)).unwrap();
        assert_eq!(History::read(&out).unwrap_err().code, crate::domain::ExitCode::Output);
    }

    #[test]
    fn one_run_at_a_time() {
        let (_folder, out) = out();
        let held = super::super::layout::Lock::take(&out).unwrap();
        let refused = super::super::layout::Lock::take(&out).err().unwrap();
        assert_eq!(refused.code, crate::domain::ExitCode::Locked);
        drop(held);
        assert!(super::super::layout::Lock::take(&out).is_ok());
    }
}
