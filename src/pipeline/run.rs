//! One run: from a request to a release in its place.
//!
//! In: a [`Request`]. Out: an [`Outcome`](super::Outcome). The steps stand here in their order and nowhere else.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;

use super::Outcome as Done;
use super::commit::{commit, move_latest, recover, sweep};
use super::history::{Commit, History};
use super::layout::{Lock, Out};
use super::name::{Delivered, delivered, release_name, run_hash, unchanged};
use super::stage::{self, Staged};
use super::{Accepted, Mode, PlannedFile, Release, Request, Step, Summary, Watch, gates, whole};
use crate::aggregate::{self, Cells, MonthCompleteness};
use crate::codes::{Geography, practice_types};
use crate::contacts::{self, Contacts, Residents, Volumes, Workspace};
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::gates::{Facts, Outcome, judge};
use crate::load::{Inputs, Scanned};
use crate::protect::{self, Ledger, Protected};
use crate::publish::FEWEST_ROWS;
use crate::publish::files::is_there;
use crate::registers::{self, Linked};

/// Bytes that rows in waiting may take where nothing is said.
const MEMORY: u64 = 1 << 29;

/// The source of residents.
const RESIDENTS: &str = "innbyggere";

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
    let work = Work {
        pipeline: &pipeline,
        geography: &geography,
        as_of: request.as_of,
        memory: request.memory,
        accepted: &request.accepted,
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
    pub out: &'a Out,
    pub watch: &'a dyn Watch,
}

/// Makes the release of some inputs, unless it is there and whole.
pub fn carry_out(work: &Work, inputs: Inputs) -> Result<Done> {
    let (out, pipeline) = (work.out, &work.pipeline.id);
    let plan = Plan::make((work.pipeline, work.as_of, work.accepted), out, inputs, work.watch)?;
    if let Some(done) = plan.done.as_ref().filter(|done| whole::is_whole(out, done)) {
        move_latest(out, &History::read(out)?, pipeline)?;
        return Ok(Done::AlreadyThere(at(out, pipeline, &done.release)?));
    }
    let made = Run { work, plan: &plan }.make();
    let swept = sweep(out);
    made?;
    swept.map_err(|error| stands(&plan.release, error))?;
    Ok(Done::Released(at(out, pipeline, &plan.release)?))
}

/// The failure of what comes after a release is in its place.
fn stands(release: &str, error: Error) -> Error {
    Error::new(error.code, format!("{}. The release {release} stands in its place", error.message))
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

/// Warns of codes that no list knows; how many rows exactly is in the restricted manifest.
fn tell_unknown(unknown: &BTreeMap<(String, String), u64>) {
    for ((source, column), _) in unknown.iter().filter(|(_, rows)| **rows >= FEWEST_ROWS) {
        tracing::warn!(source, column, "rows have codes that no list knows; they count as unknown");
    }
}

/// A run under the lock.
pub struct Run<'a> {
    pub work: &'a Work<'a>,
    pub plan: &'a Plan,
}

impl<'a> Deref for Run<'a> {
    type Target = Work<'a>;
    fn deref(&self) -> &Work<'a> {
        self.work
    }
}

/// What the middle rooms gave: the class of every row, and the cells.
pub struct Counted {
    pub cells: Cells,
    /// Of joined registers, in place of cells.
    pub linked: Linked,
    pub sources: BTreeMap<String, Scanned>,
    /// Rows with a code that no list knows, by source and column.
    pub unknown: BTreeMap<(String, String), u64>,
    pub completeness: Vec<MonthCompleteness>,
    /// What every gate found.
    pub gates: Vec<Outcome>,
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

    /// From files to cells; stops where a gate closes.
    fn count(&self, ledger: &Ledger) -> Result<Counted> {
        let (pipeline, geography) = (self.pipeline, self.geography);
        let (contacts, residents, mut counted) = self.read()?;
        self.pass_gates(&mut counted, &contacts)?;
        self.watch.step(Step::Count);
        if pipeline.is_joined() {
            return Ok(counted);
        }
        let run = aggregate::Run { contacts: &contacts, residents: &residents, pipeline, geography, as_of: self.as_of };
        let cells = aggregate::count(&run)?;
        let pools = protect::choose_pools(&cells, pipeline, geography, ledger)?;
        counted.cells = aggregate::with_pools(cells, &pools, &run)?;
        Ok(counted)
    }

    /// From files to contacts, residents and joined registers, and the class of every row.
    pub(super) fn read(&self) -> Result<(Contacts, Residents, Counted)> {
        self.watch.step(Step::Contacts);
        let scratch = self.out.staging().join("scratch");
        let memory = self.memory.unwrap_or(MEMORY) as usize;
        let workspace = Workspace { scratch: &scratch, memory };
        let (contacts, books) = contacts::build(&self.plan.inputs, self.pipeline, self.geography, workspace)?;
        self.watch.step(Step::Residents);
        let mut sources = books.sources;
        let residents = self.residents(&mut sources)?;
        let mut linked = self.link(&contacts, &residents)?;
        sources.append(&mut linked.sources);
        unchanged(&self.plan.delivered)?;
        tell_unknown(&books.unknown);
        gates::balance(&sources)?;
        let counted = Counted {
            cells: Cells { tables: Vec::new() },
            linked,
            sources,
            unknown: books.unknown,
            completeness: aggregate::completeness(&contacts.delays, self.as_of),
            gates: Vec::new(),
        };
        Ok((contacts, residents, counted))
    }

    /// Registers joined with contacts, where the tables are made of them.
    fn link(&self, contacts: &Contacts, residents: &Residents) -> Result<Linked> {
        if !self.pipeline.is_joined() {
            return Ok(Linked::default());
        }
        self.watch.step(Step::Link);
        registers::link(&registers::Run {
            inputs: &self.plan.inputs,
            contacts,
            residents,
            pipeline: self.pipeline,
            geography: self.geography,
            as_of: self.as_of,
        })
    }

    /// Residents, where a rate needs them.
    fn residents(&self, sources: &mut BTreeMap<String, Scanned>) -> Result<Residents> {
        if !self.pipeline.sources.iter().any(|used| used.source == RESIDENTS) {
            return Ok(Residents::default());
        }
        let (residents, scanned) = contacts::residents(&self.plan.inputs, self.pipeline, self.geography)?;
        sources.insert(RESIDENTS.into(), scanned);
        Ok(residents)
    }

    /// Asks every gate; keeps the rejects and the accounting of a run that one of them stops.
    pub(super) fn pass_gates(&self, counted: &mut Counted, contacts: &Contacts) -> Result<()> {
        let places = self.geography.municipalities.len();
        let facts = Facts {
            pipeline: self.pipeline,
            geography: self.geography,
            sources: &counted.sources,
            unknown: &counted.unknown,
            volumes: &Volumes::of(contacts, practice_types().len(), places),
            completeness: &counted.completeness,
            as_of: self.as_of,
        };
        counted.gates = judge(&facts, &self.accepted.gates);
        let Some(message) = gates::tell(&counted.gates) else { return Ok(()) };
        let kept = stage::keep_failed(self, counted)?;
        let kept = format!("; the rejected rows and the accounting are kept in {}", kept.display());
        Err(Error::gate(message + &kept))
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
