//! Deliveries of made-up counts, and what the gates say of them.

use std::collections::BTreeMap;

use super::{Facts, Outcome, Verdict, judge};
use crate::aggregate::MonthCompleteness;
use crate::codes::Geography;
use crate::contacts::{ContactPart, Contacts, Volumes};
use crate::definition::{GateId, Gates, Pipeline};
use crate::domain::{FileTally, Month, RejectReason, RowClass, SourceTally};
use crate::load::{InputFile, Scanned, Stamp};

/// Position of FALE, a practice type of gp, in the list.
const FALE: u8 = 0;

/// Contacts of practice type FALE in the municipality at 0: so many a month, from 2024-01 on.
fn volumes(monthly: &[u64]) -> Volumes {
    let first = Month::new(2024, 1);
    let mut part = ContactPart::default();
    for (at, count) in monthly.iter().enumerate() {
        for _ in 0..*count {
            part.person.push(1);
            part.start.push(i64::from(first.plus(at as i32).first_day()) * 86_400);
            part.practice_type.push(FALE);
            part.residence.push(0);
            part.practice.push(0);
        }
    }
    let months = Some((first, first.plus(monthly.len() as i32 - 1)));
    Volumes::of(&Contacts { parts: vec![part], months, ..Contacts::default() }, 8, 400)
}

fn scanned(counted: u64, rejected: u64) -> Scanned {
    let mut tally = FileTally { rows: counted + rejected, ..FileTally::default() };
    tally.add(RowClass::Counted, counted);
    tally.add(RowClass::Rejected(RejectReason::BadDate), rejected);
    let file = InputFile {
        path: "x".into(),
        name: "regning-1.csv".into(),
        bytes: 1,
        sha256: String::new(),
        stamp: Stamp::default(),
    };
    Scanned { files: vec![file], tally: SourceTally { files: vec![tally] }, ..Scanned::default() }
}

/// What is judged: a delivery that is as expected, but for what a test changes.
struct Case {
    pipeline: Pipeline,
    volumes: Volumes,
    rows: Scanned,
    unknown: u64,
    completeness: Vec<MonthCompleteness>,
    accepted: Vec<GateId>,
}

impl Case {
    fn of(monthly: &[u64]) -> Case {
        let pipeline = Pipeline::shipped("gp-activity").unwrap();
        let (rows, volumes) = (scanned(10_000, 0), volumes(monthly));
        Case { pipeline, volumes, rows, unknown: 0, completeness: Vec::new(), accepted: Vec::new() }
    }
    /// Judged a month after the last.
    fn judge(&self, gate: GateId) -> Outcome {
        let (_, last) = self.volumes.months.unwrap();
        let facts = Facts {
            pipeline: &self.pipeline,
            geography: &Geography::load("recode-2024").unwrap(),
            sources: &BTreeMap::from([("regning".to_string(), self.rows.clone())]),
            unknown: &BTreeMap::from([(("regning".to_string(), "kommunenr".to_string()), self.unknown)]),
            volumes: &self.volumes,
            completeness: &self.completeness,
            as_of: last.last_day() + 30,
        };
        let outcomes = judge(&facts, &self.accepted);
        assert_eq!(outcomes.len(), GateId::ALL.len(), "every gate says something");
        outcomes.into_iter().find(|outcome| outcome.gate == gate).unwrap()
    }
    fn verdict(&self, gate: GateId) -> Verdict {
        self.judge(gate).verdict
    }
}

/// A definition with limits of its own.
fn with_gates(text: &str) -> Pipeline {
    let folder = tempfile::tempdir().unwrap();
    let shipped = std::fs::read_to_string("pipelines/gp-activity.toml").unwrap();
    let path = folder.path().join("gp-activity.toml");
    std::fs::write(&path, shipped.replacen("[[source]]", &format!("{text}\n[[source]]"), 1)).unwrap();
    Pipeline::read(&path).unwrap()
}

#[test]
fn a_file_passes_the_limit_with_ten_rejects_and_more_than_the_share() {
    let mut case = Case::of(&[0]);
    for (counted, rejected, expected) in
        [(91, 9, Verdict::Passed), (990, 10, Verdict::Passed), (989, 10, Verdict::Stopped)]
    {
        case.rows = scanned(counted, rejected);
        assert_eq!(case.verdict(GateId::RejectedRows), expected, "{rejected} of {}", counted + rejected);
    }
    assert!(case.judge(GateId::RejectedRows).in_words().contains("regning-1.csv (1.0 %)"));
    case.accepted = vec![GateId::RejectedRows];
    assert_eq!(case.verdict(GateId::RejectedRows), Verdict::Accepted);
}

