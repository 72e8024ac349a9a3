//! Hospital rows: opphold by month, and the key between NPR's and KPR's numbers.
//!
//! In: the stays of a block. Out: rows of opphold and nokkel. A stay that lasts beyond the
//! delivery's months is open; one that begins after them is not there.

use super::dice::{Dice, Purpose};
use super::names;
use super::people::Block;
use super::rows::{Episode, Key, Place, Short};
use super::stays::{self, Stay};
use super::world::World;
use crate::domain::{Month, SECONDS_A_DAY};

/// Streams of chance of the rows apart from those of the stays.
const ROWS: i64 = 1 << 32;

/// Rows of opphold of a block whose chain of stays begins in the month.
pub fn month(world: &World, at: Month, number: u32) -> Vec<Episode> {
    let block = Block::new(world, number);
    let mut dice = Dice::new(world.seed, Purpose::Stays, i64::from(at.0) + ROWS, i64::from(number));
    let made = stays::month(world, at, number, &block);
    let within = made.stays.iter().filter(|stay| begins_within(world, stay));
    within.map(|stay| episode(world, &block, stay, &mut dice)).collect()
}

/// Rows of nokkel of a block: everyone with a stay.
pub fn keys(world: &World, number: u32) -> Vec<Key> {
    let block = Block::new(world, number);
    let mut stayed = vec![false; block.persons.len()];
    for month in (world.span.from.0..=world.span.to.0).map(Month) {
        let made = stays::month(world, month, number, &block);
        for stay in made.stays.iter().filter(|stay| begins_within(world, stay)) {
            stayed[stay.person as usize] = true;
        }
    }
    let persons = block.persons.iter().zip(stayed).filter(|&(_, stayed)| stayed);
    let key = |number: u64| Key { patient: names::patient(number), person: world.names.person(number) };
    persons.map(|(person, _)| key(person.number)).collect()
}

fn begins_within(world: &World, stay: &Stay) -> bool {
    stay.from < i64::from(world.span.end() + 1) * SECONDS_A_DAY
}

fn episode(world: &World, block: &Block, stay: &Stay, dice: &mut Dice) -> Episode {
    let person = &block.persons[stay.person as usize];
    let day = stay.from.div_euclid(SECONDS_A_DAY) as i32;
    let home = block.home(person, day);
    let code = world.code(home.town, home.part, Month::of_day(day).year());
    let over = stay.to < i64::from(world.span.end() + 1) * SECONDS_A_DAY;
    let region = u32::from(world.places.towns[home.town as usize].number / 100);
    Episode {
        patient: names::patient(person.number),
        from: stay.from,
        to: over.then_some(stay.to),
        level: stay.level,
        urgency: urgency(stay, dice),
        condition: condition(dice),
        hospital: names::hospital(region * 4 + u32::from(stay.hospital)),
        place: if dice.chance(0.006) { Place::MinusOne } else { Place::Code(code) },
        sex: if person.woman { 2 } else { 1 },
        born: person.born as i16,
        state: (over && !dice.chance(0.003)).then_some(stay.state),
    }
}

fn urgency(stay: &Stay, dice: &mut Dice) -> Option<u8> {
    let share = dice.unit();
    match (stay.acute, stay.level) {
        _ if share < 0.004 => None,
        (true, _) => Some(1 + ((share * 100.0) as u8 % 10 / 4)),
        (false, 1) => Some(4),
        (false, _) => Some(4 + u8::from(share < 0.5)),
    }
}

/// An ICD-10 code of the right form.
fn condition(dice: &mut Dice) -> Short {
    let letter = b"ACDEFGHIJKLMNOPRSTZ"[dice.below(19) as usize] as char;
    Short::new(&format!("{letter}{:02}.{}", dice.below(100), dice.below(10)))
}
