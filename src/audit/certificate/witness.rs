//! What a witness changes, cell by cell.
//!
//! In: the parts of a witness and the views of a universe. Out: the change of every cell that
//! changes, in both layers. Pure arithmetic on leaves and codes.

use super::files::{Witness, WitnessPart};
use crate::audit::binding::{Book, Layer, Seen};
use crate::relations::{Axis, Code, Dim, Universe, View};

/// Changes by cell of the book, contacts and patients; ascending, no zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub by: [Vec<(u32, i64)>; 2],
}

impl Change {
    /// The change of a cell; 0 where it does not change.
    pub fn of(&self, layer: Layer, cell: u32) -> i64 {
        let by = &self.by[layer as usize];
        by.binary_search_by_key(&cell, |entry| entry.0).map_or(0, |at| by[at].1)
    }
}

/// No count of a country is larger.
const LARGEST: i64 = 1 << 40;

/// Evaluates witnesses over the cells of a book.
pub struct Evaluator<'a> {
    universe: &'a Universe,
    book: &'a Book,
    /// By dimension and leaf: the codes that hold the leaf.
    holders: Vec<Vec<Vec<u16>>>,
    /// By dimension and code: the code and all others of its leaves, with factor 1. They are one.
    equals: Vec<Vec<Vec<(u16, i64)>>>,
    shapes: Vec<Shape<'a>>,
}

/// A view, made ready.
struct Shape<'a> {
    axes: Vec<&'a Axis>,
    /// By axis and code: the positions that have it.
    positions: Vec<Vec<Vec<u32>>>,
    /// Dimensions that are no axis and at their total in every quantity.
    fixed: Vec<usize>,
    /// The others that are no axis, and by quantity their codes.
    varying: Vec<usize>,
    quantities: Vec<Vec<u16>>,
    /// Whether cells of the view have patients.
    patients: bool,
}

/// A part with its factors.
struct Product {
    by: i64,
    /// By dimension: codes with a factor other than zero.
    codes: Vec<Vec<(u16, i64)>>,
    /// Whether the part moves along the dimension.
    moves: Vec<bool>,
}

impl Product {
    fn factor(&self, dim: usize, code: u16) -> i64 {
        self.codes[dim].iter().find(|entry| entry.0 == code).map_or(0, |entry| entry.1)
    }
}

impl<'a> Evaluator<'a> {
    pub fn new(universe: &'a Universe, book: &'a Book) -> Self {
        let holders = universe.dims.iter().map(holders).collect();
        let equals = universe.dims.iter().map(equals).collect();
        let shape = |(at, view)| Shape::of(universe, view, book, at);
        Evaluator { universe, book, holders, equals, shapes: universe.views.iter().enumerate().map(shape).collect() }
    }

    /// The change of every cell; none where a part does not fit the format.
    pub fn change(&self, witness: &Witness) -> Option<Change> {
        let mut change = Change::default();
        for (layer, parts) in [(Layer::Contacts, &witness.contacts), (Layer::Patients, &witness.patients)] {
            let by = &mut change.by[layer as usize];
            for part in parts {
                let product = self.product(part, layer)?;
                for view in 0..self.shapes.len() {
                    self.add(view, &product, layer, by)?;
                }
            }
            add_up(by);
        }
        Some(change)
    }

    fn product(&self, part: &WitnessPart, layer: Layer) -> Option<Product> {
        let dims = self.universe.dims.len();
        let totals = self.equals.iter().map(|codes| codes.first().cloned().unwrap_or_default()).collect();
        let mut product = Product { by: part.by, codes: totals, moves: vec![false; dims] };
        for &(dim, leaf, other) in &part.moves {
            let adds = layer == Layer::Contacts || self.universe.dims.get(dim)?.kind.adds_patients();
            if !adds || std::mem::replace(product.moves.get_mut(dim)?, true) {
                return None;
            }
            product.codes[dim] = self.codes_moved(dim, leaf, other)?;
        }
        for &(dim, code) in &part.at {
            if layer == Layer::Contacts || *product.moves.get(dim)? {
                return None;
            }
            product.codes[dim] = self.equals[dim].get(code as usize)?.clone();
        }
        // Contacts add up over every dimension: a witness has to say where in each they are.
        let complete = layer == Layer::Patients || product.moves.iter().all(|&moves| moves);
        (complete && part.by != 0 && (-LARGEST..=LARGEST).contains(&part.by)).then_some(product)
    }

    fn codes_moved(&self, dim: usize, leaf: u16, other: Option<u16>) -> Option<Vec<(u16, i64)>> {
        let holders = self.holders.get(dim)?;
        let plus = holders.get(leaf as usize)?;
        let none = Vec::new();
        let minus = other.map_or(Some(&none), |other| holders.get(other as usize))?;
        let gains = plus.iter().filter(|code| !minus.contains(code)).map(|&code| (code, 1));
        let losses = minus.iter().filter(|code| !plus.contains(code)).map(|&code| (code, -1));
        Some(gains.chain(losses).collect())
    }

