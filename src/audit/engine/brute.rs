//! Small tables, all of whose whole-number completions are enumerated: the attack's intervals are
//! the true ones.

use super::field::random;
use super::*;

/// A table of `rows` x `columns` x 2 with all margins; the hidden cells are unknowns.
struct Table {
    shape: [usize; 3],
    /// Hidden: the unknown's number; by code (0 is total).
    unknown: Vec<Option<usize>>,
    value: Vec<i64>,
}

impl Table {
    fn at(&self, codes: [usize; 3]) -> usize {
        (codes[0] * (self.shape[1] + 1) + codes[1]) * (self.shape[2] + 1) + codes[2]
    }
    fn codes(&self) -> impl Iterator<Item = [usize; 3]> + use<> {
        let [a, b, c] = self.shape;
        (0..=a).flat_map(move |i| (0..=b).flat_map(move |j| (0..=c).map(move |k| [i, j, k])))
    }
    fn leaves(&self) -> Vec<[usize; 3]> {
        self.codes().filter(|codes| codes.iter().all(|&code| code > 0)).collect()
    }
    /// Seeded table: most leaves small; 1 and 2 are hidden, and some others.
    fn seeded(seed: u64) -> Self {
        let mut draw = 0;
        let mut next = |below: u64| {
            draw += 1;
            random(seed, draw) % below
        };
        let shape = [2, 2 + next(2) as usize, 1 + next(2) as usize];
        let size = (shape[0] + 1) * (shape[1] + 1) * (shape[2] + 1);
        let mut table = Table { shape, unknown: vec![None; size], value: vec![0; size] };
        for leaf in table.leaves() {
            let value = [0, 0, 1, 1, 2, 3, 4][next(7) as usize];
            table.add(leaf, value);
        }
        let mut unknowns = 0;
        for codes in table.codes().filter(|&codes| codes != [0, 0, 0]).collect::<Vec<_>>() {
            let at = table.at(codes);
            let hide = (1..=2).contains(&table.value[at]) || (table.value[at] > 0 && next(4) == 0);
            if hide {
                table.unknown[at] = Some(unknowns);
                unknowns += 1;
            }
        }
        table
    }
    /// Adds to a leaf and all its totals.
    fn add(&mut self, leaf: [usize; 3], value: i64) {
        for mask in 0..8 {
            let codes = [0, 1, 2].map(|axis| if mask >> axis & 1 == 1 { 0 } else { leaf[axis] });
            let at = self.at(codes);
            self.value[at] += value;
        }
    }
    fn system(&self) -> System {
        let mut system = System::new();
        for _ in self.unknown.iter().flatten() {
            system.unknown(Range::at_least(1));
        }
        for codes in self.codes() {
            for axis in (0..3).filter(|&axis| codes[axis] == 0) {
                let (mut terms, mut value) = (Vec::new(), 0);
                for code in 0..=self.shape[axis] {
                    let mut part = codes;
                    part[axis] = code;
                    let sign = if code == 0 { -1 } else { 1 };
                    match self.unknown[self.at(part)] {
                        Some(cell) => terms.push((cell, sign)),
                        None => value -= sign * self.value[self.at(part)],
                    }
                }
                system.equation(&terms, value);
            }
        }
        system.index();
        system
    }
    /// Every completion: the true range of each unknown.
    fn enumerate(&self) -> Vec<Range> {
        let open: Vec<[usize; 3]> = self.leaves().into_iter().filter(|&l| self.unknown[self.at(l)].is_some()).collect();
        let shown: i64 = self
            .leaves()
            .iter()
            .map(|&l| self.at(l))
            .filter(|&at| self.unknown[at].is_none())
            .map(|at| self.value[at])
            .sum();
        let rest = self.value[0] - shown;
        let mut found = vec![None; self.unknown.iter().flatten().count()];
        let mut table = Table { value: vec![0; self.value.len()], shape: self.shape, unknown: self.unknown.clone() };
        for leaf in self.leaves().into_iter().filter(|&l| self.unknown[self.at(l)].is_none()) {
            table.add(leaf, self.value[self.at(leaf)]);
        }
        self.fill(&mut table, &open, rest, &mut found);
        found.into_iter().map(|range: Option<Range>| range.expect("the truth is a completion")).collect()
    }
    fn fill(&self, table: &mut Table, open: &[[usize; 3]], rest: i64, found: &mut [Option<Range>]) {
        let Some((&leaf, others)) = open.split_first() else {
            if rest == 0 {
                self.record(table, found)
            }
            return;
        };
        for value in 1..=rest {
            table.add(leaf, value);
            self.fill(table, others, rest - value, found);
            table.add(leaf, -value);
        }
    }
    fn record(&self, table: &Table, found: &mut [Option<Range>]) {
        let agrees = |at: usize| match self.unknown[at] {
            Some(_) => table.value[at] >= 1,
            None => table.value[at] == self.value[at],
        };
        if !(0..self.value.len()).all(agrees) {
            return;
        }
        for (at, cell) in self.unknown.iter().enumerate() {
            if let Some(cell) = *cell {
                let value = table.value[at];
                found[cell] = Some(found[cell].map_or(Range::exactly(value), |range: Range| range.with(value)));
            }
        }
    }
}

#[test]
fn intervals_equal_the_true_ranges_on_enumerated_tables() {
    let (mut tables, mut exact, mut cells) = (0, 0, 0);
    for seed in 0..400 {
        let table = Table::seeded(seed);
        let open = table.leaves().iter().filter(|&&leaf| table.unknown[table.at(leaf)].is_some()).count();
        if open > 6 || table.value[0] > 22 {
            continue;
        }
        let truth = table.enumerate();
        let system = table.system();
        let mut knowledge = attack(&system, &Budget::default());
        let after_attack = knowledge.ranges.now.clone();
        let all: Vec<Target> = (0..truth.len() as u32).map(|cell| Target { cell, enough: i64::MAX }).collect();
        deepen(&system, &mut knowledge, &all, &Budget::default());
        assert_eq!(knowledge.contradiction, None, "seed {seed}");
        for (cell, &range) in truth.iter().enumerate() {
            let first = after_attack[cell];
            assert!(
                first.lo <= range.lo && range.hi <= first.hi,
                "seed {seed}: {first:?} is no outer bound of {range:?}"
            );
            assert_eq!(knowledge.range(cell), range, "seed {seed}, cell {cell}");
            assert!(knowledge.is_tight(cell), "seed {seed}, cell {cell}");
            exact += usize::from(range.is_exact());
            cells += 1;
        }
        tables += 1;
    }
    assert!(tables > 150 && exact > 100 && cells - exact > 100, "{tables} tables, {exact} exact of {cells}");
}
