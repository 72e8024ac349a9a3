//! The cells of one table in one period: those that are not empty, with keys for the only patient
//! and the only doctor in place of numbers.
//!
//! In: cells of a table. Out: blocks of them, and where a cell of a period stands among all.
//! Never counts.

use super::cells::{Axes, CellCount, MeanCell, TableCells};
use super::contributors::Contributors;
use super::lone::{Keys, NOBODY};
use super::sparse::Sparse;

/// A cell of a layer: position without its period, count, keys of the only patient and doctor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptCell<T> {
    pub at: u32,
    pub cell: T,
    pub patient: i64,
    pub doctor: i64,
}

impl KeptCell<CellCount> {
    /// A cell that nobody is in.
    pub fn empty(at: u32) -> Self {
        KeptCell { at, cell: CellCount::default(), patient: NOBODY, doctor: NOBODY }
    }
}

/// What is kept of a table in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    pub contacts: Vec<KeptCell<CellCount>>,
    pub patients: Vec<KeptCell<CellCount>>,
    pub means: Vec<KeptCell<MeanCell>>,
    /// Who is in the cells, where rows may still come.
    pub contributors: Option<Contributors>,
}

/// A cell that may be kept.
trait Kept: Copy + Default + PartialEq {
    fn lone(&mut self) -> [&mut u32; 2];
}

impl Kept for CellCount {
    fn lone(&mut self) -> [&mut u32; 2] {
        [&mut self.lone_patient, &mut self.lone_doctor]
    }
}

impl Kept for MeanCell {
    fn lone(&mut self) -> [&mut u32; 2] {
        [&mut self.lone_patient, &mut self.lone_doctor]
    }
}

/// Where the cells of one period stand in a layer of `len` cells.
#[derive(Clone, Copy)]
pub struct Slice {
    period: usize,
    periods: usize,
    /// Cells of one place and period.
    pub inner: usize,
}

impl Slice {
    pub fn of(axes: &Axes, period: usize, len: usize) -> Slice {
        let periods = axes.periods.len();
        Slice { period, periods, inner: len.checked_div(axes.places.len() * periods).unwrap_or(0) }
    }
    /// Position in a layer of `periods` periods of a position without its period.
    pub fn position(&self, at: u32, (period, periods): (usize, usize)) -> usize {
        (at as usize / self.inner * periods + period) * self.inner + at as usize % self.inner
    }
    /// The period of a position in the layer, and the position without it.
    pub fn parts(&self, cell: usize) -> (usize, u32) {
        let (of_place, rest) = (cell / self.inner, cell % self.inner);
        (of_place % self.periods, (of_place / self.periods * self.inner + rest) as u32)
    }
    /// Position in the layer of a position without its period.
    #[inline]
    pub fn whole(&self, at: usize) -> usize {
        (at / self.inner * self.periods + self.period) * self.inner + at % self.inner
    }
    fn take<T: Kept>(&self, layer: &Sparse<T>, places: usize, keys: &Keys) -> Vec<KeptCell<T>> {
        let kept = |at: usize| {
            let mut cell = *layer.get(self.whole(at))?;
            if cell == T::default() {
                return None;
            }
            let [patient, doctor] = cell.lone().map(std::mem::take);
            Some(KeptCell { at: at as u32, cell, patient: keys.patient(patient), doctor: keys.doctor(doctor) })
        };
        (0..places * self.inner).filter_map(kept).collect()
    }
}

impl Block {
    /// The cells of the period at a position of the table's axis.
    pub fn take(table: &TableCells, period: usize, keys: &Keys) -> Block {
        let places = table.axes.places.len();
        let slice = |len: usize| Slice::of(&table.axes, period, len);
        Block {
            contacts: slice(table.contacts.len()).take(&table.contacts, places, keys),
            patients: slice(table.patients.len()).take(&table.patients, places, keys),
            means: slice(table.means.len()).take(&table.means, places, keys),
            contributors: None,
        }
    }

    /// The position on the place axis of a cell without its period.
    pub fn place_of(axes: &Axes, at: u32) -> usize {
        at as usize / Slice::of(axes, 0, axes.len()).inner.max(1)
    }

    /// The code of one dimension of a cell without its period.
    pub fn code_of(axes: &Axes, at: u32, dimension: usize) -> usize {
        let shape = axes.shape();
        let stride: usize = shape[dimension + 3..].iter().product();
        at as usize / stride.max(1) % shape[dimension + 2].max(1)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::aggregate::cells::Place;
    use crate::domain::{Month, Period, PeriodKind};

    pub fn table() -> TableCells {
        let period = |first| Period { kind: PeriodKind::Month, first: Month(first) };
        let axes = Axes {
            places: vec![Place::Country, Place::Municipality(0)],
            periods: vec![period(5), period(6)],
            dimensions: vec![vec!["total".into(), "a".into()]],
            quantities: 1,
        };
        // Places, periods, codes of the dimension: 2 x 2 x 2.
        let cell =
            |value| CellCount { value, patients: value.min(1), lone_patient: value.min(1), ..CellCount::default() };
        let contacts = [1, 0, 3, 4, 0, 6, 0, 8].map(cell).to_vec();
        let mean = |sum| MeanCell { sum_billionths: sum, ..MeanCell::default() };
        let means = [-1, i128::MAX, 0, 0, 0, 5, 6, 7].map(mean).to_vec();
        let (contacts, means) = (contacts.into(), means.into());
        TableCells { table: 0, axes, contacts, patients: Sparse::default(), residents: Vec::new(), means }
    }

    #[test]
    fn a_block_holds_the_cells_of_its_period_alone() {
        let block = Block::take(&table(), 1, &Keys { patients: vec![70], doctors: vec![80] });
        let found: Vec<(u32, u32)> = block.contacts.iter().map(|kept| (kept.at, kept.cell.value)).collect();
        assert_eq!(found, [(0, 3), (1, 4), (3, 8)]);
    }
}
