//! What an operator does with releases: make one again from its manifest, hold two beside each
//! other, take one back, remove old ones.
//!
//! In: a small synthetic delivery, a definition of one table, the built program. It never links
//! the crate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A table that is quick to protect.
const TABLE: &str = r#"[[table]]
id = "gp-contacts"
version = "1"
title = { nb = "Kontakter", en = "Contacts" }
description = { nb = "Kontakter.", en = "Contacts." }
service = "gp"
place = "residence"
periods = ["month"]
measures = ["contacts"]
contact-types = ["contact"]
"#;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let synth = "synth --persons 3000 --from 2023-01 --to 2023-03 --seed 5 --out";
        let made = kprstat(synth.split(' ').chain([text(&place.path("delivery"))]));
        assert!(made.status.success(), "{}", said(&made));
        let shipped = fs::read_to_string("pipelines/gp-activity.toml").unwrap();
        let head = shipped.split("[[table]]\n").next().unwrap();
        fs::write(place.path("gp-activity.toml"), format!("{head}{TABLE}")).unwrap();
        place
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Makes a release and gives its public folder.
    fn release(&self, as_of: &str) -> PathBuf {
        let (definition, delivery, out) = (self.path("gp-activity.toml"), self.path("delivery"), self.path("out"));
        let words = ["run", text(&definition), "--delivery", text(&delivery), "--as-of", as_of, "--out", text(&out)];
        let run = kprstat(words);
        assert!(run.status.success(), "{}", said(&run));
        let first = String::from_utf8_lossy(&run.stdout).lines().next().unwrap().to_string();
        out.join("public/releases").join(first.strip_prefix("Released ").unwrap())
    }
    fn reproduce(&self, release: &Path, delivery: &Path, to: &str) -> Output {
        let (manifest, to) = (release.join("manifest.json"), self.path(to));
        kprstat(["reproduce", text(&manifest), "--delivery", text(delivery), "--out", text(&to)])
    }
}

fn kprstat<'a>(words: impl IntoIterator<Item = &'a str>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kprstat")).args(words).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Path below the folder and bytes of every file.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut open, mut found) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push((path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_release_of_a_series_is_made_again_byte_for_byte_or_what_differs_is_named() {
    let place = Place::new();
    let releases = ["2023-05-02", "2023-05-20", "2023-06-15"].map(|day| place.release(day));
    let last = &releases[2];
    // The files lie in two folders and have other names.
    let moved = place.path("moved");
    for (number, (_, bytes)) in files(&place.path("delivery")).into_iter().enumerate() {
        let folder = moved.join((number % 2).to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("file-{number}")), bytes).unwrap();
    }
    let made = place.reproduce(last, &moved, "again");
    assert!(made.status.success(), "{}", said(&made));
    let again = place.path("again/public/releases").join(last.file_name().unwrap());
    assert!(files(&again) == files(last), "from the ledger in the restricted area");

    // On a machine that has public files alone, the releases before are made first.
    copy(&place.path("out/public/releases"), &place.path("elsewhere"));
    let made = place.reproduce(&place.path("elsewhere").join(last.file_name().unwrap()), &moved, "chain");
    assert!(made.status.success(), "{}", said(&made));
    assert!(files(&place.path("chain/public/releases")) == files(&place.path("elsewhere")), "all three, byte for byte");

    let alone = place.path("alone").join(last.file_name().unwrap());
    copy(last, &alone);
    let refused = place.reproduce(&alone, &moved, "never");
    assert_eq!(refused.status.code(), Some(11), "{}", said(&refused));
    assert!(said(&refused).contains("ledger of earlier releases, which is not at hand"), "{}", said(&refused));

    let spoilt = place.path("delivery/takst-2023m02.csv");
    fs::write(&spoilt, fs::read(&spoilt).unwrap().repeat(2)).unwrap();
    let refused = place.reproduce(last, &place.path("delivery"), "spoilt");
    assert_eq!(refused.status.code(), Some(11), "{}", said(&refused));
    assert!(said(&refused).contains("1 of the") && said(&refused).contains("takst-2023m02.csv"), "{}", said(&refused));
    assert!(!place.path("spoilt").exists(), "nothing is made of half the inputs");

    let policy = alone.join("metadata/definition/lists/policies/standard.toml");
    fs::write(&policy, fs::read_to_string(&policy).unwrap() + "\n# changed\n").unwrap();
    let refused = place.reproduce(&alone, &moved, "changed");
    assert_eq!(refused.status.code(), Some(10), "{}", said(&refused));
    assert!(said(&refused).contains("standard.toml: differs"), "{}", said(&refused));

    let manifest = alone.join("manifest.json");
    let other = fs::read_to_string(&manifest).unwrap().replace("\"kprstat 0.", "\"kprstat 99.");
    fs::write(&manifest, other).unwrap();
    let refused = place.reproduce(&alone, &moved, "version");
    assert_eq!(refused.status.code(), Some(10), "{}", said(&refused));
    assert!(said(&refused).contains("was made by kprstat 99."), "{}", said(&refused));
}

#[test]
fn releases_are_compared_taken_back_and_pruned() {
    let place = Place::new();
    let releases = ["2023-05-02", "2023-05-20", "2023-06-15"].map(|day| place.release(day));
    let diff = kprstat(["diff", text(&releases[0]), text(&releases[2]), "--format", "json"]);
    let revision: serde_json::Value = serde_json::from_slice(&diff.stdout).unwrap();
    let periods = revision["tables"][0]["periods"].as_array().unwrap();
    assert_eq!(periods.len(), 3, "{}", said(&diff));
    let changed = |period: &serde_json::Value| period["measures"]["contacts"]["changed"].as_u64();
    assert!(periods.iter().filter_map(changed).sum::<u64>() > 0, "late bills change cells");

    let out = place.path("out");
    let words = ["rollback", "gp-activity", "--out", text(&out), "--reason", "wrong delivery"];
    let back = kprstat(words);
    assert!(back.status.success(), "{}", said(&back));
    let leads_to = || fs::canonicalize(out.join("public/latest/gp-activity")).unwrap();
    assert_eq!(leads_to(), fs::canonicalize(&releases[1]).unwrap());
    let again = kprstat(
        ["run", text(&place.path("gp-activity.toml")), "--delivery", text(&place.path("delivery"))]
            .into_iter()
            .chain(["--as-of", "2023-06-15", "--out", text(&out)]),
    );
    assert!(again.status.success() && said(&again).contains("was withdrawn and stays so"), "{}", said(&again));
    assert_eq!(leads_to(), fs::canonicalize(&releases[1]).unwrap());

    let pruned = kprstat(["prune", "--keep", "1", "--out", text(&out)]);
    assert!(pruned.status.success(), "{}", said(&pruned));
    assert!(!releases[0].exists() && releases[1].exists() && releases[2].exists(), "{}", said(&pruned));
    let made = place.reproduce(&releases[1], &place.path("delivery"), "again");
    assert!(made.status.success(), "its ledger was kept: {}", said(&made));
}
