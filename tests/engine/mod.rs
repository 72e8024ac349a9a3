//! The program's own rooms, load to cells, held behind the questions that scenarios ask.
//!
//! In: a folder of a delivery and the as-of day. Out: [`Outcome`]: a cell by its published name,
//! rows by class and file, rejects by place. Goes round the command line and protection: what is
//! asked for is the truth before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kprstat::aggregate::{self, CellCount, Cells, Place, Run, TableCells};
use kprstat::codes::{Geography, practice_types};
use kprstat::contacts::{self, Books, Contacts, Volumes, Workspace};
use kprstat::definition::{Indicator, IndicatorValue, Measure, Pipeline, Table};
use kprstat::domain::{CountyNumber, Error, MunicipalityNumber, PeriodKind};
use kprstat::load::{Inputs, Scanned, over_limit};

use crate::reference::{Key, ratio};

/// What the rooms made of a delivery.
#[derive(Debug)]
pub struct Outcome {
    pub pipeline: Pipeline,
    pub geography: Geography,
    pub cells: Cells,
    sources: BTreeMap<String, Scanned>,
    as_of: i32,
}

/// A cell as the scenarios speak of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub value: Option<f64>,
    pub status: char,
    pub patients: usize,
    pub doctors: usize,
}

/// Walks load, contacts and aggregate with a number of threads; `Err` is the exit code.
pub fn count(delivery: &Path, as_of: &str, threads: usize) -> Result<Outcome, u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| walk(delivery, as_of)).map_err(|error| error.code as u8)
}

/// The definition that the scenarios speak of.
pub fn definition() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/gp-activity.toml")
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
pub fn day(text: &str) -> i32 {
    let part = |at: std::ops::Range<usize>| text[at].parse().expect("a day as YYYY-MM-DD");
    kprstat::domain::days_from_civil(part(0..4) as i32, part(5..7), part(8..10))
}

fn walk(delivery: &Path, as_of: &str) -> Result<Outcome, Error> {
    let as_of = day(as_of);
    let pipeline = Pipeline::read(&definition())?;
    let geography = Geography::load(&pipeline.geography)?;
    let inputs = Inputs::open(delivery, &pipeline, as_of)?;
    let scratch = tempfile::tempdir().expect("a folder to work in");
    let workspace = Workspace { scratch: scratch.path(), memory: 1 << 26 };
    let (contacts, books) = contacts::build(&inputs, &pipeline, &geography, workspace)?;
    hold_tally((&inputs, &pipeline, &geography), &contacts, &books)?;
    let (residents, scanned) = contacts::residents(&inputs, &pipeline, &geography)?;
    let mut sources = books.sources;
    sources.insert("innbyggere".into(), scanned);
    let tallies = || sources.values().flat_map(|source| &source.tally.files);
    if tallies().any(|file| over_limit(file, pipeline.reject_limit)) {
        return Err(Error::gate("a file has too many rejected rows"));
    }
    if !tallies().all(|file| file.balances()) {
        return Err(Error::books("the books do not balance"));
    }
    let run = Run::of_all(&contacts, &residents, &pipeline, (&geography, as_of));
    let cells = aggregate::count(&run)?;
    Ok(Outcome { cells, pipeline, geography, sources, as_of })
}

/// What is made of bills without contacts is what is made with them: months, volumes, delays, and the class of every row.
fn hold_tally(of: (&Inputs, &Pipeline, &Geography), contacts: &Contacts, books: &Books) -> Result<(), Error> {
    let (inputs, pipeline, geography) = of;
    let tallied = contacts::tally(inputs, pipeline, geography)?;
    let places = geography.municipalities.len();
    assert_eq!(tallied.contacts.months, contacts.months);
    assert_eq!(tallied.contacts.delays, contacts.delays);
    assert_eq!(tallied.volumes, Volumes::of(contacts, practice_types().len(), places));
    let (found, expected) = (&tallied.books.sources["regning"], &books.sources["regning"]);
    assert_eq!(found.tally, expected.tally);
    assert_eq!(found.rejects, expected.rejects);
    let unknown =
        |books: &Books| books.unknown.clone().into_iter().filter(|(of, _)| of.0 == "regning").collect::<Vec<_>>();
    assert_eq!(unknown(&tallied.books), unknown(books));
    Ok(())
}

impl Outcome {
    /// Rows by class of every file, by source and name.
    pub fn tallies(&self) -> BTreeMap<(String, String), BTreeMap<String, u64>> {
        let mut tallies = BTreeMap::new();
        for (source, scanned) in &self.sources {
            for (file, tally) in scanned.files.iter().zip(&scanned.tally.files) {
                let classes = tally.classes.iter().map(|(class, rows)| (class.name(), *rows)).collect();
                tallies.insert((source.clone(), file.name.clone()), classes);
            }
        }
        tallies
    }

    /// Class of every rejected row by source, file and position.
    pub fn rejects(&self) -> BTreeMap<(String, String, usize), String> {
        let mut rejects = BTreeMap::new();
        for (source, scanned) in &self.sources {
            for reject in &scanned.rejects {
                let file = scanned.files[usize::from(reject.file)].name.clone();
                let class = format!("rejected:{}", reject.reason.name());
                rejects.insert((source.clone(), file, reject.row as usize), class);
            }
        }
        rejects
    }

