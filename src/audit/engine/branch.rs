//! Exact search: is there a whole solution with these cells fixed? By branching and propagation.
//!
//! In: a system, fixed values, a limit of nodes. Out: a solution, the proof that there is none, or
//! "gave up", which is never taken for an answer.

use super::propagate::{Ended, Ranges, propagate};
use super::system::{Range, System};

/// Outcome of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    Found(Vec<i64>),
    Impossible,
    GaveUp,
}

/// Visits of rows allowed in one node.
const VISITS: usize = 100_000;

/// Searches a whole solution of `system` within `ranges`, with `cell` fixed at `value`.
pub fn solution_with(system: &System, ranges: &[Range], cell: usize, value: i64, nodes: usize) -> Search {
    let mut start = ranges.to_vec();
    if !start[cell].contains(value) {
        return Search::Impossible;
    }
    start[cell] = Range::exactly(value);
    solution(system, start, nodes)
}

/// Searches a whole solution of `system` within `ranges`.
pub fn solution(system: &System, ranges: Vec<Range>, nodes: usize) -> Search {
    let mut left = nodes;
    descend(system, ranges, &mut left)
}

fn descend(system: &System, ranges: Vec<Range>, left: &mut usize) -> Search {
    if *left == 0 {
        return Search::GaveUp;
    }
    *left -= 1;
    let mut ranges = Ranges { by: vec![[0; 2]; ranges.len()], now: ranges };
    match propagate(system, &mut ranges, None, VISITS) {
        Ended::Contradiction(_) => return Search::Impossible,
        Ended::CutShort => return Search::GaveUp,
        Ended::Fixpoint => {}
    }
    let ranges = ranges.now;
    let open = (0..ranges.len()).filter(|&cell| !ranges[cell].is_exact());
    let Some(cell) = open.min_by_key(|&cell| (ranges[cell].width(), cell)) else {
        let point: Vec<i64> = ranges.iter().map(|range| range.lo).collect();
        return if system.admits(&point) { Search::Found(point) } else { Search::Impossible };
    };
    // Either the cell has its least value, or it has a larger one.
    let Range { lo, hi } = ranges[cell];
    let mut gave_up = false;
    for half in [Range::exactly(lo), Range { lo: lo + 1, hi }] {
        let mut next = ranges.clone();
        next[cell] = half;
        match descend(system, next, left) {
            Search::Found(point) => return Search::Found(point),
            Search::GaveUp => gave_up = true,
            Search::Impossible => {}
        }
    }
    if gave_up { Search::GaveUp } else { Search::Impossible }
}
