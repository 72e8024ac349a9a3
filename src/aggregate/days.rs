//! What each doctor has at each place in a period: the figures that means over doctors are made of.
//!
//! In: figures as they were counted, and how days changed. Out: the same now, and how the sums of
//! the means move. Never holds a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::datatypes::{Int64Type, UInt32Type};
use arrow::record_batch::RecordBatch;

use super::axes::quantity_of;
use super::count::Counted;
use super::difference::Sided;
use super::facts::{Facts, Signatures};
use super::kept::{Named, rows};
use super::workload::{BILLION, own};
use crate::definition::PerDoctor;
use crate::domain::Result;
use crate::stage::Numbers;

/// By position of a place and key of a doctor: days with a contact there, then a figure a mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoctorDays(pub BTreeMap<(u32, i64), Vec<u32>>);

/// How days and figures of a doctor at a place change, and contacts by hour.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DaysDifference {
    pub doctors: BTreeMap<(u32, i64), Vec<i64>>,
    /// By place, hour (0: 0 to 1 o'clock) and mean.
    pub hours: BTreeMap<(u32, u8, usize), i64>,
}

impl DoctorDays {
    /// As rows, one a place and doctor.
    pub fn to_rows(&self) -> Result<RecordBatch> {
        let figures = self.0.values().map(Vec::len).max().unwrap_or(0);
        let number = |at: usize| -> ArrayRef {
            Arc::new(UInt32Array::from_iter_values(self.0.values().map(|figures| figures[at])))
        };
        let names: Vec<String> = (0..figures).map(|at| format!("figure-{at}")).collect();
        let mut columns: Vec<Named> = vec![
            ("place", Arc::new(UInt32Array::from_iter_values(self.0.keys().map(|(place, _)| *place)))),
            ("doctor", Arc::new(Int64Array::from_iter_values(self.0.keys().map(|(_, doctor)| *doctor)))),
        ];
        columns.extend(names.iter().enumerate().map(|(at, name)| (name.as_str(), number(at))));
        rows(columns.into_iter())
    }

    /// From rows; none where they are rows of something else.
    pub fn from_rows(rows: &RecordBatch) -> Option<DoctorDays> {
        let (places, doctors) = (Numbers::of::<UInt32Type>(rows, "place")?, Numbers::of::<Int64Type>(rows, "doctor")?);
        let figure = |at: usize| Numbers::of::<UInt32Type>(rows, &format!("figure-{at}"));
        let figures = (0..rows.num_columns() - 2).map(figure).collect::<Option<Vec<_>>>()?;
        let row =
            |row: usize| ((places.at(row), doctors.at(row)), figures.iter().map(|figure| figure.at(row)).collect());
        Some(DoctorDays((0..rows.num_rows()).map(row).collect()))
    }

    /// Changes the figures; `moved` is told place, mean and by how many billionths its sum grows.
    /// None where there would be less than nothing.
    pub fn turn(
        &mut self,
        change: &DaysDifference,
        means: &[PerDoctor],
        mut moved: impl FnMut(u32, usize, i128),
    ) -> Option<()> {
        for (&(place, doctor), change) in &change.doctors {
            let before = self.0.remove(&(place, doctor)).unwrap_or_else(|| vec![0; change.len()]);
            if before.len() != change.len() || change.len() != means.len() + 1 {
                return None;
            }
            let add = |(before, more): (&u32, &i64)| u32::try_from(i64::from(*before) + more).ok();
            let now: Vec<u32> = before.iter().zip(change).map(add).collect::<Option<_>>()?;
            for (at, mean) in means.iter().enumerate() {
                let of = |figures: &[u32]| own(mean, figures[at + 1], figures[0]);
                moved(place, at, of(&now) - of(&before));
            }
            match now[0] {
                0 if now.iter().any(|&figure| figure != 0) => return None,
                0 => {}
                _ => _ = self.0.insert((place, doctor), now),
            }
        }
        Some(())
    }

    /// Doctors with a contact at a place.
    pub fn doctors_at(&self, place: u32) -> u32 {
        self.0.range((place, i64::MIN)..=(place, i64::MAX)).count() as u32
    }
}

/// How the days of some doctors have changed in a table of one period.
///
/// `contacts` hold all contacts of a doctor on a day on which one came or went, neighbours by
/// doctor and day.
pub fn differ(
    table: &Counted,
    means: &[PerDoctor],
    contacts: &[Sided],
    (signatures, at): (&mut Signatures, usize),
) -> DaysDifference {
    let mut found = DaysDifference::default();
    for day in contacts.chunk_by(|a, b| a.doctor_and_day() == b.doctor_and_day()) {
        let mut here: Vec<(Facts, &Sided)> = Vec::new();
        for sided in day {
            let counted = signatures.of_contact(&sided.contact, (0, 0));
            here.extend(counted.filter(|facts| !signatures.quantities(facts, at).is_empty()).map(|f| (f, sided)));
        }
        if here.first().is_none_or(|(facts, _)| table.layout.periods(facts.month).is_empty()) {
            continue;
        }
        let doctor = day[0].contact.doctor;
        let mut places: Vec<usize> = Vec::new();
        for (facts, _) in &here {
            places.extend(table.layout.places(table.layout.place(facts)).iter().map(|(place, _)| *place));
        }
        places.sort_unstable();
        places.dedup();
        for place in places {
            let is_at = |facts: &Facts| {
                table.layout.places(table.layout.place(facts)).iter().any(|(position, _)| *position == place)
            };
            let day = Day {
                here: &here,
                means,
                counts: &|facts, quantity| signatures.quantities(facts, at).contains(&quantity),
            };
            let (change, hours) = day.change(&is_at);
            found.note((place as u32, doctor), &change, &hours);
        }
    }
    found
}

