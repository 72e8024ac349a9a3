//! The facts of one contact that decide which cells it falls in.
//!
//! In: columns of contacts. Out: [`Facts`], and per table the quantities that count them.
//! Never holds what a cell does not need.

use rustc_hash::FxHashMap;

use crate::codes::practice_types;
use crate::contacts::{Contact, ContactPart};
use crate::definition::{Dimension, FeatureSet, Pipeline, Predicate, Table};
use crate::domain::{DayType, Month, PartOfDay, PlaceIndex, SECONDS_A_DAY, is_outside_hours, is_weekend};

/// A contact's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Facts {
    pub person: u32,
    pub doctor: u32,
    pub residence: PlaceIndex,
    pub practice: PlaceIndex,
    /// Months from the first of the run.
    pub month: u16,
    /// Days since 1970-01-01.
    pub day: i32,
    pub hour: u8,
    pub sex: u8,
    pub age_group: u8,
    pub chapter: u8,
    pub practice_type: u8,
    /// Position in [`Signatures`].
    pub signature: u32,
    /// 0, or 1 + the position of the person's place in other periods ([`super::movers`]).
    pub moved: u32,
}

impl Facts {
    /// The code of a dimension, from 0 (its total not counted).
    pub fn code(&self, dimension: Dimension) -> usize {
        usize::from(match dimension {
            Dimension::Sex => self.sex,
            Dimension::AgeGroup => self.age_group,
            Dimension::Icpc2Chapter => self.chapter,
            Dimension::PartOfDay => PartOfDay::of_hour(self.hour) as u8,
            Dimension::DayType => DayType::of_day(self.day) as u8,
            Dimension::Hour => self.hour,
            // No table of contacts has them; the definition refuses it.
            Dimension::ListDoctor | Dimension::Team => 0,
        })
    }
}

/// What quantities look at: type, features, hours, weekend and practice type.
type Signature = (u8, FeatureSet, bool, bool, u8);

/// For every signature met, the quantities of every table that count it; one a thread.
pub struct Signatures<'a> {
    tables: Vec<&'a Table>,
    /// By table: which practice types it counts.
    practice_types: Vec<Vec<bool>>,
    known: FxHashMap<Signature, u32>,
    /// By signature, by table: positions in `Table::quantities`.
    quantities: Vec<Vec<Box<[u16]>>>,
    first: Month,
}

impl<'a> Signatures<'a> {
    pub fn new(pipeline: &'a Pipeline, tables: &[usize], first: Month) -> Self {
        let tables: Vec<&Table> = tables.iter().map(|&at| &pipeline.tables[at]).collect();
        let practice_types = tables.iter().map(|table| counted_practice_types(table)).collect();
        Signatures { tables, practice_types, known: FxHashMap::default(), quantities: Vec::new(), first }
    }

    /// The facts of a contact; none before the first month of the run.
    pub fn facts(&mut self, part: &ContactPart, row: usize) -> Option<Facts> {
        let (day, hour, month) = self.moment(part.start[row])?;
        let signature: Signature = (
            part.contact_type[row],
            part.features[row],
            is_outside_hours(day, hour),
            is_weekend(day),
            part.practice_type[row],
        );
        Some(Facts {
            person: part.person[row],
            doctor: part.doctor[row],
            residence: part.residence[row],
            practice: part.practice[row],
            month,
            day,
            hour,
            sex: part.sex[row],
            age_group: part.age_group[row],
            chapter: part.chapter[row],
            practice_type: part.practice_type[row],
            signature: self.position(signature),
            moved: 0,
        })
    }

    /// The same of a contact on its own, with numbers of its person and doctor.
    pub fn of_contact(&mut self, contact: &Contact, (person, doctor): (u32, u32)) -> Option<Facts> {
        let (day, hour, month) = self.moment(contact.start)?;
        let (outside, weekend) = (is_outside_hours(day, hour), is_weekend(day));
        let signature = (contact.contact_type, contact.features, outside, weekend, contact.practice_type);
        Some(Facts {
            person,
            doctor,
            residence: contact.residence,
            practice: contact.practice,
            month,
            day,
            hour,
            sex: contact.sex,
            age_group: contact.age_group,
            chapter: contact.chapter,
            practice_type: contact.practice_type,
            signature: self.position(signature),
            moved: 0,
        })
    }

    /// Day, hour and month of a moment; none before the first month of the run.
    fn moment(&self, start: i64) -> Option<(i32, u8, u16)> {
        let day = start.div_euclid(SECONDS_A_DAY) as i32;
        let hour = (start.rem_euclid(SECONDS_A_DAY) / 3600) as u8;
        Some((day, hour, u16::try_from(Month::of_day(day).0 - self.first.0).ok()?))
    }

    fn position(&mut self, signature: Signature) -> u32 {
        if let Some(&known) = self.known.get(&signature) {
            return known;
        }
        let position = self.quantities.len() as u32;
        let lists = self.tables.iter().zip(&self.practice_types);
        self.quantities.push(lists.map(|(table, types)| counting(table, types, signature)).collect());
        self.known.insert(signature, position);
        position
    }

    /// The quantities of table `table` (by position among those given) that count a contact.
    #[inline]
    pub fn quantities(&self, facts: &Facts, table: usize) -> &[u16] {
        &self.quantities[facts.signature as usize][table]
    }

    /// Whether the table counts contacts of this practice type at all.
    pub fn in_service(&self, facts: &Facts, table: usize) -> bool {
        self.practice_types[table][usize::from(facts.practice_type)]
    }
}

fn counted_practice_types(table: &Table) -> Vec<bool> {
    let named = |code: &String| table.practice_types.as_ref().is_none_or(|codes| codes.contains(code));
    practice_types().iter().map(|kind| kind.service == table.service && named(&kind.code)).collect()
}

fn counting(table: &Table, practice_types: &[bool], signature: Signature) -> Box<[u16]> {
    if !practice_types[usize::from(signature.4)] {
        return Box::default();
    }
    let counts = |at: &usize| holds(&table.quantities[*at], signature);
    (0..table.quantities.len()).filter(counts).map(|at| at as u16).collect()
}

/// Whether a contact of this signature is of the quantity.
fn holds(quantity: &Predicate, (kind, features, outside, weekend, _): Signature) -> bool {
    quantity.types >> kind & 1 == 1
        && features & quantity.with == quantity.with
        && features & quantity.without == 0
        && quantity.outside_hours.is_none_or(|wanted| wanted == outside)
        && quantity.weekend.is_none_or(|wanted| wanted == weekend)
}
