//! A night's contacts, from what the nights before have kept.
//!
//! In: a delivery, a stage. Out: [`Night`]: contacts by month and the books, the same as without a
//! stage. Files that are not kept are read; bills that no file or day has touched keep what became
//! of them (`touched`). It never trusts what does not add up: then everything is resolved anew.

use std::collections::BTreeMap;
use std::sync::Mutex;

use arrow::record_batch::RecordBatch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bills::Unknown;
use super::books::{Books, enter_found};
use super::build::{Workspace, parts};
use super::contact::{Contact, from_rows, schema, to_rows};
use super::filed::{Filed, Wanted};
use super::months::{Change, MonthFile, Months};
use super::room::{Room, RoomBooks};
use super::shelf::{SOURCES, Shelf};
use super::spool::{Budget, Spool};
use super::table::Delay;
use super::texts;
use super::touched;
use super::view::{Pieces, View};
use crate::codes::{Geography, practice_types};
use crate::definition::Pipeline;
use crate::domain::{Error, Month, Result, RowClass};
use crate::load::{IdKind, Inputs, MOST_REJECTS, Reject};
use crate::stage::{Key, Stage, checksum};

/// Parts that contacts are set aside in by month.
const MONTH_PARTS: i32 = 64;

/// What a night works from.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub inputs: &'a Inputs,
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    pub workspace: Workspace<'a>,
    pub stage: &'a Stage,
}

/// Contacts by month, and the class of every row.
pub struct Night<'a> {
    pub months: Months<'a>,
    pub books: Books,
    /// Counted contacts by month and delay of their registration.
    pub delays: BTreeMap<Delay, u64>,
    /// What has changed since the last run, where that is known.
    pub change: Option<Change>,
    root: Root,
    orphans: Vec<Vec<KeptOrphan>>,
}

/// What is kept of a whole run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Root {
    pub as_of: i32,
    /// By source, in the order of [`SOURCES`], then rank.
    pub files: Vec<Vec<RootFile>>,
    pub months: Vec<MonthFile>,
    /// Month, days, contacts.
    pub delays: Vec<(i32, i32, u64)>,
    /// Names of the staged files that the next night may ask for.
    pub needs: Vec<String>,
}

/// A file of a run, and what became of those of its rows that passed their own tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFile {
    pub name: String,
    pub sha256: String,
    pub classes: Vec<(u8, u64)>,
}

/// A line without a bill: rank of its file, row, line, fields.
pub type KeptOrphan = (u16, u32, u64, Vec<String>);

/// What became of all bills and lines.
pub struct Turned {
    /// By source, rank and class.
    pub classes: Vec<Vec<BTreeMap<RowClass, u64>>>,
    /// Lines without a bill, by source.
    pub orphans: Vec<Vec<Reject>>,
    pub delays: BTreeMap<Delay, u64>,
    /// Since the last run; none where all bills were resolved.
    pub change: Option<Change>,
}

/// The contacts and books of a delivery; none where it cannot be staged: identifiers were read
/// before, or a file has more faulty rows than can be held.
///
/// # Errors
/// What `load` finds wrong with a file; a stage that cannot be written, or is damaged: then it is
/// to be tried again.
pub fn night<'a>(work: &Work<'a>) -> Result<Option<Night<'a>>> {
    if !texts::restore(work.stage, work.inputs)? {
        return Ok(None);
    }
    let shelf = Shelf::new(work.stage, work.inputs, work.pipeline, work.geography);
    let of = |source: &&str| if work.pipeline.reads(source) { shelf.files(source) } else { Ok(Some(Vec::new())) };
    let Some(filed) = SOURCES.iter().map(of).collect::<Result<Option<Vec<Vec<Filed>>>>>()? else { return Ok(None) };
    let has_text = filed.iter().flatten().fold(0, |all, file| all | file.meta.texts);
    let of_text = |kind: &IdKind| has_text >> *kind as u8 & 1 == 1;
    IdKind::ALL.into_iter().filter(of_text).for_each(|kind| work.inputs.ids(kind).note_text());
    let mut months = Months {
        stage: work.stage,
        facts: facts(work.pipeline),
        list: BTreeMap::new(),
        shape: (practice_types().len(), work.geography.municipalities.len()),
        bills: work.inputs.ids(IdKind::Bill),
    };
    let now = View::of(&filed, work.inputs.as_of());
    let turned = match touched::turn(work, &shelf, &now, &mut months)? {
        Some(turned) => turned,
        None => whole(work, &shelf, &now, &mut months)?,
    };
    finish(work, &shelf, (&filed, turned), months).map(Some)
}

