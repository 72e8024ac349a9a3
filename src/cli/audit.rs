//! `kprstat audit`: a release attacked from its public files.
//!
//! In: folders of releases. Out: the report in words on stdout; exit code 13 where the release
//! tells what must stay hidden.

use super::args::AuditArgs;
use super::print;
use crate::audit;
use crate::domain::{Error, Result};

/// Attacks the release and says what was found.
pub fn audit(typed: &AuditArgs) -> Result<()> {
    for folder in typed.against.iter().chain([&typed.release]) {
        if !folder.join("manifest.json").is_file() {
            return Err(Error::input(format!(
                "{}: no release is there; give the folder of one, such as OUT/public/latest/PIPELINE",
                folder.display()
            )));
        }
    }
    let report = audit::audit(&typed.release, &typed.against, typed.restricted.as_deref())?;
    print(&report.in_words())?;
    if report.is_fail() {
        return Err(Error::protection(format!(
            "{}: the release must not be published, or must be withdrawn; the report says what to do",
            typed.release.display()
        )));
    }
    Ok(())
}
