//! The command line as its users meet it: golden texts, exit codes, and what a run leaves behind.
//!
//! In: the built program. Out: nothing. It never links the crate.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Texts in tests/cli/, accepted by hand.
#[test]
fn texts() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}

/// The table of the small definition that these tests release.
const TABLE: &str = "legevakt-contacts";

/// A delivery of 10 000 persons over four months, a definition of one table, a folder to release
/// into.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let synth = "synth --persons 10000 --from 2023-12 --to 2024-03 --seed 5 --format csv --out";
        let made = kprstat(synth.split(' ').chain([place.path("delivery").to_str().unwrap()]));
        assert!(made.status.success(), "{}", text(&made.stderr));
        fs::write(place.path("gp-activity.toml"), definition()).unwrap();
        place
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn run(&self, as_of: &str, more: &[&str]) -> Output {
        let (delivery, out) = (self.path("delivery"), self.path("out"));
        let paths = ["--delivery", delivery.to_str().unwrap(), "--out", out.to_str().unwrap(), "--as-of", as_of];
        let definition = self.path("gp-activity.toml");
        kprstat(["run", definition.to_str().unwrap()].into_iter().chain(paths).chain(more.iter().copied()))
    }
    /// Every file below OUT but the lock and the logs, with its bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path("out"), &mut files);
        files.retain(|path, _| !path.ends_with(".work/lock") && !path.ends_with("log.jsonl"));
        files
    }
}

/// The shipped definition with one of its tables.
fn definition() -> String {
    let shipped = fs::read_to_string("pipelines/gp-activity.toml").unwrap();
    let parts: Vec<&str> = shipped.split("[[table]]\n").collect();
    let named = format!("id = \"{TABLE}\"\n");
    let table = parts[1..].iter().find(|table| table.starts_with(&named)).unwrap();
    format!("{}[[table]]\n{table}", parts[0])
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            files.insert(path.clone(), fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes());
        } else if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
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

/// One release, looked at from all sides: it is slow to make.
#[test]
fn a_run_leaves_a_whole_release_and_the_second_finds_it_done() {
    let place = Place::new();
    let dry = place.run("2024-05-15", &["--dry-run"]);
    assert!(dry.status.success() && !place.path("out").exists(), "a dry run writes nothing");

    let first = place.run("2024-05-15", &["--threads", "1"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let said = text(&first.stdout);
    let release = said.lines().next().unwrap().strip_prefix("Released ").unwrap().to_string();
    assert!(text(&dry.stdout).starts_with(&format!("Would release {release},")), "the name is known before");
    assert!(said.contains("audit: clean"), "{said}");

    let public = place.path("out/public/releases").join(&release);
    let restricted = place.path("out/restricted").join(&release);
    let latest = place.path("out/public/latest/gp-activity");
    assert_eq!(fs::read_link(&latest).unwrap(), Path::new("../releases").join(&release));
    for file in ["manifest.json", "index.html", "data/legevakt-contacts.csv", "data/completeness.parquet"] {
        assert!(public.join(file).is_file(), "{file}");
    }
    let manifest = fs::read_to_string(public.join("manifest.json")).unwrap();
    assert!(!manifest.contains(place.folder.path().to_str().unwrap()), "no path outside the delivery");
    let log = fs::read_to_string(restricted.join("log.jsonl")).unwrap();
    assert!(log.lines().count() > 5 && log.lines().all(|line| line.starts_with('{')));

    let before = place.files();
    let second = place.run("2024-05-15", &["--threads", "2", "--memory", "512M", "--log", "json"]);
    assert!(text(&second.stdout).starts_with(&format!("Nothing to do: {release}")), "{}", text(&second.stdout));
    let last = text(&second.stderr).lines().last().unwrap().to_string();
    assert!(last.contains("\"event\":\"end\"") && last.contains("\"exit_code\":0"), "{last}");
    assert!(before == place.files(), "the second run changes nothing");

    // Anew, with other threads: the same name and bytes.
    fs::remove_dir_all(place.path("out")).unwrap();
    assert!(place.run("2024-05-15", &["--threads", "2"]).status.success());
    assert!(before == place.files(), "threads change no byte");

    // As of an earlier day: a release of its own, which `latest` does not lead to.
    assert!(place.run("2024-05-01", &[]).status.success());
    assert_eq!(fs::read_dir(place.path("out/public/releases")).unwrap().count(), 2);
    assert_eq!(fs::read_link(&latest).unwrap(), Path::new("../releases").join(&release));
}

#[test]
fn restricted_files_are_the_owners_alone_whatever_the_umask() {
    let place = Place::new();
    let (delivery, out) = (place.path("delivery"), place.path("out"));
    let command = format!(
        "umask 000; '{}' run '{}' --delivery '{}' --as-of 2024-05-15 --out '{}'",
        env!("CARGO_BIN_EXE_kprstat"),
        place.path("gp-activity.toml").display(),
        delivery.display(),
        out.display()
    );
    let run = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    let mut open = vec![out.join("restricted"), out.join(".work")];
    while let Some(path) = open.pop() {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert_eq!(mode(&out.join("public/releases")), 0o755);
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
