//! The persons in each cell of some periods, noted while they are counted.
//!
//! In: a person's number in a cell, once it is known. Out: [`Persons`] by cell, of the periods that
//! are wanted. Never notes a period that is not.

use super::blocks::Slice;
use super::contributors::Persons;
use super::count::Counted;
use super::pairs::WantedContributors;

/// What one worker noted, by table.
#[derive(Default)]
pub struct Noted<'a> {
    /// Keys of persons by number less one.
    keys: &'a [i64],
    tables: Vec<OfTable>,
}

struct OfTable {
    /// Of the whole layer.
    slice: Slice,
    /// By period: its position among those wanted.
    wanted: Vec<Option<usize>>,
    periods: usize,
    /// By place, wanted period, and the rest; of contacts, and of patients.
    layers: [Vec<Persons>; 2],
}

impl<'a> Noted<'a> {
    pub fn new(wanted: WantedContributors<'a>, counted: &[Counted]) -> Noted<'a> {
        let of = |table: &Counted| {
            let mut next = 0..;
            let is_wanted = |period| wanted.periods.contains(period).then(|| next.next()).flatten();
            let slots: Vec<Option<usize>> = table.axes.periods.iter().map(is_wanted).collect();
            let periods = slots.iter().flatten().count();
            let slice = Slice::of(&table.axes, 0, table.axes.len());
            let cells = table.axes.places.len() * periods * slice.inner;
            let of_patients = if table.has_patients { cells } else { 0 };
            let layers = [cells, of_patients].map(|cells| vec![Persons::default(); cells]);
            OfTable { slice, wanted: slots, periods, layers }
        };
        let tables = if wanted.periods.is_empty() { Vec::new() } else { counted.iter().map(of).collect() };
        Noted { keys: wanted.keys, tables }
    }

    /// Whether nothing is wanted.
    pub fn is_idle(&self) -> bool {
        self.tables.is_empty()
    }

    /// Notes that a person has a number of contacts in a cell.
    pub fn contacts(&mut self, table: usize, cell: usize, (person, number): (u32, u32)) {
        let key = self.key(person);
        if let Some(persons) = self.at((table, 0), cell) {
            persons.keys = persons.keys.wrapping_add(key);
            persons.levels.add(number);
        }
    }

    /// Notes that a person is in a cell.
    pub fn patient(&mut self, table: usize, cell: usize, person: u32) {
        let key = self.key(person);
        if let Some(persons) = self.at((table, 1), cell) {
            persons.keys = persons.keys.wrapping_add(key);
        }
    }

    fn key(&self, person: u32) -> i64 {
        (person as usize).checked_sub(1).and_then(|at| self.keys.get(at)).copied().unwrap_or_default()
    }

    fn at(&mut self, (table, layer): (usize, usize), cell: usize) -> Option<&mut Persons> {
        let of = self.tables.get_mut(table)?;
        let (period, at) = of.slice.parts(cell);
        let slot = of.wanted[period]?;
        of.layers[layer].get_mut(of.slice.position(at, (slot, of.periods)))
    }

    /// The persons of a cell of a period of the axis.
    pub fn get(&self, (table, layer): (usize, usize), period: usize, at: u32) -> Option<Persons> {
        let of = self.tables.get(table)?;
        let slot = of.wanted[period]?;
        of.layers[layer].get(of.slice.position(at, (slot, of.periods))).copied()
    }

    /// What another worker noted beside this.
    pub fn merge(&mut self, other: &Noted) {
        for (table, other) in self.tables.iter_mut().zip(&other.tables) {
            for (layer, other) in table.layers.iter_mut().zip(&other.layers) {
                layer.iter_mut().zip(other).for_each(|(persons, more)| persons.merge(more));
            }
        }
    }
}
