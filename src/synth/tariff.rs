//! Takster of a bill: which lines a contact of a kind gives, by day, hour and provider.
//!
//! In: a contact. Out: codes with rounded amounts in hundredths; the amounts are plausible, not
//! the tariff's. Codes follow their dates (1be until June 2022, 2aef from July 2021 …).

use super::dice::Dice;
use crate::domain::days_from_civil;

/// What happens in a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    HomeVisit,
    Physical,
    E,
    SimpleRemote,
    SimplePresent,
    Meeting,
    Dialogue,
    OtherBody,
    Administrative,
    Unclassified,
    Nurse,
}

impl Contact {
    pub fn is_consultation(self) -> bool {
        matches!(self, Contact::HomeVisit | Contact::Physical | Contact::E)
    }
}

/// What the lines depend on.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    pub contact: Contact,
    pub day: i32,
    /// Outside 08-16 or in a weekend.
    pub evening: bool,
    pub night: bool,
    pub legevakt: bool,
    pub age: i32,
    pub specialist: bool,
    /// A team's practice under the operating-grant model, from April 2018.
    pub grant: bool,
}

/// A line: takst code, times, amount in hundredths.
pub type Fee = (&'static str, Option<u8>, i64);

const LABORATORY: [&str; 14] =
    ["705k", "701a", "707", "711", "714", "719", "720", "703d", "706a", "712a", "740", "105", "206a", "101"];
const STATEMENTS: [&str; 12] = ["l1", "l1", "l1", "5", "7", "8", "h1", "2kd", "l10", "l40", "l120", "L8"];
const OTHER: [&str; 6] = ["10a", "100", "21a", "k1", "X1", "204c"];
const NURSE: [(&str, f64); 6] =
    [("s1a", 920.0), ("s1b", 1_610.0), ("s2a", 2_990.0), ("s3", 3_082.0), ("s4", 3_197.0), ("s5", 3_243.0)];

/// The lines of a contact, the deciding one first, into `fees`.
pub fn fees(of: &Circumstances, dice: &mut Dice, fees: &mut Vec<Fee>) {
    fees.clear();
    match of.contact {
        Contact::Physical => physical(of, dice, fees),
        Contact::HomeVisit => home_visit(of, dice, fees),
        Contact::E => electronic(of, dice, fees),
        Contact::SimpleRemote => fees.push((simple_remote(of, dice), one(dice), 7_600)),
        Contact::SimplePresent => simple_present(of, dice, fees),
        Contact::Meeting => meeting(dice, fees),
        Contact::Dialogue => fees.push((if dice.chance(0.3) { "l36d" } else { "l36" }, one(dice), 122_000)),
        Contact::OtherBody => fees.push(("1f", one(dice), 17_300)),
        Contact::Administrative => fees.push((STATEMENTS[dice.below(12) as usize], one(dice), 24_800)),
        Contact::Unclassified if dice.chance(0.1) => {}
        Contact::Unclassified => fees.push((OTHER[dice.below(6) as usize], one(dice), 9_900)),
        Contact::Nurse => nurse(dice, fees),
    }
    let sick_note = match of.contact {
        Contact::Physical | Contact::E => 0.10,
        Contact::SimpleRemote => 0.012,
        _ => 0.0,
    };
    if (18..=67).contains(&of.age) && !of.legevakt && dice.chance(sick_note) {
        fees.push((if dice.chance(0.05) { "L1" } else { "l1" }, one(dice), 5_600));
    }
}

/// `antall`, which is left empty now and then.
fn one(dice: &mut Dice) -> Option<u8> {
    (!dice.chance(0.01)).then_some(1)
}

fn physical(of: &Circumstances, dice: &mut Dice, fees: &mut Vec<Fee>) {
    let base = match (of.grant, of.evening) {
        (true, _) => ["074a", "074b", "074d", "74b"][dice.below(4) as usize],
        (_, true) if of.legevakt && dice.chance(0.06) => "2fk",
        (_, true) => "2ak",
        _ if dice.chance(0.005) => "2ed",
        _ if dice.chance(0.01) => "2AD",
        _ => "2ad",
    };
    fees.push((base, one(dice), if of.evening { 29_100 } else { 17_900 }));
    if dice.chance(if of.legevakt { 0.18 } else { 0.32 }) {
        let times = if dice.chance(0.2) { Some(2) } else { one(dice) };
        fees.push((if of.evening { "2ck" } else { "2cd" }, times, 21_900));
    }
    if of.specialist {
        fees.push((if of.evening { "2dk" } else { "2dd" }, one(dice), 11_600));
    }
    features(of, dice, fees);
    laboratory(if of.legevakt { 1.0 } else { 1.55 }, dice, fees);
}

/// Lines of a physical consultation that make features.
fn features(of: &Circumstances, dice: &mut Dice, fees: &mut Vec<Fee>) {
    if of.legevakt {
        return;
    }
    if dice.chance(if of.age >= 67 { 0.022 } else { 0.002 }) {
        fees.push(("2ld", one(dice), 17_700));
    }
    if of.age >= 40 && dice.chance(0.007) {
        fees.push((if dice.chance(0.6) { "109a" } else { "109b" }, one(dice), 15_200));
    }
    if of.age >= 12 && dice.chance(0.013) {
        fees.push((if dice.chance(0.7) { "507c" } else { "507d" }, one(dice), 24_300));
    }
    if (16..=69).contains(&of.age) && dice.chance(0.017) {
        fees.push(("615", one(dice), 21_900));
    }
}

fn laboratory(mean: f64, dice: &mut Dice, fees: &mut Vec<Fee>) {
    for _ in 0..dice.poisson(mean) {
        let skewed = (dice.unit() * dice.unit() * LABORATORY.len() as f64) as usize;
        fees.push((LABORATORY[skewed], one(dice), 5_200));
    }
}

fn home_visit(of: &Circumstances, dice: &mut Dice, fees: &mut Vec<Fee>) {
    let base = match (of.grant && !of.legevakt, of.evening) {
        (true, false) => "086a",
        (true, true) => "86b",
        (_, true) => "11ak",
        _ => "11ad",
    };
    fees.push((base, one(dice), 42_500));
    if dice.chance(0.45) {
        fees.push((if of.evening { "2ck" } else { "2cd" }, one(dice), 21_900));
    }
    if of.specialist {
        fees.push((if of.evening { "2dk" } else { "2dd" }, one(dice), 11_600));
    }
}

fn electronic(of: &Circumstances, dice: &mut Dice, fees: &mut Vec<Fee>) {
    let (spring_2020, july_2021) = (days_from_civil(2020, 4, 1), days_from_civil(2021, 7, 1));
    let december_2021 = days_from_civil(2021, 12, 1);
    let several = (of.day >= spring_2020 && of.day < july_2021) || of.day >= december_2021;
    let base = match of.evening {
        _ if of.grant => ["074ae", "74ae", "074be"][dice.below(3) as usize],
        true if of.legevakt && of.day >= spring_2020 => "2aek",
        true if of.day >= july_2021 => "2aef",
        true if of.day >= spring_2020 => "2aek",
        _ if several && dice.chance(0.004) => "2af",
        _ => "2ae",
    };
    fees.push((base, one(dice), 17_900));
    if of.day >= spring_2020 && dice.chance(0.045) {
        fees.push((if of.evening { "2ck" } else { "2cd" }, one(dice), 21_900));
    }
    if of.specialist {
        fees.push((if of.evening { "2dk" } else { "2dd" }, one(dice), 11_600));
    }
}

fn simple_remote(of: &Circumstances, dice: &mut Dice) -> &'static str {
    let share = dice.unit();
    match share {
        _ if of.night && of.legevakt && share < 0.8 => "1g",
        _ if of.evening && share < 0.75 => "1bk",
        s if s < 0.30 => "1i",
        s if s < 0.315 => "612a",
        s if s < 0.325 => "612b",
        s if s < 0.40 && of.day < days_from_civil(2018, 1, 1) => "1h",
        s if s < 0.70 && of.day < days_from_civil(2022, 7, 1) => "1be",
        _ => "1bd",
    }
}

