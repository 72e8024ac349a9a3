//! How many contacts, and persons, each doctor has in each cell: what a night adds late rows to.
//!
//! In: cells as doctors come and go. Out: [`Pairs`] of some periods. The doctors, the largest and
//! the second of a cell follow from its pairs. Never kept beyond its limit: then there are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Pairs that a worker takes room for at a time.
const AT_ONCE: usize = 1 << 12;

/// The room that the workers of one pass share, however many they are.
#[derive(Debug, Clone, Default)]
pub struct Room(Arc<AtomicUsize>);

impl Room {
    pub fn new(limit: usize) -> Room {
        Room(Arc::new(AtomicUsize::new(limit)))
    }

    /// Takes room for some pairs; for none where there is no more.
    fn take(&self) -> usize {
        let less = |left: usize| Some(left.saturating_sub(AT_ONCE));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).map_or(0, |left| left.min(AT_ONCE))
    }
}

/// The pairs found by one worker.
#[derive(Default)]
pub struct Pairs {
    tables: Vec<OfTable>,
    /// The room that all share, and what is taken of it and not yet used.
    room: Room,
    taken: usize,
    /// There were more than the limit.
    pub is_over: bool,
}

struct OfTable {
    slice: Slice,
    /// By period; none: it is not wanted. Of contacts, and of patients.
    periods: Vec<Option<[Vec<Pair>; 2]>>,
}

impl Pairs {
    pub fn new(wanted: WantedContributors, counted: &[Counted], room: &Room) -> Pairs {
        let of = |table: &Counted| {
            let of_period = |period| wanted.periods.contains(period).then(Default::default);
            let periods = table.axes.periods.iter().map(of_period).collect();
            OfTable { slice: Slice::of(&table.axes, 0, table.axes.len()), periods }
        };
        let tables = if wanted.periods.is_empty() { Vec::new() } else { counted.iter().map(of).collect() };
        Pairs { tables, taken: 0, room: room.clone(), is_over: false }
    }

    /// Notes what a doctor has in a cell, once that is known.
    pub fn note(&mut self, (table, layer): (usize, usize), cell: usize, (doctor, number): (u32, u32)) {
        let Some(table) = self.tables.get_mut(table) else { return };
        if number == 0 || self.is_over {
            return;
        }
        let (period, at) = table.slice.parts(cell);
        let Some(layers) = &mut table.periods[period] else { return };
        if self.taken == 0 {
            self.taken = self.room.take();
        }
        match self.taken.checked_sub(1) {
            Some(taken) => {
                self.taken = taken;
                layers[layer].push((at, doctor, number));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_of_many_may_take_all_the_room_and_no_more() {
        let limit = 3 * AT_ONCE + 7;
        let room = Room::new(limit);
        let others: Vec<Room> = (0..64).map(|_| room.clone()).collect();
        let taken: usize = std::iter::repeat_with(|| room.take()).take_while(|&taken| taken > 0).sum();
        assert_eq!(taken, limit);
        assert!(others.iter().all(|room| room.take() == 0), "it is the same room");
    }
}
