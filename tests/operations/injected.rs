//! One fault for every operation on a file, of every kind: the last release stands, the message
//! says what happened, the next attempt succeeds and ends with the bytes of an undisturbed one.

use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::disk::{Fault, Kind, Operation, Side, spoil, watch};
use super::faults::{is_whole, standing, work_left};
use super::small::{Place, said, text};

/// What an operator does, again and again from the same state of OUT.
struct Scene {
    place: Place,
    /// Makes the command that works in a folder of releases.
    act: fn(&Place, &str) -> Command,
    operations: Vec<Operation>,
    /// What stands in OUT after an undisturbed attempt.
    undisturbed: Vec<(PathBuf, Vec<u8>)>,
    /// That, and what stood there before.
    known: Vec<(PathBuf, Vec<u8>)>,
}

impl Scene {
    /// `days` are released before.
    fn new(days: &[&str], act: fn(&Place, &str) -> Command) -> Scene {
        let place = Place::new();
        for day in days {
            assert!(one_thread(&place, "before", day).output().unwrap().status.success());
        }
        let mut scene = Scene { place, act, operations: Vec::new(), undisturbed: Vec::new(), known: Vec::new() };
        scene.reset("undisturbed");
        scene.known = standing(&scene.place.path("undisturbed"));
        let below = scene.place.path("");
        scene.operations = watch(&mut act(&scene.place, "undisturbed"), &below);
        scene.undisturbed = standing(&scene.place.path("undisturbed"));
        scene.known.extend(scene.undisturbed.clone());
        scene.known.sort();
        scene.known.dedup();
        scene
    }

    /// Brings a folder of releases to the state before the attempt.
    fn reset(&self, out: &str) {
        let (before, out) = (self.place.path("before"), self.place.path(out));
        let _ = std::fs::remove_dir_all(&out);
        if before.exists() {
            assert!(Command::new("cp").arg("-a").arg(before).arg(out).status().unwrap().success());
        }
    }

    /// Every fault that an operation can meet.
    fn faults(&self, sides: &[Side]) -> Vec<(Fault, &Operation)> {
        let of_side = |side: Side| self.operations.iter().filter(move |op| op.side == side).enumerate();
        let mut faults = Vec::new();
        for &side in sides {
            for (number, operation) in of_side(side) {
                let kinds = Kind::OF_DISK.into_iter().filter(|kind| kind.strikes(operation));
                faults.extend(kinds.map(|kind| (Fault { side, at: number + 1, kind }, operation)));
            }
        }
        faults
    }

    /// Meets one fault and holds what stands afterwards beside what may stand.
    fn meet(&self, fault: Fault, at: &Operation) {
        self.reset("out");
        let out = self.place.path("out");
        let mut attempt = (self.act)(&self.place, "out");
        spoil(&mut attempt, &self.place.path(""), fault);
        let attempt = attempt.output().unwrap();
        let what = format!("{fault:?} at {} {}\n{}", at.name, at.path.display(), said(&attempt));
        self.judge(&attempt, (fault, at), &what);
        assert!(is_whole(&out, &self.known), "a release is half made or lost: {what}");
        let again = (self.act)(&self.place, "out").output().unwrap();
        assert!(again.status.success(), "the next attempt fails: {what}\n{}", said(&again));
        assert!(standing(&out) == self.undisturbed, "another byte stands in the end: {what}\n{}", said(&again));
        assert_eq!(work_left(&out), ["lock"], "work is left over: {what}");
    }

    /// How the attempt ended, and what it said.
    fn judge(&self, attempt: &Output, (fault, at): (Fault, &Operation), what: &str) {
        match fault.kind {
            Kind::Kill => return assert_eq!(attempt.status.signal(), Some(9), "{what}"),
            Kind::Short => return assert!(attempt.status.success(), "{what}"),
            _ => {}
        }
        let code = attempt.status.code();
        let stderr = String::from_utf8_lossy(&attempt.stderr).into_owned();
        if code == Some(0) {
            // What was only looked at twice, or was not needed in the end: a run goes without its stage.
            let is_needed = !at.path.to_string_lossy().contains(".work/stage");
            return assert!(fault.side == Side::Read || !is_needed, "a fault is passed over in silence: {what}");
        }
        let expected: &[i32] = if fault.side == Side::Write { &[15] } else { &[10, 11, 15] };
        assert!(code.is_some_and(|code| expected.contains(&code)), "exit code {code:?}: {what}");
        let message = stderr.lines().rev().find(|line| line.starts_with("error: "));
        assert!(message.is_some_and(|message| message.len() > 40), "it does not say what happened: {what}");
    }
}

/// With one thread, operations come in the same order every time.
pub fn one_thread(place: &Place, out: &str, day: &str) -> Command {
    place.run(out, day, &["--threads", "1"])
}

fn command(words: &[&str], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kprstat"));
    command.args(words).args(["--threads", "1", "--out", text(out)]);
    command
}

/// Every `1/nth` of the faults, so that a run of the tests stays short; `KPRSTAT_FAULTS=all`
/// (`make test-faults`) is every single one.
pub fn sample<T>(faults: Vec<T>, wanted: usize) -> Vec<T> {
    let all = std::env::var("KPRSTAT_FAULTS").is_ok_and(|which| which == "all");
    let step = if all { 1 } else { faults.len().div_ceil(wanted) };
    faults.into_iter().step_by(step).collect()
}

fn meet_all(scene: &Scene, sides: &[Side], wanted: usize) {
    let faults = scene.faults(sides);
    println!("{} operations, {} faults", scene.operations.len(), faults.len());
    let faults = sample(faults, wanted).into_iter();
    let meet = |(fault, at)| catch_unwind(AssertUnwindSafe(|| scene.meet(fault, at))).is_err();
    let wrong = faults.filter(|&fault| meet(fault)).count();
    assert_eq!(wrong, 0, "faults that were not survived, each of which is told above");
}

#[test]
fn a_run_survives_a_fault_at_every_operation_that_writes() {
    let scene = Scene::new(&["2023-05-02"], |place, out| one_thread(place, out, "2023-05-12"));
    meet_all(&scene, &[Side::Write], 40);
}

#[test]
fn a_run_survives_a_fault_at_every_operation_that_reads() {
    let scene = Scene::new(&["2023-05-02"], |place, out| one_thread(place, out, "2023-05-12"));
    meet_all(&scene, &[Side::Read], 25);
}

#[test]
fn the_very_first_run_survives_a_fault_at_every_operation() {
    let scene = Scene::new(&[], |place, out| one_thread(place, out, "2023-05-02"));
    meet_all(&scene, &[Side::Write], 10);
}

#[test]
fn a_release_is_taken_back_whole_whatever_fails() {
    let scene = Scene::new(&["2023-05-02", "2023-05-12"], |place, out| {
        command(
            &["rollback", "gp-activity", "--reason", "wrong delivery", "--to", &first(place, out)],
            &place.path(out),
        )
    });
    meet_all(&scene, &[Side::Write, Side::Read], 20);
}

/// Name of the earliest release.
fn first(place: &Place, out: &str) -> String {
    let mut names: Vec<String> = std::fs::read_dir(place.path(out).join("public/releases"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names[0].clone()
}

#[test]
fn old_releases_are_removed_whatever_fails() {
    let scene = Scene::new(&["2023-05-02", "2023-05-12", "2023-05-22"], |place, out| {
        command(&["prune", "--keep", "1"], &place.path(out))
    });
    meet_all(&scene, &[Side::Write, Side::Read], 20);
}
