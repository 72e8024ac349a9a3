//! The form that each file of a delivery gets: plain, or in a messy delivery every dialect in turn.
//!
//! In: the arguments. Out: a form for the next file of a source. The turn depends on the order of
//! the files alone.

use std::collections::BTreeMap;

use super::csv_out::Dialect;
use super::files::{CsvForm, Form, Packing};
use super::parquet_out::{ParquetForm, TextColumns};
use super::{Dirt, SynthFormat};
use crate::domain::Result;
use crate::schema;

/// Gives every file its form.
pub struct Forms {
    format: SynthFormat,
    dirt: Dirt,
    /// Files so far, all and by source.
    made: usize,
    made_of: BTreeMap<&'static str, usize>,
    /// Files by name of the form's peculiarity.
    pub used: BTreeMap<String, u64>,
}

impl Forms {
    pub fn new(format: SynthFormat, dirt: Dirt) -> Forms {
        Forms { format, dirt, made: 0, made_of: BTreeMap::new(), used: BTreeMap::new() }
    }

    /// The form of the next file, of this source.
    pub fn next(&mut self, source: &'static str) -> Result<Form> {
        let turn = self.made;
        let of_source = self.made_of.entry(source).or_default();
        let (name, form) = match (self.format, self.dirt) {
            (SynthFormat::Csv, Dirt::Clean) => return Ok(Form::plain_csv()),
            (SynthFormat::Parquet, Dirt::Clean) => return Ok(Form::Parquet(ParquetForm::default())),
            (SynthFormat::Csv, Dirt::Messy) => {
                let columns = schema::of(source)?.columns.len();
                let (name, form) = csv(turn, columns);
                (name, Form::Csv(form))
            }
            (SynthFormat::Parquet, Dirt::Messy) => {
                let (name, form) = parquet(*of_source);
                (name, Form::Parquet(form))
            }
        };
        self.made += 1;
        *of_source += 1;
        *self.used.entry(format!("form:{name}")).or_default() += 1;
        Ok(form)
    }
}

/// The first file of a source is all text, so that every fault can be told in it.
fn parquet(of_source: usize) -> (&'static str, ParquetForm) {
    let form = |zstd, text, number_places| ParquetForm { zstd, text, number_places };
    match of_source % 4 {
        0 => ("parquet-text", form(false, TextColumns::All, false)),
        1 => ("parquet-native", form(false, TextColumns::Humans, false)),
        2 => ("parquet-number-places", form(false, TextColumns::Humans, true)),
        _ => ("parquet-zstd", form(true, TextColumns::Humans, false)),
    }
}

fn csv(turn: usize, columns: usize) -> (&'static str, CsvForm) {
    let plain = Dialect::default();
    let form = |dialect| CsvForm { dialect, packing: Packing::Plain, order: None, extra: false };
    let reversed = || Some((0..columns).rev().collect());
    match turn % 13 {
        0 => ("plain", form(plain)),
        1 => ("comma", form(Dialect { delimiter: b',', ..plain })),
        2 => ("latin1-extra-column", CsvForm { extra: true, ..form(Dialect { latin1: true, ..plain }) }),
        3 => ("bom-crlf", form(Dialect { bom: true, crlf: true, ..plain })),
        4 => ("decimal-comma-norwegian-dates", form(Dialect { decimal_comma: true, norwegian_dates: true, ..plain })),
        5 => ("tab", form(Dialect { delimiter: b'\t', ..plain })),
        6 => ("blank-short-times", form(Dialect { blank_in_times: true, short_times: true, ..plain })),
        7 => ("gzip", CsvForm { packing: Packing::Gzip, ..form(plain) }),
        8 => ("zstd-comma", CsvForm { packing: Packing::Zstd, ..form(Dialect { delimiter: b',', ..plain }) }),
        9 => ("quoted", form(Dialect { quote_all: true, ..plain })),
        10 => ("other-order", CsvForm { order: reversed(), ..form(plain) }),
        11 => (
            "awkward-extra-column",
            CsvForm { extra: true, ..form(Dialect { delimiter: b',', decimal_comma: true, ..plain }) },
        ),
        _ => ("all-at-once", all_at_once(reversed())),
    }
}

fn all_at_once(order: Option<Vec<usize>>) -> CsvForm {
    let dialect = Dialect {
        delimiter: b'\t',
        latin1: true,
        crlf: true,
        decimal_comma: true,
        norwegian_dates: true,
        short_times: true,
        ..Dialect::default()
    };
    CsvForm { dialect, packing: Packing::Gzip, order, extra: true }
}
