//! The contacts of a delivery, in columns, partitioned by person.

use crate::domain::{Month, PlaceIndex};

/// All counted contacts. A person's contacts are in one part, sorted by person, start, bill.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    pub parts: Vec<ContactPart>,
    /// Different persons and doctors; their numbers run from 1.
    pub persons: u32,
    pub doctors: u32,
    /// First and last month with a counted bill; none: no bill was counted.
    pub months: Option<(Month, Month)>,
}

/// Columns of one length, a row a contact.
#[derive(Debug, Clone, Default)]
pub struct ContactPart {
    /// From 1, unique over all parts.
    pub person: Vec<u32>,
    /// From 1.
    pub doctor: Vec<u32>,
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
    pub fn len(&self) -> usize {
        self.person.len()
    }
    pub fn is_empty(&self) -> bool {
        self.person.is_empty()
    }
}
