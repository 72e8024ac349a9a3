//! How many contacts, and persons, each doctor has in each cell: what a night adds late rows to.
//!
//! In: cells as doctors come and go. Out: [`Pairs`] of some periods. The doctors, the largest and
//! the second of a cell follow from its pairs. Never kept beyond its limit: then there are none.

use super::blocks::Slice;
use super::count::Counted;
use crate::domain::Period;

/// A cell without its period, a doctor in it by number, contacts or persons.
pub type Pair = (u32, u32, u32);

/// Which periods' contributors are wanted, and about how many pairs there may be.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedContributors<'a> {
    pub periods: &'a [Period],
    pub limit: usize,
    /// Keys of the persons by number less one.
    pub keys: &'a [i64],
}

/// The pairs found by one worker.
#[derive(Default)]
pub struct Pairs {
    tables: Vec<OfTable>,
    room: usize,
    /// There were more than the limit.
    pub is_over: bool,
}

struct OfTable {
    slice: Slice,
    /// By period; none: it is not wanted. Of contacts, and of patients.
    periods: Vec<Option<[Vec<Pair>; 2]>>,
}

impl Pairs {
    pub fn new(wanted: WantedContributors, counted: &[Counted]) -> Pairs {
        let of = |table: &Counted| {
            let of_period = |period| wanted.periods.contains(period).then(Default::default);
            let periods = table.axes.periods.iter().map(of_period).collect();
            OfTable { slice: Slice::of(&table.axes, 0, table.axes.len()), periods }
        };
        let tables = if wanted.periods.is_empty() { Vec::new() } else { counted.iter().map(of).collect() };
        // Workers share the limit, about evenly.
        let room = wanted.limit / rayon::current_num_threads().max(1) * 5 / 4;
        Pairs { tables, room, is_over: false }
    }

    /// Notes what a doctor has in a cell, once that is known.
    pub fn note(&mut self, (table, layer): (usize, usize), cell: usize, (doctor, number): (u32, u32)) {
        let Some(table) = self.tables.get_mut(table) else { return };
        if number == 0 || self.is_over {
            return;
        }
        let (period, at) = table.slice.parts(cell);
        let Some(layers) = &mut table.periods[period] else { return };
        layers[layer].push((at, doctor, number));
        match self.room.checked_sub(1) {
            Some(room) => self.room = room,
            None => self.give_up(),
        }
    }

    /// The pairs of a table in a period of its axis.
    pub fn take(&mut self, table: usize, period: usize) -> Option<[Vec<Pair>; 2]> {
        self.tables.get_mut(table)?.periods[period].take()
    }

    pub fn merge(mut self, other: Pairs) -> Pairs {
        if self.is_over || other.is_over {
            self.give_up();
            return self;
        }
        let all = self.tables.iter_mut().flat_map(|table| table.periods.iter_mut().flatten());
        let more = other.tables.into_iter().flat_map(|table| table.periods.into_iter().flatten());
        for (layers, [contacts, patients]) in all.zip(more) {
            layers[0].extend(contacts);
            layers[1].extend(patients);
        }
        self
    }

    fn give_up(&mut self) {
        (self.is_over, self.tables) = (true, Vec::new());
    }
}
