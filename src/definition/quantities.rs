//! Which quantities a table counts.
//!
//! In: predicates that indicators are made of. Out: all distinct predicates that somebody could
//! work out from what is published: complements of shares, rests of type sums. Never counts
//! anything; which sums hold between them is for `relations` to say.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{IndicatorValue, Predicate, Table, TypeSet};

/// Predicates in the order in which they were first named, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Quantities {
    pub list: Vec<Predicate>,
}

impl Quantities {
    /// The position of a predicate, added if it is new.
    pub fn add(&mut self, predicate: Predicate) -> usize {
        let at = self.list.iter().position(|known| *known == predicate);
        at.unwrap_or_else(|| {
            self.list.push(predicate);
            self.list.len() - 1
        })
    }
    /// Adds the rests of the type sums among the predicates at `counted`.
    pub fn add_residuals(&mut self, counted: &[usize]) {
        let counted: Vec<Predicate> = counted.iter().map(|&at| self.list[at].clone()).collect();
        for residual in residuals(&counted) {
            self.add(residual);
        }
    }
}

impl Table {
    /// Whether a quantity is published as a count of its own (not only within a share, nor merely
    /// implied).
    pub fn is_published(&self, quantity: usize) -> bool {
        let counts =
            |value: &IndicatorValue| matches!(value, IndicatorValue::Count { quantity: of } if *of == quantity);
        self.indicators.iter().any(|indicator| counts(&indicator.value))
    }
}

/// The denominator less the numerator, where that is one predicate: the two differ in contact
/// types alone, in one feature alone, in hours alone or in weekend alone.
pub(super) fn complement(numerator: &Predicate, denominator: &Predicate) -> Option<Predicate> {
    if numerator.types == denominator.types {
        return split_of(denominator, numerator);
    }
    let within = numerator.types & !denominator.types == 0;
    let same_conditions = Predicate { types: denominator.types, ..numerator.clone() } == *denominator;
    let types = denominator.types & !numerator.types;
    (within && same_conditions && numerator.types != 0).then(|| Predicate { types, ..denominator.clone() })
}

// The other part where `part` is `whole` with exactly one condition more.
fn split_of(whole: &Predicate, part: &Predicate) -> Option<Predicate> {
    let with = part.with & !whole.with;
    let mut halves = Vec::new();
    if with.count_ones() == 1 {
        let (one, other) = (whole.with | with, whole.without | with);
        halves.push((Predicate { with: one, ..whole.clone() }, Predicate { without: other, ..whole.clone() }));
    }
    for yes in [true, false] {
        let hours = |outside| Predicate { outside_hours: Some(outside), ..whole.clone() };
        let days = |weekend| Predicate { weekend: Some(weekend), ..whole.clone() };
        halves.extend(whole.outside_hours.is_none().then(|| (hours(yes), hours(!yes))));
        halves.extend(whole.weekend.is_none().then(|| (days(yes), days(!yes))));
    }
    halves.into_iter().find(|(one, _)| one == part).map(|(_, other)| other)
}

/// The conditions of a predicate besides its types.
type Conditions = Predicate;

fn by_conditions(predicates: &[Predicate]) -> BTreeMap<Conditions, BTreeSet<TypeSet>> {
    let mut groups: BTreeMap<Conditions, BTreeSet<TypeSet>> = BTreeMap::new();
    for predicate in predicates {
        groups.entry(Predicate { types: 0, ..predicate.clone() }).or_default().insert(predicate.types);
    }
    groups
}

/// What anybody can subtract, as predicates that are not among the given ones: what is left of
/// type sums when their parts are taken away, and of all contacts of some types when those with
/// one condition are. Type sets under the same other conditions are arranged by inclusion; where the
/// largest parts of a set do not cover it, the rest is a quantity. Sets that overlap without one
/// holding the other are cut into the smallest pieces that they make.
pub(super) fn residuals(predicates: &[Predicate]) -> Vec<Predicate> {
    let mut found = Vec::new();
    for (conditions, sets) in by_conditions(predicates) {
        let known: BTreeSet<TypeSet> = sets.clone();
        let rests = if laminar(&sets) { rests(&sets) } else { pieces(&sets) };
        let new = rests.into_iter().filter(|rest| !known.contains(rest));
        found.extend(new.map(|types| Predicate { types, ..conditions.clone() }));
    }
    let others = predicates.iter().filter_map(|part| split_of(&unconditional(part), part));
    let new = others.filter(|other| !predicates.contains(other));
    found.extend(new);
    found
}

/// All contacts of the types of a predicate.
fn unconditional(part: &Predicate) -> Predicate {
    Predicate { types: part.types, with: 0, without: 0, outside_hours: None, weekend: None }
}

fn laminar(sets: &BTreeSet<TypeSet>) -> bool {
    let apart = |a: TypeSet, b: TypeSet| a & b == 0 || a & b == a || a & b == b;
    sets.iter().all(|&a| sets.iter().all(|&b| apart(a, b)))
}

// The largest sets strictly within `whole`.
fn children(whole: TypeSet, sets: &BTreeSet<TypeSet>) -> Vec<TypeSet> {
    let inside: Vec<TypeSet> = sets.iter().copied().filter(|&set| set != whole && set & whole == set).collect();
    let largest = |&set: &TypeSet| !inside.iter().any(|&other| other != set && other & set == set);
    inside.iter().copied().filter(largest).collect()
}

fn rests(sets: &BTreeSet<TypeSet>) -> BTreeSet<TypeSet> {
    let rest = |&whole: &TypeSet| match children(whole, sets).into_iter().reduce(|a, b| a | b) {
        Some(covered) => whole & !covered,
        None => 0,
    };
    sets.iter().map(rest).filter(|&rest| rest != 0).collect()
}

// Types that no set tells apart, together.
fn pieces(sets: &BTreeSet<TypeSet>) -> BTreeSet<TypeSet> {
    let mut pieces: BTreeMap<Vec<bool>, TypeSet> = BTreeMap::new();
    for bit in 0..TypeSet::BITS {
        let holds: Vec<bool> = sets.iter().map(|set| set >> bit & 1 == 1).collect();
        if holds.contains(&true) {
            *pieces.entry(holds).or_default() |= 1 << bit;
        }
    }
    pieces.into_values().collect()
}
