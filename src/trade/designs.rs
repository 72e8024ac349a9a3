//! What is hidden of a table, and how another design of it would fare.
//!
//! In: the cells of a table and the limits of the policy. Out: [`Trade`]: counts of cells. Another
//! design is judged by the cells that would be unsafe in themselves, by numbers of patients alone:
//! what else would be hidden for their sake is not searched for, and about as many would be for each
//! of them as now. Numbers of patients of two groups or places are added: hardly anybody is in two.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::cells::{Label, Limits, Row, Table};

/// Cells of a level and a length of period, by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    pub cells: u64,
    pub hidden: u64,
    pub by_reason: BTreeMap<String, u64>,
}

/// A design: how many cells, and how many of them unsafe in themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Design {
    pub cells: u64,
    pub few_patients: u64,
}

/// What a designer is told.
#[derive(Debug, Default, PartialEq)]
pub struct Trade {
    /// By level, then length of period.
    pub fates: BTreeMap<(String, String), Fate>,
    /// The municipalities' cells as they are.
    pub now: Design,
    /// With two neighbouring age groups in one; none in tables without ages.
    pub coarser_ages: Option<Design>,
    /// With both sexes together; none in tables without sex.
    pub without_sex: Option<Design>,
    /// By length of period, as published.
    pub by_period: BTreeMap<String, Design>,
    /// With small municipalities of a county in one; none where they are pooled already.
    pub pooled: Option<(Design, Named)>,
}

/// Municipalities that would be named, of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Named {
    pub named: usize,
    pub all: usize,
}

/// Works out everything.
pub fn all(table: &Table, limits: &Limits) -> Trade {
    let is_municipality = |row: &&Row| table.text(row.level) == "municipality";
    let local: Vec<&Row> = table.rows.iter().filter(is_municipality).collect();
    let mut by_period: BTreeMap<String, Design> = BTreeMap::new();
    for row in &local {
        by_period.entry(table.text(row.period_type).into()).or_default().add(value(row), row.patients, limits);
    }
    let plain = |row: &Row| (row.place, row.sex, row.age);
    Trade {
        fates: fates(table),
        now: design(&local, plain, limits),
        coarser_ages: coarser_ages(table, &local, limits),
        without_sex: without_sex(table, &local, limits),
        by_period,
        pooled: pooled(table, &local, limits),
    }
}

impl Design {
    fn add(&mut self, value: f64, patients: u32, limits: &Limits) {
        self.cells += 1;
        self.few_patients += u64::from(value > 0.0 && patients > 0 && patients < limits.min_patients);
    }
}

fn value(row: &Row) -> f64 {
    row.value.unwrap_or(0.0)
}

fn fates(table: &Table) -> BTreeMap<(String, String), Fate> {
    let mut fates: BTreeMap<(String, String), Fate> = BTreeMap::new();
    for row in &table.rows {
        let key = (table.text(row.level).to_string(), table.text(row.period_type).to_string());
        let fate = fates.entry(key).or_default();
        fate.cells += 1;
        if let Some(reason) = row.reason {
            fate.hidden += 1;
            *fate.by_reason.entry(table.text(reason).into()).or_default() += 1;
        }
    }
    fates
}

/// Cells with the same place, sex and age, as a design has them, are one.
fn design(rows: &[&Row], cell: impl Fn(&Row) -> (Label, Label, Label), limits: &Limits) -> Design {
    let mut sums: FxHashMap<_, (f64, u32)> = FxHashMap::default();
    for row in rows {
        let sum = sums.entry((cell(row), row.period_type, row.period, row.rest)).or_default();
        *sum = (sum.0 + value(row), sum.1 + row.patients);
    }
    let mut design = Design::default();
    sums.into_values().for_each(|(value, patients)| design.add(value, patients, limits));
    design
}

/// Age groups that begin with a number, in its order, two and two; the last three where one is left.
fn coarser_ages(table: &Table, rows: &[&Row], limits: &Limits) -> Option<Design> {
    let start = |label: Label| -> Option<u32> {
        let digits: String = table.text(label).chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let groups: BTreeSet<(u32, Label)> = rows.iter().filter_map(|row| Some((start(row.age)?, row.age))).collect();
    if groups.len() < 2 {
        return None;
    }
    let groups: Vec<Label> = groups.into_iter().map(|(_, label)| label).collect();
    let last = groups.len() / 2 - 1;
    let merged: FxHashMap<Label, Label> =
        groups.iter().enumerate().map(|(at, &label)| (label, groups[(at / 2).min(last) * 2])).collect();
    let cell = |row: &Row| (row.place, row.sex, merged.get(&row.age).copied().unwrap_or(row.age));
    Some(design(rows, cell, limits))
}

fn without_sex(table: &Table, rows: &[&Row], limits: &Limits) -> Option<Design> {
    let of_both: Vec<&Row> = rows.iter().copied().filter(|row| table.text(row.sex) == "total").collect();
    (of_both.len() < rows.len()).then(|| design(&of_both, |row| (row.place, row.sex, row.age), limits))
}

/// Municipalities with too few contacts or patients in any of the shortest periods are summed by
/// county (their first two digits); of a county with one such municipality it stays as it is.
fn pooled(table: &Table, rows: &[&Row], limits: &Limits) -> Option<(Design, Named)> {
    let is_pooled = table.rows.iter().any(|row| row.reason.is_some_and(|reason| table.text(reason) == "pooled"));
    if is_pooled || table.measure != "contacts" {
        return None;
    }
    let shortest = ["month", "quarter", "tertial", "year"];
    let shortest = shortest.iter().find(|kind| rows.iter().any(|row| table.text(row.period_type) == **kind))?;
    let whole = |row: &&&Row| {
        let is_total = |label: Label| table.text(label) == "total";
        is_total(row.sex) && is_total(row.age) && table.text(row.period_type) == *shortest
    };
    let mut most: FxHashMap<Label, f64> = FxHashMap::default();
    rows.iter().filter(whole).for_each(|row| *most.entry(row.rest).or_default() += value(row));
    let largest = most.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?.0;
    let is_small = |row: &&&Row| value(row) < f64::from(limits.pool_volume) || row.patients < limits.min_patients;
    let all: BTreeSet<Label> = rows.iter().map(|row| row.place).collect();
    let mut small: BTreeMap<&str, BTreeSet<Label>> = BTreeMap::new();
    for row in rows.iter().filter(whole).filter(|row| row.rest == largest).filter(is_small) {
        small.entry(table.text(row.place).get(..2).unwrap_or_default()).or_default().insert(row.place);
    }
    let in_pool: FxHashMap<Label, Label> = small
        .into_values()
        .filter(|places| places.len() > 1)
        .flat_map(|places| places.clone().into_iter().filter_map(move |at| Some((at, *places.first()?))))
        .collect();
    let cell = |row: &Row| (in_pool.get(&row.place).copied().unwrap_or(row.place), row.sex, row.age);
    Some((design(rows, cell, limits), Named { named: all.len() - in_pool.len(), all: all.len() }))
}
