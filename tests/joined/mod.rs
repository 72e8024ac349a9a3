//! The program's own rooms, load to joined registers, held behind the questions that scenarios ask.
//!
//! In: a folder of a delivery, the as-of day, the tables asked for. Out: [`Outcome`]: a cell by its
//! published name, rows by class. What is asked for is the truth before protection.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kprstat::aggregate::Place;
use kprstat::codes::Geography;
use kprstat::contacts::{self, Residents, Workspace};
use kprstat::definition::Pipeline;
use kprstat::domain::Error;
use kprstat::load::{Inputs, Scanned};
use kprstat::registers::{self, JoinedTable, Linked, Run};

use crate::Found;
use crate::engine::day;
use crate::reference::Key;
use crate::scenarios::Expected;

const PIPELINES: [&str; 4] = ["gp-register", "after-discharge", "continuity", "primary-health-team"];

/// What the rooms made of a delivery, by pipeline.
pub struct Outcome {
    made: Vec<(Pipeline, Linked)>,
    sources: BTreeMap<String, Scanned>,
    geography: Geography,
    as_of: i32,
}

/// Walks the rooms of every pipeline that has one of the tables; of all where none is asked for.
pub fn count(delivery: &Path, as_of: &str, threads: usize, tables: &BTreeSet<&str>) -> Result<Outcome, u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| walk(delivery, day(as_of), tables)).map_err(|error| error.code as u8)
}

fn walk(delivery: &Path, as_of: i32, tables: &BTreeSet<&str>) -> Result<Outcome, Error> {
    let geography = Geography::load("recode-2024")?;
    let mut outcome = Outcome { made: Vec::new(), sources: BTreeMap::new(), geography, as_of };
    for id in PIPELINES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("pipelines/{id}.toml"));
        let pipeline = Pipeline::read(&path)?;
        let wanted = pipeline.tables.iter().any(|table| tables.contains(table.id.as_str()));
        if wanted || tables.is_empty() {
            outcome.add(delivery, pipeline)?;
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn add(&mut self, delivery: &Path, pipeline: Pipeline) -> Result<(), Error> {
        let inputs = Inputs::open(delivery, &pipeline, self.as_of)?;
        let scratch = tempfile::tempdir().expect("a folder to work in");
        let workspace = Workspace { scratch: scratch.path(), memory: 1 << 26 };
        // As a run does.
        let (contacts, books) = match pipeline.counts_contacts() {
            true => contacts::build(&inputs, &pipeline, &self.geography, workspace)?,
            false => {
                let tallied = contacts::tally(&inputs, &pipeline, &self.geography)?;
                (tallied.contacts, tallied.books)
            }
        };
        self.sources.extend(books.sources);
        let mut residents = Residents::default();
        if pipeline.reads("innbyggere") {
            let (read, scanned) = contacts::residents(&inputs, &pipeline, &self.geography)?;
            residents = read;
            self.sources.insert("innbyggere".into(), scanned);
        }
        let mut linked = registers::link(&Run {
            inputs: &inputs,
            contacts: &contacts,
            residents: &residents,
            pipeline: &pipeline,
            geography: &self.geography,
            as_of: self.as_of,
        })?;
        self.sources.append(&mut linked.sources);
        if !self.sources.values().flat_map(|source| &source.tally.files).all(|file| file.balances()) {
            return Err(Error::books("the books do not balance"));
        }
        self.made.push((pipeline, linked));
        Ok(())
    }

    /// The true cell; none where the table has no such row.
    pub fn cell(&self, key: &Key) -> Option<Found> {
        let has = |(pipeline, _): &&(Pipeline, Linked)| pipeline.tables.iter().any(|table| table.id == key.table);
        let (pipeline, linked) = self.made.iter().find(has)?;
        let at = pipeline.tables.iter().position(|table| table.id == key.table)?;
        let indicator = pipeline.tables[at].indicators.iter().position(|of| of.id == key.indicator)?;
        if let Some(table) = linked.practices.iter().find(|table| table.table == at) {
            let is = |row: &&registers::PracticeRow| {
                row.practice == key.geo && row.period.to_string() == key.period && row.indicator == indicator
            };
            return table.rows.iter().find(is).map(|row| found(row.value, 'P', Some(row.n_patients), None));
        }
        let table = linked.tables.iter().find(|table| table.table == at)?;
        self.of_table(table, indicator, key)
    }

    fn of_table(&self, table: &JoinedTable, indicator: usize, key: &Key) -> Option<Found> {
        let place = table.places.iter().position(|&place| self.geo(place) == key.geo)?;
        let period = table.periods.iter().position(|period| period.to_string() == key.period)?;
        let code = match table.labels.first() {
            Some(labels) => labels
                .iter()
                .position(|label| key.dimensions.values().next().map_or("total", String::as_str) == label)?,
            None => 0,
        };
        let is = |column: &registers::Column| column.indicator == indicator && column.measure.name() == key.measure;
        let column = table.columns.iter().position(is)?;
        let cell = table.cells[table.index(place, period, code, column)];
        let status = if table.periods[period].is_final(self.as_of) { 'A' } else { 'P' };
        Some(found(cell.figure.value(), status, cell.n_patients, cell.n_doctors))
    }

    fn geo(&self, place: Place) -> String {
        match place {
            Place::Country => "0".into(),
            Place::County(county) | Place::Pool(county) => county.to_string(),
            Place::Municipality(at) => self.geography.municipalities[usize::from(at)].number.to_string(),
        }
    }

    /// What a row's class should be, where it is another.
    pub fn class_difference(&self, (source, file, row, expected): &(String, String, usize, String)) -> Option<String> {
        let scanned = self.sources.get(source)?;
        let rank = scanned.files.iter().position(|of| of.name == *file)?;
        let reject = scanned.rejects.iter().find(|of| usize::from(of.file) == rank && of.row as usize == *row);
        let found = reject.map(|of| format!("rejected:{}", of.reason.name()));
        let tallied = scanned.tally.files[rank].classes.keys().any(|class| class.name() == *expected);
        let same = match &found {
            Some(found) => found == expected,
            None => !expected.starts_with("rejected") && tallied,
        };
        if same { None } else { Some(format!("{file} row {}: expected {expected}, found {found:?}", row + 1)) }
    }
}

fn found(value: Option<f64>, status: char, patients: Option<u32>, doctors: Option<u32>) -> Found {
    let status = if value.is_some() { status } else { 'M' };
    let expected = value.map_or(Expected::Undefined, Expected::Value);
    (expected, status.to_string(), patients.map(|n| n as usize), doctors.map(|n| n as usize))
}
