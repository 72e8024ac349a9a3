//! The restricted cells: the truth, and which cells are unsafe in themselves.
//!
//! In: `cells/TABLE.parquet` of the restricted area. Out: the true counts of a universe and the
//! width that each unsafe one needs, by rules worked out here from numbers of contributors and,
//! beside them, by the reasons given. Opened for the judging step alone.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::{Float64Type, UInt32Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::binding::{Book, Column, Release, Rows, Told, positions_of_rows, unreadable};
use crate::domain::{Error, Result};
use crate::relations::{Universe, View};

/// What the restricted area says of one count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Truth {
    pub value: Option<i64>,
    pub patients: Option<u32>,
    pub doctors: Option<u32>,
    /// Width that the count needs where it is unsafe in itself; 0: safe.
    pub needs: i64,
}

/// Thresholds of the policy.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    pub patients: i64,
    pub doctors: i64,
    pub dominance_percent: i64,
    pub width: i64,
    pub width_percent: i64,
    pub width_dominance_percent: i64,
}

impl Thresholds {
    pub fn of(release: &Release) -> Self {
        Thresholds {
            patients: release.threshold("min-patients", 5),
            doctors: release.threshold("min-doctors", 3),
            dominance_percent: release.threshold("dominance-percent", 85),
            width: release.threshold("width", 2),
            width_percent: release.threshold("width-percent", 10),
            width_dominance_percent: release.threshold("width-dominance-percent", 15),
        }
    }
    /// Width that a count needs: of patients, of contacts, and where one doctor dominates.
    fn needed(&self, layer: usize, value: i64, largest_doctor: Option<f64>) -> i64 {
        let percent = |of: i64, percent: i64| (of * percent + 99) / 100;
        let by_value = if layer == 0 { percent(value, self.width_percent) } else { 0 };
        let largest = largest_doctor.map_or(0, |share| (share * value as f64).round() as i64);
        self.width.max(by_value).max(percent(largest, self.width_dominance_percent))
    }
}

/// A restricted row besides its keys and value.
struct Row {
    patients: Option<u32>,
    doctors: Option<u32>,
    largest_doctor: Option<f64>,
    primary: bool,
    dominated: bool,
}

/// Reasons of cells that are unsafe in themselves.
const PRIMARY: [&str; 5] = ["patients", "doctors", "dominance", "complement", "residents"];

/// The truth of every cell of a universe, by layer; rests and unlisted cells have none.
pub fn truths(book: &Book, universe: &Universe, restricted: &Path, thresholds: &Thresholds) -> Result<[Vec<Truth>; 2]> {
    let mut truths = [vec![Truth::default(); book.len()], vec![Truth::default(); book.len()]];
    for (at, view) in universe.views.iter().enumerate() {
        let path = restricted.join(format!("cells/{}.parquet", view.table));
        let (rows, more) = read(&path, &view.table)?;
        for (row, place) in positions_of_rows(universe, view, &rows).into_iter().enumerate() {
            let (Some((position, layer)), Told::Value(value)) = (place, rows.told[row]) else { continue };
            let cell = book.cells[at][position as usize];
            if cell == u32::MAX {
                continue;
            }
            let value = value as i64;
            let unsafe_here = is_unsafe(universe, view, position as usize, &more[row], value, thresholds);
            let largest = more[row].largest_doctor.filter(|_| more[row].dominated);
            let needs = if unsafe_here { thresholds.needed(layer, value, largest) } else { 0 };
            let truth = &mut truths[layer][cell as usize];
            let needs = needs.max(truth.needs);
            *truth = Truth { value: Some(value), patients: more[row].patients, doctors: more[row].doctors, needs };
        }
    }
    Ok(truths)
}

/// The rules of what is unsafe in itself, as far as the numbers at hand tell; and the reasons.
fn is_unsafe(universe: &Universe, view: &View, position: usize, row: &Row, value: i64, limits: &Thresholds) -> bool {
    if value == 0 {
        return false;
    }
    let few = |count: Option<u32>, limit: i64| count.is_some_and(|count| count > 0 && i64::from(count) < limit);
    let by_practice = universe.dims[view.place.dim].id == "practice";
    let positions = view.positions(position);
    let total = view
        .dimensions
        .iter()
        .zip(&positions[2..])
        .all(|(axis, &at)| at == 0 || !["sex", "age_group"].contains(&universe.dims[axis.dim].id.as_str()));
    let dominated = row.largest_doctor.is_some_and(|share| share * 100.0 > limits.dominance_percent as f64);
    row.primary
        || few(row.patients, limits.patients)
        || ((by_practice || total) && few(row.doctors, limits.doctors))
        || (by_practice && dominated)
}

fn read(path: &Path, table: &str) -> Result<(Rows, Vec<Row>)> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unreadable(path, &error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let keys = names.iter().position(|name| name == "value").unwrap_or(0);
    let mut rows = Rows { table: table.into(), ..Rows::default() };
    rows.keys = names[..keys].iter().map(|name| Column::named(name)).collect();
    let mut more = Vec::new();
    for batch in builder.build().map_err(|error| unreadable(path, &error))? {
        let batch = batch.map_err(|error| unreadable(path, &error))?;
        read_batch(&batch, &mut rows, &mut more)
            .ok_or_else(|| Error::input(format!("{}: expected the columns of restricted cells", path.display())))?;
    }
    Ok((rows, more))
}

fn read_batch(batch: &RecordBatch, rows: &mut Rows, more: &mut Vec<Row>) -> Option<()> {
    let value: &Float64Array = batch.column_by_name("value")?.as_primitive_opt::<Float64Type>()?;
    let patients = batch.column_by_name("n_patients")?.as_primitive_opt::<UInt32Type>()?;
    let doctors = batch.column_by_name("n_doctors")?.as_primitive_opt::<UInt32Type>()?;
    let largest = batch.column_by_name("largest_doctor_share")?.as_primitive_opt::<Float64Type>()?;
    let reason = batch.column_by_name("reason")?.as_string_opt::<i32>()?;
    for row in 0..batch.num_rows() {
        for (at, column) in rows.keys.iter_mut().enumerate() {
            column.push(batch.column(at).as_string_opt::<i32>()?.value(row));
        }
        rows.told.push(if value.is_null(row) { Told::Undefined } else { Told::Value(value.value(row)) });
        let reason = if reason.is_null(row) { "" } else { reason.value(row) };
        more.push(Row {
            patients: (!patients.is_null(row)).then(|| patients.value(row)),
            doctors: (!doctors.is_null(row)).then(|| doctors.value(row)),
            largest_doctor: (!largest.is_null(row)).then(|| largest.value(row)),
            primary: PRIMARY.contains(&reason),
            dominated: reason == "dominance",
        });
    }
    Some(())
}
