//! The fastlege register: contracts, the doctors on them and the persons on their lists.
//!
//! In: the world. Out: rows of kontrakt, kontrakt_lege and medlemskap. A contract has a new row
//! whenever something of it changes: ceiling, status, salary, team, or the municipality's number.

use super::dice::{Dice, Purpose};
use super::names;
use super::people::Block;
use super::providers::{FOREVER, List};
use super::rows::{Contract, ContractDoctor, Member};
use super::world::World;
use crate::domain::{Month, days_from_civil};

/// `gyldig_til` or `til`: empty while it lasts.
fn end(day: i32) -> Option<i32> {
    (day != FOREVER).then_some(day)
}

/// All rows of kontrakt, by list and time.
pub fn contracts(world: &World) -> Vec<Contract> {
    (0..world.providers.lists.len() as u32).flat_map(|list| contract(world, list)).collect()
}

/// All rows of kontrakt_lege, by list and time.
pub fn contract_doctors(world: &World) -> Vec<ContractDoctor> {
    let lists = world.providers.lists.iter().enumerate();
    let rows = lists.flat_map(|(number, list)| {
        list.tenures.iter().map(move |tenure| ContractDoctor {
            contract: names::list(number as u32),
            doctor: world.names.worker(tenure.doctor),
            substitute: tenure.substitute,
            from: tenure.from,
            to: end(tenure.to),
        })
    });
    rows.collect()
}

/// The rows of medlemskap of a block.
pub fn members(world: &World, number: u32) -> Vec<Member> {
    let block = Block::new(world, number);
    let rows = block.persons.iter().flat_map(|person| {
        block.memberships(person).iter().map(|membership| Member {
            person: world.names.person(person.number),
            contract: names::list(membership.list),
            from: membership.from,
            to: end(membership.to),
        })
    });
    rows.collect()
}

fn contract(world: &World, number: u32) -> Vec<Contract> {
    let list = &world.providers.lists[number as usize];
    let mut dice = Dice::new(world.seed, Purpose::Register, i64::from(number), 0);
    let expected = world.providers.expected_length(number, &world.places);
    let mut row = Contract {
        number: names::list(number),
        place: 0,
        practice: names::practice(list.practice),
        ceiling: ceiling(expected, &mut dice),
        open: dice.chance(0.35),
        salary: false,
        team: false,
        from: list.opened,
        to: None,
    };
    let mut rows: Vec<Contract> = Vec::new();
    for from in changes(world, list, &mut dice) {
        if dice.chance(0.3) {
            row.ceiling = ceiling(expected, &mut dice);
        }
        if dice.chance(0.3) {
            row.open = dice.chance(0.35);
        }
        row = as_of(world, list, from, row);
        if let Some(before) = rows.last_mut() {
            before.to = Some(from - 1);
        }
        rows.push(row.clone());
    }
    if let Some(last) = rows.last_mut() {
        last.to = end(list.closed);
    }
    rows
}

/// Days on which a contract's row may change: its start, each New Year of the delivery, the start
/// of the teams, and now and then a month.
fn changes(world: &World, list: &List, dice: &mut Dice) -> Vec<i32> {
    let span = world.span;
    let mut days = vec![list.opened];
    for year in span.from.year()..=span.to.year() {
        days.push(days_from_civil(year, 1, 1));
        if dice.chance(0.3) {
            days.push(Month::new(year, 2 + dice.below(11)).first_day());
        }
    }
    if world.providers.practices[list.practice as usize].team {
        days.push(days_from_civil(2018, 4, 1));
    }
    days.retain(|&day| day >= list.opened && day <= span.end() && list.open_on(day));
    days.sort_unstable();
    days.dedup();
    days
}

fn as_of(world: &World, list: &List, day: i32, row: Contract) -> Contract {
    let practice = &world.providers.practices[list.practice as usize];
    let year = Month::of_day(day).year();
    Contract {
        place: world.code(practice.town, practice.part, year),
        salary: list.fixed_salary(year),
        team: practice.team && day >= days_from_civil(2018, 4, 1),
        from: day,
        ..row
    }
}

/// A ceiling about 3 % above the length, on a round number.
fn ceiling(expected: f64, dice: &mut Dice) -> i64 {
    let step = if expected < 600.0 { 10.0 } else { 50.0 };
    ((expected * dice.normal(1.03, 0.07).clamp(0.85, 1.25) / step).round() * step).max(10.0) as i64
}
