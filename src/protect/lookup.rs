//! Finding cells: coordinates of a position, positions of coordinates, options of a quantity.
//!
//! In: a system. Out: numbers. Looks at no count.

use super::changed::{Mentioned, quantity_steps};
use super::choices::changes;
use super::grid::{Grid, Mention, NONE, Role, step};
use super::moves::Part;
use super::refine::Candidates;
use super::system::System;
use crate::relations::{DimKind, Shown};

/// A change along the quantity axis of a view: contact type and conditions together.
#[derive(Clone)]
pub(super) struct QuantityOption {
    /// (dimension, (class raised, class lowered or [`NONE`])).
    pub parts: Vec<(usize, (u16, u16))>,
    /// Quantities that change, with the sign.
    pub steps: Vec<(u16, i8)>,
}

impl System<'_> {
    /// The canonical code of every dimension at a position of a view.
    pub fn coordinates(&self, view: usize, index: usize) -> Vec<u16> {
        let grid = &self.grids[view];
        let (positions, quantity) = grid.positions(index);
        let mut codes = vec![0; self.universe.dims.len()];
        for (lane, at) in grid.lanes.iter().zip(positions) {
            codes[lane.dim] = lane.codes[at];
        }
        for mention in &grid.mentions {
            codes[mention.dim] = mention.codes[quantity];
        }
        codes
    }

    /// The position of coordinates in a view, if it has them.
    pub fn locate(&self, view: usize, coordinates: &[u16]) -> Option<usize> {
        let grid = &self.grids[view];
        let outside = |(dim, &code): (usize, &u16)| code != 0 && grid.role[dim] == Role::Absent;
        if coordinates.iter().enumerate().any(outside) {
            return None;
        }
        let fits = |quantity: &usize| grid.mentions.iter().all(|m| m.codes[*quantity] == coordinates[m.dim]);
        let mut index = (0..grid.quantities).find(fits)?;
        for lane in &grid.lanes {
            index += lane.stride * lane.codes.iter().position(|&code| code == coordinates[lane.dim])?;
        }
        Some(index)
    }

    /// Whether a view shows counts of patients.
    pub fn shows_patients(&self, view: usize) -> bool {
        self.views[view].measures.iter().any(|measure| measure == "patients" || measure == "patients-per-100")
    }

    /// Every leaf of every dimension.
    pub fn all_leaves(&self) -> Vec<Candidates> {
        let all = |leaves: usize| Candidates { plus: (0..leaves as u16).collect(), ..Candidates::default() };
        self.universe.dims.iter().map(|dim| all(dim.leaves.len())).collect()
    }
}

impl Grid {
    /// The leaves of a class raised and of one lowered.
    pub fn candidates(&self, dim: usize, plus: u16, minus: u16) -> Candidates {
        let leaves = |class: u16| self.classes[dim].leaves.get(class as usize).cloned().unwrap_or_default();
        Candidates { plus: leaves(plus), minus: leaves(minus), fixed: false }
    }

    /// For every quantity the changes of type and conditions that raise it.
    pub fn quantity_options(&self, free: FreeConditions) -> Vec<Vec<QuantityOption>> {
        (0..self.quantities).map(|quantity| self.options_of(quantity, free)).collect()
    }

    /// For every quantity the changes of type alone that raise it.
    pub fn type_options(&self) -> Vec<Vec<QuantityOption>> {
        let of_type = |mention: &&Mention| mention.kind == DimKind::Type;
        let Some(mention) = self.mentions.iter().find(of_type) else { return vec![Vec::new(); self.quantities] };
        let others = || self.mentions.iter().filter(|other| other.dim != mention.dim);
        let options = |quantity: usize| {
            let alike = |other: &usize| others().all(|of| of.codes[*other] == of.codes[quantity]);
            let parts = parts_through(
                mention,
                mention.inside[quantity],
                self.classes[mention.dim].leaves.len(),
                FreeConditions::No,
            );
            let option = |part: (u16, u16)| QuantityOption {
                parts: vec![(mention.dim, part)],
                steps: (0..self.quantities)
                    .filter(alike)
                    .map(|other| (other as u16, step(mention.inside[other], part)))
                    .filter(|&(_, sign)| sign != 0)
                    .collect(),
            };
            parts.into_iter().map(option).collect()
        };
        (0..self.quantities).map(options).collect()
    }

