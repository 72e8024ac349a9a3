//! The gates between counting and publishing: is this delivery what was expected?
//!
//! In: the class of every row, counts of contacts by month, the limits of the definition. Out: an
//! [`Outcome`] for every gate: passed, noted, stopped, or accepted by an operator. It reads no
//! file and stops nothing itself; places and months are named, never a row.

mod delivery;
#[cfg(test)]
mod tests;
mod volume;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aggregate::MonthCompleteness;
use crate::codes::Geography;
use crate::contacts::Volumes;
use crate::definition::{GateId, Limits, Pipeline};
use crate::load::Scanned;

/// What the gates look at.
pub struct Facts<'a> {
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    pub sources: &'a BTreeMap<String, Scanned>,
    /// Rows with a code that no list knows, by source and column.
    pub unknown: &'a BTreeMap<(String, String), u64>,
    pub volumes: &'a Volumes,
    pub completeness: &'a [MonthCompleteness],
    /// Days since 1970-01-01.
    pub as_of: i32,
}

/// What a gate found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub gate: GateId,
    pub verdict: Verdict,
    /// In the gate's own unit (see [`GateId`]); none where there was nothing to judge.
    pub value: Option<f64>,
    pub limits: Limits,
    /// Files, columns, months, services or places that the value rests on.
    pub at: Vec<String>,
}

/// What a finding leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Passed,
    Noted,
    /// Over the limit that stops, and let through by an operator.
    Accepted,
    Stopped,
    /// There was nothing to hold the delivery beside.
    NotJudged,
}

/// A gate's measure.
#[derive(Debug, Clone, Default, PartialEq)]
struct Measured {
    value: Option<f64>,
    at: Vec<String>,
}

/// Judges every gate; those in `accepted` let through what they would stop.
pub fn judge(facts: &Facts, accepted: &[GateId]) -> Vec<Outcome> {
    let of = |gate: GateId| {
        let (measured, limits) = (measure(gate, facts), facts.pipeline.gates.of(gate));
        let verdict = verdict(gate, &measured, limits, accepted);
        Outcome { gate, verdict, value: measured.value, limits, at: measured.at }
    };
    GateId::ALL.into_iter().map(of).collect()
}

fn measure(gate: GateId, facts: &Facts) -> Measured {
    match gate {
        GateId::RejectedRows => delivery::rejected(facts),
        GateId::EmptySource => delivery::empty_sources(facts),
        GateId::UnknownCodes => delivery::unknown_codes(facts),
        GateId::MissingMonth => volume::missing_months(facts),
        GateId::MonthBefore => volume::month_before(facts),
        GateId::LastYear => volume::last_year(facts),
        GateId::Completeness => volume::completeness(facts),
        GateId::SilentMunicipality => volume::silent_municipalities(facts),
        GateId::SilentPracticeType => volume::silent_practice_types(facts),
    }
}

fn verdict(gate: GateId, measured: &Measured, limits: Limits, accepted: &[GateId]) -> Verdict {
    let Some(value) = measured.value else { return Verdict::NotJudged };
    let over = |limit: Option<f64>| limit.is_some_and(|limit| value > limit);
    // The limit of rejects is judged file by file, in whole rows.
    let is_over = if gate == GateId::RejectedRows { !measured.at.is_empty() } else { over(limits.stop) };
    match (is_over, over(limits.note)) {
        (true, _) if accepted.contains(&gate) => Verdict::Accepted,
        (true, _) => Verdict::Stopped,
        (false, true) => Verdict::Noted,
        (false, false) => Verdict::Passed,
    }
}

impl Outcome {
    /// What stopped the run, with the places; no count.
    pub fn in_words(&self) -> String {
        if self.gate == GateId::RejectedRows {
            let limit = self.limits.stop.unwrap_or_default() * 100.0;
            return format!("more rows than the limit of {limit} % were rejected in {}", self.at.join(", "));
        }
        let more = if self.at.len() > 5 { ", …" } else { "" };
        let at: Vec<&str> = self.at.iter().take(5).map(String::as_str).collect();
        format!("the gate {} is closed: {}{more}", self.gate.name(), at.join(", "))
    }
}
