//! Code lists through time: geography, practice types, ICPC-2 chapters.
//!
//! In: the lists under schemas/codes/ (compiled in). Out: look-ups. An unknown code is never
//! guessed: it is unknown, and counted as such.

use std::collections::BTreeMap;

use crate::domain::{CountyNumber, MunicipalityNumber, PlaceIndex, Service};

/// The 17 ICPC-2 chapters, in order of the letter.
pub const CHAPTERS: [&str; 17] = ["A", "B", "D", "F", "H", "K", "L", "N", "P", "R", "S", "T", "U", "W", "X", "Y", "Z"];

/// Index after the last chapter: no diagnosis, another code system or no such letter (`none`).
pub const NO_CHAPTER: u8 = 17;

/// One set of municipalities that all months are recoded to.
#[derive(Debug, Clone)]
pub struct Geography {
    /// `recode-2024` or the id of another list.
    pub id: String,
    /// Ascending by number; Svalbard 2100, Jan Mayen 2211 and unknown 9999 among them.
    pub municipalities: Vec<Municipality>,
    /// Ascending by number; 21, 22 and 99 among them.
    pub counties: Vec<County>,
    /// Every known code, whenever it was in force, to its main target.
    pub known: BTreeMap<MunicipalityNumber, PlaceIndex>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    pub number: MunicipalityNumber,
    /// In bokmål.
    pub name: String,
    pub county: CountyNumber,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    pub number: CountyNumber,
    pub name: String,
}

impl Geography {
    /// Position of a known code in the release geography; none where the code is unknown.
    pub fn resolve(&self, code: MunicipalityNumber) -> Option<PlaceIndex> {
        self.known.get(&code).copied()
    }
    /// Position of 9999, the last municipality.
    pub fn unknown(&self) -> PlaceIndex {
        (self.municipalities.len() - 1) as PlaceIndex
    }
}

/// A practice type and its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeType {
    pub code: String,
    pub service: Service,
    pub name: String,
}
