//! The judge: what the attack found, beside the restricted truth.
//!
//! In: the system, what the attacker knows of it, the true values, the width that each unsafe
//! count needs, and the checked changes of the certificate's witnesses. Out: findings that forbid
//! publication, and cells hidden in vain. Solutions count only after every row of the attacker's
//! own system was found to hold.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::binding::{Book, Bound, Layer, Seen};
use super::certificate::Change;
use super::engine::{Budget, Knowledge, Range, System, Target, deepen, ties};
use super::report::{Finding, Findings, Kind};
use super::restricted::{Thresholds, Truth};
use crate::relations::Universe;

/// One universe under judgement.
pub struct Case<'a> {
    pub universe: &'a Universe,
    pub book: &'a Book,
    pub bound: &'a Bound,
    pub truths: &'a [Vec<Truth>; 2],
    pub thresholds: &'a Thresholds,
}

/// A change by unknown, and what it makes of the rows.
#[derive(Default)]
struct Moved {
    by: FxHashMap<u32, i64>,
    /// By row that an unknown of the change stands in: the change of its sum.
    off: FxHashMap<u32, i64>,
}

impl Moved {
    fn add(&mut self, system: &System, unknown: u32, by: i64) {
        *self.by.entry(unknown).or_default() += by;
        for &row in system.rows_of(unknown as usize) {
            *self.off.entry(row).or_default() += by * system.get(row as usize).coefficient(unknown);
        }
    }
}

