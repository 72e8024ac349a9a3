//! `kprstat diff`: what changed from one release to another.
//!
//! In: two folders of releases. Out: on stdout, in words or as JSON, what changed.

use super::args::{DiffArgs, LogForm};
use super::print;
use crate::domain::{Error, Result};
use crate::revision::Revision;

/// Compares the releases and says what changed.
pub fn diff(typed: &DiffArgs) -> Result<()> {
    let revision = Revision::between(&typed.before, &typed.after)?;
    match typed.format {
        LogForm::Text => print(&revision.in_words()),
        LogForm::Json => {
            let text = serde_json::to_string_pretty(&revision).map_err(|_| Error::bug("the revision is no JSON"))?;
            print(&format!("{text}\n"))
        }
    }
}
