//! Synthetic country: from a seed to a delivery of all nine sources.
//!
//! In: a seed, a number of persons and months. Out: files such as the registers would deliver,
//! calibrated on published figures. Everything is drawn by chance; no row is of a real person.
//! Never uses the clock or the global random generator: the same arguments give the same bytes,
//! whatever the threads.

mod bills;
mod blemishes;
mod calendar;
mod country;
mod csv_out;
mod deeds;
mod diagnoses;
mod dice;
mod dirt;
mod episodes;
mod figures;
mod files;
mod forms;
mod names;
mod parquet_out;
mod people;
mod places;
mod providers;
mod registers;
mod residents;
mod rows;
mod staff;
mod stays;
mod tariff;
mod world;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use country::{SynthFile, SynthReport, write_country};

use crate::domain::Month;

/// File format of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SynthFormat {
    Csv,
    Parquet,
}

/// Whether the delivery is clean or has every kind of dirt in known amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dirt {
    Clean,
    Messy,
}

/// What to make.
#[derive(Debug, Clone)]
pub struct SynthArgs {
    /// Inhabitants; at least one for every municipality, 5 600 000 for the whole country.
    pub persons: u32,
    /// First and last month of treatment.
    pub from: Month,
    pub to: Month,
    pub seed: u64,
    pub format: SynthFormat,
    pub dirt: Dirt,
    /// The delivery's folder: new or empty.
    pub out: PathBuf,
}
