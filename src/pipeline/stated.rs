//! What a release says it was made from, read back from its public manifest.
//!
//! In: a `manifest.json` and the definition kept beside it. Out: [`Stated`], whose definition has
//! the bytes that the manifest states and was made by this version of the program. Reads no
//! delivery.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::Accepted;
use super::name::{Delivered, release_name, run_hash};
use crate::definition::Pipeline;
use crate::domain::{Error, Result, parse_iso_day};
use crate::load::Stamp;
use crate::publish::PROGRAM;
use crate::publish::files::sha256;

/// A release as its manifest states it.
#[derive(Debug)]
pub struct Stated {
    pub release: String,
    pub pipeline: Pipeline,
    /// Days since 1970-01-01.
    pub as_of: i32,
    /// By source and rank, without a place yet.
    pub inputs: Vec<Delivered>,
    pub outputs: Vec<Output>,
    pub accepted: Accepted,
    /// The manifest itself, as it was published.
    pub bytes: Vec<u8>,
    /// Hash of everything but the ledger.
    run: String,
}

/// A public file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Output {
    pub path: String,
    pub sha256: String,
}

/// The keys of a manifest that reproduction rests on.
#[derive(Debug, Deserialize)]
struct Text {
    release: String,
    program: String,
    as_of: String,
    definition: Vec<File>,
    #[serde(default)]
    accepted: Accepted,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

#[derive(Debug, Deserialize)]
struct File {
    file: String,
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Input {
    source: String,
    file: String,
    bytes: u64,
    sha256: String,
}

impl Stated {
    /// Reads the manifest at `path`, and the definition in `metadata/definition` beside it.
    ///
    /// # Errors
    /// Exit code 11 for a manifest that is none, 10 where the program or a file of the definition
    /// is another one than the release was made with.
    pub fn read(path: &Path) -> Result<Stated> {
        let bytes = fs::read(path).map_err(|error| {
            Error::input(format!("{}: cannot be read ({error}); give the manifest.json of a release", path.display()))
        })?;
        let text: Text = serde_json::from_slice(&bytes).map_err(|error| no_manifest(path, &error.to_string()))?;
        if text.program != PROGRAM {
            return Err(Error::definition(format!(
                "{}: the release was made by {}, this is {PROGRAM}; use the program that made it",
                path.display(),
                text.program
            )));
        }
        let as_of =
            parse_iso_day(&text.as_of).ok_or_else(|| no_manifest(path, "as_of: expected a day as YYYY-MM-DD"))?;
        let folder = path.parent().unwrap_or(Path::new(".")).join("metadata/definition");
        let kept = text.definition.iter().map(|file| definition(&folder, file)).collect::<Result<Vec<_>>>()?;
        let pipeline = Pipeline::from_files(&kept)?;
        let inputs: Vec<Delivered> = text.inputs.into_iter().map(Delivered::from).collect();
        let run = run_hash(&pipeline, as_of, &inputs, &text.accepted);
        Ok(Stated {
            release: text.release,
            pipeline,
            as_of,
            inputs,
            outputs: text.outputs,
            accepted: text.accepted,
            bytes,
            run,
        })
    }

    /// Whether the release is the one that is made from a state of the ledger.
    pub fn starts_from(&self, ledger_state: &str) -> bool {
        release_name(&self.pipeline, self.as_of, &self.run, ledger_state) == self.release
    }
}

impl From<Input> for Delivered {
    fn from(input: Input) -> Delivered {
        Delivered {
            source: input.source,
            name: input.file,
            bytes: input.bytes,
            sha256: input.sha256,
            path: PathBuf::new(),
            stamp: Stamp::default(),
        }
    }
}

fn no_manifest(path: &Path, what: &str) -> Error {
    Error::input(format!("{}: this is no manifest of a release ({what}); take it from the release", path.display()))
}

/// A file of the definition, with the bytes that the manifest states.
fn definition(folder: &Path, file: &File) -> Result<(String, Vec<u8>)> {
    let name = Path::new(&file.file);
    if !name.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(Error::definition(
            "the manifest names a definition outside its own folder; take it from the release",
        ));
    }
    let path = folder.join(name);
    let bytes = fs::read(&path).map_err(|error| {
        Error::definition(format!("{}: cannot be read ({error}); copy the whole folder of the release", path.display()))
    })?;
    if sha256(&bytes) != file.sha256 {
        return Err(Error::definition(format!(
            "{}: differs from the file that the release was made with (SHA-256 {}); copy the release again",
            path.display(),
            file.sha256
        )));
    }
    Ok((file.file.clone(), bytes))
}
