//! How long persons have been with the doctor of their list, on 31 December (SPEC-DETAILS 34).
//!
//! In: memberships and doctors. Out: median, mean and shares in days. Years are days by 365.25; a
//! list with several doctors counts from the one who started first; a doctor's rows that follow
//! each other without a day between are one time on the list.

use rayon::prelude::*;

use super::acc::{NO_DOCTORS, number};
use super::cells::{Column, Figure, JoinedCell, JoinedTable, SystemCells};
use super::grid::Periods;
use super::intervals::{OPEN, Span, on};
use super::lists::{Lists, Tenure};
use super::members::MemberPart;
use super::run::Rooms;
use crate::aggregate::CellCount;
use crate::definition::{Joined, RelationFigure, SystemCounts, Table};
use crate::domain::PlaceIndex;

/// Years are hundredths of a day by 36 525, kept whole: days times 4 by 1 461.
const QUARTERS: i128 = 4;
const QUARTERS_A_YEAR: u64 = 1_461;

/// The cells of a table of years with a doctor.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> JoinedTable {
    let periods = Periods::of_table(table, rooms.months);
    let figures: Vec<RelationFigure> = table
        .indicators
        .iter()
        .filter_map(|of| match of.value.joined() {
            Some(Joined::Relation(figure)) => Some(*figure),
            _ => None,
        })
        .collect();
    let measure = |figure: &RelationFigure| Joined::Relation(*figure).measures()[0];
    let column = |(indicator, figure)| Column { indicator, measure: measure(figure), group: Some(indicator as u16) };
    let mut made = rooms.empty(at, table, &periods, figures.iter().enumerate().map(column).collect());
    let years = years(table);
    let quantities = years.as_ref().map_or(0, SystemCounts::len);
    let mut counts = vec![CellCount::default(); made.places.len() * periods.len() * quantities];
    for (period, of) in periods.all.iter().enumerate() {
        let day = of.last().last_day();
        for (place, persons) in by_place(rooms, day).into_iter().enumerate() {
            let days: Vec<i32> = persons.iter().map(|&(days, _)| days).collect();
            for (column, figure) in figures.iter().enumerate() {
                let index = made.index(place, period, 0, column);
                made.cells[index] = cell(*figure, &days);
            }
            if let Some(SystemCounts::Years(years)) = &years {
                let start = (place * periods.len() + period) * quantities;
                counts[start..start + quantities].copy_from_slice(&counted(&persons, years));
            }
        }
    }
    made.systems = years.map(|_| SystemCells { counts, residents: Vec::new() }).into_iter().collect();
    made
}

/// The numbers of years of the table's shares.
fn years(table: &Table) -> Option<SystemCounts> {
    table.joined_systems().into_iter().map(|system| system.counted).next()
}

/// The quantities of [`SystemCounts::Years`] among persons by days, ascending.
fn counted(persons: &[Person], years: &[u8]) -> Vec<CellCount> {
    let from = |years: &u8| persons.partition_point(|&(days, _)| !is_over(days, *years));
    let starts: Vec<usize> = years.iter().map(from).collect();
    let mut all = vec![persons];
    starts.iter().for_each(|&start| all.extend([&persons[start..], &persons[..start]]));
    all.extend(starts.windows(2).map(|pair| &persons[pair[0]..pair[1]]));
    let count = |persons: &[Person]| CellCount {
        value: persons.len() as u32,
        patients: persons.len() as u32,
        doctors: if persons.is_empty() { 0 } else { NO_DOCTORS },
        lone_patient: if let [(_, person)] = persons { *person } else { 0 },
        ..CellCount::default()
    };
    all.into_iter().map(count).collect()
}

fn is_over(days: i32, years: u8) -> bool {
    QUARTERS * i128::from(days) > i128::from(years) * i128::from(QUARTERS_A_YEAR)
}

fn cell(figure: RelationFigure, days: &[i32]) -> JoinedCell {
    let persons = days.len() as u32;
    let (figure, persons) = match figure {
        RelationFigure::Median => (median(days), [persons, 0, 0]),
        RelationFigure::Mean => {
            let sum: i128 = days.iter().map(|&days| i128::from(days)).sum();
            let denominator = u64::from(persons) * QUARTERS_A_YEAR;
            (Figure::Ratio { numerator: QUARTERS * sum, denominator, scale: 1 }, [persons, 0, 0])
        }
        RelationFigure::Over(years) => {
            let over = days.iter().filter(|&&days| is_over(days, years)).count() as u32;
            let figure = Figure::Ratio { numerator: i128::from(over), denominator: u64::from(persons), scale: 100 };
            (figure, [over, persons - over, persons])
        }
    };
    JoinedCell { figure, persons, ..JoinedCell::default() }
}

/// The middle one, or the mean of the two in the middle.
fn median(sorted: &[i32]) -> Figure {
    let middle = sorted.len() / 2;
    let (sum, by) = match sorted.len() {
        0 => return Figure::Undefined,
        odd if odd % 2 == 1 => (i128::from(sorted[middle]), 1),
        _ => (i128::from(sorted[middle - 1]) + i128::from(sorted[middle]), 2),
    };
    Figure::Ratio { numerator: QUARTERS * sum, denominator: by * QUARTERS_A_YEAR, scale: 1 }
}

