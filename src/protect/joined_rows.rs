//! The rows of tables of joined registers, and how much of them is hidden.
//!
//! In: figures, and why each is hidden. Out: a [`PublicTable`], rebuilt from optional values, a
//! [`RestrictedTable`] with the truth, and the loss by level. A hidden value never enters the public
//! columns.

use super::loss::Loss;
use super::primary::Reason;
use super::protected::{ObsStatus, PublicTable, RestrictedTable};
use crate::aggregate::Place;
use crate::definition::Table;
use crate::registers::JoinedTable;

/// The public and the restricted rows.
pub(super) fn rows(table: &JoinedTable, reasons: &[Reason], as_of: i32) -> (PublicTable, RestrictedTable) {
    let empty = || PublicTable {
        table: table.table,
        places: table.places.clone(),
        periods: table.periods.clone(),
        labels: table.labels.clone(),
        place: Vec::new(),
        period: Vec::new(),
        dimensions: vec![Vec::new(); table.labels.len()],
        indicator: Vec::new(),
        measure: Vec::new(),
        value: Vec::new(),
        status: Vec::new(),
    };
    let (mut public, mut keys) = (empty(), empty());
    let (mut n_patients, mut n_doctors, mut reason) = (Vec::new(), Vec::new(), Vec::new());
    for (at, cell) in table.cells.iter().enumerate() {
        let truth = cell.figure.value();
        let is_hidden = reasons[at] != Reason::Shown;
        let period = table.periods[at / table.columns.len() / table.codes() % table.periods.len()];
        let status = match (is_hidden, truth) {
            (true, _) => ObsStatus::Suppressed,
            (false, None) => ObsStatus::Undefined,
            _ if period.is_final(as_of) => ObsStatus::Final,
            _ => ObsStatus::Provisional,
        };
        push(&mut public, table, at, if is_hidden { None } else { truth }, status);
        push(&mut keys, table, at, truth, status);
        n_patients.push(cell.n_patients);
        n_doctors.push(cell.n_doctors);
        reason.push(reasons[at].name());
    }
    let none = vec![None; reason.len()];
    let restricted = RestrictedTable {
        keys,
        n_patients,
        n_doctors,
        largest_doctor_share: none.clone(),
        largest_patient_share: none,
        reason,
    };
    (public, restricted)
}

fn push(to: &mut PublicTable, table: &JoinedTable, at: usize, value: Option<f64>, status: ObsStatus) {
    let (unit, column) = (at / table.columns.len(), table.columns[at % table.columns.len()]);
    let flat = unit / table.codes();
    to.place.push((flat / table.periods.len()) as u16);
    to.period.push((flat % table.periods.len()) as u16);
    to.dimensions.iter_mut().for_each(|codes| codes.push((unit % table.codes()) as u8));
    to.indicator.push(column.indicator as u16);
    to.measure.push(column.measure);
    to.value.push(value);
    to.status.push(status);
}

/// Adds hidden cells by level. A table of ratios has no contacts to lose.
pub(super) fn add_loss(loss: &mut Loss, table: &Table, public: &PublicTable) {
    let levels = loss.tables.entry(table.id.clone()).or_default();
    for (row, status) in public.status.iter().enumerate() {
        let place = public.places[usize::from(public.place[row])];
        let level = levels.entry(level(place).to_string()).or_default();
        level.cells += 1;
        if *status == ObsStatus::Suppressed {
            level.hidden_cells += 1;
            let total = public.dimensions.iter().all(|codes| codes[row] == 0);
            if place == Place::Country && total {
                let period = public.periods[usize::from(public.period[row])];
                let indicator = &table.indicators[usize::from(public.indicator[row])].id;
                loss.country_totals.push(format!("{} {period} {indicator}", table.id));
            }
        }
    }
    for level in levels.values_mut() {
        level.hidden_share = (10_000.0 * level.hidden_cells as f64 / level.cells.max(1) as f64).round() / 100.0;
    }
}

fn level(place: Place) -> &'static str {
    match place {
        Place::Country => "country",
        Place::County(_) => "county",
        Place::Pool(_) | Place::Municipality(_) => "municipality",
    }
}
