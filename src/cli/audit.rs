//! `kprstat audit`: a release, or tables of somebody else's, attacked from what is public.
//!
//! In: folders of releases, or a file of relations. Out: the report in words on stdout; exit code 13
//! where a release tells what must stay hidden. Judges nothing of other tables.

use std::path::Path;

use super::args::AuditArgs;
use super::print;
use crate::audit::{self, foreign::audit_foreign};
use crate::domain::{Error, Result};

/// Attacks what was named and says what was found.
pub fn audit(typed: &AuditArgs) -> Result<()> {
    match (&typed.foreign, &typed.release) {
        (Some(relations), _) => print(&audit_foreign(relations, typed.width)?.in_words()),
        (None, Some(release)) => audit_release(typed, release),
        (None, None) => Err(Error::input("expected the folder of a release, or --foreign with a file of relations")),
    }
}

fn audit_release(typed: &AuditArgs, release: &Path) -> Result<()> {
    for folder in typed.against.iter().map(|folder| folder.as_path()).chain([release]) {
        if !folder.join("manifest.json").is_file() {
            return Err(Error::input(format!(
                "{}: no release is there; give the folder of one, such as OUT/public/latest/PIPELINE",
                folder.display()
            )));
        }
    }
    let report = audit::audit(release, &typed.against, typed.restricted.as_deref())?;
    print(&report.in_words())?;
    if report.is_fail() {
        return Err(Error::protection(format!(
            "{}: the release must not be published, or must be withdrawn; the report says what to do",
            release.display()
        )));
    }
    Ok(())
}
