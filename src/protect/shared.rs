//! Quantities of the whole country that tables of several pipelines show: one decision for them all.
//!
//! In: what a release did with such a quantity, and the ledger. Out: what earlier releases of any
//! pipeline of the same OUT did with it. A quantity is named by service, contact types and features,
//! never by table. Below the country the tables that share quantities stand in one pipeline.

use std::collections::BTreeMap;

use super::ledger::{Before, Ledger, Seen};
use super::rows::Decisions;
use super::run::seen;
use crate::aggregate::{Axes, Place, TableCells};
use crate::definition::{Pipeline, Predicate, Table};
use crate::domain::Service;

/// What was done in the country, by name of the quantity, then period.
pub(super) type Country = BTreeMap<String, BTreeMap<String, u8>>;

/// The ending of the names of all contacts of a service.
const ALL: &str = " all";

/// The quantities of a table by name; none for those that no other pipeline has.
pub(super) fn names(pipeline: &Pipeline, service: Service, predicates: &[Predicate]) -> Vec<Option<String>> {
    predicates.iter().map(|predicate| name(pipeline, service, predicate)).collect()
}

/// The same of a table of contacts: one of some practice types only, or from a month on, has none.
pub(super) fn names_of(pipeline: &Pipeline, table: &Table) -> Vec<Option<String>> {
    let narrow = table.practice_types.is_some() || table.since.is_some();
    match narrow {
        true => vec![None; table.quantities.len()],
        false => names(pipeline, table.service, &table.quantities),
    }
}

fn name(pipeline: &Pipeline, service: Service, of: &Predicate) -> Option<String> {
    if of.without != 0 || of.outside_hours.is_some() || of.weekend.is_some() {
        return None;
    }
    let bits = |set: u32| (0..u32::BITS as usize).filter(move |bit| set >> bit & 1 == 1);
    let types: Vec<&str> = bits(of.types).map(|bit| pipeline.contact_types.types[bit].id.as_str()).collect();
    let with: Vec<&str> = bits(of.with).map(|bit| pipeline.features.ids[bit].as_str()).collect();
    let types = if of.types == pipeline.contact_types.all() { ALL.trim().into() } else { types.join("+") };
    Some([service.name().to_string(), with.join("+"), types].join(" "))
}

/// The row-major positions of the country's totals, with period and quantity.
fn totals(axes: &Axes) -> Vec<(usize, usize, usize)> {
    let inner = axes.dimensions.iter().map(Vec::len).product::<usize>() * axes.quantities;
    if axes.places.first() != Some(&Place::Country) {
        return Vec::new();
    }
    let of = |period: usize| (0..axes.quantities).map(move |quantity| (period * inner + quantity, period, quantity));
    (0..axes.periods.len()).flat_map(of).collect()
}

impl Ledger {
    /// What earlier releases did, with what they did in the country in tables of other pipelines.
    pub(super) fn with_country(
        &self,
        before: Option<Before>,
        axes: &Axes,
        (names, margin): (&[Option<String>], u32),
    ) -> Option<Before> {
        let mut all = before;
        for (position, period, quantity) in totals(axes) {
            let Some(known) = names[quantity].as_ref().and_then(|name| self.country.get(name)) else { continue };
            let Some(&seen) = known.get(&axes.periods[period].to_string()) else { continue };
            all.get_or_insert_with(|| Before::nothing(axes.len(), margin)).set(position, seen);
        }
        all
    }

    /// Notes what a release did in the country.
    pub(super) fn note_country(&mut self, decisions: &Decisions, cells: &TableCells, names: &[Option<String>]) {
        for (position, period, quantity) in totals(&cells.axes) {
            let (Some(name), done) = (&names[quantity], seen(decisions, cells, position)) else { continue };
            if done != Seen::New {
                let periods = self.country.entry(name.clone()).or_default();
                periods.insert(cells.axes.periods[period].to_string(), done as u8);
            }
        }
    }

    /// Whether all contacts of a service in a month of the whole country are hidden: the bills that
    /// were counted would tell of them.
    pub fn hides_country(&self) -> bool {
        let of_all = self.country.iter().filter(|(name, _)| name.ends_with(ALL)).map(|(_, periods)| periods);
        let mut months = of_all.flatten().filter(|(period, _)| is_month(period));
        months.any(|(_, seen)| *seen == Seen::Hidden as u8)
    }
}

/// `2024-03`
fn is_month(period: &str) -> bool {
    period.len() == 7 && period.as_bytes()[5].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::SystemCounts;

    /// gp-activity and the tables by team name the country's consultations alike.
    #[test]
    fn two_pipelines_name_a_quantity_alike() {
        let activity = Pipeline::shipped("gp-activity").unwrap();
        let contacts = activity.tables.iter().find(|table| table.id == "gp-contacts").unwrap();
        let here = names_of(&activity, contacts);
        let teams = Pipeline::shipped("primary-health-team").unwrap();
        let table = teams.tables.iter().find(|table| table.id == "team-gp-contacts").unwrap();
        let systems = table.joined_systems();
        let SystemCounts::Contacts { service, predicates } = &systems[0].counted else { panic!("no contacts") };
        let there = names(&teams, *service, predicates);
        let (_, shown) = systems[0].figures.iter().find(|(at, _)| table.indicators[*at].id == "consultation").unwrap();
        let name = there[shown.quantities()[0]].clone();
        assert_eq!(name.as_deref(), Some("gp  home-visit+physical-consultation+e-consultation"));
        assert!(here.contains(&name));
        assert!(here.contains(&Some("gp  all".into())) && there.contains(&Some("gp  all".into())));
    }

    #[test]
    fn a_hidden_month_of_a_service_is_found() {
        let mut ledger = Ledger::default();
        let mut note = |name: &str, period: &str, seen: Seen| {
            ledger.country.entry(name.into()).or_default().insert(period.into(), seen as u8);
            ledger.hides_country()
        };
        assert!(!note("gp  meeting", "2024-03", Seen::Hidden), "of one type the bills say nothing");
        assert!(!note("legevakt  all", "2024-Q1", Seen::Hidden));
        assert!(!note("legevakt  all", "2024-03", Seen::Shown));
        assert!(note("legevakt  all", "2024-04", Seen::Hidden));
    }
}
