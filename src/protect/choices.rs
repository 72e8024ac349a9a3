//! The options of a search along one lane, given the part of the move that is chosen already:
//! which leaf to raise, and which to lower for it.
//!
//! In: for every position along the lane, what it costs to change the part there too. Out: the
//! best options with their exact cost, cheapest first.

use super::grid::{Lane, NONE};
use super::lookup::QuantityOption;
use super::moves::Room;
use super::search::Reach;
use super::weigher::Tally;

/// An option along a lane: parts by dimension, positions with the sign, and what the move costs
/// and allows with it.
pub(super) struct Choice {
    pub parts: Vec<(usize, (u16, u16))>,
    /// Without the target's own position.
    pub steps: Vec<(u16, i8)>,
    pub tally: Tally,
}

/// The part of a move chosen so far, at one position; none where that is impossible.
type Slice = Option<Tally>;

/// The part of a move chosen so far, at every position along an axis.
#[derive(Default)]
pub(super) struct Slices {
    /// Raised there.
    pub up: Vec<Slice>,
    /// Lowered there; empty where that is the same but for the direction.
    pub down: Vec<Slice>,
}

impl Slices {
    fn at(&self, position: u16, sign: i8) -> Slice {
        match self.down.get(position as usize) {
            Some(slice) if sign < 0 => *slice,
            _ if sign > 0 => self.up[position as usize],
            _ => self.up[position as usize].map(|slice| Tally { room: slice.room.reversed(), ..slice }),
        }
    }
}

/// Whether an option may lower one leaf for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairs {
    Allowed,
    None,
}

/// What an option must keep to.
pub(super) struct Limits<'l> {
    pub so_far: Tally,
    pub reach: Reach,
    pub pairs: Pairs,
    pub serves: &'l dyn Fn(&Tally) -> bool,
}

/// How many leaves of a sum to raise are tried with every leaf to lower.
const RAISED: usize = 4;

impl Limits<'_> {
    fn most(&self) -> usize {
        match self.reach {
            Reach::Best(most) => most,
            Reach::InPlace => 60,
            Reach::Transfer | Reach::Totals => 400,
        }
    }

    /// The move so far with further steps.
    fn with(&self, slices: &Slices, steps: impl Iterator<Item = (u16, i8)>) -> Option<Tally> {
        let mut tally = self.so_far;
        for (at, sign) in steps {
            let slice = slices.at(at, sign)?;
            tally.cost += slice.cost;
            tally.room.merge(&slice.room);
        }
        (self.serves)(&tally).then_some(tally)
    }
}

/// The best options along place, period or a dimension; `own` is the target's position.
pub(super) fn lane_choices(lane: &Lane, own: usize, slices: &Slices, limits: &Limits<'_>) -> Vec<Choice> {
    let inside = &lane.classes_at[own];
    let classes = lane.by_class.len() as u16;
    let option = |part| Some(Rough { part, tally: limits.with(slices, steps(lane, own, part))? });
    let mut rough: Vec<Rough> = inside.iter().filter_map(|&plus| option((plus, NONE))).collect();
    if inside.len() < classes as usize && limits.pairs == Pairs::Allowed {
        for plus in raised(lane, slices, own) {
            let others = (0..classes).filter(|minus| inside.binary_search(minus).is_err());
            let others = others.filter(|&minus| may_fall(lane, own, slices, (plus, minus)));
            rough.extend(others.filter_map(|minus| option((plus, minus))));
        }
    }
    let most = limits.most();
    if rough.len() > most {
        rough.select_nth_unstable_by(most, |a, b| compare(&a.tally, &b.tally).then(a.part.cmp(&b.part)));
        rough.truncate(most);
    }
    rough.sort_by(|a, b| compare(&a.tally, &b.tally).then(a.part.cmp(&b.part)));
    let choice = |rough: Rough| Choice {
        parts: vec![(lane.dim, rough.part)],
        steps: steps(lane, own, rough.part).collect(),
        tally: rough.tally,
    };
    rough.into_iter().map(choice).collect()
}

