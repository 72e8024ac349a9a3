//! Runs killed at random moments, and runs that are asked to stop.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::small::{Place, files, said};

/// Days as of which releases are made, one after the other.
const DAYS: [&str; 4] = ["2023-05-02", "2023-05-12", "2023-05-22", "2023-06-02"];

/// A number that looks random and is the same in every run of the test.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Everything below OUT but logs, which tell the time, and what is kept from night to night, which
/// is held beside runs without it elsewhere.
pub fn standing(out: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = if out.exists() { files(out) } else { Vec::new() };
    found.retain(|(path, _)| !path.ends_with("log.jsonl") && !path.starts_with(".work/stage"));
    found
}

/// What is left of work in progress, besides what is kept from night to night.
pub fn work_left(out: &Path) -> Vec<String> {
    let names = fs::read_dir(out.join(".work")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "stage").collect()
}

/// Every release in the public folder is one of an undisturbed OUT, byte for byte, and `latest`
/// leads to one of them.
pub fn is_whole(out: &Path, undisturbed: &[(PathBuf, Vec<u8>)]) -> bool {
    let releases = fs::read_dir(out.join("public/releases")).into_iter().flatten().flatten();
    let same = |release: fs::DirEntry| {
        let below = Path::new("public/releases").join(release.file_name());
        let expected = undisturbed.iter().filter(|(path, _)| path.starts_with(&below));
        let expected: Vec<_> =
            expected.map(|(path, bytes)| (path.strip_prefix(&below).unwrap().to_path_buf(), bytes.clone())).collect();
        files(&release.path()) == expected
    };
    let latest = out.join("public/latest/gp-activity");
    releases.into_iter().all(same) && (!latest.is_symlink() || latest.join("manifest.json").is_file())
}

/// Some kills (`KPRSTAT_KILLS` says how many), spread over the days. `make test-kill` has 500.
#[test]
fn killed_at_random_moments_no_release_is_lost_or_half_made() {
    let kills: u64 = std::env::var("KPRSTAT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let place = Place::new();
    let began = Instant::now();
    for day in DAYS {
        assert!(place.run("undisturbed", day, &[]).output().unwrap().status.success());
    }
    let longest = began.elapsed().as_millis() as u64 / DAYS.len() as u64;
    let undisturbed = standing(&place.path("undisturbed"));
    let (out, mut dice) = (place.path("out"), Dice(20_240_229));
    for day in DAYS {
        for kill in 0..kills.div_ceil(DAYS.len() as u64) {
            let moment = dice.below(longest + longest / 8);
            let mut run = place.run("out", day, &[]);
            let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(moment));
            let _ = child.kill();
            child.wait().unwrap();
            assert!(is_whole(&out, &undisturbed), "kill {kill} of {day}, after {moment} ms");
        }
        let run = place.run("out", day, &[]).output().unwrap();
        assert!(run.status.success(), "the next run succeeds: {}", said(&run));
        assert_eq!(work_left(&out), ["lock"], "and cleans up");
    }
    assert!(standing(&out) == undisturbed, "kills change no byte");
}

#[test]
fn a_run_that_is_asked_to_stop_stops_at_once_and_the_next_one_succeeds() {
    let place = Place::new();
    let mut run = place.run("out", "2023-05-02", &[]);
    let child = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(60));
    let asked = Instant::now();
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(10));
    if ended.status.signal() == Some(15) {
        assert!(said(&ended).contains("the last release stands"), "{}", said(&ended));
    } else {
        assert!(ended.status.success(), "it had ended before: {}", said(&ended));
    }
    let again = place.run("out", "2023-05-02", &[]).output().unwrap();
    assert!(again.status.success(), "{}", said(&again));
}
