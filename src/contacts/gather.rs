//! Counted bills to [`Contacts`]: classified, sorted by person, numbered.
//!
//! In: the counted bills of one part at a time, from several threads. Out: [`Contacts`], the same
//! whatever the order of parts. Never counts a cell.

use std::collections::BTreeMap;
use std::sync::Mutex;

use polars::prelude::{ChunkedArray, PolarsDataType, PolarsNumericType};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::bills::NO_YEAR;
use super::bridge::bug;
use super::contact::Contact;
use super::lines::chapter_of;
use super::meaning::NOTHING;
use super::resolve::Resolved;
use super::spool::{lock, part_of};
use super::table::{ContactPart, Contacts, Delay};
use crate::codes::NO_CHAPTER;
use crate::definition::{AgeGroups, FeatureSet};
use crate::domain::{Month, Result, SECONDS_A_DAY};
use crate::load::IdSpace;

/// Contacts made at a time.
const PIECE: usize = 1 << 16;

/// What a bill needs to become a contact.
pub struct Classifier<'a, F> {
    /// Type position and features of a takst meaning on a day.
    pub answers: F,
    /// Position of `unclassified`.
    pub unclassified: u8,
    pub age_groups: &'a AgeGroups,
    /// Whether contacts keep their practice.
    pub with_clinics: bool,
}

/// A contact on its way: keys instead of numbers.
#[derive(Clone, Copy)]
struct Row {
    person: i64,
    bill: i64,
    start: i64,
    /// Number of doctor and practice together: a row stays 40 bytes.
    post: u32,
    features: FeatureSet,
    residence: u16,
    practice: u16,
    contact_type: u8,
    /// Sex in the two lower bits, practice type above: a row is 40 bytes, and there are many.
    sex_and_practice_type: u8,
    age_group: u8,
    chapter: u8,
}

impl Row {
    fn of(contact: &Contact, post: u32) -> Row {
        Row {
            person: contact.person,
            bill: contact.bill,
            start: contact.start,
            post,
            features: contact.features,
            residence: contact.residence,
            practice: contact.practice,
            contact_type: contact.contact_type,
            sex_and_practice_type: contact.sex | contact.practice_type << 2,
            age_group: contact.age_group,
            chapter: contact.chapter,
        }
    }
}

/// Keys of a doctor and of the practice (0 where practices are not kept).
type Post = (i64, i64);

/// Collects contacts by person.
pub struct Gatherer {
    people: Vec<Mutex<Vec<Vec<Row>>>>,
    posts: Mutex<FxHashMap<Post, u32>>,
    delays: Mutex<BTreeMap<Delay, u64>>,
}

impl Gatherer {
    pub fn new(parts: usize) -> Self {
        let people = (0..parts).map(|_| Mutex::default()).collect();
        Gatherer { people, posts: Mutex::default(), delays: Mutex::default() }
    }

