//! A part of a system, small enough to be solved: a whole component, or a neighbourhood in it.
//!
//! In: a system, what is known so far, the cells to keep. Out: a system of its own over these
//! cells. Cells left out are free within their ranges: what is impossible in the part is impossible
//! in the whole. It never narrows anything by itself.

use super::system::{Range, System, UNBOUNDED};

/// A part of a system: `cells[i]` is the number there of unknown `i` here.
#[derive(Debug, Clone)]
pub struct Local {
    pub cells: Vec<u32>,
    pub system: System,
}

/// Numbers of cells here by their number there, reused from part to part.
#[derive(Debug, Default)]
pub struct Scratch {
    place: Vec<u32>,
}

impl Scratch {
    pub fn of(system: &System) -> Self {
        Scratch { place: vec![u32::MAX; system.unknowns()] }
    }
}

impl Local {
    pub fn of(system: &System, ranges: &[Range], cells: &[u32], scratch: &mut Scratch) -> Self {
        let mut local = System::new();
        for (here, &cell) in cells.iter().enumerate() {
            scratch.place[cell as usize] = here as u32;
            local.unknown(ranges[cell as usize]);
        }
        let mut rows: Vec<u32> = cells.iter().flat_map(|&cell| system.rows_of(cell as usize)).copied().collect();
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            add_row(&mut local, system, ranges, row as usize, scratch);
        }
        local.index();
        cells.iter().for_each(|&cell| scratch.place[cell as usize] = u32::MAX);
        Local { cells: cells.to_vec(), system: local }
    }
}

fn add_row(local: &mut System, system: &System, ranges: &[Range], row: usize, scratch: &Scratch) {
    let row = system.get(row);
    let mut terms = Vec::with_capacity(row.cells.len());
    // Least and largest sum of the terms left out.
    let (mut least, mut largest) = (Some(0i64), Some(0i64));
    for (cell, coefficient) in row.terms() {
        let here = scratch.place[cell];
        if here != u32::MAX {
            terms.push((here as usize, coefficient));
            continue;
        }
        let range = ranges[cell];
        let lo = Some(coefficient * range.lo);
        let hi = (range.hi < UNBOUNDED).then(|| coefficient * range.hi);
        let (from, to) = if coefficient > 0 { (lo, hi) } else { (hi, lo) };
        least = least.zip(from).map(|(sum, end)| sum + end);
        largest = largest.zip(to).map(|(sum, end)| sum + end);
    }
    let high = least.filter(|_| row.high < UNBOUNDED).map_or(UNBOUNDED, |sum| row.high - sum);
    let low = largest.filter(|_| row.low > -UNBOUNDED).map_or(-UNBOUNDED, |sum| row.low - sum);
    if !terms.is_empty() && (high < UNBOUNDED || low > -UNBOUNDED) {
        local.row(&terms, low, high);
    }
}

/// The cells nearest to `start`, by rows, at most `limit`, ascending; only open ones.
pub fn neighbourhood(system: &System, ranges: &[Range], start: u32, limit: usize) -> Vec<u32> {
    let mut found = vec![start];
    let mut seen: std::collections::BTreeSet<u32> = [start].into();
    let mut at = 0;
    while at < found.len() && found.len() < limit {
        for &row in system.rows_of(found[at] as usize) {
            for &cell in system.get(row as usize).cells {
                if found.len() < limit && !ranges[cell as usize].is_exact() && seen.insert(cell) {
                    found.push(cell);
                }
            }
        }
        at += 1;
    }
    found.sort_unstable();
    found
}
