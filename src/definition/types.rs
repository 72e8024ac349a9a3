//! The types of a definition, complete: no later room can find a missing rule.

use super::gates::Gates;
use super::joined::Joined;
use crate::domain::{Month, PeriodKind, Service};

pub use crate::domain::Text;

/// A whole pipeline definition.
#[derive(Debug, Clone)]
pub struct Pipeline {
    pub id: String,
    pub version: String,
    pub title: Text,
    pub description: Text,
    /// The sources that the pipeline reads, with what the definition says of their files.
    pub sources: Vec<SourceUse>,
    /// First and last month to count; none: as the delivery has counted bills.
    pub from: Option<Month>,
    pub to: Option<Month>,
    pub contact_types: ContactTypes,
    pub features: Features,
    pub age_groups: AgeGroups,
    /// Id of the recoding list that makes the release geography.
    pub geography: String,
    pub policy: Policy,
    /// Share of a file's rows that may be rejected (0.01 is one percent).
    pub reject_limit: f64,
    pub gates: Gates,
    pub tables: Vec<Table>,
    /// Every file of the definition (pipeline, lists) by name, with its bytes: goes into the
    /// release hash and is kept for `reproduce`.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A source as a pipeline uses it.
#[derive(Debug, Clone)]
pub struct SourceUse {
    /// `regning`, `takst`, …: the id of a schema.
    pub source: String,
    /// Globs of file names; empty: the default ones.
    pub files: Vec<String>,
    pub dialect: Dialect,
}

/// What a definition says of a CSV file; whatever is none is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dialect {
    /// `;`, `,` or a tab.
    pub delimiter: Option<char>,
    /// `utf-8` or `iso-8859-1`.
    pub encoding: Option<String>,
}

/// Contact types in order of precedence, and the sums made of them.
#[derive(Debug, Clone)]
pub struct ContactTypes {
    /// Id of the list, named in the manifest: which official definition is in use.
    pub id: String,
    pub title: Text,
    pub description: Text,
    /// Where the definition is found, and what is uncertain in it.
    pub source: Text,
    pub uncertainty: Option<Text>,
    /// Leaf types, first wins; the last is `unclassified`. At most 32.
    pub types: Vec<ContactType>,
    pub sums: Vec<ContactSum>,
    pub takster: Vec<DatedTakst>,
}

#[derive(Debug, Clone)]
pub struct ContactType {
    pub id: String,
    pub title: Text,
}

/// A named sum of leaf types.
#[derive(Debug, Clone)]
pub struct ContactSum {
    pub id: String,
    pub title: Text,
    pub members: TypeSet,
}

impl ContactTypes {
    /// All leaf types.
    pub fn all(&self) -> TypeSet {
        (0..self.types.len()).fold(0, |set, bit| set | 1 << bit)
    }
    /// The position of `unclassified`, the last.
    pub fn unclassified(&self) -> u8 {
        (self.types.len() - 1) as u8
    }
}

/// A set of leaf contact types: bit `i` is `ContactTypes::types[i]`.
pub type TypeSet = u32;

/// A set of features: bit `i` is `Features::ids[i]`.
pub type FeatureSet = u32;

/// A takst code in force over some days (both inclusive, days since 1970-01-01) and what it says:
/// the index of a contact type, or of a feature. The code `l*` is every L code (an `l`, a digit,
/// anything) that the contact-type list does not have by itself on any date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedTakst {
    /// Trimmed, lower case, leading zero added (`074b`).
    pub code: String,
    pub index: u8,
    pub from: i32,
    pub to: i32,
}

#[derive(Debug, Clone)]
pub struct Features {
    /// Id of the list.
    pub id: String,
    pub title: Text,
    pub description: Text,
    pub source: Text,
    /// `time-supplement`, `medication-review`, … at most 32.
    pub ids: Vec<String>,
    /// One a feature.
    pub titles: Vec<Text>,
    pub takster: Vec<DatedTakst>,
}

/// Age groups: lower bounds in years, ascending; the last group is open up to 120.
#[derive(Debug, Clone)]
pub struct AgeGroups {
    pub id: String,
    /// First age of each group, ascending from 0.
    pub from: Vec<u8>,
    /// Labels (`0-5`, …, `90+`), one a group; `unknown` is added after the last.
    pub labels: Vec<String>,
}

impl AgeGroups {
    /// The index of `unknown`.
    pub fn unknown(&self) -> u8 {
        self.from.len() as u8
    }
    /// Group of an age in years; missing, negative or over 120 is unknown.
    pub fn of_age(&self, age: Option<i32>) -> u8 {
        match age {
            Some(age @ 0..=120) => self.from.partition_point(|&from| i32::from(from) <= age).wrapping_sub(1) as u8,
            _ => self.unknown(),
        }
    }
    /// Labels with `unknown` last.
    pub fn all_labels(&self) -> Vec<String> {
        self.labels.iter().cloned().chain(["unknown".to_string()]).collect()
    }
}

