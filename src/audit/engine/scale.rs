//! How the attack grows: a national table of one period, and by hand larger ones:
//! `KPRSTAT_SCALE=all cargo test --release --lib scale -- --nocapture`.

use std::time::Instant;

use super::field::random;
use super::*;

/// Places (country, counties, municipalities) x sex x age x month with quarter, skewed counts;
/// primary cells hidden, and two more of each of their lines.
struct National {
    shape: [usize; 4],
    parents: Vec<Vec<Option<usize>>>,
    value: Vec<i64>,
    hidden: Vec<bool>,
}

impl National {
    fn new(counties: usize, municipalities: usize, months: usize, seed: u64) -> Self {
        let mut place = vec![None];
        place.extend((0..counties).map(|_| Some(0)));
        place.extend((0..municipalities).map(|m| Some(1 + m % counties)));
        let flat = |codes: usize| (0..=codes).map(|code| (code > 0).then_some(0)).collect::<Vec<_>>();
        let parents = vec![place, flat(2), flat(6), flat(months)];
        let shape = [parents[0].len(), parents[1].len(), parents[2].len(), parents[3].len()];
        let size = shape.iter().product();
        let mut table = National { shape, parents, value: vec![0; size], hidden: vec![false; size] };
        for m in 0..municipalities {
            let scale = [1, 2, 4, 9, 20, 60, 300][random(seed, m as u64) as usize % 7];
            for leaf in 0..2 * 6 * months {
                let draw = random(seed ^ 77, (m * 1000 + leaf) as u64) % (2 * scale + 1);
                let codes = [1 + counties + m, 1 + leaf % 2, 1 + leaf / 2 % 6, 1 + leaf / 12];
                table.add(codes, 0, draw as i64);
            }
        }
        table.hide(seed);
        table
    }
    fn at(&self, codes: [usize; 4]) -> usize {
        codes.iter().zip(&self.shape).fold(0, |at, (code, len)| at * len + code)
    }
    fn codes(&self, mut at: usize) -> [usize; 4] {
        let mut codes = [0; 4];
        for axis in (0..4).rev() {
            codes[axis] = at % self.shape[axis];
            at /= self.shape[axis];
        }
        codes
    }
    fn add(&mut self, codes: [usize; 4], axis: usize, value: i64) {
        if axis == 4 {
            let at = self.at(codes);
            self.value[at] += value;
            return;
        }
        let mut code = Some(codes[axis]);
        while let Some(now) = code {
            let mut next = codes;
            next[axis] = now;
            self.add(next, axis + 1, value);
            code = self.parents[axis][now];
        }
    }
    fn siblings(&self, at: usize, axis: usize) -> Vec<usize> {
        let codes = self.codes(at);
        let parent = self.parents[axis][codes[axis]];
        let sibling = |code: usize| {
            let mut other = codes;
            other[axis] = code;
            self.at(other)
        };
        let all = 0..self.shape[axis];
        all.filter(|&c| parent.is_some() && self.parents[axis][c] == parent).map(sibling).collect()
    }
    fn hide(&mut self, seed: u64) {
        let primary: Vec<usize> = (0..self.value.len()).filter(|&at| (1..5).contains(&self.value[at])).collect();
        primary.iter().for_each(|&at| self.hidden[at] = true);
        for at in primary {
            for axis in 0..4 {
                let mut others = self.siblings(at, axis);
                others.retain(|&other| !self.hidden[other] && self.value[other] > 0);
                let pick = random(seed ^ 5, at as u64) as usize % others.len().max(1);
                if let Some(&other) = others.get(pick) {
                    self.hidden[other] = true;
                }
            }
        }
    }
    fn system(&self) -> System {
        let mut system = System::new();
        let mut number = vec![usize::MAX; self.value.len()];
        for at in (0..self.value.len()).filter(|&at| self.hidden[at]) {
            number[at] = system.unknown(Range::at_least(1));
        }
        for at in 0..self.value.len() {
            let codes = self.codes(at);
            for axis in 0..4 {
                let mut terms = vec![(at, -1)];
                for child in (0..self.shape[axis]).filter(|&c| self.parents[axis][c] == Some(codes[axis])) {
                    let mut part = codes;
                    part[axis] = child;
                    terms.push((self.at(part), 1));
                }
                let open: Vec<_> = terms.iter().filter(|t| self.hidden[t.0]).map(|t| (number[t.0], t.1)).collect();
                let shown: i64 = terms.iter().filter(|t| !self.hidden[t.0]).map(|t| t.1 * self.value[t.0]).sum();
                if terms.len() > 1 && !open.is_empty() {
                    system.equation(&open, -shown);
                }
            }
        }
        system.index();
        system
    }
    /// Every hidden value lies within what the attack leaves of it.
    fn is_within(&self, knowledge: &Knowledge) {
        assert_eq!(knowledge.contradiction, None);
        for (unknown, at) in (0..self.value.len()).filter(|&at| self.hidden[at]).enumerate() {
            let range = knowledge.range(unknown);
            assert!(range.lo <= self.value[at] && self.value[at] <= range.hi, "unknown {unknown}");
        }
    }
}

fn run(name: &str, municipalities: usize, months: usize) {
    let national = National::new(15, municipalities, months, 1);
    let system = national.system();
    let start = Instant::now();
    let mut knowledge = attack(&system, &Budget::default());
    let first = start.elapsed();
    let exact = |k: &Knowledge| (0..system.unknowns()).filter(|&cell| k.range(cell).is_exact()).count();
    let found = exact(&knowledge);
    println!("{name}: {} hidden, attack {first:.1?}, {found} exact, {:?}", system.unknowns(), knowledge.effort);
    let sizes: Vec<usize> = knowledge.components.iter().map(Vec::len).collect();
    println!("   components {:?}", &sizes[..sizes.len().min(30)]);
    national.is_within(&knowledge);
    if months > 3 {
        return;
    }
    let all: Vec<Target> = (0..system.unknowns() as u32).map(|cell| Target { cell, enough: 3 }).collect();
    deepen(&system, &mut knowledge, &all, &Budget::default());
    println!(
        "{name}: {} hidden, {} rows, attack {first:.1?} ({found} exact), programs {:.1?} ({} exact), {:?}",
        system.unknowns(),
        system.rows(),
        start.elapsed() - first,
        exact(&knowledge),
        knowledge.effort
    );
    national.is_within(&knowledge);
}

/// The attack never contradicts itself, nor rules out what is true.
#[test]
fn scale() {
    run("national, one period", 357, 1);
    if std::env::var("KPRSTAT_SCALE").is_ok_and(|sizes| sizes == "all") {
        run("national, one quarter", 357, 3);
        run("national, twelve months", 357, 12);
        run("many places", 3000, 12);
    }
}
