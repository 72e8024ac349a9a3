//! Every parser meets inputs that were changed at random: no panic, no hang, no memory without
//! bound. The program's ordinary build is fuzzed, in one process and without feedback from coverage.
//!
//! In: the seeds of tests/mutations/seeds, a folder a parser. Out: an input that a parser does not
//! survive is kept in the test's folder and named. `KPRSTAT_FUZZ_SECONDS` (`make fuzz`) is how long
//! each parser is met; without it, each meets the same few hundred inputs every time.

mod parsers;
mod random;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use random::Random;

/// Inputs of a parser in every run of the tests.
const FEW: u64 = 300;
/// An input that takes longer is a finding, where a fuzzer has the machine.
const LONGEST: Duration = Duration::from_secs(20);
/// Most resident memory of the process that meets them all.
const MOST_BYTES: u64 = 2 << 30;

fn seeds(parser: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutations/seeds").join(parser);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{parser} has no seeds");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Keeps an input that was not survived.
fn keep(parser: &str, number: u64, input: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("found-{parser}-{number}"));
    fs::write(&path, input).unwrap();
    path.display().to_string()
}

/// Peak of this process's resident memory, as Linux tells it.
fn resident_peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

/// Lets a parser meet its seeds, and then what becomes of them.
fn meet(parser: &str, parse: fn(&[u8])) {
    let seconds: Option<u64> = std::env::var("KPRSTAT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let (seeds, began) = (seeds(parser), Instant::now());
    let is_enough = |number: u64| match seconds {
        Some(seconds) => began.elapsed() >= Duration::from_secs(seconds),
        None => number >= FEW,
    };
    let mut number = 0;
    while !is_enough(number) {
        let seed = seeds.get(number as usize).cloned();
        let input = seed.unwrap_or_else(|| Random::new(number).change(&seeds));
        let at = Instant::now();
        let survived = catch_unwind(AssertUnwindSafe(|| parse(&input))).is_ok();
        assert!(survived, "{parser} panics: {}", keep(parser, number, &input));
        let is_slow = seconds.is_some() && at.elapsed() > LONGEST;
        assert!(!is_slow, "{parser} takes {:?}: {}", at.elapsed(), keep(parser, number, &input));
        number += 1;
    }
    println!("{parser}: {number} inputs in {:?}, peak {} MiB", began.elapsed(), resident_peak() >> 20);
    assert!(resident_peak() < MOST_BYTES, "{parser}: {} MiB", resident_peak() >> 20);
}

#[test]
fn csv_of_every_dialect() {
    meet("csv", parsers::csv);
}

#[test]
fn parquet_whole_and_damaged() {
    meet("parquet", parsers::parquet);
}

#[test]
fn definitions() {
    meet("definition", parsers::definition);
}

#[test]
fn lists_of_a_definition_and_code_lists() {
    meet("lists", parsers::lists);
}

#[test]
fn a_release_that_is_audited() {
    meet("release", parsers::release);
}

#[test]
fn relations_of_foreign_tables() {
    meet("relations", parsers::relations);
}

#[test]
fn the_ledger() {
    meet("ledger", parsers::ledger);
}
