//! Whom a person sees: their own doctor, a substitute, a colleague, or someone elsewhere.
//!
//! In: the person's list and home that day. Out: the worker, with practice and place. Own doctors
//! have about 73 % of the consultations of persons on a list (Helsedirektoratet). Some persons see
//! theirs seldom, and most have another doctor whom they see when it is not their own: most used
//! doctors have more than own doctors have.

use super::dice::{Dice, Purpose, trait_of};
use super::people::Home;
use super::providers::{List, Practice};
use super::world::World;
use crate::domain::Month;

/// Who did the work, and where.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    pub number: u32,
    pub practice: u32,
    pub kind: &'static str,
    pub town: u16,
    pub part: f64,
    pub specialist: bool,
    /// The practice is paid by the operating-grant model.
    pub grant: bool,
}

/// Where and when someone seeks help.
#[derive(Debug, Clone, Copy)]
pub struct Seeker {
    pub list: Option<u32>,
    pub home: Home,
    pub day: i32,
    /// Number of the person.
    pub person: u64,
}

/// Share of the persons who see their own doctor seldom, and how often they and the others do.
const SELDOM: f64 = 0.25;
const OWN_SELDOM: f64 = 0.34;
const OWN_MOSTLY: f64 = 0.922;
/// Share of visits to others that go to the doctor whom the person usually sees then.
const USUAL_OTHER: f64 = 0.92;
/// Share of the persons for whom that is the same doctor year after year.
const LASTING: f64 = 0.1;

impl Seeker {
    fn is(&self, world: &World, share: f64, salt: u64) -> bool {
        trait_of(self.person, world.seed ^ salt) < share
    }
    /// How often the person sees their own doctor where no substitute is there.
    fn own_share(&self, world: &World) -> f64 {
        if self.is(world, SELDOM, 0x5E1D) { OWN_SELDOM } else { OWN_MOSTLY }
    }
    /// The same chance in every visit of a year, or of all years: it leads to the same doctor.
    fn usual_other(&self, world: &World) -> Dice {
        let year = Month::of_day(self.day).year();
        let spell = if self.is(world, LASTING, 0x1A57) { 0 } else { i64::from(year) };
        Dice::new(world.seed, Purpose::Usual, self.person as i64, spell)
    }
}

/// Whether a practice type is one of the legevakt's.
pub fn is_legevakt(kind: &str) -> bool {
    matches!(kind, "LEVA" | "LEKO" | "KOLE")
}

/// A worker in general practice.
pub fn general(world: &World, seeker: &Seeker, dice: &mut Dice) -> Worker {
    let Some(list) = seeker.list else { return elsewhere(world, seeker, dice) };
    let of = &world.providers.lists[list as usize];
    let (own, substitute) = (of.doctor(seeker.day), of.substitute(seeker.day));
    let share = dice.unit();
    let (own_until, substitute_until) = match (own, substitute) {
        (Some(_), None) => (seeker.own_share(world), 0.0),
        (Some(_), Some(_)) => (0.25, 0.82),
        (None, Some(_)) => (0.0, 0.65),
        (None, None) => (0.0, 0.0),
    };
    match (own, substitute) {
        (Some(doctor), _) if share < own_until => on_list(world, doctor, of, seeker.day),
        (_, Some(doctor)) if share < substitute_until => on_list(world, doctor, of, seeker.day),
        _ if dice.chance(USUAL_OTHER) => other(world, list, seeker, &mut seeker.usual_other(world)),
        _ => other(world, list, seeker, dice),
    }
}

/// Somebody who is not the list's doctor nor a substitute.
fn other(world: &World, list: u32, seeker: &Seeker, dice: &mut Dice) -> Worker {
    let practice = world.providers.lists[list as usize].practice;
    match dice.unit() {
        share if share < 0.62 => colleague(world, practice, list, seeker, dice),
        share if share < 0.78 => without_list(world, practice, seeker, dice),
        _ => elsewhere(world, seeker, dice),
    }
}

