//! A release made again from its manifest, byte for byte.
//!
//! In: a manifest, folders in which the files delivered lie, a folder to make the release in. Out:
//! the release with the bytes that its manifest states, or what differs: the program, a file of
//! the definition, an input, an output. The ledger that it started from is taken from the
//! restricted area where that is at hand; else every release before it is made again, in the
//! order that their names prove.

use std::fs;
use std::path::{Path, PathBuf};

use super::commit::{recover, replace_file};
use super::found::{self, Store};
use super::history::{HISTORY, History, LEDGER};
use super::layout::{Lock, Out};
use super::run::{Work, carry_out};
use super::stated::{Output, Stated};
use super::whole::is_whole;
use super::{Outcome, Release, Step, Watch, own};
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::publish::files::{Area, make_folder, sha256_of_file, write_file};

/// What is to be made again.
#[derive(Debug, Clone)]
pub struct Reproduction {
    /// `manifest.json` in the public folder of the release.
    pub manifest: PathBuf,
    /// Folders to look for the files delivered in.
    pub deliveries: Vec<PathBuf>,
    /// Folder to make the release in; not the one it was published in.
    pub out: PathBuf,
    /// The restricted area of the OUT that the release was published in; where it is not given,
    /// the one beside the manifest's public folder, if it is there.
    pub restricted: Option<PathBuf>,
    /// Of a table of one's own: folders of the releases that it was held beside, or folders that
    /// have them.
    pub against: Vec<PathBuf>,
    pub memory: Option<u64>,
}

/// Makes the release again and compares it with its manifest.
///
/// # Errors
/// 10: the program or the definition is another. 11: an input is missing or differs, or nothing
/// leads to the ledger. 14: the release was made, and a file of it differs.
pub fn reproduce(asked: &Reproduction, watch: &dyn Watch) -> Result<Release> {
    watch.step(Step::Open);
    let stated = Stated::read(&asked.manifest)?;
    let origin = origin(&asked.manifest);
    let out = Out::at(&asked.out);
    if origin.as_ref().is_some_and(|origin| same_folder(&origin.releases(), &out.releases())) {
        return Err(Error::usage("--out is the folder that the release was published in; give another one"));
    }
    let mut store = Store::open(&asked.deliveries)?;
    store.find(&stated.inputs)?;
    out.make()?;
    let _lock = Lock::take(&out, None)?;
    recover(&out)?;
    let mut again = Again { asked, out: &out, store, watch };
    let release = match stated.against {
        Some(_) => again.rebuild_own(&stated)?,
        None => again.rebuild(&stated, origin.as_ref())?,
    };
    compare(&stated, &release, &out)?;
    Ok(release)
}

/// The OUT that a manifest lies in, where it lies in one.
fn origin(manifest: &Path) -> Option<Out> {
    let manifest = fs::canonicalize(manifest).ok()?;
    let releases = manifest.parent()?.parent()?;
    let public = releases.parent()?;
    (releases.ends_with("public/releases")).then(|| public.parent().map(Out::at)).flatten()
}

fn same_folder(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

struct Again<'a> {
    asked: &'a Reproduction,
    out: &'a Out,
    store: Store,
    watch: &'a dyn Watch,
}

