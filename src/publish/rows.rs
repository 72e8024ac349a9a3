//! The rows of a published table: key columns as labels, in the one order that rows are written.
//!
//! In: a [`PublicTable`] and what its codes mean. Out: [`Rows`], sorted by the keys in byte order
//! of their text. The order never depends on a value.

use rayon::prelude::*;

use crate::aggregate::Place;
use crate::codes::Geography;
use crate::definition::{Dimension, Table};
use crate::domain::{Error, Result};
use crate::protect::{ObsStatus, PublicTable};

/// Name of the whole country, as Statistics Norway writes it.
pub const COUNTRY_NAME: &str = "Hele landet";
/// Name of a county's pool of small municipalities.
pub const POOL_NAME: &str = "Øvrige kommuner";

/// A key column: a label a code, and a code a row.
pub struct KeyColumn<'a> {
    pub name: &'static str,
    labels: Vec<String>,
    codes: Codes<'a>,
    /// Whether rows are sorted by it; a name follows from its code.
    sorted: bool,
}

enum Codes<'a> {
    /// The first label in every row.
    Same,
    Wide(&'a [u16]),
    Narrow(&'a [u8]),
    Made(Vec<u8>),
}

impl KeyColumn<'_> {
    fn code(&self, row: usize) -> usize {
        match &self.codes {
            Codes::Same => 0,
            Codes::Wide(codes) => usize::from(codes[row]),
            Codes::Narrow(codes) => usize::from(codes[row]),
            Codes::Made(codes) => usize::from(codes[row]),
        }
    }
    /// The text of a row.
    pub fn label(&self, row: usize) -> &str {
        &self.labels[self.code(row)]
    }
    /// Rank of each label among the different ones, in byte order, and their number.
    fn ranks(&self) -> (Vec<u64>, u64) {
        let mut different: Vec<&String> = self.labels.iter().collect();
        different.sort_unstable();
        different.dedup();
        let rank = |label| different.partition_point(|other| *other < label) as u64;
        (self.labels.iter().map(rank).collect(), different.len() as u64)
    }
}

/// A table's rows: its key columns, and the order to write them in.
pub struct Rows<'a> {
    pub keys: Vec<KeyColumn<'a>>,
    /// Positions in the table, sorted by the keys.
    pub order: Vec<u32>,
}

impl<'a> Rows<'a> {
    /// Names the codes of `public` and sorts its rows.
    ///
    /// Two rows with equal keys, or columns of different lengths, are a bug of the room before.
    pub fn of(public: &'a PublicTable, table: &Table, geography: &Geography) -> Result<Self> {
        if !is_sound(public, table) {
            return Err(Error::bug(format!("table {}: its columns do not fit each other", table.id)));
        }
        let keys = key_columns(public, table, geography);
        let order = sorted(&keys, public.value.len())
            .ok_or_else(|| Error::bug(format!("table {}: two rows have the same keys", table.id)))?;
        Ok(Rows { keys, order })
    }
}

/// Letter of CL_OBS_STATUS.
pub fn obs_status(status: ObsStatus) -> &'static str {
    match status {
        ObsStatus::Final => "A",
        ObsStatus::Provisional => "P",
        ObsStatus::Suppressed => "Q",
        ObsStatus::Undefined => "M",
    }
}

/// Letter of CL_CONF_STATUS: confidential where suppressed, else free.
pub fn conf_status(status: ObsStatus) -> &'static str {
    if status == ObsStatus::Suppressed { "C" } else { "F" }
}

/// Columns of one length, and a dimension of the definition for each of the table.
fn is_sound(public: &PublicTable, table: &Table) -> bool {
    let rows = public.value.len();
    let lengths =
        [public.place.len(), public.period.len(), public.indicator.len(), public.measure.len(), public.status.len()];
    lengths.iter().all(|length| *length == rows)
        && public.dimensions.iter().all(|codes| codes.len() == rows)
        && public.dimensions.len() == table.dimensions.len()
        && public.labels.len() == table.dimensions.len()
}

