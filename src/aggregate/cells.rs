//! The cells of all tables of a pipeline by position, with who contributed.

use super::sparse::Sparse;
use crate::domain::{CountyNumber, Period, PlaceIndex};

/// A code of the place axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Country,
    County(CountyNumber),
    /// "Øvrige kommuner" of a county (`NNxx`).
    Pool(CountyNumber),
    /// By position in the release geography.
    Municipality(PlaceIndex),
}

/// A count and its contributors. All zero: nobody contributed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CellCount {
    /// Contacts, or patients, counted.
    pub value: u32,
    /// Different patients among the contributors.
    pub patients: u32,
    /// Different doctors among the contributors.
    pub doctors: u32,
    /// Contacts of the patient with most.
    pub top_patient: u32,
    /// Contacts of the doctor with most, and of the second.
    pub top_doctor: u32,
    pub second_doctor: u32,
    /// The only patient, the only doctor (numbers of no meaning outside this run, from 1);
    /// 0 where there are none or several.
    pub lone_patient: u32,
    pub lone_doctor: u32,
}

/// The codes of a table's axes. Index 0 of every dimension is its total.
#[derive(Debug, Clone)]
pub struct Axes {
    /// Country first, then counties, pools (if any), municipalities, each ascending.
    pub places: Vec<Place>,
    /// Published periods, ascending by (kind, first month).
    pub periods: Vec<Period>,
    /// One vector of labels a dimension of the table, in its order; `total` first.
    pub dimensions: Vec<Vec<String>>,
    /// Number of quantities.
    pub quantities: usize,
}

impl Axes {
    /// Lengths of the axes in storage order: places, periods, dimensions…, quantities.
    pub fn shape(&self) -> Vec<usize> {
        let dimensions = self.dimensions.iter().map(Vec::len);
        [self.places.len(), self.periods.len()].into_iter().chain(dimensions).chain([self.quantities]).collect()
    }
    /// Number of cells of one place.
    pub fn of_place(&self) -> usize {
        self.shape()[1..].iter().product()
    }
    /// Number of cells of one layer.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Row-major position of a cell: the last axis (quantity) varies fastest.
    pub fn index(&self, codes: &[usize]) -> usize {
        self.shape().iter().zip(codes).fold(0, |at, (len, code)| at * len + code)
    }
}

/// The cells of one table: layers over the same axes, row-major.
#[derive(Debug, Clone)]
pub struct TableCells {
    /// Position in `Pipeline::tables`.
    pub table: usize,
    pub axes: Axes,
    /// Contacts, at the contact's place. Empty for gp-workload.
    pub contacts: Sparse<CellCount>,
    /// Different persons at the person's place; empty unless the table has patients.
    /// `value` and `patients` are both the number of persons; doctors are those of the persons'
    /// contacts of the quantity, wherever they were.
    pub patients: Sparse<CellCount>,
    /// Residents on 1 January of the period's year, by (place, year of the period, sex, age);
    /// same axes without the quantity; empty unless the table has a rate.
    pub residents: Vec<u32>,
    /// Means over doctors (gp-workload), by (place, period, dimensions…, indicator).
    pub means: Sparse<MeanCell>,
}

/// A mean as two whole numbers: billionths summed over doctors, and the doctors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeanCell {
    pub sum_billionths: i128,
    pub doctors: u32,
    /// Contacts, and different patients, behind the mean.
    pub contacts: u32,
    pub patients: u32,
    pub top_patient: u32,
    pub top_doctor: u32,
    pub second_doctor: u32,
    pub lone_patient: u32,
    pub lone_doctor: u32,
}

/// The cells of a pipeline.
#[derive(Debug, Clone)]
pub struct Cells {
    pub tables: Vec<TableCells>,
}
