//! How many contacts each month has, by practice type and place: to hold a delivery beside its
//! own past.
//!
//! In: the contacts of a delivery. Out: whole counts; no person's row and no key.

use rayon::prelude::*;

use super::contact::Contact;
use super::table::{ContactPart, Contacts};
use crate::domain::{Month, PlaceIndex, SECONDS_A_DAY};

/// Counted contacts by month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volumes {
    /// First and last month with a counted bill.
    pub months: Option<(Month, Month)>,
    /// By position in `codes::practice_types`, then month.
    types: Vec<u64>,
    /// By place of residence, then month; likewise by place of practice.
    residence: Vec<u64>,
    practice: Vec<u64>,
}

impl Volumes {
    /// Counts the contacts of every month, over `types` practice types and `places` places.
    pub fn of(contacts: &Contacts, types: usize, places: usize) -> Volumes {
        let empty = || Volumes {
            months: contacts.months,
            types: vec![0; types * length(contacts.months)],
            residence: vec![0; places * length(contacts.months)],
            practice: vec![0; places * length(contacts.months)],
        };
        let count = |mut volumes: Volumes, part: &ContactPart| {
            volumes.count(part);
            volumes
        };
        contacts.parts.par_iter().fold(empty, count).reduce(empty, Volumes::plus)
    }

    fn count(&mut self, part: &ContactPart) {
        let Some((first, last)) = self.months else { return };
        let length = length(self.months);
        for row in 0..part.len() {
            let month = Month::of_day(part.start[row].div_euclid(SECONDS_A_DAY) as i32);
            if month < first || month > last {
                continue;
            }
            let at = (month.0 - first.0) as usize;
            let add = |counts: &mut [u64], code: usize| {
                if let Some(count) = counts.get_mut(code * length + at) {
                    *count += 1;
                }
            };
            add(&mut self.types, usize::from(part.practice_type[row]));
            add(&mut self.residence, usize::from(part.residence[row]));
            add(&mut self.practice, usize::from(part.practice[row]));
        }
    }

    /// The counts of months that were counted one by one; `span` holds the first and the last.
    pub fn of_months(
        span: Option<(Month, Month)>,
        counts: &[(Month, MonthVolumes)],
        (types, places): (usize, usize),
    ) -> Volumes {
        let length = length(span);
        let first = span.map_or(0, |(first, _)| first.0);
        let spread = |from: usize, codes: usize| {
            let mut all = vec![0; codes * length];
            for (month, counts) in counts {
                let of_month = counts.0.iter().skip(from).take(codes);
                of_month.enumerate().for_each(|(code, n)| all[code * length + (month.0 - first) as usize] = *n);
            }
            all
        };
        let (residence, practice) = (spread(types, places), spread(types + places, places));
        Volumes { months: span, types: spread(0, types), residence, practice }
    }

    fn plus(mut self, other: Volumes) -> Volumes {
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.types, &other.types);
        add(&mut self.residence, &other.residence);
        add(&mut self.practice, &other.practice);
        self
    }

    /// Contacts of a practice type in a month.
    pub fn of_type(&self, practice_type: usize, month: Month) -> u64 {
        self.at(&self.types, practice_type, month)
    }
    /// Contacts of residents of a place in a month.
    pub fn of_residents(&self, place: PlaceIndex, month: Month) -> u64 {
        self.at(&self.residence, usize::from(place), month)
    }
    /// Contacts at the practices of a place in a month.
    pub fn of_practices(&self, place: PlaceIndex, month: Month) -> u64 {
        self.at(&self.practice, usize::from(place), month)
    }

    fn at(&self, counts: &[u64], code: usize, month: Month) -> u64 {
        let Some((first, last)) = self.months.filter(|(first, last)| *first <= month && month <= *last) else {
            return 0;
        };
        counts.get(code * length(Some((first, last))) + (month.0 - first.0) as usize).copied().unwrap_or(0)
    }
}

/// Contacts of one month: by practice type, by place of residence, by place of practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthVolumes(pub Vec<u64>);

impl MonthVolumes {
    /// No contact at all, over `types` practice types and `places` places.
    pub fn none((types, places): (usize, usize)) -> MonthVolumes {
        MonthVolumes(vec![0; types + 2 * places])
    }

    /// Counts contacts.
    pub fn of(contacts: &[Contact], over: (usize, usize)) -> MonthVolumes {
        let mut counts = MonthVolumes::none(over);
        contacts.iter().for_each(|of| counts.add((of.practice_type, of.residence, of.practice), over));
        counts
    }

    /// Counts one contact of a practice type, a residence and a place of practice.
    pub fn add(&mut self, (kind, residence, practice): (u8, PlaceIndex, PlaceIndex), (types, places): (usize, usize)) {
        let (kind, residence, practice) = (usize::from(kind), usize::from(residence), usize::from(practice));
        for (code, most, from) in [(kind, types, 0), (residence, places, types), (practice, places, types + places)] {
            if code < most {
                self.0[from + code] += 1;
            }
        }
    }

    /// Adds the counts of other contacts of the month.
    pub fn plus(&mut self, other: &MonthVolumes) {
        self.0.iter_mut().zip(&other.0).for_each(|(to, from)| *to += from);
    }

    /// The counts without those of some of the contacts; none where these are not among them.
    pub fn less(self, other: &MonthVolumes) -> Option<MonthVolumes> {
        let left = self.0.iter().zip(&other.0).map(|(all, some)| all.checked_sub(*some));
        left.collect::<Option<Vec<_>>>().map(MonthVolumes)
    }
}

fn length(months: Option<(Month, Month)>) -> usize {
    months.map_or(0, |(first, last)| (last.0 - first.0 + 1) as usize)
}
