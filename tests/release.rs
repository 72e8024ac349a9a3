//! Laws of whole releases, through the command line: same bytes whatever the threads and the order
//! of files, done when done, and no hidden value in any public byte.
//!
//! In: a synthetic delivery and the built program. Never links the crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const AS_OF: &str = "2023-06-15";

fn kprstat(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kprstat")).args(words).output().expect("the program starts")
}

fn succeeded(words: &[&str]) -> String {
    let output = kprstat(words);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "kprstat {}: {:?}\n{text}", words.join(" "), output.status.code());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn pipeline() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/gp-activity.toml")
}

fn delivery(folder: &Path) -> PathBuf {
    let out = folder.join("delivery");
    let words =
        ["synth", "--persons", "4000", "--from", "2023-01", "--to", "2023-04", "--seed", "5", "--format", "csv"];
    succeeded(&[&words[..], &["--out", text(&out)]].concat());
    out
}

fn run(delivery: &Path, out: &Path, threads: &str) -> String {
    let definition = pipeline();
    succeeded(&[
        "run",
        text(&definition),
        "--delivery",
        text(delivery),
        "--as-of",
        AS_OF,
        "--out",
        text(out),
        "--threads",
        threads,
    ])
}

/// Bytes of every file below a folder by its path there; the log of a run tells the time and is left out.
fn bytes_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let (path, kind) = (entry.path(), entry.file_type().expect("a kind"));
            let name = path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_symlink() {
                found.insert(name, fs::read_link(&path).expect("a link").to_string_lossy().into_owned().into_bytes());
            } else if !name.ends_with("log.jsonl") {
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "files");
    let different: Vec<&String> = one.keys().filter(|name| one[*name] != other[*name]).collect();
    assert!(different.is_empty(), "bytes differ in {different:?}");
}

#[test]
fn threads_and_file_order_give_the_same_bytes_and_a_second_run_finds_it_done() {
    let folder = tempfile::tempdir().expect("a folder to work in");
    let first = delivery(folder.path());
    let second = folder.path().join("copied");
    fs::create_dir(&second).expect("a folder");
    let mut names: Vec<_> = fs::read_dir(&first).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names.iter().rev() {
        fs::copy(first.join(name), second.join(name)).expect("a copy");
    }
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    run(&first, &one, "1");
    run(&second, &other, "3");
    let before = bytes_below(&one);
    same(&before, &bytes_below(&other));

    run(&first, &one, "2");
    same(&before, &bytes_below(&one));
}

