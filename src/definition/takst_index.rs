//! What a takst code says on a day: its contact type and its features.
//!
//! In: the dated lists of a definition. Out: a look-up. Never guesses a code that no list has in
//! force that day.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::codes::is_l_code;

use super::types::{ContactTypes, DatedTakst, FeatureSet, Features, Pipeline};

/// Every other L code.
pub(super) const ANY_L: &str = "l*";

/// Look-up of normalised codes (see [`crate::codes::normalise_takst`]) by day.
#[derive(Debug, Clone, Default)]
pub struct TakstIndex {
    codes: FxHashMap<String, Meanings>,
    any_l: Vec<Dated>,
    epochs: Vec<i32>,
}

#[derive(Debug, Clone, Default)]
struct Meanings {
    types: Vec<Dated>,
    features: Vec<Dated>,
    // On the contact-type list on some date: `l*` does not catch it then, nor on any other.
    listed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Dated {
    index: u8,
    from: i32,
    to: i32,
}

impl Dated {
    fn of(takst: &DatedTakst) -> Self {
        Dated { index: takst.index, from: takst.from, to: takst.to }
    }
    fn holds(&self, day: i32) -> bool {
        self.from <= day && day <= self.to
    }
}

impl TakstIndex {
    /// The look-up of a pipeline's lists.
    pub fn of(pipeline: &Pipeline) -> Self {
        TakstIndex::new(&pipeline.contact_types, &pipeline.features)
    }

    /// The look-up of two lists.
    pub fn new(types: &ContactTypes, features: &Features) -> Self {
        let mut index = TakstIndex { epochs: epochs(types, features), ..TakstIndex::default() };
        for takst in &types.takster {
            if takst.code == ANY_L {
                index.any_l.push(Dated::of(takst));
            } else {
                let meanings = index.codes.entry(takst.code.clone()).or_default();
                meanings.types.push(Dated::of(takst));
                meanings.listed = true;
            }
        }
        for takst in &features.takster {
            index.codes.entry(takst.code.clone()).or_default().features.push(Dated::of(takst));
        }
        index
    }

    /// Type (position in [`ContactTypes::types`]) and features of a normalised code on a day
    /// (days since 1970-01-01).
    pub fn look_up(&self, code: &str, day: i32) -> (Option<u8>, FeatureSet) {
        let in_force = |dated: &[Dated]| dated.iter().find(|dated| dated.holds(day)).map(|dated| dated.index);
        let any_l = || if is_l_code(code) { in_force(&self.any_l) } else { None };
        match self.codes.get(code) {
            None => (any_l(), 0),
            Some(meanings) => {
                let of_type = if meanings.listed { in_force(&meanings.types) } else { any_l() };
                let held = meanings.features.iter().filter(|dated| dated.holds(day));
                (of_type, held.fold(0, |set, dated| set | 1 << dated.index))
            }
        }
    }

    /// Days (since 1970-01-01, ascending) on which the meaning of any code changes: between two of
    /// them every look-up gives the same, so it may be kept by code and epoch.
    pub fn epochs(&self) -> &[i32] {
        &self.epochs
    }

    /// The number of the epoch that a day is in, from 0 (before the first change).
    pub fn epoch_of(&self, day: i32) -> usize {
        self.epochs.partition_point(|&change| change <= day)
    }
}

fn epochs(types: &ContactTypes, features: &Features) -> Vec<i32> {
    let changes = |takst: &DatedTakst| [Some(takst.from), takst.to.checked_add(1)];
    let all = types.takster.iter().chain(&features.takster).flat_map(changes).flatten();
    all.collect::<BTreeSet<i32>>().into_iter().collect()
}
