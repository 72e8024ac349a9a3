//! What the room gives: figures in whole numbers, with the persons that they rest on.

use crate::aggregate::{CellCount, Place};
use crate::definition::Measure;
use crate::domain::Period;

/// A figure before its one division.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Figure {
    /// Nothing to divide by, or a year that was not delivered.
    #[default]
    Undefined,
    Count(i64),
    /// `numerator` times `scale` by `denominator`; nothing to divide by where that is 0.
    Ratio {
        numerator: i128,
        denominator: u64,
        scale: u32,
    },
}

impl Figure {
    /// A mean of billionths.
    pub fn mean(billionths: i128, number: u64) -> Self {
        // The billion goes into the denominator, which stays below 2^64 for 18 billion persons.
        Figure::Ratio { numerator: billionths, denominator: number.saturating_mul(1_000_000_000), scale: 1 }
    }

    /// The value: a count as it is, a ratio to two decimals, rounded half away from zero.
    pub fn value(self) -> Option<f64> {
        match self {
            Figure::Undefined | Figure::Ratio { denominator: 0, .. } => None,
            Figure::Count(count) => Some(count as f64),
            Figure::Ratio { numerator, denominator, scale } => {
                let (by, parts) = (i128::from(denominator), numerator * i128::from(scale) * 100);
                let hundredths = (2 * parts.abs() + by) / (2 * by);
                let whole = hundredths as f64 / 100.0;
                Some(if numerator < 0 && hundredths > 0 { -whole } else { whole })
            }
        }
    }
}

/// A figure and who stands behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoinedCell {
    pub figure: Figure,
    /// Different persons of each part that must be none or many: a numerator, the rest of its
    /// denominator, the denominator; unused ones are 0.
    pub persons: [u32; 3],
    /// Contributors as the restricted table tells them; none for registers and stays.
    pub n_patients: Option<u32>,
    pub n_doctors: Option<u32>,
}

/// A figure that a table shows in every cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Position in `Table::indicators`.
    pub indicator: usize,
    pub measure: Measure,
    /// Figures of one group are hidden together; none: a public fact, which is always shown.
    pub group: Option<u16>,
}

/// A table of joined registers, dense, before protection.
#[derive(Debug, Clone)]
pub struct JoinedTable {
    /// Position in `Pipeline::tables`.
    pub table: usize,
    pub places: Vec<Place>,
    pub periods: Vec<Period>,
    /// Labels of the table's dimensions, `total` first; at most one dimension.
    pub labels: Vec<Vec<String>>,
    pub columns: Vec<Column>,
    /// Row-major: place, period, code of the dimension, column.
    pub cells: Vec<JoinedCell>,
    /// Of each system of the table ([`crate::definition::JoinedSystem`]), in their order.
    pub systems: Vec<SystemCells>,
}

/// The counts of a system, with who contributed.
#[derive(Debug, Clone, Default)]
pub struct SystemCells {
    /// Row-major: place, period, code of the dimension, quantity.
    pub counts: Vec<CellCount>,
    /// Persons that a rate is by, without the quantity; empty where there is none.
    pub residents: Vec<u32>,
}

impl JoinedTable {
    /// Codes of the dimension; 1 where there is none.
    pub fn codes(&self) -> usize {
        self.labels.first().map_or(1, Vec::len)
    }
    /// Position of a cell.
    pub fn index(&self, place: usize, period: usize, code: usize, column: usize) -> usize {
        ((place * self.periods.len() + period) * self.codes() + code) * self.columns.len() + column
    }
}

/// A table by practice, for the restricted area alone.
#[derive(Debug, Clone)]
pub struct PracticeTable {
    pub table: usize,
    /// Sorted by period, practice and indicator.
    pub rows: Vec<PracticeRow>,
}

/// A row of a table by practice.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeRow {
    pub period: Period,
    /// The practice's identifier as delivered.
    pub practice: String,
    pub indicator: usize,
    pub measure: Measure,
    pub value: Option<f64>,
    pub n_patients: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(numerator: i128, denominator: u64, scale: u32) -> Option<f64> {
        Figure::Ratio { numerator, denominator, scale }.value()
    }

    #[test]
    fn half_is_rounded_away_from_zero_on_both_sides() {
        assert_eq!(value(1, 800, 100), Some(0.13));
        assert_eq!(value(-1, 800, 100), Some(-0.13));
        assert_eq!(value(1, 3, 100), Some(33.33));
        assert_eq!(value(0, 3, 1000), Some(0.0));
        assert_eq!(value(3, 0, 1000), None);
        assert_eq!(Figure::mean(2_005_000_000, 1).value(), Some(2.01));
        assert_eq!(Figure::Count(-7).value(), Some(-7.0));
    }
}
