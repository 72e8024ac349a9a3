//! A month's bills of a block of persons, with their takst and diagnosis lines.
//!
//! In: the world, a month, a block of persons with their hospital stays. Out: rows of regning,
//! takst and diagnose, and the credits and corrections that come in later months. Draws depend on
//! the seed, the month and the block alone.

use super::calendar::{Calendar, Rhythm};
use super::diagnoses;
use super::dice::{Dice, Purpose, cumulative, trait_of};
use super::figures;
use super::names;
use super::people::{BLOCK, Block, Person};
use super::places::group_of;
use super::rows::{Bill, Diagnosis, Id, Line, Place};
use super::staff::{self, Seeker, Worker};
use super::stays::Visit;
use super::tariff::{self, Circumstances, Contact, Fee};
use super::world::World;
use crate::domain::{Month, PartOfDay, SECONDS_A_DAY, is_outside_hours};

/// Numbers of corrections of a month's bills start here, within the block.
const CORRECTIONS: u64 = 1 << 14;

/// Rows of the three bill sources.
#[derive(Debug, Default, Clone)]
pub struct BillRows {
    pub bills: Vec<Bill>,
    pub lines: Vec<Line>,
    pub diagnoses: Vec<Diagnosis>,
}

impl BillRows {
    pub fn append(&mut self, mut other: BillRows) {
        self.bills.append(&mut other.bills);
        self.lines.append(&mut other.lines);
        self.diagnoses.append(&mut other.diagnoses);
    }
}

/// A month of a block: what was done in it, and what is registered in later months about it.
#[derive(Debug, Default)]
pub struct BlockMonth {
    pub rows: BillRows,
    /// Credits and corrections, with the month that they are registered in.
    pub changes: Vec<(Month, BillRows)>,
}

/// Weights of the month, made once for all its blocks.
pub struct MonthPlan {
    pub calendar: Calendar,
    year: i32,
    level: f64,
    e_share: f64,
    /// Running weights of the contacts other than consultations, by consultation.
    others: Vec<f64>,
    team: bool,
}

const OTHERS: [Contact; 7] = [
    Contact::SimpleRemote,
    Contact::SimplePresent,
    Contact::Meeting,
    Contact::Dialogue,
    Contact::OtherBody,
    Contact::Administrative,
    Contact::Unclassified,
];
/// Contacts at the legevakt, in percent.
const AT_LEGEVAKT: [(Contact, f64); 7] = [
    (Contact::Physical, 57.0),
    (Contact::SimpleRemote, 30.0),
    (Contact::SimplePresent, 5.5),
    (Contact::HomeVisit, 2.2),
    (Contact::E, 2.0),
    (Contact::OtherBody, 2.3),
    (Contact::Unclassified, 1.0),
];
/// Practice types that no service has.
const OUTSIDE: [&str; 4] = ["FYSI", "HELS", "KIRO", "MANU"];
const NURSE_CONTACTS: f64 = 0.55;

impl MonthPlan {
    pub fn new(month: Month) -> MonthPlan {
        let year = month.year();
        let (remote, present) = figures::simple_by_consultation(year);
        MonthPlan {
            calendar: Calendar::new(month),
            year,
            level: figures::consultation_level(year) * figures::month_weight(month),
            e_share: figures::e_share(month),
            others: cumulative([remote, present, 0.015, 0.003, 0.045, 0.060, 0.012]),
            team: month >= Month::new(2018, 4),
        }
    }
}

/// The bills of block `number` in the plan's month; `visits` are those around hospital stays.
pub fn month(world: &World, plan: &MonthPlan, number: u32, block: &Block, visits: &[Visit]) -> BlockMonth {
    let month = plan.calendar.month;
    let mut maker = Maker {
        world,
        plan,
        block,
        dice: Dice::new(world.seed, Purpose::Bills, i64::from(month.0), i64::from(number)),
        base: (((month.0 - world.span.from.0) as u64) << 28) | (u64::from(number) << 15),
        made: 0,
        fees: Vec::new(),
        out: BlockMonth::default(),
    };
    for person in block.persons.iter().filter(|p| p.from <= plan.calendar.last && p.to >= plan.calendar.first) {
        maker.person(person);
    }
    for visit in visits.iter().filter(|visit| Month::of_day(visit.day) == month) {
        maker.visit(visit);
    }
    maker.out
}

struct Maker<'a> {
    world: &'a World,
    plan: &'a MonthPlan,
    block: &'a Block,
    dice: Dice,
    base: u64,
    made: u64,
    fees: Vec<Fee>,
    out: BlockMonth,
}

