//! The system of a universe: unknowns for what is not shown, a row for every sum.
//!
//! In: the [`Book`]. Out: [`Bound`], the system that the attack works on, with what each unknown
//! and each row is; and findings where published parts do not add up. Rests that no table has are
//! added as cells, so that "what is left is not negative" is part of the attack.

use rayon::prelude::*;

use super::book::{Book, Layer, NO_VIEW, Seen, Share};
use crate::audit::engine::{Range, System, UNBOUNDED};
use crate::audit::report::{Finding, Findings, Kind};
use crate::relations::{DimKind, Universe};

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The cell is the sum of parts along a dimension.
    Sum { dim: u16, parent: u32, layer: Layer },
    /// A rounded share.
    Share { numerator: u32 },
    /// Patients are no more than contacts, in the whole country.
    PatientsAtMostContacts { cell: u32 },
    /// Patients of a part are no more than those of the whole, and these no more than those of all
    /// parts together.
    PatientsOfParts { dim: u16, parent: u32 },
}

/// A system and what its numbers stand for.
#[derive(Debug, Clone, Default)]
pub struct Bound {
    pub system: System,
    pub relations: Vec<Relation>,
    /// Cell and layer of each unknown.
    pub unknowns: Vec<(u32, Layer)>,
    /// Unknown of each cell by layer; `u32::MAX` where it is shown or absent.
    pub of_cell: [Vec<u32>; 2],
    /// The first of the rows that say of different patients what is not a sum.
    pub of_patients: usize,
}

/// A cell of a line: where the line is, the code along it, the cell.
pub type Entry = (u128, u16, u32);

impl Bound {
    pub fn of(book: &mut Book, universe: &Universe, findings: &mut Findings) -> Self {
        add_rests(book);
        let mut bound = Bound { system: System::new(), ..Bound::default() };
        for layer in Layer::BOTH {
            bound.add_unknowns(book, layer);
        }
        for layer in Layer::BOTH {
            for dim in 0..book.codes.len() {
                if layer == Layer::Contacts || book.codes[dim].kind.adds_patients() {
                    bound.add_lines(book, universe, dim, layer, findings);
                }
            }
        }
        for share in &book.shares {
            bound.add_share(book, share, universe, findings);
        }
        bound.of_patients = bound.relations.len();
        bound.add_patients(book);
        bound.system.index();
        bound
    }

    fn add_unknowns(&mut self, book: &Book, layer: Layer) {
        self.of_cell[layer as usize] = vec![u32::MAX; book.len()];
        for cell in 0..book.len() {
            let least = match book.seen(layer, cell) {
                Seen::Hidden => 1,
                Seen::Unpublished => 0,
                Seen::Shown(_) | Seen::Absent => continue,
            };
            self.of_cell[layer as usize][cell] = self.system.unknown(Range::at_least(least)) as u32;
            self.unknowns.push((cell as u32, layer));
        }
    }

    /// `sign` times a cell: a term where it is unknown, else its value; none where there is none.
    fn term(&self, book: &Book, layer: Layer, cell: u32, sign: i64, terms: &mut Terms) -> bool {
        match book.seen(layer, cell as usize) {
            Seen::Shown(value) => terms.constant += sign * value,
            Seen::Absent => return false,
            Seen::Hidden | Seen::Unpublished => {
                terms.unknown.push((self.of_cell[layer as usize][cell as usize] as usize, sign))
            }
        }
        true
    }

