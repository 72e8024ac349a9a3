//! One table in two releases, held beside each other row by row.
//!
//! In: the rows of both, in order. Out: what changed in each period, and which places and columns
//! only one of them has. Numbers are summed only over cells that both show.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::rows::{GEO, PERIOD, Row, Rows};
use crate::domain::Result;

/// Cells named one by one at most, in each list of a table.
const NAMED: usize = 1_000;

/// What changed in a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TableRevision {
    pub table: String,
    /// Columns that only one release has; where there are any, no rows are compared.
    pub columns_gone: Vec<String>,
    pub columns_new: Vec<String>,
    pub periods: Vec<PeriodRevision>,
    /// Places, by number, that only one release has in a period that both have.
    pub places_gone: BTreeSet<String>,
    pub places_new: BTreeSet<String>,
    /// Places whose name changed: number, name before, name after.
    pub places_renamed: BTreeSet<(String, String, String)>,
    /// Cells hidden now whose value, other than 0, the earlier release has already told.
    pub already_told: Vec<String>,
    /// Cells shown now that the earlier release hid.
    pub no_longer_hidden: Vec<String>,
}

/// Whether a period is in both releases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodState {
    #[default]
    Both,
    New,
    Gone,
}

/// What changed in a period of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PeriodRevision {
    pub period: String,
    pub state: PeriodState,
    pub rows_before: u64,
    pub rows_after: u64,
    /// Of the rows after.
    pub hidden_after: u64,
    /// Cells that were provisional and are final now.
    pub final_now: u64,
    pub newly_hidden: u64,
    pub newly_shown: u64,
    /// By measure, over cells that both show.
    pub measures: BTreeMap<String, Moved>,
}

/// How far the cells of a measure moved.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Moved {
    pub shown_in_both: u64,
    pub changed: u64,
    /// Sums over cells of all places and indicators that both show: a measure of the change, no
    /// number of its own. Left out for rates, shares and means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum_after: Option<f64>,
    /// Largest change of a cell of the country, in percent of what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_percent_of_country: Option<f64>,
}

/// Measures whose values may be summed.
const COUNTS: [&str; 4] = ["contacts", "patients", "doctors", "count"];

/// Compares a table of two releases.
pub fn compare(table: &str, before: &Path, after: &Path) -> Result<TableRevision> {
    let (mut one, mut other) = (Rows::open(before, table)?, Rows::open(after, table)?);
    let mut found = Found::of(table);
    let without = |of: &[String], others: &[String]| of.iter().filter(|name| !others.contains(name)).cloned().collect();
    found.table.columns_gone = without(&one.columns, &other.columns);
    found.table.columns_new = without(&other.columns, &one.columns);
    if one.columns != other.columns {
        return Ok(found.table);
    }
    while let Some(order) = order(&one.row, &other.row) {
        match order {
            Ordering::Less => one.advance()?.iter().for_each(|row| found.add_gone(row)),
            Ordering::Greater => other.advance()?.iter().for_each(|row| found.add_new(row)),
            Ordering::Equal => {
                let pair = one.advance()?.zip(other.advance()?);
                pair.iter().for_each(|(was, is)| found.add_both(was, is));
            }
        }
    }
    Ok(found.finish())
}

/// Which of two rows stands first; none at the end of both.
fn order(one: &Option<Row>, other: &Option<Row>) -> Option<Ordering> {
    match (one, other) {
        (None, None) => None,
        (Some(_), None) => Some(Ordering::Less),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(one), Some(other)) => Some(one.key().cmp(other.key())),
    }
}

/// The rows seen so far.
#[derive(Default)]
struct Found {
    table: TableRevision,
    /// By type and period, as the files are ordered.
    periods: BTreeMap<(String, String), PeriodRevision>,
    /// Places of one release alone, by period.
    places_gone: BTreeMap<(String, String), BTreeSet<String>>,
    places_new: BTreeMap<(String, String), BTreeSet<String>>,
    places_both: BTreeMap<(String, String), BTreeSet<String>>,
}

fn at(row: &Row) -> (String, String) {
    (row.text(0), row.text(PERIOD))
}

impl Found {
    fn of(table: &str) -> Found {
        Found { table: TableRevision { table: table.to_string(), ..TableRevision::default() }, ..Found::default() }
    }

