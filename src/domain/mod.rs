//! The words of the field as types: months, periods, places, sexes, row classes.
//!
//! In: nothing. Out: small values that cannot be wrong. This room never does I/O and knows no
//! other room.

mod error;
mod holidays;
mod language;
mod period;
mod place;
mod tally;
mod time;

pub use error::{Error, ExitCode, Result};
pub use holidays::{easter_sunday, is_public_holiday, is_working_day, working_day_after};
pub use language::{Language, Text};
pub use period::{Month, Period, PeriodKind};
pub use place::{CountyNumber, MunicipalityNumber, PlaceIndex};
pub use tally::{FileTally, OutOfScope, RejectReason, RowClass, SourceTally};
pub use time::{
    DayType, PartOfDay, SECONDS_A_DAY, Sex, days_from_civil, is_outside_hours, is_weekend, iso_day, parse_iso_day,
};

/// The three services that a practice type may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// General practice (fastlege).
    Gp,
    /// Emergency primary care (legevakt).
    Legevakt,
    /// Nurse in a primary health team.
    Nurse,
}

impl Service {
    pub const ALL: [Service; 3] = [Service::Gp, Service::Legevakt, Service::Nurse];

    /// The kebab-case name that definitions and code lists use.
    pub fn name(self) -> &'static str {
        match self {
            Service::Gp => "gp",
            Service::Legevakt => "legevakt",
            Service::Nurse => "nurse",
        }
    }
}
