//! The specification as scenarios (tests/spec/*.md), run on the naive reference and on the program.
//!
//! Expected values are worked out by hand from the text; both engines are held against them.

mod engine;
mod joined;
mod reference;
mod scenarios;

use std::collections::BTreeMap;

use engine::Outcome;
use reference::Reference;
use scenarios::{Expected, ExpectedCell, Scenario};

/// Differences between what a scenario expects and what the reference says.
fn differences_from_reference(scenario: &Scenario) -> Vec<String> {
    match (reference::count(&scenario.files, &scenario.as_of), scenario.expected_stop) {
        (Err(code), Some(expected)) if code == expected => Vec::new(),
        (Err(code), expected) => vec![format!("stopped with {code}, expected {expected:?}")],
        (Ok(_), Some(code)) => vec![format!("ran, expected to stop with {code}")],
        (Ok(counted), None) => {
            let cells = scenario.expected_cells.iter().filter_map(|cell| cell_difference(&counted, cell));
            cells.chain(class_differences(&counted, scenario)).collect()
        }
    }
}

/// A cell as found: value, status, numbers of contributors.
type Found = (Expected, String, Option<usize>, Option<usize>);

fn cell_difference(counted: &Reference, expected: &ExpectedCell) -> Option<String> {
    let found = counted.cell(&expected.key).map(|cell| {
        let value = cell.value.map_or(Expected::Undefined, Expected::Value);
        (value, cell.status.to_string(), cell.patients, cell.doctors)
    });
    difference(expected, found)
}

fn difference(expected: &ExpectedCell, found: Option<Found>) -> Option<String> {
    let (value, status, patients, doctors) = found.unwrap_or((Expected::Absent, String::new(), None, None));
    let same = value == expected.value
        && (expected.status.is_empty() || expected.status == status)
        && (expected.patients.is_none() || expected.patients == patients)
        && (expected.doctors.is_none() || expected.doctors == doctors);
    let text = || format!("{expected:?}: found {value:?}, {status}, {patients:?} patients, {doctors:?} doctors");
    if same { None } else { Some(text()) }
}

fn class_differences(counted: &Reference, scenario: &Scenario) -> Vec<String> {
    let difference = |(source, file, row, expected): &(String, String, usize, String)| {
        let found = counted.classes.get(&(source.clone(), file.clone(), *row));
        let same = found == Some(expected);
        if same { None } else { Some(format!("{file} row {}: expected {expected}, found {found:?}", row + 1)) }
    };
    scenario.expected_classes.iter().filter_map(difference).collect()
}

/// Differences between what a scenario expects and what the program says, with so many threads.
/// Rows that the scenario does not speak of are held against the reference, file by file.
fn differences_from_engine(scenario: &Scenario, threads: usize) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder to work in");
    engine::write(&scenario.delivery, folder.path());
    match (engine::count(folder.path(), &scenario.as_of, threads), scenario.expected_stop) {
        (Err(code), Some(expected)) if code == expected => Vec::new(),
        (Err(code), expected) => vec![format!("stopped with {code}, expected {expected:?}")],
        (Ok(_), Some(code)) => vec![format!("ran, expected to stop with {code}")],
        (Ok(outcome), None) => {
            let cells = scenario.expected_cells.iter().filter_map(|expected| {
                let found = outcome.cell(&expected.key).map(|cell| {
                    let value = cell.value.map_or(Expected::Undefined, Expected::Value);
                    (value, cell.status.to_string(), Some(cell.patients), Some(cell.doctors))
                });
                difference(expected, found)
            });
            cells.chain(row_differences(&outcome, scenario)).collect()
        }
    }
}

fn row_differences(outcome: &Outcome, scenario: &Scenario) -> Vec<String> {
    let reference = reference::count(&scenario.files, &scenario.as_of).expect("held against it in another test");
    let mut tallies: BTreeMap<(String, String), BTreeMap<String, u64>> = BTreeMap::new();
    for file in &scenario.files {
        tallies.insert((file.source.clone(), file.name.clone()), BTreeMap::new());
    }
    for ((source, file, _), class) in &reference.classes {
        *tallies.entry((source.clone(), file.clone())).or_default().entry(class.clone()).or_default() += 1;
    }
    let rejects: BTreeMap<_, _> =
        reference.classes.clone().into_iter().filter(|(_, class)| class.starts_with("rejected")).collect();
    let mut differences = Vec::new();
    if outcome.tallies() != tallies {
        differences.push(format!("rows by class: expected {tallies:?}, found {:?}", outcome.tallies()));
    }
    if outcome.rejects() != rejects {
        differences.push(format!("rejects: expected {rejects:?}, found {:?}", outcome.rejects()));
    }
    differences
}

