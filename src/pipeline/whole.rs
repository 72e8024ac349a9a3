//! Whether a release that stands in its place is whole.
//!
//! In: the folders of a release. Out: yes, where every file that its manifests name is there with
//! the bytes they say. A release that is not whole is made again and replaced.

use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::history::Commit;
use super::layout::Out;
use crate::publish::files::{sha256, sha256_of_file};

/// Whether all files of a release, public and restricted, are as its manifests say.
pub fn is_whole(out: &Out, commit: &Commit) -> bool {
    let restricted = out.restricted_of(&commit.release);
    let manifest = std::fs::read(restricted.join("manifest.json")).unwrap_or_default();
    sha256(&manifest) == commit.ledger_after
        && matches(&restricted, "files")
        && matches(&out.release(&commit.release), "outputs")
}

/// Whether every file in the list `key` of the folder's manifest has the hash stated there.
fn matches(folder: &Path, key: &str) -> bool {
    let manifest = std::fs::read(folder.join("manifest.json")).ok();
    let manifest: Option<Value> = manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(files) = manifest.as_ref().and_then(|manifest| manifest[key].as_array()) else { return false };
    files.par_iter().all(|file| {
        let (path, stated) = (file["path"].as_str(), file["sha256"].as_str());
        path.is_some_and(|path| sha256_of_file(&folder.join(path)).is_ok_and(|found| Some(&*found) == stated))
    })
}
