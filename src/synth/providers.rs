//! Fastlege lists, their practices and doctors through time, and the legevakt posts.
//!
//! In: the places, the seed and the days that the delivery spans. Out: who works where and when.
//! Doctors, practices and lists are numbered from 0 here; their pseudonyms are made on writing.

use std::ops::Range;

use super::dice::{Dice, Purpose, cumulative, trait_of};
use super::figures;
use super::places::Places;
use crate::domain::{Month, days_from_civil};

/// No end in sight.
pub const FOREVER: i32 = i32::MAX;
/// Inhabitants by list, with and without a doctor (Helsedirektoratet, 2023).
const PERSONS_BY_LIST: f64 = 991.0;
const LIST_LENGTH: (f64, f64) = (1_013.0, 350.0);
/// Mean stay of a doctor on a list, in days, from the published length of relations.
const DOCTOR_STAYS: f64 = 22.0 * 365.25;
/// A municipality of at least this real size has a legevakt post of its own.
const POST_FROM: f64 = 15_000.0;

/// A doctor's time on a list; both days inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure {
    pub doctor: u32,
    pub substitute: bool,
    pub from: i32,
    pub to: i32,
}

impl Tenure {
    pub fn holds(&self, day: i32) -> bool {
        self.from <= day && day <= self.to
    }
}

/// A fastlege list.
#[derive(Debug, Clone)]
pub struct List {
    pub town: u16,
    pub practice: u32,
    /// Expected inhabitants relative to the town's other lists.
    pub weight: f64,
    pub opened: i32,
    pub closed: i32,
    /// Fixed salary in the years whose share is above this.
    pub salary: f64,
    pub tenures: Vec<Tenure>,
}

impl List {
    pub fn open_on(&self, day: i32) -> bool {
        self.opened <= day && day <= self.closed
    }
    /// The list's own doctor that day.
    pub fn doctor(&self, day: i32) -> Option<u32> {
        self.tenures.iter().find(|t| !t.substitute && t.holds(day)).map(|t| t.doctor)
    }
    pub fn substitute(&self, day: i32) -> Option<u32> {
        self.tenures.iter().find(|t| t.substitute && t.holds(day)).map(|t| t.doctor)
    }
    /// How much vacant the list is beside others: short lists find no doctor, and those who can leave
    /// them (658 inhabitants a list without a doctor, 1 013 with one). The mean is 1.
    fn vacancy(&self) -> f64 {
        let (mean, deviation) = LIST_LENGTH;
        let by_length = (self.weight - mean) / deviation;
        (-by_length - 0.5).exp().min(4.0)
    }
    pub fn fixed_salary(&self, year: i32) -> bool {
        self.salary < figures::fixed_salary_share(year)
    }
}

/// Lists that work together.
#[derive(Debug, Clone)]
pub struct Practice {
    pub town: u16,
    /// Where in the town, which decides the older municipality numbers.
    pub part: f64,
    pub lists: Range<u32>,
    /// Has a primary health team (from April 2018).
    pub team: bool,
    /// The team is paid by the operating-grant model, with takster of its own.
    pub grant: bool,
    /// First of the doctors in training, one a half-year.
    pub trainees: Option<u32>,
    pub nurses: Range<u32>,
    /// A municipal doctor without a list.
    pub municipal: Option<u32>,
}

/// A legevakt.
#[derive(Debug, Clone)]
pub struct Post {
    pub town: u16,
    pub part: f64,
    pub practice: u32,
    pub kind: &'static str,
    pub doctors: Range<u32>,
}

/// All providers of the country.
pub struct Providers {
    pub lists: Vec<List>,
    pub practices: Vec<Practice>,
    pub posts: Vec<Post>,
    /// By town.
    pub town_lists: Vec<Range<u32>>,
    pub town_practices: Vec<Range<u32>>,
    pub town_post: Vec<u16>,
    /// By town: running weights of its lists.
    list_weights: Vec<Vec<f64>>,
    doctors: u32,
    /// Half-year 0 of the doctors in training.
    first_year: i32,
}

