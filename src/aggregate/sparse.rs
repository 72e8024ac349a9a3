//! Cells of a layer by position, where most of them are empty.
//!
//! In: cells by position. Out: the same. What is empty takes no memory, a run of cells at a time.
//! Never says that a position is not there because its cell is empty.

use std::ops::Index;

/// Most cells of a run, where nothing is known of the layer.
const RUN: usize = 16;
/// A layer whose places have no run of at least so many cells has runs that do not end with places.
const SHORTEST: usize = 8;

/// Cells by position; those that nobody has set are the default.
#[derive(Debug, Clone)]
pub struct Sparse<T> {
    length: usize,
    /// Cells of a run.
    run: usize,
    /// None where all cells of the run are empty. The last may go on behind the length, with nothing.
    runs: Vec<Option<Box<[T]>>>,
    empty: T,
}

impl<T: Clone + Default + PartialEq> Sparse<T> {
    /// Empty cells; `inner` of them belong together, so that runs begin and end with them.
    pub fn empty(length: usize, inner: usize) -> Sparse<T> {
        let run = (SHORTEST..=RUN).rev().find(|run| inner > 0 && inner.is_multiple_of(*run)).unwrap_or(RUN);
        Sparse { length, run, runs: vec![None; length.div_ceil(run)], empty: T::default() }
    }

    /// Cells in their order.
    pub fn of(length: usize, inner: usize, cells: impl Iterator<Item = T>) -> Sparse<T> {
        let mut all = Sparse::empty(length, inner);
        let mut cells = cells.take(length);
        let mut waiting = Vec::with_capacity(all.run);
        for at in 0..all.runs.len() {
            waiting.extend(cells.by_ref().take(all.run));
            if waiting.iter().any(|cell| *cell != all.empty) {
                waiting.resize(all.run, T::default());
                all.runs[at] = Some(waiting.as_slice().into());
            }
            waiting.clear();
        }
        all
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The cell at a position; none behind the last.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        (at < self.length).then(|| self.runs[at / self.run].as_ref().map_or(&self.empty, |run| &run[at % self.run]))
    }

    /// The cell at a position, to be set; none behind the last.
    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at >= self.length {
            return None;
        }
        let (run, length) = (&mut self.runs[at / self.run], self.run);
        let run = run.get_or_insert_with(|| vec![T::default(); length].into());
        Some(&mut run[at % length])
    }

    /// All cells in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.length).map(|at| &self[at])
    }

    /// The cells that may not be empty, and some that are.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.runs.iter_mut().flatten().flatten()
    }

    /// Puts the cells of others before a position.
    pub fn insert(&mut self, before: usize, more: Sparse<T>) {
        let is_whole = |cells: usize| cells.is_multiple_of(self.run);
        if self.run == more.run && is_whole(before) && is_whole(more.length) {
            let at = before / self.run;
            self.length += more.length;
            self.runs.splice(at..at, more.runs);
            return;
        }
        let (length, run) = (self.length + more.length, self.run);
        let cells = self.iter().take(before).chain(more.iter()).chain(self.iter().skip(before));
        *self = Sparse::of(length, run, cells.cloned());
    }
}

impl<T: Clone + Default + PartialEq> PartialEq for Sparse<T> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.iter().eq(other.iter())
    }
}

impl<T: Clone + Default + PartialEq> Default for Sparse<T> {
    fn default() -> Self {
        Sparse::empty(0, 0)
    }
}

impl<T: Clone + Default + PartialEq> From<Vec<T>> for Sparse<T> {
    fn from(cells: Vec<T>) -> Self {
        Sparse::of(cells.len(), 0, cells.into_iter())
    }
}

impl<T: Clone + Default + PartialEq> Index<usize> for Sparse<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        assert!(at < self.length, "a cell behind the last of its layer");
        self.runs[at / self.run].as_ref().map_or(&self.empty, |run| &run[at % self.run])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_and_empty_runs_take_no_room() {
        let cells: Vec<u32> = (0..50).map(|at| if at < 16 || at == 49 { at } else { 0 }).collect();
        let sparse = Sparse::from(cells.clone());
        assert_eq!(sparse.iter().copied().collect::<Vec<_>>(), cells);
        assert_eq!((sparse.len(), sparse[49], sparse.get(50)), (50, 49, None));
        assert_eq!(sparse.runs.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, true]);
    }

    #[test]
    fn what_is_set_stands_alone() {
        let mut sparse = Sparse::<u32>::empty(30, 10);
        assert_eq!(sparse.run, 10, "of 8 to 16 the largest that divides 10");
        *sparse.get_mut(17).unwrap() = 5;
        assert!(sparse.get_mut(30).is_none());
        let expected: Vec<u32> = (0..30).map(|at| if at == 17 { 5 } else { 0 }).collect();
        assert_eq!(sparse.iter().copied().collect::<Vec<_>>(), expected);
        assert_eq!(sparse, Sparse::of(30, 10, expected.into_iter()));
    }

    #[test]
    fn others_are_put_between_where_runs_end_and_where_they_do_not() {
        let all = |sparse: &Sparse<u32>| sparse.iter().copied().collect::<Vec<_>>();
        for inner in [10, 7] {
            let mut sparse = Sparse::of(20, inner, 1..21);
            sparse.insert(10, Sparse::of(10, inner, 101..111));
            assert_eq!(all(&sparse), (1..11).chain(101..111).chain(11..21).collect::<Vec<_>>());
            sparse.insert(30, Sparse::of(3, inner, 7..10));
            assert_eq!(all(&sparse), (1..11).chain(101..111).chain(11..21).chain(7..10).collect::<Vec<_>>());
        }
    }
}