fn key_columns<'a>(public: &'a PublicTable, table: &Table, geography: &Geography) -> Vec<KeyColumn<'a>> {
    let mut keys = vec![
        column("period_type", public.periods.iter().map(|p| p.kind.name().into()), Codes::Wide(&public.period)),
        column("period", public.periods.iter().map(|p| p.to_string()), Codes::Wide(&public.period)),
        column("geo_level", public.places.iter().map(|p| geo_level(*p).into()), Codes::Wide(&public.place)),
        column("geo", public.places.iter().map(|p| geo(*p, geography)), Codes::Wide(&public.place)),
        column("geo_name", public.places.iter().map(|p| geo_name(*p, geography)), Codes::Wide(&public.place)),
    ];
    keys[4].sorted = false;
    let dimension = |wanted: Dimension| match table.dimensions.iter().position(|d| *d == wanted) {
        Some(at) => column(wanted.column(), public.labels[at].iter().cloned(), Codes::Narrow(&public.dimensions[at])),
        None => column(wanted.column(), ["total".to_string()], Codes::Same),
    };
    keys.extend([Dimension::Sex, Dimension::AgeGroup].map(dimension));
    let further = |d: &&Dimension| !matches!(d, Dimension::Sex | Dimension::AgeGroup);
    keys.extend(table.dimensions.iter().filter(further).map(|d| dimension(*d)));
    keys.push(column("indicator", table.indicators.iter().map(|i| i.id.clone()), Codes::Wide(&public.indicator)));
    keys.push(measure_column(public));
    keys
}

fn column<'a>(name: &'static str, labels: impl IntoIterator<Item = String>, codes: Codes<'a>) -> KeyColumn<'a> {
    KeyColumn { name, labels: labels.into_iter().collect(), codes, sorted: true }
}

fn measure_column(public: &PublicTable) -> KeyColumn<'_> {
    let mut labels: Vec<String> = Vec::new();
    let mut codes = Vec::with_capacity(public.measure.len());
    for measure in &public.measure {
        let known = labels.iter().position(|label| label == measure.name());
        codes.push(known.unwrap_or(labels.len()) as u8);
        if known.is_none() {
            labels.push(measure.name().into());
        }
    }
    column("measure", labels, Codes::Made(codes))
}

/// `country`, `county` or `municipality`; a pool stands among the municipalities.
pub fn geo_level(place: Place) -> &'static str {
    match place {
        Place::Country => "country",
        Place::County(_) => "county",
        Place::Pool(_) | Place::Municipality(_) => "municipality",
    }
}

/// `0`, two digits, four digits, or `NNxx` for a pool.
pub fn geo(place: Place, geography: &Geography) -> String {
    match place {
        Place::Country => "0".into(),
        Place::County(county) => county.to_string(),
        Place::Pool(county) => format!("{county}xx"),
        Place::Municipality(at) => geography.municipalities[usize::from(at)].number.to_string(),
    }
}

fn geo_name(place: Place, geography: &Geography) -> String {
    let county_name = |county| geography.counties.iter().find(|c| c.number == county).map(|c| c.name.clone());
    match place {
        Place::Country => COUNTRY_NAME.into(),
        Place::County(county) => county_name(county).unwrap_or_default(),
        Place::Pool(_) => POOL_NAME.into(),
        Place::Municipality(at) => geography.municipalities[usize::from(at)].name.clone(),
    }
}

/// Positions of the rows by their packed keys; none where two keys are equal.
fn sorted(keys: &[KeyColumn], rows: usize) -> Option<Vec<u32>> {
    let mut packed = vec![0_u64; rows];
    for key in keys.iter().filter(|key| key.sorted) {
        let (ranks, different) = key.ranks();
        packed.par_iter_mut().enumerate().for_each(|(row, at)| *at = *at * different + ranks[key.code(row)]);
    }
    let mut order: Vec<(u64, u32)> = packed.into_iter().zip(0..).collect();
    order.par_sort_unstable();
    let different = order.windows(2).all(|pair| pair[0].0 < pair[1].0);
    different.then(|| order.into_iter().map(|(_, row)| row).collect())
}
