//! Where a person is counted in a period, when that is not where the contact was.
//!
//! In a period a person has the place, sex and age group of the last contact in it; a contact
//! before a move is of that person all the same. In: one person's contacts in order. Out: the
//! differing places, by contact. Never holds a person who did not change.

use crate::domain::{PeriodKind, PlaceIndex};

use super::facts::Facts;

/// A person's place, sex and age group in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub residence: PlaceIndex,
    pub sex: u8,
    pub age_group: u8,
}

impl Standing {
    pub fn of(facts: &Facts) -> Self {
        Standing { residence: facts.residence, sex: facts.sex, age_group: facts.age_group }
    }
    /// The facts, as if the contact had been at the person's standing.
    pub fn applied(self, facts: &Facts) -> Facts {
        Facts { residence: self.residence, sex: self.sex, age_group: self.age_group, ..*facts }
    }
}

/// The standing of a contact's person in the contact's month, quarter, tertial and year.
pub type Standings = [Standing; 4];

/// By row of a part: the standings of the contacts that differ in at least one period.
pub type Movers = Vec<(u32, Standings)>;

/// Adds the movers among one person's contacts of one service. `contacts` are (row, facts) in
/// order; `kind_start` gives the first month of the period of a kind that holds a month.
pub fn add_movers(contacts: &[(u32, Facts)], kind_start: impl Fn(PeriodKind, u16) -> i32, movers: &mut Movers) {
    let Some((_, last)) = contacts.last() else { return };
    if contacts.iter().all(|(_, facts)| Standing::of(facts) == Standing::of(last)) {
        return;
    }
    let mut later: [Option<(i32, Standing)>; 4] = [None; 4];
    let mut found = Vec::new();
    for (row, facts) in contacts.iter().rev() {
        let mut standings = [Standing::of(facts); 4];
        for (at, kind) in PeriodKind::ALL.into_iter().enumerate() {
            let period = kind_start(kind, facts.month);
            match later[at] {
                Some((known, standing)) if known == period => standings[at] = standing,
                _ => later[at] = Some((period, Standing::of(facts))),
            }
        }
        if standings.iter().any(|&standing| standing != Standing::of(facts)) {
            found.push((*row, standings));
        }
    }
    movers.extend(found.into_iter().rev());
}
