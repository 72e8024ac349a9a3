//! What codes say on which days.

use super::*;
use crate::codes::normalise_takst;
use crate::domain::days_from_civil;

fn day(year: i32, month: u32, day: u32) -> i32 {
    days_from_civil(year, month, day)
}

fn said(code: &str, day: i32) -> (String, Vec<String>) {
    let pipeline = shipped();
    let index = TakstIndex::new(&pipeline.contact_types, &pipeline.features);
    let (of_type, features) = index.look_up(&normalise_takst(code), day);
    let of_type = of_type.map(|at| pipeline.contact_types.types[usize::from(at)].id.clone()).unwrap_or_default();
    let ids = pipeline.features.ids.iter().enumerate();
    (of_type, ids.filter(|(bit, _)| features >> bit & 1 == 1).map(|(_, id)| id.clone()).collect())
}

fn of_type(code: &str, day: i32) -> String {
    said(code, day).0
}

#[test]
fn codes_say_types_and_features() {
    let then = day(2024, 3, 4);
    assert_eq!(said("2AD", then), ("physical-consultation".into(), vec![]));
    assert_eq!(said("615", then), ("physical-consultation".into(), vec!["talk-therapy".into()]));
    assert_eq!(said("2cd", then), (String::new(), vec!["time-supplement".into()]));
    assert_eq!(said("14", then), ("meeting".into(), vec!["interdisciplinary-meeting".into()]));
    assert_eq!(said("74b", then), ("physical-consultation".into(), vec![]));
    assert_eq!(said("999", then), (String::new(), vec![]));
}

#[test]
fn codes_hold_from_their_first_day_to_their_last() {
    assert_eq!(of_type("2aef", day(2021, 6, 30)), "");
    assert_eq!(of_type("2aef", day(2021, 7, 1)), "e-consultation");
    assert_eq!(of_type("1be", day(2022, 6, 30)), "simple-remote");
    assert_eq!(of_type("1be", day(2022, 7, 1)), "");
    // Two periods with a gap between them.
    let of_2af = [(2020, 3, 31), (2020, 4, 1), (2021, 6, 30), (2021, 7, 1), (2021, 11, 30), (2021, 12, 1)]
        .map(|(y, m, d)| !of_type("2af", day(y, m, d)).is_empty());
    assert_eq!(of_2af, [false, true, true, false, false, true]);
}

#[test]
fn any_l_code_not_listed_by_itself_is_administrative() {
    let then = day(2024, 3, 4);
    assert_eq!(said("L1", then), ("administrative".into(), vec!["sick-note".into()]));
    assert_eq!(of_type("L40 b", then), "administrative");
    assert_eq!(of_type("l36", then), "dialogue-meeting");
    for other in ["l", "la1", "xl1", "l*"] {
        assert_eq!(of_type(other, then), "", "{other}");
    }
    assert_eq!(of_type("l1", day(2005, 12, 31)), "");
}

#[test]
fn a_listed_l_code_out_of_its_dates_is_not_any_l_code() {
    let csv = super::super::shipped::list("lists/contact-types/kprstat.csv").unwrap();
    let csv = csv.replace("l36d,dialogue-meeting,2006-01-01,,", "l36d,dialogue-meeting,2006-01-01,2020-12-31,");
    let pipeline = varied(&[], &[("lists/contact-types/kprstat.csv", &csv)]).unwrap();
    let index = TakstIndex::new(&pipeline.contact_types, &pipeline.features);
    assert_eq!(index.look_up("l36d", day(2020, 12, 31)).0, Some(4));
    assert_eq!(index.look_up("l36d", day(2021, 1, 1)).0, None);
    assert_eq!(index.look_up("l36e", day(2021, 1, 1)).0, Some(14));
}

#[test]
fn between_two_epochs_nothing_changes() {
    let pipeline = shipped();
    let index = TakstIndex::new(&pipeline.contact_types, &pipeline.features);
    let changes = [
        (2006, 1, 1),
        (2013, 1, 1),
        (2018, 1, 1),
        (2018, 4, 1),
        (2020, 4, 1),
        (2021, 7, 1),
        (2021, 12, 1),
        (2022, 7, 1),
    ];
    assert_eq!(index.epochs(), changes.map(|(y, m, d)| day(y, m, d)));
    assert_eq!(index.epoch_of(day(2005, 12, 31)), 0);
    assert_eq!(index.epoch_of(day(2006, 1, 1)), 1);
    assert_eq!(index.epoch_of(day(2022, 6, 30)), 7);
    assert_eq!(index.epoch_of(day(2022, 7, 1)), 8);
}
