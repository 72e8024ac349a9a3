//! The gates that a delivery passes before anything is published, and their thresholds.
//!
//! In: the table `[gates]` of a definition. Out: [`Gates`], complete: what is not written has its
//! default. Sees no data.
//!
//! By default the gates note and do not stop: what is usual differs from country to country and
//! from delivery to delivery, and a threshold that stops is the operator's to set. The one that
//! stops by itself is the limit of rejects.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::fault::Written;
use crate::domain::Result;

/// A gate, by its permanent name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateId {
    /// Largest share of a file's rows that was rejected. Its `stop` is the definition's `reject-limit`.
    RejectedRows,
    /// Number of sources whose files hold no row.
    EmptySource,
    /// Number of months, of services with at least 100 contacts a month, that have none and should.
    MissingMonth,
    /// Share by which a service's last month differs from the mean of the three before (of at least 1 000).
    MonthBefore,
    /// Share by which a service's last month differs from the same month of the year before (of at least 1 000).
    LastYear,
    /// Share by which a last month, at the completeness that the delay curve promises, falls short
    /// of the months before (of at least 1 000).
    Completeness,
    /// Number of municipalities without a contact in the last month, with at least 200 a month before.
    SilentMunicipality,
    /// Number of practice types without a contact in the last month, with at least 200 a month before.
    SilentPracticeType,
    /// Largest share of a source's rows with a code that no list knows.
    UnknownCodes,
}

impl GateId {
    pub const ALL: [GateId; 9] = [
        GateId::RejectedRows,
        GateId::EmptySource,
        GateId::MissingMonth,
        GateId::MonthBefore,
        GateId::LastYear,
        GateId::Completeness,
        GateId::SilentMunicipality,
        GateId::SilentPracticeType,
        GateId::UnknownCodes,
    ];

    pub fn name(self) -> &'static str {
        match self {
            GateId::RejectedRows => "rejected-rows",
            GateId::EmptySource => "empty-source",
            GateId::MissingMonth => "missing-month",
            GateId::MonthBefore => "month-before",
            GateId::LastYear => "last-year",
            GateId::Completeness => "completeness",
            GateId::SilentMunicipality => "silent-municipality",
            GateId::SilentPracticeType => "silent-practice-type",
            GateId::UnknownCodes => "unknown-codes",
        }
    }

    /// Above which a finding is noted, where a definition does not say.
    fn note(self) -> Option<f64> {
        match self {
            GateId::RejectedRows => None,
            GateId::EmptySource | GateId::MissingMonth => Some(0.0),
            GateId::SilentMunicipality | GateId::SilentPracticeType => Some(0.0),
            GateId::MonthBefore | GateId::LastYear => Some(0.3),
            GateId::Completeness => Some(0.15),
            GateId::UnknownCodes => Some(0.02),
        }
    }
}

impl FromStr for GateId {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let known = || GateId::ALL.map(GateId::name).join(", ");
        let found = GateId::ALL.into_iter().find(|gate| gate.name() == text);
        found.ok_or_else(|| format!("no such gate; the gates are {}", known()))
    }
}

/// Above which a gate notes, and above which it stops the run; none: never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Limits {
    pub note: Option<f64>,
    pub stop: Option<f64>,
}

/// The limits of every gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Gates(BTreeMap<GateId, Limits>);

impl Gates {
    /// The defaults, with a limit of rejects.
    pub fn with_reject_limit(limit: f64) -> Self {
        let of = |gate: GateId| {
            let stop = (gate == GateId::RejectedRows).then_some(limit);
            (gate, Limits { note: gate.note(), stop })
        };
        Gates(GateId::ALL.into_iter().map(of).collect())
    }
    pub fn of(&self, gate: GateId) -> Limits {
        self.0.get(&gate).copied().unwrap_or_default()
    }
}

/// What a definition writes of a gate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LimitsText {
    note: Option<Spanned<f64>>,
    stop: Option<Spanned<f64>>,
}

/// The gates of a definition.
///
/// # Errors
/// A limit that is no number from 0 on, or a second limit of rejects.
pub(super) fn gates(written: &Written<'_>, texts: BTreeMap<GateId, LimitsText>, reject_limit: f64) -> Result<Gates> {
    let mut gates = Gates::with_reject_limit(reject_limit);
    for (gate, text) in texts {
        let limit = |word: &Spanned<f64>| match *word.get_ref() {
            limit if limit >= 0.0 && limit.is_finite() => Ok(limit),
            _ => Err(written.at_word(word, "expected a number from 0 on (a share of 0.3 is 30 percent)")),
        };
        if let (GateId::RejectedRows, Some(stop)) = (gate, &text.stop) {
            return Err(written.at_word(stop, "the limit of rejects is reject-limit, at the top; set that"));
        }
        let limits = gates.0.entry(gate).or_default();
        if let Some(note) = &text.note {
            limits.note = Some(limit(note)?);
        }
        if let Some(stop) = &text.stop {
            limits.stop = Some(limit(stop)?);
        }
    }
    Ok(gates)
}