/// A doctor's contacts of a day.
struct Day<'a> {
    here: &'a [(Facts, &'a Sided)],
    means: &'a [PerDoctor],
    counts: &'a dyn Fn(&Facts, u16) -> bool,
}

impl Day<'_> {
    /// How days and figures at a place change by the day, and contacts by hour.
    fn change(&self, is_at: &dyn Fn(&Facts) -> bool) -> (Vec<i64>, Vec<(u8, usize, i64)>) {
        let mut change = vec![0; self.means.len() + 1];
        let mut hours = Vec::new();
        for (sign, is_in) in [(-1, Sided::was as fn(&Sided) -> bool), (1, Sided::is)] {
            let contacts =
                || self.here.iter().filter(|(facts, sided)| is_in(sided) && is_at(facts)).map(|(facts, _)| facts);
            if contacts().next().is_none() {
                continue;
            }
            change[0] += sign;
            for (at, mean) in self.means.iter().enumerate() {
                let counted = || contacts().filter(|facts| (self.counts)(facts, quantity_of(mean) as u16));
                change[at + 1] += sign
                    * match *mean {
                        PerDoctor::Days { at_least, .. } => i64::from(counted().count() >= at_least as usize),
                        PerDoctor::PerDay { .. } => counted().count() as i64,
                        PerDoctor::ByHour { .. } => 0,
                    };
                if matches!(mean, PerDoctor::ByHour { .. }) {
                    hours.extend(counted().map(|facts| (facts.hour, at, sign)));
                }
            }
        }
        (change, hours)
    }
}

impl DaysDifference {
    fn note(&mut self, (place, doctor): (u32, i64), change: &[i64], hours: &[(u8, usize, i64)]) {
        if change.iter().any(|&more| more != 0) {
            let all = self.doctors.entry((place, doctor)).or_insert_with(|| vec![0; change.len()]);
            all.iter_mut().zip(change).for_each(|(sum, more)| *sum += more);
        }
        for &(hour, mean, sign) in hours {
            *self.hours.entry((place, hour, mean)).or_default() += sign;
        }
    }

    /// Place, hour, mean, and by how many billionths its sum grows.
    pub fn by_hour(&self) -> impl Iterator<Item = (u32, u8, usize, i128)> + '_ {
        self.hours.iter().map(|(&(place, hour, mean), &more)| (place, hour, mean, BILLION * i128::from(more)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days with at least two of quantity 0, contacts of quantity 0 a day, and by hour.
    fn means() -> [PerDoctor; 3] {
        [
            PerDoctor::Days { quantity: 0, at_least: 2 },
            PerDoctor::PerDay { quantity: 0 },
            PerDoctor::ByHour { quantity: 0 },
        ]
    }

    fn change(all: &[((u32, i64), [i64; 4])]) -> DaysDifference {
        let doctors = all.iter().map(|(at, change)| (*at, change.to_vec())).collect();
        DaysDifference { doctors, ..DaysDifference::default() }
    }

    #[test]
    fn a_doctor_with_another_day_has_another_mean() {
        let mut days = DoctorDays(BTreeMap::from([((0, 7), vec![2, 1, 5, 0])]));
        let mut moved = Vec::new();
        // A third day, with one contact: 5 on 2 days become 6 on 3.
        days.turn(&change(&[((0, 7), [1, 0, 1, 0])]), &means(), |_, mean, more| moved.push((mean, more))).unwrap();
        assert_eq!(moved, [(0, 0), (1, -500_000_000), (2, 0)]);
        assert_eq!(days.0, BTreeMap::from([((0, 7), vec![3, 1, 6, 0])]));
    }

    #[test]
    fn a_doctor_comes_with_the_first_day_and_goes_with_the_last() {
        let mut days = DoctorDays(BTreeMap::from([((0, 7), vec![1, 1, 3, 0])]));
        let change = change(&[((0, 7), [-1, -1, -3, 0]), ((4, 8), [1, 0, 1, 0])]);
        let mut moved = Vec::new();
        days.turn(&change, &means(), |place, mean, more| moved.push((place, mean, more / BILLION))).unwrap();
        assert_eq!(moved, [(0, 0, -1), (0, 1, -3), (0, 2, 0), (4, 0, 0), (4, 1, 1), (4, 2, 0)]);
        assert_eq!((days.doctors_at(0), days.doctors_at(4)), (0, 1));
    }

    #[test]
    fn less_than_nothing_and_figures_without_a_day_are_refused() {
        let refused = |more: [i64; 4]| {
            let mut days = DoctorDays(BTreeMap::from([((0, 7), vec![1, 1, 3, 0])]));
            days.turn(&change(&[((0, 7), more)]), &means(), |_, _, _| {}).is_none()
        };
        assert!(refused([-2, 0, 0, 0]));
        assert!(refused([-1, -1, -2, 0]));
        assert!(!refused([-1, -1, -3, 0]));
    }

    #[test]
    fn days_come_back_from_their_rows() {
        let days = DoctorDays(BTreeMap::from([((0, -7), vec![2, 1, 5, 0]), ((3, 9), vec![1, 0, 1, 0])]));
        assert_eq!(DoctorDays::from_rows(&days.to_rows().unwrap()), Some(days));
        let none = DoctorDays::default();
        assert_eq!(DoctorDays::from_rows(&none.to_rows().unwrap()), Some(none));
    }
}
