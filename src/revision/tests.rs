//! Two small releases, written by hand, and what changed between them.

use std::fs;
use std::path::Path;

use super::{PeriodState, Revision};
use crate::domain::ExitCode;

const HEADER: &str =
    "period_type,period,geo_level,geo,geo_name,sex,age_group,indicator,measure,value,obs_status,conf_status\n";

/// A release of one table `t` with rows `PERIOD GEO NAME VALUE STATUS` of an indicator's contacts.
fn release(folder: &Path, as_of: &str, rows: &[[&str; 5]], completeness: &[(&str, &str)]) {
    fs::create_dir_all(folder.join("data")).unwrap();
    let manifest = format!(
        r#"{{"release":"r-{as_of}","as_of":"{as_of}","program":"p","tables":[{{"id":"t"}},{{"id":"completeness"}}],
            "inputs":[{{"file":"a.csv","sha256":"1"}},{{"file":"b-{as_of}.csv","sha256":"2"}}]}}"#
    );
    fs::write(folder.join("manifest.json"), manifest).unwrap();
    let level = |geo: &str| ["", "country", "county", "", "municipality"][geo.len()];
    let line = |row: &[&str; 5]| {
        let [period, geo, name, value, status] = row;
        let secret = if *status == "Q" { "C" } else { "F" };
        format!("month,{period},{},{geo},{name},total,total,contact,contacts,{value},{status},{secret}\n", level(geo))
    };
    fs::write(folder.join("data/t.csv"), HEADER.to_string() + &rows.iter().map(line).collect::<String>()).unwrap();
    let line = |(month, share): &(&str, &str)| {
        format!("month,{month},country,0,Hele landet,total,total,completeness,share,{share},P,F\n")
    };
    let text = HEADER.to_string() + &completeness.iter().map(line).collect::<String>();
    fs::write(folder.join("data/completeness.csv"), text).unwrap();
}

fn revision(before: &[[&str; 5]], after: &[[&str; 5]]) -> Revision {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    release(&one, "2024-03-01", before, &[("2024-01", "91")]);
    release(&other, "2024-04-01", after, &[("2024-01", "98"), ("2024-02", "90")]);
    Revision::between(&one, &other).unwrap()
}

#[test]
fn changed_hidden_shown_new_and_final_cells_are_told_apart() {
    let before = [
        ["2024-01", "0", "Hele landet", "100", "P"],
        ["2024-01", "03", "Oslo", "40", "P"],
        ["2024-01", "46", "Vestland", "", "Q"],
        ["2024-01", "50", "Tr", "7", "P"],
    ];
    let after = [
        ["2024-01", "0", "Hele landet", "110", "A"],
        ["2024-01", "03", "Oslo", "40", "A"],
        ["2024-01", "46", "Vestland", "0", "A"],
        ["2024-01", "50", "Tr", "", "Q"],
        ["2024-02", "0", "Hele landet", "90", "P"],
    ];
    let revision = revision(&before, &after);
    let table = &revision.tables[0];
    let january = &table.periods[0];
    assert_eq!((january.state, january.changed(), january.final_now), (PeriodState::Both, 1, 2));
    assert_eq!((january.newly_hidden, january.newly_shown), (1, 1));
    let contacts = &january.measures["contacts"];
    assert_eq!((contacts.shown_in_both, contacts.sum_before, contacts.sum_after), (2, Some(140.0), Some(150.0)));
    assert_eq!(contacts.largest_percent_of_country, Some(10.0));
    assert_eq!((table.periods[1].state, table.periods[1].rows_after), (PeriodState::New, 1));
    assert_eq!(table.already_told, ["2024-01 county 50 contact contacts"]);
    assert_eq!(table.no_longer_hidden, ["2024-01 county 46 contact contacts"]);
    assert_eq!((revision.inputs.same, &revision.inputs.new[..]), (1, &["b-2024-04-01.csv".to_string()][..]));
    let triangle: Vec<_> = revision.completeness.iter().map(|m| (m.before, m.after)).collect();
    assert_eq!(triangle, [(Some(91.0), Some(98.0)), (None, Some(90.0))]);
    let words = revision.in_words();
    for told in ["2024-01  1 cells changed", "country by up to 10 %", "2024-02  new: 1 cells", "already told"] {
        assert!(words.contains(told), "{told}: {words}");
    }
}

#[test]
fn places_that_come_go_and_change_names_are_named() {
    let before = [["2024-01", "1507", "Aalesund", "5", "A"], ["2024-01", "1599", "Gone", "5", "A"]];
    let after = [["2024-01", "1507", "Ålesund", "5", "A"], ["2024-01", "1580", "Haram", "5", "A"]];
    let table = &revision(&before, &after).tables[0];
    assert_eq!(table.places_gone.iter().collect::<Vec<_>>(), ["1599"]);
    assert_eq!(table.places_new.iter().collect::<Vec<_>>(), ["1580"]);
    assert_eq!(table.places_renamed.len(), 1);
    assert_eq!(table.periods[0].changed(), 0, "a new name is no new number");
}

#[test]
fn a_release_beside_itself_is_still() {
    let rows = [["2024-01", "0", "Hele landet", "100", "P"], ["2024-01", "03", "Oslo", "", "Q"]];
    let revision = revision(&rows, &rows);
    assert!(revision.tables[0].periods.iter().all(|period| period.is_still()));
    assert!(revision.in_words().contains("1 periods without a change"));
}

#[test]
fn what_is_no_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Revision::between(folder.path(), folder.path()).unwrap_err();
    assert_eq!(error.code, ExitCode::Input);
    let disordered = [["2024-01", "03", "Oslo", "40", "P"], ["2024-01", "0", "Hele landet", "100", "P"]];
    release(folder.path(), "2024-03-01", &disordered, &[]);
    let error = Revision::between(folder.path(), folder.path()).unwrap_err();
    assert!(error.message.contains("t.csv:3: expected rows in order"), "{}", error.message);
}
