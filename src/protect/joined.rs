//! Tables of joined registers: which figures are hidden.
//!
//! In: figures with the persons that they rest on, and the policy. Out: [`Protected`]. A pattern,
//! without proof, that errs on the side of hiding: a figure is hidden where a part of it (a
//! numerator, the rest of its denominator, the denominator) rests on few persons or doctors; and
//! wherever something is a sum of others (places, periods, with and without a doctor, contact types), the hidden
//! ones are never exactly one, and those of a shown sum together pass the rules and are more than
//! the least that each can be. Public facts are shown. Earlier releases are not looked at.

use super::certificate::Certificate;
use super::joined_types::{Split, by_type};
use super::ledger::Ledger;
use super::loss::Loss;
use super::primary::Reason;
use super::protected::{ObsStatus, Protected, PublicTable, RestrictedTable};
use crate::aggregate::Place;
use crate::codes::Geography;
use crate::definition::{Pipeline, Policy};
use crate::domain::{Period, Result};
use crate::registers::{JoinedCell, JoinedTable};
use crate::relations::Relations;

/// Decides what of tables of joined registers may be published.
///
/// # Guarantee
/// A figure that rests on 1 to 4 persons (by the policy) in a numerator, in the rest of its
/// denominator or in the denominator, or on contacts of too few doctors, is hidden, with every
/// figure of its group. Of no sum is exactly one term hidden, and hidden terms of a shown sum are
/// together at least the width of the policy more than everybody knows of each. The same input
/// gives the same output.
///
/// # Not guaranteed
/// There is no proof for these tables, and no ledger of them: what earlier releases showed of the
/// same figures is not looked at.
pub fn protect_joined(
    tables: &[JoinedTable],
    pipeline: &Pipeline,
    geography: &Geography,
    as_of: i32,
    ledger: &Ledger,
) -> Result<Protected> {
    let relations = Relations { universes: Vec::new() };
    let certificate = Certificate::default().finish(&relations, &pipeline.policy)?;
    let mut ledger = ledger.clone();
    ledger.releases.push(as_of);
    let (mut public, mut restricted, mut loss) = (Vec::new(), Vec::new(), Loss::default());
    for table in tables {
        let definition = &pipeline.tables[table.table];
        let reasons = reasons(table, &definition.policy, geography, &by_type(&definition.indicators));
        let made = rows(table, &reasons, as_of);
        let names: Vec<&str> = definition.indicators.iter().map(|of| of.id.as_str()).collect();
        add_loss(&mut loss, &definition.id, &names, &made.0);
        public.push(made.0);
        restricted.push(made.1);
    }
    Ok(Protected { public, restricted, relations, certificate, ledger, loss })
}

