//! The release being built, beside the ones in place.
//!
//! In: what the rooms gave. Out: `staging/public` and `staging/restricted`, complete, audited and
//! ready to be renamed; or, where a gate closed, the rejects under `restricted/failed/`.

use std::fs;
use std::path::{Path, PathBuf};

use super::history::LEDGER;
use super::layout::Out;
use super::middle::Counted;
use super::run::Run;
use super::{Watch, rejects};
use crate::aggregate::MonthCompleteness;
use crate::audit;
use crate::domain::{Error, Period, PeriodKind, Result};
use crate::gates::Outcome;
use crate::protect::Protected;
use crate::publish::files::{Area, cannot_write, is_there, make_folder, write_file};
use crate::publish::{
    self, AuditVerdict, FileRecord, GateRecord, MonthShare, ReleaseContext, SourceRecord, Written, json_bytes,
};

/// Target of events for monitors alone.
pub const STAGE: &str = "stage";

/// Name of the audit's report in a release's restricted folder.
const AUDIT: &str = "audit.json";

/// What was found on the way when registers were joined: overlapping rows, discharges left out.
const NOTES: &str = "joined.json";

/// Makes the folders of a release being built. They are the owner's alone until it is audited.
pub fn make_folders(out: &Out) -> Result<()> {
    let staging = out.staging();
    make_folder(&staging, Area::Restricted)?;
    make_folder(&staging.join("public"), Area::Public)?;
    make_folder(&staging.join("restricted"), Area::Restricted)?;
    make_folder(&staging.join("scratch"), Area::Restricted)
}

/// A release that is written but not in place.
pub struct Staged<'a> {
    run: &'a Run<'a>,
    context: ReleaseContext<'a>,
    written: Written,
}

impl<'a> Staged<'a> {
    /// Writes everything but the manifests' last word.
    pub fn write(run: &'a Run<'a>, protected: &Protected, counted: &Counted) -> Result<Self> {
        let staging = run.out.staging();
        let context = context(run, counted);
        let mut written = publish::write(protected, &context, &staging)?;
        let restricted = staging.join("restricted");
        written.restricted.push(write_file(&restricted, LEDGER, Area::Restricted, &protected.ledger().to_bytes())?);
        for (source, scanned) in &counted.sources {
            written.restricted.extend(rejects::write(source, scanned, &context.release, &restricted)?);
        }
        let linked = &counted.linked;
        written.restricted.extend(publish::write_practices(&linked.practices, &context, &restricted)?);
        if !linked.notes.is_empty() {
            let notes = json_bytes(&serde_json::json!(linked.notes));
            written.restricted.push(write_file(&restricted, NOTES, Area::Restricted, &notes)?);
        }
        Ok(Staged { run, context, written })
    }

    /// One event a table and source, for monitors: what the public manifest holds of them.
    pub fn tell_tables(&self) {
        for source in &self.context.sources {
            let rows = publish::public_account(&source.total(), None).rows;
            tracing::info!(target: STAGE, source = source.source, rows, "source");
        }
        for table in &self.written.tables {
            tracing::info!(target: STAGE, table = table.id, cells = table.cells, hidden_cells = table.hidden, "table");
        }
    }

    /// Attacks the staged public files together with those of earlier releases, and keeps the
    /// report. What must stay hidden and can be found out stops the run.
    pub fn audit(&mut self, earlier: &[PathBuf]) -> Result<AuditVerdict> {
        let staging = self.run.out.staging();
        let restricted = staging.join("restricted");
        let report = audit::audit(&staging.join("public"), earlier, Some(&restricted))?;
        let text = serde_json::to_value(&report).map_err(|_| Error::bug("the audit's report is no JSON"))?;
        self.written.restricted.push(write_file(&restricted, AUDIT, Area::Restricted, &json_bytes(&text))?);
        if report.verdict != audit::Verdict::Clean {
            return Err(Error::protection(format!(
                "the audit found out what must stay hidden; nothing was published. The report is kept in {}: \
                 please report it, or try a stricter policy",
                keep_report(self.run, &report.in_words())?.display()
            )));
        }
        Ok(AuditVerdict { verdict: "clean", hidden_cells: report.hidden, wasted_cells: report.wasted })
    }

