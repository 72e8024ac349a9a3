//! A canary in every field of a person's row, fed through every way that a run can fail: it comes
//! out in no message, no log, no metrics and no public file.
//!
//! In: a small delivery in which every identifier has the canary in its text, and faults of every
//! kind of row and file that hold it. Out: what was said and published, without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::disk::{Fault, Kind, Side, spoil, watch};
use super::injected::{one_thread, sample};
use super::small::{Place, copy, files, said};

/// Stands in every identifier, and in every spoilt field.
const CANARY: &str = "kanari4711";
const DAY: &str = "2023-05-02";

/// A delivery with the canary, kept whole beside the one that is spoilt.
struct Cage {
    place: Place,
    whole: PathBuf,
}

/// The rows of a file, the header first.
type Rows = Vec<Vec<String>>;

impl Cage {
    fn new() -> Cage {
        let place = Place::new();
        let delivery = place.path("delivery");
        for (name, bytes) in files(&delivery).into_iter().filter(|(name, _)| name.to_string_lossy().ends_with(".csv")) {
            fs::write(delivery.join(name), text(&marked(&rows(&bytes)))).unwrap();
        }
        let whole = place.path("whole");
        copy(&delivery, &whole);
        Cage { place, whole }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path("delivery").join(name)
    }

    fn rows(&self, name: &str) -> Rows {
        rows(&fs::read(self.whole.join(name)).unwrap())
    }

    /// Runs with a changed delivery, and puts it right again. Nothing of what is said or published
    /// has the canary.
    fn run(&self, what: &str, change: impl FnOnce(&Cage)) -> Output {
        change(self);
        let run = self.attempt(what, |_| {});
        fs::remove_dir_all(self.place.path("delivery")).unwrap();
        copy(&self.whole, &self.place.path("delivery"));
        run
    }

    fn attempt(&self, what: &str, change: impl FnOnce(&mut std::process::Command)) -> Output {
        let metrics = self.place.path("metrics.prom");
        let words = ["--threads", "1", "--log", "json", "--metrics", metrics.to_str().unwrap()];
        let mut run = self.place.run("out", DAY, &words);
        change(&mut run);
        let run = run.output().unwrap();
        assert!(!holds(said(&run).as_bytes()), "{what}: {}", said(&run));
        assert!(!holds(&fs::read(&metrics).unwrap_or_default()), "{what}: the metrics");
        let out = self.place.path("out");
        for (path, bytes) in if out.exists() { files(&out) } else { Vec::new() } {
            let is_told = path.starts_with("public") || path.ends_with("log.jsonl") || path.ends_with("manifest.json");
            assert!(!is_told || !holds(&bytes), "{what}: {}", path.display());
        }
        let _ = fs::remove_dir_all(out);
        run
    }

    /// Runs with a file that is to be refused.
    fn refused(&self, what: &str, code: i32, change: impl FnOnce(&Cage)) {
        let run = self.run(what, change);
        assert_eq!(run.status.code(), Some(code), "{what}: {}", said(&run));
    }
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window.eq_ignore_ascii_case(CANARY.as_bytes()))
}

fn delimiter(header: &str) -> char {
    [';', ',', '\t'].into_iter().find(|delimiter| header.contains(*delimiter)).unwrap()
}

fn rows(bytes: &[u8]) -> Rows {
    let text = String::from_utf8_lossy(bytes);
    let delimiter = delimiter(text.lines().next().unwrap());
    text.lines().map(|line| line.split(delimiter).map(|field| field.trim_matches('"').to_string()).collect()).collect()
}

fn text(rows: &Rows) -> String {
    rows.iter().map(|row| row.join(";") + "\n").collect()
}

/// Every identifier with the canary in front.
fn marked(rows: &Rows) -> Rows {
    let is_id: Vec<bool> = rows[0].iter().map(|name| name.ends_with("_lnr") || name.ends_with("_id")).collect();
    let mark = |(field, &is_id): (&String, &bool)| match is_id && !field.is_empty() {
        true => format!("{CANARY}{field}"),
        false => field.clone(),
    };
    let body = rows[1..].iter().map(|row| row.iter().zip(&is_id).map(mark).collect());
    std::iter::once(rows[0].clone()).chain(body).collect()
}

