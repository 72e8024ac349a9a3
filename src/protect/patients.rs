//! What everybody knows of counts of patients besides their sums.
//!
//! In: a system. Out: [`PatientRules`]: patients of a part are no more than those of the whole, and
//! these no more than those of all parts together. So it is over contact types in every cell (a
//! person has one place, sex and age in a period, whatever the type), and over time in the whole
//! country, where nobody moves away. Never limits contacts.

use rustc_hash::FxHashMap;

use super::grid::CellId;
use super::moves::Room;
use super::system::{Rank, System};
use crate::relations::{DimKind, Sum, sums};

/// Rules of the form `sum of coefficient x patients <= 0`, over cells.
#[derive(Debug, Default)]
pub(super) struct PatientRules {
    members: Vec<(CellId, i8)>,
    /// Where the members of a rule start; one more at the end.
    starts: Vec<u32>,
    /// How far a rule is from its limit.
    slack: Vec<u32>,
    /// Rules of every cell, with its coefficient.
    of_cell: FxHashMap<CellId, Vec<(u32, i8)>>,
}

/// A cell of a line along a dimension: the line, the code along it, the cell.
type Entry = (u128, u16, CellId);

impl PatientRules {
    /// Finds the rules of a system.
    pub fn of(system: &System<'_>) -> PatientRules {
        let mut rules = PatientRules { starts: vec![0], ..PatientRules::default() };
        for (dim, of) in system.universe.dims.iter().enumerate() {
            match of.kind {
                DimKind::Type => rules.add_lines(system, dim, entries(system, dim, |_| true)),
                DimKind::Time => rules.add_lines(system, dim, entries(system, dim, |rank| rank == Rank::Country)),
                _ => {}
            }
        }
        rules
    }

    fn add_lines(&mut self, system: &System<'_>, dim: usize, entries: Vec<Entry>) {
        let mut known: FxHashMap<Vec<u16>, Vec<Sum>> = FxHashMap::default();
        for line in entries.chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
            let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
            let found = known.entry(present).or_insert_with_key(|present| sums(&system.universe.dims[dim], present));
            for sum in found.iter() {
                self.add_sum(system, line, sum);
            }
        }
    }

    fn add_sum(&mut self, system: &System<'_>, line: &[Entry], sum: &Sum) {
        let cell = |code: &u16| line.iter().find(|entry| entry.1 == *code).map(|entry| entry.2);
        let Some(whole) = cell(&sum.parent) else { return };
        let parts: Vec<CellId> = sum.children.iter().filter_map(cell).collect();
        for &part in &parts {
            self.add(system, &[(part, 1), (whole, -1)]);
        }
        if parts.len() == sum.children.len() {
            let all: Vec<(CellId, i8)> = parts.into_iter().map(|part| (part, -1)).chain([(whole, 1)]).collect();
            self.add(system, &all);
        }
    }

    /// Adds a rule. One that the truth breaks is no rule; one among zeros says nothing.
    fn add(&mut self, system: &System<'_>, members: &[(CellId, i8)]) {
        let patients = |cell: CellId| i64::from(system.cells[cell as usize].patients);
        let sum: i64 = members.iter().map(|&(cell, by)| i64::from(by) * patients(cell)).sum();
        let Ok(slack) = u32::try_from(-sum) else { return };
        if members.iter().all(|&(cell, _)| patients(cell) == 0) {
            return;
        }
        let rule = self.slack.len() as u32;
        for &(cell, by) in members {
            self.of_cell.entry(cell).or_default().push((rule, by));
        }
        self.members.extend(members);
        self.starts.push(self.members.len() as u32);
        self.slack.push(slack);
    }

    /// Limits how far a move may go, given the cells in which it changes patients.
    pub fn limit(&self, changes: &[(CellId, i8)], touched: &mut Vec<(u32, i32)>, room: &mut Room) {
        touched.clear();
        for (cell, change) in changes {
            for &(rule, by) in self.of_cell.get(cell).into_iter().flatten() {
                touched.push((rule, i32::from(by) * i32::from(*change)));
            }
        }
        touched.sort_unstable();
        for rule in touched.chunk_by(|a, b| a.0 == b.0) {
            let change: i32 = rule.iter().map(|(_, by)| by).sum();
            if change != 0 {
                let room_left = self.slack[rule[0].0 as usize] / change.unsigned_abs();
                room.limit_patients(room_left, -change.signum() as i8);
            }
        }
    }

    /// The rules that a change of some cells may break: their members.
    pub fn touched(&self, cells: impl Iterator<Item = CellId>) -> Vec<&[(CellId, i8)]> {
        let mut rules: Vec<u32> =
            cells.filter_map(|cell| self.of_cell.get(&cell)).flatten().map(|&(rule, _)| rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let members =
            |rule: u32| &self.members[self.starts[rule as usize] as usize..self.starts[rule as usize + 1] as usize];
        rules.into_iter().map(members).collect()
    }
}

/// The cells with patients by line of a dimension, sorted, each once.
fn entries(system: &System<'_>, dim: usize, take: impl Fn(Rank) -> bool) -> Vec<Entry> {
    let mut radix: Vec<u128> = Vec::new();
    let mut next: u128 = 1;
    for of in &system.universe.dims {
        radix.push(next);
        next = next.saturating_mul(of.codes.len() as u128);
    }
    let mut entries = Vec::new();
    for (view, grid) in system.grids.iter().enumerate().filter(|&(view, _)| system.shows_patients(view)) {
        for (index, &id) in grid.ids.iter().enumerate() {
            if !system.cells.get(id as usize).is_some_and(|cell| cell.has_patients() && take(cell.rank)) {
                continue;
            }
            let codes = system.coordinates(view, index);
            let others = codes.iter().zip(&radix).enumerate().filter(|(at, _)| *at != dim);
            let line = others.map(|(_, (&code, radix))| radix * u128::from(code)).sum();
            entries.push((line, codes[dim], id));
        }
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}
