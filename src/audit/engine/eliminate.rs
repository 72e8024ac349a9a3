//! Exact linear tests: what the equations alone determine, by sparse elimination modulo a prime.
//!
//! In: the equations over the unknowns of one component. Out: a fingerprint of each unknown: two
//! random vectors of the null space and a particular solution. A fingerprint of zeros means that
//! the unknown is determined; two proportional ones mean that who knows the one knows the other.
//! When the work is used up the rows left are left out: what is then found holds, but not all is
//! found.

use std::collections::BTreeSet;

use super::field::{add, from_whole, inverse, multiply, negative, random};

/// An equation: terms sorted by cell with residues as coefficients, and the right-hand side.
#[derive(Debug, Clone, Default)]
pub struct Equation {
    pub terms: Vec<(u32, u64)>,
    pub value: u64,
}

impl Equation {
    pub fn of(terms: impl Iterator<Item = (u32, i64)>, value: i64) -> Self {
        let mut terms: Vec<_> = terms.map(|(cell, coefficient)| (cell, from_whole(coefficient))).collect();
        terms.sort_unstable();
        Equation { terms, value: from_whole(value) }
    }
    fn coefficient(&self, cell: u32) -> Option<u64> {
        self.terms.binary_search_by_key(&cell, |term| term.0).ok().map(|at| self.terms[at].1)
    }
}

/// What the null space says of one unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its values in two random vectors of the null space.
    pub null: [u64; 2],
    /// Its value in one solution; the value itself where it is determined.
    pub value: u64,
}

impl Fingerprint {
    pub fn is_determined(&self) -> bool {
        self.null == [0, 0]
    }
    /// Equal for proportional fingerprints.
    pub fn direction(&self) -> u64 {
        if self.null[1] == 0 { u64::MAX } else { multiply(self.null[0], inverse(self.null[1])) }
    }
}

/// Fingerprints of all unknowns, and whether every equation was used.
#[derive(Debug, Clone)]
pub struct Elimination {
    pub prints: Vec<Fingerprint>,
    pub complete: bool,
    /// The equations contradict each other.
    pub contradiction: bool,
}

/// Eliminates the equations over `unknowns` unknowns with about `work` merged terms.
pub fn eliminate(equations: Vec<Equation>, unknowns: usize, work: usize) -> Elimination {
    let mut state = State::new(equations, unknowns);
    let mut left = work;
    while let Some((_, row)) = state.queue.pop_first() {
        if left == 0 {
            state.complete = false;
            break;
        }
        left = left.saturating_sub(state.retire(row));
    }
    let prints = state.substitute_back(unknowns);
    Elimination { prints, complete: state.complete, contradiction: state.contradiction }
}

struct State {
    /// Rows still waiting; a retired one is empty here.
    rows: Vec<Equation>,
    /// Rows that may hold the cell, and the number of rows still waiting that do.
    holders: Vec<Vec<u32>>,
    counts: Vec<u32>,
    queue: BTreeSet<(usize, u32)>,
    /// Retired rows with their pivot, in the order of retirement.
    retired: Vec<(Equation, u32)>,
    complete: bool,
    contradiction: bool,
}

impl State {
    fn new(rows: Vec<Equation>, unknowns: usize) -> Self {
        let (mut holders, mut counts) = (vec![Vec::new(); unknowns], vec![0; unknowns]);
        for (number, row) in rows.iter().enumerate() {
            for &(cell, _) in &row.terms {
                holders[cell as usize].push(number as u32);
                counts[cell as usize] += 1;
            }
        }
        let queue = rows.iter().enumerate().map(|(number, row)| (row.terms.len(), number as u32)).collect();
        State { rows, holders, counts, queue, retired: Vec::new(), complete: true, contradiction: false }
    }

    /// Takes the shortest row, chooses the rarest of its cells and removes it from all other rows.
    fn retire(&mut self, row: u32) -> usize {
        let own = std::mem::take(&mut self.rows[row as usize]);
        let rarest = own.terms.iter().min_by_key(|&&(cell, _)| (self.counts[cell as usize], cell));
        let Some(&(pivot, coefficient)) = rarest else {
            self.contradiction |= own.value != 0;
            return 1;
        };
        own.terms.iter().for_each(|&(cell, _)| self.counts[cell as usize] -= 1);
        let factor = negative(inverse(coefficient));
        let mut work = own.terms.len();
        for other in std::mem::take(&mut self.holders[pivot as usize]) {
            if let Some(theirs) = self.rows[other as usize].coefficient(pivot) {
                work += self.add_multiple(other, &own, multiply(theirs, factor));
            }
        }
        self.retired.push((own, pivot));
        work
    }

    /// Row `to` plus `factor` times `own`; the number of terms touched.
    fn add_multiple(&mut self, to: u32, own: &Equation, factor: u64) -> usize {
        let old = std::mem::take(&mut self.rows[to as usize]);
        self.queue.remove(&(old.terms.len(), to));
        let mut terms = Vec::with_capacity(old.terms.len() + own.terms.len());
        let (mut a, mut b) = (0, 0);
        while a < old.terms.len() || b < own.terms.len() {
            let (mine, theirs) = (old.terms.get(a), own.terms.get(b));
            match (mine, theirs) {
                (Some(&(x, value)), Some(&(y, other))) if x == y => {
                    (a, b) = (a + 1, b + 1);
                    match add(value, multiply(other, factor)) {
                        0 => self.counts[x as usize] -= 1,
                        sum => terms.push((x, sum)),
                    }
                }
                (Some(&(x, value)), other) if other.is_none_or(|&(y, _)| x < y) => {
                    a += 1;
                    terms.push((x, value));
                }
                (_, Some(&(y, other))) => {
                    b += 1;
                    terms.push((y, multiply(other, factor)));
                    self.counts[y as usize] += 1;
                    self.holders[y as usize].push(to);
                }
                _ => break,
            }
        }
        self.queue.insert((terms.len(), to));
        let value = add(old.value, multiply(own.value, factor));
        self.rows[to as usize] = Equation { terms, value };
        old.terms.len() + own.terms.len()
    }

    /// Random values for the free cells, and the pivots computed from them, last first.
    fn substitute_back(&self, unknowns: usize) -> Vec<Fingerprint> {
        let free = |cell: usize| Fingerprint { null: [random(1, cell as u64), random(2, cell as u64)], value: 0 };
        let mut prints: Vec<Fingerprint> = (0..unknowns).map(free).collect();
        for (row, pivot) in self.retired.iter().rev() {
            let mut sum = Fingerprint { null: [0, 0], value: negative(row.value) };
            for &(cell, coefficient) in row.terms.iter().filter(|term| term.0 != *pivot) {
                let print = prints[cell as usize];
                sum.null = [0, 1].map(|i| add(sum.null[i], multiply(coefficient, print.null[i])));
                sum.value = add(sum.value, multiply(coefficient, print.value));
            }
            let factor = negative(inverse(row.coefficient(*pivot).unwrap_or(1)));
            prints[*pivot as usize] =
                Fingerprint { null: sum.null.map(|value| multiply(value, factor)), value: multiply(sum.value, factor) };
        }
        prints
    }
}
