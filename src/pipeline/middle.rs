//! The middle of a run: from the files of a delivery to cells.
//!
//! In: a run under the lock. Out: [`Counted`], or where a gate closed, the rejects kept. With a
//! stage, what the nights before have kept is used; whatever is wrong with it, the run is made
//! without, and gives the same.

use std::collections::BTreeMap;

use super::run::Run;
use super::{Step, gates, hashes, name::unchanged, stage};
use crate::aggregate::{self, Cells, MonthCompleteness};
use crate::codes::practice_types;
use crate::contacts::{self, Books, Contacts, Delay, Night, Residents, Tallied, Volumes, Workspace};
use crate::domain::{Error, ExitCode, Result};
use crate::gates::{Facts, Outcome, judge};
use crate::load::Scanned;
use crate::protect::{self, Ledger};
use crate::publish::FEWEST_ROWS;
use crate::registers::{self, Linked};
use crate::stage::Stage;

/// Bytes that rows in waiting may take where nothing is said.
const MEMORY: u64 = 1 << 29;

/// The source of residents.
const RESIDENTS: &str = "innbyggere";

/// How often a run is begun again where a staged file turns out damaged.
const TRIES: usize = 3;

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

/// Contacts, however they were read.
struct Read<'a> {
    /// By person; none where they are kept by month alone.
    contacts: Option<Contacts>,
    night: Option<Night<'a>>,
    books: Books,
    delays: BTreeMap<Delay, u64>,
    volumes: Volumes,
}

/// The cells of all tables, pools among them, where nothing is kept.
pub fn plain_cells(run: &aggregate::Run, ledger: &Ledger) -> Result<Cells> {
    let cells = aggregate::count(run)?;
    let pools = protect::choose_pools(&cells, run.pipeline, run.geography, ledger)?;
    let mut cells = aggregate::with_pools(cells, &pools, run)?;
    aggregate::number_by_key(&mut cells, run.contacts);
    Ok(cells)
}

/// The same where contacts are kept by month.
pub fn night_cells(night: &aggregate::Night, ledger: &Ledger) -> Result<aggregate::NightCells> {
    let made = aggregate::count_night(night)?;
    let pools = protect::choose_pools(&made.cells, night.pipeline, night.geography, ledger)?;
    aggregate::with_pools_night(made, &pools, night)
}

/// Warns of codes that no list knows; how many rows exactly is in the restricted manifest.
fn tell_unknown(unknown: &BTreeMap<(String, String), u64>) {
    for ((source, column), _) in unknown.iter().filter(|(_, rows)| **rows >= FEWEST_ROWS) {
        tracing::warn!(source, column, "rows have codes that no list knows; they count as unknown");
    }
}

