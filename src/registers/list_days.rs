//! Lists as they stood on the 1st of each month.
//!
//! In: lists and memberships. Out: [`ListDays`]: by month and list its place, doctor and
//! inhabitants. Grows with lists times months, not with persons times days.

use rayon::prelude::*;

use super::acc::number;
use super::intervals::Span;
use super::lists::Lists;
use super::members::{MemberPart, Members, NO_LIST};
use crate::domain::{Month, PlaceIndex};

/// A list on the 1st of a month on which it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListDay {
    pub list: u32,
    pub place: PlaceIndex,
    pub clinic: i64,
    pub ceiling: i64,
    pub open: bool,
    pub fixed_salary: bool,
    pub team: bool,
    pub has_doctor: bool,
    pub inhabitants: u32,
    /// Where there is one inhabitant, a number of that person.
    pub only: u32,
}

/// The 1sts of consecutive months.
#[derive(Debug)]
pub struct ListDays {
    pub first: Month,
    /// By month from `first`: the valid lists, in their order.
    months: Vec<Vec<ListDay>>,
    /// By month and list: position in `months`, less one; 0 where not valid.
    at: Vec<Vec<u32>>,
}

impl ListDays {
    /// No month at all.
    pub fn none() -> Self {
        ListDays { first: Month(0), months: Vec::new(), at: Vec::new() }
    }

    /// The lists of the months from `first` to `last`.
    pub fn new(lists: &Lists, members: &Members, first: Month, last: Month) -> Self {
        let count = usize::try_from(last.0 - first.0 + 1).unwrap_or(0);
        let inhabitants = inhabitants(lists, members, first, count);
        let month = |at: usize| -> Vec<ListDay> {
            let day = first.plus(at as i32).first_day();
            let state = |list: u32| {
                let terms = lists.on(list, day)?;
                Some(ListDay {
                    list,
                    place: terms.place,
                    clinic: terms.clinic,
                    ceiling: terms.ceiling,
                    open: terms.open,
                    fixed_salary: terms.fixed_salary,
                    team: terms.team,
                    has_doctor: lists.has_doctor(list, day),
                    inhabitants: inhabitants[list as usize * count + at].0,
                    only: inhabitants[list as usize * count + at].1,
                })
            };
            (0..lists.len() as u32).filter_map(state).collect()
        };
        let months: Vec<Vec<ListDay>> = (0..count).into_par_iter().map(month).collect();
        let at = months.iter().map(|month| {
            let mut at = vec![0; lists.len()];
            month.iter().zip(1..).for_each(|(day, position)| at[day.list as usize] = position);
            at
        });
        ListDays { first, at: at.collect(), months }
    }

    /// The lists valid on the 1st of a month.
    pub fn of(&self, month: Month) -> &[ListDay] {
        self.position(month).map_or(&[], |at| &self.months[at])
    }

    /// A list on the 1st of a month, where it is valid.
    pub fn list(&self, list: u32, month: Month) -> Option<&ListDay> {
        let month = self.position(month)?;
        let at = *self.at[month].get(list as usize)?;
        self.months[month].get(at.checked_sub(1)? as usize)
    }

    fn position(&self, month: Month) -> Option<usize> {
        usize::try_from(month.0 - self.first.0).ok().filter(|&at| at < self.months.len())
    }
}

/// Persons, and the largest number of one.
type Persons = (u32, u32);

/// Persons by list and month, whether the list is valid that day or not.
fn inhabitants(lists: &Lists, members: &Members, first: Month, months: usize) -> Vec<Persons> {
    let none = || vec![(0, 0); lists.len() * months];
    let firsts = firsts(first, months);
    let parts = members.parts.len();
    let merge = |a: &mut Persons, b: Persons| *a = (a.0 + b.0, a.1.max(b.1));
    let add = |mut sum: Vec<Persons>, (part, of): (usize, &MemberPart)| {
        for (index, (_, spans)) in of.persons().enumerate() {
            let person = (1, number(part, index, parts));
            for span in spans.iter().filter(|span| span.what != NO_LIST) {
                let cell = |month: usize| span.what as usize * months + month;
                months_of(span, &firsts).for_each(|month| merge(&mut sum[cell(month)], person));
            }
        }
        sum
    };
    let merge_all = |mut a: Vec<Persons>, b: Vec<Persons>| {
        a.iter_mut().zip(b).for_each(|(a, b)| merge(a, b));
        a
    };
    members.parts.par_iter().enumerate().fold(none, add).reduce(none, merge_all)
}

/// The 1sts of some months.
fn firsts(first: Month, months: usize) -> Vec<i32> {
    (0..months).map(|at| first.plus(at as i32).first_day()).collect()
}

/// Positions of the months whose 1st a span holds.
fn months_of(span: &Span, firsts: &[i32]) -> std::ops::Range<usize> {
    firsts.partition_point(|&day| day < span.from)..firsts.partition_point(|&day| day <= span.to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::days_from_civil;

    #[test]
    fn a_span_holds_the_firsts_from_its_first_to_its_last_day() {
        let months = |from: (u32, u32), to: (u32, u32)| {
            let day = |(month, day)| days_from_civil(2024, month, day);
            months_of(&Span { from: day(from), to: day(to), seq: 0, what: 0 }, &firsts(Month::new(2024, 3), 3))
        };
        assert_eq!(months((1, 1), (12, 31)), 0..3);
        assert_eq!(months((3, 1), (3, 1)), 0..1);
        assert_eq!(months((3, 2), (4, 1)), 1..2);
        assert_eq!(months((3, 2), (3, 31)), 1..1);
        assert_eq!(months((5, 2), (9, 1)), 3..3);
        assert_eq!(months((1, 1), (2, 28)), 0..0);
        assert_eq!(months((1, 1), (3, 31)), 0..1);
    }
}
