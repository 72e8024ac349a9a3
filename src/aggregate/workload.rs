//! Means over doctors: days at work, consultations a day, contacts by clock hour.
//!
//! In: one doctor's contacts at a time. Out: sums in whole billionths, by place, period and code.
//! Never divides a sum: a doctor's own ratio is made once, in whole numbers.

use super::axes::{Layout, is_per_doctor, quantity_of};
use super::cells::{Axes, CellCount, MeanCell};
use super::facts::Facts;
use super::pairs::WantedContributors;
use super::sparse::Sparse;
use crate::definition::{Dimension, IndicatorValue, PerDoctor, Table};

/// A doctor's figure is kept in billionths.
pub const BILLION: i128 = 1_000_000_000;

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
    /// What each doctor has, of periods that are wanted.
    pub noted: Vec<NotedDoctor>,
    /// By period: whether it is wanted.
    wanted: Vec<bool>,
}

/// A place and period, a doctor's number, days, and a figure a mean.
#[derive(Debug)]
pub struct NotedDoctor {
    pub place: u32,
    pub period: usize,
    pub doctor: u32,
    pub figures: Vec<u32>,
}

/// A doctor's own mean in billionths, from its figure and the days with a contact: busy days, or
/// contacts by days. Those by hour are no doctor's own.
pub fn own(mean: &PerDoctor, figure: u32, days: u32) -> i128 {
    let (figure, days) = (i128::from(figure), i128::from(days));
    match mean {
        PerDoctor::Days { .. } => BILLION * figure,
        PerDoctor::PerDay { .. } if days > 0 => (2 * BILLION * figure + days) / (2 * days),
        PerDoctor::PerDay { .. } | PerDoctor::ByHour { .. } => 0,
    }
}

/// The position among contacts of the cell behind a mean, for a position of codes.
pub fn behind(mean: &PerDoctor, codes: usize, quantities: usize) -> usize {
    codes * quantities + quantity_of(mean)
}

/// The means of a table, in order of its indicators.
pub fn means(table: &Table) -> Vec<PerDoctor> {
    let mean = |value: &IndicatorValue| match value {
        IndicatorValue::PerDoctor(mean) => Some(mean.clone()),
        _ => None,
    };
    table.indicators.iter().filter_map(|indicator| mean(&indicator.value)).collect()
}

/// Codes of the hour, 0 for all of them.
pub fn hours(table: &Table) -> usize {
    if table.dimensions.contains(&Dimension::Hour) { 25 } else { 1 }
}

/// How many means [`Sums::finish`] gives.
pub fn means_of(table: &Table, axes: &Axes) -> usize {
    let means = if is_per_doctor(table) { means(table).len() } else { 0 };
    axes.places.len() * axes.periods.len() * hours(table) * means
}

impl Sums {
    pub fn new(table: &Table, axes: &Axes, wanted: WantedContributors) -> Self {
        if !is_per_doctor(table) {
            return Sums::default();
        }
        let (means, hours) = (means(table), hours(table));
        let cells = axes.places.len() * axes.periods.len();
        let (billionths, doctors) = (vec![0; cells * hours * means.len()], vec![0; cells]);
        let wanted = axes.periods.iter().map(|period| wanted.periods.contains(period)).collect();
        Sums { means, billionths, doctors, periods: axes.periods.len(), hours, noted: Vec::new(), wanted }
    }

    pub fn merge(&mut self, other: Sums) {
        self.billionths.iter_mut().zip(&other.billionths).for_each(|(sum, more)| *sum += more);
        self.doctors.iter_mut().zip(&other.doctors).for_each(|(doctors, more)| *doctors += more);
        self.noted.extend(other.noted);
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
            let (cell, doctor) = (contacts[0].0, contacts[0].1.doctor);
            self.doctors[cell] += 1;
            let days = contacts.chunk_by(|a, b| a.1.day == b.1.day).count() as u32;
            let mut figures = vec![days];
            figures.extend((0..self.means.len()).map(|mean| self.add_mean(mean, contacts, days, &quantities)));
            if self.wanted[cell % self.periods] {
                let (place, period) = ((cell / self.periods) as u32, cell % self.periods);
                self.noted.push(NotedDoctor { place, period, doctor, figures });
            }
        }
    }

    /// Adds a doctor's own mean; its figure.
    fn add_mean<'q>(
        &mut self,
        mean: usize,
        contacts: &[(usize, &Facts)],
        days: u32,
        quantities: &impl Fn(&Facts) -> &'q [u16],
    ) -> u32 {
        let cell = contacts[0].0;
        let quantity = quantity_of(&self.means[mean]) as u16;
        let counts = |facts: &Facts| quantities(facts).contains(&quantity);
        let figure = match self.means[mean] {
            PerDoctor::Days { at_least, .. } => {
                let days = contacts.chunk_by(|a, b| a.1.day == b.1.day);
                let busy =
                    days.filter(|day| day.iter().filter(|(_, facts)| counts(facts)).count() >= at_least as usize);
                busy.count()
            }
            PerDoctor::PerDay { .. } => contacts.iter().filter(|(_, facts)| counts(facts)).count(),
            PerDoctor::ByHour { .. } => {
                for (_, facts) in contacts.iter().filter(|(_, facts)| counts(facts)) {
                    *self.at(cell, usize::from(facts.hour) + 1, mean) += BILLION;
                }
                0
            }
        };
        let figure = figure as u32;
        *self.at(cell, 0, mean) += own(&self.means[mean], figure, days);
        figure
    }

    fn at(&mut self, cell: usize, hour: usize, mean: usize) -> &mut i128 {
        let hour = if self.hours == 1 { 0 } else { hour };
        &mut self.billionths[(cell * self.hours + hour) * self.means.len() + mean]
    }

    /// The means with the contributors of their quantities; `contacts` is the table's layer.
    pub fn finish(self, table: &Table, axes: &Axes, contacts: &Sparse<CellCount>) -> Sparse<MeanCell> {
        let means = self.means.len();
        let cell = |at: usize| {
            let (codes, mean) = (at / means, at % means);
            let behind = &contacts[behind(&self.means[mean], codes, table.quantities.len())];
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
        let length = self.billionths.len();
        Sparse::of(length, length.checked_div(axes.places.len()).unwrap_or(0), (0..length).map(cell))
    }
}
