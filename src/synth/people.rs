//! Persons by block: sex, year of birth, homes and lists through the delivery's months.
//!
//! In: the world and the number of a block. Out: the block's persons with their histories, the
//! same whenever and by whatever thread they are made. A place in the population that death
//! leaves is taken by a newborn, so that the country keeps its size.

use std::ops::Range;

use super::dice::{Dice, Purpose};
use super::figures::{DEATHS, FRAILTY_SIZE};
use super::places::group_of;
use super::providers::{FOREVER, Lasted, first_of_month, relation, scheme_start};
use super::world::World;
use crate::domain::{Month, days_from_civil};

/// Places in the population to a block.
pub const BLOCK: u32 = 4096;

const MOVES_AFTER: f64 = 33.0 * 365.25;
const CHANGES_LIST_AFTER: f64 = 16.0 * 365.25;
/// Time on the list at the start.
const PERSON_LASTED: Lasted = Lasted { short_share: 0.16, short: 2.0, long: 21.0 };

/// A person. Ranges point into the block.
#[derive(Debug, Clone)]
pub struct Person {
    /// Unique in the country.
    pub number: u64,
    pub woman: bool,
    pub born: i32,
    /// Inclination to see a doctor; mean 1.
    pub frailty: f64,
    /// First and last day of life, as far as the delivery's days go.
    pub from: i32,
    pub to: i32,
    homes: Range<u32>,
    lists: Range<u32>,
}

/// A home from a day on, until the next.
#[derive(Debug, Clone, Copy)]
pub struct Home {
    pub from: i32,
    pub town: u16,
    pub part: f64,
}

/// A time on a list; both days inclusive.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    pub list: u32,
    pub from: i32,
    pub to: i32,
}

/// Some persons with their histories.
pub struct Block {
    pub persons: Vec<Person>,
    homes: Vec<Home>,
    memberships: Vec<Membership>,
}

impl Block {
    /// The persons of block `number`.
    pub fn new(world: &World, number: u32) -> Block {
        let mut block = Block { persons: Vec::new(), homes: Vec::new(), memberships: Vec::new() };
        let mut dice = Dice::new(world.seed, Purpose::People, i64::from(number), 0);
        let end = ((number + 1) * BLOCK).min(world.persons);
        for slot in number * BLOCK..end {
            block.fill(world, slot, &mut dice);
        }
        block
    }

    /// Where the person lives on the day.
    pub fn home(&self, person: &Person, day: i32) -> Home {
        let homes = self.homes_of(person);
        let at = homes.partition_point(|home| home.from <= day);
        homes[at.saturating_sub(1)]
    }

    pub fn homes_of(&self, person: &Person) -> &[Home] {
        &self.homes[person.homes.start as usize..person.homes.end as usize]
    }

    pub fn memberships(&self, person: &Person) -> &[Membership] {
        &self.memberships[person.lists.start as usize..person.lists.end as usize]
    }

    /// The list that the person is on that day.
    pub fn list(&self, person: &Person, day: i32) -> Option<u32> {
        self.memberships(person).iter().find(|m| m.from <= day && day <= m.to).map(|m| m.list)
    }

    /// The lives that follow each other in one place of the population.
    fn fill(&mut self, world: &World, slot: u32, dice: &mut Dice) {
        let town = world.town_of_slot(slot);
        let (woman, age) = world.places.person(town, dice);
        let year = world.span.from.year();
        let mut life = Life { woman, born: year - 1 - age, from: i32::MIN, town };
        for generation in 0..8u64 {
            let to = self.live(world, u64::from(slot) * 8 + generation, &life, dice);
            if to >= world.span.end() {
                return;
            }
            let born = to + 1;
            life = Life { woman: dice.chance(0.486), born: Month::of_day(born).year(), from: born, town };
        }
    }

