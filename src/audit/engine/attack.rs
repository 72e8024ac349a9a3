//! The attack on a system: propagation and exact elimination, over and over until nothing moves.
//!
//! In: a [`System`] and a [`Budget`]. Out: [`Knowledge`]: what an attacker knows of each unknown,
//! how, and which unknowns give each other away. Linear programs and searches follow in
//! [`super::deepen`]. Deterministic: work is counted, never timed.

use rayon::prelude::*;

use super::components::components;
use super::eliminate::{Elimination, Equation, Fingerprint, eliminate};
use super::field::to_whole;
use super::propagate::{Ended, Ranges, propagate};
use super::system::{Range, System};

/// How the range of an unknown was found: the strongest means that moved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Nothing but the rules of publication ("at least 1").
    Stated,
    /// Sums, nonnegativity, whole numbers.
    Propagation,
    /// A linear combination of what is published.
    Elimination,
    /// A linear program.
    Program,
    /// A search through all whole-number solutions.
    Search,
}

/// How much work an attack may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Budget {
    /// Visits of rows in one propagation.
    pub visits: usize,
    /// Merged terms in the elimination of one component.
    pub elimination: usize,
    /// Cells of the largest part that is given to a linear program.
    pub program_cells: usize,
    /// Linear programs in all.
    pub programs: usize,
    /// Cells of the largest component that is searched.
    pub search_cells: usize,
    /// Nodes of one search.
    pub nodes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            visits: 50_000_000,
            elimination: 200_000_000,
            program_cells: 200,
            programs: 4_000,
            search_cells: 60,
            nodes: 2_000,
        }
    }
}

/// What an attacker knows.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// Every whole solution lies within: outer bounds, valid even where the work was cut short.
    pub ranges: Ranges,
    pub how: Vec<How>,
    /// Values that whole solutions found do take; none where no solution was built.
    pub inner: Vec<Option<Range>>,
    /// Fingerprints of unknowns still open (exact ones: default), by the last elimination.
    pub prints: Vec<Fingerprint>,
    /// Sets of open cells tied by rows.
    pub components: Vec<Vec<u32>>,
    /// A row that cannot hold: the published numbers contradict each other.
    pub contradiction: Option<usize>,
    pub effort: Effort,
}

/// What was done, and what was left undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effort {
    pub unknowns: usize,
    pub rows: usize,
    pub components: usize,
    pub largest_component: usize,
    pub propagation_cut_short: bool,
    /// Components whose equations were not all eliminated.
    pub eliminations_cut_short: usize,
    pub programs: usize,
    pub programs_failed: usize,
    /// Cells that were to be examined and were not, for want of budget.
    pub unexamined: usize,
}

impl Knowledge {
    pub fn range(&self, cell: usize) -> Range {
        self.ranges.now[cell]
    }
    /// Whether the range is known to be the true one: both ends are taken by solutions.
    pub fn is_tight(&self, cell: usize) -> bool {
        self.range(cell).is_exact() || self.inner[cell] == Some(self.range(cell))
    }
    /// Propagates from the rows of `cells`; everything that moves is put down to `how` or
    /// propagation. False: a contradiction.
    pub(super) fn settle(&mut self, system: &System, cells: Option<&[u32]>, budget: &Budget) -> bool {
        let rows: Option<Vec<u32>> =
            cells.map(|cells| cells.iter().flat_map(|&cell| system.rows_of(cell as usize)).copied().collect());
        let before = self.ranges.now.clone();
        let ended = propagate(system, &mut self.ranges, rows.as_deref(), budget.visits);
        self.effort.propagation_cut_short |= ended == Ended::CutShort;
        if let Ended::Contradiction(row) = ended {
            self.contradiction = Some(row);
        }
        for (cell, old) in before.iter().enumerate() {
            if *old != self.ranges.now[cell] {
                self.how[cell] = self.how[cell].max(How::Propagation);
            }
        }
        self.contradiction.is_none()
    }
}