/// Thresholds of PROTECTION 2 and 4, with an id and version.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    pub id: String,
    pub version: String,
    /// Fewest different patients that may be shown (5: 1 to 4 are hidden).
    pub min_patients: u32,
    /// Fewest different doctors (3).
    pub min_doctors: u32,
    /// Largest doctor's share of contacts, percent, over which a cell is dominated (85).
    pub dominance_percent: u32,
    /// p of the p %-rule (10): the rest without the two largest in percent of the largest.
    pub p_percent: u32,
    /// Fewest residents behind a rate (5: 1 to 4 are hidden).
    pub min_residents: u32,
    /// A group of fewer residents than this of whom all are patients is hidden (20).
    pub saturated_residents: u32,
    /// Least width of the protection interval of a count of patients (2; strict: 3).
    pub width: u32,
    /// Width for contacts in percent of the value (10); at least `width`.
    pub width_percent: u32,
    /// Width for dominated cells in percent of the largest contributor (15).
    pub width_dominance_percent: u32,
    /// Fewest contacts in every month for a municipality to be named under `pool` (50).
    pub pool_volume: u32,
    /// How much is tried so that less is hidden.
    #[serde(default)]
    pub effort: Effort,
}

/// How much is tried so that less is hidden: more never weakens a proof.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    #[default]
    Quick,
    /// A small table by itself is searched by linear programs too: a second or two.
    Thorough,
}

/// Which place a table is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceBasis {
    Residence,
    Practice,
}

/// A dimension of a table besides place, period and indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    Sex,
    AgeGroup,
    Icpc2Chapter,
    PartOfDay,
    DayType,
    /// Clock hour 0-23.
    Hour,
    /// Whether the person's list has a doctor.
    ListDoctor,
    /// Whether the practice has a primary health team.
    Team,
}

impl Dimension {
    /// The name of its column (`age_group`).
    pub fn column(self) -> &'static str {
        match self {
            Dimension::Sex => "sex",
            Dimension::AgeGroup => "age_group",
            Dimension::Icpc2Chapter => "icpc2_chapter",
            Dimension::PartOfDay => "part_of_day",
            Dimension::DayType => "day_type",
            Dimension::Hour => "hour",
            Dimension::ListDoctor => "list_doctor",
            Dimension::Team => "team",
        }
    }
}

/// What is shown of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    Contacts,
    Patients,
    #[serde(rename = "per-1000")]
    Per1000,
    #[serde(rename = "patients-per-100")]
    PatientsPer100,
    Doctors,
    Share,
    Mean,
    Count,
    Median,
    Kroner,
}

impl Measure {
    pub fn name(self) -> &'static str {
        match self {
            Measure::Contacts => "contacts",
            Measure::Patients => "patients",
            Measure::Per1000 => "per-1000",
            Measure::PatientsPer100 => "patients-per-100",
            Measure::Doctors => "doctors",
            Measure::Share => "share",
            Measure::Mean => "mean",
            Measure::Count => "count",
            Measure::Median => "median",
            Measure::Kroner => "kroner",
        }
    }
}

/// How a table treats small municipalities (PROTECTION 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmallPlaces {
    Pool,
    Hide,
}

/// A level of places; each holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Country,
    County,
    Municipality,
}

/// A published table.
#[derive(Debug, Clone)]
pub struct Table {
    pub id: String,
    pub version: String,
    pub title: Text,
    pub description: Text,
    /// Contacts before this month are not in the table.
    pub since: Option<Month>,
    pub service: Service,
    /// Practice types counted; none: all of the service (gp-workload: FALE and FALO).
    pub practice_types: Option<Vec<String>>,
    pub place: PlaceBasis,
    /// The finest places that are published.
    pub by: Level,
    pub periods: Vec<PeriodKind>,
    pub dimensions: Vec<Dimension>,
    /// The periods for which municipalities have the dimensions in full; for the others they have
    /// total only. All periods for most tables; `[year]` for legevakt-contacts.
    pub municipality_detail: Vec<PeriodKind>,
    pub measures: Vec<Measure>,
    pub small_places: SmallPlaces,
    /// What is counted. Published indicators and the parts of shares refer to these by index.
    /// Implied residuals (a sum less its published parts; a denominator less a numerator) are
    /// here too: they can be derived, so they are protected (PROTECTION 2, complement).
    pub quantities: Vec<Predicate>,
    pub indicators: Vec<Indicator>,
    /// Thresholds of the table: the policy's, or tighter.
    pub policy: Policy,
}

/// Which contacts of the table's service are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Predicate {
    pub types: TypeSet,
    /// Every contact counted has all of these features …
    pub with: FeatureSet,
    /// … and none of these.
    pub without: FeatureSet,
    /// Some(true): outside hours only; Some(false): within hours only.
    pub outside_hours: Option<bool>,
    /// Some(true): weekends only.
    pub weekend: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Indicator {
    pub id: String,
    pub title: Text,
    pub description: Text,
    pub value: IndicatorValue,
}

/// How an indicator is made of the table's quantities (indices into `Table::quantities`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndicatorValue {
    Count {
        quantity: usize,
    },
    /// `numerator` in percent of `denominator`; `complement` is denominator less numerator.
    Share {
        numerator: usize,
        complement: usize,
        denominator: usize,
    },
    /// A mean over the doctors of a place and year (gp-workload).
    PerDoctor(PerDoctor),
    /// Of registers joined with contacts; such a table counts no quantities.
    Joined(Joined),
}

/// Means over doctors, each over the doctors with at least one contact in the place and period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerDoctor {
    /// Days with at least `at_least` contacts of the quantity.
    Days { quantity: usize, at_least: u32 },
    /// Contacts of the quantity by days with at least one contact of any type.
    PerDay { quantity: usize },
    /// Contacts of the quantity by clock hour (dimension `hour`, no total).
    ByHour { quantity: usize },
}
