//! Which counts of a table of joined registers add up, and which figure shows which of them.
//!
//! In: the indicators of a table. Out: [`JoinedSystem`]s: what is counted, in an order that
//! `registers` counts in and `relations` describes. A figure that no system has (an index, a
//! median) is made of no counts that add up. Never counts anything.

use super::joined::{Family, Joined, ListFigure, ListQuantity, RelationFigure};
use super::quantities::{Quantities, complement};
use super::types::{Predicate, Table};
use crate::domain::Service;

/// Counts that add up over places, periods and the labels of the table's dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedSystem {
    /// What is counted; with the table's id the name of its universe, and in the ledger.
    pub id: String,
    pub labels: Labels,
    pub counted: SystemCounts,
    /// Indicators by position, and how each shows the quantities.
    pub figures: Vec<(usize, JoinedFigure)>,
}

impl JoinedSystem {
    /// How an indicator shows the quantities; none: it is no indicator of the system.
    pub fn figure(&self, indicator: usize) -> Option<&JoinedFigure> {
        self.figures.iter().find(|&&(at, _)| at == indicator).map(|(_, figure)| figure)
    }
}

/// Whether the total of the table's dimension is the sum of its other labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    Sum,
    /// Each label is counted for itself: a person's most used doctor differs among them.
    Apart,
}

/// What the quantities of a system are, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemCounts {
    /// A numerator, the rest of its denominator, the denominator.
    Share,
    /// Persons with a doctor; then of each number of years those over it and the others; then
    /// those between one number and the next. Ascending.
    Years(Vec<u8>),
    /// Contacts of a service.
    Contacts { service: Service, predicates: Vec<Predicate> },
    /// Inhabitants of lists.
    Inhabitants(Vec<ListQuantity>),
}

impl SystemCounts {
    /// How many quantities there are.
    pub fn len(&self) -> usize {
        match self {
            SystemCounts::Share => 3,
            SystemCounts::Years(years) => 3 * years.len(),
            SystemCounts::Contacts { predicates, .. } => predicates.len(),
            SystemCounts::Inhabitants(quantities) => quantities.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How a figure shows quantities, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinedFigure {
    Count(usize),
    Share {
        numerator: usize,
        complement: usize,
        denominator: usize,
    },
    /// Made of the quantities and of what is public besides.
    Made(Vec<usize>),
}

impl JoinedFigure {
    /// The quantities of which the figure tells.
    pub fn quantities(&self) -> Vec<usize> {
        match self {
            JoinedFigure::Count(quantity) => vec![*quantity],
            JoinedFigure::Share { numerator, denominator, .. } => vec![*numerator, *denominator],
            JoinedFigure::Made(quantities) => quantities.clone(),
        }
    }
}

const SHARE: JoinedFigure = JoinedFigure::Share { numerator: 0, complement: 1, denominator: 2 };

impl Table {
    /// The systems of a table of joined registers; none for tables by practice, and of contacts.
    pub fn joined_systems(&self) -> Vec<JoinedSystem> {
        let joined = || {
            let all = self.indicators.iter().enumerate();
            all.filter_map(|(at, of)| Some((at, of.id.as_str(), of.value.joined()?)))
        };
        match self.family() {
            Some(Family::Continuity | Family::Discharges) => {
                joined().filter_map(|(at, id, of)| share(at, id, of)).collect()
            }
            Some(Family::Relation) => years(joined()).into_iter().collect(),
            Some(Family::Lists) => inhabitants(joined()).into_iter().collect(),
            Some(Family::PersonMonths | Family::Teams) => contacts(joined()),
            Some(Family::Practices) | None => Vec::new(),
        }
    }
}

fn share(at: usize, id: &str, joined: &Joined) -> Option<JoinedSystem> {
    let labels = match joined {
        Joined::Index { .. } => return None,
        Joined::MostUsedDoctor { .. } => Labels::Apart,
        _ => Labels::Sum,
    };
    Some(JoinedSystem { id: id.into(), labels, counted: SystemCounts::Share, figures: vec![(at, SHARE)] })
}

fn years<'a>(joined: impl Iterator<Item = (usize, &'a str, &'a Joined)>) -> Option<JoinedSystem> {
    let over = |(at, _, of): (usize, &str, &Joined)| match of {
        Joined::Relation(RelationFigure::Over(years)) => Some((at, *years)),
        _ => None,
    };
    let shown: Vec<(usize, u8)> = joined.filter_map(over).collect();
    let mut years: Vec<u8> = shown.iter().map(|&(_, years)| years).collect();
    years.sort_unstable();
    years.dedup();
    let figure = |&(at, over): &(usize, u8)| {
        let numerator = 1 + 2 * years.partition_point(|&other| other < over);
        (at, JoinedFigure::Share { numerator, complement: numerator + 1, denominator: 0 })
    };
    let figures = shown.iter().map(figure).collect();
    let counted = SystemCounts::Years(years.clone());
    (!years.is_empty()).then(|| JoinedSystem { id: "years".into(), labels: Labels::Sum, counted, figures })
}

fn inhabitants<'a>(joined: impl Iterator<Item = (usize, &'a str, &'a Joined)>) -> Option<JoinedSystem> {
    let mut quantities: Vec<ListQuantity> = Vec::new();
    let mut figures = Vec::new();
    for (at, _, of) in joined {
        let Joined::Lists(figure) = of else { continue };
        let (parts, counts) = match figure {
            ListFigure::Count { of, less } => (vec![Some(of), less.as_ref()], less.is_none()),
            ListFigure::Ratio { numerator, denominator, .. } => (vec![Some(numerator), Some(denominator)], false),
        };
        let of_persons: Vec<usize> = parts
            .into_iter()
            .flatten()
            .filter(|quantity| quantity.of.is_of_persons())
            .map(|quantity| position(&mut quantities, quantity))
            .collect();
        match (&of_persons[..], counts) {
            ([], _) => {}
            (&[quantity], true) => figures.push((at, JoinedFigure::Count(quantity))),
            _ => figures.push((at, JoinedFigure::Made(of_persons))),
        }
    }
    let counted = SystemCounts::Inhabitants(quantities);
    (!counted.is_empty()).then(|| JoinedSystem { id: "inhabitants".into(), labels: Labels::Sum, counted, figures })
}

fn position(quantities: &mut Vec<ListQuantity>, wanted: &ListQuantity) -> usize {
    let known = quantities.iter().position(|quantity| quantity == wanted);
    known.unwrap_or_else(|| {
        quantities.push(wanted.clone());
        quantities.len() - 1
    })
}

/// Contacts of a service: what is counted, and the indicators that show it.
type OfService = (Service, Quantities, Vec<(usize, JoinedFigure)>);

/// One system a service. Rests of what is shown are counted too: anybody can work them out.
fn contacts<'a>(joined: impl Iterator<Item = (usize, &'a str, &'a Joined)>) -> Vec<JoinedSystem> {
    let mut systems: Vec<OfService> = Vec::new();
    for (at, _, of) in joined {
        let (service, types, with, counts) = match *of {
            Joined::Team { service, counted, with } => (service, counted, with, true),
            Joined::PersonMonths { service, counted } => (service, counted, 0, false),
            _ => continue,
        };
        let known = systems.iter().position(|system| system.0 == service).unwrap_or_else(|| {
            systems.push((service, Quantities::default(), Vec::new()));
            systems.len() - 1
        });
        let (_, quantities, figures) = &mut systems[known];
        let quantity = quantities.add(Predicate { types, with, without: 0, outside_hours: None, weekend: None });
        let figure = if counts { JoinedFigure::Count(quantity) } else { JoinedFigure::Made(vec![quantity]) };
        figures.push((at, figure));
    }
    let system = |(service, quantities, figures): OfService| {
        let counted = SystemCounts::Contacts { service, predicates: with_rests(quantities) };
        JoinedSystem { id: service.name().into(), labels: Labels::Sum, counted, figures }
    };
    systems.into_iter().map(system).collect()
}

