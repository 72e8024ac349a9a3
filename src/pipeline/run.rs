//! One run: from a request to a release in its place.
//!
//! In: a [`Request`]. Out: an [`Outcome`](super::Outcome). The steps stand here in their order and nowhere else.

use std::ops::Deref;
use std::path::PathBuf;

use super::Outcome as Done;
use super::commit::{commit, move_latest, recover, sweep};
use super::hashes;
use super::history::{Commit, History};
use super::layout::{Lock, Out};
use super::middle::Counted;
use super::name::{Delivered, delivered, release_name, run_hash};
use super::stage::{self, Staged};
use super::{Accepted, Mode, PlannedFile, Release, Request, Step, Summary, Watch, whole};
use crate::codes::Geography;
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::load::Inputs;
use crate::protect::{self, Ledger, Protected};
use crate::publish::files::is_there;
use crate::stage::Stage;

/// Does what was asked for.
///
/// # Errors
/// Every class of failure of the specification; whichever it is, the last release stands.
pub fn run(request: &Request, watch: &dyn Watch) -> Result<Done> {
    let pipeline = Pipeline::read(&request.pipeline)?;
    let geography = pipeline.release_geography()?;
    let out = Out::at(&request.out);
    watch.step(Step::Open);
    let inputs = open(request, &pipeline)?;
    if request.mode == Mode::DryRun {
        return dry_run(request, &pipeline, &out, inputs, watch);
    }
    out.make()?;
    let _lock = Lock::take(&out, request.wait)?;
    recover(&out)?;
    let stage = open_stage(request, &out)?;
    let work = Work {
        pipeline: &pipeline,
        geography: &geography,
        as_of: request.as_of,
        memory: request.memory,
        accepted: &request.accepted,
        stage: stage.as_ref(),
        out: &out,
        watch,
    };
    carry_out(&work, inputs)
}

/// What a release is to be made with, under the lock.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    /// Days since 1970-01-01.
    pub as_of: i32,
    /// Bytes that rows in waiting may take.
    pub memory: Option<u64>,
    pub accepted: &'a Accepted,
    /// What is kept from night to night; none: everything is made anew.
    pub stage: Option<&'a Stage>,
    pub out: &'a Out,
    pub watch: &'a dyn Watch,
}

/// Makes the release of some inputs, unless it is there and whole.
pub fn carry_out(work: &Work, inputs: Inputs) -> Result<Done> {
    hashes::recall(work, &inputs);
    let plan = Plan::make((work.pipeline, work.as_of, work.accepted), work.out, inputs, work.watch)?;
    let done = find_or_make(work, &plan);
    if done.is_err() {
        hashes::forget(work);
    }
    done
}

fn find_or_make(work: &Work, plan: &Plan) -> Result<Done> {
    let (out, pipeline) = (work.out, &work.pipeline.id);
    if let Some(done) = plan.done.as_ref().filter(|done| whole::is_whole(out, done)) {
        move_latest(out, &History::read(out)?, pipeline)?;
        hashes::note(work, &plan.inputs);
        return Ok(Done::AlreadyThere(at(out, pipeline, &done.release)?));
    }
    let made = Run { work, plan, scratch: out.staging().join("scratch") }.make();
    let swept = sweep(out);
    made?;
    swept.map_err(|error| stands(&plan.release, error))?;
    Ok(Done::Released(at(out, pipeline, &plan.release)?))
}

/// The failure of what comes after a release is in its place.
fn stands(release: &str, error: Error) -> Error {
    Error::new(error.code, format!("{}. The release {release} stands in its place", error.message))
}

fn open_stage(request: &Request, out: &Out) -> Result<Option<Stage>> {
    let Some(folder) = &request.stage else { return Ok(None) };
    out.may_stage(folder)?;
    Stage::open(folder)
}

/// Finds the files of the delivery before anything is made.
pub(super) fn open(request: &Request, pipeline: &Pipeline) -> Result<Inputs> {
    if !request.delivery.is_dir() {
        return Err(Error::input(format!(
            "{}: no such folder; give --delivery the folder with the files delivered",
            request.delivery.display()
        )));
    }
    Inputs::open(&request.delivery, pipeline, request.as_of)
}

/// What a run is going to do, complete before anything is counted.
pub struct Plan {
    pub inputs: Inputs,
    pub delivered: Vec<Delivered>,
    pub run: String,
    pub release: String,
    /// The releases before this one.
    pub before: History,
    /// The release made from the same things earlier.
    pub done: Option<Commit>,
}