/// A Parquet file of these rows, all of them text.
fn parquet(rows: &Rows) -> Vec<u8> {
    let column = |at: usize| -> ArrayRef {
        Arc::new(
            rows[1..].iter().map(|row| Some(row[at].as_str()).filter(|text| !text.is_empty())).collect::<StringArray>(),
        )
    };
    let columns = rows[0].iter().enumerate().map(|(at, name)| (name.as_str(), column(at), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

const BILLS: &str = "regning-2023m02.csv";
const LINES: &str = "takst-2023m02.csv";

/// Names of the files and columns that are spoilt.
fn columns(cage: &Cage) -> Vec<(&'static str, usize, String)> {
    let of =
        |file: &'static str| cage.rows(file)[0].clone().into_iter().enumerate().map(move |(at, name)| (file, at, name));
    of(BILLS).chain(of(LINES)).collect()
}

#[test]
fn a_sound_run_tells_no_identifier() {
    let cage = Cage::new();
    let run = cage.run("a sound delivery", |_| {});
    assert!(run.status.success(), "{}", said(&run));
}

#[test]
fn a_spoilt_field_is_told_of_without_its_value() {
    let cage = Cage::new();
    for (file, at, name) in sample(columns(&cage), 8) {
        let spoil = |rows: usize| {
            let mut all = cage.rows(file);
            all[1..=rows].iter_mut().for_each(|row| row[at] = format!("{CANARY} {}", "x".repeat(80)));
            text(&all)
        };
        let one = cage.run(&format!("one {name}"), |cage| fs::write(cage.file(file), spoil(1)).unwrap());
        assert!(one.status.success(), "{name}: {}", said(&one));
        let all = cage.rows(file).len() - 1;
        let many = cage.run(&format!("every {name}"), |cage| fs::write(cage.file(file), spoil(all)).unwrap());
        assert!(many.status.code().is_some_and(|code| [0, 16].contains(&code)), "{name}: {}", said(&many));
        // As Parquet, where the library has words of its own for what it cannot read.
        let stored = parquet(&rows(spoil(all).as_bytes()));
        let stored = cage.run(&format!("every {name}, stored"), |cage| {
            fs::remove_file(cage.file(file)).unwrap();
            fs::write(cage.file(&file.replace(".csv", ".parquet")), stored).unwrap();
        });
        assert!(stored.status.code().is_some_and(|code| [0, 11, 16].contains(&code)), "{name}: {}", said(&stored));
    }
}

#[test]
fn a_spoilt_file_is_told_of_without_its_rows() {
    let cage = Cage::new();
    let sound = fs::read(cage.whole.join(LINES)).unwrap();
    let put = |bytes: Vec<u8>| move |cage: &Cage| fs::write(cage.file(LINES), bytes).unwrap();
    let body = sound.splitn(2, |&byte| byte == b'\n').nth(1).unwrap().to_vec();
    cage.refused("no header", 11, put(body.clone()));
    cage.refused("a row before the header", 11, put([&body[..60], b"\n", &sound].concat()));
    cage.refused("UTF-16", 11, put([b"\xff\xfe", &sound[..]].concat()));
    cage.refused("a column twice", 11, put([b"takstkode;", &sound[..]].concat()));
    let quoted = [&sound[..], b"\"", &sound.repeat((17 << 20) / sound.len() + 1)].concat();
    cage.refused("a quote without end", 11, put(quoted));
    cage.run("bytes that are no text", put(sound.iter().map(|&byte| if byte == b'1' { 0xff } else { byte }).collect()));

    let packed = zstd::encode_all(&sound[..], 0).unwrap();
    cage.refused("half a packed file", 11, put(packed[..packed.len() / 2].to_vec()));
    let stored = parquet(&cage.rows(LINES));
    for cut in sample((12..stored.len() - 1).collect(), 20) {
        let mut spoilt = stored.clone();
        spoilt[cut] ^= 0x55;
        let run = cage.run(&format!("byte {cut} of a stored file"), put(spoilt));
        // A flipped byte may fall on a value, which is another one then.
        let code = run.status.code();
        assert!(code.is_some_and(|code| [0, 11, 16].contains(&code)), "byte {cut}: {}", said(&run));
        cage.refused(&format!("{cut} bytes of a stored file"), 11, put(stored[..cut].to_vec()));
    }
}

#[test]
fn rows_that_do_not_belong_together_are_told_of_without_their_keys() {
    let cage = Cage::new();
    let change = |file: &'static str, change: fn(usize, &mut Vec<String>, &Rows)| {
        move |cage: &Cage| {
            let before = cage.rows(file);
            let mut rows = before.clone();
            rows[1..].iter_mut().enumerate().for_each(|(at, row)| change(at, row, &before));
            fs::write(cage.file(file), text(&rows)).unwrap();
        }
    };
    cage.run("lines without a bill", change(LINES, |_, row, _| row[0].push_str("-none")));
    cage.run(
        "bills that credit each other",
        change(BILLS, |at, row, all| {
            let credits = all[0].iter().position(|name| name == "krediterer_lnr").unwrap();
            row[credits] = all[1 + (at + 1) % (all.len() - 1)][0].clone();
        }),
    );
    cage.run("one bill many times", change(BILLS, |_, row, all| row[0] = all[1][0].clone()));
    cage.refused(
        "national identity numbers",
        11,
        change(BILLS, |_, row, all| {
            let person = all[0].iter().position(|name| name == "kpr_lnr").unwrap();
            row[person] = "01017000027".into();
        }),
    );
    // Codes that no list knows close a gate where the definition says so.
    cage.place.define("[gates.unknown-codes]\nstop = 0.0");
    cage.refused(
        "codes that no list knows",
        16,
        change(LINES, |_, row, all| {
            let code = all[0].iter().position(|name| name == "takstkode").unwrap();
            row[code] = "kanari4711".into();
        }),
    );
}

#[test]
fn a_disk_that_fails_tells_of_no_row() {
    let cage = Cage::new();
    let below = cage.place.path("");
    let operations = watch(&mut one_thread(&cage.place, "undisturbed", DAY), &below);
    for side in [Side::Read, Side::Write] {
        let faults: Vec<usize> = (1..=operations.iter().filter(|operation| operation.side == side).count()).collect();
        for at in sample(faults, 12) {
            let kind = if side == Side::Read { Kind::Error } else { Kind::Full };
            let run =
                cage.attempt(&format!("{side:?} {at}"), |run| spoil(run, Path::new(&below), Fault { side, at, kind }));
            assert_ne!(run.status.code(), Some(70), "{}", said(&run));
        }
    }
}
