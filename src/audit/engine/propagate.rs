//! Activity-bound propagation in whole numbers, to a fixpoint.
//!
//! In: a [`System`], the ranges so far, the rows to begin with. Out: narrower ranges, and the row
//! that gave each end. Every range stays valid whenever the work is cut short; a row that cannot
//! hold is reported and never repaired.

use std::collections::VecDeque;

use super::system::{Range, Row, System, UNBOUNDED};

/// The row that last moved an end, or none.
pub const NO_ROW: u32 = u32::MAX;

/// Ranges of all unknowns of a system, and where they came from.
#[derive(Debug, Clone)]
pub struct Ranges {
    pub now: Vec<Range>,
    /// Row that gave `lo`, and `hi`.
    pub by: Vec<[u32; 2]>,
}

impl Ranges {
    pub fn of(system: &System) -> Self {
        Ranges { now: system.bounds.clone(), by: vec![[NO_ROW; 2]; system.unknowns()] }
    }
}

/// How a propagation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Fixpoint,
    /// The visits were used up: ranges are valid but may be wider than need be.
    CutShort,
    /// This row cannot hold: what is published contradicts itself.
    Contradiction(usize),
}

/// Propagates from `rows` (all: `None`) with at most `visits` visits of rows.
pub fn propagate(system: &System, ranges: &mut Ranges, rows: Option<&[u32]>, visits: usize) -> Ended {
    let all: Vec<u32>;
    let first = match rows {
        Some(rows) => rows,
        None => {
            all = (0..system.rows() as u32).collect();
            &all
        }
    };
    let mut waiting = vec![false; system.rows()];
    let mut queue: VecDeque<u32> = VecDeque::with_capacity(first.len());
    first.iter().for_each(|&row| enqueue(row, &mut waiting, &mut queue));
    let mut changed = Vec::new();
    for _ in 0..visits {
        let Some(row) = queue.pop_front() else { return Ended::Fixpoint };
        waiting[row as usize] = false;
        changed.clear();
        if !visit(system.get(row as usize), row, ranges, &mut changed) {
            return Ended::Contradiction(row as usize);
        }
        for &cell in &changed {
            system.rows_of(cell as usize).iter().for_each(|&other| enqueue(other, &mut waiting, &mut queue));
        }
    }
    if queue.is_empty() { Ended::Fixpoint } else { Ended::CutShort }
}

fn enqueue(row: u32, waiting: &mut [bool], queue: &mut VecDeque<u32>) {
    if !std::mem::replace(&mut waiting[row as usize], true) {
        queue.push_back(row);
    }
}

/// Least and largest sum of a row: the finite part, and the number of terms without end.
#[derive(Default, Clone, Copy)]
struct Activity {
    least: i64,
    least_open: usize,
    largest: i64,
    largest_open: usize,
}

impl Activity {
    fn of(row: Row<'_>, ranges: &[Range]) -> Self {
        let mut sum = Activity::default();
        for (cell, coefficient) in row.terms() {
            let (least, largest) = ends(coefficient, ranges[cell]);
            least.map_or_else(|| sum.least_open += 1, |end| sum.least += end);
            largest.map_or_else(|| sum.largest_open += 1, |end| sum.largest += end);
        }
        sum
    }
    /// Least sum of the other terms, if they have one.
    fn least_without(&self, own: Option<i64>) -> Option<i64> {
        match own {
            Some(own) => (self.least_open == 0).then(|| self.least - own),
            None => (self.least_open == 1).then_some(self.least),
        }
    }
    fn largest_without(&self, own: Option<i64>) -> Option<i64> {
        match own {
            Some(own) => (self.largest_open == 0).then(|| self.largest - own),
            None => (self.largest_open == 1).then_some(self.largest),
        }
    }
    fn fits(&self, row: Row<'_>) -> bool {
        let above = self.least_open == 0 && self.least > row.high;
        let below = self.largest_open == 0 && self.largest < row.low;
        !above && !below
    }
}

/// Least and largest value of one term.
fn ends(coefficient: i64, range: Range) -> (Option<i64>, Option<i64>) {
    let lo = Some(coefficient * range.lo);
    let hi = (range.hi < UNBOUNDED).then(|| coefficient * range.hi);
    if coefficient > 0 { (lo, hi) } else { (hi, lo) }
}

/// Narrows the cells of one row; false when the row cannot hold.
fn visit(row: Row<'_>, number: u32, ranges: &mut Ranges, changed: &mut Vec<u32>) -> bool {
    let activity = Activity::of(row, &ranges.now);
    if !activity.fits(row) {
        return false;
    }
    for (cell, coefficient) in row.terms() {
        let old = ranges.now[cell];
        if old.is_exact() {
            continue;
        }
        let (least, largest) = ends(coefficient, old);
        // coefficient x cell lies between `from` and `to`
        let to = activity.least_without(least).filter(|_| row.high < UNBOUNDED).map(|rest| row.high - rest);
        let from = activity.largest_without(largest).filter(|_| row.low > -UNBOUNDED).map(|rest| row.low - rest);
        let new = quotient(coefficient, from, to);
        if new.lo > old.lo {
            ranges.now[cell].lo = new.lo;
            ranges.by[cell][0] = number;
        }
        if new.hi < old.hi {
            ranges.now[cell].hi = new.hi;
            ranges.by[cell][1] = number;
        }
        if ranges.now[cell].lo > ranges.now[cell].hi {
            return false;
        }
        if ranges.now[cell] != old {
            changed.push(cell as u32);
        }
    }
    true
}

/// The whole numbers x with `from <= coefficient x <= to`.
fn quotient(coefficient: i64, from: Option<i64>, to: Option<i64>) -> Range {
    let divisor = coefficient.abs();
    let (from, to) = if coefficient > 0 { (from, to) } else { (to.map(|end| -end), from.map(|end| -end)) };
    let lo = from.map_or(-UNBOUNDED, |end| -(-end).div_euclid(divisor));
    let hi = to.map_or(UNBOUNDED, |end| end.div_euclid(divisor));
    Range { lo, hi }
}