/// Why each cell is hidden, in their order. `splits`: see [`by_type`].
fn reasons(table: &JoinedTable, policy: &Policy, geography: &Geography, splits: &[Split]) -> Vec<Reason> {
    let mut groups: Vec<u16> = table.columns.iter().filter_map(|column| column.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let width = table.columns.len();
    let columns_of = |group: u16| (0..width).filter(move |&at| table.columns[at].group == Some(group));
    let mut units = Vec::new();
    for &group in &groups {
        let columns: Vec<usize> = columns_of(group).collect();
        units.extend(table.cells.chunks(width).map(|cells| Unit::of(cells, &columns)));
    }
    let mut hidden: Vec<Reason> = units.iter().map(|unit| unit.judge(policy)).collect();
    close(&units, &mut hidden, &all_sums(table, geography, &groups, splits), policy);
    let mut reasons = vec![Reason::Shown; table.cells.len()];
    let each = table.cells.len() / width.max(1);
    for (at, reason) in hidden.into_iter().enumerate() {
        columns_of(groups[at / each]).for_each(|column| reasons[at % each * width + column] = reason);
    }
    reasons
}

/// The sums of every group, and those of groups of other groups; units stand group after group.
fn all_sums(table: &JoinedTable, geography: &Geography, groups: &[u16], splits: &[Split]) -> Vec<Whole> {
    let each = table.cells.len() / table.columns.len().max(1);
    let start = |indicator: usize| {
        let group = table.columns.iter().find(|column| column.indicator == indicator)?.group?;
        Some(groups.binary_search(&group).ok()? * each)
    };
    let mut sums: Vec<Whole> = (0..groups.len()).flat_map(|at| sums(table, geography, at * each)).collect();
    for split in splits {
        let parts: Option<Vec<usize>> = split.parts.iter().map(|&part| start(part)).collect();
        if let (Some(whole), Some(parts)) = (start(split.whole), parts) {
            let of_unit =
                |unit: usize| Whole { whole: whole + unit, parts: parts.iter().map(|at| at + unit).collect() };
            sums.extend((0..each).map(of_unit));
        }
    }
    sums
}

/// The figures of a group in one place, period and code.
struct Unit {
    parts: Vec<u32>,
    /// Most persons of a numerator or the rest of its denominator; 0: the figures are none, and shown.
    size: u32,
    doctors: Option<u32>,
}

impl Unit {
    fn of(cells: &[JoinedCell], columns: &[usize]) -> Self {
        let figures = || columns.iter().map(|&column| cells[column]);
        Unit {
            parts: figures().flat_map(|cell| cell.persons).collect(),
            size: figures().map(|cell| cell.persons[0].max(cell.persons[1])).max().unwrap_or(0),
            doctors: figures().filter_map(|cell| cell.n_doctors).min(),
        }
    }

    /// Several as one. A doctor may be in each of them, so the most of one is all that is sure.
    fn together<'u>(units: impl Iterator<Item = &'u Unit> + Clone) -> Self {
        let length = units.clone().map(|unit| unit.parts.len()).max().unwrap_or(0);
        let sum = |at: usize| units.clone().map(|unit| unit.parts[at]).fold(0, u32::saturating_add);
        Unit {
            parts: (0..length).map(sum).collect(),
            size: units.clone().map(|unit| unit.size).max().unwrap_or(0),
            doctors: units.clone().filter_map(|unit| unit.doctors).max(),
        }
    }

    /// The least that each part can be where the unit is hidden: zeros are known.
    fn least(&self) -> Vec<u32> {
        self.parts.iter().map(|&persons| persons.min(1)).collect()
    }

    /// Whether these units together are so much more than the least of each that none of them is
    /// given away: ten that are ten together are one each.
    fn has_play<'l>(&self, leasts: impl Iterator<Item = &'l Vec<u32>> + Clone, policy: &Policy) -> bool {
        (0..self.parts.len()).all(|at| {
            let least = leasts.clone().map(|least| least[at]).fold(0, u32::saturating_add);
            self.parts[at] == 0 || self.parts[at].saturating_sub(least) >= policy.width
        })
    }

    fn judge(&self, policy: &Policy) -> Reason {
        if self.size == 0 {
            Reason::Shown
        } else if self.parts.iter().any(|persons| (1..policy.min_patients).contains(persons)) {
            Reason::Patients
        } else if self.doctors.is_some_and(|doctors| (1..policy.min_doctors).contains(&doctors)) {
            Reason::Doctors
        } else {
            Reason::Shown
        }
    }
}

/// One unit that is the sum of others.
struct Whole {
    whole: usize,
    parts: Vec<usize>,
}

/// Hides more until no sum gives a hidden unit away.
fn close(units: &[Unit], hidden: &mut [Reason], sums: &[Whole], policy: &Policy) {
    loop {
        let before = hidden.iter().filter(|&&reason| reason != Reason::Shown).count();
        let mut least = least(units, hidden, sums);
        sums.iter().for_each(|sum| sum.close(units, hidden, &mut least, policy));
        if hidden.iter().filter(|&&reason| reason != Reason::Shown).count() == before {
            return;
        }
    }
}

