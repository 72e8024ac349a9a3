//! A small table by hand: what is hidden of it, and what other designs would have.

use super::cells::{Limits, Row, Table};
use super::designs::{Design, Named, all};
use super::words::in_words;
use crate::domain::Language;

/// A year, four municipalities of county 11 and one of county 46, one indicator; two age groups.
fn table() -> Table {
    let mut table = Table { id: "t".into(), measure: "contacts".into(), ..Table::default() };
    // Place, contacts and patients of the young and the old, and why they are hidden.
    let places = [
        ("1101", [(3.0, 3, Some("patients")), (90.0, 40, Some("secondary"))]),
        ("1102", [(4.0, 2, Some("patients")), (6.0, 4, Some("patients"))]),
        ("1103", [(20.0, 9, None), (0.0, 0, None)]),
        ("1104", [(400.0, 80, None), (300.0, 70, None)]),
        ("4601", [(30.0, 12, None), (8.0, 4, Some("patients"))]),
    ];
    for (place, ages) in places {
        let total = (ages[0].0 + ages[1].0, ages[0].1 + ages[1].1, None);
        for (age, (value, patients, reason)) in ["total", "0-5", "6-15"].into_iter().zip([total, ages[0], ages[1]]) {
            let row = Row {
                period_type: table.label("year"),
                period: table.label("2024"),
                level: table.label("municipality"),
                place: table.label(place),
                sex: table.label("total"),
                age: table.label(age),
                rest: table.label("contact"),
                value: Some(value),
                patients,
                reason: reason.map(|reason| table.label(reason)),
            };
            table.rows.push(row);
        }
    }
    table
}

#[test]
fn another_design_is_judged_by_the_cells_that_stay_unsafe() {
    let trade = all(&table(), &Limits { min_patients: 5, pool_volume: 50 });
    // Five places with a total and two groups; unsafe: one of 1101, both of 1102, one of 4601.
    assert_eq!(trade.now, Design { cells: 15, few_patients: 4 });
    // Both groups in one: 43, 6, 9, 150 and 16 patients. The total stands beside them.
    assert_eq!(trade.coarser_ages, Some(Design { cells: 10, few_patients: 0 }));
    assert_eq!(trade.without_sex, None);
    // 1102 (10 contacts), 1103 (20) and 4601 (38) have fewer than 50; 4601 is alone in its county.
    // The pool's groups have 11 and 4 patients: unsafe are one of 1101, one of the pool, one of 4601.
    let (design, named) = trade.pooled.unwrap();
    assert_eq!((design, named), (Design { cells: 12, few_patients: 3 }, Named { named: 3, all: 5 }));
    let fate = &trade.fates[&("municipality".to_string(), "year".to_string())];
    assert_eq!((fate.cells, fate.hidden, fate.by_reason["patients"], fate.by_reason["secondary"]), (15, 5, 4, 1));
}

#[test]
fn a_designer_reads_counts_of_cells_and_no_value() {
    let table = table();
    let trade = all(&table, &Limits { min_patients: 5, pool_volume: 50 });
    let text = in_words(&table, &trade, Language::En);
    assert!(text.starts_with("RESTRICTED"));
    assert!(
        text.contains("municipality year: 5 of 15 hidden (33.3 %): few patients 4, for other cells' sake 1"),
        "{text}"
    );
    assert!(text.contains("two age groups in one: 0 of 10 (0.0 %)"), "{text}");
    assert!(text.contains("pooled in the county (3 / 5 municipalities named): 3 of 12 (25.0 %)"), "{text}");
    assert!(!text.contains("1101") && !text.contains("400"));
    assert!(in_words(&table, &trade, Language::Nb).contains("få pasienter 4"));
}

#[test]
fn a_folder_that_is_not_restricted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = super::trade(folder.path(), "gp-contacts", Language::En).unwrap_err();
    assert!(error.message.contains("expected the restricted folder of a release"), "{error}");
}
