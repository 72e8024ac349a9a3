//! What a witness changes, cell by cell.
//!
//! In: the parts of a witness and the views of a universe. Out: the change of every cell that
//! changes, in both layers. Pure arithmetic on leaves and codes.

use std::collections::BTreeMap;

use super::files::{Witness, WitnessPart};
use crate::audit::binding::{Book, Layer, Seen};
use crate::relations::{Axis, Dim, Universe, View};

/// Changes by cell of the book, contacts and patients; no zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub by: [BTreeMap<u32, i64>; 2],
}

/// Evaluates witnesses over the cells of a book.
pub struct Evaluator<'a> {
    universe: &'a Universe,
    book: &'a Book,
    /// By dimension and leaf: the codes that hold the leaf.
    holders: Vec<Vec<Vec<u16>>>,
    /// By view and axis (place, period, dimensions…): positions of each code.
    positions: Vec<Vec<BTreeMap<u16, Vec<u32>>>>,
}

/// A part with its moves by dimension.
struct Product {
    by: i64,
    /// +1 and -1 by code; none: the dimension is not moved along.
    moves: Vec<Option<BTreeMap<u16, i64>>>,
    /// A code that cells must have; none: any.
    at: Vec<Option<u16>>,
}

impl Product {
    /// The codes at which a dimension has a factor other than zero.
    fn codes(&self, dim: usize) -> Vec<(u16, i64)> {
        match (&self.moves[dim], self.at[dim]) {
            (Some(moves), _) => moves.iter().map(|(&code, &by)| (code, by)).collect(),
            (None, at) => vec![(at.unwrap_or(0), 1)],
        }
    }
    /// Factor of a dimension at a code.
    fn factor(&self, dim: usize, code: u16) -> i64 {
        match (&self.moves[dim], self.at[dim]) {
            (Some(moves), _) => moves.get(&code).copied().unwrap_or(0),
            (None, Some(at)) => i64::from(at == code),
            (None, None) => i64::from(code == 0),
        }
    }
}

impl<'a> Evaluator<'a> {
    pub fn new(universe: &'a Universe, book: &'a Book) -> Self {
        let holders = universe.dims.iter().map(holders).collect();
        let positions =
            universe.views.iter().map(|view| axes(view).iter().map(|axis| positions(axis)).collect()).collect();
        Evaluator { universe, book, holders, positions }
    }

    /// The change of every cell; none where a part does not fit the format.
    pub fn change(&self, witness: &Witness) -> Option<Change> {
        let mut change = Change::default();
        for (layer, parts) in [(Layer::Contacts, &witness.contacts), (Layer::Patients, &witness.patients)] {
            for part in parts {
                let product = self.product(part, layer)?;
                for view in 0..self.universe.views.len() {
                    self.add(view, &product, layer, &mut change.by[layer as usize])?;
                }
            }
            change.by[layer as usize].retain(|_, by| *by != 0);
        }
        Some(change)
    }

    fn product(&self, part: &WitnessPart, layer: Layer) -> Option<Product> {
        let dims = self.universe.dims.len();
        let mut product = Product { by: part.by, moves: vec![None; dims], at: vec![None; dims] };
        for &(dim, leaf, other) in &part.moves {
            let adds = layer == Layer::Contacts || self.universe.dims.get(dim)?.kind.adds_patients();
            if !adds || product.moves.get(dim)?.is_some() {
                return None;
            }
            product.moves[dim] = Some(self.codes_moved(dim, leaf, other)?);
        }
        for &(dim, code) in &part.at {
            if layer == Layer::Contacts || product.moves.get(dim)?.is_some() {
                return None;
            }
            product.at[dim] = Some(code);
        }
        // Contacts add up over every dimension: a witness has to say where in each they are.
        let complete = layer == Layer::Patients || product.moves.iter().all(Option::is_some);
        (complete && part.by != 0).then_some(product)
    }

