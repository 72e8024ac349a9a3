//! What earlier releases showed and hid, kept from release to release (PROTECTION 5).
//!
//! In: decisions by table and period, the values that were told, and the moves that proved. Out: bytes,
//! the same for the same decisions. Of a cell it holds no count but the last one that was published. Hidden stays
//! hidden; shown stays shown as long as that can be.

use std::collections::BTreeMap;

use super::kept::KeptMoves;
use crate::aggregate::{Axes, Place};
use crate::codes::Geography;
use crate::domain::{Error, Result};

/// What an earlier release did with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Seen {
    New = 0,
    Shown = 1,
    Hidden = 2,
    /// Shown by a publication that this one stands beside and cannot change. Never in a ledger.
    Known = 3,
}

/// What earlier releases told of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// The last value that was shown; [`Told::NOTHING`] has none.
    pub value: u32,
    /// By how much the counts around it have changed since: the least of the shown sums that hold
    /// it, release by release.
    pub drift: u32,
}

impl Told {
    pub const NOTHING: Told = Told { value: u32::MAX, drift: 0 };

    /// A value shown in this release.
    pub fn shown(value: u32) -> Told {
        Told { value, drift: 0 }
    }
    pub fn is_something(self) -> bool {
        self.value != u32::MAX
    }
}

/// Told of contacts and of patients.
pub(super) type TwoTold = [Told; 2];

/// Decisions of earlier releases, and the pools.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Municipalities pooled by county, by number: one set for all periods.
    pub(super) pools: Option<BTreeMap<String, Vec<String>>>,
    /// As-of days (days since 1970-01-01) of the releases, in order.
    pub(super) releases: Vec<i32>,
    /// Of quantities that tables of several pipelines show: what was done in the country.
    #[serde(default)]
    pub(super) country: super::shared::Country,
    /// By table, then period.
    pub(super) tables: BTreeMap<String, BTreeMap<String, Block>>,
    /// By universe: the moves that proved the last release.
    #[serde(default)]
    pub(super) moves: BTreeMap<String, KeptMoves>,
}

/// A table's decisions for a period, over codes by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    places: Vec<String>,
    dimensions: Vec<Vec<String>>,
    quantities: Vec<String>,
    /// As-of day of the release that told last.
    #[serde(default)]
    as_of: i32,
    /// Whether the block has what was told.
    #[serde(default)]
    has_told: bool,
    /// Digits and values stand behind the head, in the order of the blocks.
    #[serde(skip)]
    pub(super) seen: Vec<u8>,
    #[serde(skip)]
    pub(super) told: Vec<TwoTold>,
}

/// Earlier decisions laid out along the axes of a table now.
pub(super) struct Before {
    seen: Vec<u8>,
    told: Vec<TwoTold>,
    /// How many bills may have been taken away for others that came, where any came or went.
    pub margin: u32,
    is_published: bool,
}

impl Before {
    /// What a publication did with the cells of a table, by row-major position.
    pub fn published(seen: &[Seen]) -> Before {
        let seen = seen.iter().map(|&seen| seen as u8).collect();
        Before { seen, told: Vec::new(), margin: 0, is_published: true }
    }

    /// Whether it is a publication beside this one, not an earlier release of the same table.
    pub fn is_published(&self) -> bool {
        self.is_published
    }

    /// Nothing was done with any of so many cells.
    pub fn nothing(cells: usize, margin: u32) -> Self {
        Before { seen: vec![0; cells], told: Vec::new(), margin, is_published: false }
    }

    /// Notes what was done with a cell.
    pub fn set(&mut self, index: usize, seen: u8) {
        self.seen[index] = seen;
    }

    /// What was done with the cell at a row-major position.
    pub fn seen(&self, index: usize) -> Seen {
        match self.seen.get(index) {
            Some(1) => Seen::Shown,
            Some(2) => Seen::Hidden,
            Some(3) => Seen::Known,
            _ => Seen::New,
        }
    }
    /// What was told of contacts and of patients.
    pub fn told(&self, index: usize) -> TwoTold {
        self.told.get(index).copied().unwrap_or([Told::NOTHING; 2])
    }
}

/// What a release did with every cell of a table, by row-major position.
pub(super) struct Noted {
    pub seen: Vec<u8>,
    /// Empty: nothing is told of values.
    pub told: Vec<TwoTold>,
    pub as_of: i32,
}