/// Days with the doctor, and the person's number.
type Person = (i32, u32);

/// The persons on a list with a doctor, by position on the place axis, in order.
fn by_place(rooms: &Rooms<'_>, day: i32) -> Vec<Vec<Person>> {
    let none = || vec![Vec::new(); rooms.levels.municipalities()];
    let parts = rooms.members.parts.len();
    let started: Vec<Option<i32>> =
        (0..rooms.lists.len() as u32).into_par_iter().map(|list| with_doctor(rooms.lists, list, day)).collect();
    let add = |mut all: Vec<Vec<Person>>, (part, members): (usize, &MemberPart)| {
        for (index, (_, spans)) in members.persons().enumerate() {
            let Some(at) = on(spans, day).filter(|span| span.holds(day)) else { continue };
            let doctor = started.get(at.what as usize).copied().flatten();
            let (Some(terms), Some(doctor)) = (rooms.lists.on(at.what, day), doctor) else { continue };
            let days = day - unbroken(spans, at, day).max(doctor);
            all[usize::from(terms.place)].push((days, number(part, index, parts)));
        }
        all
    };
    let merge = |mut a: Vec<Vec<Person>>, b: Vec<Vec<Person>>| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.extend(b));
        a
    };
    let persons = rooms.members.parts.par_iter().enumerate().fold(none, add).reduce(none, merge);
    let mut all = vec![Vec::new(); rooms.levels.places.len()];
    for (place, persons) in persons.iter().enumerate() {
        rooms.levels.of(place as PlaceIndex).into_iter().for_each(|at| all[at].extend_from_slice(persons));
    }
    all.iter_mut().for_each(|persons| persons.par_sort_unstable());
    all
}

/// The first day of the membership of a list that reaches a day without a break.
fn unbroken(spans: &[Span], at: &Span, day: i32) -> i32 {
    let mut first = at.from;
    for span in spans.iter().rev().filter(|span| span.to < day) {
        if span.what != at.what || span.to.saturating_add(1) < first {
            break;
        }
        first = span.from;
    }
    first
}

/// The first day of the doctor who has been on the list for longest, without a break.
fn with_doctor(lists: &Lists, list: u32, day: i32) -> Option<i32> {
    let of_doctor = lists.tenures(list).chunk_by(|a, b| a.doctor == b.doctor);
    of_doctor.filter_map(|tenures| start_of(tenures, day)).min()
}

fn start_of(tenures: &[Tenure], day: i32) -> Option<i32> {
    let mut run: Option<(i32, i32)> = None;
    for tenure in tenures.iter().filter(|tenure| tenure.from <= day) {
        run = match run {
            Some((from, to)) if tenure.from <= to.saturating_add(1) => Some((from, to.max(tenure.to))),
            _ => Some((tenure.from, tenure.to.min(OPEN))),
        };
    }
    run.filter(|&(_, to)| day <= to).map(|(from, _)| from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_counted_by_years() {
        let year = 366;
        // One of a year, two of three years, one of eleven.
        let persons = [(year, 7), (3 * year, 5), (3 * year, 6), (11 * year, 9)];
        let counts = counted(&persons, &[2, 10]);
        // All; over 2, not over 2; over 10, not over 10; between.
        assert_eq!(counts.iter().map(|count| count.value).collect::<Vec<_>>(), [4, 3, 1, 1, 3, 2]);
        assert_eq!(counts.iter().map(|count| count.lone_patient).collect::<Vec<_>>(), [0, 0, 7, 9, 0, 0]);
    }

    #[test]
    fn the_median_of_two_is_their_mean() {
        assert_eq!(median(&[1_461]).value(), Some(4.0));
        assert_eq!(median(&[0, 1_461]).value(), Some(2.0));
        assert_eq!(median(&[]).value(), None);
    }

    #[test]
    fn a_doctors_rows_without_a_day_between_are_one_time() {
        let tenure = |from, to| Tenure { from, to, doctor: 1 };
        assert_eq!(start_of(&[tenure(0, 9), tenure(10, 50)], 20), Some(0));
        assert_eq!(start_of(&[tenure(0, 9), tenure(11, 50)], 20), Some(11));
        assert_eq!(start_of(&[tenure(0, 9)], 20), None);
        assert_eq!(start_of(&[tenure(0, 60), tenure(5, 9)], 20), Some(0));
    }

    #[test]
    fn a_membership_is_unbroken_where_the_list_stays() {
        let span = |from, to, what| Span { from, to, seq: 0, what };
        let spans = [span(0, 4, 1), span(5, 9, 2), span(10, 19, 2), span(20, OPEN, 2)];
        assert_eq!(unbroken(&spans, &spans[3], 30), 5);
        let broken = [span(0, 9, 2), span(11, OPEN, 2)];
        assert_eq!(unbroken(&broken, &broken[1], 30), 11);
    }
}
