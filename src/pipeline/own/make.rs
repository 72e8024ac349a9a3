//! The steps from a delivery to a table of one's own in its place.
//!
//! In: the definition, the releases it is held beside, the files. Out: the table's release. All tables
//! together are attacked from public files of their own, made for that and removed again, before
//! the table alone is put in place.

use std::fs;
use std::path::Path;

use super::super::commit::{commit, sweep};
use super::super::history::{Commit, History};
use super::super::layout::Out;
use super::super::middle::Counted;
use super::super::name::{Delivered, run_hash};
use super::super::run::{Plan, Run, Work, at};
use super::super::stage::{context, make_folders};
use super::super::stated::Against;
use super::super::{Accepted, Outcome, Step, Watch, rejects, whole};
use super::company::Company;
use super::joint::{Counting, Joint};
use super::published::Published;
use super::{name_of, state};
use crate::audit;
use crate::codes::{Geography, practice_types};
use crate::contacts::Volumes;
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::load::Inputs;
use crate::publish::files::{Area, WrittenFile, cannot_write, make_folder, write_file};
use crate::publish::{self, AuditVerdict, ReleaseContext, json_bytes};

/// Name of the audit's report in the restricted folder.
const AUDIT: &str = "audit.json";

/// A table to be made.
pub struct Making<'a> {
    pub definition: &'a Pipeline,
    pub published: &'a [Published],
    /// Days since 1970-01-01.
    pub as_of: i32,
    pub memory: Option<u64>,
    pub out: &'a Out,
    pub watch: &'a dyn Watch,
}