/// The least that everybody knows each part of each unit to be: what is shown is what it is, what
/// is hidden and not zero at least 1, and at least what its own parts are together.
fn least(units: &[Unit], hidden: &[Reason], sums: &[Whole]) -> Vec<Vec<u32>> {
    let of =
        |(unit, reason): (&Unit, &Reason)| if *reason == Reason::Shown { unit.parts.clone() } else { unit.least() };
    let mut least: Vec<Vec<u32>> = units.iter().zip(hidden).map(of).collect();
    loop {
        let mut changed = false;
        for sum in sums.iter().filter(|sum| hidden[sum.whole] != Reason::Shown) {
            for at in 0..least[sum.whole].len() {
                let parts = sum.parts.iter().map(|&part| least[part][at]).fold(0, u32::saturating_add);
                let parts = parts.min(units[sum.whole].parts[at]);
                changed |= parts > least[sum.whole][at];
                least[sum.whole][at] = parts.max(least[sum.whole][at]);
            }
        }
        if !changed {
            return least;
        }
    }
}

impl Whole {
    fn close(&self, units: &[Unit], hidden: &mut [Reason], least: &mut [Vec<u32>], policy: &Policy) {
        loop {
            let is_hidden = |at: &&usize| hidden[**at] != Reason::Shown;
            let of_hidden = self.parts.iter().filter(is_hidden);
            let count = of_hidden.clone().count();
            let together = Unit::together(of_hidden.clone().map(|&at| &units[at]));
            let has_play = together.has_play(of_hidden.map(|&at| &least[at]), policy);
            let enough = match (hidden[self.whole] != Reason::Shown, count) {
                (false, 0) => true,
                (true, count) => count > 0 && has_play,
                (false, 1) => false,
                (false, _) => has_play && together.judge(policy) == Reason::Shown,
            };
            if enough {
                return;
            }
            let shown = self.parts.iter().filter(|&&at| hidden[at] == Reason::Shown && units[at].size > 0);
            match shown.min_by_key(|&&at| (units[at].size, at)) {
                Some(&next) => {
                    hidden[next] = Reason::Secondary;
                    least[next] = units[next].least();
                }
                None if hidden[self.whole] == Reason::Shown => hidden[self.whole] = Reason::Secondary,
                None => return,
            }
        }
    }
}

/// Which units of the group that starts at `start` are sums of which: places, periods, codes.
fn sums(table: &JoinedTable, geography: &Geography, start: usize) -> Vec<Whole> {
    let (periods, codes) = (table.periods.len(), table.codes());
    let unit = |place: usize, period: usize, code: usize| start + (place * periods + period) * codes + code;
    let mut sums = Vec::new();
    for (whole, parts) in by_place(&table.places, geography) {
        for (period, code) in (0..periods).flat_map(|period| (0..codes).map(move |code| (period, code))) {
            let parts = parts.iter().map(|&place| unit(place, period, code)).collect();
            sums.push(Whole { whole: unit(whole, period, code), parts });
        }
    }
    for place in 0..table.places.len() {
        for (whole, parts) in by_period(&table.periods) {
            for code in 0..codes {
                let parts = parts.iter().map(|&period| unit(place, period, code)).collect();
                sums.push(Whole { whole: unit(place, whole, code), parts });
            }
        }
        for period in (0..periods).filter(|_| codes > 1) {
            let parts = (1..codes).map(|code| unit(place, period, code)).collect();
            sums.push(Whole { whole: unit(place, period, 0), parts });
        }
    }
    sums
}

fn by_place(places: &[Place], geography: &Geography) -> Vec<(usize, Vec<usize>)> {
    let is_part = |whole: Place, part: Place| match (whole, part) {
        (Place::Country, Place::County(_)) => true,
        (Place::County(county), Place::Municipality(at)) => geography.county_of(at) == county,
        _ => false,
    };
    let parts = |whole: Place| (0..places.len()).filter(|&part| is_part(whole, places[part])).collect::<Vec<usize>>();
    let all = places.iter().enumerate().map(|(at, &whole)| (at, parts(whole)));
    all.filter(|(_, parts)| !parts.is_empty()).collect()
}