    /// Adds the changes of one part in one view; none where it moves patients who, in this view,
    /// would have no place, sex or age. Equal cells of several views change alike, so each is set
    /// once, from the view that names it.
    fn add(&self, at: usize, product: &Product, layer: Layer, change: &mut Vec<(u32, i64)>) -> Option<()> {
        let shape = &self.shapes[at];
        if layer == Layer::Patients && !shape.patients {
            return Some(());
        }
        let fixed: i64 = shape.fixed.iter().map(|&dim| product.factor(dim, 0)).product();
        if fixed == 0 {
            return Some(());
        }
        let quantities = shape.quantities(product);
        if quantities.is_empty() {
            return Some(());
        }
        let homeless = |axis: &&Axis| {
            let adds = self.universe.dims[axis.dim].kind.adds_patients();
            adds && !product.moves[axis.dim] && axis.codes.len() > 1
        };
        let homeless = layer == Layer::Patients && shape.axes.iter().any(homeless);
        for (base, by) in shape.places(product, product.by * fixed) {
            for &(number, factor) in &quantities {
                let position = base * shape.quantities.len() + number;
                let cell = self.book.cells[at][position];
                if cell == u32::MAX || self.book.seen(layer, cell as usize) == Seen::Absent {
                    continue;
                }
                if homeless {
                    return None;
                }
                if self.book.names[cell as usize] == (at as u16, position as u32) {
                    change.push((cell, by * factor));
                }
            }
        }
        Some(())
    }
}

impl<'a> Shape<'a> {
    fn of(universe: &Universe, view: &'a View, book: &Book, at: usize) -> Self {
        let axes: Vec<&Axis> = [&view.place, &view.period].into_iter().chain(&view.dimensions).collect();
        let positions = axes.iter().map(|axis| positions(axis, universe.dims[axis.dim].codes.len())).collect();
        let others = (0..universe.dims.len()).filter(|&dim| axes.iter().all(|axis| axis.dim != dim));
        let code = |codes: &[(usize, u16)], dim: usize| codes.iter().find(|entry| entry.0 == dim).map_or(0, |e| e.1);
        let (fixed, varying): (Vec<usize>, Vec<usize>) =
            others.partition(|&dim| view.quantities.iter().all(|quantity| code(&quantity.codes, dim) == 0));
        let codes = view.quantities.iter().map(|quantity| varying.iter().map(|&dim| code(&quantity.codes, dim)));
        let quantities = codes.map(Iterator::collect).collect();
        let has = |&cell: &u32| cell != u32::MAX && book.seen(Layer::Patients, cell as usize) != Seen::Absent;
        Shape { axes, positions, fixed, varying, quantities, patients: book.cells[at].iter().any(has) }
    }

    /// Positions over place, period and dimensions with their factors.
    fn places(&self, product: &Product, by: i64) -> Vec<(usize, i64)> {
        let mut partial = vec![(0, by)];
        for (axis, by_code) in self.axes.iter().zip(&self.positions) {
            let mut next = Vec::with_capacity(partial.len() * product.codes[axis.dim].len());
            for &(code, factor) in &product.codes[axis.dim] {
                for &position in by_code.get(code as usize).into_iter().flatten() {
                    let step = |&(base, by): &(usize, i64)| (base * axis.codes.len() + position as usize, by * factor);
                    next.extend(partial.iter().map(step));
                }
            }
            partial = next;
        }
        partial
    }

    /// Quantities with the product of the factors of the dimensions in which they differ.
    fn quantities(&self, product: &Product) -> Vec<(usize, i64)> {
        let factor = |codes: &Vec<u16>| -> i64 {
            let mut all = 1;
            for (&dim, &code) in self.varying.iter().zip(codes) {
                all *= product.factor(dim, code);
                if all == 0 {
                    break;
                }
            }
            all
        };
        let all = self.quantities.iter().enumerate().map(|(number, codes)| (number, factor(codes)));
        all.filter(|(_, factor)| *factor != 0).collect()
    }
}

/// Sorts by cell, adds up what is about one cell, and drops zeros.
fn add_up(by: &mut Vec<(u32, i64)>) {
    by.sort_unstable_by_key(|entry| entry.0);
    by.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    by.retain(|entry| entry.1 != 0);
}

fn equals(dim: &Dim) -> Vec<Vec<(u16, i64)>> {
    let alike = |code: &Code| {
        let same = dim.codes.iter().enumerate().filter(|(_, other)| other.leaves == code.leaves);
        same.map(|(number, _)| (number as u16, 1)).collect()
    };
    dim.codes.iter().map(alike).collect()
}

fn holders(dim: &Dim) -> Vec<Vec<u16>> {
    let mut holders = vec![Vec::new(); dim.leaves.len()];
    for (number, code) in dim.codes.iter().enumerate() {
        code.leaves.iter().for_each(|&leaf| holders[leaf as usize].push(number as u16));
    }
    holders
}

fn positions(axis: &Axis, codes: usize) -> Vec<Vec<u32>> {
    let mut positions = vec![Vec::new(); codes];
    for (position, code) in axis.codes.iter().enumerate() {
        if let Some(code) = code {
            positions[*code as usize].push(position as u32);
        }
    }
    positions
}
