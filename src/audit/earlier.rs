//! What somebody knows who kept the earlier releases: about what a hidden count is.
//!
//! In: the public cells of earlier releases, oldest first, and those of this one. Out: for every
//! count that is hidden now and was shown once an interval around the last value that was shown.
//! Where a shown sum that holds the count has not changed since, the value is known; else it lies
//! within the change of the least of these sums and a margin. Sees no restricted file.

use rustc_hash::FxHashMap;

use super::binding::{Book, Bound, Layer, Seen};
use super::engine::{Range, UNBOUNDED};

/// What was told of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// The last value that was shown.
    value: i64,
    /// By how much the least of the shown sums that hold it has changed since, release by release.
    drift: i64,
}

/// What earlier releases told of the cells of a universe.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    told: [Vec<Option<Told>>; 2],
    /// By cell: where its holders start; one more at the end.
    starts: Vec<usize>,
    /// The next larger cells, one dimension at a time; whether patients add up over it.
    holders: Vec<(u32, bool)>,
    /// What the last release showed, by layer and cell.
    last: [Vec<Option<i64>>; 2],
}

impl Earlier {
    /// The same with the release under attack, as it is seen now.
    pub fn and(&self, book: &Book) -> Earlier {
        let mut all = self.clone();
        all.step(book);
        all
    }

    /// Takes in the next release.
    pub fn step(&mut self, book: &Book) {
        if self.starts.is_empty() {
            self.find_holders(book);
        }
        let now = shown(book, self.starts.len() - 1);
        if self.last[0].is_empty() {
            self.told = now.clone().map(|layer| layer.into_iter().map(|v| v.map(Told::shown)).collect());
        } else {
            let least = self.least_changes(&now);
            for layer in Layer::BOTH.map(|layer| layer as usize) {
                for (cell, told) in self.told[layer].iter_mut().enumerate() {
                    *told = match (now[layer][cell], *told) {
                        (Some(value), _) => Some(Told::shown(value)),
                        (None, Some(told)) if least[layer][cell] < UNBOUNDED => {
                            Some(Told { drift: (told.drift + least[layer][cell]).min(UNBOUNDED), ..told })
                        }
                        _ => None,
                    };
                }
            }
        }
        self.last = now;
    }

    /// The values that earlier releases leave to a count that is hidden now; none where they told
    /// nothing. `margin`: bills that may have been taken away for others that came.
    pub fn left(&self, layer: Layer, cell: usize, margin: i64) -> Option<Range> {
        let told = (*self.told[layer as usize].get(cell)?)?;
        // A count that was zero and is not has changed, whatever the sums say.
        let is_still = told.drift == 0 && told.value > 0;
        let radius = if is_still { 0 } else { told.drift.max(1) + margin };
        let lo = (told.value - radius).max(1);
        Some(Range { lo, hi: (told.value + radius).max(lo) })
    }

    fn find_holders(&mut self, book: &Book) {
        let mut book = book.clone();
        let mut edges: Vec<(u32, u32, bool)> = Vec::new();
        for dim in 0..book.codes.len() {
            let adds_patients = book.codes[dim].kind.adds_patients();
            let lines = super::binding::lines(&book, dim, Layer::Contacts);
            for line in lines.chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
                let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
                let cell = |code: u16| line.binary_search_by_key(&code, |entry| entry.1).map(|at| line[at].2);
                for &(whole, part) in &book.codes[dim].parts(&present).within {
                    if let (Ok(whole), Ok(part)) = (cell(whole), cell(part)) {
                        edges.push((part, whole, adds_patients));
                    }
                }
            }
        }
        edges.sort_unstable();
        self.starts = (0..=book.len() as u32).map(|cell| edges.partition_point(|edge| edge.0 < cell)).collect();
        self.holders = edges.into_iter().map(|(_, whole, adds_patients)| (whole, adds_patients)).collect();
    }

    /// By layer and cell: the least change of a count that is shown in both releases and holds the
    /// cell; none at all: unbounded. Where contacts stand still patients do.
    fn least_changes(&self, now: &[Vec<Option<i64>>; 2]) -> [Vec<i64>; 2] {
        let change = |layer: usize| -> Vec<i64> {
            let both = now[layer].iter().zip(&self.last[layer]);
            both.map(|(now, last)| now.zip(*last).map_or(UNBOUNDED, |(now, last)| (now - last).abs())).collect()
        };
        let of_contacts = self.spread(&change(0), |_| true);
        let of_patients = self.spread(&change(1), |adds_patients| adds_patients);
        let both = of_contacts.iter().zip(of_patients).map(|(&contacts, patients)| contacts.min(patients)).collect();
        [of_contacts, both]
    }

    /// From what holds to what is held, until nothing falls any more.
    fn spread(&self, own: &[i64], takes: impl Fn(bool) -> bool) -> Vec<i64> {
        let mut least = vec![UNBOUNDED; own.len()];
        loop {
            let before = least.clone();
            for cell in (0..own.len()).rev() {
                for &(holder, _) in
                    self.holders[self.starts[cell]..self.starts[cell + 1]].iter().filter(|(_, adds)| takes(*adds))
                {
                    let holder = holder as usize;
                    least[cell] = least[cell].min(own[holder]).min(least[holder]);
                }
            }
            if least == before {
                return least;
            }
        }
    }
}

