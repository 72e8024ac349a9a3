//! A system of whole-number unknowns and the equations that publication makes public.
//!
//! In: unknowns with bounds and rows `low <= sum of coefficient x unknown <= high`. Out: the rows
//! in compressed form, and the rows of each unknown. It knows nothing of tables and never of a
//! hidden value: published numbers are constants on the right-hand side.

/// No bound upwards (as `high` of a row or `hi` of a range); its negative: none downwards.
pub const UNBOUNDED: i64 = i64::MAX / 4;

/// What is known of an unknown: it lies between `lo` and `hi`, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Range {
    pub lo: i64,
    pub hi: i64,
}

impl Range {
    /// From `lo` upwards without end.
    pub fn at_least(lo: i64) -> Self {
        Range { lo, hi: UNBOUNDED }
    }
    /// One value.
    pub fn exactly(value: i64) -> Self {
        Range { lo: value, hi: value }
    }
    pub fn is_exact(self) -> bool {
        self.lo == self.hi
    }
    /// Distance of the ends: 0 is exactly known.
    pub fn width(self) -> i64 {
        if self.hi >= UNBOUNDED { UNBOUNDED } else { self.hi - self.lo }
    }
    pub fn contains(self, value: i64) -> bool {
        self.lo <= value && value <= self.hi
    }
    /// The smallest range that holds this one and `value`.
    pub fn with(self, value: i64) -> Self {
        Range { lo: self.lo.min(value), hi: self.hi.max(value) }
    }
}

/// One row: its terms, and what their sum lies between.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub cells: &'a [u32],
    pub coefficients: &'a [i64],
    pub low: i64,
    pub high: i64,
}

impl Row<'_> {
    pub fn is_equation(&self) -> bool {
        self.low == self.high
    }
    pub fn terms(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.cells.iter().map(|&cell| cell as usize).zip(self.coefficients.iter().copied())
    }
    /// The value of the left-hand side at a point.
    pub fn sum_at(&self, point: &[i64]) -> i64 {
        self.terms().map(|(cell, coefficient)| coefficient * point[cell]).sum()
    }
}

/// Unknowns and rows. Rows are added with [`System::row`]; [`System::index`] before use.
#[derive(Debug, Clone, Default)]
pub struct System {
    pub bounds: Vec<Range>,
    cells: Vec<u32>,
    coefficients: Vec<i64>,
    starts: Vec<usize>,
    sides: Vec<(i64, i64)>,
    rows_of: Vec<u32>,
    /// Coefficients in step with `rows_of`.
    by_unknown: Vec<i64>,
    rows_of_starts: Vec<usize>,
}

impl System {
    pub fn new() -> Self {
        System { starts: vec![0], ..System::default() }
    }
    /// Adds an unknown; its number.
    pub fn unknown(&mut self, bounds: Range) -> usize {
        self.bounds.push(bounds);
        self.bounds.len() - 1
    }
    /// Adds `low <= sum of terms <= high`; its number. A cell named twice is added up; terms that
    /// cancel leave the row.
    pub fn row(&mut self, terms: &[(usize, i64)], low: i64, high: i64) -> usize {
        let mut terms = terms.to_vec();
        terms.sort_unstable();
        terms.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        for (cell, coefficient) in terms.into_iter().filter(|term| term.1 != 0) {
            self.cells.push(cell as u32);
            self.coefficients.push(coefficient);
        }
        self.starts.push(self.cells.len());
        self.sides.push((low, high));
        self.sides.len() - 1
    }
    /// Adds `sum of terms = value`.
    pub fn equation(&mut self, terms: &[(usize, i64)], value: i64) -> usize {
        self.row(terms, value, value)
    }
    /// Makes the list of rows of each unknown. To be called once after the last row.
    pub fn index(&mut self) {
        let mut starts = vec![0usize; self.bounds.len() + 1];
        self.cells.iter().for_each(|&cell| starts[cell as usize + 1] += 1);
        (1..starts.len()).for_each(|i| starts[i] += starts[i - 1]);
        let mut next = starts.clone();
        let (mut rows_of, mut by_unknown) = (vec![0u32; self.cells.len()], vec![0; self.cells.len()]);
        for row in 0..self.sides.len() {
            for at in self.starts[row]..self.starts[row + 1] {
                let place = &mut next[self.cells[at] as usize];
                (rows_of[*place], by_unknown[*place]) = (row as u32, self.coefficients[at]);
                *place += 1;
            }
        }
        (self.rows_of, self.by_unknown, self.rows_of_starts) = (rows_of, by_unknown, starts);
    }
    pub fn rows(&self) -> usize {
        self.sides.len()
    }
    pub fn unknowns(&self) -> usize {
        self.bounds.len()
    }
    /// What the sum of a row lies between.
    pub fn sides(&self, row: usize) -> (i64, i64) {
        self.sides[row]
    }
    pub fn get(&self, row: usize) -> Row<'_> {
        let at = self.starts[row]..self.starts[row + 1];
        let (low, high) = self.sides[row];
        Row { cells: &self.cells[at.clone()], coefficients: &self.coefficients[at], low, high }
    }
    /// Rows that the unknown stands in, ascending.
    pub fn rows_of(&self, cell: usize) -> &[u32] {
        &self.rows_of[self.rows_of_starts[cell]..self.rows_of_starts[cell + 1]]
    }
    /// The same rows with the coefficient that the unknown has there.
    pub fn terms_of(&self, cell: usize) -> impl Iterator<Item = (u32, i64)> + '_ {
        let at = self.rows_of_starts[cell]..self.rows_of_starts[cell + 1];
        self.rows_of[at.clone()].iter().copied().zip(self.by_unknown[at].iter().copied())
    }
    /// Whether a whole point keeps every bound and every row.
    pub fn admits(&self, point: &[i64]) -> bool {
        let bounds = self.bounds.iter().zip(point).all(|(range, &value)| range.contains(value));
        bounds && (0..self.rows()).all(|row| self.row_admits(row, point))
    }
    fn row_admits(&self, row: usize, point: &[i64]) -> bool {
        let row = self.get(row);
        (row.low..=row.high).contains(&row.sum_at(point))
    }
}