    /// Takes some contacts.
    pub fn take(&self, contacts: &[Contact]) {
        let posts = self.number_posts(contacts.iter().map(|contact| (contact.doctor, contact.clinic)));
        let part = |contact: &Contact| part_of(contact.person, self.people.len());
        let mut lengths = vec![0; self.people.len()];
        contacts.iter().for_each(|contact| lengths[part(contact)] += 1);
        let mut parts: Vec<Vec<Row>> = lengths.into_iter().map(Vec::with_capacity).collect();
        contacts.iter().zip(posts).for_each(|(contact, post)| parts[part(contact)].push(Row::of(contact, post)));
        for (part, rows) in parts.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            lock(&self.people[part]).push(rows);
        }
        let mut found = FxHashMap::default();
        contacts.iter().for_each(|contact| *found.entry(Delay::of(contact)).or_insert(0) += 1);
        let mut delays = lock(&self.delays);
        found.into_iter().for_each(|(delay, contacts)| *delays.entry(delay).or_insert(0) += contacts);
    }

    fn number_posts(&self, keys: impl Iterator<Item = Post>) -> Vec<u32> {
        let mut posts = lock(&self.posts);
        keys.map(|key| {
            let next = posts.len() as u32;
            *posts.entry(key).or_insert(next)
        })
        .collect()
    }

    /// Sorts and numbers what was collected.
    pub fn finish(self, bills: &IdSpace) -> Contacts {
        let posts = self.posts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let posts = Posts::of(&posts);
        let delays = self.delays.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut parts: Vec<ContactPart> = self
            .people
            .into_par_iter()
            .map(|rows| {
                finish_part(rows.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner), &posts, bills)
            })
            .collect();
        let mut persons = 0;
        for part in &mut parts {
            part.person.iter_mut().for_each(|person| *person += persons);
            persons = part.person.last().copied().unwrap_or(persons);
        }
        let months = delays.keys().map(|delay| delay.month);
        let months = months.clone().min().zip(months.max());
        let Posts { doctor_keys, clinic_keys, .. } = posts;
        Contacts { parts, persons, doctors: doctor_keys.len() as u32, doctor_keys, clinic_keys, months, delays }
    }
}

/// Doctors and practices by number of their post, numbered in order of their keys.
struct Posts {
    doctor: Vec<u32>,
    /// Empty where practices are not kept.
    clinic: Vec<u32>,
    doctor_keys: Vec<i64>,
    clinic_keys: Vec<i64>,
}

impl Posts {
    fn of(posts: &FxHashMap<Post, u32>) -> Self {
        let mut by_number: Vec<Post> = vec![(0, 0); posts.len()];
        posts.iter().for_each(|(&post, &number)| by_number[number as usize] = post);
        let (doctor, doctor_keys) = ranked(by_number.iter().map(|post| post.0));
        let (clinic, clinic_keys) = match by_number.iter().any(|post| post.1 != 0) {
            true => ranked(by_number.iter().map(|post| post.1)),
            false => (Vec::new(), Vec::new()),
        };
        Posts { doctor, clinic, doctor_keys, clinic_keys }
    }
}

/// The rank of each key among the different ones, from 1, and those in order.
fn ranked(keys: impl Iterator<Item = i64> + Clone) -> (Vec<u32>, Vec<i64>) {
    let mut different: Vec<i64> = keys.clone().collect();
    different.sort_unstable();
    different.dedup();
    let rank = |key| different.partition_point(|&other| other < key) as u32 + 1;
    (keys.map(rank).collect(), different)
}

fn finish_part(chunks: Vec<Vec<Row>>, posts: &Posts, bills: &IdSpace) -> ContactPart {
    let mut rows = chunks.concat();
    let order =
        |a: &Row, b: &Row| (a.person, a.start).cmp(&(b.person, b.start)).then_with(|| bills.cmp(a.bill, b.bill));
    rows.sort_unstable_by(order);
    let mut people: Vec<&[Row]> = rows.chunk_by(|a, b| a.person == b.person).collect();
    // Neighbours are counted one after the other, so that a municipality's cells stay at hand.
    people.sort_by_key(|contacts| contacts[0].residence);
    let mut part = ContactPart::with_capacity(rows.len());
    part.keys = people.iter().map(|contacts| contacts[0].person).collect();
    for (number, row) in (1..).zip(people).flat_map(|(number, rows)| rows.iter().map(move |row| (number, row))) {
        part.person.push(number);
        part.doctor.push(posts.doctor[row.post as usize]);
        part.clinic.extend(posts.clinic.get(row.post as usize));
        part.residence.push(row.residence);
        part.practice.push(row.practice);
        part.start.push(row.start);
        part.practice_type.push(row.sex_and_practice_type >> 2);
        part.contact_type.push(row.contact_type);
        part.features.push(row.features);
        part.sex.push(row.sex_and_practice_type & 3);
        part.age_group.push(row.age_group);
        part.chapter.push(row.chapter);
    }
    part
}

