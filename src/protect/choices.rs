//! The options of a search along one lane: which leaf to raise, and which to lower for it.
//!
//! In: the line of cells through the target along a lane. Out: the best options, cheapest first.

use super::grid::{CellId, Grid, Lane, NONE};
use super::search::{Reach, Search};

/// An option along a lane.
pub(super) struct Choice {
    /// (dimension, (class raised, class lowered or [`NONE`])).
    pub parts: Vec<(usize, (u16, u16))>,
    /// Cells of the line that change besides the target, by offset from it, with the sign.
    pub steps: Vec<(i64, i8)>,
    pub cost: f32,
    /// The least that a changed cell may fall.
    room: u32,
}

impl Choice {
    /// No change along a lane.
    pub fn stay() -> Choice {
        Choice { parts: Vec::new(), steps: Vec::new(), cost: 0.0, room: u32::MAX }
    }
}

/// The cells through a target along a lane.
pub(super) struct Line<'l> {
    pub grid: &'l Grid,
    pub index: usize,
    /// The target's position along it.
    pub at: usize,
    pub weigh: &'l dyn Fn(CellId) -> Option<(f32, u32)>,
}

/// How many leaves of a sum to raise are tried with every leaf to lower.
const RAISED: usize = 4;

impl Line<'_> {
    fn weigh_all(&self, lane: &Lane) -> Vec<Option<(f32, u32)>> {
        let base = self.index - self.at * lane.stride;
        let cell = |at: usize| self.grid.ids[base + at * lane.stride];
        (0..lane.len).map(|at| (self.weigh)(cell(at))).collect()
    }
}

/// The best options along place, period or a dimension.
pub(super) fn lane_choices(line: &Line<'_>, lane: &Lane, search: &Search<'_, '_>) -> Vec<Choice> {
    let weights = line.weigh_all(lane);
    let own = &lane.classes_at[line.at];
    let classes = lane.by_class.len();
    let single = |plus: u16| option(lane, &weights, line.at, (plus, NONE));
    let mut singles: Vec<Rough> = own.iter().filter_map(|&plus| single(plus)).collect();
    sort(&mut singles);
    let mut rough = Vec::new();
    if own.len() < classes && search.query.reach != Reach::Totals {
        let raised = raised(lane, &weights, line.at, own);
        for &plus in &raised {
            let others = (0..classes as u16).filter(|minus| own.binary_search(minus).is_err());
            rough.extend(others.filter_map(|minus| option(lane, &weights, line.at, (plus, minus))));
        }
    }
    rough.append(&mut singles);
    keep(&mut rough, search.query.reach);
    rough.into_iter().map(|rough| rough.choice(line, lane)).collect()
}

/// An option before its steps are written out.
#[derive(Clone, Copy)]
struct Rough {
    part: (u16, u16),
    cost: f32,
    room: u32,
}

impl Rough {
    fn choice(self, line: &Line<'_>, lane: &Lane) -> Choice {
        let offset = |at: u16| (i64::from(at) - line.at as i64) * lane.stride as i64;
        let mut steps = Vec::new();
        each_step(lane, self.part, |at, sign| {
            if at as usize != line.at {
                steps.push((offset(at), sign));
            }
        });
        Choice { parts: vec![(lane.dim, self.part)], steps, cost: self.cost, room: self.room }
    }
}

/// Positions that hold one leaf of a part and not the other, with the sign.
pub(super) fn each_step(lane: &Lane, (plus, minus): (u16, u16), mut step: impl FnMut(u16, i8)) {
    let (up, down): (&[u16], &[u16]) =
        (&lane.by_class[plus as usize], lane.by_class.get(minus as usize).map_or(&[], |positions| positions));
    up.iter().filter(|at| !down.contains(at)).for_each(|&at| step(at, 1));
    down.iter().filter(|at| !up.contains(at)).for_each(|&at| step(at, -1));
}

fn option(lane: &Lane, weights: &[Option<(f32, u32)>], own: usize, part: (u16, u16)) -> Option<Rough> {
    let mut rough = Rough { part, cost: 0.0, room: u32::MAX };
    let mut possible = true;
    let alias = lane.codes[own];
    each_step(lane, part, |at, _| match weights[at as usize] {
        _ if lane.codes[at as usize] == alias => {}
        Some((cost, room)) => {
            rough.cost += cost;
            rough.room = rough.room.min(room);
        }
        None => possible = false,
    });
    possible.then_some(rough)
}

/// The leaves of a sum that are best to raise: cheap, then large.
fn raised(lane: &Lane, weights: &[Option<(f32, u32)>], at: usize, own: &[u16]) -> Vec<u16> {
    if own.len() == 1 {
        return own.to_vec();
    }
    let inner = |plus: u16| -> Option<Rough> {
        let mut rough = Rough { part: (plus, NONE), cost: 0.0, room: u32::MAX };
        let width = lane.classes_at[at].len();
        for &position in &lane.by_class[plus as usize] {
            if lane.classes_at[position as usize].len() < width {
                let (cost, room) = weights[position as usize]?;
                rough.cost += cost;
                rough.room = rough.room.min(room);
            }
        }
        Some(rough)
    };
    let mut all: Vec<Rough> = own.iter().filter_map(|&plus| inner(plus)).collect();
    sort(&mut all);
    all.truncate(RAISED);
    all.into_iter().map(|rough| rough.part.0).collect()
}

fn sort(options: &mut [Rough]) {
    options.sort_by(compare);
}

/// Cheap first, then those with much room, then in order of the leaves.
fn compare(a: &Rough, b: &Rough) -> std::cmp::Ordering {
    a.cost.total_cmp(&b.cost).then(b.room.cmp(&a.room)).then(a.part.cmp(&b.part))
}

fn keep(options: &mut Vec<Rough>, reach: Reach) {
    let most = match reach {
        Reach::Best(most) => most,
        Reach::Totals => 40,
    };
    if options.len() > most {
        options.select_nth_unstable_by(most, compare);
        options.truncate(most);
    }
    sort(options);
}

/// The best options along the quantity: contact type and conditions together.
pub(super) fn quantity_choices(line: &Line<'_>, search: &Search<'_, '_>) -> Vec<Choice> {
    let base = line.index - line.at;
    let mut options = Vec::new();
    for option in &search.system.quantity_options[search.view][line.at] {
        if search.query.reach == Reach::Totals && option.parts.iter().any(|(_, part)| part.1 != NONE) {
            continue;
        }
        let mut choice = Choice { parts: option.parts.clone(), steps: Vec::new(), cost: 0.0, room: u32::MAX };
        let mut possible = true;
        for &(quantity, sign) in option.steps.iter().filter(|step| step.0 as usize != line.at) {
            match (line.weigh)(line.grid.ids[base + quantity as usize]) {
                Some((cost, room)) => {
                    choice.cost += cost;
                    choice.room = choice.room.min(room);
                    choice.steps.push((i64::from(quantity) - line.at as i64, sign));
                }
                None => possible = false,
            }
        }
        if possible {
            options.push(choice);
        }
    }
    options.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(b.room.cmp(&a.room)).then(a.parts.cmp(&b.parts)));
    let most = match search.query.reach {
        Reach::Best(most) => most,
        Reach::Totals => 40,
    };
    options.truncate(most);
    options
}
