//! `innbyggere`: the living on 1 January of each year, by municipality, sex and age.
//!
//! In: the world. Out: one file a year, counted from the persons themselves.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::people::Block;
use super::rows::Residents;
use super::world::World;
use crate::domain::days_from_civil;

/// Counts by municipality number, sex code and age.
type Counts = BTreeMap<(u16, u8, i32), i64>;

/// The rows of one year, in order of municipality, sex and age.
pub fn year(world: &World, year: i32) -> Vec<Residents> {
    let counts = (0..world.blocks())
        .into_par_iter()
        .fold(Counts::new, |counts, number| add_block(counts, world, year, number))
        .reduce(Counts::new, merge);
    let row = |((place, sex, age), persons)| Residents { year, place, sex, age, persons };
    counts.into_iter().map(row).collect()
}

fn add_block(mut counts: Counts, world: &World, year: i32, number: u32) -> Counts {
    let day = days_from_civil(year, 1, 1);
    let block = Block::new(world, number);
    // Those born this year, on the day itself at the earliest, are not residents on 1 January.
    for person in block.persons.iter().filter(|p| p.from <= day && day <= p.to && p.born < year) {
        let home = block.home(person, day);
        let place = world.code(home.town, home.part, year);
        *counts.entry((place, 1 + u8::from(person.woman), year - 1 - person.born)).or_default() += 1;
    }
    counts
}

fn merge(one: Counts, other: Counts) -> Counts {
    let (mut large, small) = if one.len() >= other.len() { (one, other) } else { (other, one) };
    for (key, persons) in small {
        *large.entry(key).or_default() += persons;
    }
    large
}