    fn live(&mut self, world: &World, number: u64, life: &Life, dice: &mut Dice) -> i32 {
        let to = death(world, life, dice);
        let frailty = dice.frailty(FRAILTY_SIZE[group_of(world.span.from.year() - life.born)]);
        let homes = self.add_homes(world, life, to, dice);
        let lists = self.add_lists(world, life, to, homes.clone(), dice);
        let (woman, born, from) = (life.woman, life.born, life.from);
        self.persons.push(Person { number, woman, born, frailty, from, to, homes, lists });
        to
    }

    fn add_homes(&mut self, world: &World, life: &Life, to: i32, dice: &mut Dice) -> Range<u32> {
        let first = self.homes.len() as u32;
        let mut home = Home { from: life.from, town: life.town, part: dice.unit() };
        self.homes.push(home);
        let mut day = life.from.max(world.span.start()) + dice.waiting(MOVES_AFTER) as i32;
        while day < to.min(world.span.end()) {
            home = Home { from: day, town: world.places.other_town(home.town, dice), part: dice.unit() };
            self.homes.push(home);
            day += 30 + dice.waiting(MOVES_AFTER) as i32;
        }
        first..self.homes.len() as u32
    }

    fn add_lists(&mut self, world: &World, life: &Life, to: i32, homes: Range<u32>, dice: &mut Dice) -> Range<u32> {
        let first = self.memberships.len() as u32;
        if dice.chance(0.009) {
            return first..first;
        }
        let end = to.min(world.span.end());
        let mut from = if life.from == i32::MIN { joined(world, life, dice) } else { life.from };
        let mut list = choose_list(world, life.town, from.max(world.span.start()), dice);
        from = from.max(world.providers.lists[list as usize].opened);
        let mut cursor = from.max(world.span.start());
        loop {
            let next = self.next_change(world, cursor, list, homes.clone(), dice);
            let last = next.min(to.saturating_add(1)) - 1;
            let until = if next > end && to > end { FOREVER } else { last };
            if until >= from {
                self.memberships.push(Membership { list, from, to: until });
            }
            if next > end {
                return first..self.memberships.len() as u32;
            }
            let towns = &self.homes[homes.start as usize..homes.end as usize];
            let at = towns.partition_point(|home| home.from <= next).saturating_sub(1);
            list = choose_list(world, towns[at].town, next, dice);
            from = next;
            cursor = next;
        }
    }

    /// The first of a month on which the person changes list after `day`: on their own wish, after
    /// a move, or because the list closes.
    fn next_change(&self, world: &World, day: i32, list: u32, homes: Range<u32>, dice: &mut Dice) -> i32 {
        let wish = day + 1 + dice.waiting(CHANGES_LIST_AFTER) as i32;
        let homes = &self.homes[homes.start as usize..homes.end as usize];
        let moved = homes.iter().map(|home| home.from).find(|&from| from > day).unwrap_or(world.span.end() + 1_000);
        let change = Month::of_day(wish.min(moved)).next().first_day();
        change.min(world.providers.lists[list as usize].closed.saturating_add(1))
    }
}

/// What is known of a life at its start.
struct Life {
    woman: bool,
    born: i32,
    from: i32,
    town: u16,
}

/// The last day, or for ever where death comes after the delivery's days.
fn death(world: &World, life: &Life, dice: &mut Dice) -> i32 {
    let from = life.from.max(world.span.start());
    for year in Month::of_day(from).year()..=world.span.to.year() {
        if dice.chance(DEATHS[group_of(year - life.born)]) {
            let day = days_from_civil(year, 1, 1) + dice.below(365) as i32;
            return day.max(from + 30);
        }
    }
    FOREVER
}

/// When someone who lived before the delivery's days came on their list.
fn joined(world: &World, life: &Life, dice: &mut Dice) -> i32 {
    let birth = days_from_civil(life.born, 1, 1) + dice.below(360) as i32;
    let wish = first_of_month(world.span.start() - relation(PERSON_LASTED, dice));
    wish.max(birth).max(scheme_start())
}

/// A list in the town, or now and then in another one.
fn choose_list(world: &World, town: u16, day: i32, dice: &mut Dice) -> u32 {
    let town = if dice.chance(0.04) { world.places.other_town(town, dice) } else { town };
    world.providers.choose_list(town, day, dice)
}
