//! Practice types and ICPC-2 chapters.
//!
//! In: the compiled-in lists. Out: their rows. Never classifies a code that no list has.

use std::sync::LazyLock;

use crate::domain::Service;

use super::{embedded, rows};

/// A practice type and its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeType {
    pub code: String,
    pub service: Service,
    pub name: String,
}

/// A chapter of ICPC-2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    pub letter: String,
    pub nb: String,
    pub en: String,
}

#[derive(serde::Deserialize)]
struct PracticeRow {
    praksistype: String,
    service: Service,
    name: String,
}

#[derive(serde::Deserialize)]
struct ChapterRow {
    chapter: String,
    nb: String,
    en: String,
}

static PRACTICE_TYPES: LazyLock<Vec<PracticeType>> = LazyLock::new(|| {
    let of = |row: PracticeRow| PracticeType { code: row.praksistype, service: row.service, name: row.name };
    read("praksistype.csv").into_iter().map(of).collect()
});

static CHAPTER_NAMES: LazyLock<Vec<Chapter>> = LazyLock::new(|| {
    let of = |row: ChapterRow| Chapter { letter: row.chapter, nb: row.nb, en: row.en };
    read("icpc2_chapters.csv").into_iter().map(of).collect()
});

// A compiled-in list that does not read is a defect that the tests below catch.
fn read<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let text = embedded::list(name).unwrap_or_default();
    rows::rows(name, text).unwrap_or_default().into_iter().map(|listed| listed.row).collect()
}

/// The practice types that belong to a service; any other code is out of scope.
pub fn practice_types() -> &'static [PracticeType] {
    &PRACTICE_TYPES
}

/// The 17 chapters with their names, in the order of [`super::CHAPTERS`].
pub fn chapters() -> &'static [Chapter] {
    &CHAPTER_NAMES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn practice_types_belong_to_services() {
        let of = |service: Service| {
            practice_types().iter().filter(|t| t.service == service).map(|t| t.code.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of(Service::Gp), ["FALE", "FALO", "FATU", "KOFA"]);
        assert_eq!(of(Service::Legevakt), ["LEVA", "LEKO", "KOLE"]);
        assert_eq!(of(Service::Nurse), ["SYPL"]);
    }

    #[test]
    fn chapters_are_in_the_order_of_their_letters() {
        let letters: Vec<_> = chapters().iter().map(|chapter| chapter.letter.as_str()).collect();
        assert_eq!(letters, crate::codes::CHAPTERS);
        assert_eq!(chapters()[8].nb, "Psykisk");
    }
}