/// The days that the delivery spans, and the start of the country's history.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: Month,
    pub to: Month,
}

impl Span {
    /// 1 January of the first year, from which lives are simulated.
    pub fn start(self) -> i32 {
        days_from_civil(self.from.year(), 1, 1)
    }
    pub fn end(self) -> i32 {
        self.to.last_day()
    }
}

/// The day on which the fastlege scheme began: no list is older.
pub fn scheme_start() -> i32 {
    days_from_civil(2001, 6, 1)
}

impl Providers {
    pub fn new(places: &Places, span: Span, seed: u64) -> Providers {
        let mut providers = Providers {
            lists: Vec::new(),
            practices: Vec::new(),
            posts: Vec::new(),
            town_lists: Vec::new(),
            town_practices: Vec::new(),
            town_post: Vec::new(),
            list_weights: Vec::new(),
            doctors: 0,
            first_year: span.from.year(),
        };
        for (town, of) in places.towns.iter().enumerate() {
            let dice = Dice::new(seed, Purpose::Providers, i64::from(of.number), 0);
            providers.add_town(town as u16, of.persons, span, dice);
        }
        providers.ensure_team(places);
        providers.add_posts(places, seed);
        providers
    }

    /// The doctor in training of a practice on a day.
    pub fn trainee(&self, practice: &Practice, month: Month) -> Option<u32> {
        let half = (month.0 - Month::new(self.first_year, 1).0).max(0) / 6;
        practice.trainees.map(|first| first + half as u32)
    }

    /// A list of the town that is open on the day, by the lists' weights.
    pub fn choose_list(&self, town: u16, day: i32, dice: &mut Dice) -> u32 {
        let lists = &self.town_lists[town as usize];
        for _ in 0..8 {
            let list = lists.start + dice.pick(&self.list_weights[town as usize]) as u32;
            if self.lists[list as usize].open_on(day) {
                return list;
            }
        }
        lists.start
    }

    /// Inhabitants that a list is expected to have.
    pub fn expected_length(&self, list: u32, places: &Places) -> f64 {
        let of = &self.lists[list as usize];
        let sum = self.list_weights[of.town as usize].last().copied().unwrap_or(1.0);
        of.weight / sum * f64::from(places.towns[of.town as usize].persons)
    }

    fn hire(&mut self, doctors: u32) -> Range<u32> {
        let first = self.doctors;
        self.doctors += doctors;
        first..self.doctors
    }

    fn add_town(&mut self, town: u16, persons: u32, span: Span, mut dice: Dice) {
        let number = ((f64::from(persons) / PERSONS_BY_LIST).round() as u32).max(1);
        let (first_list, first_practice) = (self.lists.len() as u32, self.practices.len() as u32);
        let mut left = number;
        while left > 0 {
            let size = (2 + dice.below(5)).min(left);
            self.add_practice(town, size, span, &mut dice);
            left -= size;
        }
        let lists = first_list..self.lists.len() as u32;
        let change = number >= 4;
        for list in lists.clone().skip(1).filter(|_| change) {
            self.limit_life(list as usize, span, &mut dice);
        }
        let weights = self.lists[lists.start as usize..lists.end as usize].iter().map(|list| list.weight);
        self.list_weights.push(cumulative(weights));
        self.town_lists.push(lists);
        self.town_practices.push(first_practice..self.practices.len() as u32);
    }

    fn add_practice(&mut self, town: u16, size: u32, span: Span, dice: &mut Dice) {
        let practice = self.practices.len() as u32;
        let first = self.lists.len() as u32;
        (0..size).for_each(|_| self.add_list(town, practice, span, dice));
        let halves = ((span.to.0 - Month::new(span.from.year(), 1).0) / 6 + 1) as u32;
        let trainees = (size >= 3 && dice.chance(0.4)).then(|| self.hire(halves).start);
        let municipal = (size <= 2 || dice.chance(0.25)).then(|| self.hire(1).start);
        let team = size >= 5 && dice.chance(0.045);
        let nurses = if team { self.hire(size.div_ceil(3)) } else { 0..0 };
        self.practices.push(Practice {
            town,
            part: dice.unit(),
            lists: first..first + size,
            team,
            grant: dice.chance(0.5),
            trainees,
            nurses,
            municipal,
        });
    }

