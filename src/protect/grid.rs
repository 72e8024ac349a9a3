//! A view as geometry: which of its cells a change of one leaf touches.
//!
//! In: a view of the relations. Out: a [`Grid`]: cell numbers in an array, and for every
//! dimension the classes of leaves that the view cannot tell apart. Knows no count.

use std::collections::BTreeMap;

use crate::relations::{Axis, Dim, DimKind, Universe, View};

/// A cell of the universe: cells of several views may have one number.
pub(super) type CellId = u32;
/// Where a view has no cell (a pooled municipality).
pub(super) const NO_CELL: CellId = u32::MAX;
/// No leaf, no class.
pub(super) const NONE: u16 = u16::MAX;

/// A view's cells and how leaves lie in them.
pub(super) struct Grid {
    /// Row-major over the lanes, then the quantity.
    pub ids: Vec<CellId>,
    /// Place, period, dimensions.
    pub lanes: Vec<Lane>,
    pub quantities: usize,
    /// Dimensions that quantities distinguish.
    pub mentions: Vec<Mention>,
    /// By dimension of the universe.
    pub classes: Vec<Classes>,
    pub role: Vec<Role>,
}

/// What a dimension is to a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Lane(usize),
    Mention(usize),
    /// At total throughout.
    Absent,
}

/// An axis of a view other than the quantity.
pub(super) struct Lane {
    pub dim: usize,
    pub stride: usize,
    pub len: usize,
    /// Positions whose code holds the class, ascending; of codes with equal leaves the first.
    pub by_class: Vec<Vec<u16>>,
    /// Classes that a position's code holds, ascending. Empty where the place is not published.
    pub classes_at: Vec<Vec<u16>>,
    /// Canonical code at each position, [`NONE`] where not published.
    pub codes: Vec<u16>,
    /// By position of one class: the position of the smallest sum that it is in, but for the sum of
    /// all; [`NONE`] where there is no such.
    pub region: Vec<u16>,
}

/// A dimension as quantities see it: bit `c` of `inside[q]` says that class `c` counts in `q`.
pub(super) struct Mention {
    pub dim: usize,
    pub kind: DimKind,
    pub inside: Vec<u64>,
    /// The same by class: bit `q` says that quantity `q` counts it, 64 quantities a word.
    pub holders: Vec<Vec<u64>>,
    /// Canonical code of every quantity.
    pub codes: Vec<u16>,
}

impl Mention {
    /// Which of 64 quantities count all classes of a mask, as bits; none where there are no classes.
    pub fn holding(&self, mut mask: u64, word: usize) -> u64 {
        let mut bits = if mask == 0 { 0 } else { u64::MAX };
        while mask != 0 && bits != 0 {
            bits &= self.holders[mask.trailing_zeros() as usize][word];
            mask &= mask - 1;
        }
        bits
    }

    /// Which of 64 quantities are of a code, as bits.
    pub fn at_code(&self, code: u16, word: usize) -> u64 {
        let codes = self.codes.iter().skip(word * 64).take(64).enumerate();
        codes.fold(0, |bits, (at, &own)| bits | u64::from(own == code) << at)
    }
}

/// Leaves of a dimension by what a view can tell apart.
#[derive(Clone)]
pub(super) struct Classes {
    pub of: Vec<u16>,
    pub leaves: Vec<Vec<u16>>,
}

/// For every code of a dimension the first code with the same leaves.
pub(super) fn canonical_codes(dim: &Dim) -> Vec<u16> {
    let mut first: BTreeMap<&[u16], u16> = BTreeMap::new();
    let code = |(at, code)| -> u16 {
        let code: &crate::relations::Code = code;
        *first.entry(&code.leaves).or_insert(at as u16)
    };
    dim.codes.iter().enumerate().map(code).collect()
}

impl Grid {
    /// The geometry of a view, without cell numbers.
    pub fn new(universe: &Universe, view: &View, canonical: &[Vec<u16>]) -> Grid {
        let axes: Vec<&Axis> = [&view.place, &view.period].into_iter().chain(&view.dimensions).collect();
        let mut role = vec![Role::Absent; universe.dims.len()];
        let mut classes: Vec<Classes> = universe.dims.iter().map(|dim| Classes::one(dim.leaves.len())).collect();
        let mut strides = vec![view.quantities.len(); axes.len()];
        for at in (0..axes.len().saturating_sub(1)).rev() {
            strides[at] = strides[at + 1] * axes[at + 1].codes.len();
        }
        let mut lanes = Vec::new();
        for (at, axis) in axes.iter().enumerate() {
            role[axis.dim] = Role::Lane(at);
            let lane = Lane::new(universe, axis, strides[at], &canonical[axis.dim]);
            classes[axis.dim] = lane.1;
            lanes.push(lane.0);
        }
        let mut mentions = Vec::new();
        for (dim, role) in role.iter_mut().enumerate() {
            if view.quantities.iter().any(|q| q.codes.iter().any(|&(d, _)| d == dim)) {
                *role = Role::Mention(mentions.len());
                let (mention, found) = Mention::new(universe, view, dim, &canonical[dim]);
                classes[dim] = found;
                mentions.push(mention);
            }
        }
        Grid { ids: Vec::new(), lanes, quantities: view.quantities.len(), mentions, classes, role }
    }

