//! The judge: what the attack found, beside the restricted truth.
//!
//! In: the system, what the attacker knows of it, the true values, the width that each unsafe
//! count needs, and the certificate's sound witnesses, one after the other. Out: findings that
//! forbid publication, and cells hidden in vain. Witnesses count only after every row of the
//! attacker's own system was found to hold.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use super::binding::{Book, Bound, Layer, Seen};
use super::earlier::Left;
use super::engine::{Budget, Knowledge, Range, Target, deepen, ties};
use super::ground::{Effect, Ground};
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
    /// What earlier releases leave.
    pub left: &'a Left,
}

/// The values that solutions give to unknowns: those of the truth, and of each witness that keeps
/// the attacker's own rows.
pub struct Reached {
    low: Vec<AtomicI64>,
    high: Vec<AtomicI64>,
}

impl Reached {
    /// The truth.
    pub fn of(ground: &Ground<'_>) -> Self {
        let all = || ground.point.iter().map(|&value| AtomicI64::new(value)).collect();
        Reached { low: all(), high: all() }
    }
    /// The truth is no solution: then nothing that rests on it is one.
    pub fn nothing() -> Self {
        Reached { low: Vec::new(), high: Vec::new() }
    }
    /// Widens what is reached by a change, if it keeps every row. In whatever order changes come,
    /// the outcome is the same.
    pub fn learn(&self, ground: &Ground<'_>, effect: &mut Effect) {
        if self.low.is_empty() || !effect.settles(ground) {
            return;
        }
        for (unknown, by) in effect.changes() {
            let unknown = unknown as usize;
            let end = if by < 0 { &self.low[unknown] } else { &self.high[unknown] };
            let value = ground.point[unknown] + by;
            if by < 0 {
                end.fetch_min(value, Relaxed)
            } else {
                end.fetch_max(value, Relaxed)
            };
        }
    }
    /// Tells what was reached.
    pub fn tell(self, knowledge: &mut Knowledge) {
        let ends = self.low.into_iter().zip(self.high).map(|(low, high)| (low.into_inner(), high.into_inner()));
        knowledge.inner.iter_mut().zip(ends).for_each(|(inner, (lo, hi))| *inner = Some(Range { lo, hi }));
    }
}

impl Case<'_> {
    /// Judges every unknown. `values` are the certificate's true values, `claimed` what its claims
    /// ask of cells that no restricted row is about.
    pub fn judge(
        &self,
        knowledge: &mut Knowledge,
        values: &[Vec<i64>; 2],
        claimed: &[BTreeMap<u32, i64>; 2],
        findings: &mut Findings,
    ) {
        self.unsafe_shown(findings);
        let needs = self.needs(claimed);
        let targets: Vec<Target> = (0..needs.len() as u32)
            .filter(|&unknown| needs[unknown as usize] > 0)
            .map(|unknown| Target { cell: unknown, enough: needs[unknown as usize] })
            .collect();
        deepen(&self.bound.system, knowledge, &targets, &Budget::default());
        self.widths(knowledge, &needs, findings);
        self.tied(knowledge, &needs, values, findings);
    }

    /// Width that each unknown needs; 0: it is safe in itself.
    fn needs(&self, claimed: &[BTreeMap<u32, i64>; 2]) -> Vec<i64> {
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

    /// The truth keeps every row and lies within every range, or the attack itself is wrong.
    pub fn truth_fits(&self, ground: &Ground<'_>, knowledge: &Knowledge, findings: &mut Findings) -> bool {
        let mut outside = |finding: Finding| findings.add(finding);
        let finding = || Finding::of(Kind::TruthOutside, &self.universe.id);
        let mut fits = ground.complete;
        if !ground.complete {
            outside(finding().relation("the true values leave rests of the attacker's system open"));
        }
        for row in ground.broken() {
            fits = false;
            outside(finding().relation(self.bound.relations[row].in_words(self.book, self.universe)));
        }
        for (unknown, &value) in ground.point.iter().enumerate() {
            let (cell, layer) = self.bound.unknowns[unknown];
            if !knowledge.range(unknown).contains(value) {
                fits = false;
                outside(finding().cell(self.name(cell, layer)));
            }
        }
        fits
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
            } else if hidden && needed == 0 && range.is_exact() && self.left.width(layer, cell) > 0 {
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