    fn add_list(&mut self, town: u16, practice: u32, span: Span, dice: &mut Dice) {
        let weight = dice.normal(LIST_LENGTH.0, LIST_LENGTH.1).clamp(200.0, 2_500.0);
        let latest = span.start() - 365;
        let opened =
            if dice.chance(0.35) { first_of_month(dice.between(scheme_start(), latest)) } else { scheme_start() };
        let list = List { town, practice, weight, opened, closed: FOREVER, salary: dice.unit(), tenures: Vec::new() };
        self.lists.push(list);
        let at = self.lists.len() - 1;
        self.man_list(at, span, dice);
    }

    /// The doctors of a list one after the other, with vacancies and substitutes.
    fn man_list(&mut self, at: usize, span: Span, dice: &mut Dice) {
        let mut doctor = self.first_doctor(at, dice);
        let (mut from, mut leaves) = first_tenure(&self.lists[at], span, dice);
        loop {
            let to = if leaves > span.end() { FOREVER } else { last_of_month(leaves) };
            self.lists[at].tenures.push(Tenure { doctor, substitute: false, from, to });
            self.add_leave(at, from.max(span.start()), to.min(span.end()), dice);
            if to == FOREVER {
                return;
            }
            from = self.successor_from(at, to, dice);
            if from > span.end() {
                return;
            }
            doctor = self.hire(1).start;
            leaves = from + 60 + dice.waiting(DOCTOR_STAYS) as i32;
        }
    }

    /// A doctor of the list's own; a few have the list before it too.
    fn first_doctor(&mut self, at: usize, dice: &mut Dice) -> u32 {
        let neighbour = at.checked_sub(1).and_then(|before| self.lists[before].tenures.first().copied());
        match neighbour {
            Some(tenure) if dice.chance(0.008) => tenure.doctor,
            _ => self.hire(1).start,
        }
    }

    /// When the next doctor starts: the day after, or after a vacancy, mostly with a substitute.
    fn successor_from(&mut self, at: usize, to: i32, dice: &mut Dice) -> i32 {
        if !dice.chance(figures::vacancy_share(Month::of_day(to).year())) {
            return to + 1;
        }
        let from = last_of_month(to + ((240.0 + dice.waiting(690.0)) * self.lists[at].vacancy()) as i32) + 1;
        if dice.chance(0.85) {
            let doctor = self.hire(1).start;
            self.lists[at].tenures.push(Tenure { doctor, substitute: true, from: to + 1, to: from - 1 });
        }
        from
    }

    /// Leaves of the list's own doctor, with a substitute.
    fn add_leave(&mut self, at: usize, from: i32, to: i32, dice: &mut Dice) {
        let mut day = from + dice.waiting(7.0 * 365.25) as i32;
        while day < to {
            let (begins, ends) = (first_of_month(day), last_of_month(day + dice.between(20, 240)));
            if begins >= from && ends <= to {
                let doctor = self.hire(1).start;
                self.lists[at].tenures.push(Tenure { doctor, substitute: true, from: begins, to: ends });
            }
            day = ends + dice.waiting(7.0 * 365.25) as i32 + 31;
        }
    }

    /// Some lists open and some close while the delivery runs.
    fn limit_life(&mut self, at: usize, span: Span, dice: &mut Dice) {
        let years = f64::from(span.to.0 - span.from.0 + 1) / 12.0;
        if dice.chance(0.012 * years) {
            let opens = first_of_month(dice.between(span.start() + 31, span.end().max(span.start() + 31)));
            let list = &mut self.lists[at];
            list.opened = opens;
            list.tenures.retain(|tenure| tenure.to > opens);
            list.tenures.iter_mut().for_each(|tenure| tenure.from = tenure.from.max(opens));
        } else if dice.chance(0.006 * years) {
            let closes = last_of_month(dice.between(span.start(), span.end()));
            let list = &mut self.lists[at];
            list.closed = closes;
            list.tenures.retain(|tenure| tenure.from <= closes);
            list.tenures.iter_mut().for_each(|tenure| tenure.to = tenure.to.min(closes));
        }
    }

