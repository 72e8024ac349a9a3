//! Small parts resolved by hand.

use polars::prelude::*;

use super::bills::{AVVIST, GODKJENT, seq};
use super::lines::main_diagnosis;
use super::resolve::*;
use crate::domain::{OutOfScope, RejectReason, RowClass};

/// (bill, file, row, registered, status, credits, practice type)
type Bill = (i64, u16, u32, i32, u8, Option<i64>, u8);

fn bills(rows: &[Bill]) -> DataFrame {
    let n = rows.len();
    df!(
        "bill" => rows.iter().map(|r| r.0).collect::<Vec<_>>(),
        "seq" => rows.iter().map(|r| seq(r.1, r.2)).collect::<Vec<_>>(),
        "registered" => rows.iter().map(|r| r.3).collect::<Vec<_>>(),
        "status" => rows.iter().map(|r| r.4).collect::<Vec<_>>(),
        "credits" => rows.iter().map(|r| r.5).collect::<Vec<_>>(),
        "practice_type" => rows.iter().map(|r| r.6).collect::<Vec<_>>(),
        "person" => (0..n as i64).collect::<Vec<_>>(),
        "doctor" => vec![1i64; n],
        "residence" => vec![0u16; n],
        "practice" => vec![0u16; n],
        "start" => vec![0i64; n],
        "sex" => vec![0u8; n],
        "born" => vec![1980i32; n],
    )
    .unwrap()
}

/// (bill, file, first, rows, content)
fn runs(rows: &[(i64, u16, u32, u32, u32)]) -> DataFrame {
    df!(
        "bill" => rows.iter().map(|r| r.0).collect::<Vec<_>>(),
        "file" => rows.iter().map(|r| r.1).collect::<Vec<_>>(),
        "first" => rows.iter().map(|r| r.2).collect::<Vec<_>>(),
        "rows" => rows.iter().map(|r| r.3).collect::<Vec<_>>(),
        "content" => rows.iter().map(|r| r.4).collect::<Vec<_>>(),
    )
    .unwrap()
}

fn part(rows: &[Bill]) -> Part {
    let credited = credited(bills(rows)).unwrap();
    Part { bills: bills(rows), takst: runs(&[]), diagnose: runs(&[]), left_out: vec![], credited, since: None }
}

fn run(part: Part) -> Resolved {
    resolve(part, |a, b| a | b, main_diagnosis).unwrap()
}

/// Rows by class over all files.
fn total(classes: &[Classed], class: RowClass) -> u64 {
    classes.iter().filter(|classed| classed.class == class).map(|classed| classed.rows).sum()
}

/// Numbers of the counted bills with their contents.
fn contacts(resolved: &Resolved) -> Vec<(i64, Option<u32>, Option<u32>)> {
    let bills = resolved.bills.column("bill").unwrap().i64().unwrap().iter().flatten();
    let contents = resolved.takst_contents.iter().zip(&resolved.diagnose_contents).zip(&resolved.is_counted);
    let all = bills.zip(contents).filter(|(_, (_, counted))| **counted);
    let mut contacts: Vec<_> = all.map(|(bill, ((takst, diagnose), _))| (bill, *takst, *diagnose)).collect();
    contacts.sort();
    contacts
}

fn counted(resolved: &Resolved) -> Vec<i64> {
    contacts(resolved).into_iter().map(|contact| contact.0).collect()
}

#[test]
fn the_latest_registration_counts_then_the_later_file_then_the_later_row() {
    let resolved = run(part(&[
        (7, 0, 0, 10, GODKJENT, None, 0),
        (7, 1, 0, 12, AVVIST, None, 0),
        (7, 2, 0, 11, GODKJENT, None, 0),
        (8, 0, 1, 10, AVVIST, None, 0),
        (8, 0, 5, 10, GODKJENT, None, 0),
        (9, 0, 9, 10, AVVIST, None, 0),
        (9, 1, 0, 10, GODKJENT, None, 0),
    ]));
    assert_eq!(counted(&resolved), [8, 9]);
    assert_eq!(total(&resolved.regning, RowClass::Superseded), 4);
    assert_eq!(total(&resolved.regning, RowClass::OutOfScope(OutOfScope::StatusAvvist)), 1);
    let first_file: u64 = resolved.regning.iter().filter(|classed| classed.file == 0).map(|classed| classed.rows).sum();
    assert_eq!(first_file, 4);
}