    fn period(&mut self, row: &Row) -> &mut PeriodRevision {
        let period = self.periods.entry(at(row)).or_default();
        if period.period.is_empty() {
            period.period = row.text(PERIOD);
        }
        period
    }

    fn add_gone(&mut self, row: &Row) {
        self.period(row).rows_before += 1;
        self.places_gone.entry(at(row)).or_default().insert(row.text(GEO));
    }

    fn add_new(&mut self, row: &Row) {
        let period = self.period(row);
        period.rows_after += 1;
        period.hidden_after += u64::from(row.is_hidden());
        self.places_new.entry(at(row)).or_default().insert(row.text(GEO));
    }

    fn add_both(&mut self, was: &Row, is: &Row) {
        self.places_both.entry(at(is)).or_default().insert(is.text(GEO));
        let period = self.period(is);
        period.rows_before += 1;
        period.rows_after += 1;
        period.hidden_after += u64::from(is.is_hidden());
        period.final_now += u64::from(was.is_provisional() && !is.is_provisional() && !is.is_hidden());
        match (was.is_hidden(), is.is_hidden()) {
            (false, true) => period.newly_hidden += 1,
            (true, false) => period.newly_shown += 1,
            (false, false) => period.measures.entry(is.measure()).or_default().add(was, is),
            (true, true) => {}
        }
        self.name(was, is);
    }

    /// Keeps the names of what changed.
    fn name(&mut self, was: &Row, is: &Row) {
        let table = &mut self.table;
        if was.geo_name() != is.geo_name() {
            table.places_renamed.insert((is.text(GEO), was.geo_name(), is.geo_name()));
        }
        let told = is.is_hidden() && was.number().is_some_and(|value| value != 0.0);
        if told && table.already_told.len() < NAMED {
            table.already_told.push(is.name());
        }
        if was.is_hidden() && !is.is_hidden() && table.no_longer_hidden.len() < NAMED {
            table.no_longer_hidden.push(is.name());
        }
    }

    fn finish(mut self) -> TableRevision {
        let both: Vec<_> = self.periods.iter().filter(|(_, p)| p.rows_before > 0 && p.rows_after > 0).collect();
        let of = |places: &BTreeMap<_, BTreeSet<String>>| -> BTreeSet<String> {
            let common = |at| self.places_both.get(at).cloned().unwrap_or_default();
            let alone = |at| places.get(at).into_iter().flatten().filter(|geo| !common(at).contains(*geo)).cloned();
            both.iter().flat_map(|(at, _)| alone(*at).collect::<Vec<_>>()).collect()
        };
        self.table.places_gone = of(&self.places_gone);
        self.table.places_new = of(&self.places_new);
        self.table.periods = self.periods.into_values().map(PeriodRevision::finish).collect();
        self.table
    }
}

impl PeriodRevision {
    fn finish(mut self) -> PeriodRevision {
        self.state = match (self.rows_before, self.rows_after) {
            (0, _) => PeriodState::New,
            (_, 0) => PeriodState::Gone,
            _ => PeriodState::Both,
        };
        self
    }
    /// Cells whose shown value changed, of all measures.
    pub fn changed(&self) -> u64 {
        self.measures.values().map(|moved| moved.changed).sum()
    }
    /// Whether anything is to be told of it.
    pub fn is_still(&self) -> bool {
        self.state == PeriodState::Both
            && self.rows_before == self.rows_after
            && self.changed() + self.newly_hidden + self.newly_shown + self.final_now == 0
    }
}

impl Moved {
    /// Takes in a cell that neither release hides.
    pub(super) fn add(&mut self, was: &Row, is: &Row) {
        let (Some(before), Some(after)) = (was.number(), is.number()) else {
            self.changed += u64::from(was.value() != is.value());
            return;
        };
        self.shown_in_both += 1;
        self.changed += u64::from(was.value() != is.value());
        if COUNTS.contains(&is.measure().as_str()) {
            *self.sum_before.get_or_insert(0.0) += before;
            *self.sum_after.get_or_insert(0.0) += after;
        }
        if is.text(GEO) == "0" && before != 0.0 {
            let percent = ((after - before).abs() * 10_000.0 / before.abs()).round() / 100.0;
            let largest = self.largest_percent_of_country.get_or_insert(0.0);
            *largest = largest.max(percent);
        }
    }
}