/// The columns of the bills of a part.
struct Bills {
    bill: Vec<i64>,
    person: Vec<i64>,
    doctor: Vec<i64>,
    clinic: Vec<i64>,
    start: Vec<i64>,
    registered: Vec<i32>,
    born: Vec<i32>,
    residence: Vec<u16>,
    practice: Vec<u16>,
    practice_type: Vec<u8>,
    sex: Vec<u8>,
}

impl Bills {
    fn of(resolved: &Resolved) -> Result<Self> {
        let numbers = |name: &str| resolved.bills.column(name).map_err(bug);
        Ok(Bills {
            bill: values(numbers("bill")?.i64().map_err(bug)?, 0),
            person: values(numbers("person")?.i64().map_err(bug)?, 0),
            doctor: values(numbers("doctor")?.i64().map_err(bug)?, 0),
            clinic: values(numbers("clinic")?.i64().map_err(bug)?, 0),
            start: values(numbers("start")?.i64().map_err(bug)?, 0),
            registered: values(numbers("registered")?.i32().map_err(bug)?, 0),
            born: values(numbers("born")?.i32().map_err(bug)?, NO_YEAR),
            residence: values(numbers("residence")?.u16().map_err(bug)?, 0),
            practice: values(numbers("practice")?.u16().map_err(bug)?, 0),
            practice_type: values(numbers("practice_type")?.u8().map_err(bug)?, 0),
            sex: values(numbers("sex")?.u8().map_err(bug)?, 0),
        })
    }

    /// Positions of the counted bills.
    fn counted<'r>(&self, resolved: &'r Resolved) -> impl Iterator<Item = usize> + use<'r> {
        (0..self.bill.len()).filter(|&at| resolved.is_counted[at])
    }

    fn contact<F>(&self, at: usize, resolved: &Resolved, classifier: &Classifier<'_, F>) -> Contact
    where
        F: Fn(u32, i32) -> (Option<u8>, FeatureSet),
    {
        let day = self.start[at].div_euclid(SECONDS_A_DAY) as i32;
        let (kind, features) = (classifier.answers)(resolved.takst_contents[at].unwrap_or(NOTHING), day);
        Contact {
            bill: self.bill[at],
            person: self.person[at],
            doctor: self.doctor[at],
            clinic: if classifier.with_clinics { self.clinic[at] } else { 0 },
            start: self.start[at],
            registered: self.registered[at],
            features,
            residence: self.residence[at],
            practice: self.practice[at],
            practice_type: self.practice_type[at],
            contact_type: kind.unwrap_or(classifier.unclassified),
            sex: self.sex[at],
            age_group: classifier.age_groups.of_age(age(Month::of_day(day).year(), self.born[at])),
            chapter: resolved.diagnose_contents[at].map_or(NO_CHAPTER, chapter_of),
        }
    }
}

/// Gives the counted bills of a part, some at a time.
pub fn each_contact<F>(
    resolved: &Resolved,
    classifier: &Classifier<'_, F>,
    mut give: impl FnMut(&[Contact]) -> Result<()>,
) -> Result<()>
where
    F: Fn(u32, i32) -> (Option<u8>, FeatureSet),
{
    let bills = Bills::of(resolved)?;
    let mut piece = Vec::with_capacity(PIECE);
    for at in bills.counted(resolved) {
        piece.push(bills.contact(at, resolved, classifier));
        if piece.len() == PIECE {
            give(&piece)?;
            piece.clear();
        }
    }
    if piece.is_empty() { Ok(()) } else { give(&piece) }
}

/// Year of contact minus year of birth; none where that is missing.
fn age(year: i32, born: i32) -> Option<i32> {
    (born != NO_YEAR).then(|| year.saturating_sub(born))
}

fn values<T: PolarsDataType + PolarsNumericType>(array: &ChunkedArray<T>, missing: T::Native) -> Vec<T::Native> {
    array.iter().map(|value| value.unwrap_or(missing)).collect()
}
