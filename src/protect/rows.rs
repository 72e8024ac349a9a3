//! The rows of a table: public ones, rebuilt from optional values, and restricted ones with the
//! truth.
//!
//! In: cells and decisions. Out: a [`PublicTable`] and a [`RestrictedTable`]. A hidden value never
//! enters the public columns.

use super::ledger::TwoTold;
use super::primary::Reason;
use super::protected::{ObsStatus, PublicTable, RestrictedTable};
use super::rates::{mean, ratio};
use super::system::State;
use super::workload::contributors;
use crate::aggregate::{CellCount, Place, TableCells};
use crate::definition::{IndicatorValue, Level, Measure, PerDoctor, Table};

/// What was decided for a table.
pub(super) struct Decisions {
    /// By row-major position; of tables of means, by mean.
    pub states: Vec<State>,
    pub reasons: Vec<Reason>,
    /// Those of the patients, by row-major position; none in tables of means.
    pub reasons_of_patients: Vec<Reason>,
    /// By position on the place axis: whether the public table has the place.
    pub named: Vec<bool>,
    /// By position on the period axis: whether it is published.
    pub periods: Vec<bool>,
    /// By row-major position: what has been told of values, with this release; restricted.
    pub told: Vec<TwoTold>,
}

/// A table with what was decided for it.
pub(super) struct Decided<'a> {
    pub table: &'a Table,
    pub cells: &'a TableCells,
    pub decisions: &'a Decisions,
    pub as_of: i32,
}

/// A value with what stands beside it.
struct Entry {
    /// None: nothing to divide by.
    truth: Option<f64>,
    hidden: bool,
    reason: &'static str,
    contributors: Option<CellCount>,
}

/// Where a row stands.
struct Row<'r> {
    period: usize,
    codes: &'r [usize],
    /// Row-major position of the first quantity.
    base: usize,
}

