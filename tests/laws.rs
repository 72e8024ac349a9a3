//! Laws: what holds for any delivery, on the program's rooms from load to cells.
//!
//! Small random deliveries (proptest, few cases), and a synthetic country where sums must be large
//! enough to be wrong.

mod engine;
mod random;
mod reference;

use std::collections::BTreeMap;
use std::path::Path;

use engine::Outcome;
use kprstat::aggregate::{Axes, CellCount, Place, Sparse, TableCells};
use kprstat::definition::Table;
use kprstat::domain::{Month, PeriodKind};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngAlgorithm, TestRng};
use random::{AS_OF, Rows};
use reference::{File, Key};

fn few_cases(cases: u32) -> proptest::test_runner::TestRunner {
    let persistence: Option<Box<dyn proptest::test_runner::FailurePersistence>> =
        Some(Box::new(FileFailurePersistence::Off));
    let config =
        ProptestConfig { cases, failure_persistence: persistence, max_shrink_iters: 200, ..Default::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    proptest::test_runner::TestRunner::new_with_rng(config, rng)
}

fn holds<S: Strategy>(cases: u32, strategy: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    if let Err(broken) = few_cases(cases).run(&strategy, law) {
        panic!("{broken}");
    }
}

fn counted(files: &[File], threads: usize) -> Result<Outcome, u8> {
    let folder = tempfile::tempdir().expect("a folder to work in");
    engine::write(&random::delivery(files), folder.path());
    engine::count(folder.path(), AS_OF, threads)
}

/// Contacts, patients, residents, and means with axes as text.
type Layers<'a> = (&'a Sparse<CellCount>, &'a Sparse<CellCount>, &'a [u32], String);

/// All layers of all tables.
fn layers(outcome: &Outcome) -> Vec<Layers<'_>> {
    let layer = |table: &TableCells| (format!("{:?}", table.means), table.axes.clone());
    let tables = outcome.cells.tables.iter();
    tables.map(|t| (&t.contacts, &t.patients, &t.residents[..], format!("{:?}", layer(t)))).collect()
}

#[test]
fn the_program_says_what_the_naive_reference_says() {
    holds(24, random::anything(), |rows| same_as_reference(&rows));
}

fn same_as_reference(rows: &Rows) -> Result<(), TestCaseError> {
    let files = random::files(rows);
    let (outcome, reference) = match (counted(&files, 2), reference::count(&files, AS_OF)) {
        (Ok(outcome), Ok(reference)) => (outcome, reference),
        (found, expected) => {
            prop_assert_eq!(found.map(|_| ()), expected.map(|_| ()), "exit codes");
            return Ok(());
        }
    };
    let mut tallies: BTreeMap<(String, String), BTreeMap<String, u64>> =
        files.iter().map(|file| ((file.source.clone(), file.name.clone()), BTreeMap::new())).collect();
    for ((source, file, _), class) in &reference.classes {
        *tallies.entry((source.clone(), file.clone())).or_default().entry(class.clone()).or_default() += 1;
    }
    prop_assert_eq!(outcome.tallies(), tallies);
    for key in keys(&outcome) {
        let expected = reference.cell(&key);
        let found = outcome.cell(&key);
        prop_assert_eq!(found.as_ref().map(|c| c.value), expected.as_ref().map(|c| c.value), "{:?}", key);
        prop_assert_eq!(found.as_ref().map(|c| c.status), expected.as_ref().map(|c| c.status), "{:?}", key);
        let contributors = expected.and_then(|cell| cell.patients.zip(cell.doctors));
        if let Some(contributors) = contributors {
            prop_assert_eq!(found.map(|cell| (cell.patients, cell.doctors)), Some(contributors), "{:?}", key);
        }
    }
    Ok(())
}

/// Every indicator and measure at some places and periods, with every third combination of labels.
fn keys(outcome: &Outcome) -> Vec<Key> {
    let mut keys = Vec::new();
    for (table, cells) in outcome.pipeline.tables.iter().zip(&outcome.cells.tables) {
        let mut labels: Vec<BTreeMap<String, String>> = vec![BTreeMap::new()];
        for (dimension, all) in table.dimensions.iter().zip(&cells.axes.dimensions) {
            let with = |own: &BTreeMap<String, String>, label: &String| {
                let mut own = own.clone();
                own.insert(dimension.column().into(), label.clone());
                own
            };
            labels = labels.iter().flat_map(|own| all.iter().step_by(3).map(move |label| with(own, label))).collect();
        }
        for period in ["2024-01", "2024-03", "2024-04", "2024-05", "2024-Q1", "2024-T1", "2024"] {
            for (geo, dimensions) in
                ["0", "03", "0301", "4601", "1508", "99"].iter().flat_map(|geo| labels.iter().map(move |l| (geo, l)))
            {
                for indicator in &table.indicators {
                    keys.extend(table.measures.iter().map(|measure| Key {
                        table: table.id.clone(),
                        period: period.into(),
                        geo: geo.to_string(),
                        dimensions: dimensions.clone(),
                        indicator: indicator.id.clone(),
                        measure: measure.name().into(),
                    }));
                }
            }
        }
    }
    keys
}