    fn add_lines(&mut self, book: &mut Book, universe: &Universe, dim: usize, layer: Layer, findings: &mut Findings) {
        let entries = lines(book, dim, layer);
        for line in entries.chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
            let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
            let sums = book.codes[dim].parts(&present).sums.clone();
            let cell = |code: u16| line.binary_search_by_key(&code, |entry| entry.1).ok().map(|at| line[at].2);
            for sum in sums {
                let parent = cell(sum.parent);
                let children: Option<Vec<u32>> = sum.children.iter().map(|&child| cell(child)).collect();
                if let (Some(parent), Some(children)) = (parent, children) {
                    self.add_sum(book, universe, dim, layer, parent, &children, findings);
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn add_sum(
        &mut self,
        book: &Book,
        universe: &Universe,
        dim: usize,
        layer: Layer,
        parent: u32,
        children: &[u32],
        findings: &mut Findings,
    ) {
        let mut terms = Terms::default();
        self.term(book, layer, parent, -1, &mut terms);
        children.iter().for_each(|&child| drop_bool(self.term(book, layer, child, 1, &mut terms)));
        if terms.unknown.is_empty() {
            if terms.constant != 0 {
                let cell = format!("{} {}", book.describe(universe, parent as usize), layer.name());
                findings.add(Finding::of(Kind::NotAdditive, &book.id).cell(cell).relation(sum_of(book, dim)));
            }
            return;
        }
        self.system.equation(&terms.unknown, -terms.constant);
        self.relations.push(Relation::Sum { dim: dim as u16, parent, layer });
    }

    /// `share - 1/2 <= 10 000 numerator / denominator < share + 1/2`, in hundredths of a percent.
    fn add_share(&mut self, book: &Book, share: &Share, universe: &Universe, findings: &mut Findings) {
        let (s, mut low, mut high) = (share.hundredths, Terms::default(), Terms::default());
        let parts = [(share.numerator, 20_000, 20_000), (share.denominator, -(2 * s - 1), -(2 * s + 1))];
        for (cell, least, largest) in parts {
            self.term(book, Layer::Contacts, cell, least, &mut low);
            self.term(book, Layer::Contacts, cell, largest, &mut high);
        }
        if !low.unknown.is_empty() {
            self.system.row(&low.unknown, -low.constant, UNBOUNDED);
            self.system.row(&high.unknown, -UNBOUNDED, -1 - high.constant);
            self.relations.extend([Relation::Share { numerator: share.numerator }; 2]);
        } else if low.constant < 0 || high.constant >= 0 {
            let cell = book.describe(universe, share.numerator as usize);
            findings.add(Finding::of(Kind::Contradiction, &universe.id).cell(cell).relation("a rounded share"));
        }
    }

    fn add_patients(&mut self, book: &mut Book) {
        for cell in 0..book.len() {
            if is_national(book, book.keys[cell]) {
                self.at_most(book, (Layer::Patients, cell as u32), (Layer::Contacts, cell as u32));
            }
        }
        for dim in 0..book.codes.len() {
            let everywhere = book.codes[dim].kind == DimKind::Type;
            if everywhere || book.codes[dim].kind == DimKind::Time {
                self.add_patient_parts(book, dim, everywhere);
            }
        }
    }

    fn at_most(&mut self, book: &Book, small: (Layer, u32), large: (Layer, u32)) {
        let mut terms = Terms::default();
        let both =
            self.term(book, small.0, small.1, 1, &mut terms) && self.term(book, large.0, large.1, -1, &mut terms);
        if both && !terms.unknown.is_empty() {
            self.system.row(&terms.unknown, -UNBOUNDED, -terms.constant);
            self.relations.push(Relation::PatientsAtMostContacts { cell: small.1 });
        }
    }

    /// Different patients of parts: each at most the whole, all together at least the whole. Over
    /// types everywhere (a person has one place for all types); over time in the country alone.
    fn add_patient_parts(&mut self, book: &mut Book, dim: usize, everywhere: bool) {
        let entries = lines(book, dim, Layer::Patients);
        for line in entries.chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
            if !everywhere && !is_national(book, line[0].0) {
                continue;
            }
            let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
            let parts = book.codes[dim].parts(&present).clone();
            let cell = |code: u16| line.binary_search_by_key(&code, |entry| entry.1).ok().map(|at| line[at].2);
            for (whole, part) in parts.within {
                if let (Some(whole), Some(part)) = (cell(whole), cell(part)) {
                    self.add_part(book, dim, whole, part);
                }
            }
            for sum in parts.sums {
                let children: Option<Vec<u32>> = sum.children.iter().map(|&child| cell(child)).collect();
                if let (Some(whole), Some(children)) = (cell(sum.parent), children) {
                    self.add_together(book, dim, whole, &children);
                }
            }
        }
    }

    /// Patients of a part are no more than those of the whole.
    fn add_part(&mut self, book: &Book, dim: usize, whole: u32, part: u32) {
        let mut terms = Terms::default();
        self.term(book, Layer::Patients, part, 1, &mut terms);
        self.term(book, Layer::Patients, whole, -1, &mut terms);
        if !terms.unknown.is_empty() {
            self.system.row(&terms.unknown, -UNBOUNDED, -terms.constant);
            self.relations.push(Relation::PatientsOfParts { dim: dim as u16, parent: whole });
        }
    }

    /// Patients of the whole are no more than those of all its parts together.
    fn add_together(&mut self, book: &Book, dim: usize, whole: u32, parts: &[u32]) {
        let mut terms = Terms::default();
        self.term(book, Layer::Patients, whole, -1, &mut terms);
        parts.iter().for_each(|&part| drop_bool(self.term(book, Layer::Patients, part, 1, &mut terms)));
        if !terms.unknown.is_empty() {
            self.system.row(&terms.unknown, -terms.constant, UNBOUNDED);
            self.relations.push(Relation::PatientsOfParts { dim: dim as u16, parent: whole });
        }
    }
}

#[derive(Default)]
struct Terms {
    unknown: Vec<(usize, i64)>,
    constant: i64,
}

fn drop_bool(_: bool) {}

/// The cells of a layer by line of a dimension, sorted.
pub fn lines(book: &Book, dim: usize, layer: Layer) -> Vec<Entry> {
    let has = |cell: &usize| book.seen(layer, *cell) != Seen::Absent;
    let entry = |cell: usize| {
        let key = book.keys[cell];
        book.with_code(key, dim, 0).map(|line| (line, book.code(key, dim), cell as u32))
    };
    let mut entries: Vec<Entry> = (0..book.len()).filter(has).filter_map(entry).collect();
    entries.par_sort_unstable();
    entries
}

/// Whether a key, or a line along time or type, is the whole country, both sexes, all ages.
fn is_national(book: &Book, key: u128) -> bool {
    let narrow = |kind| matches!(kind, DimKind::Residence | DimKind::Practice | DimKind::Sex | DimKind::AgeGroup);
    (0..book.codes.len()).all(|dim| !narrow(book.codes[dim].kind) || book.code(key, dim) == 0)
}

/// Adds the rests of sums whose parts do not cover them, dimension by dimension.
fn add_rests(book: &mut Book) {
    for dim in 0..book.codes.len() {
        for line in lines(book, dim, Layer::Contacts).chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
            let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
            for code in book.codes[dim].parts(&present).missing.clone() {
                let key = book.with_code(line[0].0, dim, code).filter(|key| !book.index.contains_key(key));
                if let Some(key) = key {
                    book.add(key, [Seen::Unpublished, Seen::Absent], (NO_VIEW, 0));
                }
            }
        }
    }
}

/// `the sum along DIMENSION`
pub fn sum_of(book: &Book, dim: usize) -> String {
    format!("the sum along {}", book.codes[dim].id)
}

impl Relation {
    /// The relation in words, by keys.
    pub fn in_words(self, book: &Book, universe: &Universe) -> String {
        match self {
            Relation::Sum { dim, parent, layer } => {
                let cell = book.describe(universe, parent as usize);
                format!("{} of {cell} {}", sum_of(book, dim as usize), layer.name())
            }
            Relation::Share { numerator } => {
                format!("the share made of {}", book.describe(universe, numerator as usize))
            }
            Relation::PatientsAtMostContacts { .. } => "patients are no more than contacts".into(),
            Relation::PatientsOfParts { dim, parent } => {
                let cell = book.describe(universe, parent as usize);
                format!("patients along {} within {cell}", book.codes[dim as usize].id)
            }
        }
    }
}