    /// The true cell; none where the table has no such row.
    pub fn cell(&self, key: &Key) -> Option<Cell> {
        let at = self.pipeline.tables.iter().position(|table| table.id == key.table)?;
        let (table, cells) = (&self.pipeline.tables[at], &self.cells.tables[at]);
        let measure = *table.measures.iter().find(|measure| measure.name() == key.measure)?;
        let indicator = table.indicators.iter().position(|indicator| indicator.id == key.indicator)?;
        let place = cells.axes.places.iter().position(|place| self.geo(*place) == key.geo)?;
        let period = cells.axes.periods.iter().position(|period| period.to_string() == key.period)?;
        let codes = codes(table, cells, key)?;
        let of = cells.axes.periods[period];
        if !is_shown(table, &table.indicators[indicator], key, of.kind) {
            return None;
        }
        let position = [&[place, period], codes.as_slice()].concat();
        let (value, patients, doctors) = self.truth(at, indicator, measure, &position);
        let status = match value {
            None => 'M',
            Some(_) if of.is_final(self.as_of) => 'A',
            Some(_) => 'P',
        };
        Some(Cell { value, status, patients, doctors })
    }

    fn geo(&self, place: Place) -> String {
        let county = |CountyNumber(number)| format!("{number:02}");
        match place {
            Place::Country => "0".into(),
            Place::County(number) => county(number),
            Place::Pool(number) => county(number) + "xx",
            Place::Municipality(at) => {
                let MunicipalityNumber(number) = self.geography.municipalities[usize::from(at)].number;
                format!("{number:04}")
            }
        }
    }

    /// Value and contributors at a position of a table's axes (without the quantity).
    fn truth(&self, at: usize, indicator: usize, measure: Measure, position: &[usize]) -> (Option<f64>, usize, usize) {
        let (table, cells) = (&self.pipeline.tables[at], &self.cells.tables[at]);
        let index = |last: usize| cells.axes.index(&[position, &[last]].concat());
        let residents = || i64::from(cells.residents[index(0) / cells.axes.quantities]);
        let by = |count: &CellCount| (count.patients as usize, count.doctors as usize);
        match table.indicators[indicator].value {
            IndicatorValue::Count { quantity } => {
                let patients = matches!(measure, Measure::Patients | Measure::PatientsPer100);
                let layer = if patients { &cells.patients } else { &cells.contacts };
                let count = layer[index(quantity)];
                let value = match measure {
                    Measure::Per1000 => ratio(i64::from(count.value), 1_000, residents()),
                    Measure::PatientsPer100 => ratio(i64::from(count.value), 100, residents()),
                    Measure::Doctors => Some(f64::from(count.doctors)),
                    _ => Some(f64::from(count.value)),
                };
                (value, by(&count).0, by(&count).1)
            }
            IndicatorValue::Share { numerator, denominator, .. } => {
                let (part, whole) = (cells.contacts[index(numerator)], cells.contacts[index(denominator)]);
                (ratio(i64::from(part.value), 100, i64::from(whole.value)), by(&whole).0, by(&whole).1)
            }
            IndicatorValue::Joined(_) => (None, 0, 0),
            IndicatorValue::PerDoctor(_) => {
                let indicators = table.indicators.len();
                let at = cells.axes.index(&[position, &[0]].concat()) / cells.axes.quantities * indicators + indicator;
                let mean = cells.means[at];
                let whole = i128::from(mean.doctors) * 1_000_000_000;
                let hundredths = |()| (2 * mean.sum_billionths * 100 + whole) / (2 * whole);
                let value = (whole > 0).then_some(()).map(hundredths).map(|hundredths| hundredths as f64 / 100.0);
                (value, mean.patients as usize, mean.doctors as usize)
            }
        }
    }
}

/// Positions of the key's labels in the table's dimensions; none where a label is unknown.
fn codes(table: &Table, cells: &TableCells, key: &Key) -> Option<Vec<usize>> {
    let columns: Vec<&str> = table.dimensions.iter().map(|dimension| dimension.column()).collect();
    if key.dimensions.keys().any(|name| !columns.contains(&name.as_str())) {
        return None;
    }
    let labels = columns.iter().zip(&cells.axes.dimensions);
    labels.map(|(column, labels)| labels.iter().position(|label| label == key.label(column))).collect()
}

/// Whether the published table has the row: municipalities' detail, and hours only where meant.
fn is_shown(table: &Table, indicator: &Indicator, key: &Key, kind: PeriodKind) -> bool {
    let is_total = key.dimensions.values().all(|label| label == "total");
    let by_hour = matches!(&indicator.value, IndicatorValue::PerDoctor(kprstat::definition::PerDoctor::ByHour { .. }));
    let hour_fits = !matches!(indicator.value, IndicatorValue::PerDoctor(_)) || by_hour != is_total;
    let detailed = key.geo.len() != 4 || is_total || table.municipality_detail.contains(&kind);
    hour_fits && detailed
}

/// Writes a delivery's files into a folder.
pub fn write(delivery: &BTreeMap<String, Vec<u8>>, folder: &Path) {
    for (name, bytes) in delivery {
        std::fs::write(folder.join(name), bytes).expect("a folder to write in");
    }
}
