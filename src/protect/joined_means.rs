//! Means of indices and medians of joined registers: which are hidden.
//!
//! In: figures with the persons and doctors that they rest on, the policy and the ledger. Out: why
//! each is hidden, and the ledger after. A pattern, without proof, that errs on the side of hiding: a
//! mean of few persons or doctors is hidden; wherever a place, a period or a label is a whole of
//! others, the hidden ones are never exactly one, and those of a shown whole rest together on enough
//! persons and doctors. `audit` looks for what the pattern leaves open.

use super::ledger::{Ledger, Names, Noted, Seen};
use super::primary::Reason;
use crate::aggregate::{Axes, CellCount, Place, TableCells};
use crate::codes::Geography;
use crate::definition::{Policy, Table};
use crate::domain::Period;
use crate::registers::{JoinedCell, JoinedTable, NO_DOCTORS};

/// Columns of a table that are means or medians.
pub(super) struct Means<'a> {
    pub table: &'a JoinedTable,
    pub definition: &'a Table,
    pub columns: &'a [usize],
    pub geography: &'a Geography,
}

impl Means<'_> {
    /// Decides on the columns, each for itself: `reasons` are of all cells of the table. What earlier
    /// releases hid stays hidden, and what they showed is hidden for another's sake only at last;
    /// `after` takes the decisions.
    pub fn hide(&self, (before, as_of): (&Ledger, i32), reasons: &mut [Reason], after: &mut Ledger) {
        if self.columns.is_empty() || self.table.cells.is_empty() {
            return;
        }
        let axes = self.axes();
        let wholes = wholes(&axes, self.geography);
        let name = format!("{} means", self.definition.id);
        let names = Names { table: &name, axes: &axes, geography: self.geography, quantities: self.ids() };
        let earlier = before.before(&names, 0);
        let (all, width) = (self.table.columns.len(), self.columns.len());
        let mut noted = vec![Seen::New as u8; axes.len()];
        for (at, &column) in self.columns.iter().enumerate() {
            let seen = |unit: usize| earlier.as_ref().map_or(Seen::New, |before| before.seen(unit * width + at));
            let cells = self.table.cells.iter().skip(column).step_by(all);
            let units: Vec<Unit> = cells.enumerate().map(|(unit, cell)| Unit::of(cell, seen(unit))).collect();
            for (unit, reason) in decide(&units, &wholes, &self.definition.policy).into_iter().enumerate() {
                reasons[unit * all + column] = reason;
                noted[unit * width + at] = units[unit].told(reason) as u8;
            }
        }
        after.note(&names, &Noted { seen: noted, told: Vec::new(), as_of });
    }

    fn axes(&self) -> Axes {
        Axes {
            places: self.table.places.clone(),
            periods: self.table.periods.clone(),
            dimensions: self.table.labels.clone(),
            quantities: self.columns.len(),
        }
    }

    fn ids(&self) -> Vec<String> {
        let id = |&column: &usize| self.definition.indicators[self.table.columns[column].indicator].id.clone();
        self.columns.iter().map(id).collect()
    }
}

/// Units of a denominator that are hidden with those that are hidden already, these among them: of no
/// whole is exactly one hidden. For denominators whose labels no system adds up: those with and those
/// without a doctor are all but a few of the total, so that where one is hidden alone it lies between
/// nothing and what the other leaves of the total.
pub(super) fn with_companions(
    (cells, denominator): (&TableCells, usize),
    hidden: &[usize],
    geography: &Geography,
    policy: &Policy,
) -> Vec<usize> {
    let counts = cells.contacts.iter().skip(denominator).step_by(cells.axes.quantities);
    let unit = |(at, count): (usize, &CellCount)| Unit {
        persons: count.patients,
        doctors: (count.doctors != NO_DOCTORS).then_some(count.doctors),
        before: if hidden.binary_search(&at).is_ok() { Seen::Hidden } else { Seen::New },
    };
    let units: Vec<Unit> = counts.enumerate().map(unit).collect();
    let decided = decide(&units, &wholes(&cells.axes, geography), policy);
    (0..units.len()).filter(|&at| decided[at] != Reason::Shown || hidden.contains(&at)).collect()
}

