//! Components: unknowns that no row ties to each other are attacked apart.
//!
//! In: a system and the ranges so far. Out: the sets of cells that are still open, each tied by
//! rows, in the order of their first cell.

use super::system::{Range, System};

/// The open cells of each component, ascending; components by first cell.
pub fn components(system: &System, ranges: &[Range]) -> Vec<Vec<u32>> {
    let mut parent: Vec<u32> = (0..ranges.len() as u32).collect();
    for row in 0..system.rows() {
        let mut open = system.get(row).cells.iter().copied().filter(|&cell| !ranges[cell as usize].is_exact());
        let Some(first) = open.next() else { continue };
        open.for_each(|cell| join(&mut parent, first, cell));
    }
    let mut sets: Vec<Vec<u32>> = Vec::new();
    let mut place = vec![u32::MAX; ranges.len()];
    for cell in (0..ranges.len() as u32).filter(|&cell| !ranges[cell as usize].is_exact()) {
        let root = find(&mut parent, cell) as usize;
        if place[root] == u32::MAX {
            place[root] = sets.len() as u32;
            sets.push(Vec::new());
        }
        sets[place[root] as usize].push(cell);
    }
    sets
}

fn find(parent: &mut [u32], cell: u32) -> u32 {
    let mut at = cell;
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// The smaller number becomes the root.
fn join(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}