impl Told {
    fn shown(value: i64) -> Told {
        Told { value, drift: 0 }
    }
}

/// The values that a release shows, by layer and cell, with numerators that a share gives away.
fn shown(book: &Book, cells: usize) -> [Vec<Option<i64>>; 2] {
    let value = |layer: Layer, cell: usize| match book.seen(layer, cell) {
        Seen::Shown(value) => Some(value),
        _ => None,
    };
    let mut all = Layer::BOTH.map(|layer| (0..cells).map(|cell| value(layer, cell)).collect::<Vec<_>>());
    for share in &book.shares {
        let (numerator, denominator) = (share.numerator as usize, share.denominator as usize);
        if let (None, Some(whole)) = (all[0][numerator], all[0][denominator]) {
            all[0][numerator] = numerator_of(share.hundredths, whole);
        }
    }
    all
}

/// The only whole number of which a share in hundredths of a percent is made, if there is one.
fn numerator_of(hundredths: i64, whole: i64) -> Option<i64> {
    let low = ((2 * hundredths - 1) * whole + 19_999).div_euclid(20_000).max(0);
    let is_that = |numerator: i64| 20_000 * numerator < (2 * hundredths + 1) * whole;
    (whole > 0 && is_that(low) && !is_that(low + 1)).then_some(low)
}

/// What earlier releases leave of hidden counts, laid upon a system.
pub struct Left {
    by_cell: [Vec<Option<Range>>; 2],
    /// Widths that a certificate states, by layer and cell.
    stated: [FxHashMap<u32, i64>; 2],
}

impl Left {
    /// `truth` by layer and cell, where it is at hand: somebody who is wrong about a count, because
    /// bills were moved, is not the one to be protected against.
    pub fn of(earlier: &Earlier, bound: &Bound, margin: i64, truth: Option<&[Vec<i64>; 2]>) -> Left {
        let cells = bound.of_cell[0].len();
        let mut by_cell = [vec![None; cells], vec![None; cells]];
        for &(cell, layer) in &bound.unknowns {
            let range = earlier.left(layer, cell as usize, margin);
            let value = truth.and_then(|truth| truth[layer as usize].get(cell as usize));
            by_cell[layer as usize][cell as usize] = range.map(|range| value.map_or(range, |&value| range.with(value)));
        }
        Left { by_cell, stated: Default::default() }
    }
    pub fn nothing(cells: usize) -> Left {
        Left { by_cell: [vec![None; cells], vec![None; cells]], stated: Default::default() }
    }
    /// Narrows the bounds of the system's unknowns.
    pub fn narrow(&self, bound: &mut Bound) {
        for (unknown, &(cell, layer)) in bound.unknowns.iter().enumerate() {
            if let Some(range) = self.by_cell[layer as usize][cell as usize] {
                let own = &mut bound.system.bounds[unknown];
                *own = Range { lo: own.lo.max(range.lo), hi: own.hi.min(range.hi) };
            }
        }
    }
    /// Whether a hidden count may have a value.
    pub fn allows(&self, layer: Layer, cell: u32, value: i64) -> bool {
        self.by_cell[layer as usize].get(cell as usize).copied().flatten().is_none_or(|range| range.contains(value))
    }
    /// Takes a certificate's word for how little is left, for what is asked of a cell and for nothing
    /// else: the releases that told it may not be at hand (removed, or a release made again).
    pub fn trust(&mut self, stated: &[FxHashMap<u32, i64>; 2]) {
        self.stated = stated.clone();
    }
    /// Distance of the lowest and the highest value left by the releases at hand; unbounded where they
    /// told nothing.
    pub fn seen_width(&self, layer: Layer, cell: u32) -> i64 {
        self.by_cell[layer as usize].get(cell as usize).copied().flatten().map_or(UNBOUNDED, Range::width)
    }
    /// The same, or what a certificate states where that is less.
    pub fn width(&self, layer: Layer, cell: u32) -> i64 {
        let stated = self.stated[layer as usize].get(&cell).copied().unwrap_or(UNBOUNDED);
        self.seen_width(layer, cell).min(stated)
    }
}
