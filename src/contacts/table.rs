//! The contacts of a delivery, in columns, partitioned by person.

use std::collections::BTreeMap;

use super::contact::Contact;
use crate::domain::{Month, PlaceIndex};

/// All counted contacts. A person's contacts are in one part, sorted by person, start, bill.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    pub parts: Vec<ContactPart>,
    /// Different persons and doctors; their numbers run from 1.
    pub persons: u32,
    pub doctors: u32,
    /// By number less one: the doctor's key (`IdKind::Doctor`), to meet other registers with.
    pub doctor_keys: Vec<i64>,
    /// As `doctor_keys`, of practices (`IdKind::Practice`).
    pub clinic_keys: Vec<i64>,
    /// First and last month with a counted bill; none: no bill was counted.
    pub months: Option<(Month, Month)>,
    /// Counted contacts by month and delay of their registration.
    pub delays: BTreeMap<Delay, u64>,
}

/// How long after the end of its month a contact was registered; negative: before it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delay {
    pub month: Month,
    pub days: i32,
}

impl Delay {
    /// The delay of a contact.
    pub fn of(contact: &Contact) -> Delay {
        let month = contact.month();
        Delay { month, days: contact.registered - month.last_day() }
    }
}

/// Columns of one length, a row a contact.
#[derive(Debug, Clone, Default)]
pub struct ContactPart {
    /// Keys of the part's persons (`IdKind::Person`), in the order of their numbers.
    pub keys: Vec<i64>,
    /// From 1, unique over all parts.
    pub person: Vec<u32>,
    /// From 1.
    pub doctor: Vec<u32>,
    /// The practice, from 1; empty unless the definition needs it.
    pub clinic: Vec<u32>,
    /// Residence and practice in the release geography.
    pub residence: Vec<PlaceIndex>,
    pub practice: Vec<PlaceIndex>,
    /// Local start, seconds since 1970-01-01.
    pub start: Vec<i64>,
    /// Position in `codes::PracticeTypes`.
    pub practice_type: Vec<u8>,
    /// Position in `ContactTypes::types`.
    pub contact_type: Vec<u8>,
    /// Bits of `Features::ids`.
    pub features: Vec<u32>,
    /// `domain::Sex` as a number.
    pub sex: Vec<u8>,
    /// Position in `AgeGroups::all_labels`, at the year of the contact.
    pub age_group: Vec<u8>,
    /// Main diagnosis: position in `codes::CHAPTERS`, or `codes::NO_CHAPTER`.
    pub chapter: Vec<u8>,
}

impl ContactPart {
    pub fn with_capacity(rows: usize) -> Self {
        ContactPart {
            keys: Vec::new(),
            person: Vec::with_capacity(rows),
            doctor: Vec::with_capacity(rows),
            clinic: Vec::new(),
            residence: Vec::with_capacity(rows),
            practice: Vec::with_capacity(rows),
            start: Vec::with_capacity(rows),
            practice_type: Vec::with_capacity(rows),
            contact_type: Vec::with_capacity(rows),
            features: Vec::with_capacity(rows),
            sex: Vec::with_capacity(rows),
            age_group: Vec::with_capacity(rows),
            chapter: Vec::with_capacity(rows),
        }
    }
    pub fn len(&self) -> usize {
        self.person.len()
    }
    pub fn is_empty(&self) -> bool {
        self.person.is_empty()
    }
}
