//! A researcher's own table: counted as a run counts, protected beside what is published, put into
//! a folder of the researcher's.
//!
//! In: a definition, a delivery, an as-of day, public folders of releases. Out: a release of its own,
//! whole or not at all, whose manifest says what it was held beside. It never moves `latest`, and
//! never enters a ledger: what later releases say together with it is for them to find out
//! (README.md beside this file says what was chosen).

mod company;
mod joint;
mod make;
mod published;

use std::path::PathBuf;
use std::time::Duration;

use super::commit::recover;
use super::history::History;
use super::layout::{Lock, Out};
use super::name::{delivered, release_name, run_hash};
use super::run::open;
use super::stated::{Against, Stated};
use super::{Accepted, Mode, Outcome, Reproduction, Request, Step, Watch};
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::load::Inputs;
use crate::publish::files::{Area, make_folder, sha256};
use company::Company;
use make::Making;
use published::Published;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct OwnRequest {
    pub definition: Pipeline,
    pub delivery: PathBuf,
    /// Days since 1970-01-01.
    pub as_of: i32,
    /// The researcher's folder.
    pub out: PathBuf,
    /// Public folders of releases to hold the table beside.
    pub against: Vec<PathBuf>,
    /// Bytes that rows in waiting may take.
    pub memory: Option<u64>,
    pub wait: Option<Duration>,
}

/// Makes the table, unless it is there and whole. It is held beside the releases given and beside
/// the tables made in the same folder before.
///
/// # Errors
/// Every class of failure of a run; whichever it is, nothing is left.
pub fn own_table(asked: &OwnRequest, watch: &dyn Watch) -> Result<Outcome> {
    watch.step(Step::Open);
    let out = Out::at(&asked.out);
    let mut published = asked.against.iter().map(|folder| Published::read(folder)).collect::<Result<Vec<_>>>()?;
    is_apart(&out)?;
    if published.is_empty() {
        tracing::warn!("held beside nothing: what is published may give the table's hidden cells away; give --against");
    }
    out.make()?;
    // The table is in no ledger: nobody else is to see it before its owner says so.
    make_folder(&asked.out, Area::Restricted)?;
    let _lock = Lock::take(&out, asked.wait)?;
    recover(&out)?;
    let history = History::read(&out)?;
    for commit in &history.releases {
        published.push(Published::read(&out.release(&commit.release))?);
    }
    let whole = Company::of(&asked.definition, &published)?;
    let inputs = open(&request(asked), &whole.reading(&asked.definition))?;
    watch.step(Step::Hash);
    let delivered = delivered(&inputs)?;
    let run = run_hash(&asked.definition, asked.as_of, &delivered, &Accepted::default());
    // The same table again is held beside what was there before it.
    let done = history.find(&run).map(|commit| history.before(Some(commit)).releases.len());
    let earlier = done.unwrap_or(history.releases.len());
    published.truncate(asked.against.len() + earlier);
    let making = Making {
        definition: &asked.definition,
        published: &published,
        as_of: asked.as_of,
        memory: asked.memory,
        out: &out,
        watch,
    };
    making.carry_out(inputs, delivered)
}

/// Makes a table again from its manifest, from the releases that it was held beside.
pub(super) fn reproduce(
    asked: &Reproduction,
    stated: &Stated,
    open: &dyn Fn(&Pipeline) -> Result<Inputs>,
    (out, watch): (&Out, &dyn Watch),
) -> Result<Outcome> {
    let names = stated.against.clone().unwrap_or_default();
    let published = names.iter().map(|name| find(asked, name)).collect::<Result<Vec<Published>>>()?;
    let making = Making {
        definition: &stated.pipeline,
        published: &published,
        as_of: stated.as_of,
        memory: asked.memory,
        out,
        watch,
    };
    let company = Company::of(&stated.pipeline, &published)?;
    let inputs = open(&company.reading(&stated.pipeline))?;
    watch.step(Step::Hash);
    let delivered = delivered(&inputs)?;
    making.carry_out(inputs, delivered)
}

/// The folder of a release by its manifest, among those given and those beside the table's.
fn find(asked: &Reproduction, name: &Against) -> Result<Published> {
    let beside = asked.manifest.canonicalize().ok().and_then(|path| Some(path.parent()?.parent()?.to_path_buf()));
    let below = beside.into_iter().map(|releases| releases.join(&name.release));
    let given = asked.against.iter().flat_map(|folder| [folder.clone(), folder.join(&name.release)]);
    let has =
        |folder: &PathBuf| std::fs::read(folder.join("manifest.json")).is_ok_and(|bytes| sha256(&bytes) == name.sha256);
    match given.chain(below).find(has) {
        Some(folder) => Published::read(&folder),
        None => Err(Error::input(format!(
            "{}: the table was held beside this release, which is not at hand; give --against its folder, or the \
             folder of all releases that has it (SHA-256 of its manifest: {})",
            name.release, name.sha256
        ))),
    }
}

/// State that the table starts from: what it is held beside, in the place of a ledger.
pub(super) fn state(against: &[Against]) -> String {
    let mut names: Vec<&str> = against.iter().map(|of| of.sha256.as_str()).collect();
    names.sort_unstable();
    sha256(names.join(" ").as_bytes())
}

/// Name of the table that is made from a run beside some releases.
pub(super) fn name_of(pipeline: &Pipeline, as_of: i32, run: &str, against: &[Against]) -> String {
    release_name(pipeline, as_of, run, &state(against))
}

/// Refuses a folder that pipelines release to.
fn is_apart(out: &Out) -> Result<()> {
    let history = History::read(out)?;
    if history.releases.iter().all(|commit| commit.is_own) {
        return Ok(());
    }
    Err(Error::usage("--out is a folder that a pipeline releases to; give a table of your own another one"))
}

fn request(asked: &OwnRequest) -> Request {
    Request {
        pipeline: PathBuf::new(),
        delivery: asked.delivery.clone(),
        as_of: asked.as_of,
        out: asked.out.clone(),
        memory: asked.memory,
        mode: Mode::Release,
        wait: asked.wait,
        accepted: Accepted::default(),
        stage: None,
    }
}
