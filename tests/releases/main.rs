//! Releases month by month over two years, with bills that come late: each is attacked jointly with
//! all before it, and no cell flickers between hidden and shown.
//!
//! In: a synthetic country of few municipalities, the built program. It never links the crate.
//! `KPRSTAT_RELEASES` asks for fewer.

mod country;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Releases of the whole simulation.
const RELEASES: u32 = 24;

#[test]
fn a_series_of_releases_discloses_nothing_and_nothing_flickers() {
    let asked = std::env::var("KPRSTAT_RELEASES").ok().map(|text| text.parse().unwrap());
    let series = Series::new(asked.unwrap_or(RELEASES).min(RELEASES));
    let mut last: BTreeMap<String, bool> = BTreeMap::new();
    let (mut hidden_since, mut released) = (0, Vec::new());
    for number in 0..series.number {
        let release = series.release(number);
        let told = series.audit(&release, "told-earlier");
        let cells = statuses(&release);
        let shown_again: Vec<&String> = last
            .iter()
            .filter(|(key, hidden)| **hidden && cells.get(*key) == Some(&false))
            .map(|(key, _)| key)
            .collect();
        assert!(shown_again.is_empty(), "hidden before and shown in {}: {shown_again:?}", release.display());
        hidden_since += last.iter().filter(|(key, hidden)| !**hidden && cells.get(*key) == Some(&true)).count();
        println!("{}: {} of {} hidden, {told} told earlier", release.display(), hidden(&cells), cells.len());
        last = cells;
        released.push(release);
    }
    println!("cells hidden that an earlier release showed: {hidden_since}");
    series.attack_again(&released);
}

/// A delivery, a definition, and where the releases go.
struct Series {
    folder: tempfile::TempDir,
    number: u32,
}

impl Series {
    fn new(number: u32) -> Series {
        let series = Series { folder: tempfile::tempdir().unwrap(), number };
        country::make(&series.path("delivery"));
        let shipped = fs::read_to_string("pipelines/gp-activity.toml").unwrap();
        let head = shipped.split("[[table]]\n").next().unwrap();
        let tables = fs::read_to_string("tests/releases/definition.toml").unwrap();
        fs::write(series.path("gp-activity.toml"), format!("{head}{tables}")).unwrap();
        series
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// The release as of the third of a month, counted from March 2023: January is its first month.
    fn release(&self, number: u32) -> PathBuf {
        let day = format!("{}-{:02}-03", 2023 + (number + 2) / 12, (number + 2) % 12 + 1);
        let (definition, delivery, out) = (self.path("gp-activity.toml"), self.path("delivery"), self.path("out"));
        let words = ["run", text(&definition), "--delivery", text(&delivery), "--as-of", &day, "--out", text(&out)];
        let run = kprstat(&words);
        assert!(run.status.success(), "as of {day}: {}", said(&run));
        fs::canonicalize(self.path("out/public/latest/gp-activity")).unwrap()
    }
    /// Findings of a kind in the run's own audit, which has to be clean.
    fn audit(&self, release: &Path, kind: &str) -> u64 {
        let path = self.path("out/restricted").join(release.file_name().unwrap()).join("audit.json");
        let report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(report["verdict"], "clean", "{report}");
        report["findings"]["counts"][kind].as_u64().unwrap_or(0)
    }
    /// The last release once more from outside, jointly with all before it; and none of those before
    /// is needed by its place in the folder.
    fn attack_again(&self, released: &[PathBuf]) {
        let Some((last, before)) = released.split_last() else { return };
        let restricted = self.path("out/restricted").join(last.file_name().unwrap());
        let mut words = vec!["audit", text(last), "--restricted", text(&restricted)];
        if !before.is_empty() {
            words.push("--against");
            words.extend(before.iter().map(|release| text(release)));
        }
        let audit = kprstat(&words);
        assert!(audit.status.success() && said(&audit).contains("verdict: clean"), "{}", said(&audit));
    }
}

/// Whether each cell that is neither zero nor divided by zero is hidden, by table and keys.
fn statuses(release: &Path) -> BTreeMap<String, bool> {
    let mut cells = BTreeMap::new();
    for entry in fs::read_dir(release.join("data")).unwrap().flatten() {
        let path = entry.path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with(".csv") || name == "completeness.csv" {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines().skip(1) {
            let fields: Vec<&str> = line.rsplitn(4, ',').collect();
            let [confidential, observation, value, keys] = fields[..] else { panic!("{name}: {line}") };
            if value != "0" && observation != "M" {
                cells.insert(format!("{name},{keys}"), confidential == "C");
            }
        }
    }
    cells
}

fn hidden(cells: &BTreeMap<String, bool>) -> usize {
    cells.values().filter(|hidden| **hidden).count()
}

fn kprstat(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kprstat")).args(words).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
