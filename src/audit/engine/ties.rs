//! Who knows one hidden cell knows another: proportional fingerprints.
//!
//! In: the fingerprints of the open cells of each component. Out: groups of cells in which each
//! determines every other, with the factor: -1 means that their sum is determined (a union), 1
//! their difference. The insider's test and the union's test rest on it. It never says what a sum
//! is.

use std::collections::BTreeMap;

use super::attack::Knowledge;
use super::field::{inverse, multiply, to_whole};

/// Cells of which any one determines the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// Ascending; the first is the one that the factors refer to.
    pub cells: Vec<u32>,
    /// What each cell changes by when the first changes by 1; 0: no whole number.
    pub factors: Vec<i64>,
}

/// Factors beyond this are no whole numbers but residues of fractions.
const LARGEST_FACTOR: i64 = 1_000_000;

/// Groups of at least two open cells, by first cell.
pub fn ties(knowledge: &Knowledge) -> Vec<Tie> {
    let mut found = Vec::new();
    for cells in &knowledge.components {
        let mut groups: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for &cell in cells {
            let print = knowledge.prints[cell as usize];
            if !print.is_determined() {
                groups.entry(print.direction()).or_default().push(cell);
            }
        }
        found.extend(groups.into_values().filter(|group| group.len() > 1).map(|group| tie(knowledge, group)));
    }
    found.sort_by_key(|tie: &Tie| tie.cells[0]);
    found
}

fn tie(knowledge: &Knowledge, cells: Vec<u32>) -> Tie {
    let value = |cell: u32| {
        let [first, second] = knowledge.prints[cell as usize].null;
        if first == 0 { second } else { first }
    };
    let unit = inverse(value(cells[0]));
    let factor = |&cell: &u32| {
        let factor = to_whole(multiply(value(cell), unit));
        if factor.abs() <= LARGEST_FACTOR { factor } else { 0 }
    };
    let factors = cells.iter().map(factor).collect();
    Tie { cells, factors }
}
