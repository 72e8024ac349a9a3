//! What a source file holds: its columns, their types and rules, declared once in schemas/*.toml.
//!
//! In: the declarations, compiled in. Out: [`Schema`]s that the loader, its checks, the synthetic
//! data and the written documentation share. This room never sees data.

mod document;
mod parse;

use std::sync::OnceLock;

use crate::domain::{Error, Result, Text};

pub use document::{document, document_of};

/// A source: its columns in the documented order and the rules of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// `regning`, `takst`, …
    pub source: String,
    pub title: Text,
    pub description: Text,
    pub columns: Vec<Column>,
    pub rules: Rules,
}

/// A column of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
    /// The column must be there and have a value in every row (SPEC-DETAILS 2). Another column
    /// may be absent or empty.
    pub required: bool,
    pub description: Text,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnKind {
    /// An opaque identifier: a 64-bit integer or text of at most 64 characters.
    Id(IdKind),
    /// Free text or a code whose list is not judged here.
    Code,
    /// A municipality number; anything else is unknown and never an error.
    Municipality,
    /// A code that is a whole number; anything else is unknown (missing) and never an error.
    NumberCode,
    /// A whole number, with its least and greatest value where it has any.
    Integer(Option<(i64, i64)>),
    /// Kroner, kept as hundredths.
    Amount,
    /// A day.
    Date,
    /// A local date and time.
    DateTime,
    /// 1 or 0; empty is 0.
    Flag,
    /// One of these texts.
    Choice(Vec<String>),
}

/// What an identifier identifies; identifiers of one kind are comparable over all sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdKind {
    Bill,
    Person,
    Doctor,
    Practice,
    Contract,
    /// NPR's number (`npr_lnr`).
    Stay,
    Institution,
}

impl IdKind {
    pub const ALL: [IdKind; 7] = [
        IdKind::Bill,
        IdKind::Person,
        IdKind::Doctor,
        IdKind::Practice,
        IdKind::Contract,
        IdKind::Stay,
        IdKind::Institution,
    ];

    /// Whether it stands for a human being, so that it must be a pseudonym.
    pub fn is_human(self) -> bool {
        matches!(self, IdKind::Person | IdKind::Doctor | IdKind::Stay)
    }
}

/// The tests of a row as a whole (SPEC-DETAILS 1), by position of the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Out of scope (`after-as-of`) when this day is later than the as-of day.
    pub after_as_of: Option<usize>,
    /// Rejected (`bad-period`) when the second is before the first.
    pub bad_period: Option<(usize, usize)>,
    /// Out of scope (`no-person`) when this is missing.
    pub no_person: Option<usize>,
    /// Rejected (`negative`) when one of these is below 0 …
    pub negative: Vec<usize>,
    /// … unless this has a value.
    pub negative_unless: Option<usize>,
    /// Rejected (`future`) when the day of the first is later than the second.
    pub future: Option<(usize, usize)>,
}

impl Schema {
    /// Position of a column by name.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }
    /// Column names in the documented order: the header that synthetic files have.
    pub fn header(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.name.as_str()).collect()
    }
}

const DECLARATIONS: [(&str, &str); 9] = [
    ("schemas/regning.toml", include_str!("../../schemas/regning.toml")),
    ("schemas/takst.toml", include_str!("../../schemas/takst.toml")),
    ("schemas/diagnose.toml", include_str!("../../schemas/diagnose.toml")),
    ("schemas/kontrakt.toml", include_str!("../../schemas/kontrakt.toml")),
    ("schemas/kontrakt_lege.toml", include_str!("../../schemas/kontrakt_lege.toml")),
    ("schemas/medlemskap.toml", include_str!("../../schemas/medlemskap.toml")),
    ("schemas/opphold.toml", include_str!("../../schemas/opphold.toml")),
    ("schemas/nokkel.toml", include_str!("../../schemas/nokkel.toml")),
    ("schemas/innbyggere.toml", include_str!("../../schemas/innbyggere.toml")),
];

/// The declarations as files, by name: what the release hash covers.
pub fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    DECLARATIONS.iter().map(|(name, text)| (*name, text.as_bytes()))
}

/// All nine sources in the order of the specification.
///
/// # Errors
/// Exit 10 with file and place when a declaration is not sound; a test holds that they are.
pub fn sources() -> Result<&'static [Schema]> {
    static PARSED: OnceLock<Result<Vec<Schema>>> = OnceLock::new();
    let parsed = PARSED.get_or_init(|| DECLARATIONS.iter().map(|(file, text)| parse::parse(file, text)).collect());
    parsed.as_deref().map_err(Clone::clone)
}

/// The schema of a source by its id.
///
/// # Errors
/// Exit 10 where no source has the id; the message lists those that are.
pub fn of(source: &str) -> Result<&'static Schema> {
    let sources = sources()?;
    sources.iter().find(|schema| schema.source == source).ok_or_else(|| {
        let known: Vec<&str> = sources.iter().map(|schema| schema.source.as_str()).collect();
        Error::definition(format!("source `{source}` is not known; the sources are {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(source: &str) -> Vec<&str> {
        of(source).unwrap().columns.iter().filter(|c| c.required).map(|c| c.name.as_str()).collect()
    }

    #[test]
    fn the_required_columns_are_those_of_details_2() {
        assert_eq!(
            required("regning"),
            ["enkeltregning_lnr", "behandler_lnr", "praksis_lnr", "tidspunkt", "registrert", "status"]
        );
        assert_eq!(required("takst"), ["enkeltregning_lnr", "takstkode"]);
        assert_eq!(required("diagnose"), ["enkeltregning_lnr"]);
        assert_eq!(required("kontrakt"), ["kontrakt_id", "praksis_lnr", "status", "gyldig_fra"]);
        assert_eq!(required("kontrakt_lege"), ["kontrakt_id", "behandler_lnr", "gyldig_fra"]);
        assert_eq!(required("medlemskap"), ["kontrakt_id", "fra"]);
        assert_eq!(required("opphold"), ["npr_lnr", "inntid", "omsorgsniva"]);
        assert_eq!(required("nokkel"), ["npr_lnr"]);
        assert_eq!(required("innbyggere"), ["aar", "personer"]);
    }

    #[test]
    fn an_unknown_source_is_answered_with_the_known_ones() {
        let message = of("resept").unwrap_err().message;
        assert!(message.contains("`resept`") && message.contains("regning, takst, diagnose"), "{message}");
    }
}