impl Again<'_> {
    /// Makes the release from the ledger that it started from.
    fn rebuild(&mut self, stated: &Stated, origin: Option<&Out>) -> Result<Release> {
        let here = History::read(self.out)?;
        let is_here = here.releases.iter().any(|commit| commit.release == stated.release);
        if is_here || stated.starts_from(here.state()) {
            return self.make(stated);
        }
        if here.releases.is_empty() {
            let given = self.asked.restricted.as_deref().map(Out::of_restricted);
            if let Some(restricted) = given.as_ref().or(origin)
                && self.take_ledger(stated, restricted)?
            {
                return self.make(stated);
            }
        }
        self.make_those_before(stated)?;
        self.make(stated)
    }

    /// Makes a table of one's own from what it was held beside.
    fn rebuild_own(&mut self, stated: &Stated) -> Result<Release> {
        let found = self.store.find(&stated.inputs)?;
        let links = self.out.work().join("delivered");
        let open = |reading: &Pipeline| found::open(&stated.inputs, &found, &reading.sources, stated.as_of, &links);
        match own::reproduce(self.asked, stated, &open, (self.out, self.watch))? {
            Outcome::Released(release) | Outcome::AlreadyThere(release) if release.release == stated.release => {
                Ok(release)
            }
            _ => Err(Error::books(format!(
                "{}: the same files and releases make a table of another name; its manifest was changed",
                stated.release
            ))),
        }
    }

    /// Copies the ledger that the release started from; false where the area does not have it.
    fn take_ledger(&self, stated: &Stated, from: &Out) -> Result<bool> {
        let Ok(history) = History::read(from) else { return Ok(false) };
        let Some(at) = history.releases.iter().position(|commit| commit.release == stated.release) else {
            return Ok(false);
        };
        let before = history.before(history.releases.get(at));
        let (Some(last), Ok(Some(ledger))) = (before.releases.last(), before.ledger(from)) else { return Ok(false) };
        let manifest = fs::read(from.restricted_of(&last.release).join("manifest.json")).unwrap_or_default();
        let folder = self.out.restricted_of(&last.release);
        make_folder(&folder, Area::Restricted)?;
        write_file(&folder, LEDGER, Area::Restricted, &ledger)?;
        write_file(&folder, "manifest.json", Area::Restricted, &manifest)?;
        replace_file(self.out, &self.out.restricted(), HISTORY, &before)?;
        tracing::info!(release = last.release, "starting from the ledger that this release left");
        Ok(true)
    }

    /// Makes the releases before this one, as far as their manifests lie beside its own. Which
    /// comes next is proved by its name, the hash of the ledger's state.
    fn make_those_before(&mut self, stated: &Stated) -> Result<()> {
        let beside = beside(&self.asked.manifest);
        loop {
            let history = History::read(self.out)?;
            if stated.starts_from(history.state()) {
                return Ok(());
            }
            let next = beside.iter().filter_map(|path| Stated::read(path).ok());
            let Some(next) = next.into_iter().find(|other| other.starts_from(history.state())) else {
                return Err(no_ledger(stated));
            };
            tracing::info!(release = next.release, "making the release before again, for its ledger");
            self.make(&next)?;
        }
    }

    /// Makes one release from the state that the ledger of `out` is in.
    fn make(&mut self, stated: &Stated) -> Result<Release> {
        let found = self.store.find(&stated.inputs)?;
        let pipeline = &stated.pipeline;
        let links = self.out.work().join("delivered");
        let inputs = found::open(&stated.inputs, &found, &pipeline.sources, stated.as_of, &links)?;
        let geography = pipeline.release_geography()?;
        let work = Work {
            pipeline,
            geography: &geography,
            as_of: stated.as_of,
            memory: self.asked.memory,
            accepted: &stated.accepted,
            stage: None,
            out: self.out,
            watch: self.watch,
        };
        match carry_out(&work, inputs)? {
            Outcome::Released(release) | Outcome::AlreadyThere(release) if release.release == stated.release => {
                Ok(release)
            }
            _ => Err(no_ledger(stated)),
        }
    }
}

fn no_ledger(stated: &Stated) -> Error {
    Error::input(format!(
        "{}: it started from the ledger of earlier releases, which is not at hand; give --restricted the restricted \
         area it was published with, or a manifest that lies beside those of all earlier releases; --out must be \
         empty or hold what an earlier attempt made",
        stated.release
    ))
}

/// The manifests of all releases that lie beside one, in order of their names.
fn beside(manifest: &Path) -> Vec<PathBuf> {
    let releases = fs::canonicalize(manifest).ok().and_then(|path| Some(path.parent()?.parent()?.to_path_buf()));
    let entries = releases.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path().join("manifest.json")).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found
}

/// Holds the release beside its manifest, file by file.
fn compare(stated: &Stated, made: &Release, out: &Out) -> Result<()> {
    let history = History::read(out)?;
    let commit = history.releases.iter().find(|commit| commit.release == made.release);
    let manifest = fs::read(made.public.join("manifest.json")).unwrap_or_default();
    if manifest == stated.bytes && commit.is_some_and(|commit| is_whole(out, commit)) {
        return Ok(());
    }
    let differs = |file: &&Output| sha256_of_file(&made.public.join(&file.path)).ok().as_ref() != Some(&file.sha256);
    let mut different: Vec<&str> = stated.outputs.iter().filter(differs).map(|file| file.path.as_str()).collect();
    if different.is_empty() {
        different.push("manifest.json");
    }
    Err(Error::books(format!(
        "{}: made again from the same program, definition and inputs, and these files differ from what the manifest \
         states: {}. The manifest was changed, or the program does not do the same twice: please report it",
        made.release,
        different.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_knows_the_out_it_lies_in() {
        let folder = tempfile::tempdir().unwrap();
        let release = folder.path().join("out/public/releases/gp-1");
        fs::create_dir_all(&release).unwrap();
        fs::write(release.join("manifest.json"), "{}").unwrap();
        let found = origin(&release.join("manifest.json")).unwrap();
        assert!(same_folder(&found.releases(), &folder.path().join("out/public/releases")));
        fs::write(folder.path().join("manifest.json"), "{}").unwrap();
        assert!(origin(&folder.path().join("manifest.json")).is_none());
    }
}