/// Each period with its parts of each shorter kind, where all of them are there.
fn by_period(periods: &[Period]) -> Vec<(usize, Vec<usize>)> {
    let mut found = Vec::new();
    for (at, whole) in periods.iter().enumerate() {
        for kind in crate::domain::PeriodKind::ALL.into_iter().filter(|kind| kind.months() < whole.kind.months()) {
            let within = |part: &&usize| {
                let part = periods[**part];
                part.kind == kind && whole.first <= part.first && part.last() <= whole.last()
            };
            let parts: Vec<usize> = (0..periods.len()).collect::<Vec<_>>().iter().filter(within).copied().collect();
            if parts.len() as i32 * kind.months() == whole.kind.months() {
                found.push((at, parts));
            }
        }
    }
    found
}

/// The public and the restricted rows.
fn rows(table: &JoinedTable, reasons: &[Reason], as_of: i32) -> (PublicTable, RestrictedTable) {
    let empty = || PublicTable {
        table: table.table,
        places: table.places.clone(),
        periods: table.periods.clone(),
        labels: table.labels.clone(),
        place: Vec::new(),
        period: Vec::new(),
        dimensions: vec![Vec::new(); table.labels.len()],
        indicator: Vec::new(),
        measure: Vec::new(),
        value: Vec::new(),
        status: Vec::new(),
    };
    let (mut public, mut keys) = (empty(), empty());
    let (mut n_patients, mut n_doctors, mut reason) = (Vec::new(), Vec::new(), Vec::new());
    for (at, cell) in table.cells.iter().enumerate() {
        let truth = cell.figure.value();
        let is_hidden = reasons[at] != Reason::Shown;
        let period = table.periods[at / table.columns.len() / table.codes() % table.periods.len()];
        let status = match (is_hidden, truth) {
            (true, _) => ObsStatus::Suppressed,
            (false, None) => ObsStatus::Undefined,
            _ if period.is_final(as_of) => ObsStatus::Final,
            _ => ObsStatus::Provisional,
        };
        push(&mut public, table, at, if is_hidden { None } else { truth }, status);
        push(&mut keys, table, at, truth, status);
        n_patients.push(cell.n_patients);
        n_doctors.push(cell.n_doctors);
        reason.push(reasons[at].name());
    }
    let none = vec![None; reason.len()];
    let restricted = RestrictedTable {
        keys,
        n_patients,
        n_doctors,
        largest_doctor_share: none.clone(),
        largest_patient_share: none,
        reason,
    };
    (public, restricted)
}

fn push(to: &mut PublicTable, table: &JoinedTable, at: usize, value: Option<f64>, status: ObsStatus) {
    let (unit, column) = (at / table.columns.len(), table.columns[at % table.columns.len()]);
    let flat = unit / table.codes();
    to.place.push((flat / table.periods.len()) as u16);
    to.period.push((flat % table.periods.len()) as u16);
    to.dimensions.iter_mut().for_each(|codes| codes.push((unit % table.codes()) as u8));
    to.indicator.push(column.indicator as u16);
    to.measure.push(column.measure);
    to.value.push(value);
    to.status.push(status);
}

/// Adds hidden cells by level. A table of ratios has no contacts to lose.
fn add_loss(loss: &mut Loss, id: &str, indicators: &[&str], public: &PublicTable) {
    let levels = loss.tables.entry(id.to_string()).or_default();
    for (row, status) in public.status.iter().enumerate() {
        let place = public.places[usize::from(public.place[row])];
        let level = levels.entry(level(place).to_string()).or_default();
        level.cells += 1;
        if *status == ObsStatus::Suppressed {
            level.hidden_cells += 1;
            let total = public.dimensions.iter().all(|codes| codes[row] == 0);
            if place == Place::Country && total {
                let period = public.periods[usize::from(public.period[row])];
                loss.country_totals.push(format!("{id} {period} {}", indicators[usize::from(public.indicator[row])]));
            }
        }
    }
    for level in levels.values_mut() {
        level.hidden_share = (10_000.0 * level.hidden_cells as f64 / level.cells.max(1) as f64).round() / 100.0;
    }
}

fn level(place: Place) -> &'static str {
    match place {
        Place::Country => "country",
        Place::County(_) => "county",
        Place::Pool(_) | Place::Municipality(_) => "municipality",
    }
}

#[cfg(test)]
#[path = "joined_tests.rs"]
mod tests;
