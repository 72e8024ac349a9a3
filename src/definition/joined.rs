//! The types of indicators that are made of registers joined with contacts.
//!
//! In: nothing. Out: what a definition may ask of lists, memberships, doctors and stays, complete.

use super::types::{Dimension, FeatureSet, IndicatorValue, Measure, Pipeline, Table, TypeSet};
use crate::domain::Service;

/// How an indicator is made of joined registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// Of the fastlege register, as of the 1st of each month.
    Lists(ListFigure),
    /// Years that persons have been with the doctor of their list.
    Relation(RelationFigure),
    /// Contacts with the doctor of the person's list, in percent of those by persons on a list.
    OwnDoctor { counted: TypeSet },
    /// Contacts with the person's most used doctor in the year, or in so many years up to it.
    MostUsedDoctor { counted: TypeSet, years: u8 },
    /// Mean over persons of an index of continuity.
    Index { index: Continuity, counted: TypeSet, at_least: u32 },
    /// Contacts per 1 000 months that persons were on a list.
    PersonMonths { counted: TypeSet, service: Service },
    /// Discharges followed by a contact, in percent.
    FollowUp { stays: Merging, counted: TypeSet, services: Vec<Service>, window: Window },
    /// Discharges followed by another acute stay, in percent.
    Readmission { stays: Merging, from_hours: u32, to_days: u32, ages: (u8, u8) },
    /// Acute stays with a contact in the hours before, in percent.
    BeforeAcute { stays: Merging, service: Service, hours: u32 },
    /// Contacts of a practice's list inhabitants that were with the practice, in percent.
    OwnList { counted: TypeSet },
    /// What tariffs came to at a practice, in kroner.
    Fees { service: Service, tariffs: Vec<Tariff> },
    /// A practice's yearly grant by its list, in kroner.
    Grant { components: Vec<Component>, counted: TypeSet },
    /// Contacts at practices with and without a team.
    Team { service: Service, counted: TypeSet, with: FeatureSet },
}

/// A figure of lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListFigure {
    /// A quantity, less another where one is named.
    Count { of: ListQuantity, less: Option<ListQuantity> },
    /// One quantity by another: `measure` says whether mean, share or per 1 000.
    Ratio { measure: Measure, numerator: ListQuantity, denominator: ListQuantity },
}

/// What is counted, of which lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuantity {
    pub of: Counted,
    /// Lists with (without) a doctor that is no substitute.
    pub with_doctor: Option<bool>,
    pub open: Option<bool>,
    pub fixed_salary: Option<bool>,
    /// Only lists that are the longest one of some doctor.
    pub longest_of_doctor: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    Lists,
    Inhabitants,
    Ceiling,
    Doctors,
    DoctorsStarted,
    DoctorsLeft,
    Residents,
}

impl Counted {
    /// Whether it is about persons, and not a public fact of lists and doctors.
    pub fn is_of_persons(self) -> bool {
        self == Counted::Inhabitants
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationFigure {
    Median,
    Mean,
    /// Share of persons for whom it is over so many years.
    Over(u8),
}

/// Kroner a contact with a feature; a code counts once a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff {
    pub feature: FeatureSet,
    pub kroner: u32,
}

/// A part of a grant: kroner per list inhabitant and year times an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub id: String,
    pub kroner: u32,
    pub index: Index,
    /// Bounds of kroner times index.
    pub least: Option<u32>,
    pub most: Option<u32>,
}

/// Where an index comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Given, in millionths: 1 000 000 is the average practice.
    Given(u32),
    /// The practice's own coverage of its list's contacts by that of all practices.
    OwnListCoverage,
}

/// Indices of continuity of care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Continuity {
    /// Usual provider of care: contacts with the most used doctor by all.
    Upc,
    /// Bice and Boxerman's index.
    Coc,
    /// Consecutive pairs with the same doctor by all pairs.
    Secon,
}

/// Until when after a discharge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Days(u32),
    /// To the end of the so manieth working day.
    WorkingDays(u32),
}

/// Stays with less than so many hours between are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merging {
    pub hours: u32,
}

/// What a table of joined registers is computed by; all its indicators are of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Lists,
    Relation,
    Continuity,
    PersonMonths,
    Discharges,
    /// By practice, for the restricted area.
    Practices,
    Teams,
}

impl Joined {
    pub fn family(&self) -> Family {
        match self {
            Joined::Lists(_) => Family::Lists,
            Joined::Relation(_) => Family::Relation,
            Joined::OwnDoctor { .. } | Joined::MostUsedDoctor { .. } | Joined::Index { .. } => Family::Continuity,
            Joined::PersonMonths { .. } => Family::PersonMonths,
            Joined::FollowUp { .. } | Joined::Readmission { .. } | Joined::BeforeAcute { .. } => Family::Discharges,
            Joined::OwnList { .. } | Joined::Fees { .. } | Joined::Grant { .. } => Family::Practices,
            Joined::Team { .. } => Family::Teams,
        }
    }

