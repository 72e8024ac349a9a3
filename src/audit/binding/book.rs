//! All quantities of one universe, each once, with what the public is told of it.
//!
//! In: the description of a universe and the rows of its tables. Out: [`Book`]: cells by their
//! leaves, in two layers (contacts, patients), shown, hidden or never published; the shares; and
//! findings where tables decide differently about one quantity. It reads public files alone.

use rustc_hash::FxHashMap;

use super::codes::Codes;
use super::tables::{Rows, Told};
use super::view::{MadeRow, ShareRow, ViewRows};
use crate::audit::report::{Finding, Findings, Kind};
use crate::relations::{Universe, View};

/// Contacts, or patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Contacts = 0,
    Patients = 1,
}

impl Layer {
    pub const BOTH: [Layer; 2] = [Layer::Contacts, Layer::Patients];
    pub fn name(self) -> &'static str {
        if self == Layer::Contacts { "contacts" } else { "patients" }
    }
}

/// What the public is told of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seen {
    /// There is no such count.
    #[default]
    Absent,
    Shown(i64),
    /// Suppressed; zeros are shown, so it is at least 1.
    Hidden,
    /// Never published as such; at least 0.
    Unpublished,
}

/// A share as published, by its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub numerator: u32,
    pub denominator: u32,
    /// Hundredths of a percent.
    pub hundredths: i64,
}

/// The cells of a universe.
#[derive(Debug, Clone)]
pub struct Book {
    pub id: String,
    pub codes: Vec<Codes>,
    shifts: Vec<u32>,
    widths: Vec<u32>,
    pub keys: Vec<u128>,
    pub seen: [Vec<Seen>; 2],
    /// View and position by which a cell is named; `NO_VIEW` for rests that no view has.
    pub names: Vec<(u16, u32)>,
    pub index: FxHashMap<u128, u32>,
    pub shares: Vec<Share>,
    /// Cells that no table shows, but of which a shown figure tells.
    pub told_of: Vec<u32>,
    /// By view, the cell of each position; `u32::MAX` where nothing is published.
    pub cells: Vec<Vec<u32>>,
}

/// No view has the cell.
pub const NO_VIEW: u16 = u16::MAX;

