//! Which contacts may be in some cells of a period: by place, sex and age group.
//!
//! In: cells. Out: yes or no for a contact. A yes may be wrong, a no never: whoever is in one of the
//! cells has a contact with the cell's place, sex and age group in the period.

use crate::contacts::Contact;
use crate::definition::{Dimension, PlaceBasis, Table};

/// Bits of sex and age group: a contact's, or all.
const ALL: u128 = u128::MAX;
/// Sexes: `domain::Sex` and one more that is none.
const SEXES: usize = 4;

/// The contacts near some cells.
pub struct Near {
    /// By place of residence, and of practice: by sex, a bit an age group.
    places: [Vec<[u128; SEXES]>; 2],
}

impl Near {
    pub fn new(places: usize) -> Near {
        Near { places: [vec![[0; SEXES]; places], vec![[0; SEXES]; places]] }
    }

    /// Notes a cell of a table: the places in it, and its code of each dimension, 0 for all.
    pub fn note(&mut self, table: &Table, is_in: impl Fn(usize) -> bool, code: impl Fn(usize) -> usize) {
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
    pub fn has(&self, contact: &Contact) -> bool {
        let bit = 1u128.checked_shl(contact.age_group.into()).unwrap_or(ALL);
        let here = [(0, contact.residence), (1, contact.practice)];
        here.into_iter().any(|(basis, place)| {
            let of_place = &self.places[basis][usize::from(place)];
            of_place.get(usize::from(contact.sex)).is_none_or(|of_sex| of_sex & bit != 0)
        })
    }
}
