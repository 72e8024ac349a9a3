//! What a timer meets: gates, another run at work, metrics, the environment.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::small::{Place, files, kprstat, said};

#[test]
fn a_gate_that_a_definition_closes_stops_the_run_until_an_operator_lets_it_through() {
    let place = Place::new();
    place.define("[gates.unknown-codes]\nstop = 0.0");
    let stopped = place.run("out", "2023-05-02", &[]).output().unwrap();
    assert_eq!(stopped.status.code(), Some(16), "{}", said(&stopped));
    assert!(said(&stopped).contains("the gate unknown-codes is closed: "), "{}", said(&stopped));
    assert_eq!(fs::read_dir(place.path("out/public/releases")).unwrap().count(), 0);
    let failed = fs::read_dir(place.path("out/restricted/failed")).unwrap().next().unwrap().unwrap().path();
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(failed.join("manifest.json")).unwrap()).unwrap();
    let found = kept["gates"].as_array().unwrap().iter().find(|gate| gate["gate"] == "unknown-codes").unwrap();
    assert_eq!(found["result"], "stopped");
    assert!(found["found"]["value"].as_f64().is_some_and(|value| value > 0.0), "{found}");

    let reason = ["--accept", "unknown-codes", "--reason", "codes of the new year"];
    let through = place.run("out", "2023-05-02", &reason).output().unwrap();
    assert!(through.status.success(), "{}", said(&through));
    let manifest = fs::read(place.path("out/public/latest/gp-activity/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["accepted"]["reason"], "codes of the new year");
    let results = manifest["gates"].as_array().unwrap();
    assert!(results.iter().any(|gate| gate["gate"] == "unknown-codes" && gate["result"] == "accepted"));
    assert!(results.iter().all(|gate| gate.as_object().unwrap().len() == 2), "results alone are published");

    let release = fs::canonicalize(place.path("out/public/latest/gp-activity")).unwrap();
    let made = place.reproduce(&release, &place.path("delivery"), "again");
    assert!(made.status.success(), "what was accepted is part of the manifest: {}", said(&made));
}

#[test]
fn a_gate_is_let_through_by_its_name_and_with_a_reason() {
    let place = Place::new();
    let unnamed = place.run("out", "2023-05-02", &["--accept", "all", "--reason", "x"]).output().unwrap();
    assert_eq!(unnamed.status.code(), Some(2));
    assert!(said(&unnamed).contains("the gates are rejected-rows, "), "{}", said(&unnamed));
    let unreasoned = place.run("out", "2023-05-02", &["--accept", "last-year"]).output().unwrap();
    assert_eq!(unreasoned.status.code(), Some(2));
    assert!(!place.path("out").exists());
}

#[test]
fn a_run_waits_for_another_and_tells_a_monitor_how_it_ended() {
    let place = Place::new();
    fs::create_dir_all(place.path("out/.work")).unwrap();
    let lock = fs::File::create(place.path("out/.work/lock")).unwrap();
    lock.lock().unwrap();
    let metrics = place.path("kprstat.prom");
    let words = ["--wait", "1", "--metrics", metrics.to_str().unwrap(), "--log", "json"];
    let refused = place.run("out", "2023-05-02", &words).output().unwrap();
    assert_eq!(refused.status.code(), Some(17), "{}", said(&refused));
    let told = || fs::read_to_string(&metrics).unwrap();
    assert!(told().contains("kprstat_run_exit_code{pipeline=\"gp-activity\"} 17"), "{}", told());

    let freed = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(lock);
    });
    let words = ["--wait", "60", "--metrics", metrics.to_str().unwrap(), "--log", "json"];
    let run = place.run("out", "2023-05-02", &words).output().unwrap();
    freed.join().unwrap();
    assert!(run.status.success(), "{}", said(&run));
    assert!(told().contains("kprstat_run_exit_code{pipeline=\"gp-activity\"} 0"), "{}", told());
    assert!(told().contains("stage=\"protect\""), "{}", told());
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    let last: serde_json::Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["outcome"]), (&serde_json::json!("end"), &serde_json::json!("released")));
    let stages = last["stages"].as_array().unwrap();
    assert!(stages.iter().any(|stage| stage["stage"] == "audit" && stage["peak_bytes"].as_u64().unwrap() > 0));
    assert!(stderr.contains("\"table\":\"gp-contacts\""), "one event a table: {stderr}");
}

#[test]
fn nights_on_a_stage_release_the_bytes_of_runs_without_one() {
    let place = Place::new();
    let late = place.path("late");
    fs::create_dir(&late).unwrap();
    let last = |name: &str| name.contains("2023m03");
    let names = |folder: &str| -> Vec<String> {
        fs::read_dir(place.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    for name in names("delivery").iter().filter(|name| last(name)) {
        fs::rename(place.path("delivery").join(name), late.join(name)).unwrap();
    }
    let night = |out: &str, as_of: &str, more: &[&str]| {
        let run = place.run(out, as_of, more).output().unwrap();
        assert!(run.status.success(), "{}", said(&run));
    };
    let elsewhere = place.path("kept");
    let nights = |as_of: &str| {
        night("staged", as_of, &[]);
        night("other", as_of, &["--stage", elsewhere.to_str().unwrap()]);
        night("plain", as_of, &["--no-stage"]);
    };
    nights("2023-05-02");
    let inside = place.path("plain/public/stage");
    let refused = place.run("plain", "2023-05-03", &["--stage", inside.to_str().unwrap()]).output().unwrap();
    assert_eq!(refused.status.code(), Some(15), "{}", said(&refused));
    assert!(!inside.exists());
    for name in names("late") {
        fs::rename(late.join(&name), place.path("delivery").join(&name)).unwrap();
    }
    nights("2023-05-20");
    nights("2023-04-15");
    let standing = |out: &str| -> Vec<(PathBuf, Vec<u8>)> {
        let is_log = |path: &Path| path.file_name().is_some_and(|name| name == "log.jsonl");
        let all = ["public/releases", "restricted"].map(|area| files(&place.path(out).join(area)));
        all.concat().into_iter().filter(|(path, _)| !is_log(path)).collect()
    };
    assert_eq!(names("plain/public/releases").len(), 3);
    assert!(standing("staged") == standing("plain"), "below OUT/.work");
    assert!(standing("other") == standing("plain"), "in a folder of its own");
    assert!(!place.path("plain/.work/stage").exists() && !place.path("other/.work/stage").exists());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let stage = place.path("staged/.work/stage");
    assert_eq!((mode(&stage), mode(&elsewhere)), (0o700, 0o700));
    for entry in fs::read_dir(&stage).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    assert!(names("staged/.work/stage").iter().any(|name| name.starts_with("night-gp-activity")));
}

#[test]
fn a_run_is_configured_by_its_environment_and_a_flag_goes_before_it() {
    let place = Place::new();
    let mut run = place.run("out", "2023-05-02", &["--dry-run"]);
    run.env("KPRSTAT_AS_OF", "2023-05-09").env("KPRSTAT_LOG", "json");
    let dry = run.output().unwrap();
    assert!(said(&dry).contains("Would release gp-activity-2023-05-02-"), "{}", said(&dry));
    assert!(said(&dry).contains("\"would-release\""), "the form of the log is taken from there: {}", said(&dry));
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let made = kprstat(["man", "--out", folder.path().to_str().unwrap()]);
    assert!(made.status.success(), "{}", said(&made));
    for command in ["", "-run", "-reproduce", "-diff", "-rollback", "-prune", "-audit"] {
        let page = fs::read_to_string(folder.path().join(format!("kprstat{command}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "kprstat{command}.1");
    }
}
