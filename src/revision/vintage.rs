//! The vintages of one table: its rows in all releases of a series, read side by side.
//!
//! In: the table's rows in every release, in order of their keys. Out: [`TableVintages`]. One row a
//! release is held at a time, and the figures of the whole country. What a release hides has no
//! number here, and no part in a sum.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::rows::{GEO, PERIOD, Row, Rows};
use super::table::Moved;
use crate::domain::Result;

/// A table's periods and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TableVintages {
    pub table: String,
    pub periods: Vec<PeriodVintages>,
    /// Totals of the whole country, both sexes and all ages, by release.
    pub country: Vec<Figure>,
}

/// A period in every release of the series.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PeriodVintages {
    pub period: String,
    /// By release; none where it does not have the period.
    pub vintages: Vec<Option<Vintage>>,
}

/// A period in a release.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Vintage {
    pub provisional: bool,
    pub cells: u64,
    pub hidden: u64,
    /// By measure, since the release before that has the period, over cells that both show.
    pub moved: BTreeMap<String, Moved>,
}

/// A figure of the whole country, by release; none where it is hidden or not there.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figure {
    pub period: String,
    pub indicator: String,
    pub measure: String,
    pub values: Vec<Option<f64>>,
    /// From the first number told to the last, in percent of the first; none where only one was.
    pub moved_percent: Option<f64>,
}

/// Reads the vintages of a table. A release without it, or with other columns than the newest has,
/// has no part.
pub fn vintages(table: &str, releases: &[&Path]) -> Result<TableVintages> {
    let has = |release: &&Path| release.join(format!("data/{table}.csv")).is_file();
    let open = |release: &&Path| has(release).then(|| Rows::open(release, table)).transpose();
    let mut readers: Vec<Option<Rows>> = releases.iter().map(open).collect::<Result<_>>()?;
    let newest = readers.iter().rev().flatten().next().map(|rows| rows.columns.clone()).unwrap_or_default();
    for reader in &mut readers {
        *reader = reader.take().filter(|rows| rows.columns == newest);
    }
    let mut found = Found { releases: releases.len(), ..Found::default() };
    loop {
        let first = readers.iter().flatten().filter_map(|rows| rows.row.as_ref()).min_by(|a, b| a.key().cmp(b.key()));
        let Some(first) = first.cloned() else { break };
        let is_first = |row: &Row| row.key().eq(first.key());
        let mut beside = Vec::with_capacity(readers.len());
        for reader in &mut readers {
            let here = reader.as_mut().filter(|rows| rows.row.as_ref().is_some_and(is_first));
            beside.push(here.map(Rows::advance).transpose()?.flatten());
        }
        found.add(&first, &beside);
    }
    Ok(found.finish(table))
}

/// The rows seen so far.
#[derive(Default)]
struct Found {
    releases: usize,
    /// By type and period.
    periods: BTreeMap<(String, String), Vec<Option<Vintage>>>,
    country: Vec<Figure>,
}

impl Found {
    /// Takes in one row as it stands in every release.
    fn add(&mut self, first: &Row, beside: &[Option<Row>]) {
        let none = || vec![None; self.releases];
        let vintages = self.periods.entry((first.text(0), first.text(PERIOD))).or_insert_with(none);
        let mut before: Option<&Row> = None;
        for (vintage, row) in vintages.iter_mut().zip(beside) {
            let Some(row) = row else { continue };
            let vintage = vintage.get_or_insert_default();
            vintage.cells += 1;
            vintage.hidden += u64::from(row.is_hidden());
            vintage.provisional |= row.is_provisional();
            if let Some(was) = before.filter(|was| !was.is_hidden() && !row.is_hidden()) {
                vintage.moved.entry(row.measure()).or_default().add(was, row);
            }
            before = Some(row);
        }
        if first.text(GEO) == "0" && first.is_total() {
            let values: Vec<Option<f64>> = beside.iter().map(|row| row.as_ref().and_then(Row::number)).collect();
            self.country.push(Figure {
                period: first.text(PERIOD),
                indicator: first.indicator(),
                measure: first.measure(),
                moved_percent: moved_percent(&values),
                values,
            });
        }
    }

    fn finish(self, table: &str) -> TableVintages {
        let period = |((_, period), vintages)| PeriodVintages { period, vintages };
        TableVintages {
            table: table.to_string(),
            periods: self.periods.into_iter().map(period).collect(),
            country: self.country,
        }
    }
}

/// Change from the first number to the last, in percent with two decimals.
fn moved_percent(values: &[Option<f64>]) -> Option<f64> {
    let told: Vec<f64> = values.iter().copied().flatten().collect();
    match told[..] {
        [first, .., last] if first != 0.0 => Some(((last - first) * 10_000.0 / first.abs()).round() / 100.0),
        _ => None,
    }
}
