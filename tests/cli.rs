//! The command line as its users meet it: golden texts, exit codes, and what a run leaves behind.
//!
//! In: the built program. Out: nothing. It never links the crate.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Texts in tests/cli/, accepted by hand.
#[test]
fn texts() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}

/// A delivery of 2 000 persons over seven months, and a folder to release into.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let synth = "synth --persons 2000 --from 2023-09 --to 2024-03 --seed 5 --format csv --out";
        let made = kprstat(synth.split(' ').chain([place.path("delivery").to_str().unwrap()]));
        assert!(made.status.success(), "{}", text(&made.stderr));
        place
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn run(&self, as_of: &str, more: &[&str]) -> Output {
        let (delivery, out) = (self.path("delivery"), self.path("out"));
        let paths = ["--delivery", delivery.to_str().unwrap(), "--out", out.to_str().unwrap(), "--as-of", as_of];
        kprstat(["run", "pipelines/gp-activity.toml"].into_iter().chain(paths).chain(more.iter().copied()))
    }
}

fn kprstat<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kprstat")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_with_too_many_rejects_stops_the_run_and_keeps_them() {
    let place = Place::new();
    let file = place.path("delivery/regning-2024m01.csv");
    let rows = fs::read_to_string(&file).unwrap();
    let header = rows.lines().next().unwrap();
    let delimiter = [';', ',', '\t'].into_iter().find(|d| header.contains(*d)).unwrap();
    let at = header.split(delimiter).position(|column| column.trim_matches('"') == "tidspunkt").unwrap();
    let canary = "ikke-en-dato-913377";
    let spoil = |(number, line): (usize, &str)| {
        let mut fields: Vec<&str> = line.split(delimiter).collect();
        if (1..=200).contains(&number) {
            fields[at] = canary;
        }
        fields.join(&delimiter.to_string())
    };
    fs::write(&file, rows.lines().enumerate().map(spoil).collect::<Vec<_>>().join("\n")).unwrap();

    let run = place.run("2024-05-15", &[]);
    assert_eq!(run.status.code(), Some(16), "{}", text(&run.stderr));
    let said = text(&run.stderr) + &text(&run.stdout);
    assert!(said.contains("regning-2024m01.csv (") && said.contains("restricted/failed/"), "{said}");
    assert!(!said.contains("913377"), "no value of a row is echoed");
    assert_eq!(fs::read_dir(place.path("out/public/releases")).unwrap().count(), 0);
    let failed = fs::read_dir(place.path("out/restricted/failed")).unwrap().next().unwrap().unwrap().path();
    let kept = fs::read(failed.join("rejects/regning.parquet")).unwrap();
    assert!(kept.windows(6).any(|window| window == b"913377"), "the restricted rejects have the field");
    assert_eq!(mode(&failed.join("rejects/regning.parquet")), 0o600);
}

#[test]
fn a_run_beside_another_is_told_so() {
    let place = Place::new();
    fs::create_dir_all(place.path("out/.work")).unwrap();
    let lock = fs::File::create(place.path("out/.work/lock")).unwrap();
    lock.lock().unwrap();
    let run = place.run("2024-05-15", &[]);
    assert_eq!(run.status.code(), Some(17), "{}", text(&run.stderr));
    assert!(text(&run.stderr).contains("another run is at work"));
}

#[test]
fn an_output_that_cannot_be_written_is_told_so() {
    let place = Place::new();
    fs::write(place.path("out"), "a file").unwrap();
    let run = place.run("2024-05-15", &[]);
    assert_eq!(run.status.code(), Some(15), "{}", text(&run.stderr));
}