impl Making<'_> {
    /// Makes the table, unless it is there and whole.
    pub fn carry_out(&self, inputs: Inputs, delivered: Vec<Delivered>) -> Result<Outcome> {
        let company = Company::of(self.definition, self.published)?;
        let run = run_hash(self.definition, self.as_of, &delivered, &Accepted::default());
        let release = name_of(self.definition, self.as_of, &run, &self.against());
        let history = History::read(self.out)?;
        let done = history.releases.iter().find(|commit| commit.release == release).cloned();
        if done.as_ref().is_some_and(|done| whole::is_whole(self.out, done)) {
            return Ok(Outcome::AlreadyThere(at(self.out, &self.definition.id, &release)?));
        }
        let before = History::default();
        let plan = Plan { inputs, delivered, run, release, before, done };
        let made = self.make(&company, &plan);
        let swept = sweep(self.out);
        made.and(swept)?;
        Ok(Outcome::Released(at(self.out, &self.definition.id, &plan.release)?))
    }

    fn against(&self) -> Vec<Against> {
        self.published.iter().map(|published| published.name.clone()).collect()
    }

    fn make(&self, company: &Company<'_>, plan: &Plan) -> Result<()> {
        let definition = Pipeline { sources: company.sources.clone(), ..self.definition.clone() };
        let reading = company.reading(&definition);
        make_folders(self.out)?;
        let read = self.work(&reading, &company.meeting.geography);
        let (contacts, residents, mut counted) = self.run(&read, plan).read()?;
        let counting =
            Counting { company, own: &definition, contacts: &contacts, residents: &residents, as_of: self.as_of };
        let own = &company.parts[company.own];
        let work = self.work(&definition, &own.geography);
        let run = self.run(&work, plan);
        let places = own.geography.municipalities.len();
        let volumes = Volumes::of(&counting.regrouped(own).0, practice_types().len(), places);
        run.pass_gates(&mut counted, &volumes)?;
        self.watch.step(Step::Count);
        self.watch.step(Step::Protect);
        let joint = counting.protect()?;
        self.watch.step(Step::Audit);
        let verdict = self.attack(&run, (&joint, company), &counted)?;
        self.watch.step(Step::Write);
        let after = self.write(&run, &joint, &counted, &verdict)?;
        self.watch.step(Step::Commit);
        commit(self.out, self.entry(plan, after))
    }

    fn work<'w>(&'w self, pipeline: &'w Pipeline, geography: &'w Geography) -> Work<'w> {
        const ACCEPTED: &Accepted = &Accepted { gates: Vec::new(), reason: String::new() };
        let (as_of, memory, accepted, out, watch) = (self.as_of, self.memory, ACCEPTED, self.out, self.watch);
        Work { pipeline, geography, as_of, memory, accepted, stage: None, out, watch }
    }

    fn run<'w>(&self, work: &'w Work<'w>, plan: &'w Plan) -> Run<'w> {
        Run { work, plan, scratch: self.out.staging().join("scratch") }
    }

    /// Writes all tables together as if they were published by the values of today, and attacks them.
    fn attack(
        &self,
        run: &Run<'_>,
        (joint, company): (&Joint, &Company<'_>),
        counted: &Counted,
    ) -> Result<AuditVerdict> {
        let staging = self.out.staging().join("joint");
        let mut contexts = Vec::new();
        for (at, part) in company.parts.iter().enumerate() {
            let first = company.first(at);
            let of = ReleaseContext { pipeline: &joint.pipeline, geography: &part.geography, ..context(run, counted) };
            contexts.push((of, first..first + part.pipeline.tables.len()));
        }
        publish::write_together(&joint.together, &contexts, &staging)?;
        let report = audit::audit(&staging.join("public"), &[], Some(&staging.join("restricted")))?;
        let text = serde_json::to_value(&report).map_err(|_| Error::bug("the audit's report is no JSON"))?;
        write_file(&self.out.staging(), AUDIT, Area::Restricted, &json_bytes(&text))?;
        fs::remove_dir_all(&staging).map_err(|error| cannot_write(&staging, &error))?;
        if report.verdict != audit::Verdict::Clean {
            let kept = self.out.failed().join(&run.plan.release);
            make_folder(&kept, Area::Restricted)?;
            write_file(&kept, "audit.txt", Area::Restricted, report.in_words().as_bytes())?;
            return Err(Error::protection(format!(
                "beside what is published the table would tell what must stay hidden, or it could not be shown that it \
                 does not; nothing was made: ask for fewer categories, longer periods or larger places. The audit's \
                 report is kept in {}",
                kept.display()
            )));
        }
        Ok(AuditVerdict { verdict: "clean", hidden_cells: report.hidden, wasted_cells: report.wasted })
    }

    /// Writes the table alone, with the proof of the whole; gives the hash of its restricted manifest.
    fn write(&self, run: &Run<'_>, joint: &Joint, counted: &Counted, verdict: &AuditVerdict) -> Result<String> {
        let staging = self.out.staging();
        let restricted = staging.join("restricted");
        // What is written points into the tables of all.
        let context = ReleaseContext {
            pipeline: &joint.pipeline,
            against: Some(serde_json::json!(self.against())),
            ..context(run, counted)
        };
        let mut written = publish::write(&joint.own, &context, &staging)?;
        for (source, scanned) in &counted.sources {
            written.restricted.extend(rejects::write(source, scanned, &context.release, &restricted)?);
        }
        written.restricted.push(self.keep_report(&staging, &restricted)?);
        let after = written.finish(&context, verdict, &staging)?;
        write_file(&restricted, "log.jsonl", Area::Restricted, &self.watch.log_so_far())?;
        Ok(after)
    }

    fn keep_report(&self, staging: &Path, restricted: &Path) -> Result<WrittenFile> {
        let report = staging.join(AUDIT);
        let bytes = fs::read(&report).map_err(|error| cannot_write(&report, &error))?;
        write_file(restricted, AUDIT, Area::Restricted, &bytes)
    }

    fn entry(&self, plan: &Plan, ledger_after: String) -> Commit {
        Commit {
            release: plan.release.clone(),
            pipeline: self.definition.id.clone(),
            as_of: self.as_of,
            run: plan.run.clone(),
            ledger_before: state(&self.against()),
            ledger_after,
            is_own: true,
        }
    }
}
