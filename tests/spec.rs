//! The specification as scenarios (tests/spec/*.md), run on the naive reference and on the program.
//!
//! Expected values are worked out by hand from the text; both engines are held against them.

mod reference;
mod scenarios;

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

fn cell_difference(counted: &Reference, expected: &ExpectedCell) -> Option<String> {
    let found = counted.cell(&expected.key);
    let value = found.as_ref().map_or(Expected::Absent, |cell| cell.value.map_or(Expected::Undefined, Expected::Value));
    let status = found.as_ref().map_or(String::new(), |cell| cell.status.to_string());
    let patients = found.as_ref().and_then(|cell| cell.patients);
    let doctors = found.as_ref().and_then(|cell| cell.doctors);
    let same = value == expected.value
        && (expected.status.is_empty() || expected.status == status)
        && (expected.patients.is_none() || expected.patients == patients)
        && (expected.doctors.is_none() || expected.doctors == doctors);
    let difference = || format!("{:?}: expected {expected:?}, found {found:?}", expected.key);
    if same { None } else { Some(difference()) }
}

fn class_differences(counted: &Reference, scenario: &Scenario) -> Vec<String> {
    let difference = |(source, file, row, expected): &(String, String, usize, String)| {
        let found = counted.classes.get(&(source.clone(), file.clone(), *row));
        let same = found == Some(expected);
        if same { None } else { Some(format!("{file} row {}: expected {expected}, found {found:?}", row + 1)) }
    };
    scenario.expected_classes.iter().filter_map(difference).collect()
}

fn run_all(engine: &str, differences: impl Fn(&Scenario) -> Vec<String>) {
    let mut failures = Vec::new();
    let scenarios = scenarios::all();
    for scenario in &scenarios {
        failures.extend(differences(scenario).into_iter().map(|text| format!("{}\n    {text}", scenario.name)));
    }
    assert!(failures.is_empty(), "{engine}, {} scenarios:\n{}", scenarios.len(), failures.join("\n"));
}

#[test]
fn scenarios_on_the_naive_reference() {
    run_all("the reference", differences_from_reference);
}
