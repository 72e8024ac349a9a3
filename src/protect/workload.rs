//! Means over doctors: which places are hidden.
//!
//! In: the means of a table and its policy. Out: a decision a mean. Means do not add up, but a
//! mean times its doctors does; so that none can be worked out, hidden places of a county are
//! always several, and together pass the primary rules. Errs on the side of hiding.

use super::pools::sum;
use super::primary::{Reason, Setting, judge};
use crate::aggregate::{CellCount, MeanCell, Place, Pools, TableCells};
use crate::codes::Geography;
use crate::definition::Policy;
use crate::domain::CountyNumber;

/// What a mean rests on, as a count.
pub(super) fn contributors(mean: &MeanCell) -> CellCount {
    CellCount {
        value: mean.contacts,
        patients: mean.patients,
        doctors: mean.doctors,
        top_patient: mean.top_patient,
        top_doctor: mean.top_doctor,
        second_doctor: mean.second_doctor,
        lone_patient: mean.lone_patient,
        lone_doctor: mean.lone_doctor,
    }
}

/// Why each mean is hidden, in their order.
pub(super) fn decide(cells: &TableCells, policy: &Policy, geography: &Geography, pools: &Pools) -> Vec<Reason> {
    let mut reasons = vec![Reason::Shown; cells.means.len()];
    let places = cells.axes.places.len();
    let inner = cells.means.len().checked_div(places).unwrap_or(0);
    for column in 0..inner {
        let line = Line { cells, policy, inner, column };
        let mut hidden: Vec<Reason> = (0..places).map(|place| line.judge(place)).collect();
        line.hide_counties(&mut hidden, geography, pools);
        for (place, reason) in hidden.into_iter().enumerate() {
            reasons[place * inner + column] = reason;
        }
    }
    reasons
}

/// One mean over all places.
struct Line<'a> {
    cells: &'a TableCells,
    policy: &'a Policy,
    inner: usize,
    column: usize,
}

impl Line<'_> {
    fn count(&self, place: usize) -> CellCount {
        contributors(&self.cells.means[place * self.inner + self.column])
    }

    fn judge(&self, place: usize) -> Reason {
        judge(&self.count(place), Setting::Practice, self.policy)
    }

    fn hide_counties(&self, hidden: &mut [Reason], geography: &Geography, pools: &Pools) {
        let places = &self.cells.axes.places;
        let mut counties = Vec::new();
        for (at, place) in places.iter().enumerate() {
            let Place::County(county) = *place else { continue };
            counties.push(at);
            let parts: Vec<usize> =
                (0..places.len()).filter(|&part| is_part(places[part], county, geography, pools)).collect();
            if parts.iter().any(|&part| hidden[part] != Reason::Shown) && !self.widen(hidden, &parts) {
                hide(hidden, at);
            }
        }
        let country = places.iter().position(|place| *place == Place::Country);
        if let Some(country) = country
            && counties.iter().any(|&county| hidden[county] != Reason::Shown)
            && !self.widen(hidden, &counties)
        {
            hide(hidden, country);
        }
        // The parts of a hidden county would add up to it.
        for (at, place) in places.iter().enumerate() {
            let Place::County(county) = *place else { continue };
            if hidden[at] != Reason::Shown {
                let parts = (0..places.len()).filter(|&part| is_part(places[part], county, geography, pools));
                parts.filter(|&part| self.count(part).value > 0).for_each(|part| hide(hidden, part));
            }
        }
    }

    /// Hides the smallest of the parts that are shown until the hidden ones are at least two and
    /// together pass the rules. False: all are hidden and still do not.
    fn widen(&self, hidden: &mut [Reason], parts: &[usize]) -> bool {
        loop {
            let of_hidden = || parts.iter().filter(|&&part| hidden[part] != Reason::Shown);
            let together = sum(of_hidden().map(|&part| self.count(part)));
            if of_hidden().count() >= 2 && judge(&together, Setting::Practice, self.policy) == Reason::Shown {
                return true;
            }
            let open = parts.iter().filter(|&&part| hidden[part] == Reason::Shown && self.count(part).value > 0);
            match open.min_by_key(|&&part| (self.count(part).value, part)) {
                Some(&next) => hidden[next] = Reason::Secondary,
                None => return false,
            }
        }
    }
}

fn hide(hidden: &mut [Reason], at: usize) {
    if hidden[at] == Reason::Shown {
        hidden[at] = Reason::Secondary;
    }
}

/// Whether a place is a published part of a county.
fn is_part(place: Place, county: CountyNumber, geography: &Geography, pools: &Pools) -> bool {
    match place {
        Place::Pool(of) => of == county,
        Place::Municipality(at) => {
            let own = geography.municipalities[at as usize].county;
            own == county && !pools.get(&own).is_some_and(|pool| pool.contains(&at))
        }
        _ => false,
    }
}
