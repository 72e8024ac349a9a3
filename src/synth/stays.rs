//! Hospital episodes of a block of persons, and the visits to general practice around them.
//!
//! In: the world, a block, a month. Out: the episodes whose chain of stays begins in that month,
//! and the visits that follow discharges or precede acute admissions, whatever their month. About
//! 145 inpatient stays per 1 000 inhabitants a year, 73 % acute, 4.1 days (NPR).

use super::dice::{Dice, Purpose};
use super::figures::STAYS;
use super::people::{Block, Person};
use super::places::group_of;
use super::tariff::Contact;
use super::world::World;
use crate::domain::{Month, SECONDS_A_DAY};

const HOUR: i64 = 3_600;
/// Share of all stays that begin a chain; the others are readmissions and transfers.
const FIRST_STAYS: f64 = 0.86;
const MEAN_STAY: f64 = 4.1 * SECONDS_A_DAY as f64;
/// Day treatments and outpatient visits a person and year that the delivery holds.
const DAY_STAYS: f64 = 0.05;
const OUTPATIENT: f64 = 0.25;

/// A visit that a hospital stay leads to, or that leads to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Position in the block.
    pub person: u32,
    pub day: i32,
    pub time: i64,
    pub contact: Contact,
    pub legevakt: bool,
}

/// An episode of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// Position in the block.
    pub person: u32,
    pub level: u8,
    pub acute: bool,
    pub from: i64,
    pub to: i64,
    /// 1 alive, 2 dead, 3 suicide.
    pub state: u8,
    /// Which hospital of the region; a transfer goes to the next.
    pub hospital: u8,
}

/// Stays that begin in a month and what is around them.
#[derive(Debug, Default)]
pub struct Stays {
    pub stays: Vec<Stay>,
    pub visits: Vec<Visit>,
}

/// Chains of stays of block `number` that begin in the month.
pub fn month(world: &World, month: Month, number: u32, block: &Block) -> Stays {
    let dice = Dice::new(world.seed, Purpose::Stays, i64::from(month.0), i64::from(number));
    let mut maker = Maker { dice, out: Stays::default(), first: month.first_day(), last: month.last_day() };
    for (at, person) in block.persons.iter().enumerate() {
        if person.from <= maker.last && person.to >= maker.first {
            maker.person(at as u32, person, month);
        }
    }
    maker.out
}

/// All visits that may fall in a month: chains of two months before it to one after.
pub fn visits_near(world: &World, at: Month, number: u32, block: &Block) -> Vec<Visit> {
    let near = (-2..=1).flat_map(|months| month(world, at.plus(months), number, block).visits);
    near.filter(|visit| Month::of_day(visit.day) == at).collect()
}

struct Maker {
    dice: Dice,
    out: Stays,
    first: i32,
    last: i32,
}

impl Maker {
    fn person(&mut self, at: u32, person: &Person, month: Month) {
        let group = group_of(month.year() - person.born);
        let inclination = 0.4 + 0.6 * person.frailty;
        let chains = STAYS[group] * FIRST_STAYS * inclination / 12.0;
        let share = self.dice.unit();
        if share < chains {
            self.chain(at, person, month);
        } else if share < chains + (DAY_STAYS + OUTPATIENT) * inclination / 12.0 {
            self.short(at, person);
        }
        if person.to >= self.first && person.to <= self.last && self.dice.chance(0.4) {
            self.last_stay(at, person);
        }
    }

    /// A stay, and those that it leads to.
    fn chain(&mut self, at: u32, person: &Person, month: Month) {
        let acute = self.dice.chance(0.74);
        let mut from = self.begin(acute);
        let old = month.year() - person.born >= 67;
        let mut stay = Stay { person: at, level: 1, acute, from, to: 0, state: 1, hospital: self.dice.below(3) as u8 };
        for _ in 0..5 {
            stay.to = stay.from
                + (self.dice.waiting(MEAN_STAY - 6.0 * HOUR as f64) as i64 / 60 * 60 + 6 * HOUR)
                    .min(120 * SECONDS_A_DAY);
            if !alive(person, stay.to) {
                return;
            }
            self.out.stays.push(stay);
            if stay.acute && stay.from == from {
                self.before(&stay);
            }
            if self.dice.chance(0.05) {
                // A transfer: less than 8 hours between, to be merged.
                let pause = i64::from(self.dice.below(8 * 60)) * 60;
                stay = Stay { from: stay.to + pause, acute: false, hospital: (stay.hospital + 1) % 3, ..stay };
                continue;
            }
            self.after(&stay);
            if !self.dice.chance(if old { 0.158 } else { 0.075 }) {
                return;
            }
            let pause = 9 * HOUR + (self.dice.unit() * self.dice.unit() * 29.0 * SECONDS_A_DAY as f64) as i64 / 60 * 60;
            from = stay.to + pause;
            stay = Stay { from, acute: self.dice.chance(0.88), ..stay };
        }
    }

