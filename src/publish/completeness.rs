//! The table `completeness`: how much of each provisional month is expected to be registered.
//!
//! In: shares by month, which `aggregate` estimated from the whole country's delays. Out: two files
//! as of any other table, one row a provisional month: percent, coarsened so that it says nothing
//! of a person (`MonthShare::percent`), `M` where nothing can be said.

use std::path::Path;

use super::context::ReleaseContext;
use super::files::WrittenFile;
use super::tables::{TableSummary, write_as};
use crate::aggregate::Place;
use crate::definition::{Dimension, Indicator, IndicatorValue, Level, Measure, PlaceBasis, SmallPlaces, Table, Text};
use crate::domain::{Period, PeriodKind, Result, Service};
use crate::protect::{ObsStatus, PublicTable};

/// Id of the table and of its only indicator.
pub const COMPLETENESS: &str = "completeness";

/// Writes the table below `to`.
pub fn write(context: &ReleaseContext, to: &Path) -> Result<([WrittenFile; 2], TableSummary)> {
    write_as(&rows(context), &definition(context), context, to)
}

fn rows(context: &ReleaseContext) -> PublicTable {
    let months = &context.completeness;
    let value: Vec<Option<f64>> = months.iter().map(|month| month.percent()).collect();
    let status = |value: &Option<f64>| if value.is_some() { ObsStatus::Provisional } else { ObsStatus::Undefined };
    PublicTable {
        table: 0,
        places: vec![Place::Country],
        periods: months.iter().map(|month| Period { kind: PeriodKind::Month, first: month.month }).collect(),
        labels: Vec::new(),
        place: vec![0; months.len()],
        period: (0..months.len() as u16).collect(),
        dimensions: Vec::new(),
        indicator: vec![0; months.len()],
        measure: vec![Measure::Share; months.len()],
        status: value.iter().map(status).collect(),
        value,
    }
}

fn definition(context: &ReleaseContext) -> Table {
    let title = Text { nb: "Kompletthet".into(), en: "Completeness".into() };
    let description = Text {
        nb: "Andel av månedens kontakter som ventes å være registrert, i prosent.".into(),
        en: "Share of the month's contacts that are expected to be registered, in percent.".into(),
    };
    Table {
        id: COMPLETENESS.into(),
        version: "1".into(),
        title: title.clone(),
        description: description.clone(),
        since: None,
        service: Service::Gp,
        practice_types: None,
        place: PlaceBasis::Residence,
        by: Level::Country,
        periods: vec![PeriodKind::Month],
        dimensions: Vec::<Dimension>::new(),
        municipality_detail: PeriodKind::ALL.to_vec(),
        measures: vec![Measure::Share],
        small_places: SmallPlaces::Hide,
        quantities: Vec::new(),
        indicators: vec![Indicator {
            id: COMPLETENESS.into(),
            title,
            description,
            // Never looked at: the rows are made above.
            value: IndicatorValue::Count { quantity: 0 },
        }],
        policy: context.pipeline.policy.clone(),
    }
}