impl Run<'_> {
    /// From files to cells; stops where a gate closes.
    pub fn count(&self, ledger: &Ledger) -> Result<Counted> {
        let Some(stage) = self.stage else { return self.count_with(ledger, None) };
        for _ in 0..TRIES {
            match self.count_with(ledger, Some(stage)) {
                // What was damaged is gone, and is made again.
                Err(_) if stage.met_damage() => {}
                // A fault that is not the stage's is met again without it.
                Err(error) if matches!(error.code, ExitCode::Output | ExitCode::Bug) => {
                    tracing::warn!("the stage cannot be used; this run goes without: {}", error.message);
                    break;
                }
                done => return done,
            }
        }
        self.count_with(ledger, None)
    }

    fn count_with(&self, ledger: &Ledger, stage: Option<&Stage>) -> Result<Counted> {
        self.watch.step(Step::Contacts);
        // Residents have no identifiers, so that nothing hangs on which of the two is read first.
        let (read, residents) = rayon::join(|| self.contacts(stage), || self.residents());
        let Read { contacts, night, books, delays, volumes } = read?;
        let (residents, mut counted) = self.account(contacts.as_ref(), books, (residents?, &delays))?;
        self.pass_gates(&mut counted, &volumes)?;
        self.watch.step(Step::Count);
        let mut kept = Vec::new();
        counted.cells = match (&contacts, &night) {
            _ if self.pipeline.is_joined() => Cells { tables: Vec::new() },
            (Some(contacts), _) => {
                let (pipeline, geography, residents) = (self.pipeline, self.geography, &residents);
                plain_cells(&aggregate::Run::of_all(contacts, residents, pipeline, (geography, self.as_of)), ledger)?
            }
            (None, Some(night)) => {
                let (pipeline, geography, residents) = (self.pipeline, self.geography, &residents);
                let (months, change) = (&night.months, night.change.as_ref());
                let night = aggregate::Night { months, change, residents, pipeline, geography, as_of: self.as_of };
                let made = night_cells(&night, ledger)?;
                kept = made.kept;
                made.cells
            }
            (None, None) => return Err(Error::bug("a run has no contacts")),
        };
        if let Some(night) = night {
            night.keep(self.pipeline, kept)?;
            hashes::note(self.work, &self.plan.inputs);
        }
        Ok(counted)
    }

    /// From files to contacts, residents and joined registers, and the class of every row; with no
    /// stage, and before any gate.
    pub(super) fn read(&self) -> Result<(Contacts, Residents, Counted)> {
        self.watch.step(Step::Contacts);
        let Read { contacts, books, delays, .. } = self.contacts(None)?;
        let (residents, counted) = self.account(contacts.as_ref(), books, (self.residents()?, &delays))?;
        Ok((contacts.ok_or_else(|| Error::bug("a run has no contacts"))?, residents, counted))
    }

    /// Residents, joined registers, and the class of every row.
    fn account(
        &self,
        contacts: Option<&Contacts>,
        books: Books,
        ((residents, scanned), delays): ((Residents, Option<Scanned>), &BTreeMap<Delay, u64>),
    ) -> Result<(Residents, Counted)> {
        self.watch.step(Step::Residents);
        let mut sources = books.sources;
        sources.extend(scanned.map(|scanned| (RESIDENTS.to_string(), scanned)));
        let mut linked = contacts.map(|contacts| self.link(contacts, &residents)).transpose()?.unwrap_or_default();
        sources.append(&mut linked.sources);
        unchanged(&self.plan.delivered)?;
        tell_unknown(&books.unknown);
        gates::balance(&sources)?;
        let counted = Counted {
            cells: Cells { tables: Vec::new() },
            linked,
            sources,
            unknown: books.unknown,
            completeness: aggregate::completeness(delays, self.as_of),
            gates: Vec::new(),
        };
        Ok((residents, counted))
    }

    /// Contacts by person, or by month where the tables can be made of them so.
    fn contacts<'a>(&'a self, stage: Option<&'a Stage>) -> Result<Read<'a>> {
        let (pipeline, geography, inputs) = (self.pipeline, self.geography, &self.plan.inputs);
        let memory = self.memory.unwrap_or(MEMORY) as usize;
        let workspace = Workspace { scratch: &self.scratch, memory };
        let work = stage.map(|stage| contacts::Work { inputs, pipeline, geography, workspace, stage });
        if let Some(mut night) = work.map(|work| contacts::night(&work)).transpose()?.flatten() {
            let contacts = pipeline.is_joined().then(|| night.months.gather(|_| true)).transpose()?;
            let (books, delays) = (std::mem::take(&mut night.books), night.delays.clone());
            let volumes = night.months.volumes()?;
            return Ok(Read { contacts, night: Some(night), books, delays, volumes });
        }
        if !pipeline.counts_contacts() {
            let Tallied { contacts, volumes, books } = contacts::tally(inputs, pipeline, geography)?;
            return Ok(Read { delays: contacts.delays.clone(), contacts: Some(contacts), night: None, books, volumes });
        }
        let (contacts, books) = contacts::build(inputs, pipeline, geography, workspace)?;
        let volumes = Volumes::of(&contacts, practice_types().len(), geography.municipalities.len());
        Ok(Read { delays: contacts.delays.clone(), contacts: Some(contacts), night: None, books, volumes })
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
    fn residents(&self) -> Result<(Residents, Option<Scanned>)> {
        if !self.pipeline.sources.iter().any(|used| used.source == RESIDENTS) {
            return Ok((Residents::default(), None));
        }
        let (residents, scanned) = contacts::residents(&self.plan.inputs, self.pipeline, self.geography)?;
        Ok((residents, Some(scanned)))
    }

    /// Asks every gate; keeps the rejects and the accounting of a run that one of them stops.
    pub(super) fn pass_gates(&self, counted: &mut Counted, volumes: &Volumes) -> Result<()> {
        let facts = Facts {
            pipeline: self.pipeline,
            geography: self.geography,
            sources: &counted.sources,
            unknown: &counted.unknown,
            volumes,
            completeness: &counted.completeness,
            as_of: self.as_of,
        };
        counted.gates = judge(&facts, &self.accepted.gates);
        let Some(message) = gates::tell(&counted.gates) else { return Ok(()) };
        let kept = stage::keep_failed(self, counted)?;
        let kept = format!("; the rejected rows and the accounting are kept in {}", kept.display());
        Err(Error::gate(message + &kept))
    }
}
