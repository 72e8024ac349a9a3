//! What takst codes say of a bill, by day: the contact type and the features.
//!
//! A set of codes is folded to one [`MeaningId`] while lines are read, before the bill's day is
//! known: a meaning holds an answer for every epoch between two changes of the lists. Folding is
//! commutative and idempotent, so the order and number of lines never matter.
//! In: the dated lists. Out: type and features. Never guesses an unknown code.

use std::sync::RwLock;

use rustc_hash::FxHashMap;

use crate::codes::normalise_takst;
use crate::definition::{FeatureSet, TakstIndex};

/// A meaning known to [`Meanings`]; numbers have no order.
pub type MeaningId = u32;

/// No code has been seen: no type, no feature.
pub const NOTHING: MeaningId = 0;

/// Type position where no code gives a type; the smallest position wins.
const NO_TYPE: u8 = u8::MAX;

/// Per epoch: the first type by precedence, and all features.
type Meaning = Box<[(u8, FeatureSet)]>;

/// All meanings met so far, shared by threads.
pub struct Meanings {
    index: TakstIndex,
    /// First days of the epochs after the first, ascending.
    changes: Vec<i32>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    list: Vec<Meaning>,
    ids: FxHashMap<Meaning, MeaningId>,
}

/// A thread's own look-ups, so that most rows take no lock.
#[derive(Default)]
pub struct Seen {
    codes: FxHashMap<Box<str>, Option<MeaningId>>,
    pairs: FxHashMap<(MeaningId, MeaningId), MeaningId>,
}

impl Meanings {
    pub fn new(index: TakstIndex) -> Self {
        let changes = index.epochs().to_vec();
        let meanings = Meanings { index, changes, known: RwLock::default() };
        meanings.intern(vec![(NO_TYPE, 0); meanings.changes.len() + 1].into());
        meanings
    }

    /// The meaning of one code as written; none where no list has it, so that it says nothing.
    pub fn of_code(&self, seen: &mut Seen, code: &str) -> Option<MeaningId> {
        match seen.codes.get(code) {
            Some(&found) => found,
            None => *seen.codes.entry(code.into()).or_insert(self.look_up(code)),
        }
    }

    /// A meaning by what it says in every epoch: (type, features), to be kept beyond this run.
    pub fn spelled(&self, id: MeaningId) -> Vec<(u8, FeatureSet)> {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.list.get(id as usize).map_or_else(Vec::new, |meaning| meaning.to_vec())
    }

    /// The meaning that was spelled so; none where it has another number of epochs.
    pub fn of_spelled(&self, spelled: &[(u8, FeatureSet)]) -> Option<MeaningId> {
        (spelled.len() == self.changes.len() + 1).then(|| self.intern(spelled.into()))
    }

    fn look_up(&self, code: &str) -> Option<MeaningId> {
        let code = normalise_takst(code);
        let firsts = std::iter::once(i32::MIN).chain(self.changes.iter().copied());
        let answer = |day| {
            let (kind, features) = self.index.look_up(&code, day);
            (kind.unwrap_or(NO_TYPE), features)
        };
        let meaning: Meaning = firsts.map(answer).collect();
        let id = self.intern(meaning);
        (id != NOTHING).then_some(id)
    }

    /// The meaning of two sets of codes together.
    pub fn both(&self, seen: &mut Seen, a: MeaningId, b: MeaningId) -> MeaningId {
        if a == b || b == NOTHING {
            return a;
        }
        if a == NOTHING {
            return b;
        }
        *seen.pairs.entry((a, b)).or_insert_with(|| self.fold(a, b))
    }

    fn fold(&self, a: MeaningId, b: MeaningId) -> MeaningId {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let pairs = known.list[a as usize].iter().zip(&known.list[b as usize]);
        let meaning: Meaning = pairs.map(|(a, b)| (a.0.min(b.0), a.1 | b.1)).collect();
        drop(known);
        self.intern(meaning)
    }

    fn intern(&self, meaning: Meaning) -> MeaningId {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let next = known.list.len() as MeaningId;
        let id = *known.ids.entry(meaning.clone()).or_insert(next);
        if id == next {
            known.list.push(meaning);
        }
        id
    }

    /// A reader of finished meanings: type position (none: unclassified) and features on a day.
    pub fn answers(&self) -> impl Fn(MeaningId, i32) -> (Option<u8>, FeatureSet) + Sync + use<'_> {
        let list = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner).list.clone();
        move |id, day| {
            let epoch = self.changes.partition_point(|&change| change <= day);
            let (kind, features) = list[id as usize][epoch];
            ((kind != NO_TYPE).then_some(kind), features)
        }
    }
}
