//! What is written of tables of joined registers: `[[register-table]]`.
//!
//! In: TOML. Out: plain structures whose words have a place. Unknown keys are refused here.

use serde::Deserialize;
use toml::Spanned;

use super::joined::{Continuity, Counted};
use super::types::{Measure, Text};
use super::written::{ThresholdsText, Word};
use crate::domain::{PeriodKind, Service};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct JoinedTableText {
    pub id: Word,
    pub version: Word,
    pub title: Text,
    pub description: Text,
    pub periods: Spanned<Vec<Spanned<PeriodKind>>>,
    /// Hours between two stays that make them two.
    pub merge_hours: Option<u32>,
    pub policy: Option<Spanned<ThresholdsText>>,
    #[serde(default)]
    pub indicator: Vec<JoinedIndicatorText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct JoinedIndicatorText {
    pub id: Word,
    pub title: Text,
    pub description: Text,
    pub count: Option<CountText>,
    pub mean: Option<RatioText>,
    pub share: Option<RatioText>,
    #[serde(rename = "per-1000")]
    pub per_1000: Option<RatioText>,
    pub years_with_doctor: Option<YearsText>,
    pub own_doctor: Option<TypesText>,
    pub most_used_doctor: Option<MostUsedText>,
    pub index: Option<IndexText>,
    pub person_months: Option<PersonMonthsText>,
    pub follow_up: Option<FollowUpText>,
    pub readmission: Option<ReadmissionText>,
    pub before_acute: Option<BeforeAcuteText>,
    pub own_list: Option<TypesText>,
    pub by_team: Option<TeamText>,
    pub fees: Option<FeesText>,
    pub grant: Option<GrantText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct QuantityText {
    pub of: Counted,
    pub with_doctor: Option<bool>,
    pub open: Option<bool>,
    pub fixed_salary: Option<bool>,
    #[serde(default)]
    pub longest_of_doctor: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CountText {
    pub quantity: QuantityText,
    pub less: Option<QuantityText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RatioText {
    pub numerator: QuantityText,
    pub denominator: QuantityText,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct YearsText {
    /// `median` or `mean`.
    pub figure: Option<Measure>,
    /// The share for whom it is over so many years.
    pub over: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TypesText {
    pub contact_types: Spanned<Vec<Word>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MostUsedText {
    pub contact_types: Spanned<Vec<Word>>,
    pub years: Spanned<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct IndexText {
    pub of: Continuity,
    pub contact_types: Spanned<Vec<Word>>,
    pub at_least: Spanned<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PersonMonthsText {
    pub service: Service,
    pub contact_types: Spanned<Vec<Word>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FollowUpText {
    pub services: Vec<Service>,
    pub contact_types: Spanned<Vec<Word>>,
    pub days: Option<u32>,
    pub working_days: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReadmissionText {
    pub from_hours: u32,
    pub to_days: u32,
    pub ages: Spanned<(u8, u8)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BeforeAcuteText {
    pub service: Service,
    pub hours: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TeamText {
    pub service: Service,
    pub contact_types: Spanned<Vec<Word>>,
    #[serde(default)]
    pub with: Vec<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FeesText {
    pub service: Service,
    pub tariffs: Vec<TariffText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TariffText {
    pub feature: Word,
    pub kroner: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GrantText {
    /// Of which contacts the own coverage of a list is the share.
    pub contact_types: Spanned<Vec<Word>>,
    pub components: Vec<ComponentText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ComponentText {
    pub id: Word,
    pub kroner: u32,
    /// 1.0 where not given.
    pub index: Option<Spanned<f64>>,
    /// The index is the practice's own coverage by that of all.
    #[serde(default)]
    pub own_list_coverage: bool,
    pub least: Option<u32>,
    pub most: Option<u32>,
}