#[test]
fn by_default_a_month_unlike_those_before_is_noted_and_stops_nothing() {
    let case = Case::of(&[1_000, 1_000, 1_000, 1_290]);
    assert_eq!(case.verdict(GateId::MonthBefore), Verdict::Passed);
    let half = Case::of(&[1_000, 1_000, 1_000, 500]).judge(GateId::MonthBefore);
    assert_eq!((half.verdict, half.value, &half.at[..]), (Verdict::Noted, Some(0.5), &["2024-04 gp".to_string()][..]));
    assert_eq!(Case::of(&[900, 900, 900, 1]).verdict(GateId::MonthBefore), Verdict::NotJudged, "small numbers move");
    assert_eq!(Case::of(&[1_000]).verdict(GateId::MonthBefore), Verdict::NotJudged, "nothing stands before");
}

#[test]
fn a_definition_can_let_a_gate_stop() {
    let mut case = Case::of(&[1_000, 1_000, 1_000, 500]);
    case.pipeline = with_gates("[gates.month-before]\nstop = 0.4");
    assert_eq!(case.verdict(GateId::MonthBefore), Verdict::Stopped);
    case.accepted = vec![GateId::MonthBefore];
    assert_eq!(case.verdict(GateId::MonthBefore), Verdict::Accepted);
    case.pipeline = with_gates("[gates.month-before]\nnote = 0.5\nstop = 0.6");
    assert_eq!(case.verdict(GateId::MonthBefore), Verdict::Passed);
}

#[test]
fn the_same_month_of_the_year_before_is_looked_at() {
    let mut monthly = vec![2_000; 13];
    monthly[0] = 1_000;
    let outcome = Case::of(&monthly).judge(GateId::LastYear);
    assert_eq!((outcome.verdict, outcome.value), (Verdict::Noted, Some(1.0)));
    assert_eq!(Case::of(&monthly[..12]).verdict(GateId::LastYear), Verdict::NotJudged);
}

#[test]
fn a_missing_month_and_silence_are_noticed() {
    let hole = Case::of(&[1_000, 0, 1_000]).judge(GateId::MissingMonth);
    assert_eq!((hole.verdict, &hole.at[..]), (Verdict::Noted, &["2024-02 gp".to_string()][..]));
    let silent = Case::of(&[200, 200, 200, 0]);
    assert_eq!(silent.verdict(GateId::SilentPracticeType), Verdict::Noted);
    assert_eq!(silent.judge(GateId::SilentMunicipality).value, Some(2.0), "of residence and of practice");
    assert_eq!(Case::of(&[199, 199, 199, 0]).verdict(GateId::SilentMunicipality), Verdict::Passed);
}

/// The last month has 700 contacts, of which the delay curve says that they are 70 %: nothing is
/// missing. With 420, four in ten of those promised are.
#[test]
fn what_always_comes_late_is_not_missing() {
    let first = Month::new(2024, 1);
    for (last, share, expected) in [(700, 0.7, Verdict::Passed), (420, 0.7, Verdict::Noted)] {
        let mut case = Case::of(&[1_000, 1_000, 1_000, last]);
        let of = |at: i32| {
            let share = if at == 3 { share } else { 1.0 };
            MonthCompleteness { month: first.plus(at), contacts: 0, share: Some(share) }
        };
        case.completeness = (0..4).map(of).collect();
        assert_eq!(case.verdict(GateId::Completeness), expected);
    }
}

#[test]
fn unknown_codes_and_empty_sources_are_noticed() {
    let mut case = Case::of(&[0]);
    assert_eq!(case.verdict(GateId::UnknownCodes), Verdict::Passed);
    case.unknown = 300;
    let outcome = case.judge(GateId::UnknownCodes);
    assert_eq!((outcome.verdict, outcome.value), (Verdict::Noted, Some(0.03)));
    assert_eq!(outcome.at, ["regning.kommunenr"]);
    assert_eq!(case.verdict(GateId::EmptySource), Verdict::Passed);
    case.rows = scanned(0, 0);
    assert_eq!(case.verdict(GateId::EmptySource), Verdict::Noted);
}

#[test]
fn limits_that_are_no_limits_are_refused() {
    for (text, expected) in [
        ("[gates.month-befor]\nstop = 1.0", "month-before"),
        ("[gates.month-before]\nhalt = 1.0", "halt"),
        ("[gates.month-before]\nstop = -1.0", "expected a number from 0 on"),
        ("[gates.rejected-rows]\nstop = 0.5", "reject-limit"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let shipped = std::fs::read_to_string("pipelines/gp-activity.toml").unwrap();
        let path = folder.path().join("gp-activity.toml");
        std::fs::write(&path, shipped.replacen("[[source]]", &format!("{text}\n[[source]]"), 1)).unwrap();
        let error = Pipeline::read(&path).unwrap_err();
        assert!(error.message.contains(expected), "{text}: {}", error.message);
    }
    assert_eq!(Gates::with_reject_limit(0.2).of(GateId::RejectedRows).stop, Some(0.2));
}