/// Differences between what a scenario of joined registers expects and what the program says.
fn differences_of_registers(scenario: &Scenario, threads: usize) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder to work in");
    engine::write(&scenario.delivery, folder.path());
    let tables = scenario.expected_cells.iter().map(|cell| cell.key.table.as_str()).collect();
    match (joined::count(folder.path(), &scenario.as_of, threads, &tables), scenario.expected_stop) {
        (Err(code), Some(expected)) if code == expected => Vec::new(),
        (Err(code), expected) => vec![format!("stopped with {code}, expected {expected:?}")],
        (Ok(_), Some(code)) => vec![format!("ran, expected to stop with {code}")],
        (Ok(found), None) => {
            let cells =
                scenario.expected_cells.iter().filter_map(|expected| difference(expected, found.cell(&expected.key)));
            let classes = scenario.expected_classes.iter().filter_map(|class| found.class_difference(class));
            cells.chain(classes).collect()
        }
    }
}

#[test]
fn scenarios_of_registers_on_the_program() {
    for threads in [1, 4] {
        let scenarios = scenarios::of_registers();
        run_those(&format!("the program, {threads} threads"), &scenarios, |of| differences_of_registers(of, threads));
    }
}

fn run_all(engine: &str, differences: impl Fn(&Scenario) -> Vec<String>) {
    run_those(engine, &scenarios::all(), differences);
}

fn run_those(engine: &str, scenarios: &[Scenario], differences: impl Fn(&Scenario) -> Vec<String>) {
    let mut failures = Vec::new();
    for scenario in scenarios {
        failures.extend(differences(scenario).into_iter().map(|text| format!("{}\n    {text}", scenario.name)));
    }
    assert!(failures.is_empty(), "{engine}, {} scenarios:\n{}", scenarios.len(), failures.join("\n"));
}

#[test]
fn scenarios_on_the_naive_reference() {
    run_all("the reference", differences_from_reference);
}

#[test]
fn scenarios_on_the_program_with_one_thread() {
    run_all("the program, one thread", |scenario| differences_from_engine(scenario, 1));
}

#[test]
fn scenarios_on_the_program_with_several_threads() {
    run_all("the program, four threads", |scenario| differences_from_engine(scenario, 4));
}

/// The scenarios as folders, which the differential test computes too (tests/differential/scenarios.py).
#[test]
fn scenarios_are_handed_to_the_independent_computation() {
    hand_over("target/scenarios", &scenarios::all());
    hand_over("target/scenarios-of-registers", &scenarios::of_registers());
}

fn hand_over(folder: &str, scenarios: &[Scenario]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let _ = std::fs::remove_dir_all(&folder);
    for (number, scenario) in scenarios.iter().enumerate().filter(|(_, s)| s.expected_stop.is_none()) {
        let own = folder.join(format!("{number:03}"));
        std::fs::create_dir_all(own.join("delivery")).expect("a folder under target/");
        for (name, bytes) in &scenario.delivery {
            std::fs::write(own.join("delivery").join(name), bytes).expect("a file under target/");
        }
        let expected = serde_json::to_string_pretty(&as_json(scenario)).expect("plain JSON");
        std::fs::write(own.join("expected.json"), expected).expect("a file under target/");
    }
}

fn as_json(scenario: &Scenario) -> serde_json::Value {
    let cell = |cell: &ExpectedCell| {
        let value = match cell.value {
            Expected::Absent => serde_json::json!("absent"),
            Expected::Undefined => serde_json::Value::Null,
            Expected::Value(value) => serde_json::json!(value),
        };
        let key = &cell.key;
        serde_json::json!({
            "table": key.table, "period": key.period, "geo": key.geo, "dimensions": key.dimensions,
            "indicator": key.indicator, "measure": key.measure, "value": value, "status": cell.status,
            "n_patients": cell.patients, "n_doctors": cell.doctors,
        })
    };
    serde_json::json!({
        "name": scenario.name,
        "as_of": scenario.as_of,
        "cells": scenario.expected_cells.iter().map(cell).collect::<Vec<_>>(),
        "rows": scenario.expected_classes,
    })
}
