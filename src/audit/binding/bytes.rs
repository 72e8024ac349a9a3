//! What the bytes of a release hold besides its rows.
//!
//! In: the public folder and its manifest. Out: findings: statistics, dictionaries, indexes or
//! filters in a Parquet file, bytes that belong to no page, values stored where a row has none,
//! files that the manifest does not list or that are not what it lists. It reads no restricted
//! file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::PageType;
use parquet::column::page::PageReader;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use sha2::{Digest, Sha256};

use super::tables::unreadable;
use crate::audit::report::{Finding, Findings, Kind};
use crate::domain::Result;

/// Looks into the bytes of one Parquet file of the release.
pub fn check_parquet(path: &Path, place: &str, findings: &mut Findings) -> Result<()> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let length = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    let reader = SerializedFileReader::new(file).map_err(|error| unreadable(path, &error))?;
    let mut held = |what: &str| findings.add(Finding::of(Kind::BytesHeld, place).relation(what));
    let mut pages = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(|error| unreadable(path, &error))?;
        for column in 0..group.num_columns() {
            let chunk = group.metadata().column(column);
            let (_, size) = chunk.byte_range();
            pages += size;
            chunk_holds(chunk).into_iter().for_each(&mut held);
            page_holds(group.as_ref(), column)
                .map_err(|error| unreadable(path, &error))?
                .into_iter()
                .for_each(&mut held);
        }
    }
    // Magic, pages, footer, length of the footer, magic: nothing between.
    let footer = footer_length(path).map_err(|error| unreadable(path, &error))?;
    if 4 + pages + footer + 8 != length {
        held("bytes that belong to no page");
    }
    let text = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    if text.iter().any(|entry| !["table", "version", "release"].contains(&entry.key.as_str())) {
        held("key-value metadata besides table, version and release");
    }
    Ok(())
}

fn footer_length(path: &Path) -> std::io::Result<u64> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-8))?;
    let mut bytes = [0u8; 4];
    file.read_exact(&mut bytes)?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

fn chunk_holds(chunk: &ColumnChunkMetaData) -> Vec<&'static str> {
    let name = chunk.column_path().string();
    let mut held = Vec::new();
    if chunk.statistics().is_some() && name == "value" {
        held.push("statistics of `value`");
    }
    if chunk.column_index_offset().is_some() && name == "value" {
        held.push("a column index of `value`");
    }
    if chunk.bloom_filter_offset().is_some() {
        held.push("a Bloom filter");
    }
    held
}

/// Dictionaries, page statistics, and more values than rows that have one.
fn page_holds(group: &dyn RowGroupReader, column: usize) -> parquet::errors::Result<Vec<&'static str>> {
    let is_value = group.metadata().column(column).column_path().string() == "value";
    let mut held = Vec::new();
    let mut pages: Box<dyn PageReader> = group.get_column_page_reader(column)?;
    while let Some(page) = pages.get_next_page()? {
        if page.page_type() == PageType::DICTIONARY_PAGE {
            held.push("a dictionary page");
        }
        if is_value && page.statistics().is_some() {
            held.push("page statistics of `value`");
        }
    }
    Ok(held)
}

/// Compares the files below the public folder with those that the manifest lists.
pub fn check_files(root: &Path, manifest: &serde_json::Value, findings: &mut Findings) -> Result<()> {
    let listed: BTreeMap<String, String> = manifest["outputs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|file| Some((file["path"].as_str()?.to_string(), file["sha256"].as_str()?.to_string())))
        .collect();
    let mut there = BTreeMap::new();
    walk(root, root, &mut there).map_err(|error| unreadable(root, &error))?;
    there.remove("manifest.json");
    for name in there.keys().filter(|name| !listed.contains_key(*name)) {
        findings.add(Finding::of(Kind::FileUnlisted, name).relation("not in the manifest"));
    }
    for (name, hash) in &listed {
        let found = there.get(name).map(|path| sha256(path).map_err(|error| unreadable(path, &error))).transpose()?;
        if found.as_ref() != Some(hash) {
            findings.add(Finding::of(Kind::FileUnlisted, name).relation("missing, or not what the manifest lists"));
        }
    }
    Ok(())
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, found)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.insert(name, path);
        }
    }
    Ok(())
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut reader = std::io::BufReader::with_capacity(1 << 20, File::open(path)?);
    loop {
        let bytes = std::io::BufRead::fill_buf(&mut reader)?;
        if bytes.is_empty() {
            break;
        }
        hash.update(bytes);
        let used = bytes.len();
        std::io::BufRead::consume(&mut reader, used);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