    fn codes_moved(&self, dim: usize, leaf: u16, other: Option<u16>) -> Option<BTreeMap<u16, i64>> {
        let holders = self.holders.get(dim)?;
        let mut codes = BTreeMap::new();
        holders.get(leaf as usize)?.iter().for_each(|&code| *codes.entry(code).or_default() += 1);
        if let Some(other) = other {
            holders.get(other as usize)?.iter().for_each(|&code| *codes.entry(code).or_default() -= 1);
        }
        codes.retain(|_, by| *by != 0);
        Some(codes)
    }

    /// Adds the changes of one part in one view; none where it moves patients who, in this view,
    /// would have no place, sex or age. Equal cells of several views change alike, so each is set
    /// once, from the view that names it.
    fn add(&self, at: usize, product: &Product, layer: Layer, change: &mut BTreeMap<u32, i64>) -> Option<()> {
        let view = &self.universe.views[at];
        let places = self.places(at, product);
        let homeless = |axis: &&Axis| {
            let adds = self.universe.dims[axis.dim].kind.adds_patients();
            adds && product.moves[axis.dim].is_none() && axis.codes.len() > 1
        };
        let homeless = layer == Layer::Patients && axes(view).iter().any(homeless);
        for (number, factor) in self.quantities(view, product) {
            for &(base, by) in &places {
                let position = base * view.quantities.len() + number;
                let cell = self.book.cells[at][position];
                if cell == u32::MAX || self.book.seen(layer, cell as usize) == Seen::Absent {
                    continue;
                }
                if homeless {
                    return None;
                }
                if self.book.names[cell as usize] == (at as u16, position as u32) {
                    *change.entry(cell).or_default() += by * factor;
                }
            }
        }
        Some(())
    }

    /// Positions over place, period and dimensions with their factors.
    fn places(&self, at: usize, product: &Product) -> Vec<(usize, i64)> {
        let mut partial = vec![(0, product.by)];
        for (axis, by_code) in axes(&self.universe.views[at]).iter().zip(&self.positions[at]) {
            let mut next = Vec::new();
            for (code, factor) in product.codes(axis.dim) {
                for &position in by_code.get(&code).into_iter().flatten() {
                    let step = |&(base, by): &(usize, i64)| (base * axis.codes.len() + position as usize, by * factor);
                    next.extend(partial.iter().map(step));
                }
            }
            partial = next;
        }
        partial
    }

    /// Quantities of a view with the product of the factors of all dimensions that are no axis.
    fn quantities(&self, view: &View, product: &Product) -> Vec<(usize, i64)> {
        let axes = axes(view);
        let others: Vec<usize> =
            (0..self.universe.dims.len()).filter(|&dim| axes.iter().all(|axis| axis.dim != dim)).collect();
        let factor = |codes: &[(usize, u16)]| -> i64 {
            let code = |dim: usize| codes.iter().find(|entry| entry.0 == dim).map_or(0, |entry| entry.1);
            others.iter().map(|&dim| product.factor(dim, code(dim))).product()
        };
        let all = view.quantities.iter().enumerate().map(|(number, quantity)| (number, factor(&quantity.codes)));
        all.filter(|(_, factor)| *factor != 0).collect()
    }
}

fn holders(dim: &Dim) -> Vec<Vec<u16>> {
    let mut holders = vec![Vec::new(); dim.leaves.len()];
    for (number, code) in dim.codes.iter().enumerate() {
        code.leaves.iter().for_each(|&leaf| holders[leaf as usize].push(number as u16));
    }
    holders
}

fn axes(view: &View) -> Vec<&Axis> {
    [&view.place, &view.period].into_iter().chain(&view.dimensions).collect()
}

fn positions(axis: &Axis) -> BTreeMap<u16, Vec<u32>> {
    let mut positions: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (position, code) in axis.codes.iter().enumerate() {
        if let Some(code) = code {
            positions.entry(*code).or_default().push(position as u32);
        }
    }
    positions
}