impl Decided<'_> {
    /// The public and the restricted rows.
    pub fn rows(&self) -> (PublicTable, RestrictedTable) {
        let mut public = self.empty(&self.decisions.named);
        let mut restricted = RestrictedTable {
            keys: self.empty(&vec![true; self.cells.axes.places.len()]),
            n_patients: Vec::new(),
            n_doctors: Vec::new(),
            largest_doctor_share: Vec::new(),
            largest_patient_share: Vec::new(),
            reason: Vec::new(),
        };
        let mut public_place = 0;
        for place in 0..self.cells.axes.places.len() {
            let named = self.decisions.named[place];
            self.each_row(place, |row, indicator, measure| {
                let mut entry = self.entry(&row, indicator, measure);
                let status = self.status(&entry, row.period);
                if named {
                    let value = if entry.hidden { None } else { entry.truth };
                    push(&mut public, &row, public_place, (indicator, measure), value, status);
                } else {
                    entry.reason = self.unnamed(place);
                }
                push(&mut restricted.keys, &row, place, (indicator, measure), entry.truth, status);
                note(&mut restricted, &entry);
            });
            public_place += usize::from(named);
        }
        (public, restricted)
    }

    /// Why the public table does not have a place.
    fn unnamed(&self, place: usize) -> &'static str {
        let is_fine = match self.cells.axes.places[place] {
            Place::Country => false,
            Place::County(_) => self.table.by < Level::County,
            Place::Pool(_) | Place::Municipality(_) => self.table.by < Level::Municipality,
        };
        if is_fine { "finer" } else { "pooled" }
    }

    fn empty(&self, places: &[bool]) -> PublicTable {
        let axes = &self.cells.axes;
        let places = axes.places.iter().zip(places).filter(|(_, named)| **named).map(|(&place, _)| place);
        PublicTable {
            table: self.cells.table,
            places: places.collect(),
            periods: axes.periods.clone(),
            labels: axes.dimensions.clone(),
            place: Vec::new(),
            period: Vec::new(),
            dimensions: vec![Vec::new(); axes.dimensions.len()],
            indicator: Vec::new(),
            measure: Vec::new(),
            value: Vec::new(),
            status: Vec::new(),
        }
    }

    fn each_row(&self, place: usize, mut see: impl FnMut(Row<'_>, usize, Measure)) {
        let axes = &self.cells.axes;
        let inner: usize = axes.dimensions.iter().map(Vec::len).product();
        let narrow = matches!(axes.places[place], Place::Municipality(_) | Place::Pool(_));
        let mut codes = vec![0; axes.dimensions.len()];
        for period in (0..axes.periods.len()).filter(|&period| self.decisions.periods[period]) {
            let detail = !narrow || self.table.municipality_detail.contains(&axes.periods[period].kind);
            for flat in 0..if detail { inner } else { 1 } {
                split(flat, &axes.dimensions, &mut codes);
                let base = ((place * axes.periods.len() + period) * inner + flat) * axes.quantities;
                for (at, indicator) in self.table.indicators.iter().enumerate() {
                    if self.has_row(&indicator.value, flat) {
                        let row = |measure| (Row { period, codes: &codes, base }, at, measure);
                        for &measure in &self.table.measures {
                            let (row, at, measure) = row(measure);
                            see(row, at, measure);
                        }
                    }
                }
            }
        }
    }

    /// A mean by hour has hours only, another mean the total only.
    fn has_row(&self, value: &IndicatorValue, flat: usize) -> bool {
        match value {
            IndicatorValue::PerDoctor(PerDoctor::ByHour { .. }) => flat != 0,
            IndicatorValue::PerDoctor(_) => flat == 0,
            IndicatorValue::Joined(_) => false,
            _ => true,
        }
    }

    fn status(&self, entry: &Entry, period: usize) -> ObsStatus {
        match (entry.hidden, entry.truth) {
            (true, _) => ObsStatus::Suppressed,
            (false, None) => ObsStatus::Undefined,
            _ if self.cells.axes.periods[period].is_final(self.as_of) => ObsStatus::Final,
            _ => ObsStatus::Provisional,
        }
    }

    fn entry(&self, row: &Row<'_>, indicator: usize, measure: Measure) -> Entry {
        match self.table.indicators[indicator].value {
            IndicatorValue::Count { quantity } => self.count(row, row.base + quantity, measure),
            IndicatorValue::Share { numerator, complement, denominator } => {
                self.share([numerator, complement, denominator].map(|quantity| row.base + quantity))
            }
            IndicatorValue::PerDoctor(_) | IndicatorValue::Joined(_) => self.mean(row, indicator),
        }
    }

    fn residents(&self, row: &Row<'_>) -> u32 {
        self.cells.residents.get(row.base / self.cells.axes.quantities.max(1)).copied().unwrap_or(0)
    }

    fn count(&self, row: &Row<'_>, index: usize, measure: Measure) -> Entry {
        let contacts = self.cells.contacts[index];
        let of_patients = matches!(measure, Measure::Patients | Measure::PatientsPer100);
        let count = if of_patients { self.cells.patients.get(index).copied().unwrap_or_default() } else { contacts };
        let truth = match measure {
            Measure::Per1000 => ratio(contacts.value, self.residents(row), 1000),
            Measure::PatientsPer100 => ratio(count.value, self.residents(row), 100),
            Measure::Doctors => Some(f64::from(contacts.doctors)),
            _ => Some(f64::from(count.value)),
        };
        let hidden = self.decisions.states[index] == State::Hidden && count.value > 0;
        let reasons = if of_patients { &self.decisions.reasons_of_patients } else { &self.decisions.reasons };
        let reason = if hidden { reasons[index].name() } else { "" };
        Entry { truth, hidden, reason, contributors: Some(count) }
    }

    fn share(&self, parts: [usize; 3]) -> Entry {
        let [numerator, complement, denominator] = parts;
        let counts = &self.cells.contacts;
        let is_hidden = |at: usize| self.decisions.states[at] == State::Hidden && counts[at].value > 0;
        let unsafe_part = [numerator, complement].into_iter().any(|at| self.decisions.reasons[at].is_primary());
        let hidden = is_hidden(numerator) || is_hidden(denominator);
        let reason = match (hidden, unsafe_part, self.decisions.reasons[denominator]) {
            (false, ..) => "",
            (true, _, reason) if reason.is_primary() => reason.name(),
            (true, true, _) => "complement",
            _ => "derived",
        };
        let truth = ratio(counts[numerator].value, counts[denominator].value, 100);
        Entry { truth, hidden, reason, contributors: Some(counts[denominator]) }
    }

    fn mean(&self, row: &Row<'_>, indicator: usize) -> Entry {
        let index = row.base / self.cells.axes.quantities.max(1) * self.table.indicators.len() + indicator;
        let cell = &self.cells.means[index];
        let hidden = self.decisions.states[index] == State::Hidden;
        let reason = if hidden { self.decisions.reasons[index].name() } else { "" };
        Entry { truth: mean(cell.sum_billionths, cell.doctors), hidden, reason, contributors: Some(contributors(cell)) }
    }
}

fn split(mut flat: usize, dimensions: &[Vec<String>], codes: &mut [usize]) {
    for (code, labels) in codes.iter_mut().zip(dimensions).rev() {
        *code = flat % labels.len();
        flat /= labels.len();
    }
}

fn push(
    table: &mut PublicTable,
    row: &Row<'_>,
    place: usize,
    (indicator, measure): (usize, Measure),
    value: Option<f64>,
    status: ObsStatus,
) {
    table.place.push(place as u16);
    table.period.push(row.period as u16);
    table.dimensions.iter_mut().zip(row.codes).for_each(|(column, &code)| column.push(code as u8));
    table.indicator.push(indicator as u16);
    table.measure.push(measure);
    table.value.push(value);
    table.status.push(status);
}

fn note(table: &mut RestrictedTable, entry: &Entry) {
    let count = entry.contributors;
    let share = |top: fn(&CellCount) -> u32| {
        let counted = count.filter(|count| count.value > 0);
        counted.map(|count| f64::from(top(&count)) / f64::from(count.value))
    };
    table.n_patients.push(count.map(|count| count.patients));
    table.n_doctors.push(count.map(|count| count.doctors));
    table.largest_doctor_share.push(share(|count| count.top_doctor));
    table.largest_patient_share.push(share(|count| count.top_patient));
    table.reason.push(entry.reason);
}