#[test]
fn threads_and_the_order_in_which_files_are_found_do_not_matter() {
    holds(12, random::anything(), |rows| {
        let files = random::files(&rows);
        let backwards: Vec<File> = files.iter().rev().cloned().collect();
        match (counted(&files, 1), counted(&backwards, 3)) {
            (Ok(one), Ok(other)) => {
                prop_assert!(layers(&one) == layers(&other), "cells differ");
                prop_assert_eq!(one.tallies(), other.tallies());
                prop_assert_eq!(one.rejects(), other.rejects());
            }
            (one, other) => prop_assert_eq!(one.map(|_| ()), other.map(|_| ())),
        }
        Ok(())
    });
}

#[test]
fn shuffled_rows_give_the_same_cells_where_no_rule_uses_their_order() {
    holds(12, random::without_order(), |(rows, shuffled)| {
        match (counted(&random::files(&rows), 2), counted(&random::files(&shuffled), 2)) {
            (Ok(one), Ok(other)) => {
                prop_assert!(values(&one) == values(&other), "cells differ");
                prop_assert_eq!(one.tallies(), other.tallies());
            }
            (one, other) => prop_assert_eq!(one.map(|_| ()), other.map(|_| ())),
        }
        Ok(())
    });
}

/// Values and numbers of contributors (the numbers given to persons may differ).
fn values(outcome: &Outcome) -> Vec<Vec<[u32; 6]>> {
    let plain = |c: &CellCount| [c.value, c.patients, c.doctors, c.top_patient, c.top_doctor, c.second_doctor];
    let tables = outcome.cells.tables.iter();
    tables.map(|table| table.contacts.iter().chain(table.patients.iter()).map(plain).collect()).collect()
}

#[test]
fn the_books_balance_and_sums_are_sums_on_random_deliveries() {
    holds(12, random::anything(), |rows| {
        let files = random::files(&rows);
        if let Ok(outcome) = counted(&files, 2) {
            for file in &files {
                let classes = &outcome.tallies()[&(file.source.clone(), file.name.clone())];
                prop_assert_eq!(classes.values().sum::<u64>(), file.rows.len() as u64, "{}", &file.name);
            }
            prop_assert_eq!(broken_sums(&outcome).into_iter().next(), None);
        }
        Ok(())
    });
}

#[test]
fn sums_are_sums_in_a_synthetic_country() {
    let folder = tempfile::tempdir().expect("a folder to work in");
    synthetic(&folder.path().join("delivery"));
    let outcome = engine::count(&folder.path().join("delivery"), "2024-02-15", 2).expect("a sound delivery");
    let broken = broken_sums(&outcome);
    assert!(broken.is_empty(), "{} sums, the first ones: {:?}", broken.len(), &broken[..broken.len().min(5)]);
    let contacts: u32 = outcome.cells.tables[0].contacts.iter().map(|cell| cell.value).sum();
    assert!(contacts > 10_000, "a country with contacts");
}

fn synthetic(out: &Path) {
    let args = kprstat::synth::SynthArgs {
        persons: 4_000,
        from: Month::new(2023, 1),
        to: Month::new(2023, 12),
        seed: 11,
        format: kprstat::synth::SynthFormat::Csv,
        dirt: kprstat::synth::Dirt::Clean,
        out: out.to_path_buf(),
    };
    kprstat::synth::write_country(&args).expect("a synthetic country");
}

/// What is planted changes no cell, and every planted row is in the class that it was planted for.
#[test]
fn a_messy_country_counts_as_the_clean_one() {
    use kprstat::synth::{Dirt, SynthArgs, SynthFormat, write_country};
    let month = Month::new(2023, 12);
    let made = |format, dirt| {
        let folder = tempfile::tempdir().expect("a folder to work in");
        let out = folder.path().join("delivery");
        let args = SynthArgs { persons: 6_000, from: month, to: month.next(), seed: 3, format, dirt, out };
        let report = write_country(&args).expect("a synthetic country");
        (report.planted, engine::count(&args.out, "2026-06-01", 2).expect("a sound delivery"))
    };
    let (_, clean) = made(SynthFormat::Csv, Dirt::Clean);
    for format in [SynthFormat::Csv, SynthFormat::Parquet] {
        let (planted, messy) = made(format, Dirt::Messy);
        assert!(values(&clean) == values(&messy), "{format:?}");
        let (before, after) = (rows_by_class(&clean), rows_by_class(&messy));
        for (class, rows) in &after {
            let more = rows - before.get(class).copied().unwrap_or(0);
            if let Some((_, expected)) = planted.iter().find(|(kind, _)| names_class(kind, class)) {
                assert_eq!(more, *expected, "{class:?} {format:?}");
            } else {
                assert!(!class.1.starts_with("rejected"), "{class:?} {format:?}: {more} rows that nobody planted");
            }
        }
    }
}