    /// A small country has a primary health team too, in its largest town.
    fn ensure_team(&mut self, places: &Places) {
        if self.practices.iter().any(|practice| practice.team) {
            return;
        }
        let largest = (0..places.towns.len()).max_by_key(|&town| places.towns[town].persons).unwrap_or(0);
        let nurses = self.hire(1);
        let practice = &mut self.practices[self.town_practices[largest].start as usize];
        practice.team = true;
        practice.nurses = nurses;
    }

    fn add_posts(&mut self, places: &Places, seed: u64) {
        let hosts: Vec<usize> = (0..places.towns.len()).filter(|&town| places.towns[town].real >= POST_FROM).collect();
        for town in 0..places.towns.len() {
            let county = |t: usize| places.towns[t].number / 100;
            let near = hosts.iter().filter(|&&host| county(host) == county(town));
            let host = near.min_by_key(|&&host| host.abs_diff(town)).copied().unwrap_or(town);
            let post = self.posts.iter().position(|post| usize::from(post.town) == host);
            let post = post.unwrap_or_else(|| self.add_post(host as u16, places, seed));
            self.town_post.push(post as u16);
        }
    }

    fn add_post(&mut self, town: u16, places: &Places, seed: u64) -> usize {
        let doctors = self.hire((places.towns[town as usize].persons / 900).max(4));
        let kind = match trait_of(u64::from(town), seed ^ 0x1E6E) {
            u if u < 0.68 => "LEVA",
            u if u < 0.90 => "LEKO",
            _ => "KOLE",
        };
        let practice = (self.practices.len() + self.posts.len()) as u32;
        self.posts.push(Post { town, part: trait_of(u64::from(town), seed ^ 0x9A27), practice, kind, doctors });
        self.posts.len() - 1
    }
}

/// First and last day of the doctor that a list has at the start; of some lists the doctor has
/// left before it.
fn first_tenure(list: &List, span: Span, dice: &mut Dice) -> (i32, i32) {
    let opened = list.opened;
    let from = first_of_month(span.start() - relation(DOCTOR_LASTED, dice)).max(opened);
    let vacant = dice.chance(figures::vacancy_share(span.from.year() - 1) * 0.08 * list.vacancy());
    let leaves = match vacant {
        true => span.start() - dice.between(30, 300),
        false => span.start() + dice.waiting(DOCTOR_STAYS) as i32,
    };
    (from.min(leaves - 200).max(opened.min(leaves - 1)), leaves)
}

/// How long relations have lasted: a share of a short kind, and the means of both kinds in years.
#[derive(Debug, Clone, Copy)]
pub struct Lasted {
    pub short_share: f64,
    pub short: f64,
    pub long: f64,
}

/// Of doctors with their lists; with those of persons they make the published years with one's doctor
/// (median 5.2, mean 7.5, three in four over two years, three in ten over ten).
const DOCTOR_LASTED: Lasted = Lasted { short_share: 0.12, short: 5.0, long: 55.0 };

/// Days that a relation has lasted.
pub fn relation(lasted: Lasted, dice: &mut Dice) -> i32 {
    let mean = if dice.chance(lasted.short_share) { lasted.short } else { lasted.long };
    dice.waiting(mean * 365.25) as i32
}

/// The first day of the month that holds the day.
pub fn first_of_month(day: i32) -> i32 {
    Month::of_day(day).first_day()
}

/// The last day of the month that holds the day.
pub fn last_of_month(day: i32) -> i32 {
    Month::of_day(day).last_day()
}
