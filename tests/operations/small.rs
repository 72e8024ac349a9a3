//! A small delivery, a definition of one table that is quick to protect, and the built program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use crate::program::{copy, files, kprstat, said, text};

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

/// A folder of its own, a delivery and a definition in it.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Place::until("2023-03")
    }
    /// With a delivery from January 2023 to a month.
    pub fn until(month: &str) -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let synth = format!("synth --persons 3000 --from 2023-01 --to {month} --seed 5 --out");
        let made = kprstat(synth.split(' ').chain([text(&place.path("delivery"))]));
        assert!(made.status.success(), "{}", said(&made));
        let shipped = fs::read_to_string("pipelines/gp-activity.toml").unwrap();
        let head = shipped.split("[[table]]\n").next().unwrap();
        fs::write(place.path("gp-activity.toml"), format!("{head}{TABLE}")).unwrap();
        place
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// What `kprstat run` takes to release to `out`, on a stage there, and what a test adds.
    pub fn run(&self, out: &str, as_of: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kprstat"));
        command.arg("run").arg(self.path("gp-activity.toml")).arg("--delivery").arg(self.path("delivery"));
        command.arg("--out").arg(self.path(out)).args(["--as-of", as_of]).args(more);
        if !more.iter().any(|word| word.ends_with("-stage")) {
            command.arg("--stage").arg(self.path(out).join(".work/stage"));
        }
        command
    }
    /// Sets a text before the sources of the definition.
    pub fn define(&self, text: &str) {
        let path = self.path("gp-activity.toml");
        let definition = fs::read_to_string(&path).unwrap();
        fs::write(&path, definition.replacen("[[source]]", &format!("{text}\n[[source]]"), 1)).unwrap();
    }
    /// Makes a release and gives its public folder.
    pub fn release(&self, as_of: &str) -> PathBuf {
        let run = self.run("out", as_of, &[]).output().unwrap();
        assert!(run.status.success(), "{}", said(&run));
        let first = String::from_utf8_lossy(&run.stdout).lines().next().unwrap().to_string();
        self.path("out/public/releases").join(first.strip_prefix("Released ").unwrap())
    }
    pub fn reproduce(&self, release: &Path, delivery: &Path, to: &str) -> Output {
        let (manifest, to) = (release.join("manifest.json"), self.path(to));
        kprstat(["reproduce", text(&manifest), "--delivery", text(delivery), "--out", text(&to)])
    }
}
