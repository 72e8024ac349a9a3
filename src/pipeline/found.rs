//! The files that a release was made from, found by their hash.
//!
//! In: what a manifest states of them, and folders to look in, whatever the files are called
//! there. Out: every file in its source and rank, or the names of all that are missing and of
//! those that are there with other bytes. Files are opened for reading only.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::name::Delivered;
use crate::definition::SourceUse;
use crate::domain::{Error, Result};
use crate::load::Inputs;
use crate::publish::files::{Area, cannot_write, make_folder, sha256_of_file};

/// Files below some folders, by size; hashed when a size asks for it.
pub struct Store {
    by_size: BTreeMap<u64, Vec<PathBuf>>,
    known: BTreeMap<PathBuf, String>,
}

impl Store {
    /// Lists every file below the folders. A link to a folder is not followed.
    pub fn open(folders: &[PathBuf]) -> Result<Store> {
        let mut store = Store { by_size: BTreeMap::new(), known: BTreeMap::new() };
        for folder in folders {
            store.list(folder).map_err(|error| {
                Error::input(format!(
                    "{}: cannot be read ({error}); give --delivery folders with files delivered",
                    folder.display()
                ))
            })?;
        }
        Ok(store)
    }

    fn list(&mut self, folder: &Path) -> std::io::Result<()> {
        let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder)?.collect::<std::io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.list(&path)?;
            } else if let Ok(metadata) = fs::metadata(&path)
                && metadata.is_file()
            {
                self.by_size.entry(metadata.len()).or_default().push(path);
            }
        }
        Ok(())
    }

    /// Where each file lies.
    ///
    /// # Errors
    /// Exit code 11 with every file that is missing or differs.
    pub fn find(&mut self, stated: &[Delivered]) -> Result<Vec<PathBuf>> {
        let found: Vec<Option<PathBuf>> = stated.iter().map(|file| self.place(file)).collect();
        let absent = stated.iter().zip(&found).filter(|(_, place)| place.is_none()).map(|(file, _)| self.tell(file));
        let absent: Vec<String> = absent.collect();
        if absent.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        Err(Error::input(format!(
            "{} of the {} files that the release was made from are not in the folders given; look for them by \
             their hash and give their folders with --delivery:\n{}",
            absent.len(),
            stated.len(),
            absent.join("\n")
        )))
    }

    fn place(&mut self, file: &Delivered) -> Option<PathBuf> {
        let Store { by_size, known } = self;
        let candidates = by_size.get(&file.bytes)?;
        candidates.iter().find(|path| hash(known, path) == file.sha256).cloned()
    }

    /// What is known of a file that was not found.
    fn tell(&self, file: &Delivered) -> String {
        let stated = format!("  {} ({}), {} bytes, SHA-256 {}", file.name, file.source, file.bytes, file.sha256);
        let same_name = |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy() == file.name);
        let others = self.by_size.iter().flat_map(|(bytes, paths)| paths.iter().map(move |path| (path, *bytes)));
        match others.into_iter().find(|(path, _)| same_name(path)) {
            None => format!("{stated}: no file of this name or hash"),
            Some((path, bytes)) if bytes == file.bytes => format!("{stated}: {} has other bytes", path.display()),
            Some((path, bytes)) => format!("{stated}: {} has {bytes} bytes", path.display()),
        }
    }
}

fn hash<'k>(known: &'k mut BTreeMap<PathBuf, String>, path: &Path) -> &'k str {
    // A file that cannot be read is not the one looked for.
    known.entry(path.to_path_buf()).or_insert_with(|| sha256_of_file(path).unwrap_or_default())
}

/// Opens files under the names and in the order that they were delivered with, through links in
/// `folder`.
pub fn open(stated: &[Delivered], found: &[PathBuf], uses: &[SourceUse], as_of: i32, folder: &Path) -> Result<Inputs> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    }
    make_folder(folder, Area::Restricted)?;
    let mut files: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for (number, (file, place)) in stated.iter().zip(found).enumerate() {
        let named = folder.join(format!("{number:05}"));
        make_folder(&named, Area::Restricted)?;
        let name = Path::new(&file.name).file_name().unwrap_or_default();
        let link = named.join(name);
        let place = fs::canonicalize(place).unwrap_or_else(|_| place.clone());
        symlink(&place, &link).map_err(|error| cannot_write(&link, &error))?;
        files.entry(&file.source).or_default().push(link);
    }
    let of = |used: &SourceUse| files.get(used.source.as_str()).cloned().unwrap_or_default();
    Inputs::open_files(uses, of, as_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ExitCode;
    use crate::publish::files::sha256;

    fn stated(name: &str, text: &str) -> Delivered {
        Delivered {
            source: "regning".into(),
            name: name.into(),
            bytes: text.len() as u64,
            sha256: sha256(text.as_bytes()),
            path: PathBuf::new(),
            stamp: crate::load::Stamp::default(),
        }
    }

    #[test]
    fn a_file_is_found_by_its_bytes_and_not_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/renamed"), "rows").unwrap();
        fs::write(folder.path().join("regning-1.csv"), "sorw").unwrap();
        let mut store = Store::open(&[folder.path().to_path_buf()]).unwrap();
        let found = store.find(&[stated("regning-1.csv", "rows")]).unwrap();
        assert_eq!(found, [folder.path().join("below/renamed")]);
    }

    #[test]
    fn every_file_that_differs_or_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("regning-1.csv"), "sorw").unwrap();
        fs::write(folder.path().join("regning-2.csv"), "longer").unwrap();
        let mut store = Store::open(&[folder.path().to_path_buf()]).unwrap();
        let wanted = ["regning-1.csv", "regning-2.csv", "regning-3.csv"].map(|name| stated(name, "rows"));
        let error = store.find(&wanted).unwrap_err();
        assert_eq!(error.code, ExitCode::Input);
        for told in
            ["3 of the 3 files", "has other bytes", "has 6 bytes", "regning-3.csv", "no file of this name or hash"]
        {
            assert!(error.message.contains(told), "{told}: {}", error.message);
        }
    }
}
