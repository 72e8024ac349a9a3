//! How much of their list inhabitants' contacts the practices have themselves. Restricted.
//!
//! In: contacts with their practice, and memberships. Out: a row a practice and year. Contacts are
//! those in general practice on a day on which the person is on a list of the practice.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::cells::{Figure, PracticeRow, PracticeTable};
use super::grid::Periods;
use super::intervals::on;
use super::run::Rooms;
use crate::codes::practice_types;
use crate::contacts::ContactPart;
use crate::definition::{Joined, Measure, Table, TypeSet};
use crate::domain::Service;

const DAY: i64 = 86_400;

/// By practice, period and indicator: hits, contacts, persons.
type Own = BTreeMap<(i64, usize, usize), (u64, u64, u32)>;

/// The rows of a table by practice.
pub fn table(rooms: &Rooms<'_>, at: usize, table: &Table) -> PracticeTable {
    let periods = Periods::of_table(table, rooms.months);
    let types: Vec<TypeSet> = table.indicators.iter().filter_map(|of| of.value.joined()).map(Joined::counted).collect();
    let parts = rooms.contacts.parts.par_iter().enumerate();
    let sums = parts.map(|(at, part)| of_part(rooms, &periods, &types, part, at)).reduce(Own::new, |mut sums, more| {
        for (key, (hits, contacts, persons)) in more {
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + hits, sum.1 + contacts, sum.2 + persons);
        }
        sums
    });
    let row = |((clinic, period, indicator), (hits, contacts, persons)): ((i64, usize, usize), (u64, u64, u32))| {
        let figure = Figure::Ratio { numerator: i128::from(hits), denominator: contacts, scale: 100 };
        PracticeRow {
            period: periods.all[period],
            practice: rooms.clinics.text(clinic),
            indicator,
            measure: Measure::Share,
            value: figure.value(),
            n_patients: persons,
        }
    };
    let mut rows: Vec<PracticeRow> = sums.into_iter().map(row).collect();
    rows.sort_by(|a, b| (a.period, &a.practice, a.indicator).cmp(&(b.period, &b.practice, b.indicator)));
    PracticeTable { table: at, rows }
}

fn of_part(rooms: &Rooms<'_>, periods: &Periods, types: &[TypeSet], part: &ContactPart, at: usize) -> Own {
    let mut sums = Own::new();
    let mut row = 0;
    for (rows, &person) in part.person.chunk_by(|a, b| a == b).zip(&part.keys) {
        let rows = row..row + rows.len();
        row = rows.end;
        let spans = rooms.members.parts.get(at).map_or(&[][..], |members| members.of(person));
        let mut own = Own::new();
        for row in rows {
            let day = part.start[row].div_euclid(DAY) as i32;
            let list = on(spans, day).and_then(|span| rooms.lists.on(span.what, day));
            let (Some(list), true) = (list, is_gp(part, row)) else { continue };
            let visited = part.clinic.get(row).and_then(|&clinic| rooms.contacts.clinic_keys.get(clinic as usize - 1));
            for (indicator, types) in types.iter().enumerate().filter(|(_, of)| **of >> part.contact_type[row] & 1 == 1)
            {
                let _ = types;
                for &period in periods.on(day) {
                    let sum = own.entry((list.clinic, period, indicator)).or_default();
                    *sum = (sum.0 + u64::from(visited == Some(&list.clinic)), sum.1 + 1, 1);
                }
            }
        }
        for (key, (hits, contacts, persons)) in own {
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + hits, sum.1 + contacts, sum.2 + persons);
        }
    }
    sums
}

fn is_gp(part: &ContactPart, row: usize) -> bool {
    practice_types().get(usize::from(part.practice_type[row])).is_some_and(|kind| kind.service == Service::Gp)
}