/// Everything that a run's contacts rest on beside the delivery and the day.
fn facts(pipeline: &Pipeline) -> Vec<String> {
    let files = pipeline.files.iter().flat_map(|(name, bytes)| [name.clone(), checksum(bytes)]);
    [pipeline.id.clone()].into_iter().chain(files).collect()
}

/// The key of what is kept of the last run of a pipeline.
pub fn root_key(stage: &Stage, pipeline: &Pipeline) -> Key {
    let facts = facts(pipeline);
    stage.root(&pipeline.id, &facts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Resolves all bills.
fn whole(work: &Work, shelf: &Shelf, now: &View, months: &mut Months) -> Result<Turned> {
    let budget = Budget::new(work.workspace.memory);
    let room = Room::new(work.pipeline, parts(work.inputs)?, &budget, work.workspace.scratch);
    let pieces = Pieces::of(now);
    let left_out = pieces.fill(shelf, Wanted::All, Wanted::All, &[(now, &room)])?;
    let by_month = Spool::new(schema(), MONTH_PARTS as usize, &budget, work.workspace.scratch);
    let books = room.resolve(&shelf.meanings, &left_out[0], &|contacts| set_aside(contacts, &by_month))?;
    months.list = BTreeMap::new();
    let mut delays = BTreeMap::new();
    for part in 0..by_month.parts() {
        for (month, contacts) in in_months(by_month.drain(part)?)? {
            contacts.iter().for_each(|contact| *delays.entry(Delay::of(contact)).or_insert(0) += 1);
            months.replace(month, &contacts)?;
        }
    }
    let orphans = fetch(work.inputs, &books)?;
    Ok(Turned { classes: by_file(&books, now), orphans, delays, change: None })
}

fn set_aside(contacts: &[Contact], by_month: &Spool) -> Result<()> {
    let mut parts: BTreeMap<i32, Vec<Contact>> = BTreeMap::new();
    for contact in contacts {
        parts.entry(contact.month().0.rem_euclid(MONTH_PARTS)).or_default().push(*contact);
    }
    parts.into_iter().try_for_each(|(part, contacts)| by_month.append(part as usize, to_rows(&contacts)?))
}

/// The contacts of a part by month, in order of their bills.
fn in_months(batches: Vec<RecordBatch>) -> Result<BTreeMap<Month, Vec<Contact>>> {
    let mut months: BTreeMap<Month, Vec<Contact>> = BTreeMap::new();
    for batch in batches {
        let contacts = from_rows(&batch).ok_or_else(|| Error::bug("contacts set aside are none"))?;
        contacts.into_iter().for_each(|contact| months.entry(contact.month()).or_default().push(contact));
    }
    months.values_mut().for_each(|contacts| contacts.par_sort_unstable());
    Ok(months)
}

/// Rows by class, for every file.
pub fn by_file(books: &RoomBooks, view: &View) -> Vec<Vec<BTreeMap<RowClass, u64>>> {
    let mut classes: Vec<Vec<BTreeMap<RowClass, u64>>> =
        view.files.iter().map(|files| vec![BTreeMap::new(); files.len()]).collect();
    let lines = |source: usize, classed: &[super::resolve::Classed], into: &mut Vec<Vec<BTreeMap<RowClass, u64>>>| {
        for classed in classed {
            *into[source][usize::from(classed.file)].entry(classed.class).or_default() += classed.rows;
        }
    };
    lines(0, &books.regning, &mut classes);
    books.takst.iter().for_each(|part| lines(1, &part.classes, &mut classes));
    books.diagnose.iter().for_each(|part| lines(2, &part.classes, &mut classes));
    classes
}

/// Places of the lines without a bill, by source.
pub fn orphan_places(books: &RoomBooks) -> [Vec<(u16, u32)>; 3] {
    let places = |parts: &[super::runs::Lines]| {
        let runs = parts.iter().flat_map(|part| &part.orphans);
        runs.flat_map(|&(file, first, rows)| (first..first + rows).map(move |row| (file, row))).collect()
    };
    [Vec::new(), places(&books.takst), places(&books.diagnose)]
}

fn fetch(inputs: &Inputs, books: &RoomBooks) -> Result<Vec<Vec<Reject>>> {
    let of = |(source, mut rows): (&&str, Vec<(u16, u32)>)| {
        rows.sort_unstable();
        // As many as are kept of other rejects.
        rows.truncate(MOST_REJECTS);
        if rows.is_empty() { Ok(Vec::new()) } else { inputs.fetch(source, &rows) }
    };
    SOURCES.iter().zip(orphan_places(books)).map(of).collect()
}

/// Puts the books and what is to be kept together.
fn finish<'a>(
    work: &Work<'a>,
    shelf: &Shelf,
    (filed, turned): (&[Vec<Filed>], Turned),
    months: Months<'a>,
) -> Result<Night<'a>> {
    let as_of = work.inputs.as_of();
    let (mut unknown, mut codes) = (Unknown::default(), 0);
    for file in filed.iter().flatten() {
        unknown.iter_mut().zip(file.unknown(as_of)).for_each(|(sum, rows)| *sum += rows);
        codes += file.meta.unknown_codes;
    }
    let mut root = Root { as_of, months: months.list.values().cloned().collect(), ..Root::default() };
    root.files = vec![Vec::new(); SOURCES.len()];
    root.delays = turned.delays.iter().map(|(delay, contacts)| (delay.month.0, delay.days, *contacts)).collect();
    root.needs = root.months.iter().flat_map(|month| months.names(month)).collect();
    let mut scanned = [(); 3].map(|()| Default::default());
    for (source, name) in SOURCES.iter().enumerate().filter(|(_, name)| work.pipeline.reads(name)) {
        let ranked = (0u16..).zip(&filed[source]).collect::<Vec<_>>();
        let open = ranked.into_par_iter().map(|(rank, file)| file.open_file(rank, as_of)).collect::<Result<_>>()?;
        let mut settled = work.inputs.settle(name, open)?;
        enter_found(&mut settled, &turned.classes[source], &turned.orphans[source]);
        let files = settled.files.iter().zip(&turned.classes[source]).map(|(file, classes)| RootFile {
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            classes: classes.iter().map(|(class, rows)| (class.position(), *rows)).collect(),
        });
        root.files[source] = files.collect();
        root.needs.extend(settled.files.iter().map(|file| shelf.key(name, &file.sha256).name));
        scanned[source] = settled;
    }
    let kept = |orphan: &Reject| (orphan.file, orphan.row, orphan.line, orphan.fields.clone());
    let orphans = turned.orphans.iter().map(|orphans| orphans.iter().map(kept).collect()).collect();
    let [regning, takst, diagnose] = scanned;
    let scanned = [("regning", regning), ("takst", takst), ("diagnose", diagnose)];
    let books = Books::of(work.pipeline, scanned, (unknown, codes));
    Ok(Night { months, books, delays: turned.delays, change: turned.change, root, orphans })
}

impl Night<'_> {
    /// Keeps the run for the next night, with the names of what else it made; what no pipeline's
    /// last run needs goes.
    pub fn keep(mut self, pipeline: &Pipeline, made: Vec<String>) -> Result<()> {
        let stage = self.months.stage;
        self.root.needs.extend(made);
        let mut writer = stage.create(&root_key(stage, pipeline))?;
        let orphans = serde_json::to_vec(&self.orphans).map_err(|_| Error::bug("orphans are no JSON"))?;
        writer.part("orphans", &orphans)?;
        writer.finish(&self.root)?;
        stage.sweep();
        Ok(())
    }
}

/// One place for what several threads find.
pub fn gathered<T>(found: Mutex<Vec<T>>) -> Vec<T> {
    found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}