    /// The measures that the indicator has a row for.
    pub fn measures(&self) -> &'static [Measure] {
        match self {
            Joined::Lists(ListFigure::Count { .. }) => &[Measure::Count],
            Joined::Lists(ListFigure::Ratio { measure: Measure::Mean, .. }) => &[Measure::Mean],
            Joined::Lists(ListFigure::Ratio { measure: Measure::Per1000, .. }) => &[Measure::Per1000],
            Joined::Lists(ListFigure::Ratio { .. }) => &[Measure::Share],
            Joined::Relation(RelationFigure::Median) => &[Measure::Median],
            Joined::Relation(RelationFigure::Mean) | Joined::Index { .. } => &[Measure::Mean],
            Joined::PersonMonths { .. } => &[Measure::Per1000],
            Joined::Team { .. } => &[Measure::Contacts, Measure::Per1000],
            Joined::Fees { .. } | Joined::Grant { .. } => &[Measure::Kroner],
            _ => &[Measure::Share],
        }
    }

    /// The contact types that it counts.
    pub fn counted(&self) -> TypeSet {
        match *self {
            Joined::OwnDoctor { counted }
            | Joined::MostUsedDoctor { counted, .. }
            | Joined::Index { counted, .. }
            | Joined::PersonMonths { counted, .. }
            | Joined::FollowUp { counted, .. }
            | Joined::OwnList { counted }
            | Joined::Grant { counted, .. }
            | Joined::Team { counted, .. } => counted,
            _ => 0,
        }
    }

    /// The features that it asks for.
    pub fn features(&self) -> FeatureSet {
        match self {
            Joined::Team { with, .. } => *with,
            Joined::Fees { tariffs, .. } => tariffs.iter().fold(0, |set, tariff| set | tariff.feature),
            _ => 0,
        }
    }

    /// Whether periods are published as those of follow-up: after 60 days, with the month after.
    pub fn waits_for_the_month_after(&self) -> bool {
        matches!(self, Joined::FollowUp { .. } | Joined::Readmission { .. })
    }
}

impl Family {
    pub fn dimensions(self) -> &'static [Dimension] {
        match self {
            Family::Continuity | Family::PersonMonths => &[Dimension::ListDoctor],
            Family::Teams => &[Dimension::Team],
            _ => &[],
        }
    }

    /// The sources that it is made of.
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Family::Lists => &["regning", "innbyggere", "kontrakt", "kontrakt_lege", "medlemskap"],
            Family::Relation => &["regning", "kontrakt", "kontrakt_lege", "medlemskap"],
            Family::Discharges => &["regning", "takst", "opphold", "nokkel"],
            _ => &["regning", "takst", "kontrakt", "kontrakt_lege", "medlemskap"],
        }
    }

    /// What its places are, in one or two words.
    pub fn place(self) -> &'static str {
        match self {
            Family::Lists | Family::Relation | Family::PersonMonths => "municipality of the list",
            Family::Continuity | Family::Discharges => "residence",
            Family::Practices => "practice (restricted)",
            Family::Teams => "country",
        }
    }

    /// Whether the table is by practice and stays in the restricted area.
    pub fn is_restricted(self) -> bool {
        self == Family::Practices
    }
}

impl Table {
    /// What a table of joined registers is computed by; none for a table of contacts.
    pub fn family(&self) -> Option<Family> {
        self.indicators.iter().find_map(|indicator| indicator.value.joined()).map(Joined::family)
    }
    /// Whether contacts must keep their practice.
    pub fn joins_practices(&self) -> bool {
        matches!(self.family(), Some(Family::Practices | Family::Teams))
    }
}

impl IndicatorValue {
    pub fn joined(&self) -> Option<&Joined> {
        match self {
            IndicatorValue::Joined(joined) => Some(joined),
            _ => None,
        }
    }
}

impl Pipeline {
    /// Whether the definition names a source.
    pub fn reads(&self, source: &str) -> bool {
        self.sources.iter().any(|used| used.source == source)
    }
    /// Whether a table is made of contacts; else the bills tell which months there are, and no more.
    pub fn counts_contacts(&self) -> bool {
        self.tables.iter().any(|table| !matches!(table.family(), Some(Family::Lists | Family::Relation)))
    }
    /// Whether its tables are of joined registers (all of them are, or none).
    pub fn is_joined(&self) -> bool {
        self.tables.iter().any(|table| table.family().is_some())
    }
}