fn simple_present(of: &Circumstances, dice: &mut Dice, fees: &mut Vec<Fee>) {
    let base = match dice.unit() {
        s if s < 0.22 => "701a",
        s if s < 0.30 => "1e",
        s if s < 0.33 => "618",
        _ if of.evening => "1ak",
        _ => "1ad",
    };
    fees.push((base, one(dice), 8_200));
    if dice.chance(0.25) {
        fees.push(("705k", one(dice), 5_200));
    }
}

fn meeting(dice: &mut Dice, fees: &mut Vec<Fee>) {
    let base = if dice.chance(0.25) { "14d" } else { "14" };
    fees.push((base, one(dice), 40_600));
    if base == "14" && dice.chance(0.3) {
        fees.push(("14c", Some(1 + dice.below(3) as u8), 20_300));
    }
}

fn nurse(dice: &mut Dice, fees: &mut Vec<Fee>) {
    let base = NURSE[dice.pick(&NURSE.map(|(_, running)| running))].0;
    let amount = if base == "s1a" { 6_900 } else { 15_200 };
    fees.push((if base == "s2a" && dice.chance(0.05) { "S2a" } else { base }, one(dice), amount));
    if base == "s2a" && dice.chance(0.33) {
        fees.push(("s2b", one(dice), 7_000));
    }
    if base == "s3" {
        fees.push(("s6", Some(2), 15_200));
    }
}
