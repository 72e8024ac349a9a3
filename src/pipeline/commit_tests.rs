//! Releases put in place, killed in between, taken back and pruned, on a folder of two small files.

use std::fs;
use std::path::{Path, PathBuf};

use super::commit::{JOURNAL, Journal, commit, move_latest, put, recover, replace_file, sweep};
use super::history::{Commit, EMPTY_STATE, HISTORY, History, LEDGER};
use super::layout::Out;
use super::whole::is_whole;
use super::{Mode, Retention, Rollback, prune, rollback};
use crate::domain::ExitCode;
use crate::publish::files::{Area, make_folder, sha256};
use crate::publish::json_bytes;

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
        is_own: false,
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
        let both = History { releases: vec![first.clone(), second.clone()], ..History::default() };
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
    assert_eq!(History::read(&out).unwrap_err().code, ExitCode::Output);
}

#[test]
fn one_run_at_a_time() {
    let (_folder, out) = out();
    let held = super::layout::Lock::take(&out, None).unwrap();
    let refused = super::layout::Lock::take(&out, None).err().unwrap();
    assert_eq!(refused.code, ExitCode::Locked);
    drop(held);
    assert!(super::layout::Lock::take(&out, None).is_ok());
}

/// Two releases of two days, one after the other.
fn two(out: &Out) -> [Commit; 2] {
    let first = stage(out, "gp-1", 100, EMPTY_STATE);
    commit(out, first.clone()).unwrap();
    let second = stage(out, "gp-2", 101, &first.ledger_after);
    commit(out, second.clone()).unwrap();
    [first, second]
}

fn root(out: &Out) -> PathBuf {
    out.public().parent().unwrap().to_path_buf()
}

fn back(out: &Out, to: Option<&str>) -> crate::domain::Result<super::RolledBack> {
    let to = to.map(str::to_string);
    rollback(&Rollback { out: root(out), pipeline: "gp".into(), to, reason: "wrong file".into() })
}

/// A withdrawn release has been seen: its files and its ledger stay, `latest` leaves it.
#[test]
fn a_rollback_moves_latest_and_keeps_what_was_seen() {
    let (_folder, out) = out();
    let [first, second] = two(&out);
    let done = back(&out, None).unwrap();
    assert_eq!((done.withdrawn, done.latest), (vec!["gp-2".to_string()], Some("gp-1".to_string())));
    assert_eq!(latest(&out), "gp-1");
    let history = History::read(&out).unwrap();
    assert_eq!(history.state(), second.ledger_after, "the next release starts from the withdrawn one's ledger");
    assert_eq!(history.ledger(&out).unwrap(), Some(b"gp-2".to_vec()));
    assert!(is_whole(&out, &second));
    let told = fs::read_to_string(out.public().join("withdrawn.json")).unwrap();
    assert!(told.contains("gp-2") && !told.contains("wrong file"), "the reason is not published: {told}");

    let third = stage(&out, "gp-3", 101, &second.ledger_after);
    commit(&out, third).unwrap();
    assert_eq!(latest(&out), "gp-3", "a new release is the latest again");
    assert!(History::read(&out).unwrap().is_withdrawn("gp-2"), "and the withdrawn one stays so");
    assert!(is_whole(&out, &first));
}

#[test]
fn a_rollback_goes_to_a_release_that_stands_or_says_so() {
    let (_folder, out) = out();
    two(&out);
    assert_eq!(back(&out, Some("gp-9")).unwrap_err().code, ExitCode::Usage);
    assert_eq!(latest(&out), "gp-2", "a refused rollback changes nothing");
    assert!(back(&out, Some("gp-2")).unwrap().withdrawn.is_empty());
    assert_eq!(back(&out, Some("gp-1")).unwrap().withdrawn, ["gp-2"]);
    let last = back(&out, None).unwrap();
    assert_eq!((last.withdrawn, last.latest), (vec!["gp-1".to_string()], None));
    assert!(!out.latest().join("gp").exists(), "no release stands, latest is gone");
    assert_eq!(back(&out, None).unwrap_err().code, ExitCode::Usage);
}

/// Killed between the list and the link: the next run puts the link right.
#[test]
fn a_rollback_killed_in_between_is_completed_by_whoever_comes_next() {
    let (_folder, out) = out();
    two(&out);
    back(&out, None).unwrap();
    let link = out.latest().join("gp");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("../releases/gp-2", &link).unwrap();
    move_latest(&out, &History::read(&out).unwrap(), "gp").unwrap();
    assert_eq!(latest(&out), "gp-1");
}

#[test]
fn pruning_keeps_latest_the_newest_and_every_ledger() {
    let (_folder, out) = out();
    let [first, second] = two(&out);
    let third = stage(&out, "gp-3", 99, &second.ledger_after);
    commit(&out, third.clone()).unwrap();
    fs::write(out.restricted_of("gp-1").join("cells"), "true values").unwrap();
    fs::create_dir_all(out.failed().join("gp-0")).unwrap();
    let ask = |mode| prune(&Retention { out: root(&out), keep: 1, mode }).unwrap();

    let would = ask(Mode::DryRun);
    assert_eq!((&would.releases[..], would.kept), (&["gp-1".to_string()][..], 2));
    assert!(out.release("gp-1").exists(), "a dry run removes nothing");
    assert_eq!(ask(Mode::Release), would);

    assert!(!out.release("gp-1").exists() && !out.restricted_of("gp-1").join("cells").exists());
    assert!(is_whole(&out, &second), "latest leads to it");
    assert!(is_whole(&out, &third), "it is the newest");
    assert_eq!(latest(&out), "gp-2");
    let history = History::read(&out).unwrap();
    assert_eq!(history.releases.len(), 3, "what was seen is remembered");
    let before = history.before(Some(&second));
    assert_eq!(before.ledger(&out).unwrap(), Some(b"gp-1".to_vec()), "{}", first.release);
    assert!(out.failed().join("gp-0").exists(), "as many stopped runs stay");
    assert!(ask(Mode::Release).releases.is_empty(), "a second time there is nothing to do");
}

#[test]
fn a_restricted_area_inside_a_public_one_is_refused() {
    let (folder, out) = out();
    let within = Out::at(&out.releases().join("mine"));
    assert_eq!(within.make().unwrap_err().code, ExitCode::Output);
    assert!(!out.releases().join("mine").exists(), "nothing is made");
    let linked = Out::at(&folder.path().join("linked"));
    fs::create_dir_all(linked.public().join("secret")).unwrap();
    std::os::unix::fs::symlink(linked.public().join("secret"), linked.restricted()).unwrap();
    assert_eq!(linked.make().unwrap_err().code, ExitCode::Output);
}
