//! Figures of the fastlege register as of the 1st of each month (SPEC-DETAILS 24).
//!
//! In: lists by month, residents. Out: the cells of a table of lists. Doctors are counted once at
//! each level. Divides nothing.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::acc::NO_DOCTORS;
use super::cells::{Column, Figure, JoinedCell, JoinedTable, SystemCells};
use super::grid::Periods;
use super::list_days::ListDay;
use super::run::Rooms;
use crate::aggregate::CellCount;
use crate::definition::{Counted, Joined, ListFigure, ListQuantity, Measure, SystemCounts, Table};
use crate::domain::{Month, PlaceIndex};

/// Figures made of inhabitants are hidden together.
const INHABITANTS: u16 = 0;

/// The cells of a table of lists.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> JoinedTable {
    let periods = Periods::of_table(table, rooms.months);
    let figures: Vec<&ListFigure> = table.indicators.iter().filter_map(|of| figure_of(of.value.joined()?)).collect();
    let columns = figures.iter().enumerate().map(|(indicator, figure)| column(indicator, figure)).collect();
    let mut made = rooms.empty(at, table, &periods, columns);
    let system = table.joined_systems().into_iter().find_map(|system| match system.counted {
        SystemCounts::Inhabitants(quantities) => Some(quantities),
        _ => None,
    });
    let is_shared = |quantity: &ListQuantity| {
        figures.iter().any(|figure| match figure {
            ListFigure::Ratio { numerator, denominator, .. } => {
                numerator == quantity && denominator.of == Counted::Residents
            }
            ListFigure::Count { .. } => false,
        })
    };
    let each = system.as_ref().map_or(0, Vec::len);
    let mut counts = vec![CellCount::default(); made.places.len() * periods.len() * each];
    for (period, of) in periods.all.iter().enumerate() {
        let month = Sums::new(rooms, of.first);
        for (at, quantity) in system.iter().flatten().enumerate() {
            let residents = if is_shared(quantity) { month.residents() } else { month.none() };
            for (place, count) in month.persons(quantity, &residents).into_iter().enumerate() {
                counts[(place * periods.len() + period) * each + at] = count;
            }
        }
        let (with, without) = (month.inhabitants(Some(true)), month.inhabitants(Some(false)));
        for (column, figure) in figures.iter().enumerate() {
            let values = month.figure(figure);
            for (place, figure) in values.into_iter().enumerate() {
                let index = made.index(place, period, 0, column);
                let rests = made.columns[column].group.is_some();
                let persons = if rests { [clamp(with[place]), clamp(without[place]), 0] } else { [0; 3] };
                made.cells[index] = JoinedCell { figure, persons, ..JoinedCell::default() };
            }
        }
    }
    made.systems = system.map(|_| SystemCells { counts, residents: Vec::new() }).into_iter().collect();
    made
}

fn figure_of(joined: &Joined) -> Option<&ListFigure> {
    match joined {
        Joined::Lists(figure) => Some(figure),
        _ => None,
    }
}

fn column(indicator: usize, figure: &ListFigure) -> Column {
    let (measure, parts) = match figure {
        ListFigure::Count { of, less } => (Measure::Count, [Some(of), less.as_ref()]),
        ListFigure::Ratio { measure, numerator, denominator } => (*measure, [Some(numerator), Some(denominator)]),
    };
    let of_persons = parts.into_iter().flatten().any(|quantity| quantity.of.is_of_persons());
    Column { indicator, measure, group: of_persons.then_some(INHABITANTS) }
}

fn clamp(persons: i64) -> u32 {
    u32::try_from(persons).unwrap_or(0)
}

/// One month's sums by position on the place axis.
struct Sums<'a> {
    rooms: &'a Rooms<'a>,
    month: Month,
}

/// Doctors by position on the place axis, sorted, each once.
type Doctors = Vec<(usize, i64)>;

impl<'a> Sums<'a> {
    fn new(rooms: &'a Rooms<'a>, month: Month) -> Self {
        Sums { rooms, month }
    }

    fn figure(&self, figure: &ListFigure) -> Vec<Figure> {
        match figure {
            ListFigure::Count { of, less } => {
                let taken = less.as_ref().map(|less| self.quantity(less));
                let less = |place: usize| taken.as_ref().map_or(0, |taken| taken[place]);
                self.quantity(of).into_iter().enumerate().map(|(at, sum)| Figure::Count(sum - less(at))).collect()
            }
            ListFigure::Ratio { measure, numerator, denominator } => {
                let scale = match measure {
                    Measure::Share => 100,
                    Measure::Per1000 => 1_000,
                    _ => 1,
                };
                let parts = self.quantity(numerator).into_iter().zip(self.quantity(denominator));
                let ratio = |(part, whole): (i64, i64)| {
                    let denominator = u64::try_from(whole).unwrap_or(0);
                    Figure::Ratio { numerator: i128::from(part), denominator, scale }
                };
                parts.map(ratio).collect()
            }
        }
    }

    /// Inhabitants of lists with, or without, a doctor.
    fn inhabitants(&self, with_doctor: Option<bool>) -> Vec<i64> {
        self.quantity(&ListQuantity {
            of: Counted::Inhabitants,
            with_doctor,
            open: None,
            fixed_salary: None,
            longest_of_doctor: false,
        })
    }

