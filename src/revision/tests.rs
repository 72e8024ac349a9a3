//! Two small releases, written by hand, and what changed between them.

use std::fs;
use std::path::Path;

use super::{PeriodState, Revision, Series};
use crate::domain::{ExitCode, Language};

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

/// Three releases: January 100, 110 and 110, final in the last; February 90 and 99. Oslo is hidden
/// in the second.
fn series(folder: &Path) -> Series {
    let january = |country, oslo, status, hidden| {
        [["2024-01", "0", "Hele landet", country, status], ["2024-01", "03", "Oslo", oslo, hidden]]
    };
    let february = |country| ["2024-02", "0", "Hele landet", country, "P"];
    let releases = folder.join("releases");
    release(&releases.join("a"), "2024-03-01", &january("100", "40", "P", "P"), &[("2024-01", "91")]);
    let second = [&january("110", "", "P", "Q")[..], &[february("90")]].concat();
    release(&releases.join("c"), "2024-04-01", &second, &[("2024-01", "98"), ("2024-02", "90")]);
    let third = [&january("110", "41", "A", "A")[..], &[february("99")]].concat();
    release(&releases.join("b"), "2024-08-15", &third, &[("2024-02", "97")]);
    fs::write(folder.join("withdrawn.json"), r#"{"withdrawn":["r-2024-04-01"]}"#).unwrap();
    Series::read(folder, None).unwrap()
}

#[test]
fn a_series_has_the_triangle_of_completeness_by_release() {
    let folder = tempfile::tempdir().unwrap();
    let series = series(folder.path());
    let days: Vec<(&str, bool)> = series.releases.iter().map(|of| (of.side.as_of.as_str(), of.withdrawn)).collect();
    assert_eq!(days, [("2024-03-01", false), ("2024-04-01", true), ("2024-08-15", false)]);
    let triangle: Vec<_> = series.completeness.iter().map(|row| (row.month.as_str(), &row.percent[..])).collect();
    assert_eq!(triangle[0], ("2024-01", &[Some(91.0), Some(98.0), None][..]));
    assert_eq!(triangle[1], ("2024-02", &[None, Some(90.0), Some(97.0)][..]));
}

#[test]
fn a_series_says_what_was_provisional_where_and_how_far_it_moved() {
    let folder = tempfile::tempdir().unwrap();
    let series = series(folder.path());
    let [january, february] = &series.tables[0].periods[..] else { panic!("two periods") };
    let states = |of: &super::PeriodVintages| -> Vec<Option<bool>> {
        of.vintages.iter().map(|vintage| vintage.as_ref().map(|vintage| vintage.provisional)).collect()
    };
    assert_eq!(states(january), [Some(true), Some(true), Some(false)]);
    assert_eq!(states(february), [None, Some(true), Some(true)]);
    let moved =
        |of: &super::PeriodVintages, release: usize| of.vintages[release].as_ref().unwrap().moved["contacts"].clone();
    // Oslo, hidden in the second, is in no sum: 100 to 110 is the country alone.
    let second = moved(january, 1);
    assert_eq!((second.shown_in_both, second.sum_before, second.sum_after), (1, Some(100.0), Some(110.0)));
    assert_eq!((moved(january, 2).shown_in_both, moved(january, 2).changed), (1, 0));
    assert_eq!(moved(february, 2).largest_percent_of_country, Some(10.0));
    let figures: Vec<_> = series.tables[0].country.iter().map(|of| (&of.values[..], of.moved_percent)).collect();
    assert_eq!(figures[0], (&[Some(100.0), Some(110.0), Some(110.0)][..], Some(10.0)));
    assert_eq!(figures[1], (&[None, Some(90.0), Some(99.0)][..], Some(10.0)));
    let (nb, en) = (series.in_words(Language::Nb), series.in_words(Language::En));
    assert!(nb.contains("trukket tilbake") && nb.contains("P 10 %") && nb.contains("skjulte celler"), "{nb}");
    assert!(en.contains("100 -> 110 (+10 %)") && en.contains("withdrawn"), "{en}");
}

#[test]
fn a_folder_without_releases_is_no_series() {
    let folder = tempfile::tempdir().unwrap();
    let error = Series::read(folder.path(), None).unwrap_err();
    assert_eq!((error.code, error.message.contains("no release is there")), (ExitCode::Input, true));
    series(folder.path());
    assert_eq!(Series::read(folder.path(), Some("other")).unwrap_err().code, ExitCode::Usage);
}