#[test]
fn killed_at_any_moment_the_last_release_stands_and_the_next_run_succeeds() {
    let folder = tempfile::tempdir().expect("a folder to work in");
    let (delivery, out) = (delivery(folder.path()), folder.path().join("out"));
    run(&delivery, &out, "2");
    let standing = bytes_below(&out.join("public"));
    fs::write(delivery.join("regning-9999.csv"), fs::read(delivery.join("regning-2023m01.csv")).expect("a file"))
        .expect("another delivery");
    for milliseconds in [1, 20, 100, 300, 900, 1_500, 2_500] {
        let definition = pipeline();
        let mut child = Command::new(env!("CARGO_BIN_EXE_kprstat"))
            .args(["run", text(&definition), "--delivery", text(&delivery), "--as-of", AS_OF, "--out", text(&out)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        let finished = child.wait().expect("an end").success();
        let now = bytes_below(&out.join("public"));
        let old_stands =
            standing.iter().filter(|(name, _)| !name.contains("latest")).all(|(n, b)| now.get(n) == Some(b));
        assert!(old_stands, "the first release is whole after a kill at {milliseconds} ms");
        let releases = fs::read_dir(out.join("public/releases")).expect("a folder").count();
        assert!(releases == 1 || finished || is_whole(&out), "no half release after {milliseconds} ms");
        if finished {
            break;
        }
    }
    run(&delivery, &out, "2");
    assert_eq!(fs::read_dir(out.join("public/releases")).expect("a folder").count(), 2);
    assert!(is_whole(&out), "every release of the folder is whole");
}

/// Every release has a manifest, and every output that it names.
fn is_whole(out: &Path) -> bool {
    fs::read_dir(out.join("public/releases")).expect("a folder").flatten().all(|entry| {
        let Ok(manifest) = fs::read(entry.path().join("manifest.json")) else { return false };
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
        let outputs = manifest["outputs"].as_array().cloned().unwrap_or_default();
        let there = |output: &serde_json::Value| {
            let path = entry.path().join(output["path"].as_str().unwrap_or("?"));
            fs::metadata(path).is_ok_and(|file| Some(file.len()) == output["bytes"].as_u64())
        };
        !outputs.is_empty() && outputs.iter().all(there)
    })
}

/// Two doctors far from each other with 4 567 and 7 654 contacts in a month, each alone in a
/// municipality: one doctor's numbers may not be shown, nor found in any public byte.
#[test]
fn a_hidden_value_is_in_no_public_byte() {
    let folder = tempfile::tempdir().expect("a folder to work in");
    let (delivery, out) = (delivery(folder.path()), folder.path().join("out"));
    let canaries = [("3420", 4_567), ("5610", 7_654)];
    let (mut bills, mut lines) = (String::new(), String::new());
    bills.push_str("enkeltregning_lnr,kpr_lnr,behandler_lnr,praksis_lnr,praksistype,praksiskommune,tidspunkt,registrert,status,kjonn,fodselsaar,kommunenr\n");
    lines.push_str("enkeltregning_lnr,takstkode\n");
    for (number, (place, contacts)) in canaries.iter().enumerate() {
        for contact in 0..*contacts {
            let bill = 900_000_000 + number * 1_000_000 + contact;
            let (person, doctor) = (800_000_000 + bill % 997, 700_000_000 + number);
            bills.push_str(&format!(
                "{bill},{person},{doctor},{doctor},FALE,{place},2023-02-0{}T10:00:00,2023-02-10,godkjent,1,1980,{place}\n",
                contact % 9 + 1
            ));
            lines.push_str(&format!("{bill},2ad\n"));
        }
    }
    fs::write(delivery.join("regning-canary.csv"), bills).expect("a file");
    fs::write(delivery.join("takst-canary.csv"), lines).expect("a file");
    run(&delivery, &out, "2");
    let public = bytes_below(&out.join("public"));
    assert!(public.len() > 10, "a release with files");
    for (_, contacts) in canaries {
        for (name, bytes) in &public {
            assert!(!says(name, bytes, contacts), "{name} has the bytes of a hidden value");
        }
    }
}

/// Whether a file has the number: as a double in Parquet, as a number among its words in a text.
fn says(name: &str, bytes: &[u8], number: usize) -> bool {
    if name.ends_with(".parquet") {
        return bytes.windows(8).any(|window| window == (number as f64).to_le_bytes());
    }
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '.');
    words.map(|word| word.trim_end_matches(".0")).any(|word| word == number.to_string())
}

/// Rows of a published table by keys: what is told.
fn published(out: &Path, pipeline: &str, table: &str) -> BTreeMap<String, String> {
    let path = out.join("public/latest").join(pipeline).join("data").join(format!("{table}.csv"));
    let text = fs::read_to_string(&path).expect("a table");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let value = header.iter().position(|name| *name == "value").expect("a value");
    let row = |line: &str| {
        // Names of places may hold no comma in the municipalities of 2024.
        let fields: Vec<&str> = line.split(',').collect();
        (fields[..value].join(","), fields[value..].join(","))
    };
    lines.map(row).collect()
}

fn run_joined(delivery: &Path, out: &Path, (pipeline, as_of, threads): (&str, &str, &str)) {
    let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("pipelines/{pipeline}.toml"));
    let places = ["--delivery", text(delivery), "--as-of", as_of, "--out", text(out), "--threads", threads];
    succeeded(&[&["run", text(&definition)][..], &places[..]].concat());
}

#[test]
fn joined_tables_keep_what_they_hid_in_one_ledger_with_all_pipelines() {
    let folder = tempfile::tempdir().expect("a folder to work in");
    let delivery = delivery(folder.path());
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    for (out, threads) in [(&one, "1"), (&other, "3")] {
        run_joined(&delivery, out, ("gp-register", "2023-04-05", threads));
        run_joined(&delivery, out, ("primary-health-team", "2023-04-05", threads));
    }
    let before = published(&one, "gp-register", "gp-register");
    for (out, threads) in [(&one, "1"), (&other, "3")] {
        run_joined(&delivery, out, ("gp-register", AS_OF, threads));
    }
    same(&bytes_below(&one), &bytes_below(&other));
    let after = published(&one, "gp-register", "gp-register");
    let hidden = |rows: &BTreeMap<String, String>| rows.values().filter(|told| told.ends_with("Q,C")).count();
    assert!(hidden(&before) > 0 && after.len() > before.len(), "there are hidden cells, and later months");
    // The registers are the same on both days: nothing hidden is shown, and nothing flickers.
    let told = |told: &String| told.replace(",P,", ",A,");
    let changed: Vec<&String> =
        before.iter().filter(|(key, was)| told(was) != told(&after[*key])).map(|(key, _)| key).collect();
    assert!(changed.is_empty(), "{changed:?}");
}
