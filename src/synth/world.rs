//! The synthetic country at rest: places, providers, and which place of the population is where.
//!
//! In: the arguments. Out: what every block of persons and every month is drawn from.

use super::names::Names;
use super::people::BLOCK;
use super::places::Places;
use super::providers::{Providers, Span};
use super::{Dirt, SynthArgs};
use crate::domain::{Error, Month, Result};

/// The first month for which lists of doctors and municipality codes are at hand.
const EARLIEST: (i32, u32) = (2006, 1);
const LATEST: (i32, u32) = (2035, 12);
const MOST_PERSONS: u32 = 20_000_000;

/// What all parts are drawn from.
pub struct World {
    pub seed: u64,
    pub persons: u32,
    pub span: Span,
    pub names: Names,
    pub places: Places,
    pub providers: Providers,
    /// Persons in the towns before each, for `town_of_slot`.
    before: Vec<u32>,
}

impl World {
    pub fn new(args: &SynthArgs) -> Result<World> {
        let span = checked_span(args)?;
        let places = Places::new(args.persons, span.from.year(), span.to.year() + 1)?;
        let providers = Providers::new(&places, span, args.seed);
        let mut before = Vec::with_capacity(places.towns.len());
        let mut sum = 0;
        for town in &places.towns {
            before.push(sum);
            sum += town.persons;
        }
        let names = match args.dirt {
            Dirt::Clean => Names::Numbers,
            Dirt::Messy => Names::SomeText,
        };
        Ok(World { seed: args.seed, persons: args.persons, span, names, places, providers, before })
    }

    /// Number of blocks of persons.
    pub fn blocks(&self) -> u32 {
        self.persons.div_ceil(BLOCK)
    }

    /// The town that a place of the population belongs to at the start.
    pub fn town_of_slot(&self, slot: u32) -> u16 {
        (self.before.partition_point(|&before| before <= slot) - 1) as u16
    }

    /// The municipality number in force for a home or a practice.
    pub fn code(&self, town: u16, part: f64, year: i32) -> u16 {
        self.places.code(town, part, year)
    }
}

fn checked_span(args: &SynthArgs) -> Result<Span> {
    let (earliest, latest) = (Month::new(EARLIEST.0, EARLIEST.1), Month::new(LATEST.0, LATEST.1));
    if args.from < earliest || args.to > latest {
        return Err(Error::usage(format!("--from, --to: expected months from {earliest} to {latest}")));
    }
    if args.to < args.from {
        return Err(Error::usage("--to: expected a month that is not before --from"));
    }
    if args.persons > MOST_PERSONS {
        return Err(Error::usage(format!("--persons: expected at most {MOST_PERSONS}")));
    }
    Ok(Span { from: args.from, to: args.to })
}
