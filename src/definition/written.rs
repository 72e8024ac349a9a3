//! What is written: the keys of a pipeline definition and of its lists, as TOML has them.
//!
//! In: TOML. Out: plain structures whose words have a place. Unknown keys are refused here; what
//! the words mean is settled by the other modules.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::gates::{GateId, LimitsText};
use super::joined_written::JoinedTableText;
use super::types::{Dialect, Dimension, Level, Measure, PlaceBasis, SmallPlaces, Text};
use crate::domain::{PeriodKind, Service};

pub(super) type Word = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PipelineText {
    pub id: Word,
    pub version: Word,
    pub title: Text,
    pub description: Text,
    pub geography: Option<Word>,
    pub contact_types: Option<Word>,
    pub features: Option<Word>,
    pub age_groups: Option<Word>,
    pub policy: Option<Word>,
    pub reject_limit: Option<Spanned<f64>>,
    #[serde(default)]
    pub gates: BTreeMap<GateId, LimitsText>,
    pub from: Option<Word>,
    pub to: Option<Word>,
    #[serde(default)]
    pub source: Vec<SourceText>,
    #[serde(default)]
    pub table: Vec<TableText>,
    #[serde(default)]
    pub register_table: Vec<JoinedTableText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SourceText {
    pub id: Word,
    #[serde(default)]
    pub files: Vec<Word>,
    #[serde(default)]
    pub dialect: Option<Spanned<Dialect>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TableText {
    pub id: Word,
    pub version: Word,
    pub title: Text,
    pub description: Text,
    pub since: Option<Word>,
    pub service: Service,
    pub practice_types: Option<Vec<Word>>,
    pub place: PlaceBasis,
    pub by: Option<Level>,
    pub periods: Spanned<Vec<Spanned<PeriodKind>>>,
    #[serde(default)]
    pub dimensions: Vec<Spanned<Dimension>>,
    pub municipality_detail: Option<Vec<Spanned<PeriodKind>>>,
    pub measures: Spanned<Vec<Spanned<Measure>>>,
    pub small_places: Option<SmallPlaces>,
    pub policy: Option<Spanned<ThresholdsText>>,
    #[serde(default)]
    pub contact_types: Vec<Word>,
    #[serde(default)]
    pub indicator: Vec<IndicatorText>,
}

/// Thresholds of a table in place of the policy's.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ThresholdsText {
    pub min_patients: Option<u32>,
    pub min_doctors: Option<u32>,
    pub dominance_percent: Option<u32>,
    pub p_percent: Option<u32>,
    pub min_residents: Option<u32>,
    pub saturated_residents: Option<u32>,
    pub width: Option<u32>,
    pub width_percent: Option<u32>,
    pub width_dominance_percent: Option<u32>,
    pub pool_volume: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct IndicatorText {
    pub id: Word,
    pub title: Text,
    pub description: Text,
    pub count: Option<PredicateText>,
    pub share: Option<ShareText>,
    pub days: Option<DaysText>,
    pub per_day: Option<PredicateText>,
    pub by_hour: Option<PredicateText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PredicateText {
    pub contact_types: Spanned<Vec<Word>>,
    #[serde(default)]
    pub with: Vec<Word>,
    #[serde(default)]
    pub without: Vec<Word>,
    pub outside_hours: Option<bool>,
    pub weekend: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ShareText {
    pub numerator: PredicateText,
    pub denominator: PredicateText,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DaysText {
    pub of: PredicateText,
    pub at_least: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ContactTypesText {
    pub id: Word,
    pub title: Text,
    pub description: Text,
    pub source: Text,
    pub uncertainty: Option<Text>,
    pub extends: Option<Word>,
    #[serde(default)]
    pub drop: Vec<Word>,
    pub takster: Option<Word>,
    #[serde(default, rename = "type")]
    pub types: Vec<NamedText>,
    #[serde(default, rename = "sum")]
    pub sums: Vec<SumText>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NamedText {
    pub id: Word,
    pub title: Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SumText {
    pub id: Word,
    pub title: Text,
    pub members: Vec<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FeaturesText {
    pub id: Word,
    pub title: Text,
    pub description: Text,
    pub source: Text,
    pub takster: Word,
    pub feature: Vec<NamedText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AgeGroupsText {
    pub id: Word,
    #[allow(dead_code)]
    pub title: Text,
    pub from: Spanned<Vec<u8>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GeographyText {
    pub id: Word,
    #[allow(dead_code)]
    pub title: Text,
    #[allow(dead_code)]
    pub description: Text,
    pub recoding: Word,
    pub municipalities: Option<Word>,
    pub counties: Option<Word>,
}

/// A dated row of a takst list; the second column is `contact_type` or `feature`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct TakstRow {
    pub takst: String,
    #[serde(alias = "contact_type", alias = "feature")]
    pub means: String,
    pub valid_from: String,
    pub valid_to: String,
}
