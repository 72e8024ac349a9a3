//! Intervals of one person or list that may overlap or contradict each other, made disjoint.
//!
//! In: spans of days, both ends inclusive, each with its place in the delivery. Out: disjoint spans
//! in order of time. On a day that several cover, the one with the latest start counts; of equal
//! starts the later file, then the later row (SPEC-DETAILS 24, 25). Never drops a day that any
//! span covers.

use std::collections::BinaryHeap;

/// The last day of an interval that is still open.
pub const OPEN: i32 = i32::MAX - 1;

/// Days of something, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: i32,
    pub to: i32,
    /// Place in the delivery: file rank, then row.
    pub seq: u64,
    /// What holds on these days: a position.
    pub what: u32,
}

impl Span {
    pub fn holds(&self, day: i32) -> bool {
        self.from <= day && day <= self.to
    }
}

/// Makes spans disjoint; gives how many began while an earlier one had not ended.
pub fn resolve(spans: &mut Vec<Span>) -> u64 {
    spans.sort_unstable_by_key(|span| (span.from, span.seq));
    let mut latest = i32::MIN;
    let mut overlapping = 0;
    for span in spans.iter() {
        overlapping += u64::from(span.from <= latest);
        latest = latest.max(span.to);
    }
    if overlapping > 0 {
        *spans = sweep(spans);
    }
    overlapping
}

/// One pass over the days on which something begins or ends.
fn sweep(sorted: &[Span]) -> Vec<Span> {
    let mut days: Vec<i32> = sorted.iter().flat_map(|span| [span.from, span.to.saturating_add(1)]).collect();
    days.sort_unstable();
    days.dedup();
    let (mut waiting, mut next) = (BinaryHeap::new(), 0);
    let mut disjoint: Vec<Span> = Vec::new();
    for pair in days.windows(2) {
        let (from, to) = (pair[0], pair[1] - 1);
        while next < sorted.len() && sorted[next].from == from {
            waiting.push((sorted[next].from, sorted[next].seq, next));
            next += 1;
        }
        while waiting.peek().is_some_and(|&(_, _, at)| sorted[at].to < from) {
            waiting.pop();
        }
        let Some(&(_, seq, at)) = waiting.peek() else { continue };
        match disjoint.last_mut() {
            Some(last) if last.seq == seq && last.to + 1 == from => last.to = to,
            _ => disjoint.push(Span { from, to, seq, what: sorted[at].what }),
        }
    }
    disjoint
}

/// The span that holds on a day, of disjoint ones in order.
pub fn on(spans: &[Span], day: i32) -> Option<&Span> {
    let after = spans.partition_point(|span| span.from <= day);
    spans[..after].last().filter(|span| span.holds(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(of: &[(i32, i32, u64)]) -> (Vec<(i32, i32, u32)>, u64) {
        let span = |&(from, to, seq): &(i32, i32, u64)| Span { from, to, seq, what: seq as u32 };
        let mut all: Vec<Span> = of.iter().map(span).collect();
        let overlapping = resolve(&mut all);
        (all.iter().map(|span| (span.from, span.to, span.what)).collect(), overlapping)
    }

    #[test]
    fn the_latest_start_counts_then_the_later_row() {
        assert_eq!(spans(&[(1, 10, 1), (11, 20, 2)]), (vec![(1, 10, 1), (11, 20, 2)], 0));
        assert_eq!(spans(&[(1, OPEN, 2), (5, 8, 1)]), (vec![(1, 4, 2), (5, 8, 1), (9, OPEN, 2)], 1));
        assert_eq!(spans(&[(1, 10, 1), (1, 5, 2)]), (vec![(1, 5, 2), (6, 10, 1)], 1));
        assert_eq!(spans(&[(1, 10, 1), (10, 12, 2)]), (vec![(1, 9, 1), (10, 12, 2)], 1));
        assert_eq!(spans(&[]), (vec![], 0));
    }

    /// Day by day, by the rule itself.
    #[test]
    fn a_sweep_gives_what_the_rule_says_of_every_day() {
        let mut number = 7u64;
        for _ in 0..300 {
            let mut of = Vec::new();
            for seq in 0..6u64 {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (from, length) = ((number >> 33) as i32 % 20, (number >> 55) as i32 % 9);
                of.push(Span { from, to: from + length, seq, what: seq as u32 });
            }
            let mut disjoint = of.clone();
            resolve(&mut disjoint);
            for day in -1..32 {
                let rule = of.iter().filter(|span| span.holds(day)).max_by_key(|span| (span.from, span.seq));
                assert_eq!(on(&disjoint, day).map(|span| span.what), rule.map(|span| span.what), "day {day} of {of:?}");
            }
        }
    }
}