/// The best options along the quantity: contact type and conditions together.
pub(super) fn quantity_choices(
    options: &[QuantityOption],
    own: usize,
    slices: &Slices,
    limits: &Limits<'_>,
) -> Vec<Choice> {
    let pairs = limits.pairs == Pairs::Allowed;
    let allowed = |option: &&QuantityOption| pairs || option.parts.iter().all(|(_, part)| part.1 == NONE);
    let choice = |option: &QuantityOption| {
        let steps: Vec<(u16, i8)> = option.steps.iter().copied().filter(|step| step.0 as usize != own).collect();
        let tally = limits.with(slices, steps.iter().copied())?;
        Some(Choice { parts: option.parts.clone(), steps, tally })
    };
    let mut choices: Vec<Choice> = options.iter().filter(allowed).filter_map(choice).collect();
    choices.sort_by(|a, b| compare(&a.tally, &b.tally).then(a.parts.cmp(&b.parts)));
    choices.truncate(limits.most());
    choices
}

/// An option before its steps are written out.
#[derive(Clone, Copy)]
struct Rough {
    part: (u16, u16),
    tally: Tally,
}

/// Positions that hold one leaf of a part and not the other, with the sign.
pub(super) fn changes(lane: &Lane, (plus, minus): (u16, u16)) -> impl Iterator<Item = (u16, i8)> {
    let at = |class: u16| lane.by_class.get(class as usize).map_or(&[][..], |positions| positions);
    let (up, down) = (at(plus), at(minus));
    let raised = up.iter().filter(move |at| !down.contains(at)).map(|&at| (at, 1));
    raised.chain(down.iter().filter(move |at| !up.contains(at)).map(|&at| (at, -1)))
}

/// The same without the target's own position and its other names.
fn steps(lane: &Lane, own: usize, part: (u16, u16)) -> impl Iterator<Item = (u16, i8)> {
    let alias = lane.codes[own];
    changes(lane, part).filter(move |&(at, _)| lane.codes[at as usize] != alias)
}

/// A quick look whether the finest position that a part lowers can be lowered.
fn may_fall(lane: &Lane, own: usize, slices: &Slices, (plus, minus): (u16, u16)) -> bool {
    let Some(&at) = lane.by_class[minus as usize].last() else { return true };
    let stands = || lane.codes[at as usize] == lane.codes[own] || lane.by_class[plus as usize].contains(&at);
    slices.at(at, -1).is_some() || stands()
}

/// The leaves of a sum that are best to raise: cheap, then large.
fn raised(lane: &Lane, slices: &Slices, own: usize) -> Vec<u16> {
    let inside = &lane.classes_at[own];
    if inside.len() == 1 {
        return inside.clone();
    }
    let inner = |plus: u16| -> Option<(Tally, u16)> {
        let mut tally = Tally::NOTHING;
        for &position in &lane.by_class[plus as usize] {
            if lane.classes_at[position as usize].len() < inside.len() {
                let slice = slices.at(position, 1)?;
                tally.cost += slice.cost;
                tally.room.merge(&slice.room);
            }
        }
        Some((tally, plus))
    };
    let mut all: Vec<(Tally, u16)> = inside.iter().filter_map(|&plus| inner(plus)).collect();
    all.sort_by(|a, b| compare(&a.0, &b.0).then(a.1.cmp(&b.1)));
    all.into_iter().take(RAISED).map(|(_, plus)| plus).collect()
}

/// Cheap first, then those with much room.
fn compare(a: &Tally, b: &Tally) -> std::cmp::Ordering {
    let room = |room: &Room| room.contacts_up.min(room.contacts_down).min(room.patients_up).min(room.patients_down);
    a.cost.total_cmp(&b.cost).then(room(&b.room).cmp(&room(&a.room)))
}