    /// A day treatment or an outpatient visit.
    fn short(&mut self, at: u32, person: &Person) {
        let level = if self.dice.chance(DAY_STAYS / (DAY_STAYS + OUTPATIENT)) { 2 } else { 3 };
        let from = self.begin(false);
        let to = from + (20 + i64::from(self.dice.below(240))) * 60;
        if alive(person, to) {
            let hospital = self.dice.below(3) as u8;
            self.out.stays.push(Stay { person: at, level, acute: false, from, to, state: 1, hospital });
        }
    }

    /// The stay in which a person dies.
    fn last_stay(&mut self, at: u32, person: &Person) {
        let to = i64::from(person.to) * SECONDS_A_DAY + i64::from(self.dice.below(1_440)) * 60;
        let from = to - 2 * HOUR - self.dice.waiting(MEAN_STAY) as i64 / 60 * 60;
        let state = if self.dice.chance(0.01) { 3 } else { 2 };
        if from > i64::from(person.from) * SECONDS_A_DAY {
            self.out.stays.push(Stay { person: at, level: 1, acute: true, from, to, state, hospital: 0 });
        }
    }

    fn begin(&mut self, acute: bool) -> i64 {
        let day = self.dice.between(self.first, self.last);
        let minute = if acute { self.dice.below(1_440) } else { 420 + self.dice.below(300) };
        i64::from(day) * SECONDS_A_DAY + i64::from(minute) * 60
    }

    /// Contacts in the 24 hours before an acute admission.
    fn before(&mut self, stay: &Stay) {
        for (share, legevakt) in [(0.22, false), (0.30, true)] {
            if self.dice.chance(share) {
                let minutes = i64::from(20 + self.dice.below(1_400));
                let moment = stay.from - minutes * 60;
                let contact = if self.dice.chance(0.8) { Contact::Physical } else { Contact::SimpleRemote };
                self.visit(stay.person, moment, contact, legevakt);
            }
        }
    }

    /// The visit that follows a discharge: of those made for it, about half come within a week.
    fn after(&mut self, stay: &Stay) {
        let days = match self.dice.unit() {
            u if u < 0.285 => 1 + self.dice.below(7),
            u if u < 0.395 => 8 + self.dice.below(7),
            u if u < 0.535 => 15 + self.dice.below(16),
            _ => return,
        };
        let (contact, legevakt) = match self.dice.unit() {
            u if u < 0.90 => (Contact::Physical, false),
            u if u < 0.94 => (Contact::HomeVisit, false),
            _ => (Contact::Physical, true),
        };
        let mut day = stay.to.div_euclid(SECONDS_A_DAY) + i64::from(days);
        if !legevakt {
            // Offices are closed on Saturdays and Sundays; some days are skipped, none is early.
            day += [0, 0, 0, 0, 0, 2, 1][(day + 3).rem_euclid(7) as usize];
        }
        let minute = if legevakt { 960 + self.dice.below(400) } else { 480 + self.dice.below(470) };
        self.visit(stay.person, day * SECONDS_A_DAY + i64::from(minute) * 60, contact, legevakt);
    }

    fn visit(&mut self, person: u32, moment: i64, contact: Contact, legevakt: bool) {
        let (day, time) = (moment.div_euclid(SECONDS_A_DAY) as i32, moment.rem_euclid(SECONDS_A_DAY));
        self.out.visits.push(Visit { person, day, time, contact, legevakt });
    }
}

fn alive(person: &Person, moment: i64) -> bool {
    moment.div_euclid(SECONDS_A_DAY) < i64::from(person.to)
}
