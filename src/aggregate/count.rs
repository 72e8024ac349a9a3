//! The walk through the room: one pass by person, one by doctor, then the finish.
//!
//! In: contacts, residents, the definition. Out: [`Cells`], the same whatever the threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::axes::{Layout, Selection, Span, axes, is_per_doctor};
use super::by_doctor::{self, DoctorCells};
use super::by_person::{self, PersonCells};
use super::cells::{Axes, CellCount, Cells, TableCells};
use super::noted::Noted;
use super::pairs::{Pairs, WantedContributors};
use super::residents::layer;
use super::sparse::Sparse;
use super::workload::{self, NotedDoctor};
use crate::codes::Geography;
use crate::contacts::{Contacts, Residents};
use crate::definition::{Measure, Pipeline, Table};
use crate::domain::{Month, Period, Result};

/// All that counting needs.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub contacts: &'a Contacts,
    pub residents: &'a Residents,
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    /// Days since 1970-01-01.
    pub as_of: i32,
    /// Count these periods alone; none: all that are published.
    pub only: Option<&'a [Period]>,
    /// Periods whose contributors are wanted cell by cell.
    pub wanted: WantedContributors<'a>,
}

impl<'a> Run<'a> {
    /// A count of all periods that are published.
    pub fn of_all(
        contacts: &'a Contacts,
        residents: &'a Residents,
        pipeline: &'a Pipeline,
        (geography, as_of): (&'a Geography, i32),
    ) -> Run<'a> {
        let wanted = WantedContributors::default();
        Run { contacts, residents, pipeline, geography, as_of, only: None, wanted }
    }
}

/// The cells of all tables of the pipeline.
pub fn count(run: &Run<'_>) -> Result<Cells> {
    let tables: Vec<usize> = (0..run.pipeline.tables.len()).collect();
    count_tables(run, &tables, Selection::All)
}

/// A table being counted.
pub struct Counted {
    /// Position in `Pipeline::tables`.
    pub table: usize,
    pub axes: Axes,
    pub layout: Layout,
    pub has_patients: bool,
}

/// The cells of some tables, for some places.
pub fn count_tables(run: &Run<'_>, tables: &[usize], selection: Selection<'_>) -> Result<Cells> {
    Ok(count_noting(run, tables, selection).cells)
}

/// Cells, and what was noted of their contributors.
pub struct Noting<'a> {
    pub cells: Cells,
    pub persons: Noted<'a>,
    pub pairs: Pairs,
    /// By table: what each doctor has for means.
    pub days: Vec<Vec<NotedDoctor>>,
}

/// The same, with the contributors of the periods where they are wanted.
pub fn count_noting<'a>(run: &Run<'a>, tables: &[usize], selection: Selection<'_>) -> Noting<'a> {
    let span = Span::of(run.pipeline, run.contacts.months, run.as_of);
    let first = span.map_or(Month(0), |span| span.first);
    let counted: Vec<Counted> = tables.iter().map(|&at| prepare(run, at, span, selection)).collect();
    let persons = by_person::pass(run, tables, &counted, first);
    let mut doctors = by_doctor::pass(run, tables, &counted, first, &persons.movers);
    let days = doctors.sums.iter_mut().map(|sums| std::mem::take(&mut sums.noted)).collect();
    let finished = counted.into_iter().zip(persons.cells).zip(doctors.cells).zip(doctors.sums);
    let tables = finished.map(|(((table, persons), doctors), means)| finish(run, table, persons, doctors, means));
    Noting { cells: Cells { tables: tables.collect() }, persons: persons.noted, pairs: doctors.pairs, days }
}

/// A table before anything is counted.
pub fn prepare(run: &Run<'_>, at: usize, span: Option<Span>, selection: Selection<'_>) -> Counted {
    let table = &run.pipeline.tables[at];
    let mut axes = axes(table, run.pipeline, run.geography, span, selection);
    axes.periods.retain(|period| run.only.is_none_or(|only| only.contains(period)));
    let first = span.map_or(Month(0), |span| span.first);
    let layout = Layout::new(table, &axes, run.geography, first, selection);
    let patients = [Measure::Patients, Measure::PatientsPer100];
    Counted { table: at, axes, layout, has_patients: table.measures.iter().any(|measure| patients.contains(measure)) }
}

fn finish(
    run: &Run<'_>,
    counted: Counted,
    persons: PersonCells,
    doctors: DoctorCells,
    means: workload::Sums,
) -> TableCells {
    let table = &run.pipeline.tables[counted.table];
    let contacts = persons.contacts.iter().zip(&doctors.contacts).map(|(person, doctor)| CellCount {
        value: person.value,
        patients: person.patients,
        doctors: doctor.doctors,
        top_patient: person.top,
        top_doctor: doctor.top,
        second_doctor: doctor.second,
        lone_patient: person.lone(),
        lone_doctor: doctor.lone(),
    });
    let (cells, of_place) = (counted.axes.len(), counted.axes.of_place());
    let contacts = Sparse::of(cells, of_place, contacts);
    let patients = persons.patients.iter().zip(&doctors.patients).map(|(person, doctor)| CellCount {
        value: person.value,
        patients: person.value,
        doctors: doctor.doctors,
        top_patient: person.value.min(1),
        top_doctor: doctor.top,
        second_doctor: doctor.second,
        lone_patient: if person.value == 1 { person.last } else { 0 },
        lone_doctor: doctor.lone(),
    });
    let patients = Sparse::of(if counted.has_patients { cells } else { 0 }, of_place, patients);
    let residents = if has_rate(table) { layer(run, table, &counted) } else { Vec::new() };
    let means = if is_per_doctor(table) { means.finish(table, &counted.axes, &contacts) } else { Sparse::default() };
    TableCells { table: counted.table, axes: counted.axes, contacts, patients, residents, means }
}

/// Whether a table divides by residents.
pub fn has_rate(table: &Table) -> bool {
    let rates = [Measure::Per1000, Measure::PatientsPer100];
    table.measures.iter().any(|measure| rates.contains(measure))
}

/// Runs `work` on the numbers `0..jobs`, each worker with a state of its own, and merges the
/// states. Merging must not depend on the order.
pub fn share_out<S: Send>(
    jobs: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) + Sync,
    merge: impl Fn(S, S) -> S + Sync,
) -> S {
    let next = AtomicUsize::new(0);
    let worker = |_| {
        let mut state = start();
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return state;
            }
            work(&mut state, job);
        }
    };
    let workers = rayon::current_num_threads().min(jobs).max(1);
    (0..workers).into_par_iter().map(worker).reduce_with(&merge).unwrap_or_else(&start)
}
