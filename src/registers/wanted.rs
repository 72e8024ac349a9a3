//! The contacts that the systems of a table count, by service and predicate.
//!
//! In: the systems of a table. Out: which quantities a contact counts in, and the counts of each
//! system cut out of the sums of all. Never sees a person.

use super::acc::Sums;
use super::cells::SystemCells;
use crate::codes::practice_types;
use crate::contacts::ContactPart;
use crate::definition::{JoinedSystem, Predicate, SystemCounts, Table};
use crate::domain::Service;

/// The quantities of all systems of a table, one after the other.
pub struct Wanted {
    systems: Vec<JoinedSystem>,
    quantities: Vec<(Service, Predicate)>,
}

impl Wanted {
    pub fn of(table: &Table) -> Self {
        let systems = table.joined_systems();
        let of_system = |system: &JoinedSystem| match &system.counted {
            SystemCounts::Contacts { service, predicates } => {
                predicates.iter().map(|predicate| (*service, predicate.clone())).collect()
            }
            _ => Vec::new(),
        };
        Wanted { quantities: systems.iter().flat_map(of_system).collect(), systems }
    }

    /// How many quantities there are.
    pub fn len(&self) -> usize {
        self.quantities.len()
    }

    /// The quantities that a row counts in.
    pub fn of_row(&self, part: &ContactPart, row: usize) -> Vec<usize> {
        let Some(kind) = practice_types().get(usize::from(part.practice_type[row])) else { return Vec::new() };
        let (of_type, features) = (1 << part.contact_type[row], part.features[row]);
        let counts = |(service, predicate): &(Service, Predicate)| {
            *service == kind.service
                && predicate.types & of_type != 0
                && features & predicate.with == predicate.with
                && features & predicate.without == 0
        };
        (0..self.len()).filter(|&at| counts(&self.quantities[at])).collect()
    }

    /// The quantity that each indicator shows.
    pub fn shown(&self, indicators: usize) -> Vec<usize> {
        let mut shown = vec![0; indicators];
        for (first, system) in self.starts() {
            for (indicator, figure) in &system.figures {
                shown[*indicator] = first + figure.quantities().first().copied().unwrap_or(0);
            }
        }
        shown
    }

    /// The counts of each system; sums are by unit, then quantity. `residents` are by unit.
    pub fn system_cells(&self, sums: &Sums, residents: &[u32]) -> Vec<SystemCells> {
        let units = sums.cells.len() / self.len().max(1);
        let of = |(first, system): (usize, &JoinedSystem)| {
            let quantities = first..first + system.counted.len();
            let cells = (0..units).flat_map(|unit| quantities.clone().map(move |at| unit * self.len() + at));
            SystemCells { counts: cells.map(|cell| sums.counts(cell)[2]).collect(), residents: residents.to_vec() }
        };
        self.starts().map(of).collect()
    }

    /// The systems with their first quantities.
    fn starts(&self) -> impl Iterator<Item = (usize, &JoinedSystem)> {
        self.systems.iter().scan(0, |next, system| {
            let first = *next;
            *next += system.counted.len();
            Some((first, system))
        })
    }
}