/// A nurse of the list's primary health team.
pub fn nurse(world: &World, practice: u32, dice: &mut Dice) -> Worker {
    let of = &world.providers.practices[practice as usize];
    let number = of.nurses.start + dice.below(of.nurses.end - of.nurses.start);
    worker(of, practice, number, "SYPL")
}

/// A doctor at the legevakt that serves the place, or now and then another one.
pub fn legevakt(world: &World, seeker: &Seeker, dice: &mut Dice) -> Worker {
    let town = if dice.chance(0.04) { world.places.other_town(seeker.home.town, dice) } else { seeker.home.town };
    let post = &world.providers.posts[world.providers.town_post[town as usize] as usize];
    Worker {
        number: post.doctors.start + dice.below(post.doctors.end - post.doctors.start),
        practice: post.practice,
        kind: post.kind,
        town: post.town,
        part: post.part,
        specialist: dice.chance(0.2),
        grant: false,
    }
}

/// A doctor on another list of the practice, or of the practice without one.
fn colleague(world: &World, practice: u32, list: u32, seeker: &Seeker, dice: &mut Dice) -> Worker {
    let lists = &world.providers.practices[practice as usize].lists;
    let others = lists.end - lists.start - 1;
    if others == 0 {
        return without_list(world, practice, seeker, dice);
    }
    let at = lists.start + dice.below(others);
    at_list(world, at + u32::from(at >= list), seeker.day)
}

/// A doctor of another practice, in the town or in another.
fn elsewhere(world: &World, seeker: &Seeker, dice: &mut Dice) -> Worker {
    let home = seeker.home.town;
    let town = if dice.chance(0.35) { world.places.other_town(home, dice) } else { home };
    let practices = &world.providers.town_practices[town as usize];
    let practice = practices.start + dice.below(practices.end - practices.start);
    if dice.chance(0.2) {
        return without_list(world, practice, seeker, dice);
    }
    let lists = &world.providers.practices[practice as usize].lists;
    at_list(world, lists.start + dice.below(lists.end - lists.start), seeker.day)
}

/// A doctor in training or a municipal doctor of the practice, else one of its list doctors.
fn without_list(world: &World, practice: u32, seeker: &Seeker, dice: &mut Dice) -> Worker {
    let of = &world.providers.practices[practice as usize];
    let trainee = world.providers.trainee(of, Month::of_day(seeker.day));
    match (trainee, of.municipal) {
        (Some(number), None) => worker(of, practice, number, "FATU"),
        (Some(number), Some(_)) if dice.chance(0.6) => worker(of, practice, number, "FATU"),
        (_, Some(number)) => worker(of, practice, number, "KOFA"),
        _ => at_list(world, of.lists.start, seeker.day),
    }
}

/// Whoever works on the list that day; between doctors, the one before.
fn at_list(world: &World, list: u32, day: i32) -> Worker {
    let of = &world.providers.lists[list as usize];
    let before = of.tenures.iter().rev().find(|tenure| tenure.from <= day).or(of.tenures.first());
    let number = of.substitute(day).or(of.doctor(day)).or(before.map(|tenure| tenure.doctor));
    on_list(world, number.unwrap_or_default(), of, day)
}

fn on_list(world: &World, number: u32, list: &List, day: i32) -> Worker {
    let kind = if list.fixed_salary(Month::of_day(day).year()) { "FALO" } else { "FALE" };
    let practice = &world.providers.practices[list.practice as usize];
    worker(practice, list.practice, number, kind)
}

fn worker(practice: &Practice, at: u32, number: u32, kind: &'static str) -> Worker {
    let listed = kind.starts_with("FAL");
    Worker {
        number,
        practice: at,
        kind,
        town: practice.town,
        part: practice.part,
        // Six in ten list doctors are specialists.
        specialist: listed && number.wrapping_mul(2_654_435_761) % 10 < 6,
        grant: practice.team && practice.grant && listed,
    }
}
