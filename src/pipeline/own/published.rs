//! A release that stands published, as a table of one's own is held beside it.
//!
//! In: the public folder of a release. Out: its definition, geography and pools, and for every cell
//! of a table whether the release shows it. Reads public files alone; no value is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use csv::ByteRecord;

use super::super::stated::{Against, Stated};
use crate::aggregate::{Axes, Pools};
use crate::codes::Geography;
use crate::definition::{IndicatorValue, Pipeline, Table};
use crate::domain::{Error, PlaceIndex, Result};
use crate::protect::Seen;
use crate::publish::files::sha256;
use crate::publish::geo;
use crate::relations::Relations;

/// A published release.
pub struct Published {
    pub name: Against,
    /// Days since 1970-01-01.
    pub as_of: i32,
    pub pipeline: Pipeline,
    pub geography: Geography,
    /// The municipalities that it sums.
    pub pools: Pools,
    folder: PathBuf,
}

/// What a release did with the cells of a table.
pub struct Pattern {
    /// By row-major position.
    pub seen: Vec<Seen>,
    /// By position on the period axis: whether the release has the period.
    pub periods: Vec<bool>,
}

impl Published {
    /// Reads the definition of the release in a folder.
    ///
    /// # Errors
    /// Exit code 11 where it is no release, 10 where its definition cannot be read.
    pub fn read(folder: &Path) -> Result<Published> {
        let stated = Stated::read_any(&folder.join("manifest.json"))?;
        let geography = stated.pipeline.release_geography()?;
        let path = folder.join("metadata/relations.json");
        let relations = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Relations>(&bytes).ok());
        let relations = relations.ok_or_else(|| unreadable(&path))?;
        Ok(Published {
            name: Against { release: stated.release.clone(), sha256: sha256(&stated.bytes) },
            as_of: stated.as_of,
            pools: pools(&relations, &geography),
            pipeline: stated.pipeline,
            geography,
            folder: folder.to_path_buf(),
        })
    }

    /// What the release did with the cells of a table. Of a count all measures are one decision; a
    /// share tells of its numerator.
    pub fn pattern(&self, table: &Table, axes: &Axes) -> Result<Pattern> {
        let path = self.folder.join(format!("data/{}.csv", table.id));
        let mut pattern = Pattern { seen: vec![Seen::New; axes.len()], periods: vec![false; axes.periods.len()] };
        let mut reader = csv::Reader::from_path(&path).map_err(|_| unreadable(&path))?;
        let headers = reader.headers().map_err(|_| unreadable(&path))?.clone();
        let keys = Keys::of(table, axes, &self.geography, &headers).ok_or_else(|| unreadable(&path))?;
        let mut row = ByteRecord::new();
        while reader.read_byte_record(&mut row).map_err(|_| unreadable(&path))? {
            let Some((period, base)) = keys.base(&row) else { continue };
            pattern.periods[period] = true;
            if let Some(value) = keys.indicator(&row, table) {
                note(&mut pattern.seen[base..base + axes.quantities], value, keys.told(&row));
            }
        }
        Ok(pattern)
    }
}

fn unreadable(path: &Path) -> Error {
    Error::input(format!(
        "{}: cannot be read as part of a release; give --against the whole folder of a release, as published",
        path.display()
    ))
}

/// The pooled municipalities by the codes `NNxx` of the relations.
fn pools(relations: &Relations, geography: &Geography) -> Pools {
    let mut pools = Pools::new();
    for dim in relations.universes.iter().flat_map(|universe| &universe.dims).filter(|dim| dim.id == "practice") {
        for code in &dim.codes {
            let county = geography.counties.iter().find(|county| code.id == format!("{}xx", county.number));
            let Some(county) = county else { continue };
            let number = |leaf: &u16| &dim.leaves[usize::from(*leaf)];
            let place =
                |leaf: &u16| geography.municipalities.iter().position(|m| m.number.to_string() == *number(leaf));
            let members = code.leaves.iter().filter_map(place).map(|at| at as PlaceIndex).collect();
            pools.insert(county.number, members);
        }
    }
    pools
}

/// What a row tells of its cell.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Hidden,
    /// A number above zero.
    Some,
    /// Zero, or nothing to divide by.
    None,
}

fn note(seen: &mut [Seen], value: &IndicatorValue, told: Told) {
    let mut mark = |at: usize, as_shown: Seen| match told {
        Told::Hidden => seen[at] = Seen::Hidden,
        Told::Some if seen[at] == Seen::New => seen[at] = as_shown,
        _ => {}
    };
    match *value {
        IndicatorValue::Count { quantity } => mark(quantity, Seen::Known),
        IndicatorValue::Share { numerator, denominator, .. } => {
            mark(numerator, Seen::Known);
            if told != Told::Hidden {
                mark(denominator, Seen::Known);
            }
        }
        IndicatorValue::PerDoctor(_) | IndicatorValue::Joined(_) => {}
    }
}

/// The columns of a table as positions along its axes.
struct Keys {
    /// Column, position of each label, step of the row-major position.
    axes: Vec<(usize, BTreeMap<Vec<u8>, usize>, usize)>,
    indicator: usize,
    value: usize,
    status: usize,
}

impl Keys {
    fn of(table: &Table, axes: &Axes, geography: &Geography, headers: &csv::StringRecord) -> Option<Keys> {
        let column = |name: &str| headers.iter().position(|header| header == name);
        let shape = axes.shape();
        let step = |axis: usize| shape[axis + 1..].iter().product::<usize>();
        let places: Vec<String> = axes.places.iter().map(|&place| geo(place, geography)).collect();
        let periods: Vec<String> = axes.periods.iter().map(|period| period.to_string()).collect();
        let named = [("geo", &places), ("period", &periods)];
        let further = table.dimensions.iter().map(|dimension| dimension.column()).zip(&axes.dimensions);
        let mut found = Vec::new();
        for (at, (name, labels)) in named.into_iter().chain(further).enumerate() {
            let labels = labels.iter().enumerate().map(|(position, label)| (label.clone().into_bytes(), position));
            found.push((column(name)?, labels.collect(), step(at)));
        }
        Some(Keys {
            axes: found,
            indicator: column("indicator")?,
            value: column("value")?,
            status: column("obs_status")?,
        })
    }

    /// Position on the period axis, and of the row's first quantity; none of what is not counted now.
    fn base(&self, row: &ByteRecord) -> Option<(usize, usize)> {
        let position = |(column, labels, _): &(usize, BTreeMap<Vec<u8>, usize>, usize)| {
            labels.get(row.get(*column).unwrap_or_default()).copied()
        };
        let along: Vec<usize> = self.axes.iter().map(position).collect::<Option<_>>()?;
        let base = along.iter().zip(&self.axes).map(|(position, (_, _, step))| position * step).sum();
        Some((along[1], base))
    }

    fn indicator<'t>(&self, row: &ByteRecord, table: &'t Table) -> Option<&'t IndicatorValue> {
        let id = row.get(self.indicator).unwrap_or_default();
        table.indicators.iter().find(|indicator| indicator.id.as_bytes() == id).map(|indicator| &indicator.value)
    }

    fn told(&self, row: &ByteRecord) -> Told {
        let value = row.get(self.value).unwrap_or_default();
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
        match (row.get(self.status), number) {
            (Some(b"Q"), _) => Told::Hidden,
            (_, Some(number)) if number != 0.0 => Told::Some,
            _ => Told::None,
        }
    }
}
