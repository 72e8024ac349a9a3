//! The name of a release: `PIPELINE-ASOF-HASH`.
//!
//! In: the definition, the as-of day, the files of the delivery, the state of the ledger. Out: two
//! hashes: of the run (everything but the ledger) and of the release. Threads, memory, logging,
//! paths, clock and host are no part of either.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::Accepted;
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::load::{InputFile, Inputs, Stamp};
use crate::publish::files::{hex, sha256};
use crate::publish::{PROGRAM, date};

/// Hexadecimal digits of the hash in a release's name.
const DIGITS: usize = 16;

/// A file of the delivery as it was found before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub source: String,
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    /// Where it lies, and what it was when it was opened first: to notice a file that changes under the run.
    pub path: PathBuf,
    pub stamp: Stamp,
}

/// The files of the delivery with their hashes, in the order of the definition's sources.
pub fn delivered(inputs: &Inputs) -> Result<Vec<Delivered>> {
    let of = |source: &str, file: InputFile| Delivered {
        source: source.to_string(),
        name: file.name,
        bytes: file.bytes,
        sha256: file.sha256,
        stamp: file.stamp,
        path: file.path,
    };
    let sources = inputs.hashed()?.into_iter();
    Ok(sources.flat_map(|(source, files)| files.into_iter().map(move |file| of(&source, file))).collect())
}

/// Stops a run whose files were changed after they were opened, before they were hashed or after.
pub fn unchanged(delivered: &[Delivered]) -> Result<()> {
    match delivered.iter().find(|file| Stamp::of(&file.path) != file.stamp) {
        None => Ok(()),
        Some(file) => Err(Error::input(format!(
            "{}: the file was changed while it was read; run again when the delivery is complete",
            file.name
        ))),
    }
}

/// Hash of everything that a release is made from but the ledger.
pub fn run_hash(pipeline: &Pipeline, as_of: i32, delivered: &[Delivered], accepted: &Accepted) -> String {
    let mut facts = vec![PROGRAM.to_string(), pipeline.id.clone(), date(as_of)];
    facts.extend(pipeline.files.iter().flat_map(|(name, bytes)| [name.clone(), sha256(bytes)]));
    facts.push(serde_json::to_string(&pipeline.policy).unwrap_or_default());
    for file in delivered {
        facts.extend([file.source.clone(), file.name.clone(), file.bytes.to_string(), file.sha256.clone()]);
    }
    if !accepted.gates.is_empty() {
        facts.extend(accepted.gates.iter().map(|gate| gate.name().to_string()));
        facts.push(accepted.reason.clone());
    }
    hash_of(&facts)
}

/// Name of the release that a run makes when it starts from a state of the ledger.
pub fn release_name(pipeline: &Pipeline, as_of: i32, run: &str, ledger_state: &str) -> String {
    let hash = hash_of(&[run.to_string(), ledger_state.to_string()]);
    format!("{}-{}-{}", pipeline.id, date(as_of), &hash[..DIGITS])
}

/// One hash of many texts; where one ends and the next begins is part of it.
fn hash_of(facts: &[String]) -> String {
    let mut hash = Sha256::new();
    for fact in facts {
        hash.update((fact.len() as u64).to_le_bytes());
        hash.update(fact);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::hash_of;

    #[test]
    fn where_a_text_ends_matters() {
        let of = |texts: [&str; 2]| hash_of(&texts.map(String::from));
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
        assert_eq!(of(["ab", "c"]), of(["ab", "c"]));
    }
}