    /// Inhabitants with whoever is the only one. `residents` of whom a share is shown, else 0: where
    /// few of them are left who are no such inhabitants, the share tells of these few.
    fn persons(&self, quantity: &ListQuantity, residents: &[i64]) -> Vec<CellCount> {
        let mut all = vec![(0u32, 0u32); self.rooms.levels.places.len()];
        for list in self.lists(quantity, self.month).iter().filter(|list| list.inhabitants > 0) {
            for place in self.rooms.levels.of(list.place) {
                all[place] = (all[place].0 + list.inhabitants, all[place].1.max(list.only));
            }
        }
        let count = |((persons, only), &residents): ((u32, u32), &i64)| {
            let rest = u32::try_from(residents - i64::from(persons)).unwrap_or(0);
            CellCount {
                value: persons,
                patients: if rest > 0 { persons.min(rest) } else { persons },
                doctors: if persons > 0 { NO_DOCTORS } else { 0 },
                lone_patient: if persons == 1 { only } else { 0 },
                ..CellCount::default()
            }
        };
        all.into_iter().zip(residents).map(count).collect()
    }

    fn quantity(&self, quantity: &ListQuantity) -> Vec<i64> {
        match quantity.of {
            Counted::Lists => self.sum(quantity, |_| 1),
            Counted::Inhabitants => self.sum(quantity, |list| i64::from(list.inhabitants)),
            Counted::Ceiling => self.sum(quantity, |list| list.ceiling),
            Counted::Residents => self.residents(),
            Counted::Doctors => self.number(&self.doctors(quantity, self.month)),
            Counted::DoctorsStarted => {
                let (now, before) = (self.doctors(quantity, self.month), self.doctors(quantity, self.month.plus(-1)));
                self.number(&missing_from(&now, &before))
            }
            Counted::DoctorsLeft => {
                let (now, before) = (self.doctors(quantity, self.month), self.doctors(quantity, self.month.plus(-1)));
                self.number(&missing_from(&before, &now))
            }
        }
    }

    fn sum(&self, quantity: &ListQuantity, value: impl Fn(&ListDay) -> i64) -> Vec<i64> {
        let mut sums = self.none();
        for list in self.lists(quantity, self.month) {
            self.rooms.levels.of(list.place).into_iter().for_each(|place| sums[place] += value(&list));
        }
        sums
    }

    fn none(&self) -> Vec<i64> {
        vec![0; self.rooms.levels.places.len()]
    }

    /// The lists that a quantity counts on the 1st of a month.
    fn lists(&self, quantity: &ListQuantity, month: Month) -> Vec<ListDay> {
        let is = |wanted: Option<bool>, holds: bool| wanted.is_none_or(|wanted| wanted == holds);
        let counted = |list: &&ListDay| {
            is(quantity.with_doctor, list.has_doctor)
                && is(quantity.open, list.open)
                && is(quantity.fixed_salary, list.fixed_salary)
        };
        let mut lists: Vec<ListDay> = self.rooms.days.of(month).iter().filter(counted).copied().collect();
        if quantity.longest_of_doctor {
            let longest = self.longest(&lists, month);
            lists.retain(|list| longest.contains(&list.list));
        }
        lists
    }

    /// Of each doctor's lists the longest; of equally long ones that with the smaller contract.
    fn longest(&self, lists: &[ListDay], month: Month) -> std::collections::BTreeSet<u32> {
        let mut of_doctor: FxHashMap<i64, ListDay> = FxHashMap::default();
        for list in lists {
            for doctor in self.rooms.lists.doctors(list.list, month.first_day()) {
                let best = of_doctor.entry(doctor).or_insert(*list);
                let longer = list.inhabitants.cmp(&best.inhabitants);
                if longer.then_with(|| self.contracts(best.list, list.list)) == Ordering::Greater {
                    *best = *list;
                }
            }
        }
        of_doctor.values().map(|list| list.list).collect()
    }

    fn contracts(&self, a: u32, b: u32) -> Ordering {
        let key = |list: u32| self.rooms.lists.keys[list as usize];
        self.rooms.contracts.cmp(key(a), key(b))
    }

    fn doctors(&self, quantity: &ListQuantity, month: Month) -> Doctors {
        let day = month.first_day();
        let mut doctors: Doctors = Vec::new();
        for list in self.lists(quantity, month) {
            for doctor in self.rooms.lists.doctors(list.list, day) {
                doctors.extend(self.rooms.levels.of(list.place).map(|place| (place, doctor)));
            }
        }
        doctors.sort_unstable();
        doctors.dedup();
        doctors
    }

    fn number(&self, doctors: &Doctors) -> Vec<i64> {
        let mut sums = self.none();
        doctors.iter().for_each(|&(place, _)| sums[place] += 1);
        sums
    }

    fn residents(&self) -> Vec<i64> {
        let mut sums = self.none();
        for (place, _, _, persons) in self.rooms.residents.of_year(self.month.year()) {
            let persons = i64::try_from(persons).unwrap_or(i64::MAX);
            let add = |at: usize| sums[at] = sums[at].saturating_add(persons);
            self.rooms.levels.of(place as PlaceIndex).into_iter().for_each(add);
        }
        sums
    }
}

/// Those of `a` that are not in `b`; both sorted.
fn missing_from(a: &Doctors, b: &Doctors) -> Doctors {
    a.iter().filter(|doctor| b.binary_search(doctor).is_err()).copied().collect()
}