impl Book {
    /// Reads the rows of every view into cells. `rows` are in the order of the views.
    pub fn of(universe: &Universe, rows: &[&Rows], findings: &mut Findings) -> Self {
        let codes: Vec<Codes> = universe.dims.iter().map(Codes::of).collect();
        let widths: Vec<u32> = codes.iter().map(|codes| usize::BITS - (codes.len() + 16).leading_zeros()).collect();
        let shifts = widths.iter().scan(0, |at, width| Some(std::mem::replace(at, *at + width))).collect();
        let mut book = Book {
            id: universe.id.clone(),
            codes,
            shifts,
            widths,
            keys: Vec::new(),
            seen: [Vec::new(), Vec::new()],
            names: Vec::new(),
            index: FxHashMap::default(),
            shares: Vec::new(),
            told_of: Vec::new(),
            cells: Vec::new(),
        };
        let (mut shares, mut made) = (Vec::new(), Vec::new());
        for (at, (view, rows)) in universe.views.iter().zip(rows).enumerate() {
            let read = ViewRows::read(universe, view, rows, findings);
            let cells = book.add_view(universe, at, view, &read, findings);
            shares.extend(read.shares.iter().filter_map(|share| of_cells(share, &cells)));
            made.extend(read.made.iter().map(|row| row.of_cells(&cells)));
            book.cells.push(cells);
        }
        made.iter().for_each(|row| book.add_made(row, findings));
        shares.iter().for_each(|&(numerator, denominator, told)| book.add_share(numerator, denominator, told));
        book
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// The code of a cell in a dimension.
    pub fn code(&self, key: u128, dim: usize) -> u16 {
        (key >> self.shifts[dim]) as u16 & self.mask(dim)
    }
    fn mask(&self, dim: usize) -> u16 {
        ((1u32 << self.widths[dim]) - 1) as u16
    }
    /// The key with another code in a dimension; none where the code has no room.
    pub fn with_code(&self, key: u128, dim: usize, code: u16) -> Option<u128> {
        let clear = !(u128::from(self.mask(dim)) << self.shifts[dim]);
        (code <= self.mask(dim)).then(|| key & clear | u128::from(code) << self.shifts[dim])
    }
    /// The key of codes, one a dimension.
    pub fn key(&self, coordinates: &[u16]) -> u128 {
        coordinates
            .iter()
            .enumerate()
            .fold(0, |key, (dim, &code)| key | u128::from(self.codes[dim].canonical(code)) << self.shifts[dim])
    }
    pub fn seen(&self, layer: Layer, cell: usize) -> Seen {
        self.seen[layer as usize][cell]
    }
    /// Adds a cell that no view has; its number.
    pub fn add(&mut self, key: u128, seen: [Seen; 2], name: (u16, u32)) -> u32 {
        let number = self.keys.len() as u32;
        self.keys.push(key);
        self.seen[0].push(seen[0]);
        self.seen[1].push(seen[1]);
        self.names.push(name);
        self.index.insert(key, number);
        number
    }

    /// The cells of a view by position; `u32::MAX` where a position is not published.
    fn add_view(
        &mut self,
        universe: &Universe,
        at: usize,
        view: &View,
        read: &ViewRows,
        findings: &mut Findings,
    ) -> Vec<u32> {
        let mut cells = vec![u32::MAX; view.len()];
        for (position, place) in cells.iter_mut().enumerate() {
            let positions = view.positions(position);
            let Some(coordinates) = universe.coordinates(view, &positions).filter(|_| view.is_published(&positions))
            else {
                continue;
            };
            let key = self.key(&coordinates);
            let told = [read.counts[0][position], read.counts[1][position]];
            *place = match self.index.get(&key) {
                Some(&cell) => {
                    self.merge(cell as usize, told, view, universe, findings);
                    cell
                }
                None => self.add(key, told, (at as u16, position as u32)),
            };
        }
        cells
    }

    fn merge(&mut self, cell: usize, told: [Seen; 2], view: &View, universe: &Universe, findings: &mut Findings) {
        for layer in Layer::BOTH {
            let old = self.seen[layer as usize][cell];
            let (merged, fault) = together(old, told[layer as usize]);
            self.seen[layer as usize][cell] = merged;
            if let Some(kind) = fault {
                let name = format!("{} {}", self.describe(universe, cell), layer.name());
                findings.add(Finding::of(kind, &view.table).cell(name).relation("the same quantity in two tables"));
            }
        }
    }

    /// Keeps a share; a numerator whose share alone is hidden is at least 1.
    fn add_share(&mut self, numerator: u32, denominator: u32, told: Told) {
        let shown = matches!(self.seen[0][denominator as usize], Seen::Shown(1..));
        let own = &mut self.seen[0][numerator as usize];
        match told {
            Told::Value(value) => {
                let hundredths = (value * 100.0).round() as i64;
                self.shares.push(Share { numerator, denominator, hundredths });
                let unpublished = |&cell: &u32| self.seen[0][cell as usize] == Seen::Unpublished;
                if unpublished(&denominator) {
                    self.told_of.extend([numerator, denominator].into_iter().filter(unpublished));
                }
            }
            Told::Undefined if *own == Seen::Unpublished => *own = Seen::Shown(0),
            Told::Suppressed if *own == Seen::Unpublished && shown => *own = Seen::Hidden,
            _ => {}
        }
    }

    /// Keeps a figure made of counts and of what is public besides. One that is not shown is not
    /// zero: of a single count that says that there is one.
    fn add_made(&mut self, row: &MadeRow, findings: &mut Findings) {
        for &cell in row.quantities.iter().filter(|&&cell| cell != u32::MAX) {
            let own = &mut self.seen[0][cell as usize];
            match (row.told, *own) {
                (Told::Value(_), Seen::Unpublished) => self.told_of.push(cell),
                (Told::Value(_), Seen::Hidden) => {
                    let name = format!("cell {cell}: shown by a figure made of it");
                    findings.add(Finding::of(Kind::DerivedShown, &self.id).cell(name));
                }
                (Told::Suppressed, Seen::Unpublished) if row.quantities.len() == 1 => *own = Seen::Hidden,
                _ => {}
            }
        }
    }

    /// Gives the attacker what shown figures tell of, exactly: the judge's attacker knows every
    /// denominator, however rounded the figure is. `values` by cell.
    pub fn tell(&mut self, values: impl Fn(u32) -> i64) {
        for cell in std::mem::take(&mut self.told_of) {
            self.seen[0][cell as usize] = Seen::Shown(values(cell));
        }
    }

    /// A cell by its keys, as a reader of the tables would name it.
    pub fn describe(&self, universe: &Universe, cell: usize) -> String {
        let (view, position) = self.names[cell];
        let codes: Vec<String> = (0..self.codes.len())
            .filter_map(|dim| {
                let code = self.code(self.keys[cell], dim);
                let name = &self.codes[dim].names[code as usize];
                (code != 0).then(|| format!("{}={name}", self.codes[dim].id))
            })
            .collect();
        let place = if codes.is_empty() { "the whole country, all months".into() } else { codes.join(" ") };
        match universe.views.get(view as usize) {
            Some(view) => format!("{} [{}] {place}", view.table, view.indicator_of(position as usize)),
            None => format!("(rest) {place}"),
        }
    }
}

trait IndicatorOf {
    fn indicator_of(&self, position: usize) -> String;
}

impl IndicatorOf for View {
    /// The indicator that shows the quantity of a position, or one that is made with it.
    fn indicator_of(&self, position: usize) -> String {
        use crate::relations::Shown;
        let quantity = position % self.quantities.len().max(1);
        let direct = self.indicators.iter().find_map(|shown| match shown {
            Shown::Count { indicator, quantity: q } if *q == quantity => Some(indicator.clone()),
            _ => None,
        });
        let part = self.indicators.iter().find_map(|shown| match shown {
            Shown::Share { indicator, numerator, .. } if *numerator == quantity => {
                Some(format!("numerator of {indicator}"))
            }
            Shown::Share { indicator, complement, .. } if *complement == quantity => {
                Some(format!("complement of {indicator}"))
            }
            Shown::Share { indicator, denominator, .. } if *denominator == quantity => {
                Some(format!("denominator of {indicator}"))
            }
            Shown::Made { indicator, quantities } if quantities.contains(&quantity) => {
                Some(format!("a part of {indicator}"))
            }
            _ => None,
        });
        direct.or(part).unwrap_or_else(|| "a rest".into())
    }
}

/// What two tables say of one quantity, and the fault where they differ.
fn together(old: Seen, new: Seen) -> (Seen, Option<Kind>) {
    match (old, new) {
        (Seen::Shown(a), Seen::Shown(b)) => (old, (a != b).then_some(Kind::Contradiction)),
        (Seen::Shown(_), Seen::Hidden) => (old, Some(Kind::ShownElsewhere)),
        (Seen::Hidden, Seen::Shown(_)) => (new, Some(Kind::ShownElsewhere)),
        (Seen::Absent, _) => (new, None),
        (Seen::Unpublished, Seen::Shown(_) | Seen::Hidden) => (new, None),
        _ => (old, None),
    }
}

impl MadeRow {
    /// By cells of the book in place of positions.
    fn of_cells(&self, cells: &[u32]) -> MadeRow {
        MadeRow { quantities: self.quantities.iter().map(|&at| cells[at as usize]).collect(), told: self.told }
    }
}

/// A share by its cells; none where a part is not published at all.
fn of_cells(share: &ShareRow, cells: &[u32]) -> Option<(u32, u32, Told)> {
    let (numerator, denominator) = (cells[share.numerator as usize], cells[share.denominator as usize]);
    (numerator != u32::MAX && denominator != u32::MAX).then_some((numerator, denominator, share.told))
}