fn with_rests(mut quantities: Quantities) -> Vec<Predicate> {
    let shown = quantities.list.clone();
    quantities.add_residuals(&(0..shown.len()).collect::<Vec<usize>>());
    for whole in &shown {
        for rest in shown.iter().filter_map(|part| complement(part, whole)) {
            quantities.add(rest);
        }
    }
    quantities.list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Pipeline;

    fn systems(pipeline: &str, table: &str) -> Vec<JoinedSystem> {
        let pipeline = Pipeline::shipped(pipeline).unwrap();
        pipeline.tables.iter().find(|of| of.id == table).unwrap().joined_systems()
    }

    #[test]
    fn shares_are_systems_of_their_own_and_indices_are_none() {
        let found = systems("continuity", "continuity");
        let ids: Vec<&str> = found.iter().map(|system| system.id.as_str()).collect();
        assert_eq!(ids, ["own-doctor-share", "most-used-doctor-1y", "most-used-doctor-2y"]);
        assert_eq!(
            found.iter().map(|system| system.labels).collect::<Vec<_>>(),
            [Labels::Sum, Labels::Apart, Labels::Apart]
        );
        assert_eq!(systems("after-discharge", "follow-up").len(), 4);
    }

    #[test]
    fn persons_over_ten_years_are_among_those_over_two() {
        let found = systems("gp-register", "gp-relation");
        assert_eq!(found[0].counted, SystemCounts::Years(vec![2, 10]));
        let over = |numerator| JoinedFigure::Share { numerator, complement: numerator + 1, denominator: 0 };
        assert_eq!(found[0].figures, [(2, over(1)), (3, over(3))]);
    }

    #[test]
    fn figures_of_lists_that_are_no_public_facts_are_made_of_inhabitants() {
        let pipeline = Pipeline::shipped("gp-register").unwrap();
        let table = &pipeline.tables[0];
        let system = table.joined_systems().remove(0);
        let figure = |id: &str| {
            let at = table.indicators.iter().position(|of| of.id == id).unwrap();
            system.figures.iter().find(|(of, _)| *of == at).map(|(_, figure)| figure.clone())
        };
        let (all, without) = (figure("list-inhabitants").unwrap(), figure("inhabitants-without-doctor").unwrap());
        assert!(matches!((&all, &without), (JoinedFigure::Count(a), JoinedFigure::Count(b)) if a != b));
        assert_eq!(figure("free-places"), Some(JoinedFigure::Made(all.quantities())));
        assert_eq!(figure("lists"), None);
        assert_eq!(figure("fixed-salary-share"), None);
    }

    #[test]
    fn contacts_by_team_have_the_rests_that_anybody_can_work_out() {
        let found = systems("primary-health-team", "team-nurse-contacts");
        let SystemCounts::Contacts { predicates, .. } = &found[0].counted else { panic!("no contacts") };
        let supplement = predicates.iter().find(|of| of.with != 0).unwrap();
        let rest = |of: &&Predicate| of.types == supplement.types && of.without == supplement.with;
        assert!(predicates.iter().any(|of| rest(&of)), "those without a supplement are the rest");
        let gp = systems("primary-health-team", "team-gp-contacts");
        assert!(gp[0].counted.len() > gp[0].figures.len(), "other types are the rest of all contacts");
    }
}