/// Rows by source and class, all files together.
fn rows_by_class(outcome: &Outcome) -> BTreeMap<(String, String), u64> {
    let mut rows = BTreeMap::new();
    for ((source, _), classes) in outcome.tallies() {
        for (class, times) in classes {
            *rows.entry((source.clone(), class)).or_default() += times;
        }
    }
    rows
}

/// Whether a planted kind (`takst:orphan`) is a class of rows (`rejected:orphan` of takst).
fn names_class(kind: &str, (source, class): &(String, String)) -> bool {
    let reason = class.split_once(':').map_or(class.as_str(), |(_, reason)| reason);
    kind.split_once(':') == Some((source.as_str(), reason))
}

/// Country = counties = municipalities; total = its labels in every dimension; quarter, tertial and
/// year = their months; each sum of contact types = its types. Patients add up over place, sex and age.
fn broken_sums(outcome: &Outcome) -> Vec<String> {
    let mut broken = Vec::new();
    for (table, cells) in outcome.pipeline.tables.iter().zip(&outcome.cells.tables) {
        for (layer, name, over_time) in [(&cells.contacts, "contacts", true), (&cells.patients, "patients", false)] {
            if layer.is_empty() {
                continue;
            }
            let value = |codes: &[usize]| u64::from(layer[cells.axes.index(codes)].value);
            for sum in sums(outcome, &cells.axes, over_time) {
                let cells_of_sum = sum.parts.iter().chain([&sum.whole]);
                if !cells_of_sum.into_iter().all(|codes| is_published(table, &cells.axes, codes)) {
                    continue;
                }
                let parts: u64 = sum.parts.iter().map(|codes| value(codes)).sum();
                if value(&sum.whole) != parts {
                    broken.push(format!("{} {name} {}: {:?}", table.id, sum.over, sum.whole));
                }
            }
        }
    }
    broken
}

/// Municipalities may have their dimensions in full for some kinds of period only.
fn is_published(table: &Table, axes: &Axes, codes: &[usize]) -> bool {
    let municipality = matches!(axes.places[codes[0]], Place::Municipality(_));
    let is_total = codes[2..codes.len() - 1].iter().all(|&code| code == 0);
    !municipality || is_total || table.municipality_detail.contains(&axes.periods[codes[1]].kind)
}

/// A cell and the cells that make it, as positions on the axes.
struct Sum {
    over: &'static str,
    whole: Vec<usize>,
    parts: Vec<Vec<usize>>,
}

fn sums(outcome: &Outcome, axes: &Axes, over_time: bool) -> Vec<Sum> {
    let shape = axes.shape();
    let mut sums = Vec::new();
    for flat in 0..axes.len() {
        let at = position(flat, &shape);
        let with = |axis: usize, code: usize| {
            let mut at = at.clone();
            at[axis] = code;
            at
        };
        let all = |axis: usize, codes: Vec<usize>| codes.into_iter().map(|code| with(axis, code)).collect::<Vec<_>>();
        let place = axes.places[at[0]];
        if place == Place::Country {
            let counties = of_places(axes, |place| matches!(place, Place::County(_)));
            sums.push(Sum { over: "counties", whole: at.clone(), parts: all(0, counties) });
        }
        if let Place::County(county) = place {
            let own = of_places(axes, |place| match place {
                Place::Municipality(index) => outcome.geography.municipalities[usize::from(index)].county == county,
                _ => false,
            });
            sums.push(Sum { over: "municipalities", whole: at.clone(), parts: all(0, own) });
        }
        let period = axes.periods[at[1]];
        let months: Vec<usize> = (0..axes.periods.len())
            .filter(|&other| {
                axes.periods[other].kind == PeriodKind::Month && period.contains(axes.periods[other].first)
            })
            .collect();
        if over_time && period.kind != PeriodKind::Month && months.len() as i32 == period.kind.months() {
            sums.push(Sum { over: "months", whole: at.clone(), parts: all(1, months) });
        }
        for (dimension, labels) in axes.dimensions.iter().enumerate().filter(|(d, _)| at[2 + d] == 0) {
            // Hours have no total.
            if labels.len() != 25 {
                let parts = all(2 + dimension, (1..labels.len()).collect());
                sums.push(Sum { over: "labels", whole: at.clone(), parts });
            }
        }
    }
    sums
}

fn of_places(axes: &Axes, wanted: impl Fn(Place) -> bool) -> Vec<usize> {
    (0..axes.places.len()).filter(|&at| wanted(axes.places[at])).collect()
}

fn position(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        at[axis] = flat % shape[axis];
        flat /= shape[axis];
    }
    at
}
