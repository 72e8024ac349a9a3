//! Files that are made to take a program down: packed bombs, absurd widths, rows without end,
//! Parquet that lies. A clear message, exit code 11, and no more memory than an honest file takes.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::injected::sample;
use super::small::{Place, said};

/// Most resident memory of a run that meets such a file.
const MOST_BYTES: u64 = 1 << 30;
/// The file that is replaced.
const FILE: &str = "takst-2023m02.csv";
const HEADER: &str = "enkeltregning_lnr;takstkode;antall;belop\n";

/// How a run with such a file ended.
struct Ended {
    code: Option<i32>,
    said: String,
    peak: u64,
}

/// Replaces a file of takst lines, and runs.
fn meet(place: &Place, name: &str, bytes: &[u8]) -> Ended {
    let path = place.path("delivery").join(name);
    let kept = place.path("kept.csv");
    fs::rename(place.path("delivery").join(FILE), &kept).unwrap();
    fs::write(&path, bytes).unwrap();
    let said = place.path("said");
    let mut run = place.run("out", "2023-05-02", &["--threads", "2"]);
    let mut child = run.stdout(Stdio::null()).stderr(fs::File::create(&said).unwrap()).spawn().unwrap();
    let mut peak = 0;
    let code = loop {
        peak = peak.max(resident_peak(child.id()));
        match child.try_wait().unwrap() {
            Some(ended) => break ended.code(),
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    fs::remove_file(&path).unwrap();
    fs::rename(&kept, place.path("delivery").join(FILE)).unwrap();
    Ended { code, said: fs::read_to_string(said).unwrap(), peak }
}

/// Peak of a process's resident memory so far, as Linux tells it.
fn resident_peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// A run with such a file ends with `code` and these words.
fn check(place: &Place, (name, bytes): (&str, &[u8]), code: i32, words: &str) {
    let ended = meet(place, name, bytes);
    assert_eq!(ended.code, Some(code), "{name} ({words}): {}", ended.said);
    assert!(ended.said.contains(words), "{name} ({words}): {}", ended.said);
    assert!(ended.said.contains(name), "{name} ({words}): {}", ended.said);
    assert!(ended.peak < MOST_BYTES, "{name} ({words}): {} MiB", ended.peak >> 20);
    assert!(!place.path("out/public/latest/gp-activity").exists());
}

/// Packed text of `head`, and then `times` times a piece of 64 MiB.
fn bomb(pack: fn(&[u8]) -> Vec<u8>, head: &str, piece: &str, times: usize) -> Vec<u8> {
    let piece = piece.repeat((64 << 20) / piece.len());
    // Packed texts one after the other are the packed text of all.
    [pack(head.as_bytes()), pack(piece.as_bytes()).repeat(times)].concat()
}

fn zst(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let place = Place::new();
    let ten_gb = 150;
    let line = bomb(zst, HEADER, "x", ten_gb);
    check(&place, ("takst-1.csv.zst", &line), 11, "takst-1.csv.zst:2: a row of more than 16 MiB");
    check(&place, ("takst-1.csv.zst", &bomb(zst, "", "x", ten_gb)), 11, "no header of source takst");
    let rows = bomb(zst, HEADER, "1;2ad;1;1\n", ten_gb);
    check(&place, ("takst-1.csv.zst", &rows), 11, "unpacks to more than 200 times its size");
    check(&place, ("takst-1.csv.gz", &bomb(gz, HEADER, "x;y\n", 20)), 11, "unpacks to more than 200 times its size");
    check(&place, ("takst-1.csv.gz", &bomb(gz, HEADER, "\n", 20)), 11, "unpacks to more than 200 times its size");
}

#[test]
fn what_is_wider_than_any_register_is_refused() {
    let place = Place::new();
    let header = |columns: usize| -> String {
        let more: String = (0..columns).map(|n| format!(";c{n}")).collect();
        format!("{}{more}\n1;2ad;1;1\n", HEADER.trim_end())
    };
    check(&place, ("takst-1.csv", header(1_000_000).as_bytes()), 11, "the header is longer than 1 MiB");
    check(&place, ("takst-1.csv", header(100_000).as_bytes()), 11, "has 100004 columns, and 4096 are the most");
    // Rows are data: they are rejected, and too many rejects close a gate.
    let rows = format!("{HEADER}{}", format!("{}\n", ";".repeat(1_000_000)).repeat(60));
    check(&place, ("takst-1.csv", rows.as_bytes()), 16, "takst-1.csv (100.0 %)");
    let quoted = format!("{HEADER}{}", format!("\"a\"{}\n", ";\"\"".repeat(1_000_000)).repeat(20));
    check(&place, ("takst-1.csv", quoted.as_bytes()), 16, "takst-1.csv (100.0 %)");
    let long = format!("{HEADER}{}", format!("1;{};1;1\n", "x".repeat(8 << 20)).repeat(12));
    check(&place, ("takst-1.csv", long.as_bytes()), 16, "takst-1.csv (100.0 %)");
}

/// A Parquet file of takst lines.
fn parquet(lines: &[&str], properties: WriterProperties) -> Vec<u8> {
    let texts = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; lines.len()])) };
    let codes: ArrayRef = Arc::new(StringArray::from(lines.to_vec()));
    let columns = [("enkeltregning_lnr", texts("1")), ("takstkode", codes), ("antall", texts("1"))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A Parquet file with nothing but this footer.
fn with_footer(footer: &[u8]) -> Vec<u8> {
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat()
}

/// A footer in Thrift's compact protocol: version 1, then a schema of `elements`, each with `children`
/// below it, that says it has `stated` of them.
fn footer(elements: usize, stated: u32, children: u8) -> Vec<u8> {
    let mut bytes = vec![0x15, 0x02, 0x19, 0xfc];
    let mut number = stated;
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    // A field 4, the name "a"; a field 5, the number of children; the end.
    let element = [0x48, 0x01, b'a', 0x15, children << 1, 0x00];
    bytes.extend(element.repeat(elements));
    bytes.push(0x00);
    bytes
}

#[test]
fn parquet_that_lies_is_refused() {
    let place = Place::new();
    let sound = parquet(&["2ad"; 1000], WriterProperties::builder().set_dictionary_enabled(false).build());
    let damaged = "the Parquet file is damaged";
    for length in [4, 8, 11, 12, 40, sound.len() / 2, sound.len() - 9, sound.len() - 1] {
        check(&place, ("takst-1.parquet", &sound[..length]), 11, "the Parquet file");
    }
    check(&place, ("takst-1.parquet", &[&sound[..], b"x"].concat()), 11, damaged);
    for stated in [[0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0]] {
        let mut file = sound.clone();
        let at = file.len() - 8;
        file[at..at + 4].copy_from_slice(&stated);
        let words = if stated == [0; 4] { damaged } else { "a footer of more than 32 MiB" };
        check(&place, ("takst-1.parquet", &file), 11, words);
    }
    let deep = with_footer(&footer(500_000, 500_000, 1));
    check(&place, ("takst-1.parquet", &deep), 11, "columns nested deeper than 16 levels");
    let many = with_footer(&footer(10, u32::MAX >> 1, 0));
    check(&place, ("takst-1.parquet", &many), 11, damaged);
}

#[test]
fn a_page_that_unpacks_without_end_is_refused() {
    let place = Place::new();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(1 << 30)
        .build();
    let text = "x".repeat(200 << 20);
    let packed = parquet(&[&text], properties);
    check(&place, ("takst-1.parquet", &packed), 11, "a page that unpacks to more than 200 times its size");
    // The first page says that it unpacks to nearly 2 GiB.
    let mut lies = parquet(&["2ad"; 1000], WriterProperties::builder().set_dictionary_enabled(false).build());
    let head = lies.windows(2).position(|two| two == [0x15, 0x00]).unwrap();
    assert_eq!(lies[head + 2], 0x15, "field 2 of a page's head");
    let size = lies[head + 3..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    lies.splice(head + 3..head + 3 + size, [0xfe, 0xff, 0xff, 0xff, 0x0f]);
    check(&place, ("takst-1.parquet", &lies), 11, "a page of more than 512 MiB");
}

#[test]
fn a_manifest_that_is_none_is_refused() {
    let place = Place::new();
    let release = place.release("2023-05-02");
    let sound = fs::read(release.join("manifest.json")).unwrap();
    let parsed: serde_json::Value = serde_json::from_slice(&sound).unwrap();
    let values = ["null", "true", "-1", "1e300", "\"x\"", "[]", "{}", "[{}]", "[[]]", "\"2023-13-45\""];
    let mut manifests: Vec<Vec<u8>> = [0, 1, sound.len() / 2, sound.len() - 2].map(|end| sound[..end].to_vec()).into();
    manifests.push("[".repeat(100_000).into_bytes());
    for key in ["release", "program", "as_of", "definition", "accepted", "inputs", "outputs"] {
        for value in values {
            let mut changed = parsed.clone();
            changed[key] = serde_json::from_str(value).unwrap();
            manifests.push(serde_json::to_vec(&changed).unwrap());
        }
    }
    for manifest in sample(manifests, 20) {
        fs::write(release.join("manifest.json"), &manifest).unwrap();
        let made = place.reproduce(&release, &place.path("delivery"), "again");
        let what = String::from_utf8_lossy(&manifest[..manifest.len().min(300)]).into_owned();
        assert!(made.status.code().is_some_and(|code| [10, 11, 14].contains(&code)), "{what}\n{}", said(&made));
        assert!(said(&made).contains("error: "), "{what}\n{}", said(&made));
        let _ = fs::remove_dir_all(place.path("again"));
    }
}
