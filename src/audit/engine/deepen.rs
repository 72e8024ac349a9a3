//! Linear programs and searches on the cells that matter, with the rest of the budget.
//!
//! In: what [`super::attack()`] found, the cells to examine and the width at which a cell is wide
//! enough. Out: narrower outer bounds, and inner bounds from whole solutions that were checked in
//! whole-number arithmetic. What is left undone is counted.

use rayon::prelude::*;

use super::attack::{Budget, How, Knowledge, eliminate_until_still};
use super::branch::{Search, solution, solution_with};
use super::linear::{End, extreme, vertex};
use super::local::{Local, Scratch, neighbourhood};
use super::system::{Range, System};

/// A cell to examine until its inner bounds are `enough` apart (`i64::MAX`: to the end).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub cell: u32,
    pub enough: i64,
}

/// Examines the targets, narrowest first, as far as the budget goes.
pub fn deepen(system: &System, knowledge: &mut Knowledge, targets: &[Target], budget: &Budget) {
    if knowledge.contradiction.is_some() {
        return;
    }
    let mut chosen: Vec<Target> = targets.iter().copied().filter(|target| needs_work(knowledge, *target)).collect();
    chosen.sort_by_key(|target| (knowledge.range(target.cell as usize).width(), target.cell));
    let affordable = chosen.len().min(budget.programs / 2);
    knowledge.effort.unexamined += chosen.len() - affordable;
    chosen.truncate(affordable);
    let work = by_component(knowledge, &chosen);
    let shared = &*knowledge;
    let results: Vec<Findings> =
        work.par_iter().map(|(cells, targets)| examine(system, shared, cells, targets, budget)).collect();
    let mut moved = Vec::new();
    for findings in results {
        findings.merge_into(knowledge, &mut moved);
    }
    if !moved.is_empty() && knowledge.settle(system, Some(&moved), budget) {
        eliminate_until_still(system, knowledge, budget);
    }
}

fn needs_work(knowledge: &Knowledge, target: Target) -> bool {
    let cell = target.cell as usize;
    !knowledge.is_tight(cell) && knowledge.inner[cell].is_none_or(|range| range.width() < target.enough)
}

fn by_component(knowledge: &Knowledge, chosen: &[Target]) -> Vec<(Vec<u32>, Vec<Target>)> {
    let mut home = vec![u32::MAX; knowledge.how.len()];
    for (at, cells) in knowledge.components.iter().enumerate() {
        cells.iter().for_each(|&cell| home[cell as usize] = at as u32);
    }
    let mut work: Vec<(Vec<u32>, Vec<Target>)> =
        knowledge.components.iter().map(|cells| (cells.clone(), Vec::new())).collect();
    for target in chosen {
        if let Some(entry) = work.get_mut(home[target.cell as usize] as usize) {
            entry.1.push(*target);
        }
    }
    work.retain(|entry| !entry.1.is_empty());
    work
}

/// What the examination of one component gave, by place in it.
struct Findings<'a> {
    cells: &'a [u32],
    ranges: Vec<Range>,
    how: Vec<How>,
    inner: Vec<Option<Range>>,
    programs: usize,
    failed: usize,
}

impl<'a> Findings<'a> {
    fn of(knowledge: &Knowledge, cells: &'a [u32]) -> Self {
        let at = |cell: &u32| *cell as usize;
        Findings {
            cells,
            ranges: cells.iter().map(|cell| knowledge.range(at(cell))).collect(),
            how: cells.iter().map(|cell| knowledge.how[at(cell)]).collect(),
            inner: cells.iter().map(|cell| knowledge.inner[at(cell)]).collect(),
            programs: 0,
            failed: 0,
        }
    }
    fn merge_into(self, knowledge: &mut Knowledge, moved: &mut Vec<u32>) {
        knowledge.effort.programs += self.programs;
        knowledge.effort.programs_failed += self.failed;
        for (here, &cell) in self.cells.iter().enumerate() {
            if knowledge.range(cell as usize) != self.ranges[here] {
                moved.push(cell);
            }
            knowledge.ranges.now[cell as usize] = self.ranges[here];
            knowledge.how[cell as usize] = self.how[here];
            knowledge.inner[cell as usize] = self.inner[here];
        }
    }
    fn place(&self, cell: u32) -> usize {
        self.cells.binary_search(&cell).unwrap_or(0)
    }
    /// Widens the inner bounds of the cells of a part by one of its solutions.
    fn learn(&mut self, part: &Local, point: &[i64]) {
        for (&cell, &value) in part.cells.iter().zip(point) {
            let here = self.place(cell);
            self.inner[here] = Some(self.inner[here].map_or(Range::exactly(value), |range| range.with(value)));
        }
    }
    fn done(&self, here: usize, enough: i64) -> bool {
        let inner = self.inner[here];
        inner == Some(self.ranges[here]) || inner.is_some_and(|range| range.width() >= enough)
    }
    /// Moves an end of the outer bounds inwards.
    fn narrow(&mut self, here: usize, end: End, value: i64, how: How) {
        let range = self.ranges[here];
        let better = match end {
            End::Least => Range { lo: value.max(range.lo), hi: range.hi },
            End::Largest => Range { lo: range.lo, hi: value.min(range.hi) },
        };
        // An empty range would be a solver's error, never an answer.
        if better != range && better.lo <= better.hi {
            (self.ranges[here], self.how[here]) = (better, how);
        }
    }
}

