//! The parsers, each as the program uses it, and what must hold of whatever they make of an input.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use kprstat::audit::{self, foreign::audit_foreign};
use kprstat::codes::{Geography, GeographyLists, normalise_takst};
use kprstat::definition::{Language, Pipeline, SourceUse, check_report, explain_among};
use kprstat::domain::days_from_civil;
use kprstat::load::{Inputs, Reject, TypedBatch};
use kprstat::protect::Ledger;
use kprstat::schema::{self, Schema};

fn source(byte: u8) -> &'static Schema {
    let sources = schema::sources().unwrap();
    &sources[usize::from(byte) % sources.len()]
}

/// Reads a file of a source as a run does: every column, and once more the rows that were rejected.
/// Every row that was read has a class, or went on.
fn read(schema: &Schema, path: &Path) {
    let used = SourceUse { source: schema.source.clone(), files: Vec::new(), dialect: Default::default() };
    let files = |_: &SourceUse| vec![path.to_path_buf()];
    let Ok(inputs) = Inputs::open_files(&[used], files, days_from_civil(2024, 6, 30)) else { return };
    let kept = AtomicU64::new(0);
    let count = |batch: TypedBatch| {
        kept.fetch_add(batch.rows.len() as u64, Ordering::Relaxed);
        Ok(())
    };
    let Ok(scanned) = inputs.scan(&schema.source, &schema.header(), &count) else { return };
    let total = scanned.tally.total();
    assert_eq!(total.rows, total.classes.values().sum::<u64>() + kept.into_inner(), "the books do not balance");
    let rejected: Vec<(u16, u32)> = scanned.rejects.iter().map(|reject| (reject.file, reject.row)).collect();
    let again = inputs.fetch(&schema.source, &rejected).unwrap();
    let fields = |rejects: &[Reject]| rejects.iter().map(|reject| reject.fields.clone()).collect::<Vec<_>>();
    assert_eq!(fields(&scanned.rejects), fields(&again), "a row has other fields when it is read again");
}

/// The first byte is the source, the second how the rest is packed.
pub fn csv(bytes: &[u8]) {
    let [which, packing, text @ ..] = bytes else { return };
    let packed = match packing % 4 {
        0 => zstd::encode_all(text, 1).unwrap(),
        1 => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
        // As it is: text, or what a damaged packed file may be.
        _ => text.to_vec(),
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), packed).unwrap();
    read(source(*which), file.path());
}

/// The last byte is the source.
pub fn parquet(bytes: &[u8]) {
    let [stored @ .., which] = bytes else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), stored).unwrap();
    read(source(*which), file.path());
}

pub fn definition(bytes: &[u8]) {
    let Ok(pipeline) = Pipeline::from_files(&[("mine.toml".into(), bytes.to_vec())]) else { return };
    let _ = (check_report(&pipeline), pipeline.release_geography());
    for table in &pipeline.tables {
        for language in [Language::Nb, Language::En] {
            let _ = explain_among(std::slice::from_ref(&pipeline), &table.id, language);
        }
    }
}

/// Names of lists that a definition asks for, by the first byte of the input.
const LISTS: [&str; 8] = [
    "lists/contact-types/kprstat.toml",
    "lists/contact-types/kprstat.csv",
    "lists/features/kprstat.toml",
    "lists/features/kprstat.csv",
    "lists/policies/standard.toml",
    "lists/age-groups/kprstat.toml",
    "lists/geography/2024.toml",
    "lists/contact-types/ssb.toml",
];

pub fn lists(bytes: &[u8]) {
    let [which, text @ ..] = bytes else { return };
    let definition = include_bytes!("../../pipelines/gp-activity.toml").to_vec();
    let list = LISTS[usize::from(*which) % LISTS.len()];
    if let Ok(pipeline) = Pipeline::from_files(&[("gp-activity.toml".into(), definition), (list.into(), text.to_vec())])
    {
        let _ = pipeline.release_geography();
    }
    let text = String::from_utf8_lossy(text);
    let lists = GeographyLists { recoding: ("recode.csv", &*text), municipalities: None, counties: None };
    let _ = (Geography::from_lists("2024", &lists), normalise_takst(&text));
}

/// A small sound release.
const RELEASED: [(&str, &[u8]); 4] = [
    ("manifest.json", include_bytes!("seeds/sound/manifest.json")),
    ("metadata/relations.json", include_bytes!("seeds/sound/metadata/relations.json")),
    ("data/gp-contacts.csv", include_bytes!("seeds/sound/data/gp-contacts.csv")),
    ("data/gp-contacts.parquet", include_bytes!("seeds/sound/data/gp-contacts.parquet")),
];

/// The first byte says which file of the sound release is another one.
pub fn release(bytes: &[u8]) {
    let [which, text @ ..] = bytes else { return };
    let to = tempfile::tempdir().unwrap();
    for (at, (name, sound)) in RELEASED.into_iter().enumerate() {
        let place = to.path().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, if at == usize::from(*which) % RELEASED.len() { text } else { sound }).unwrap();
    }
    let _ = audit::audit(to.path(), &[], None);
}

/// A description of tables, and after a zero byte a table.
pub fn relations(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let (text, table) = match bytes.iter().position(|&byte| byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &b"region,sex,count\nnorth,women,5\nnorth,men,\nsouth,women,9\n"[..]),
    };
    for (name, bytes) in [("relations.toml", text), ("by-region.csv", table), ("by-sex.csv", table)] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let _ = audit_foreign(&folder.path().join("relations.toml"), 2);
}

/// As it lies on the disk, and as what is packed there. What can be read is written as it was meant.
pub fn ledger(bytes: &[u8]) {
    let packed = zstd::encode_all(bytes, 1).unwrap();
    for bytes in [bytes, &packed] {
        if let Ok(ledger) = Ledger::from_bytes(bytes) {
            let again = Ledger::from_bytes(&ledger.to_bytes()).unwrap();
            assert_eq!(again.to_bytes(), ledger.to_bytes());
        }
    }
}