impl Maker<'_> {
    fn person(&mut self, person: &Person) {
        let group = group_of(self.plan.year - person.born);
        let consultations = figures::consultation_rate(group, person.woman) * person.frailty * self.plan.level;
        let others = self.plan.others.last().copied().unwrap_or(0.0);
        let legevakt = figures::legevakt_rate(group) * (0.4 + 0.6 * person.frailty) / 12.0;
        let nurse = if self.team(person) { NURSE_CONTACTS / 12.0 * (0.3 + 0.7 * person.frailty) } else { 0.0 };
        let running = [
            consultations,
            consultations * (1.0 + others),
            consultations * (1.0 + others) + legevakt,
            consultations * (1.0 + others) + legevakt + nurse,
        ];
        for _ in 0..self.dice.poisson(running[3]) {
            match self.dice.pick(&running) {
                0 => self.consultation(person, group),
                1 => self.other(person),
                2 => self.legevakt(person),
                _ => self.nurse(person),
            }
        }
    }

    fn team(&self, person: &Person) -> bool {
        let list = self.block.list(person, self.plan.calendar.first);
        let practice = |list: u32| self.world.providers.lists[list as usize].practice;
        self.plan.team && list.is_some_and(|list| self.world.providers.practices[practice(list) as usize].team)
    }

    fn consultation(&mut self, person: &Person, group: usize) {
        let share = self.dice.unit();
        let home = figures::HOME_VISITS[group] / 1_000.0;
        let e = (self.plan.e_share * figures::E_INCLINATION[group]).min(0.75);
        match share {
            s if s < home => self.office(person, Contact::HomeVisit, Rhythm::Office),
            s if s < home + e => self.office(person, Contact::E, Rhythm::Electronic),
            _ => self.office(person, Contact::Physical, Rhythm::Office),
        }
        if self.dice.chance(0.006) {
            self.again();
        }
    }

    fn other(&mut self, person: &Person) {
        let contact = OTHERS[self.dice.pick(&self.plan.others)];
        let rhythm = if contact == Contact::SimpleRemote { Rhythm::Electronic } else { Rhythm::Office };
        self.office(person, contact, rhythm);
    }

    fn office(&mut self, person: &Person, contact: Contact, rhythm: Rhythm) {
        let day = self.plan.calendar.day(rhythm, &mut self.dice);
        let time = self.plan.calendar.time(rhythm, day, &mut self.dice);
        let seeker = self.seeker(person, day);
        let worker = staff::general(self.world, &seeker, &mut self.dice);
        self.bill(person, contact, &seeker, worker, time);
    }

    fn legevakt(&mut self, person: &Person) {
        let weights = AT_LEGEVAKT.map(|(_, weight)| weight);
        let contact = AT_LEGEVAKT[self.dice.pick(&cumulative(weights))].0;
        let day = self.plan.calendar.day(Rhythm::Legevakt, &mut self.dice);
        let time = self.plan.calendar.time(Rhythm::Legevakt, day, &mut self.dice);
        let seeker = self.seeker(person, day);
        let worker = staff::legevakt(self.world, &seeker, &mut self.dice);
        self.bill(person, contact, &seeker, worker, time);
    }

    fn nurse(&mut self, person: &Person) {
        let day = self.plan.calendar.day(Rhythm::Office, &mut self.dice);
        let time = self.plan.calendar.time(Rhythm::Office, day, &mut self.dice);
        let seeker = self.seeker(person, day);
        let practice = seeker.list.map(|list| self.world.providers.lists[list as usize].practice);
        let team = practice.filter(|&p| !self.world.providers.practices[p as usize].nurses.is_empty());
        if let Some(practice) = team {
            let worker = staff::nurse(self.world, practice, &mut self.dice);
            self.bill(person, Contact::Nurse, &seeker, worker, time);
        }
    }

    /// A visit around a hospital stay.
    fn visit(&mut self, visit: &Visit) {
        let person = &self.block.persons[visit.person as usize];
        let seeker = self.seeker(person, visit.day);
        let worker = match visit.legevakt {
            true => staff::legevakt(self.world, &seeker, &mut self.dice),
            false => staff::general(self.world, &seeker, &mut self.dice),
        };
        let electronic =
            visit.contact == Contact::Physical && !visit.legevakt && self.dice.chance(self.plan.e_share * 0.6);
        let contact = if electronic { Contact::E } else { visit.contact };
        self.bill(person, contact, &seeker, worker, visit.time);
    }

    fn seeker(&self, person: &Person, day: i32) -> Seeker {
        Seeker { list: self.block.list(person, day), home: self.block.home(person, day), day, person: person.number }
    }

    /// A second bill for the last contact: same person, doctor and time.
    fn again(&mut self) {
        let Some(last) = self.out.rows.bills.last().cloned() else { return };
        let number = self.number();
        self.out.rows.lines.push(Line { bill: number, code: "705k", number: Some(1), amount: 5_200 });
        self.out.rows.bills.push(Bill { number, own_share: 0, refund: 5_200, ..last });
    }

    fn number(&mut self) -> i64 {
        self.made += 1;
        names::bill(self.base + self.made)
    }

    fn bill(&mut self, person: &Person, contact: Contact, seeker: &Seeker, worker: Worker, time: i64) {
        if seeker.day < person.from || seeker.day > person.to {
            return;
        }
        let number = self.number();
        let bill = self.compose(number, person, contact, seeker, worker, time);
        let rows = &mut self.out.rows;
        rows.lines.extend(self.fees.iter().map(|&(code, times, amount)| Line {
            bill: number,
            code,
            number: times,
            amount,
        }));
        let legevakt = staff::is_legevakt(bill.practice_type);
        diagnoses::draw(number, person.woman, legevakt, &mut self.dice, &mut rows.diagnoses);
        rows.bills.push(bill);
        self.correct();
    }

    fn compose(
        &mut self,
        number: i64,
        person: &Person,
        contact: Contact,
        seeker: &Seeker,
        worker: Worker,
        time: i64,
    ) -> Bill {
        let circumstances = self.circumstances(person, contact, seeker.day, &worker, time);
        tariff::fees(&circumstances, &mut self.dice, &mut self.fees);
        let sum: i64 = self.fees.iter().map(|fee| fee.2).sum();
        let free = circumstances.age < 16 || !contact.is_consultation() || self.dice.chance(0.35);
        let own_share = if free { 0 } else { 17_900.min(sum) };
        let (place, second_place) = self.residence(person, seeker);
        Bill {
            number,
            person: if self.dice.chance(0.003) { Id::None } else { self.world.names.person(person.number) },
            worker: self.world.names.worker(worker.number),
            practice: names::practice(worker.practice),
            practice_type: if self.dice.chance(0.003) { OUTSIDE[self.dice.below(4) as usize] } else { worker.kind },
            practice_place: Place::Code(self.world.code(worker.town, worker.part, self.plan.year)),
            moment: i64::from(seeker.day) * SECONDS_A_DAY + time,
            registered: self.registered(seeker.day),
            status: self.status(),
            credits: None,
            sex: (!self.dice.chance(0.001)).then_some(if person.woman { 2 } else { 1 }),
            born: (!self.dice.chance(0.002)).then_some(person.born as i16),
            place,
            second_place,
            own_share,
            refund: sum - own_share,
        }
    }

    fn circumstances(&self, person: &Person, contact: Contact, day: i32, worker: &Worker, time: i64) -> Circumstances {
        let hour = (time / 3_600) as u8;
        Circumstances {
            contact,
            day,
            evening: is_outside_hours(day, hour),
            night: PartOfDay::of_hour(hour) == PartOfDay::Night,
            legevakt: staff::is_legevakt(worker.kind),
            age: self.plan.year - person.born,
            specialist: worker.specialist,
            grant: worker.grant && self.plan.team,
        }
    }

    fn status(&mut self) -> &'static str {
        match self.dice.unit() {
            share if share < 0.983 => "godkjent",
            share if share < 0.997 => "avvist",
            _ => "behandles",
        }
    }

    fn registered(&mut self, day: i32) -> i32 {
        let latest = self.plan.calendar.month.plus(6).last_day();
        (day + figures::delay(self.plan.year, self.dice.unit())).min(latest)
    }

    /// Residence in the bill and in the second register.
    fn residence(&mut self, person: &Person, seeker: &Seeker) -> (Place, Place) {
        let home = seeker.home;
        let code = Place::Code(self.world.code(home.town, home.part, self.plan.year));
        let share = self.dice.unit();
        if share < 0.986 {
            let other = if share < 0.972 { code } else { Place::Empty };
            return (code, other);
        }
        let repaired = if self.dice.chance(0.45) { code } else { Place::Empty };
        let unknown = match trait_of(person.number, self.base) {
            u if u < 0.45 => Place::MinusOne,
            u if u < 0.75 => Place::Empty,
            u if u < 0.83 => Place::Code(0),
            u if u < 0.92 => Place::Code(8888),
            u if u < 0.97 => Place::Code(9999),
            u if u < 0.98 => Place::Code(2311),
            u if u < 0.99 => Place::Code(2211),
            _ => Place::Code(2111),
        };
        (unknown, repaired)
    }

    /// Now and then a bill is credited some days after its registration, mostly with a new one.
    fn correct(&mut self) {
        if !self.dice.chance(0.0035) {
            return;
        }
        let Some(bill) = self.out.rows.bills.last().cloned() else { return };
        let registered = bill.registered + self.dice.between(3, 75);
        let mut rows = BillRows::default();
        let mut next = || {
            self.made += 1;
            names::bill(self.base + CORRECTIONS + self.made)
        };
        let (credit, replacement) = (next(), next());
        rows.bills.push(Bill {
            number: credit,
            registered,
            status: "godkjent",
            credits: Some(bill.number),
            own_share: -bill.own_share,
            refund: -bill.refund,
            ..bill.clone()
        });
        if self.dice.chance(0.6) {
            let of_bill = self.out.rows.lines.iter().rev().take_while(|line| line.bill == bill.number);
            rows.lines.extend(of_bill.map(|line| Line { bill: replacement, ..line.clone() }));
            let of_bill = self.out.rows.diagnoses.iter().rev().take_while(|row| row.bill == bill.number);
            rows.diagnoses.extend(of_bill.map(|row| Diagnosis { bill: replacement, ..row.clone() }));
            rows.bills.push(Bill { number: replacement, registered, status: "godkjent", ..bill });
        }
        self.out.changes.push((Month::of_day(registered), rows));
    }
}

const _: () = assert!(BLOCK as u64 * 4 <= CORRECTIONS);