    fn options_of(&self, quantity: usize, free: FreeConditions) -> Vec<QuantityOption> {
        let mut combined: Vec<Vec<(u16, u16)>> = vec![Vec::new()];
        for mention in &self.mentions {
            let classes = self.classes[mention.dim].leaves.len();
            let parts = parts_through(mention, mention.inside[quantity], classes, free);
            let with = |before: &Vec<(u16, u16)>| {
                parts.iter().map(|&part| before.iter().copied().chain([part]).collect()).collect::<Vec<Vec<_>>>()
            };
            combined = combined.iter().flat_map(with).collect();
        }
        let option = |parts: Vec<(u16, u16)>| {
            let mentioned: Vec<Mentioned> = parts.iter().copied().map(Mentioned::of_part).collect();
            let steps = quantity_steps(self, &mentioned);
            QuantityOption { parts: self.mentions.iter().map(|mention| mention.dim).zip(parts).collect(), steps }
        };
        combined.into_iter().map(option).collect()
    }
}

/// Which leaf is raised of a condition that a quantity does not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FreeConditions {
    /// `no`, as most contacts have it.
    No,
    Either,
}

/// Raise a class inside, alone or against one outside. Where everything is inside: each class
/// alone.
fn parts_through(mention: &Mention, inside: u64, classes: usize, free: FreeConditions) -> Vec<(u16, u16)> {
    let holds = |class: &u16| inside >> class & 1 == 1;
    let all = 0..classes as u16;
    let outside: Vec<u16> = all.clone().filter(|class| !holds(class)).collect();
    let is_condition = classes == 2 && mention.kind == DimKind::Condition;
    if outside.is_empty() && is_condition && free == FreeConditions::No {
        return vec![(1, NONE)];
    }
    let raise = |plus: u16| outside.clone().into_iter().chain([NONE]).map(move |minus| (plus, minus));
    all.filter(holds).flat_map(raise).collect()
}

impl System<'_> {
    /// Codes at which a move of contacts changes a view, in the dimensions that patients do not
    /// add up over (the others are left at 0), with the sign.
    pub fn slices(&self, view: usize, parts: &[Part]) -> Vec<(Vec<u16>, i8)> {
        let grid = &self.grids[view];
        let class = |dim: usize, leaf: u16| grid.classes[dim].of.get(leaf as usize).copied().unwrap_or(NONE);
        let part = |dim: usize| (class(dim, parts[dim].0), class(dim, parts[dim].1));
        let mut slices = vec![(vec![0; parts.len()], 1i8)];
        for lane in grid.lanes.iter().filter(|lane| !self.universe.dims[lane.dim].kind.adds_patients()) {
            let steps: Vec<(u16, i8)> =
                changes(lane, part(lane.dim)).map(|(at, sign)| (lane.codes[at as usize], sign)).collect();
            slices = with_codes(&slices, lane.dim, &steps);
        }
        let mentioned: Vec<Mentioned> =
            grid.mentions.iter().map(|mention| Mentioned::of_part(part(mention.dim))).collect();
        let quantities = quantity_steps(grid, &mentioned);
        let absent = |dim: usize| grid.role[dim] == Role::Absent && parts[dim].1 != NONE;
        if (0..parts.len()).any(absent) {
            return Vec::new();
        }
        let at = |quantity: u16, slice: &Vec<u16>| {
            let mut codes = slice.clone();
            grid.mentions.iter().for_each(|mention| codes[mention.dim] = mention.codes[quantity as usize]);
            codes
        };
        let counted = |quantity: u16| {
            let shown = |shown: &Shown| matches!(shown, Shown::Count { quantity: q, .. } if *q == quantity as usize);
            self.views[view].indicators.iter().any(shown)
        };
        let quantities = || quantities.iter().filter(|(quantity, _)| counted(*quantity));
        slices.iter().flat_map(|(slice, sign)| quantities().map(move |&(q, by)| (at(q, slice), sign * by))).collect()
    }
}

fn with_codes(slices: &[(Vec<u16>, i8)], dim: usize, steps: &[(u16, i8)]) -> Vec<(Vec<u16>, i8)> {
    let mut all = Vec::with_capacity(slices.len() * steps.len());
    for (slice, sign) in slices {
        for &(code, by) in steps {
            let mut codes = slice.clone();
            codes[dim] = code;
            all.push((codes, sign * by));
        }
    }
    all
}
