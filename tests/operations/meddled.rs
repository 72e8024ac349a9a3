//! A delivery that others change while it is read, a disk with little room, a clock that jumps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::disk::{Fault, Kind, Side, set_clock, spoil, watch};
use super::faults::{is_whole, standing};
use super::injected::{one_thread, sample};
use super::small::{Place, copy, said, text};

/// Whether the manifest of the release that `latest` leads to states the files as they are.
fn states_what_is_there(out: &Path, delivery: &Path) -> bool {
    let manifest = fs::read(out.join("public/latest/gp-activity/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let same = |input: &serde_json::Value| {
        let bytes = fs::read(delivery.join(input["file"].as_str().unwrap())).unwrap_or_default();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        input["sha256"] == hash && input["bytes"] == bytes.len()
    };
    manifest["inputs"].as_array().unwrap().iter().all(same)
}

/// A run either ends with exit code 11, or publishes what the files hold after they were changed.
#[test]
fn a_file_that_grows_shrinks_or_vanishes_while_it_is_read_is_noticed() {
    let place = Place::new();
    let (delivery, whole, out) = (place.path("delivery"), place.path("whole"), place.path("out"));
    copy(&delivery, &whole);
    let operations = watch(&mut one_thread(&place, "undisturbed", "2023-05-02"), &delivery);
    let reads = operations.iter().filter(|operation| operation.side == Side::Read).enumerate();
    let faults = reads.flat_map(|(number, operation)| {
        let kinds = Kind::OF_OTHERS.into_iter().filter(|kind| kind.strikes(operation));
        kinds.map(move |kind| (Fault { side: Side::Read, at: number + 1, kind }, operation))
    });
    for (fault, operation) in sample(faults.collect(), 30) {
        for folder in [&delivery, &out] {
            let _ = fs::remove_dir_all(folder);
        }
        copy(&whole, &delivery);
        let mut run = one_thread(&place, "out", "2023-05-02");
        spoil(&mut run, &delivery, fault);
        let run = run.output().unwrap();
        let what = format!("{fault:?} at {} {}\n{}", operation.name, operation.path.display(), said(&run));
        match run.status.code() {
            Some(0) => assert!(states_what_is_there(&out, &delivery), "{what}"),
            // A file that was cut off before it was hashed has rejected rows, or no header.
            Some(11 | 16) => assert!(is_whole(&out, &[]), "{what}"),
            other => panic!("exit code {other:?}: {what}"),
        }
    }
}

/// What a night notes of the files spares the next one to read them; it is not to be fooled by one
/// that looks the same.
#[test]
fn a_file_written_anew_between_nights_is_noticed_though_its_length_and_time_are_kept() {
    let place = Place::new();
    let (delivery, out) = (place.path("delivery"), place.path("out"));
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("regning"));
    let file = fs::read_dir(&delivery).unwrap().map(|entry| entry.unwrap().path()).find(named).unwrap();
    let night = |day: &str| {
        let operations = watch(&mut one_thread(&place, "out", day), &delivery);
        assert!(states_what_is_there(&out, &delivery), "{day}");
        operations.iter().filter(|operation| operation.side == Side::Read && operation.path == file).count()
    };
    std::thread::sleep(Duration::from_secs(4));
    let (first, second) = (night("2023-05-02"), night("2023-05-03"));
    assert!(second < first, "read {second} times, and at first {first} times");
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let last_row = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    // The last row comes first.
    bytes[head..].rotate_left(last_row - head);
    fs::write(&file, bytes).unwrap();
    let times = fs::FileTimes::new().set_modified(written);
    fs::File::options().write(true).open(&file).unwrap().set_times(times).unwrap();
    assert!(night("2023-05-04") > second);
}

#[test]
fn a_disk_with_room_for_small_files_alone_stops_the_run_and_more_room_lets_it_through() {
    let place = Place::new();
    let run = one_thread(&place, "out", "2023-05-02");
    let words: Vec<&str> = run.get_args().map(|word| word.to_str().unwrap()).collect();
    let program = text(Path::new(env!("CARGO_BIN_EXE_kprstat"))).to_string();
    // `ulimit -f` counts blocks of 512 or 1024 bytes: the tables are larger than four of them.
    let limited = Command::new("sh").args(["-c", "ulimit -f 4; exec \"$@\"", "sh", &program]).args(&words).output();
    let limited = limited.unwrap();
    assert_eq!(limited.status.code(), Some(15), "{}", said(&limited));
    assert!(said(&limited).contains("cannot be written"), "{}", said(&limited));
    assert!(is_whole(&place.path("out"), &[]));
    let again = one_thread(&place, "out", "2023-05-02").output().unwrap();
    assert!(again.status.success(), "{}", said(&again));
}

#[test]
fn a_clock_that_jumps_changes_no_byte() {
    let place = Place::new();
    for day in ["2023-05-02", "2023-05-12"] {
        assert!(one_thread(&place, "undisturbed", day).output().unwrap().status.success());
        let mut run = one_thread(&place, "out", day);
        set_clock(&mut run);
        let run = run.output().unwrap();
        assert!(run.status.success(), "{}", said(&run));
    }
    let undisturbed: Vec<(PathBuf, Vec<u8>)> = standing(&place.path("undisturbed"));
    assert!(standing(&place.path("out")) == undisturbed);
}