/// The names of a table's codes.
pub(super) struct Names<'n> {
    pub table: &'n str,
    pub axes: &'n Axes,
    pub geography: &'n Geography,
    pub quantities: Vec<String>,
}

impl Names<'_> {
    fn places(&self) -> Vec<String> {
        self.axes.places.iter().map(|&place| place_name(place, self.geography)).collect()
    }
    /// Cells of one place and period.
    fn inner(&self) -> usize {
        self.axes.dimensions.iter().map(Vec::len).product::<usize>() * self.axes.quantities
    }
}

/// `0`, two digits, `NNxx` or four digits.
pub(super) fn place_name(place: Place, geography: &Geography) -> String {
    match place {
        Place::Country => "0".into(),
        Place::County(county) => county.to_string(),
        Place::Pool(county) => format!("{county}xx"),
        Place::Municipality(at) => geography.municipalities[at as usize].number.to_string(),
    }
}

impl Ledger {
    /// Writes the ledger: the same bytes for the same decisions.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = serde_json::to_vec(self).unwrap_or_default();
        let mut plain = (head.len() as u64).to_le_bytes().to_vec();
        plain.extend(head);
        for block in self.tables.values().flat_map(BTreeMap::values) {
            plain.extend(&block.seen);
            block.told.iter().flatten().for_each(|told| write_told(*told, &mut plain));
        }
        self.moves.values().for_each(|kept| kept.write(&mut plain));
        zstd::encode_all(&plain[..], 9).unwrap_or_default()
    }

    /// Reads what [`Ledger::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger> {
        let wrong = || Error::input("the ledger: expected the bytes of a ledger; restore it from a copy");
        let plain = zstd::decode_all(bytes).map_err(|_| wrong())?;
        let head = plain.first_chunk::<8>().ok_or_else(wrong)?;
        let head = u64::from_le_bytes(*head) as usize;
        let (text, mut rest) = plain[8..].split_at_checked(head).ok_or_else(wrong)?;
        let mut ledger: Ledger = serde_json::from_slice(text).map_err(|_| wrong())?;
        for block in ledger.tables.values_mut().flat_map(BTreeMap::values_mut) {
            let (seen, more) = rest.split_at_checked(block.cells()).ok_or_else(wrong)?;
            block.seen = seen.to_vec();
            rest = more;
            let count = if block.has_told { block.cells() } else { 0 };
            block.told = (0..count).map(|_| read_two(&mut rest)).collect::<Option<_>>().ok_or_else(wrong)?;
        }
        for kept in ledger.moves.values_mut() {
            kept.read(&mut rest).ok_or_else(wrong)?;
        }
        if rest.is_empty() { Ok(ledger) } else { Err(wrong()) }
    }

    /// Earlier decisions for the cells of a table; none where there are none.
    pub(super) fn before(&self, names: &Names<'_>, margin: u32) -> Option<Before> {
        let blocks = self.tables.get(names.table)?;
        let (places, inner) = (names.places(), names.inner());
        let mut before = Before {
            seen: vec![0; names.axes.len()],
            told: vec![[Told::NOTHING; 2]; names.axes.len()],
            margin,
            is_published: false,
        };
        for (at, period) in names.axes.periods.iter().enumerate() {
            let Some(block) = blocks.get(&period.to_string()) else { continue };
            for (place, name) in places.iter().enumerate() {
                let start = (place * names.axes.periods.len() + at) * inner;
                let cells = start..start + inner;
                block.read(name, names, &mut before.seen[cells.clone()], &mut before.told[cells]);
            }
        }
        Some(before)
    }

    /// Notes decisions of a release. Cells that the release does not have keep what was noted. A run
    /// as of an earlier day than what is noted tells nothing new of values.
    pub(super) fn note(&mut self, names: &Names<'_>, noted: &Noted) {
        for (at, period) in names.axes.periods.iter().enumerate() {
            let mut block = Block::of(names, at, noted);
            let blocks = self.tables.entry(names.table.to_string()).or_default();
            let place = blocks.entry(period.to_string()).or_default();
            if place.as_of > noted.as_of && place.is_alike(&block) {
                block.keep(place);
            }
            *place = block;
        }
    }
}