    /// Writes the manifests and the log; gives the state of the ledger that the release leaves.
    pub fn finish(self, verdict: &AuditVerdict, watch: &dyn Watch) -> Result<String> {
        let staging = self.run.out.staging();
        let state = self.written.finish(&self.context, verdict, &staging)?;
        write_file(&staging.join("restricted"), "log.jsonl", Area::Restricted, &watch.log_so_far())?;
        Ok(state)
    }
}

/// Keeps the report of an audit that forbade the release, and beside it what was refused, for
/// the owner's eyes: the audit can be made again there.
fn keep_report(run: &Run, report: &str) -> Result<PathBuf> {
    let staged = run.out.staging().join("failed");
    make_folder(&staged, Area::Restricted)?;
    for part in ["public", "restricted"] {
        let (from, to) = (run.out.staging().join(part), staged.join(part));
        fs::rename(&from, &to).map_err(|error| cannot_write(&to, &error))?;
    }
    write_file(&staged, "audit.txt", Area::Restricted, report.as_bytes())?;
    put_failed(run, &staged)
}

/// Keeps the rejects of a run that a gate stopped, with the accounting by file.
pub fn keep_failed(run: &Run, counted: &Counted) -> Result<PathBuf> {
    let staged = run.out.staging().join("failed");
    make_folder(&staged, Area::Restricted)?;
    let mut written = Vec::new();
    for (source, scanned) in &counted.sources {
        written.extend(rejects::write(source, scanned, &run.plan.release, &staged)?);
    }
    let manifest = publish::restricted_manifest(&context(run, counted), &written);
    write_file(&staged, "manifest.json", Area::Restricted, &manifest)?;
    put_failed(run, &staged)
}

/// Puts what is kept of a failed run under restricted/failed/, in place of an earlier one's.
fn put_failed(run: &Run, staged: &Path) -> Result<PathBuf> {
    write_file(staged, "log.jsonl", Area::Restricted, &run.watch.log_so_far())?;
    make_folder(&run.out.failed(), Area::Restricted)?;
    let place = run.out.failed().join(&run.plan.release);
    let is_taken = is_there(&place)?;
    let put = || {
        if is_taken {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(staged, &place)
    };
    put().map_err(|error| cannot_write(&place, &error))?;
    Ok(place)
}

pub(super) fn context<'a>(run: &Run<'a>, counted: &Counted) -> ReleaseContext<'a> {
    let source = |source: &str| {
        let scanned = counted.sources.get(source)?;
        let files = scanned.files.iter().zip(&scanned.tally.files);
        let files = files.map(|(file, tally)| FileRecord {
            name: file.name.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            tally: tally.clone(),
        });
        Some(SourceRecord { source: source.to_string(), files: files.collect() })
    };
    ReleaseContext {
        release: run.plan.release.clone(),
        pipeline: run.pipeline,
        geography: run.geography,
        as_of: run.as_of,
        sources: run.pipeline.sources.iter().filter_map(|used| source(&used.source)).collect(),
        completeness: counted.completeness.iter().filter(|month| is_provisional(month, run)).map(share).collect(),
        previous: run.plan.before.of(&run.pipeline.id).next_back().map(|commit| commit.release.clone()),
        run: run.plan.run.clone(),
        ledger_before: run.plan.before.state().to_string(),
        against: None,
        gates: counted.gates.iter().map(gate).collect(),
        accepted: serde_json::json!(run.accepted),
        unknown_codes: counted.unknown.iter().map(|((source, column), n)| (format!("{source}.{column}"), *n)).collect(),
    }
}

fn gate(of: &Outcome) -> GateRecord {
    GateRecord {
        gate: of.gate.name(),
        result: serde_json::json!(of.verdict),
        found: serde_json::json!({ "value": of.value, "limits": of.limits, "at": of.at }),
    }
}

fn is_provisional(month: &MonthCompleteness, run: &Run) -> bool {
    !Period { kind: PeriodKind::Month, first: month.month }.is_final(run.as_of)
}

fn share(of: &MonthCompleteness) -> MonthShare {
    MonthShare { month: of.month, contacts: of.contacts, share: of.share }
}
