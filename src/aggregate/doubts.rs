//! The largest numbers of one person in cells where they are in doubt.
//!
//! In: cells, the contacts by month. Out: the largest numbers in each, from all contacts that are
//! in it. A contact is looked at where its place, sex and age group are those of a cell in doubt;
//! nothing else is counted.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::blocks::Block;
use super::cells::Place;
use super::count::Counted;
use super::facts::Signatures;
use super::levels::Levels;
use super::staged::Night;
use crate::contacts::Contact;
use crate::definition::{Dimension, PlaceBasis, Table};
use crate::domain::{Month, Period, PlaceIndex, Result};

/// Bits of sex and age group: a contact's, or all.
const ALL: u128 = u128::MAX;
/// Sexes: `domain::Sex` and one more that is none.
const SEXES: usize = 4;

/// Cells in doubt, by position of their table among those counted.
pub type InDoubt = BTreeMap<usize, Vec<u32>>;

/// Largest numbers by table and cell.
pub type Settled = FxHashMap<(usize, u32), Levels>;

impl Night<'_> {
    /// Counts the cells in doubt of tables of one period.
    pub fn count_doubts(
        &self,
        (counted, period): (&[Counted], Period),
        first: Month,
        doubts: &InDoubt,
    ) -> Result<Settled> {
        let all = doubts.iter().flat_map(|(&table, cells)| cells.iter().map(move |&at| (table, at)));
        let mut cells: Settled = all.map(|cell| (cell, Levels::default())).collect();
        if cells.is_empty() {
            return Ok(cells);
        }
        let mut contacts = self.contacts_near((counted, period), doubts)?;
        tracing::debug!(cells = cells.len(), contacts = contacts.len(), "counting the cells in doubt");
        contacts.par_sort_unstable_by_key(|contact| contact.person);
        let numbers: Vec<usize> = counted.iter().map(|table| table.table).collect();
        let mut signatures = Signatures::new(self.pipeline, &numbers, first);
        let (mut of_person, mut offsets) = (FxHashMap::default(), Vec::new());
        for person in contacts.chunk_by(|a, b| a.person == b.person) {
            of_person.clear();
            for contact in person {
                let Some(facts) = signatures.of_contact(contact, (0, 0)) else { continue };
                for (&at, _) in doubts.iter().filter(|(_, cells)| !cells.is_empty()) {
                    let (layout, quantities) = (&counted[at].layout, signatures.quantities(&facts, at));
                    layout.offsets(&facts, &mut offsets);
                    layout.without_period_in(layout.place(&facts), 0, &offsets, |base| {
                        for cell in quantities.iter().map(|&quantity| (at, base + u32::from(quantity))) {
                            if cells.contains_key(&cell) {
                                *of_person.entry(cell).or_insert(0) += 1;
                            }
                        }
                    });
                }
            }
            for (cell, &number) in &of_person {
                cells.entry(*cell).or_default().add(number);
            }
        }
        Ok(cells)
    }

    /// The contacts of a period that may be in cells in doubt.
    fn contacts_near(&self, (counted, period): (&[Counted], Period), doubts: &InDoubt) -> Result<Vec<Contact>> {
        let mut near = Near::new(self.geography.municipalities.len());
        for (&table, cells) in doubts {
            let (axes, of) = (&counted[table].axes, &self.pipeline.tables[counted[table].table]);
            for &at in cells {
                let place = axes.places[Block::place_of(axes, at)];
                let code = |dimension| Block::code_of(axes, at, dimension);
                near.note(of, |municipality| self.is_in(place, municipality), code);
            }
        }
        let months: Vec<Month> = self.months.list.keys().copied().filter(|&month| period.contains(month)).collect();
        let found = months.into_par_iter().map(|month| {
            let mut contacts = self.months.read(month)?;
            contacts.retain(|contact| near.has(contact));
            Result::Ok(contacts)
        });
        Ok(found.collect::<Result<Vec<_>>>()?.concat())
    }

    /// Whether a municipality may be in a place; every one of its county may be in a pool.
    fn is_in(&self, place: Place, municipality: usize) -> bool {
        match place {
            Place::Country => true,
            Place::County(county) | Place::Pool(county) => {
                self.geography.county_of(municipality as PlaceIndex) == county
            }
            Place::Municipality(at) => usize::from(at) == municipality,
        }
    }
}

/// The contacts near some cells.
struct Near {
    /// By place of residence, and of practice: by sex, a bit an age group.
    places: [Vec<[u128; SEXES]>; 2],
}

impl Near {
    fn new(places: usize) -> Near {
        Near { places: [vec![[0; SEXES]; places], vec![[0; SEXES]; places]] }
    }

    /// Notes a cell of a table: the places in it, and its code of each dimension, 0 for all.
    fn note(&mut self, table: &Table, is_in: impl Fn(usize) -> bool, code: impl Fn(usize) -> usize) {
        let code_of = |wanted: Dimension| {
            let at = table.dimensions.iter().position(|&dimension| dimension == wanted)?;
            code(at).checked_sub(1)
        };
        let ages = match code_of(Dimension::AgeGroup) {
            Some(group) if group < 128 => 1 << group,
            _ => ALL,
        };
        let sex = code_of(Dimension::Sex);
        let basis = usize::from(table.place == PlaceBasis::Practice);
        for (_, of_place) in self.places[basis].iter_mut().enumerate().filter(|(place, _)| is_in(*place)) {
            let sexes = of_place.iter_mut().enumerate().filter(|(at, _)| sex.is_none_or(|sex| sex == *at));
            sexes.for_each(|(_, of_sex)| *of_sex |= ages);
        }
    }

    /// Whether a contact may be in one of the cells.
    fn has(&self, contact: &Contact) -> bool {
        let bit = 1u128.checked_shl(contact.age_group.into()).unwrap_or(ALL);
        let here = [(0, contact.residence), (1, contact.practice)];
        here.into_iter().any(|(basis, place)| {
            let of_place = &self.places[basis][usize::from(place)];
            of_place.get(usize::from(contact.sex)).is_none_or(|of_sex| of_sex & bit != 0)
        })
    }
}