/// The figure of a column in one place, period and label.
struct Unit {
    /// 0: there is no figure, which is shown.
    persons: u32,
    doctors: Option<u32>,
    before: Seen,
}

impl Unit {
    fn of(cell: &JoinedCell, before: Seen) -> Self {
        Unit { persons: cell.persons[0], doctors: cell.n_doctors, before }
    }

    fn told(&self, reason: Reason) -> Seen {
        match reason {
            Reason::Shown if self.persons == 0 => Seen::New,
            Reason::Shown => Seen::Shown,
            _ => Seen::Hidden,
        }
    }

    /// Several as one. A doctor may be in each of them, so the most of one is all that is sure. Whoever is
    /// alone in one of them knows it, and takes it out.
    fn together<'u>(units: impl Iterator<Item = &'u Unit> + Clone) -> Self {
        let persons = units.clone().map(|unit| unit.persons).fold(0, u32::saturating_add);
        let knows = units.clone().any(|unit| unit.persons == 1);
        Unit {
            persons: persons - u32::from(knows && persons > 1),
            doctors: units.filter_map(|unit| unit.doctors).max(),
            before: Seen::New,
        }
    }

    fn judge(&self, policy: &Policy) -> Reason {
        if self.persons == 0 {
            Reason::Shown
        } else if self.persons < policy.min_patients {
            Reason::Patients
        } else if self.doctors.is_some_and(|doctors| doctors < policy.min_doctors) {
            Reason::Doctors
        } else if self.before == Seen::Hidden {
            Reason::Ledger
        } else {
            Reason::Shown
        }
    }
}

/// One unit that holds all persons of others.
#[derive(Debug, PartialEq, Eq)]
struct Whole {
    whole: usize,
    parts: Vec<usize>,
}

/// Why each unit is hidden: more and more of them, until no whole gives one away.
fn decide(units: &[Unit], wholes: &[Whole], policy: &Policy) -> Vec<Reason> {
    let mut hidden: Vec<Reason> = units.iter().map(|unit| unit.judge(policy)).collect();
    loop {
        let before = hidden.clone();
        wholes.iter().for_each(|whole| whole.close(units, &mut hidden, policy));
        if hidden == before {
            return hidden;
        }
    }
}

impl Whole {
    fn close(&self, units: &[Unit], hidden: &mut [Reason], policy: &Policy) {
        loop {
            let of_hidden = self.parts.iter().filter(|&&at| hidden[at] != Reason::Shown);
            let count = of_hidden.clone().count();
            let together = Unit::together(of_hidden.map(|&at| &units[at]));
            let enough = match (hidden[self.whole] != Reason::Shown, count) {
                (false, 0) => true,
                (true, count) => count > 0,
                (false, 1) => false,
                (false, _) => together.judge(policy) == Reason::Shown,
            };
            if enough {
                return;
            }
            let shown = self.parts.iter().filter(|&&at| hidden[at] == Reason::Shown && units[at].persons > 0);
            match shown.min_by_key(|&&at| (units[at].before == Seen::Shown, units[at].persons, at)) {
                Some(&next) => hidden[next] = Reason::Secondary,
                None if hidden[self.whole] == Reason::Shown => hidden[self.whole] = Reason::Secondary,
                None => return,
            }
        }
    }
}

/// Which units hold all of which others: by places, periods, labels.
fn wholes(axes: &Axes, geography: &Geography) -> Vec<Whole> {
    let (periods, codes) = (axes.periods.len(), axes.dimensions.iter().map(Vec::len).product::<usize>());
    let unit = |place: usize, period: usize, code: usize| (place * periods + period) * codes + code;
    let mut sums = Vec::new();
    for (whole, parts) in by_place(&axes.places, geography) {
        for (period, code) in (0..periods).flat_map(|period| (0..codes).map(move |code| (period, code))) {
            let parts = parts.iter().map(|&place| unit(place, period, code)).collect();
            sums.push(Whole { whole: unit(whole, period, code), parts });
        }
    }
    for place in 0..axes.places.len() {
        for (whole, parts) in by_period(&axes.periods) {
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

#[cfg(test)]
#[path = "joined_tests.rs"]
mod tests;
