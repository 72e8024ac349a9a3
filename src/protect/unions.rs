//! Hidden cells that follow together from a shown sum must be safe together.
//!
//! In: a protected system. Out: more cells hidden. Where a sum is shown and some of its parts are,
//! the rest of it is known: it must pass the primary rules, or another part is hidden. Hiding
//! more breaks no proof.

use super::grid::{CellId, Grid, NONE};
use super::pools::sum;
use super::primary::{Reason, Setting, judge};
use super::system::{Source, State, System};
use crate::aggregate::CellCount;
use crate::definition::PlaceBasis;
use crate::relations::{Dim, DimKind, sums};

/// A sum along an axis, by positions: offsets from the first cell of a line.
struct Line {
    parent: usize,
    children: Vec<usize>,
}

/// How far contributors of the parts of a sum are different people.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overlap {
    /// Nobody is in two parts.
    None,
    /// Doctors are hardly in two parts, patients may be.
    Patients,
    /// Anybody may be in several.
    Full,
}

/// Hides until no derivable union is unsafe.
pub(super) fn hide_unions(system: &mut System<'_>, sources: &[Source<'_>]) {
    loop {
        let mut changed = false;
        for (view, source) in sources.iter().enumerate() {
            for (overlap, starts, lines) in axes(system, view) {
                for line in &lines {
                    for &start in &starts {
                        changed |= mend(system, view, source, (start, line, overlap));
                    }
                }
            }
        }
        if !changed {
            return;
        }
    }
}

/// The axes of a view: where their lines start, and the sums along them.
fn axes(system: &System<'_>, view: usize) -> Vec<(Overlap, Vec<usize>, Vec<Line>)> {
    let grid = &system.grids[view];
    let mut all = Vec::new();
    for lane in &grid.lanes {
        let starts = (0..grid.ids.len()).filter(|index| index / lane.stride % lane.len == 0).collect();
        let dim = &system.universe.dims[lane.dim];
        all.push((overlap(dim.kind), starts, lines(dim, &lane.codes, lane.stride)));
    }
    for mention in &grid.mentions {
        let starts: Vec<usize> = (0..grid.ids.len()).step_by(grid.quantities).collect();
        let dim = &system.universe.dims[mention.dim];
        let mut found = Vec::new();
        for group in alike(grid, mention.dim) {
            let mut codes = vec![NONE; grid.quantities];
            group.iter().for_each(|&quantity| codes[quantity] = mention.codes[quantity]);
            found.extend(lines(dim, &codes, 1));
        }
        all.push((Overlap::Full, starts, found));
    }
    all
}

/// Quantities that differ in one dimension only, in groups.
fn alike(grid: &Grid, dim: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Vec<u16>, Vec<usize>)> = Vec::new();
    for quantity in 0..grid.quantities {
        let others = grid.mentions.iter().filter(|mention| mention.dim != dim);
        let key: Vec<u16> = others.map(|mention| mention.codes[quantity]).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(quantity),
            None => groups.push((key, vec![quantity])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn lines(dim: &Dim, codes: &[u16], stride: usize) -> Vec<Line> {
    let mut present: Vec<u16> = codes.iter().copied().filter(|&code| code != NONE).collect();
    present.sort_unstable();
    present.dedup();
    let at = |code: u16| codes.iter().position(|&known| known == code).unwrap_or(0) * stride;
    let found = sums(dim, &present);
    let line = |sum: crate::relations::Sum| Line {
        parent: at(sum.parent),
        children: sum.children.into_iter().map(at).collect(),
    };
    found.into_iter().map(line).filter(|line| line.children.len() > 1).collect()
}

fn overlap(kind: DimKind) -> Overlap {
    match kind {
        DimKind::Residence | DimKind::Sex | DimKind::AgeGroup => Overlap::None,
        DimKind::Practice => Overlap::Patients,
        _ => Overlap::Full,
    }
}

/// Hides parts of one sum until its hidden rest is safe. Whether anything was hidden.
fn mend(
    system: &mut System<'_>,
    view: usize,
    source: &Source<'_>,
    (start, line, overlap): (usize, &Line, Overlap),
) -> bool {
    let mut changed = false;
    while let Some(next) = weakest(system, view, source, (start, line, overlap)) {
        system.hide(next, Reason::Secondary);
        changed = true;
    }
    changed
}

/// The cell to hide next, if the hidden rest of a sum is unsafe.
fn weakest(
    system: &System<'_>,
    view: usize,
    source: &Source<'_>,
    (start, line, overlap): (usize, &Line, Overlap),
) -> Option<CellId> {
    let ids = &system.grids[view].ids;
    let id = |offset: usize| ids[start + offset];
    let cell = |offset: usize| system.cells.get(id(offset) as usize);
    let count = |offset: usize| source.cells.contacts[start + offset];
    if cell(line.parent)?.state != State::Shown {
        return None;
    }
    let filled = || line.children.iter().copied().filter(|&child| cell(child).is_some_and(|cell| cell.contacts > 0));
    let is_shown = |child: &usize| cell(*child).is_some_and(|cell| cell.state == State::Shown);
    // What earlier releases told cannot hide anything.
    let is_known = |child: &usize| system.is_known(id(*child));
    let hidden = || filled().filter(|child| !is_shown(child) && !is_known(child));
    let told = || filled().filter(|child| is_shown(child) || is_known(child));
    let shown = || filled().filter(|child| is_shown(child) && !is_known(child));
    if hidden().next().is_none() || shown().next().is_none() {
        return None;
    }
    let union = together(count(line.parent), hidden().map(count), told().map(count), overlap);
    let setting = match source.table.place {
        PlaceBasis::Practice => Setting::Practice,
        PlaceBasis::Residence => Setting::ResidenceDetail,
    };
    if judge(&union, setting, &source.table.policy) == Reason::Shown {
        return None;
    }
    let weight = |child: usize| cell(child).map_or(f32::INFINITY, |cell| cell.weight);
    shown().min_by(|&a, &b| weight(a).total_cmp(&weight(b)).then(a.cmp(&b))).map(id)
}

/// The rest of a sum as one count, with as few contributors as it may have.
fn together(
    whole: CellCount,
    hidden: impl Iterator<Item = CellCount> + Clone,
    shown: impl Iterator<Item = CellCount>,
    overlap: Overlap,
) -> CellCount {
    let (all, others) = (sum(hidden.clone()), sum(shown));
    let most = |of: fn(&CellCount) -> u32| hidden.clone().map(|count| of(&count)).max().unwrap_or(0);
    let least = |of: fn(&CellCount) -> u32| most(of).max(of(&whole).saturating_sub(of(&others)));
    let patients = if overlap == Overlap::None { all.patients } else { least(|count| count.patients) };
    let doctors = if overlap == Overlap::Full { least(|count| count.doctors) } else { all.doctors };
    CellCount { patients, doctors, ..all }
}
