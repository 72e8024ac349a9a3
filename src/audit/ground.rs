//! The true point of the attacker's system, and what a change of some of its cells makes of it.
//!
//! In: the system and the true values. Out: [`Ground`], the value of every unknown and the sum of
//! every row, and [`Effect`], which lays a witness's change upon them: rests that no table has
//! take up what the rows leave, and then every row and every bound that is touched must hold.
//! A change that does not get so far teaches nothing; work goes with the size of the change alone.

use super::binding::{Book, Bound, Layer, NO_VIEW, Relation};
use super::certificate::Change;
use super::engine::System;

/// The truth as a point of the system.
pub struct Ground<'a> {
    bound: &'a Bound,
    /// Rests that no row settles are taken for 0.
    pub point: Vec<i64>,
    /// Whether rows settle every rest.
    pub complete: bool,
    sums: Vec<i64>,
    /// By unknown: whether it is a rest that no view has.
    is_rest: Vec<bool>,
    /// By row: whether a rest stands in it.
    has_rest: Vec<bool>,
}

impl<'a> Ground<'a> {
    /// `values` by layer and cell of the book.
    pub fn of(book: &Book, bound: &'a Bound, values: &[Vec<i64>; 2]) -> Self {
        let system = &bound.system;
        let is_rest: Vec<bool> =
            bound.unknowns.iter().map(|&(cell, _)| book.names[cell as usize].0 == NO_VIEW).collect();
        let has_rest: Vec<bool> =
            (0..system.rows()).map(|row| system.get(row).cells.iter().any(|&cell| is_rest[cell as usize])).collect();
        let named = |&(cell, layer): &(u32, Layer)| values[layer as usize].get(cell as usize).copied().unwrap_or(0);
        let point = bound.unknowns.iter().map(named).collect();
        let mut ground = Ground { bound, point, complete: true, sums: Vec::new(), is_rest, has_rest };
        ground.settle_rests();
        ground.sums = (0..system.rows()).map(|row| system.get(row).sum_at(&ground.point)).collect();
        ground
    }

    /// Rests from the rows that make them.
    fn settle_rests(&mut self) {
        let system = &self.bound.system;
        let mut open: Vec<bool> = self.is_rest.clone();
        let mut waiting: Vec<u32> = (0..system.rows() as u32).filter(|&row| self.has_rest[row as usize]).collect();
        while let Some(number) = waiting.pop() {
            let row = system.get(number as usize);
            let mut unset = row.terms().filter(|&(cell, _)| open[cell]);
            if let (true, Some((rest, coefficient)), None) = (row.is_equation(), unset.next(), unset.next()) {
                let others: i64 = row.terms().filter(|&(c, _)| c != rest).map(|(c, by)| by * self.point[c]).sum();
                self.point[rest] = (row.low - others) / coefficient;
                open[rest] = false;
                waiting.extend(system.rows_of(rest));
            }
        }
        self.complete = !open.contains(&true);
    }

    /// Rows that do not hold at the point.
    pub fn broken(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.sums.len()).filter(|&row| !self.holds(row as u32, 0))
    }

    /// Whether a row holds when its sum is `off` from that of the truth.
    fn holds(&self, row: u32, off: i64) -> bool {
        let (low, high) = self.bound.system.sides(row as usize);
        (low..=high).contains(&(self.sums[row as usize] + off))
    }
}

/// A change laid upon the ground; kept and used again, so that its arrays are made once.
pub struct Effect {
    /// By unknown, and the unknowns that change.
    by: Vec<i64>,
    cells: Vec<u32>,
    /// By row, and the rows that were touched (some perhaps twice).
    off: Vec<i64>,
    rows: Vec<u32>,
}

impl Effect {
    pub fn new(system: &System) -> Self {
        Effect { by: vec![0; system.unknowns()], cells: Vec::new(), off: vec![0; system.rows()], rows: Vec::new() }
    }

    /// Lays a change upon the ground; false where it changes what is shown.
    pub fn lay(&mut self, ground: &Ground<'_>, change: &Change) -> bool {
        self.clear();
        for layer in Layer::BOTH {
            for &(cell, by) in &change.by[layer as usize] {
                let unknown = ground.bound.of_cell[layer as usize][cell as usize];
                if unknown == u32::MAX {
                    return false;
                }
                self.add(&ground.bound.system, unknown, by);
            }
        }
        true
    }

    fn clear(&mut self) {
        self.cells.drain(..).for_each(|cell| self.by[cell as usize] = 0);
        self.rows.drain(..).for_each(|row| self.off[row as usize] = 0);
    }

    fn add(&mut self, system: &System, unknown: u32, by: i64) {
        self.by[unknown as usize] = by;
        self.cells.push(unknown);
        for (row, coefficient) in system.terms_of(unknown as usize) {
            let off = &mut self.off[row as usize];
            if *off == 0 {
                self.rows.push(row);
            }
            *off += by * coefficient;
        }
    }

    /// A relation of patients that the change breaks.
    pub fn breaks_patients(&self, ground: &Ground<'_>) -> Option<Relation> {
        let of_patients = self.rows.iter().filter(|&&row| row as usize >= ground.bound.of_patients);
        let mut broken = of_patients.filter(|&&row| !ground.holds(row, self.off[row as usize]));
        broken.next().and_then(|&row| ground.bound.relations.get(row as usize)).copied()
    }

    /// Lets rests take up what the rows leave; whether all that is touched then holds.
    pub fn settles(&mut self, ground: &Ground<'_>) -> bool {
        let named = self.rows.iter().filter(|&&row| !ground.has_rest[row as usize]);
        if !named.into_iter().all(|&row| ground.holds(row, self.off[row as usize])) {
            return false;
        }
        self.settle_rests(ground);
        let system = &ground.bound.system;
        let within = |&cell: &u32| {
            let cell = cell as usize;
            system.bounds[cell].contains(ground.point[cell] + self.by[cell])
        };
        self.rows.iter().all(|&row| ground.holds(row, self.off[row as usize])) && self.cells.iter().all(within)
    }

    /// A row that is off and has one rest whose change is not set fixes that change.
    fn settle_rests(&mut self, ground: &Ground<'_>) {
        let system = &ground.bound.system;
        let mut waiting: Vec<u32> = self.rows.iter().copied().filter(|&row| ground.has_rest[row as usize]).collect();
        while let Some(number) = waiting.pop() {
            let off = self.off[number as usize];
            let row = system.get(number as usize);
            let mut unset = row.terms().filter(|&(cell, _)| ground.is_rest[cell] && self.by[cell] == 0);
            let (Some((rest, coefficient)), None) = (unset.next(), unset.next()) else { continue };
            if off != 0 && row.is_equation() && off % coefficient == 0 {
                self.add(system, rest as u32, -off / coefficient);
                waiting.extend(system.rows_of(rest).iter().filter(|&&row| ground.has_rest[row as usize]));
            }
        }
    }

    /// The unknowns that change, with their changes.
    pub fn changes(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        self.cells.iter().map(|&cell| (cell, self.by[cell as usize]))
    }
}
