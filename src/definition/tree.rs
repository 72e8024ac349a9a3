//! Where the files of a definition come from: the folder of the pipeline file, or bytes kept of an
//! earlier run; what the folder does not have is taken from the lists that are compiled in.
//!
//! In: a name within the tree. Out: bytes, remembered for the hash. Never reads outside the tree.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::domain::{Error, Result};

use super::shipped;

/// The source of a definition's files.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Folder(PathBuf),
    Kept(BTreeMap<String, Vec<u8>>),
}

/// Reads files by name and remembers what it read.
#[derive(Debug)]
pub(super) struct Reader {
    tree: Tree,
    read: BTreeMap<String, Vec<u8>>,
}

impl Reader {
    pub fn new(tree: Tree) -> Self {
        Reader { tree, read: BTreeMap::new() }
    }

    /// The text of a file by its name within the tree (`lists/policies/standard.toml`); none where
    /// neither the tree nor the program has it.
    pub fn text(&mut self, name: &str) -> Result<Option<String>> {
        let Some(bytes) = self.tree.bytes(name)? else { return Ok(None) };
        let text = String::from_utf8(bytes.clone())
            .map_err(|_| Error::definition(format!("{name}: expected UTF-8; save the file as UTF-8")))?;
        self.read.insert(name.into(), bytes);
        Ok(Some(text))
    }

    /// Remembers bytes that were read otherwise.
    pub fn remember(&mut self, name: &str, bytes: &[u8]) {
        self.read.insert(name.into(), bytes.into());
    }

    /// Ids of the lists of a kind (`contact-types`) that the tree and the program have, sorted.
    pub fn ids(&self, kind: &str) -> Vec<String> {
        let mut ids = self.tree.ids(kind);
        ids.extend(shipped::LISTS.iter().filter_map(|(name, _)| id_of(name, kind)));
        ids.sort();
        ids.dedup();
        ids
    }

    /// Everything read, by name.
    pub fn files(self) -> Vec<(String, Vec<u8>)> {
        self.read.into_iter().collect()
    }
}

fn id_of(name: &str, kind: &str) -> Option<String> {
    let id = name.strip_prefix("lists/")?.strip_prefix(kind)?.strip_prefix('/')?.strip_suffix(".toml")?;
    Some(id.into())
}

impl Tree {
    fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>> {
        within(name)?;
        let own = match self {
            Tree::Kept(files) => files.get(name).cloned(),
            Tree::Folder(root) => from_folder(root, name)?,
        };
        Ok(own.or_else(|| shipped::list(name).map(|text| text.as_bytes().to_vec())))
    }

    fn ids(&self, kind: &str) -> Vec<String> {
        match self {
            Tree::Kept(files) => files.keys().filter_map(|name| id_of(name, kind)).collect(),
            Tree::Folder(root) => {
                let entries = std::fs::read_dir(root.join("lists").join(kind)).into_iter().flatten().flatten();
                let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok();
                entries.filter_map(name).filter_map(|name| Some(name.strip_suffix(".toml")?.to_string())).collect()
            }
        }
    }
}

fn within(name: &str) -> Result<()> {
    let plain = !name.contains('\\') && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if plain && !name.is_empty() { Ok(()) } else { Err(leaves(name)) }
}

fn leaves(name: &str) -> Error {
    Error::definition(format!(
        "{name}: a definition may name files of its own folder only; put the file beside the definition"
    ))
}

fn from_folder(root: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = root.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let unreadable = |_| Error::definition(format!("{name}: cannot be read; check the file and its rights"));
    let (root, real) = (root.canonicalize().map_err(unreadable)?, path.canonicalize().map_err(unreadable)?);
    if !real.starts_with(&root) {
        return Err(leaves(name));
    }
    std::fs::read(real).map(Some).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_the_tree() {
        for name in ["../secret.csv", "/etc/hosts", "lists/../../x", "a\\b", "", "./a"] {
            let got = Reader::new(Tree::Kept(BTreeMap::new())).text(name);
            assert!(got.is_err(), "{name}");
        }
    }

    #[test]
    fn a_link_out_of_the_tree_is_refused() {
        let outside = tempfile::NamedTempFile::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("x.csv")).unwrap();
        let error = Reader::new(Tree::Folder(folder.path().into())).text("x.csv").unwrap_err();
        assert_eq!(
            error.message,
            "x.csv: a definition may name files of its own folder only; put the file beside the definition"
        );
    }

    #[test]
    fn the_folder_comes_before_what_is_compiled_in() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("lists/policies")).unwrap();
        let mut reader = Reader::new(Tree::Folder(folder.path().into()));
        assert!(reader.text("lists/policies/standard.toml").unwrap().unwrap().contains("standard"));
        std::fs::write(folder.path().join("lists/policies/standard.toml"), "own").unwrap();
        std::fs::write(folder.path().join("lists/policies/mine.toml"), "own").unwrap();
        assert_eq!(reader.text("lists/policies/standard.toml").unwrap().unwrap(), "own");
        assert_eq!(reader.ids("policies"), ["mine", "standard", "strict", "thorough"]);
        assert_eq!(reader.files(), [("lists/policies/standard.toml".to_string(), b"own".to_vec())]);
    }
}