fn examine<'a>(
    system: &System,
    knowledge: &Knowledge,
    cells: &'a [u32],
    targets: &[Target],
    budget: &Budget,
) -> Findings<'a> {
    let mut findings = Findings::of(knowledge, cells);
    let mut scratch = Scratch::of(system);
    if cells.len() > budget.program_cells {
        for target in targets {
            let near = neighbourhood(system, &knowledge.ranges.now, target.cell, budget.program_cells);
            let part = Local::of(system, &knowledge.ranges.now, &near, &mut scratch);
            examine_part(&mut findings, &part, *target);
        }
        return findings;
    }
    let whole = Local::of(system, &knowledge.ranges.now, cells, &mut scratch);
    first_solutions(&mut findings, &whole, budget);
    for target in targets {
        examine_whole(&mut findings, &whole, *target, budget);
    }
    findings
}

/// A solution of the whole component, if one is easily had: everything else starts from it.
fn first_solutions(findings: &mut Findings<'_>, whole: &Local, budget: &Budget) {
    findings.programs += 1;
    if let Some(point) = vertex(&whole.system, &whole.system.bounds).filter(|point| whole.system.admits(point)) {
        return findings.learn(whole, &point);
    }
    let small = whole.cells.len() <= budget.search_cells;
    let found = small.then(|| solution(&whole.system, whole.system.bounds.clone(), budget.nodes));
    if let Some(Search::Found(point)) = found {
        findings.learn(whole, &point);
    }
}

/// Outer bounds of one cell by its neighbourhood.
fn examine_part(findings: &mut Findings<'_>, part: &Local, target: Target) {
    let Ok(inside) = part.cells.binary_search(&target.cell) else { return };
    let here = findings.place(target.cell);
    for end in [End::Least, End::Largest] {
        findings.programs += 1;
        match extreme(&part.system, &part.system.bounds, inside, end) {
            Some(vertex) => findings.narrow(here, end, vertex.end, How::Program),
            None => findings.failed += 1,
        }
    }
}

/// Both bounds of one cell by its whole component.
fn examine_whole(findings: &mut Findings<'_>, whole: &Local, target: Target, budget: &Budget) {
    let here = findings.place(target.cell);
    for end in [End::Least, End::Largest] {
        if findings.done(here, target.enough) {
            return;
        }
        findings.programs += 1;
        match extreme(&whole.system, &whole.system.bounds, here, end) {
            Some(vertex) => {
                findings.narrow(here, end, vertex.end, How::Program);
                if whole.system.admits(&vertex.rounded) {
                    findings.learn(whole, &vertex.rounded);
                }
            }
            None => findings.failed += 1,
        }
        if whole.cells.len() <= budget.search_cells {
            search_end(findings, whole, here, end, budget);
        }
    }
}

/// Steps of one end that searches may take.
const STEPS: usize = 32;

/// Tries the very end of the outer bounds: taken by a solution, or shown to be impossible.
fn search_end(findings: &mut Findings<'_>, whole: &Local, here: usize, end: End, budget: &Budget) {
    for _ in 0..STEPS {
        let (range, inner) = (findings.ranges[here], findings.inner[here]);
        let value = if end == End::Least { range.lo } else { range.hi };
        if range.is_exact() || inner.is_some_and(|inner| inner.contains(value)) {
            return;
        }
        match solution_with(&whole.system, &whole.system.bounds, here, value, budget.nodes) {
            Search::Found(point) => return findings.learn(whole, &point),
            Search::GaveUp => return,
            Search::Impossible => {
                let next = if end == End::Least { value + 1 } else { value - 1 };
                findings.narrow(here, end, next, How::Search);
            }
        }
    }
}
