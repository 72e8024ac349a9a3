//! Where things fall in a table: the levels of a place, the periods of a month.
//!
//! In: the geography, a table, the months of the run. Out: positions. Never sees a row.

use crate::aggregate::{Place, Span as Months, all_places};
use crate::codes::Geography;
use crate::definition::{Joined, Pipeline, Table};
use crate::domain::{Month, Period, PlaceIndex};

/// Days after its end before a period of discharges is shown (SPEC-DETAILS 16).
const DAYS_AFTER_DISCHARGES: i32 = 60;

/// Positions on the place axis.
#[derive(Debug, Clone)]
pub struct Levels {
    pub places: Vec<Place>,
    /// By place of the geography: position of its county.
    county: Vec<usize>,
    first_municipality: usize,
}

impl Levels {
    pub fn new(geography: &Geography) -> Self {
        let at = |place: PlaceIndex| {
            let county = geography.county_of(place);
            1 + geography.counties.iter().position(|known| known.number == county).unwrap_or(0)
        };
        Levels {
            places: all_places(geography),
            county: (0..geography.municipalities.len()).map(|place| at(place as PlaceIndex)).collect(),
            first_municipality: 1 + geography.counties.len(),
        }
    }

    /// How many places of the geography there are.
    pub fn municipalities(&self) -> usize {
        self.county.len()
    }

    /// The country, the county and the municipality.
    pub fn of(&self, place: PlaceIndex) -> [usize; 3] {
        let at = usize::from(place);
        [0, self.county.get(at).copied().unwrap_or(0), self.first_municipality + at]
    }
}

/// The periods of a table, and which of them a month is in.
#[derive(Debug, Clone, Default)]
pub struct Periods {
    pub all: Vec<Period>,
    first: i32,
    /// By month from `first`.
    of: Vec<Vec<usize>>,
}

impl Periods {
    /// The published periods of a table.
    pub fn of_table(table: &Table, months: Option<Months>) -> Self {
        let Some(months) = months else { return Periods::default() };
        let waits = table.indicators.iter().filter_map(|of| of.value.joined()).any(Joined::waits_for_the_month_after);
        let ripe = |period: &Period| {
            !waits || (period.ripe(months.as_of, DAYS_AFTER_DISCHARGES) && period.last().next() <= months.last)
        };
        Periods::new(months.periods(table).into_iter().filter(ripe).collect())
    }

    fn new(all: Vec<Period>) -> Self {
        let first = all.iter().map(|period| period.first.0).min().unwrap_or(0);
        let last = all.iter().map(|period| period.last().0).max().unwrap_or(first - 1);
        let within = |month: i32| (0..all.len()).filter(|&at| all[at].contains(Month(month))).collect();
        Periods { of: (first..=last).map(within).collect(), first, all }
    }

    /// Positions of the periods that hold a month.
    pub fn holding(&self, month: Month) -> &[usize] {
        let at = usize::try_from(month.0 - self.first).ok();
        at.and_then(|at| self.of.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Positions of the periods that hold a day.
    pub fn on(&self, day: i32) -> &[usize] {
        self.holding(Month::of_day(day))
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }
}

/// The months of a run.
pub fn months(pipeline: &Pipeline, counted: Option<(Month, Month)>, as_of: i32) -> Option<Months> {
    Months::of(pipeline, counted, as_of)
}
