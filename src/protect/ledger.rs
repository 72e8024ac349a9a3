//! What earlier releases showed and hid, kept from release to release (PROTECTION 5).
//!
//! In: decisions by table and period. Out: bytes, the same for the same decisions. Holds no
//! count. Hidden stays hidden; shown stays shown as long as that can be.

use std::collections::BTreeMap;

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
}

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
}

/// A table's decisions for a period, over codes by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    places: Vec<String>,
    dimensions: Vec<Vec<String>>,
    quantities: Vec<String>,
    /// Position of the block's digits in the bytes; only while written.
    #[serde(skip)]
    seen: Vec<u8>,
}

/// Earlier decisions laid out along the axes of a table now.
pub(super) struct Before {
    seen: Vec<u8>,
}

impl Before {
    /// Nothing was done with any of so many cells.
    pub fn nothing(cells: usize) -> Self {
        Before { seen: vec![0; cells] }
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
            _ => Seen::New,
        }
    }
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
        }
        zstd::encode_all(&plain[..], 9).unwrap_or_default()
    }

    /// Reads what [`Ledger::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger> {
        let wrong = || Error::input("the ledger: expected the bytes of a ledger; restore it from a copy");
        let plain = zstd::decode_all(bytes).map_err(|_| wrong())?;
        let head = plain.first_chunk::<8>().ok_or_else(wrong)?;
        let head = u64::from_le_bytes(*head) as usize;
        let text = plain.get(8..8 + head).ok_or_else(wrong)?;
        let mut ledger: Ledger = serde_json::from_slice(text).map_err(|_| wrong())?;
        let mut rest = &plain[8 + head..];
        for block in ledger.tables.values_mut().flat_map(BTreeMap::values_mut) {
            let (seen, more) = rest.split_at_checked(block.cells()).ok_or_else(wrong)?;
            block.seen = seen.to_vec();
            rest = more;
        }
        if rest.is_empty() { Ok(ledger) } else { Err(wrong()) }
    }

    /// Earlier decisions for the cells of a table; none where there are none.
    pub(super) fn before(&self, names: &Names<'_>) -> Option<Before> {
        let blocks = self.tables.get(names.table)?;
        let (places, inner) = (names.places(), names.inner());
        let mut seen = vec![0; names.axes.len()];
        for (at, period) in names.axes.periods.iter().enumerate() {
            let Some(block) = blocks.get(&period.to_string()) else { continue };
            for (place, name) in places.iter().enumerate() {
                let start = (place * names.axes.periods.len() + at) * inner;
                block.read(name, names, &mut seen[start..start + inner]);
            }
        }
        Some(Before { seen })
    }

    /// Notes decisions of a release: `seen` by row-major position. Cells that the release does
    /// not have keep what was noted.
    pub(super) fn note(&mut self, names: &Names<'_>, seen: &[u8]) {
        let inner = names.inner();
        for (at, period) in names.axes.periods.iter().enumerate() {
            let rows = (0..names.axes.places.len()).flat_map(|place| {
                let start = (place * names.axes.periods.len() + at) * inner;
                seen[start..start + inner].iter().copied()
            });
            let block = Block {
                places: names.places(),
                dimensions: names.axes.dimensions.clone(),
                quantities: names.quantities.clone(),
                seen: rows.collect(),
            };
            self.tables.entry(names.table.to_string()).or_default().insert(period.to_string(), block);
        }
    }
}

impl Block {
    fn inner(&self) -> usize {
        self.dimensions.iter().map(Vec::len).product::<usize>() * self.quantities.len()
    }
    fn cells(&self) -> usize {
        self.places.len() * self.inner()
    }

    /// Copies what is known of a place to the cells of today's axes.
    fn read(&self, place: &str, names: &Names<'_>, into: &mut [u8]) {
        let Some(at) = self.places.iter().position(|known| known == place) else { return };
        let row = &self.seen[at * self.inner()..(at + 1) * self.inner()];
        if self.dimensions == names.axes.dimensions && self.quantities == names.quantities {
            into.copy_from_slice(row);
            return;
        }
        for (index, seen) in into.iter_mut().enumerate() {
            *seen = self.position(index, names).map_or(0, |at| row[at]);
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