impl Plan {
    fn make(
        (pipeline, as_of, accepted): (&Pipeline, i32, &Accepted),
        out: &Out,
        inputs: Inputs,
        watch: &dyn Watch,
    ) -> Result<Self> {
        watch.step(Step::Hash);
        let delivered = delivered(&inputs)?;
        let run = run_hash(pipeline, as_of, &delivered, accepted);
        let history = History::read(out)?;
        let done = history.find(&run).cloned();
        let before = history.before(done.as_ref());
        let release = release_name(pipeline, as_of, &run, before.state());
        Ok(Plan { inputs, delivered, run, release, before, done })
    }
}

/// Says what would be done; takes no lock and writes nothing.
fn dry_run(request: &Request, pipeline: &Pipeline, out: &Out, inputs: Inputs, watch: &dyn Watch) -> Result<Done> {
    let plan = Plan::make((pipeline, request.as_of, &request.accepted), out, inputs, watch)?;
    if plan.done.as_ref().is_some_and(|done| whole::is_whole(out, done)) {
        return Ok(Done::WouldDoNothing { release: plan.release });
    }
    let planned = |file: Delivered| PlannedFile { source: file.source, name: file.name, bytes: file.bytes };
    Ok(Done::WouldRelease { release: plan.release, files: plan.delivered.into_iter().map(planned).collect() })
}

pub(super) fn at(out: &Out, pipeline: &str, release: &str) -> Result<Release> {
    let public = out.release(release);
    let latest = out.latest().join(pipeline);
    let summary = Summary::read(&public)?;
    let is_withdrawn = History::read(out)?.is_withdrawn(release);
    Ok(Release {
        release: release.into(),
        restricted: out.restricted_of(release),
        public,
        latest,
        is_withdrawn,
        summary,
    })
}

/// A run under the lock.
pub struct Run<'a> {
    pub work: &'a Work<'a>,
    pub plan: &'a Plan,
    /// Where rows wait.
    pub scratch: PathBuf,
}

impl<'a> Deref for Run<'a> {
    type Target = Work<'a>;
    fn deref(&self) -> &Work<'a> {
        self.work
    }
}

impl Run<'_> {
    fn make(&self) -> Result<()> {
        let ledger = self.plan.before.ledger(self.out)?;
        let ledger = ledger.map_or_else(|| Ok(Ledger::default()), |bytes| Ledger::from_bytes(&bytes))?;
        stage::make_folders(self.out)?;
        let counted = self.count(&ledger)?;
        self.watch.step(Step::Protect);
        let protected = self.protect(&counted, &ledger)?;
        self.watch.step(Step::Write);
        let mut staged = Staged::write(self, &protected, &counted)?;
        staged.tell_tables();
        self.watch.step(Step::Audit);
        let verdict = staged.audit(&self.earlier()?)?;
        let ledger_after = staged.finish(&verdict, self.watch)?;
        self.watch.step(Step::Commit);
        commit(self.out, self.entry(ledger_after))
    }

    fn protect(&self, counted: &Counted, ledger: &Ledger) -> Result<Protected> {
        let (pipeline, geography, as_of) = (self.pipeline, self.geography, self.as_of);
        match pipeline.is_joined() {
            true => protect::protect_joined(&counted.linked.tables, pipeline, geography, as_of, ledger),
            false => protect::protect(&counted.cells, pipeline, geography, as_of, ledger),
        }
    }

    /// Public folders of the earlier releases of this pipeline, and of the newest of every other, which
    /// an attacker has seen, as far as they are still there.
    fn earlier(&self) -> Result<Vec<PathBuf>> {
        let before = &self.plan.before;
        let commits = before.of(&self.pipeline.id).chain(before.newest_but(&self.pipeline.id));
        let folders = commits.map(|commit| self.out.release(&commit.release));
        let mut standing = Vec::new();
        for folder in folders {
            if is_there(&folder.join("manifest.json"))? {
                standing.push(folder);
            }
        }
        Ok(standing)
    }

    fn entry(&self, ledger_after: String) -> Commit {
        Commit {
            release: self.plan.release.clone(),
            pipeline: self.pipeline.id.clone(),
            as_of: self.as_of,
            run: self.plan.run.clone(),
            ledger_before: self.plan.before.state().to_string(),
            ledger_after,
            is_own: false,
        }
    }
}
