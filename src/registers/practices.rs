//! Figures by practice: own coverage of the list's contacts, fees, grants. Restricted.
//!
//! In: contacts with their practice, memberships, lists by month. Out: a row a practice, period and
//! indicator. Contacts of a list are those in general practice on a day on which the person is on it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::cells::{Figure, PracticeRow, PracticeTable};
use super::grid::Periods;
use super::intervals::on;
use super::run::Rooms;
use crate::codes::practice_types;
use crate::contacts::ContactPart;
use crate::definition::{Component, Index, Joined, Measure, Table, Tariff};
use crate::domain::{Month, SECONDS_A_DAY, Service};

const MONTHS_A_YEAR: f64 = 12.0;
const MILLION: f64 = 1e6;

/// By practice, period and indicator.
type Key = (i64, usize, usize);

/// What a practice has gathered.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// Contacts of the list's inhabitants with the practice, or kroner of fees.
    part: u64,
    /// Contacts of the list's inhabitants.
    whole: u64,
    persons: u32,
}

type Sums = BTreeMap<Key, Sum>;

/// The rows of a table by practice.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> PracticeTable {
    let periods = Periods::of_table(table, rooms.months);
    let joined: Vec<&Joined> = table.indicators.iter().filter_map(|of| of.value.joined()).collect();
    let walk = Walk { rooms, periods: &periods, joined: &joined };
    let parts = rooms.contacts.parts.par_iter().enumerate();
    let mut sums = parts.map(|(at, part)| walk.part(part, at)).reduce(Sums::new, merge);
    let inhabitants = walk.inhabitants();
    walk.add_lists(&mut sums, &inhabitants);
    let all = walk.together(&sums);
    let row = |(&(clinic, period, indicator), sum): (&Key, &Sum)| {
        let months = inhabitants.get(&(clinic, period)).copied().unwrap_or(0);
        let value = match joined[indicator] {
            Joined::Fees { .. } => Some(sum.part as f64),
            Joined::Grant { components, .. } => Some(grant(components, sum, &all[&(period, indicator)], months)),
            _ => Figure::Ratio { numerator: i128::from(sum.part), denominator: sum.whole, scale: 100 }.value(),
        };
        let measure = joined[indicator].measures().first().copied().unwrap_or(Measure::Share);
        let practice = rooms.clinics.text(clinic);
        PracticeRow { period: periods.all[period], practice, indicator, measure, value, n_patients: sum.persons }
    };
    let mut rows: Vec<PracticeRow> = sums.iter().map(row).collect();
    rows.sort_by(|a, b| (a.period, &a.practice, a.indicator).cmp(&(b.period, &b.practice, b.indicator)));
    PracticeTable { table: at, rows }
}

fn merge(mut sums: Sums, more: Sums) -> Sums {
    for (key, more) in more {
        let sum = sums.entry(key).or_default();
        sum.part += more.part;
        sum.whole += more.whole;
        sum.persons += more.persons;
    }
    sums
}

/// Kroner of a year, by the inhabitants summed over its 1sts, to two decimals.
fn grant(components: &[Component], own: &Sum, all: &Sum, inhabitants: u64) -> f64 {
    let covered = |sum: &Sum| sum.part as f64 / sum.whole as f64;
    let coverage = if own.whole == 0 || all.part == 0 { 1.0 } else { covered(own) / covered(all) };
    let kroner = |of: &Component| {
        let index = match of.index {
            Index::Given(millionths) => f64::from(millionths) / MILLION,
            Index::OwnListCoverage => coverage,
        };
        let kroner = f64::from(of.kroner) * index;
        let least = of.least.map_or(kroner, |least| kroner.max(f64::from(least)));
        of.most.map_or(least, |most| least.min(f64::from(most)))
    };
    let sum: f64 = components.iter().map(kroner).sum();
    (sum * inhabitants as f64 / MONTHS_A_YEAR * 100.0).round() / 100.0
}

struct Walk<'a> {
    rooms: &'a Rooms<'a>,
    periods: &'a Periods,
    joined: &'a [&'a Joined],
}