    /// The positions along the lanes and the quantity of a cell by its row-major position.
    pub fn positions(&self, index: usize) -> (Vec<usize>, usize) {
        let along = |lane: &Lane| index / lane.stride % lane.len;
        (self.lanes.iter().map(along).collect(), index % self.quantities)
    }

    /// Which of 64 quantities there are, as bits.
    pub fn quantities_in(&self, word: usize) -> u64 {
        u64::MAX >> (64 - (self.quantities - word * 64).min(64))
    }
}

/// How a change at two classes changes a quantity that holds some.
pub(super) fn step(inside: u64, (plus, minus): (u16, u16)) -> i8 {
    let holds = |class: u16| i8::from(class != NONE && inside >> class & 1 == 1);
    holds(plus) - holds(minus)
}

impl Classes {
    fn one(leaves: usize) -> Classes {
        Classes { of: vec![0; leaves], leaves: vec![(0..leaves as u16).collect()] }
    }

    /// Leaves with equal signatures are one class; classes are numbered by their first leaf.
    fn by_signature(signatures: Vec<Vec<u16>>) -> Classes {
        let mut known: BTreeMap<Vec<u16>, u16> = BTreeMap::new();
        let mut leaves: Vec<Vec<u16>> = Vec::new();
        let mut of = Vec::with_capacity(signatures.len());
        for (leaf, signature) in signatures.into_iter().enumerate() {
            let class = *known.entry(signature).or_insert(leaves.len() as u16);
            if class as usize == leaves.len() {
                leaves.push(Vec::new());
            }
            leaves[class as usize].push(leaf as u16);
            of.push(class);
        }
        Classes { of, leaves }
    }
}

impl Lane {
    fn new(universe: &Universe, axis: &Axis, stride: usize, canonical: &[u16]) -> (Lane, Classes) {
        let dim = &universe.dims[axis.dim];
        let codes: Vec<u16> =
            axis.codes.iter().map(|code| code.map_or(NONE, |code| canonical[code as usize])).collect();
        let mut signatures: Vec<Vec<u16>> = vec![Vec::new(); dim.leaves.len()];
        let first = |at: usize| codes[at] != NONE && !codes[..at].contains(&codes[at]);
        for at in (0..codes.len()).filter(|&at| first(at)) {
            for &leaf in &dim.codes[codes[at] as usize].leaves {
                signatures[leaf as usize].push(at as u16);
            }
        }
        let classes = Classes::by_signature(signatures.clone());
        let by_class: Vec<Vec<u16>> =
            classes.leaves.iter().map(|leaves| signatures[leaves[0] as usize].clone()).collect();
        let classes_at: Vec<Vec<u16>> = codes.iter().map(|&code| classes_of(dim, code, &classes)).collect();
        let region = (0..codes.len() as u16).map(|at| region(&by_class, &classes_at, at)).collect();
        (Lane { dim: axis.dim, stride, len: codes.len(), by_class, classes_at, codes, region }, classes)
    }

    /// Whether a change at one position need not change the region of another.
    pub fn is_near(&self, at: usize, other: usize) -> bool {
        self.region[at] == self.region[other] || self.classes_at[other].len() > 1
    }
}

fn region(by_class: &[Vec<u16>], classes_at: &[Vec<u16>], at: u16) -> u16 {
    let [class] = classes_at[at as usize][..] else { return NONE };
    let size = |position: u16| classes_at[position as usize].len();
    let sums = by_class[class as usize].iter().copied().filter(|&sum| (2..by_class.len()).contains(&size(sum)));
    sums.min_by_key(|&sum| (size(sum), sum)).unwrap_or(NONE)
}

fn classes_of(dim: &Dim, code: u16, classes: &Classes) -> Vec<u16> {
    let leaves = dim.codes.get(code as usize).map_or(&[][..], |code| &code.leaves);
    let mut found: Vec<u16> = leaves.iter().map(|&leaf| classes.of[leaf as usize]).collect();
    found.sort_unstable();
    found.dedup();
    found
}

impl Mention {
    fn new(universe: &Universe, view: &View, at: usize, canonical: &[u16]) -> (Mention, Classes) {
        let dim = &universe.dims[at];
        let code_of = |codes: &[(usize, u16)]| codes.iter().find(|&&(d, _)| d == at).map_or(0, |&(_, code)| code);
        let codes: Vec<u16> = view.quantities.iter().map(|q| canonical[code_of(&q.codes) as usize]).collect();
        let mut signatures: Vec<Vec<u16>> = vec![Vec::new(); dim.leaves.len()];
        for (quantity, &code) in codes.iter().enumerate() {
            for &leaf in &dim.codes[code as usize].leaves {
                signatures[leaf as usize].push(quantity as u16);
            }
        }
        let classes = Classes::by_signature(signatures);
        let bits = |code: &u16| classes_of(dim, *code, &classes).iter().fold(0u64, |bits, &class| bits | 1 << class);
        let inside: Vec<u64> = codes.iter().map(bits).collect();
        let holders = (0..classes.leaves.len()).map(|class| holders(&inside, class)).collect();
        (Mention { dim: at, kind: dim.kind, inside, holders, codes }, classes)
    }
}

/// Quantities that count a class, as bits.
fn holders(inside: &[u64], class: usize) -> Vec<u64> {
    let word = |of: &[u64]| (0..of.len()).fold(0u64, |bits, at| bits | (of[at] >> class & 1) << at);
    inside.chunks(64).map(word).collect()
}
