//! What a move changes of a view: positions along its lanes, and quantities.
//!
//! In: the leaves that a move may use. Out: steps, of which the changed cells are the product. Looks at no
//! count.

use std::borrow::Cow;

use super::grid::{Classes, Grid, Lane, NONE};
use super::refine::Candidates;

/// Positions or quantities with the sign of their change.
pub(super) type Steps = Vec<(u16, i8)>;

/// What a move changes of a view: its cells are the product.
pub(super) struct Changed {
    /// By lane.
    pub lanes: Vec<Steps>,
    /// By mention.
    pub mentioned: Vec<Mentioned>,
    pub quantities: Steps,
}

/// Classes raised and lowered of a dimension that quantities distinguish, as bits; or the code at which it
/// stands still.
#[derive(Clone, Copy)]
pub(super) struct Mentioned {
    pub plus: u64,
    pub minus: u64,
    pub fixed: Option<u16>,
}

impl Mentioned {
    /// A change at one class, and back at another; [`NONE`] where there is none.
    pub fn of_part((plus, minus): (u16, u16)) -> Mentioned {
        let mask = |class: u16| if class == NONE { 0 } else { 1u64 << class };
        Mentioned { plus: mask(plus), minus: mask(minus), fixed: None }
    }
}

/// Quantities that change.
pub(super) fn quantity_steps(grid: &Grid, mentioned: &[Mentioned]) -> Steps {
    let mut steps = Steps::new();
    for word in 0..grid.quantities.div_ceil(64) {
        let (mut change, fall) = signs(grid, mentioned, word);
        while change != 0 {
            let at = change.trailing_zeros();
            change &= change - 1;
            steps.push((word as u16 * 64 + at as u16, if fall >> at & 1 == 0 { 1 } else { -1 }));
        }
    }
    steps
}

/// Whether there are such.
pub(super) fn has_quantity(grid: &Grid, mentioned: &[Mentioned]) -> bool {
    (0..grid.quantities.div_ceil(64)).any(|word| signs(grid, mentioned, word).0 != 0)
}

/// Which of 64 quantities change, and which of these fall, as bits.
fn signs(grid: &Grid, mentioned: &[Mentioned], word: usize) -> (u64, u64) {
    grid.mentions.iter().zip(mentioned).fold((grid.quantities_in(word), 0), |(change, fall), (mention, of)| {
        let (up, down) = match of.fixed {
            Some(code) => (mention.at_code(code, word), 0),
            None => (mention.holding(of.plus, word), mention.holding(of.minus, word)),
        };
        (change & (up ^ down), fall ^ (down & !up))
    })
}

/// Positions along a lane that a move changes, whichever of its candidates is taken.
pub(super) fn lane_steps(lane: &Lane, classes: &Classes, candidates: &Candidates, at: u16) -> Steps {
    if candidates.fixed {
        return lane
            .codes
            .iter()
            .position(|&code| code == at)
            .map(|position| (position as u16, 1))
            .into_iter()
            .collect();
    }
    let mut steps = Steps::new();
    let [up, down] = [&candidates.plus, &candidates.minus].map(|leaves| common(lane, classes, leaves));
    differing(&up, &down, &mut steps);
    steps
}

/// Whether there are such positions.
pub(super) fn moves(lane: &Lane, classes: &Classes, candidates: &Candidates, at: u16) -> bool {
    match candidates.fixed {
        true => lane.codes.contains(&at),
        false => common(lane, classes, &candidates.plus) != common(lane, classes, &candidates.minus),
    }
}

/// Positions raised and not lowered, then those lowered and not raised.
pub(super) fn differing(up: &[u16], down: &[u16], steps: &mut Steps) {
    steps.clear();
    steps.extend(up.iter().filter(|at| !down.contains(at)).map(|&at| (at, 1)));
    steps.extend(down.iter().filter(|at| !up.contains(at)).map(|&at| (at, -1)));
}

/// Positions that hold all of the leaves, ascending; none where there are no leaves.
pub(super) fn common<'l>(lane: &'l Lane, classes: &Classes, leaves: &[u16]) -> Cow<'l, [u16]> {
    let Some(&first) = leaves.first() else { return Cow::Borrowed(&[]) };
    let mut last = classes.of[first as usize];
    let mut positions = Cow::Borrowed(&lane.by_class[last as usize][..]);
    for &leaf in &leaves[1..] {
        let class = classes.of[leaf as usize];
        if class != last {
            positions.to_mut().retain(|at| lane.by_class[class as usize].contains(at));
            last = class;
        }
    }
    positions
}
