//! Which files of a delivery belong to which source.
//!
//! In: a folder and globs. Out: file names in byte order, and the files that no source takes. It
//! opens no file.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::domain::{Error, Result};
use crate::schema;

const ENDINGS: [&str; 4] = [".csv", ".csv.gz", ".csv.zst", ".parquet"];

/// A wildcard stops at a folder, and a file whose name begins with a point is no delivery.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A file found: its path, and its name without its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub name: String,
}

/// The globs of a source that a definition gives none for: `SOURCE-*.csv` and so on, and
/// `SOURCE.csv` without a dash (SPEC-DETAILS 33).
pub fn default_globs(source: &str) -> Vec<String> {
    let dashed = ENDINGS.iter().map(|ending| format!("{source}-*{ending}"));
    dashed.chain(ENDINGS.iter().map(|ending| format!("{source}{ending}"))).collect()
}

/// The files of the delivery that the globs take, by name in byte order. A glob is matched in the
/// delivery's folder; one with a `/` in its sub-folders. Files of one name are ordered by folder.
pub fn files(delivery: &Path, source: &str, globs: &[String]) -> Result<Vec<Found>> {
    let globs = if globs.is_empty() { default_globs(source) } else { globs.to_vec() };
    let folder = Pattern::escape(&delivery.to_string_lossy());
    let mut found = Vec::new();
    for glob in &globs {
        let refused =
            |why| Error::definition(format!("source {source}: the file pattern `{glob}` is not sound: {why}"));
        let paths = glob::glob_with(&format!("{folder}/{glob}"), MATCHING).map_err(|e| refused(e.msg))?;
        for path in paths {
            let path = path.map_err(|e| unreadable(e.path(), e.error()))?;
            // A file that cannot be looked at is not passed over: it would be missing in the numbers.
            if path.metadata().map_err(|e| unreadable(&path, &e))?.is_file() {
                found.push(Found { name: name_of(&path), path });
            }
        }
    }
    found.sort_by(|a, b| (a.name.as_bytes(), &a.path).cmp(&(b.name.as_bytes(), &b.path)));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

/// Names of the files directly in the delivery that neither `taken` nor any source's default
/// globs take, in byte order.
pub fn strangers(delivery: &Path, taken: &[PathBuf]) -> Result<Vec<String>> {
    let globs = schema::sources()?.iter().flat_map(|schema| default_globs(&schema.source));
    let known: Vec<Pattern> = globs.filter_map(|glob| Pattern::new(&glob).ok()).collect();
    let entries = std::fs::read_dir(delivery).map_err(|e| unreadable(delivery, &e))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && !taken.contains(path))
        .map(|path| name_of(&path))
        .filter(|name| !known.iter().any(|pattern| pattern.matches_with(name, MATCHING)))
        .collect();
    names.sort_unstable();
    Ok(names)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The error of a folder or file that cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::input(format!("{}: cannot be read ({}); check the path and the rights to it", path.display(), error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn names(folder: &Path, source: &str, globs: &[&str]) -> Vec<String> {
        let globs: Vec<String> = globs.iter().map(|g| g.to_string()).collect();
        files(folder, source, &globs).unwrap().into_iter().map(|f| f.name).collect()
    }

    #[test]
    fn default_globs_take_a_source_and_not_its_longer_neighbour() {
        let folder = delivery(&[
            "kontrakt-a.csv",
            "kontrakt.parquet",
            "kontrakt_lege-a.csv",
            "kontrakt-b.csv.gz",
            "kontrakt-c.csv.zst",
            "kontrakt-d.txt",
            ".kontrakt-e.csv",
            "sub/kontrakt-f.csv",
        ]);
        let expected = ["kontrakt-a.csv", "kontrakt-b.csv.gz", "kontrakt-c.csv.zst", "kontrakt.parquet"];
        assert_eq!(names(folder.path(), "kontrakt", &[]), expected);
        assert_eq!(names(folder.path(), "kontrakt_lege", &[]), ["kontrakt_lege-a.csv"]);
        assert_eq!(strangers(folder.path(), &[]).unwrap(), [".kontrakt-e.csv", "kontrakt-d.txt"]);
    }

    #[test]
    fn files_are_ordered_by_name_in_byte_order() {
        let folder = delivery(&["takst-a.csv", "takst-a-b.csv", "takst-B.csv", "takst-å.csv"]);
        assert_eq!(names(folder.path(), "takst", &[]), ["takst-B.csv", "takst-a-b.csv", "takst-a.csv", "takst-å.csv"]);
    }

    #[test]
    fn own_globs_reach_sub_folders_and_take_a_file_once() {
        let folder = delivery(&["2024/bills-1.txt", "2023/bills-1.txt", "bills-0.txt", "[x].csv"]);
        assert_eq!(names(folder.path(), "regning", &["*/bills-*.txt", "*/*"]), ["bills-1.txt", "bills-1.txt"]);
        assert_eq!(
            files(folder.path(), "regning", &["*/bills-*".into()]).unwrap()[0].path,
            folder.path().join("2023/bills-1.txt")
        );
        assert_eq!(names(folder.path(), "regning", &["[[]x].csv"]), ["[x].csv"]);
        assert!(files(folder.path(), "regning", &["[".into()]).unwrap_err().message.contains("source regning"));
    }
}