#[test]
fn a_credit_cancels_only_while_its_counting_version_is_approved() {
    let resolved = run(part(&[
        (1, 0, 0, 1, GODKJENT, None, 0),
        (2, 0, 1, 2, GODKJENT, Some(1), 0),
        (3, 0, 2, 1, GODKJENT, None, 0),
        (4, 0, 3, 2, GODKJENT, Some(3), 0),
        (4, 0, 4, 3, AVVIST, Some(3), 0),
        (5, 0, 5, 2, GODKJENT, Some(2), 255),
    ]));
    assert_eq!(counted(&resolved), [3], "crediting a credit restores nothing; an avvist credit cancels nothing");
    assert_eq!(total(&resolved.regning, RowClass::Cancelled), 1);
    assert_eq!(total(&resolved.regning, RowClass::OutOfScope(OutOfScope::Crediting)), 2);
    assert_eq!(total(&resolved.regning, RowClass::OutOfScope(OutOfScope::StatusAvvist)), 1);
}

#[test]
fn classes_are_tested_in_order() {
    let resolved = run(part(&[(1, 0, 0, 1, AVVIST, Some(9), 255), (2, 0, 1, 1, GODKJENT, None, 255)]));
    assert_eq!(total(&resolved.regning, RowClass::OutOfScope(OutOfScope::StatusAvvist)), 1);
    assert_eq!(total(&resolved.regning, RowClass::OutOfScope(OutOfScope::PracticeType)), 1);
}

#[test]
fn lines_come_from_the_last_file_that_has_any() {
    let mut part = part(&[(1, 0, 0, 1, GODKJENT, None, 0), (2, 0, 1, 1, AVVIST, None, 0)]);
    part.takst = runs(&[
        (1, 0, 0, 2, 0b1),
        (1, 1, 0, 1, 0b10),
        (1, 1, 9, 3, 0b100),
        (2, 0, 2, 4, 0b1),
        (3, 0, 6, 5, 0b1),
        (4, 0, 11, 6, 0b1),
    ]);
    part.left_out = vec![4];
    let resolved = run(part);
    assert_eq!(contacts(&resolved), [(1, Some(0b110), None)]);
    let classes = &resolved.takst.classes;
    assert_eq!(total(classes, RowClass::Superseded), 2);
    assert_eq!(total(classes, RowClass::Counted), 4);
    assert_eq!(
        total(classes, RowClass::OutOfScope(OutOfScope::BillNotCounted)),
        4 + 6,
        "bill 4 is known, though left out"
    );
    assert_eq!(total(classes, RowClass::Rejected(RejectReason::Orphan)), 5);
    assert_eq!(resolved.takst.orphans, [(0, 6, 5)]);
}

#[test]
fn diagnoses_of_several_runs_are_folded_in_order_of_their_rows() {
    let main = 1 << 8;
    let mut part = part(&[(1, 0, 0, 1, GODKJENT, None, 0), (2, 0, 1, 1, GODKJENT, None, 0)]);
    part.diagnose =
        runs(&[(1, 0, 8, 1, 5 | main), (1, 0, 0, 1, 3), (1, 0, 4, 1, 4 | main), (2, 0, 9, 1, 7), (2, 0, 2, 1, 6)]);
    let resolved = run(part);
    assert_eq!(contacts(&resolved), [(1, None, Some(4 | main)), (2, None, Some(6))]);
}

#[test]
fn contacts_before_since_are_out_of_scope() {
    let mut part = part(&[(1, 0, 0, 1, GODKJENT, None, 0)]);
    part.since = Some(1);
    assert_eq!(total(&run(part).regning, RowClass::OutOfScope(OutOfScope::BeforeSince)), 1);
}
