//! Means over doctors: days at work, consultations a day, contacts by clock hour.
//!
//! In: one doctor's contacts at a time. Out: sums in whole billionths, by place, period and code.
//! Never divides a sum: a doctor's own ratio is made once, in whole numbers.

use super::axes::{Layout, is_per_doctor, quantity_of};
use super::cells::{Axes, CellCount, MeanCell};
use super::facts::Facts;
use crate::definition::{Dimension, IndicatorValue, PerDoctor, Table};

/// A doctor's figure is kept in billionths.
const BILLION: i128 = 1_000_000_000;

/// The sums of a table; empty for a table without means over doctors.
#[derive(Debug, Default)]
pub struct Sums {
    means: Vec<PerDoctor>,
    /// By place, period, hour (0 is total), mean.
    billionths: Vec<i128>,
    /// By place and period: doctors with a contact.
    doctors: Vec<u32>,
    periods: usize,
    hours: usize,
}

/// The means of a table, in order of its indicators.
fn means(table: &Table) -> Vec<PerDoctor> {
    let mean = |value: &IndicatorValue| match value {
        IndicatorValue::PerDoctor(mean) => Some(mean.clone()),
        _ => None,
    };
    table.indicators.iter().filter_map(|indicator| mean(&indicator.value)).collect()
}

/// Codes of the hour, 0 for all of them.
fn hours(table: &Table) -> usize {
    if table.dimensions.contains(&Dimension::Hour) { 25 } else { 1 }
}

/// How many means [`Sums::finish`] gives.
pub fn means_of(table: &Table, axes: &Axes) -> usize {
    let means = if is_per_doctor(table) { means(table).len() } else { 0 };
    axes.places.len() * axes.periods.len() * hours(table) * means
}

impl Sums {
    pub fn new(table: &Table, axes: &Axes) -> Self {
        if !is_per_doctor(table) {
            return Sums::default();
        }
        let (means, hours) = (means(table), hours(table));
        let cells = axes.places.len() * axes.periods.len();
        let billionths = vec![0; cells * hours * means.len()];
        Sums { means, billionths, doctors: vec![0; cells], periods: axes.periods.len(), hours }
    }

    pub fn merge(&mut self, other: &Sums) {
        self.billionths.iter_mut().zip(&other.billionths).for_each(|(sum, more)| *sum += more);
        self.doctors.iter_mut().zip(&other.doctors).for_each(|(doctors, more)| *doctors += more);
    }

    /// Adds one doctor; `quantities` gives those of the table that count a contact.
    pub fn add<'q>(&mut self, contacts: &[Facts], layout: &Layout, quantities: impl Fn(&Facts) -> &'q [u16]) {
        if self.means.is_empty() {
            return;
        }
        let mut here: Vec<(usize, &Facts)> = Vec::new();
        for facts in contacts.iter().filter(|facts| !quantities(facts).is_empty()) {
            for &(place, _) in layout.places(layout.place(facts)) {
                let periods = layout.periods(facts.month).iter();
                here.extend(periods.map(|period| (place * self.periods + period, facts)));
            }
        }
        here.sort_by_key(|(cell, facts)| (*cell, facts.day));
        for contacts in here.chunk_by(|a, b| a.0 == b.0) {
            self.doctors[contacts[0].0] += 1;
            for mean in 0..self.means.len() {
                self.add_mean(mean, contacts, &quantities);
            }
        }
    }

    fn add_mean<'q>(&mut self, mean: usize, contacts: &[(usize, &Facts)], quantities: &impl Fn(&Facts) -> &'q [u16]) {
        let cell = contacts[0].0;
        let quantity = quantity_of(&self.means[mean]) as u16;
        let counts = |facts: &Facts| quantities(facts).contains(&quantity);
        match self.means[mean] {
            PerDoctor::Days { at_least, .. } => {
                let days = contacts.chunk_by(|a, b| a.1.day == b.1.day);
                let busy =
                    days.filter(|day| day.iter().filter(|(_, facts)| counts(facts)).count() >= at_least as usize);
                *self.at(cell, 0, mean) += BILLION * busy.count() as i128;
            }
            PerDoctor::PerDay { .. } => {
                let days = contacts.chunk_by(|a, b| a.1.day == b.1.day).count() as i128;
                let counted = contacts.iter().filter(|(_, facts)| counts(facts)).count() as i128;
                *self.at(cell, 0, mean) += (2 * BILLION * counted + days) / (2 * days);
            }
            PerDoctor::ByHour { .. } => {
                for (_, facts) in contacts.iter().filter(|(_, facts)| counts(facts)) {
                    *self.at(cell, usize::from(facts.hour) + 1, mean) += BILLION;
                }
            }
        }
    }

    fn at(&mut self, cell: usize, hour: usize, mean: usize) -> &mut i128 {
        let hour = if self.hours == 1 { 0 } else { hour };
        &mut self.billionths[(cell * self.hours + hour) * self.means.len() + mean]
    }

    /// The means with the contributors of their quantities; `contacts` is the table's layer.
    pub fn finish(self, table: &Table, axes: &Axes, contacts: &[CellCount]) -> Vec<MeanCell> {
        let means = self.means.len();
        let cell = |at: usize| {
            let (codes, mean) = (at / means, at % means);
            let quantity = quantity_of(&self.means[mean]);
            let behind = &contacts[codes * table.quantities.len() + quantity];
            MeanCell {
                sum_billionths: self.billionths[at],
                doctors: self.doctors[codes / self.hours],
                contacts: behind.value,
                patients: behind.patients,
                top_patient: behind.top_patient,
                top_doctor: behind.top_doctor,
                second_doctor: behind.second_doctor,
                lone_patient: behind.lone_patient,
                lone_doctor: behind.lone_doctor,
            }
        };
        debug_assert_eq!(axes.periods.len(), self.periods);
        (0..self.billionths.len()).map(cell).collect()
    }
}
