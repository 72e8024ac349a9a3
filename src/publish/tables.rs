//! The tables of a release: one Parquet and one CSV file each, and the restricted truth.
//!
//! In: what `protect` gave. Out: files, and how many cells of each level are hidden.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::context::ReleaseContext;
use super::files::{Area, WrittenFile, create};
use super::parquet::{self, Label};
use super::rows::{Rows, geo_level};
use super::text;
use crate::aggregate::Place;
use crate::definition::{IndicatorValue, Measure, Table};
use crate::domain::{Error, PeriodKind, Result};
use crate::protect::{ObsStatus, PublicTable, RestrictedTable};

/// What the manifest says of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSummary {
    pub id: String,
    pub version: String,
    pub service: &'static str,
    pub cells: u64,
    pub hidden: u64,
    /// By `geo_level`.
    pub levels: BTreeMap<&'static str, LevelSummary>,
    /// Contacts of any type in the country, summed over the published months, where shown.
    pub country_contacts: Option<u64>,
    /// Whether such a total of a month is hidden, here or in a table of another pipeline.
    pub hides_country: bool,
}

/// Published rows of a level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LevelSummary {
    pub cells: u64,
    pub hidden_cells: u64,
    /// Contacts in hidden cells in percent of all, rounded up; none where few cells are hidden.
    pub hidden_contacts_percent: Option<u64>,
}

/// Writes `data/TABLE.parquet` and `data/TABLE.csv` of every table below `to`.
pub fn write_public(
    tables: &[PublicTable],
    context: &ReleaseContext,
    to: &Path,
) -> Result<(Vec<WrittenFile>, Vec<TableSummary>)> {
    let written: Vec<_> = tables.par_iter().map(|table| write_one(table, context, to)).collect::<Result<_>>()?;
    let (files, summaries): (Vec<_>, Vec<_>) = written.into_iter().unzip();
    Ok((files.into_iter().flatten().collect(), summaries))
}

fn write_one(public: &PublicTable, context: &ReleaseContext, to: &Path) -> Result<([WrittenFile; 2], TableSummary)> {
    write_as(public, definition(public, context)?, context, to)
}

/// Writes the two files of a table with its definition.
pub fn write_as(
    public: &PublicTable,
    table: &Table,
    context: &ReleaseContext,
    to: &Path,
) -> Result<([WrittenFile; 2], TableSummary)> {
    let rows = Rows::of(public, table, context.geography)?;
    let name = format!("data/{}.parquet", table.id);
    let parquet = create(to, &name, Area::Public).and_then(|file| {
        parquet::write_public(file, &label(table, context), &rows, public).map_err(|e| broken(&name, &e))
    })?;
    let name = format!("data/{}.csv", table.id);
    let csv = create(to, &name, Area::Public)
        .and_then(|file| text::write_public(file, &rows, public).map_err(|e| broken(&name, &e)))?;
    Ok(([parquet, csv], summary(public, table)))
}

/// Writes `cells/TABLE.parquet` of every table below `to`.
pub fn write_restricted(tables: &[RestrictedTable], context: &ReleaseContext, to: &Path) -> Result<Vec<WrittenFile>> {
    let write = |cells: &RestrictedTable| {
        let table = definition(&cells.keys, context)?;
        let rows = Rows::of(&cells.keys, table, context.geography)?;
        let name = format!("cells/{}.parquet", table.id);
        let file = create(to, &name, Area::Restricted)?;
        parquet::write_restricted(file, &label(table, context), &rows, cells).map_err(|e| broken(&name, &e))
    };
    tables.par_iter().map(write).collect()
}

fn definition<'a>(public: &PublicTable, context: &'a ReleaseContext) -> Result<&'a Table> {
    context.pipeline.tables.get(public.table).ok_or_else(|| Error::bug("a table without a definition reached publish"))
}

fn label<'a>(table: &'a Table, context: &'a ReleaseContext<'_>) -> Label<'a> {
    Label { table: &table.id, version: &table.version, release: &context.release }
}

fn broken(name: &str, error: &dyn std::fmt::Display) -> Error {
    Error::output(format!("{name}: cannot be written ({error}); check the free space of the output folder"))
}

fn summary(public: &PublicTable, table: &Table) -> TableSummary {
    let mut levels: BTreeMap<&'static str, LevelSummary> = BTreeMap::new();
    for (place, status) in public.place.iter().zip(&public.status) {
        let level = levels.entry(geo_level(public.places[usize::from(*place)])).or_default();
        level.cells += 1;
        level.hidden_cells += u64::from(*status == ObsStatus::Suppressed);
    }
    let months = country_months(public, table);
    let contacts: Option<f64> = months.iter().copied().sum();
    TableSummary {
        id: table.id.clone(),
        version: table.version.clone(),
        service: table.service.name(),
        cells: levels.values().map(|level| level.cells).sum(),
        hidden: levels.values().map(|level| level.hidden_cells).sum(),
        levels,
        country_contacts: contacts.filter(|_| !months.is_empty()).map(|contacts| contacts as u64),
        hides_country: contacts.is_none(),
    }
}

/// The country's contacts of any type by published month; none where they are hidden.
fn country_months(public: &PublicTable, table: &Table) -> Vec<Option<f64>> {
    let all = table.quantities.iter().map(|q| q.types).fold(0, |all, types| all | types);
    let is_all = |at: usize| match table.indicators[at].value {
        IndicatorValue::Count { quantity } => {
            let quantity = &table.quantities[quantity];
            let plain = quantity.with == 0 && quantity.without == 0;
            quantity.types == all && plain && quantity.outside_hours.is_none() && quantity.weekend.is_none()
        }
        _ => false,
    };
    let wanted = |row: &usize| {
        public.places[usize::from(public.place[*row])] == Place::Country
            && public.periods[usize::from(public.period[*row])].kind == PeriodKind::Month
            && public.measure[*row] == Measure::Contacts
            && public.dimensions.iter().all(|codes| codes[*row] == 0)
            && is_all(usize::from(public.indicator[*row]))
    };
    (0..public.value.len()).filter(wanted).map(|row| public.value[row]).collect()
}
