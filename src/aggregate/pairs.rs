//! How many contacts, and persons, each doctor has in each cell: what a night adds late rows to.
//!
//! In: cells as doctors come and go. Out: [`Pairs`] of some periods. The doctors, the largest and
//! the second of a cell follow from its pairs. Never kept beyond its limit: then there are none.

use super::count::Counted;
use crate::domain::Period;

/// A doctor in a cell: contacts, or persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Position among the tables counted.
    pub table: u16,
    /// 0 contacts, 1 patients.
    pub layer: u8,
    pub cell: u32,
    pub doctor: u32,
    pub number: u32,
}

/// Which periods' contributors are wanted, and about how many pairs there may be.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedContributors<'a> {
    pub periods: &'a [Period],
    pub limit: usize,
    /// Keys of the persons by number less one.
    pub keys: &'a [i64],
}

/// The pairs found by one worker.
#[derive(Debug, Default)]
pub struct Pairs {
    /// By table: whether each period is wanted, and the cells of a place and period.
    wanted: Vec<(Vec<bool>, usize)>,
    limit: usize,
    pub list: Vec<Pair>,
    /// There were more than the limit.
    pub is_over: bool,
}

impl Pairs {
    pub fn new(wanted: WantedContributors, counted: &[Counted]) -> Pairs {
        let of = |table: &Counted| {
            let periods = table.axes.periods.iter().map(|period| wanted.periods.contains(period)).collect();
            let cells = table.axes.places.len() * table.axes.periods.len();
            (periods, table.axes.len().checked_div(cells).unwrap_or(1).max(1))
        };
        let wanted_of = if wanted.periods.is_empty() { Vec::new() } else { counted.iter().map(of).collect() };
        // Workers share the limit, about evenly.
        let limit = wanted.limit / rayon::current_num_threads().max(1) * 5 / 4;
        Pairs { wanted: wanted_of, limit, list: Vec::new(), is_over: false }
    }

    /// Notes what a doctor has in a cell, once that is known.
    pub fn note(&mut self, (table, layer): (usize, u8), cell: usize, (doctor, number): (u32, u32)) {
        let Some((periods, inner)) = self.wanted.get(table) else { return };
        if number == 0 || self.is_over || !periods[cell / inner % periods.len()] {
            return;
        }
        self.list.push(Pair { table: table as u16, layer, cell: cell as u32, doctor, number });
        if self.list.len() > self.limit {
            self.is_over = true;
            self.list = Vec::new();
        }
    }

    pub fn merge(mut self, other: Pairs) -> Pairs {
        self.is_over |= other.is_over;
        self.list.extend(other.list);
        if self.is_over {
            self.list = Vec::new();
        }
        self
    }
}