/// A value and its drift, in as few bytes as they take; nothing told is one byte.
fn write_told(told: Told, into: &mut Vec<u8>) {
    if !told.is_something() {
        return into.push(0);
    }
    write_number(u64::from(told.value) + 1, into);
    write_number(u64::from(told.drift), into);
}

/// A number in as few bytes as it takes, seven bits a byte.
pub(super) fn write_number(mut number: u64, into: &mut Vec<u8>) {
    while number > 127 {
        into.push(number as u8 | 128);
        number >>= 7;
    }
    into.push(number as u8);
}

fn read_two(bytes: &mut &[u8]) -> Option<TwoTold> {
    Some([read_told(bytes)?, read_told(bytes)?])
}

fn read_told(bytes: &mut &[u8]) -> Option<Told> {
    match read_number(bytes)? {
        0 => Some(Told::NOTHING),
        more => Some(Told { value: u32::try_from(more - 1).ok()?, drift: u32::try_from(read_number(bytes)?).ok()? }),
    }
}

/// What [`write_number`] wrote; none where the bytes end, or go on for too long.
pub(super) fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

impl Block {
    /// A table's decisions for the period at a position.
    fn of(names: &Names<'_>, period: usize, noted: &Noted) -> Block {
        let inner = names.inner();
        let start = |place: usize| (place * names.axes.periods.len() + period) * inner;
        let places = 0..names.axes.places.len();
        let seen = places.clone().flat_map(|place| noted.seen[start(place)..start(place) + inner].iter().copied());
        let has_told = !noted.told.is_empty();
        let told = |place: usize| noted.told[start(place)..start(place) + inner].iter().copied();
        Block {
            places: names.places(),
            dimensions: names.axes.dimensions.clone(),
            quantities: names.quantities.clone(),
            as_of: noted.as_of,
            has_told,
            seen: seen.collect(),
            told: places.filter(|_| has_told).flat_map(told).collect(),
        }
    }
    fn is_alike(&self, other: &Block) -> bool {
        self.places == other.places && self.dimensions == other.dimensions && self.quantities == other.quantities
    }
    /// Keeps what a release as of a later day told, and what it hid of what is zero here.
    fn keep(&mut self, later: &Block) {
        (self.as_of, self.has_told, self.told) = (later.as_of, later.has_told, later.told.clone());
        for (seen, &later) in self.seen.iter_mut().zip(&later.seen) {
            if *seen == Seen::New as u8 {
                *seen = later;
            }
        }
    }
    fn inner(&self) -> usize {
        // Of a damaged file the product may be any number; no ledger has so many cells then.
        self.dimensions.iter().map(Vec::len).fold(self.quantities.len(), usize::saturating_mul)
    }
    fn cells(&self) -> usize {
        self.places.len().saturating_mul(self.inner())
    }

    /// Copies what is known of a place to the cells of today's axes.
    fn read(&self, place: &str, names: &Names<'_>, seen: &mut [u8], told: &mut [TwoTold]) {
        let Some(at) = self.places.iter().position(|known| known == place) else { return };
        let start = at * self.inner();
        let is_same = self.dimensions == names.axes.dimensions && self.quantities == names.quantities;
        for (index, (seen, told)) in seen.iter_mut().zip(told).enumerate() {
            let own = if is_same { Some(index) } else { self.position(index, names) };
            let Some(own) = own else { continue };
            *seen = self.seen[start + own];
            *told = self.told.get(start + own).copied().unwrap_or(*told);
        }
    }

    /// The block's position of a cell of today's axes, by name.
    fn position(&self, index: usize, names: &Names<'_>) -> Option<usize> {
        let quantity = index % names.quantities.len();
        let mut rest = index / names.quantities.len();
        let mut at = self.quantities.iter().position(|known| *known == names.quantities[quantity])?;
        let mut stride = self.quantities.len();
        if self.dimensions.len() != names.axes.dimensions.len() {
            return None;
        }
        for (labels, known) in names.axes.dimensions.iter().zip(&self.dimensions).rev() {
            let label = &labels[rest % labels.len()];
            rest /= labels.len();
            at += stride * known.iter().position(|other| other == label)?;
            stride *= known.len();
        }
        Some(at)
    }
}
