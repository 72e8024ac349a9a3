//! Contacts and residents by coarser places and ages than they were read with.
//!
//! In: contacts, and by place and age group the coarser one. Out: the same contacts. Who made them
//! keeps the same number, so that counts of both can be held beside each other.

use super::residents::Residents;
use super::table::{ContactPart, Contacts};
use crate::domain::PlaceIndex;

/// Which coarser place and age group each is a part of.
#[derive(Debug, Clone, Copy)]
pub struct Regrouping<'a> {
    /// By place.
    pub places: &'a [PlaceIndex],
    /// By age group, unknown last.
    pub ages: &'a [u8],
}

impl Regrouping<'_> {
    fn place(&self, place: PlaceIndex) -> PlaceIndex {
        self.places[usize::from(place)]
    }
    fn age(&self, group: u8) -> u8 {
        self.ages[usize::from(group)]
    }
    fn part(&self, part: &ContactPart) -> ContactPart {
        ContactPart {
            residence: part.residence.iter().map(|&place| self.place(place)).collect(),
            practice: part.practice.iter().map(|&place| self.place(place)).collect(),
            age_group: part.age_group.iter().map(|&group| self.age(group)).collect(),
            ..part.clone()
        }
    }
}

impl Contacts {
    /// The contacts by coarser places and ages.
    pub fn regrouped(&self, to: &Regrouping<'_>) -> Contacts {
        Contacts { parts: self.parts.iter().map(|part| to.part(part)).collect(), ..self.clone_without_parts() }
    }

    fn clone_without_parts(&self) -> Contacts {
        Contacts {
            parts: Vec::new(),
            persons: self.persons,
            doctors: self.doctors,
            doctor_keys: self.doctor_keys.clone(),
            clinic_keys: self.clinic_keys.clone(),
            months: self.months,
            delays: self.delays.clone(),
        }
    }
}

impl Residents {
    /// The residents by coarser places and ages.
    pub fn regrouped(&self, to: &Regrouping<'_>) -> Residents {
        self.mapped(|(place, sex, age)| (to.place(place), sex, to.age(age)))
    }
}