impl Walk<'_> {
    fn part(&self, part: &ContactPart, at: usize) -> Sums {
        let mut sums = Sums::new();
        let mut row = 0;
        for (rows, &person) in part.person.chunk_by(|a, b| a == b).zip(&part.keys) {
            let spans = self.rooms.members.parts.get(at).map_or(&[][..], |members| members.of(person));
            let mut own = Sums::new();
            for row in row..row + rows.len() {
                let day = part.start[row].div_euclid(SECONDS_A_DAY) as i32;
                let list = on(spans, day).and_then(|span| self.rooms.lists.on(span.what, day));
                self.contact(part, row, day, list.map(|list| list.clinic), &mut own);
            }
            row += rows.len();
            own.values_mut().for_each(|sum| sum.persons = 1);
            sums = merge(sums, own);
        }
        sums
    }

    fn contact(&self, part: &ContactPart, row: usize, day: i32, listed: Option<i64>, own: &mut Sums) {
        let number = part.clinic.get(row).map_or(0, |&clinic| clinic as usize);
        let visited = number.checked_sub(1).and_then(|at| self.rooms.contacts.clinic_keys.get(at).copied());
        let service = practice_types().get(usize::from(part.practice_type[row])).map(|kind| kind.service);
        for (indicator, joined) in self.joined.iter().enumerate() {
            let (clinic, part, whole) = match (joined, listed, visited) {
                (Joined::Fees { service: wanted, tariffs }, _, Some(visited)) if service == Some(*wanted) => {
                    (visited, fee(tariffs, part.features[row]), 0)
                }
                (Joined::OwnList { counted } | Joined::Grant { counted, .. }, Some(listed), _)
                    if service == Some(Service::Gp) && counted >> part.contact_type[row] & 1 == 1 =>
                {
                    (listed, u64::from(visited == Some(listed)), 1)
                }
                _ => continue,
            };
            for &period in self.periods.on(day) {
                let sum = own.entry((clinic, period, indicator)).or_default();
                sum.part += part;
                sum.whole += whole;
            }
        }
    }

    /// By practice and period: inhabitants of its lists, summed over the 1sts of the months.
    fn inhabitants(&self) -> BTreeMap<(i64, usize), u64> {
        let mut sums = BTreeMap::new();
        let Some(span) = self.rooms.months else { return sums };
        for month in (span.first.0..=span.last.0).map(Month) {
            for list in self.rooms.days.of(month) {
                for &period in self.periods.holding(month) {
                    *sums.entry((list.clinic, period)).or_default() += u64::from(list.inhabitants);
                }
            }
        }
        sums
    }

    /// A grant is of every practice with a list, with contacts or without.
    fn add_lists(&self, sums: &mut Sums, inhabitants: &BTreeMap<(i64, usize), u64>) {
        for (indicator, _) in self.joined.iter().enumerate().filter(|(_, of)| matches!(of, Joined::Grant { .. })) {
            for &(clinic, period) in inhabitants.keys() {
                sums.entry((clinic, period, indicator)).or_default();
            }
        }
    }

    /// All practices together, by period and indicator.
    fn together(&self, sums: &Sums) -> BTreeMap<(usize, usize), Sum> {
        let mut all: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
        for (&(_, period, indicator), sum) in sums {
            let whole = all.entry((period, indicator)).or_default();
            whole.part += sum.part;
            whole.whole += sum.whole;
        }
        all
    }
}

/// Kroner of a contact.
fn fee(tariffs: &[Tariff], features: u32) -> u64 {
    tariffs.iter().filter(|of| features & of.feature != 0).map(|of| u64::from(of.kroner)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_bounded_kroner_times_index_times_inhabitants() {
        let of = |kroner, index, least, most| Component { id: "a".into(), kroner, index, least, most };
        let sum = |part, whole| Sum { part, whole, persons: 0 };
        let components = [
            of(1_000, Index::Given(1_500_000), None, Some(1_200)),
            of(80, Index::OwnListCoverage, None, None),
            of(10, Index::Given(0), Some(5), None),
        ];
        // 1 200 + 80 * (0.6 / 0.8) + 5 = 1 265 an inhabitant and year; ten inhabitants in six months.
        assert_eq!(grant(&components, &sum(6, 10), &sum(80, 100), 60), 6_325.0);
        assert_eq!(grant(&components[1..2], &sum(0, 0), &sum(0, 0), 12), 80.0);
    }

    #[test]
    fn fees_add_up_over_the_codes_of_a_contact() {
        let tariffs = [Tariff { feature: 1, kroner: 152 }, Tariff { feature: 4, kroner: 70 }];
        assert_eq!((fee(&tariffs, 5), fee(&tariffs, 3), fee(&tariffs, 8)), (222, 152, 0));
    }
}