impl Case<'_> {
    /// Judges every unknown. `values` are the certificate's true values, `changes` its witnesses,
    /// `claimed` what its claims ask of cells that no restricted row is about.
    pub fn judge(
        &self,
        knowledge: &mut Knowledge,
        values: &[Vec<i64>; 2],
        changes: &[Option<Change>],
        claimed: &[std::collections::BTreeMap<u32, i64>; 2],
        findings: &mut Findings,
    ) {
        self.unsafe_shown(findings);
        let needs = self.needs(claimed);
        let point = self.truth_point(values);
        match point.filter(|point| self.truth_fits(point, knowledge, findings)) {
            Some(point) => self.learn(&point, changes, knowledge),
            None => findings.add(
                Finding::of(Kind::TruthOutside, &self.universe.id)
                    .relation("the true values are no solution of the attacker's system"),
            ),
        }
        let targets: Vec<Target> = (0..needs.len() as u32)
            .filter(|&unknown| needs[unknown as usize] > 0)
            .map(|unknown| Target { cell: unknown, enough: needs[unknown as usize] })
            .collect();
        deepen(&self.bound.system, knowledge, &targets, &Budget::default());
        self.widths(knowledge, &needs, findings);
        self.tied(knowledge, &needs, values, findings);
    }

    /// Width that each unknown needs; 0: it is safe in itself.
    fn needs(&self, claimed: &[std::collections::BTreeMap<u32, i64>; 2]) -> Vec<i64> {
        let need = |&(cell, layer): &(u32, Layer)| {
            let own = self.truths[layer as usize][cell as usize].needs;
            own.max(claimed[layer as usize].get(&cell).copied().unwrap_or(0))
        };
        self.bound.unknowns.iter().map(need).collect()
    }

    fn unsafe_shown(&self, findings: &mut Findings) {
        for layer in Layer::BOTH {
            for cell in 0..self.book.len() {
                let shown = matches!(self.book.seen(layer, cell), Seen::Shown(1..));
                if shown && self.truths[layer as usize][cell].needs > 0 {
                    findings.add(Finding::of(Kind::UnsafeShown, &self.universe.id).cell(self.name(cell as u32, layer)));
                }
            }
        }
    }

    fn name(&self, cell: u32, layer: Layer) -> String {
        format!("{} {}", self.book.describe(self.universe, cell as usize), layer.name())
    }

    /// The true value of every unknown: the certificate's, and rests from the rows that make them.
    fn truth_point(&self, values: &[Vec<i64>; 2]) -> Option<Vec<i64>> {
        let known = |&(cell, layer): &(u32, Layer)| {
            let named = self.book.names[cell as usize].0 != super::binding::NO_VIEW;
            named.then(|| values[layer as usize][cell as usize])
        };
        let mut point: Vec<Option<i64>> = self.bound.unknowns.iter().map(known).collect();
        let system = &self.bound.system;
        loop {
            let open = point.iter().filter(|value| value.is_none()).count();
            for row in (0..system.rows()).map(|row| system.get(row)).filter(|row| row.is_equation()) {
                let mut unset = row.terms().filter(|&(cell, _)| point[cell].is_none());
                if let (Some((cell, coefficient)), None) = (unset.next(), unset.next()) {
                    let rest: i64 = row.terms().filter_map(|(other, by)| point[other].map(|value| by * value)).sum();
                    point[cell] = Some((row.low - rest) / coefficient);
                }
            }
            let left = point.iter().filter(|value| value.is_none()).count();
            if left == 0 || left == open {
                return point.into_iter().collect();
            }
        }
    }

    /// The truth keeps every row and lies within every range, or the attack itself is wrong.
    fn truth_fits(&self, point: &[i64], knowledge: &Knowledge, findings: &mut Findings) -> bool {
        let system = &self.bound.system;
        let mut fits = true;
        for number in 0..system.rows() {
            let row = system.get(number);
            if !(row.low..=row.high).contains(&row.sum_at(point)) {
                fits = false;
                let relation = self.bound.relations[number].in_words(self.book, self.universe);
                findings.add(Finding::of(Kind::TruthOutside, &self.universe.id).relation(relation));
            }
        }
        for (unknown, &value) in point.iter().enumerate() {
            let (cell, layer) = self.bound.unknowns[unknown];
            if !knowledge.range(unknown).contains(value) {
                fits = false;
                findings.add(Finding::of(Kind::TruthOutside, &self.universe.id).cell(self.name(cell, layer)));
            }
        }
        fits
    }

    /// The truth, and each witness that keeps the attacker's own rows, widen what is known to be
    /// possible.
    fn learn(&self, point: &[i64], changes: &[Option<Change>], knowledge: &mut Knowledge) {
        point.iter().enumerate().for_each(|(unknown, &value)| knowledge.inner[unknown] = Some(Range::exactly(value)));
        let system = &self.bound.system;
        let sums: Vec<i64> = (0..system.rows()).map(|row| system.get(row).sum_at(point)).collect();
        let moved = |change: &Option<Change>| self.moved(change.as_ref()?, point, &sums);
        let all: Vec<Option<Moved>> = changes.par_iter().map(moved).collect();
        for (unknown, by) in all.into_iter().flatten().flat_map(|moved| moved.by) {
            let inner = &mut knowledge.inner[unknown as usize];
            *inner = inner.map(|range| range.with(point[unknown as usize] + by));
        }
    }

    /// The change by unknown, if every row that it touches still holds. `sums` are the rows at
    /// `point`.
    fn moved(&self, change: &Change, point: &[i64], sums: &[i64]) -> Option<Moved> {
        let system = &self.bound.system;
        let mut moved = Moved::default();
        for layer in Layer::BOTH {
            for (&cell, &by) in &change.by[layer as usize] {
                let unknown = self.bound.of_cell[layer as usize][cell as usize];
                if unknown == u32::MAX {
                    return None;
                }
                moved.add(system, unknown, by);
            }
        }
        let within =
            |(&unknown, &by): (&u32, &i64)| system.bounds[unknown as usize].contains(point[unknown as usize] + by);
        let holds = |(&number, &off): (&u32, &i64)| {
            let row = system.get(number as usize);
            let takes_up = || row.cells.iter().any(|&cell| self.is_rest(cell as usize));
            // The rest of a row that no view has takes its change up.
            off == 0 || (row.low..=row.high).contains(&(sums[number as usize] + off)) || takes_up()
        };
        (moved.by.iter().all(within) && moved.off.iter().all(holds)).then_some(moved)
    }

    /// Whether an unknown is a rest that no view has.
    fn is_rest(&self, unknown: usize) -> bool {
        self.book.names[self.bound.unknowns[unknown].0 as usize].0 == super::binding::NO_VIEW
    }

    fn widths(&self, knowledge: &Knowledge, needs: &[i64], findings: &mut Findings) {
        for (unknown, &needed) in needs.iter().enumerate() {
            let (cell, layer) = self.bound.unknowns[unknown];
            let (range, inner) = (knowledge.range(unknown), knowledge.inner[unknown]);
            let hidden = self.book.seen(layer, cell as usize) == Seen::Hidden;
            let unsafe_here = needed > 0 && inner.is_none_or(|inner| inner.hi > 0);
            let kind = if unsafe_here && range.is_exact() {
                Kind::ExactlyKnown
            } else if unsafe_here && range.width() < needed {
                Kind::TooNarrow
            } else if unsafe_here && inner.is_none_or(|inner| inner.width() < needed) {
                Kind::NotProven
            } else if hidden && needed == 0 && range.is_exact() {
                Kind::Wasted
            } else {
                continue;
            };
            let mut finding = Finding::of(kind, &self.universe.id).cell(self.name(cell, layer));
            if let Some(relation) = self.relation(knowledge, unknown) {
                finding = finding.relation(relation);
            }
            let how = serde_json::to_value(knowledge.how[unknown]).ok().and_then(|v| v.as_str().map(str::to_string));
            finding.how = how;
            findings.add(finding.width(range.width()));
        }
    }

    /// A relation that gave one of the ends.
    fn relation(&self, knowledge: &Knowledge, unknown: usize) -> Option<String> {
        let [low, high] = knowledge.ranges.by[unknown];
        let row = if low != super::engine::NO_ROW { low } else { high };
        self.bound.relations.get(row as usize).map(|relation| relation.in_words(self.book, self.universe))
    }

    /// Unions of two hidden cells that are known, and cells that a lone contributor computes.
    fn tied(&self, knowledge: &Knowledge, needs: &[i64], values: &[Vec<i64>; 2], findings: &mut Findings) {
        for tie in ties(knowledge) {
            for (at, &a) in tie.cells.iter().enumerate() {
                for (next, &b) in tie.cells.iter().enumerate().skip(at + 1) {
                    let hidden = [a, b].map(|unknown| {
                        let (cell, layer) = self.bound.unknowns[unknown as usize];
                        self.book.seen(layer, cell as usize) == Seen::Hidden
                    });
                    if hidden == [true, true] {
                        self.judge_pair([a, b], [tie.factors[at], tie.factors[next]], needs, values, findings);
                    }
                }
            }
        }
    }

    fn judge_pair(
        &self,
        pair: [u32; 2],
        factors: [i64; 2],
        needs: &[i64],
        values: &[Vec<i64>; 2],
        findings: &mut Findings,
    ) {
        let of = |unknown: u32| self.bound.unknowns[unknown as usize];
        let truth = |unknown: u32| self.truths[of(unknown).1 as usize][of(unknown).0 as usize];
        let value = |unknown: u32| values[of(unknown).1 as usize][of(unknown).0 as usize];
        let [a, b] = pair;
        let name = || format!("{} + {}", self.name(of(a).0, of(a).1), self.name(of(b).0, of(b).1));
        let same_layer = of(a).1 == of(b).1;
        let patients = truth(a).patients.zip(truth(b).patients).map(|(x, y)| i64::from(x) + i64::from(y));
        if factors[0] + factors[1] == 0 && same_layer && patients.is_some_and(|sum| sum < self.thresholds.patients) {
            findings.add(Finding::of(Kind::UnsafeUnion, &self.universe.id).cell(name()));
        }
        // Two names of one quantity are one cell with one contributor.
        let alias = factors[0] == factors[1] && value(a) == value(b);
        for (knower, other) in [(a, b), (b, a)] {
            let lone = |unknown: u32| truth(unknown).patients == Some(1) || truth(unknown).doctors == Some(1);
            if !alias && lone(knower) && !lone(other) && needs[other as usize] > 0 {
                let cell = self.name(of(other).0, of(other).1);
                let by = self.name(of(knower).0, of(knower).1);
                findings.add(Finding::of(Kind::ContributorKnows, &self.universe.id).cell(cell).relation(by));
            }
        }
    }
}