/// Attacks with propagation and elimination until neither finds more.
pub fn attack(system: &System, budget: &Budget) -> Knowledge {
    let size = system.unknowns();
    let mut knowledge = Knowledge {
        ranges: Ranges::of(system),
        how: vec![How::Stated; size],
        inner: vec![None; size],
        prints: vec![Fingerprint::default(); size],
        components: Vec::new(),
        contradiction: None,
        effort: Effort { unknowns: size, rows: system.rows(), ..Effort::default() },
    };
    if knowledge.settle(system, None, budget) {
        eliminate_until_still(system, &mut knowledge, budget);
    }
    knowledge
}

/// Rounds of elimination and propagation allowed; each round fixes at least one cell more.
const ROUNDS: usize = 8;

pub(super) fn eliminate_until_still(system: &System, knowledge: &mut Knowledge, budget: &Budget) {
    for _ in 0..ROUNDS {
        knowledge.components = components(system, &knowledge.ranges.now);
        knowledge.effort.eliminations_cut_short = 0;
        let found = eliminate_all(system, knowledge, budget);
        let Some(found) = found else { return };
        let open = |knowledge: &Knowledge| knowledge.ranges.now.iter().filter(|range| !range.is_exact()).count();
        let before = open(knowledge);
        if found.is_empty() || !knowledge.settle(system, Some(&found), budget) || open(knowledge) == before {
            break;
        }
    }
    knowledge.components = components(system, &knowledge.ranges.now);
    knowledge.effort.components = knowledge.components.len();
    knowledge.effort.largest_component = knowledge.components.iter().map(Vec::len).max().unwrap_or(0);
}

/// Eliminates every component; the cells newly determined, or none on a contradiction.
fn eliminate_all(system: &System, knowledge: &mut Knowledge, budget: &Budget) -> Option<Vec<u32>> {
    let ranges = &knowledge.ranges.now;
    let results: Vec<Elimination> =
        knowledge.components.par_iter().map(|cells| eliminate_component(system, ranges, cells, budget)).collect();
    let mut found = Vec::new();
    for (at, result) in results.iter().enumerate() {
        knowledge.effort.eliminations_cut_short += usize::from(!result.complete);
        for (here, print) in result.prints.iter().enumerate() {
            let cell = knowledge.components[at][here];
            knowledge.prints[cell as usize] = *print;
            if !print.is_determined() {
                continue;
            }
            let value = to_whole(print.value);
            if result.contradiction || !knowledge.ranges.now[cell as usize].contains(value) {
                knowledge.contradiction = Some(system.rows_of(cell as usize).first().map_or(0, |&row| row as usize));
                return None;
            }
            knowledge.ranges.now[cell as usize] = Range::exactly(value);
            knowledge.how[cell as usize] = How::Elimination;
            found.push(cell);
        }
    }
    Some(found)
}

fn eliminate_component(system: &System, ranges: &[Range], cells: &[u32], budget: &Budget) -> Elimination {
    let mut rows: Vec<u32> = cells.iter().flat_map(|&cell| system.rows_of(cell as usize)).copied().collect();
    rows.sort_unstable();
    rows.dedup();
    let equations = rows.iter().filter_map(|&row| equation(system, ranges, cells, row as usize)).collect();
    eliminate(equations, cells.len(), budget.elimination)
}

/// The row over the open cells of a component, exact ones moved to the right; inequalities: none.
fn equation(system: &System, ranges: &[Range], cells: &[u32], row: usize) -> Option<Equation> {
    let row = system.get(row);
    if !row.is_equation() {
        return None;
    }
    let exact = row.terms().filter(|&(cell, _)| ranges[cell].is_exact());
    let constant: i64 = exact.map(|(cell, coefficient)| coefficient * ranges[cell].lo).sum();
    let open = row.terms().filter(|&(cell, _)| !ranges[cell].is_exact());
    let place = |cell: usize| cells.binary_search(&(cell as u32)).map_or(0, |at| at as u32);
    Some(Equation::of(open.map(|(cell, coefficient)| (place(cell), coefficient)), row.low - constant))
}
