//! The country as a whole: the same from the same seed, like the published figures, and one
//! source fitting the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use super::bills::{self, BillRows, MonthPlan};
use super::people::Block;
use super::rows::{Bill, Cell, Id, Row};
use super::tariff::Contact;
use super::world::World;
use super::{Dirt, SynthArgs, SynthFormat, SynthReport, episodes, registers, residents, stays, write_country};
use crate::domain::{Month, is_outside_hours, is_weekend};
use crate::schema::{self, ColumnKind};

const PERSONS: u32 = 10_000;
const DAY: i64 = 86_400;

fn args(persons: u32, months: (Month, Month), out: &Path) -> SynthArgs {
    let (from, to) = months;
    SynthArgs { persons, from, to, seed: 4, format: SynthFormat::Csv, dirt: Dirt::Clean, out: out.to_owned() }
}

fn year(year: i32) -> (Month, Month) {
    (Month::new(year, 1), Month::new(year, 12))
}

/// A year of bills of some persons, made once for all tests.
fn a_year() -> &'static (World, Vec<BillRows>) {
    static MADE: OnceLock<(World, Vec<BillRows>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let world = World::new(&args(PERSONS, year(2023), Path::new(""))).unwrap();
        let months = (world.span.from.0..=world.span.to.0).map(|month| bills_of(&world, Month(month))).collect();
        (world, months)
    })
}

fn bills_of(world: &World, month: Month) -> BillRows {
    let plan = MonthPlan::new(month);
    let mut all = BillRows::default();
    for number in 0..world.blocks() {
        let block = Block::new(world, number);
        let visits = stays::visits_near(world, month, number, &block);
        all.append(bills::month(world, &plan, number, &block, &visits).rows);
    }
    all
}

/// What a bill is, by its first line.
fn contact(code: &str) -> Option<Contact> {
    match code.to_ascii_lowercase().trim_start_matches('0') {
        "2ad" | "2ak" | "2ed" | "2fk" | "74a" | "74b" | "74d" => Some(Contact::Physical),
        "2ae" | "2aef" | "2af" | "2aek" | "74ae" | "74be" => Some(Contact::E),
        "11ad" | "11ak" | "86a" | "86b" => Some(Contact::HomeVisit),
        _ => None,
    }
}

/// Consultations of a service with their bill, by month.
fn consultations(legevakt: bool) -> Vec<Vec<(&'static Bill, Contact)>> {
    let months = &a_year().1;
    let of_month = |rows: &'static BillRows| {
        // The deciding line comes first; the last one entered stays.
        let first: BTreeMap<i64, &str> = rows.lines.iter().rev().map(|line| (line.bill, line.code)).collect();
        let of_bill = |bill: &'static Bill| first.get(&bill.number).and_then(|code| contact(code)).map(|c| (bill, c));
        let service = |bill: &&Bill| super::staff::is_legevakt(bill.practice_type) == legevakt;
        rows.bills.iter().filter(service).filter_map(of_bill).collect()
    };
    months.iter().map(of_month).collect()
}

#[track_caller]
fn near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:.4}, expected {expected} within {tolerance}");
}

fn share<T>(of: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    of.iter().filter(|item| holds(item)).count() as f64 / of.len() as f64
}

#[test]
fn volumes_months_and_e_shares_are_near_the_published() {
    let by_month = consultations(false);
    let all: usize = by_month.iter().map(Vec::len).sum();
    // 16 986 149 consultations of 5.49 million in 2023.
    near("consultations a person", all as f64 / f64::from(PERSONS), 3.09, 0.15);
    for (month, weight) in [(0, 9.1), (6, 5.6), (10, 9.3)] {
        near("month weight", by_month[month].len() as f64 * 100.0 / all as f64, weight, 0.6);
    }
    let e = |month: usize| share(&by_month[month], |(_, contact)| *contact == Contact::E) * 100.0;
    near("e-share in January", e(0), 22.0, 2.0);
    near("e-share in June", e(5), 19.0, 2.0);
}

#[test]
fn bills_have_as_many_lines_and_diagnoses_as_estimated() {
    let months = &a_year().1;
    let sum = |of: fn(&BillRows) -> usize| months.iter().map(of).sum::<usize>() as f64;
    let bills = sum(|rows| rows.bills.len());
    near("lines a bill", sum(|rows| rows.lines.len()) / bills, 2.1, 0.15);
    near("diagnoses a bill", sum(|rows| rows.diagnoses.len()) / bills, 1.25, 0.05);
    // 34-36 million in general practice and 2-2.5 at the legevakt, of 5.5 million persons.
    near("bills a person", bills / f64::from(PERSONS), 6.75, 0.4);
}

#[test]
fn age_and_sex_are_near_the_published() {
    let (world, _) = a_year();
    let all: Vec<&Bill> = consultations(false).into_iter().flatten().map(|(bill, _)| bill).collect();
    let mut people = BTreeMap::new();
    for row in residents::year(world, 2023) {
        *people.entry((row.sex, super::figures::age_group(row.age + 1))).or_insert(0.0) += row.persons as f64;
    }
    let age = |bill: &Bill| bill.born.map(|born| super::figures::age_group(2023 - i32::from(born)));
    for (group, mean, tolerance) in [(1, 1.4, 0.2), (4, 3.2, 0.3), (5, 3.5, 0.3), (6, 3.9, 0.4), (7, 4.8, 0.7)] {
        let residents = people[&(1, group)] + people[&(2, group)];
        let made = all.iter().filter(|bill| age(bill) == Some(group)).count() as f64;
        near("consultations a person by age", made / residents, mean, tolerance);
    }
    for (sex, mean) in [(1, 2.4), (2, 3.6)] {
        let residents: f64 = people.iter().filter(|((s, _), _)| *s == sex).map(|(_, n)| n).sum();
        let made = all.iter().filter(|bill| bill.sex == Some(sex)).count() as f64;
        near("consultations a person by sex", made / residents, mean, 0.25);
    }
}

#[test]
fn hours_and_weekdays_are_near_the_estimates() {
    let outside =
        |bill: &Bill| is_outside_hours(bill.moment.div_euclid(DAY) as i32, (bill.moment.rem_euclid(DAY) / 3_600) as u8);
    let office: Vec<_> = consultations(false).into_iter().flatten().collect();
    let legevakt: Vec<_> = consultations(true).into_iter().flatten().collect();
    let (electronic, met): (Vec<_>, Vec<_>) = office.iter().copied().partition(|(_, contact)| *contact == Contact::E);
    near("outside hours, met", share(&met, |(bill, _)| outside(bill)), 0.045, 0.01);
    near("outside hours, e", share(&electronic, |(bill, _)| outside(bill)), 0.135, 0.02);
    near("outside hours, legevakt", share(&legevakt, |(bill, _)| outside(bill)), 0.775, 0.03);
    let weekend = share(&met, |(bill, _)| is_weekend(bill.moment.div_euclid(DAY) as i32));
    near("weekends", weekend, 0.017, 0.006);
    near("consultations at the legevakt", legevakt.len() as f64 / f64::from(PERSONS), 0.24, 0.03);
}

#[test]
fn delays_and_statuses_are_near_the_published() {
    let all: Vec<&Bill> = a_year().1.iter().flat_map(|rows| &rows.bills).collect();
    let mut delays: Vec<i64> =
        all.iter().map(|bill| i64::from(bill.registered) - bill.moment.div_euclid(DAY)).collect();
    delays.sort_unstable();
    let at = |share: f64| delays[(delays.len() as f64 * share) as usize] as f64;
    for (share, days, tolerance) in
        [(0.25, 4.0, 0.0), (0.5, 8.0, 0.0), (0.75, 14.0, 1.0), (0.9, 26.0, 1.0), (0.99, 96.0, 9.0)]
    {
        near("delay", at(share), days, tolerance);
    }
    assert!(delays[0] >= 0);
    near("rejected", share(&all, |bill| bill.status == "avvist"), 0.014, 0.004);
    near("without a person", share(&all, |bill| bill.person == Id::None), 0.003, 0.002);
}

#[test]
fn own_doctors_have_three_quarters_of_the_consultations() {
    let (world, _) = a_year();
    let mut own: BTreeSet<(Id, Id)> = BTreeSet::new();
    for number in 0..world.blocks() {
        let block = Block::new(world, number);
        for person in &block.persons {
            let day = Month::new(2023, 7).first_day();
            let doctor = block.list(person, day).and_then(|list| world.providers.lists[list as usize].doctor(day));
            own.extend(doctor.map(|doctor| (world.names.person(person.number), world.names.worker(doctor))));
        }
    }
    let july: Vec<_> = consultations(false).swap_remove(6);
    let with_own = share(&july, |(bill, _)| own.contains(&(bill.person, bill.worker)));
    near("own doctor", with_own, 0.73, 0.06);
}

#[test]
fn stays_are_near_the_published() {
    let (world, _) = a_year();
    let months = || (world.span.from.0..=world.span.to.0).map(Month);
    let rows = |month| (0..world.blocks()).flat_map(move |number| episodes::month(world, month, number));
    let stays: Vec<_> = months().flat_map(rows).filter(|episode| episode.level == 1).collect();
    near("stays a thousand", stays.len() as f64 * 1_000.0 / f64::from(PERSONS), 145.0, 15.0);
    near("acute", share(&stays, |stay| stay.urgency.is_some_and(|urgency| urgency <= 3)), 0.73, 0.03);
    let days: Vec<f64> = stays.iter().filter_map(|s| s.to.map(|to| (to - s.from) as f64 / DAY as f64)).collect();
    near("days", days.iter().sum::<f64>() / days.len() as f64, 4.1, 0.4);
    let keys: BTreeSet<i64> =
        (0..world.blocks()).flat_map(|n| episodes::keys(world, n)).map(|key| key.patient).collect();
    assert!(stays.iter().all(|stay| keys.contains(&stay.patient)));
}

#[test]
fn lines_have_bills_and_numbers_are_used_once() {
    let months = &a_year().1;
    let numbers: BTreeSet<i64> = months.iter().flat_map(|rows| &rows.bills).map(|bill| bill.number).collect();
    assert_eq!(numbers.len(), months.iter().map(|rows| rows.bills.len()).sum::<usize>());
    assert!(months.iter().flat_map(|rows| &rows.lines).all(|line| numbers.contains(&line.bill)));
    assert!(months.iter().flat_map(|rows| &rows.diagnoses).all(|row| numbers.contains(&row.bill)));
}

#[test]
fn persons_are_on_one_list_at_a_time_and_lists_have_contracts() {
    let (world, _) = a_year();
    let contracts: BTreeSet<i64> = registers::contracts(world).iter().map(|row| row.number).collect();
    assert!(registers::contract_doctors(world).iter().all(|row| contracts.contains(&row.contract)));
    assert!(registers::contract_doctors(world).iter().all(|row| row.to.is_none_or(|to| to >= row.from)));
    let mut on_list = 0;
    for number in 0..world.blocks() {
        let rows = registers::members(world, number);
        assert!(rows.iter().all(|row| contracts.contains(&row.contract) && row.to.is_none_or(|to| to >= row.from)));
        for pair in rows.windows(2).filter(|pair| pair[0].person == pair[1].person) {
            assert!(pair[0].to.is_some_and(|to| to < pair[1].from));
        }
        on_list += rows.iter().filter(|row| row.to.is_none()).count();
    }
    near("persons on a list", on_list as f64 / f64::from(PERSONS), 0.99, 0.01);
}

#[test]
fn a_contract_has_one_row_at_a_time() {
    let (world, _) = a_year();
    for pair in registers::contracts(world).windows(2).filter(|pair| pair[0].number == pair[1].number) {
        assert_eq!(pair[0].to, Some(pair[1].from - 1));
    }
}

#[test]
fn residents_are_the_persons_on_new_years_day() {
    let (world, _) = a_year();
    let rows = residents::year(world, 2023);
    assert_eq!(rows.iter().map(|row| row.persons).sum::<i64>(), i64::from(PERSONS));
    assert!(rows.iter().all(|row| (0..=120).contains(&row.age)));
}

#[test]
fn cells_come_in_the_order_of_the_schema() {
    let (world, months) = a_year();
    fits(&months[0].bills[0]);
    fits(&months[0].lines[0]);
    fits(&months[0].diagnoses[0]);
    fits(&residents::year(world, 2023)[0]);
    fits(&registers::contracts(world)[0]);
    fits(&registers::contract_doctors(world)[0]);
    fits(&registers::members(world, 0)[0]);
    fits(&episodes::month(world, Month::new(2023, 1), 0)[0]);
    fits(&episodes::keys(world, 0)[0]);
}

fn fits<R: Row>(row: &R) {
    let columns = &schema::of(R::SOURCE).unwrap().columns;
    let mut at = 0;
    row.cells(&mut |cell| {
        let fits = match (&columns[at].kind, cell) {
            (_, Cell::Empty) => !columns[at].required,
            (ColumnKind::Id(_) | ColumnKind::Integer(_) | ColumnKind::NumberCode | ColumnKind::Flag, cell) => {
                matches!(cell, Cell::Whole(_))
            }
            (ColumnKind::Amount, cell) => matches!(cell, Cell::Amount(_)),
            (ColumnKind::Date, cell) => matches!(cell, Cell::Day(_)),
            (ColumnKind::DateTime, cell) => matches!(cell, Cell::Moment(_)),
            (ColumnKind::Municipality, cell) => matches!(cell, Cell::Municipality(_) | Cell::Text("-1")),
            (ColumnKind::Choice(texts), Cell::Text(text)) => texts.iter().any(|known| known == text),
            (ColumnKind::Code, cell) => matches!(cell, Cell::Text(_)),
            _ => false,
        };
        assert!(fits, "{}, column {}", R::SOURCE, columns[at].name);
        at += 1;
    });
    assert_eq!(at, columns.len(), "{}", R::SOURCE);
}

/// Every file's name and bytes.
fn delivered(args: &SynthArgs, threads: usize) -> (SynthReport, BTreeMap<String, Vec<u8>>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let report = pool.install(|| write_country(args)).unwrap();
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    (report, std::fs::read_dir(&args.out).unwrap().map(file).collect())
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads() {
    let months = (Month::new(2023, 12), Month::new(2024, 1));
    for (format, dirt) in [(SynthFormat::Csv, Dirt::Messy), (SynthFormat::Parquet, Dirt::Clean)] {
        let made = [1, 3].map(|threads| {
            let folder = tempfile::tempdir().unwrap();
            delivered(&SynthArgs { format, dirt, ..args(1_200, months, folder.path()) }, threads)
        });
        assert!(made[0] == made[1]);
        let folder = tempfile::tempdir().unwrap();
        let other = delivered(&SynthArgs { format, dirt, seed: 5, ..args(1_200, months, folder.path()) }, 1);
        assert!(other.1 != made[0].1);
    }
}

#[test]
fn a_messy_delivery_has_every_kind_of_dirt() {
    for format in [SynthFormat::Csv, SynthFormat::Parquet] {
        let folder = tempfile::tempdir().unwrap();
        let month = Month::new(2023, 12);
        let made =
            write_country(&SynthArgs { format, dirt: Dirt::Messy, ..args(1_500, (month, month), folder.path()) });
        let planted = made.unwrap().planted;
        for kind in [
            "bad-type",
            "bad-date",
            "negative",
            "future",
            "superseded",
            "place-repaired",
            "delivered-late",
            "rejected-version",
            "rejected-credit",
            "practice-type",
            "text-id",
        ] {
            assert!(planted.contains_key(&format!("regning:{kind}")), "{kind}: {planted:?}");
        }
        for kind in [
            "takst:orphan",
            "takst:bad-type",
            "takst:negative",
            "takst:superseded",
            "diagnose:orphan",
            "diagnose:bad-type",
            "diagnose:superseded",
            "opphold:no-key",
            "opphold:ambiguous-key",
            "opphold:bad-period",
            "nokkel:ambiguous-key",
            "innbyggere:superseded",
            "kontrakt:bad-period",
            "kontrakt_lege:bad-date",
            "medlemskap:no-person",
        ] {
            assert!(planted.contains_key(kind), "{kind}: {planted:?}");
        }
        let forms = planted.keys().filter(|kind| kind.starts_with("form:")).count();
        assert_eq!(forms, if format == SynthFormat::Csv { 13 } else { 4 });
    }
}

#[test]
fn a_folder_with_files_and_impossible_months_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let month = Month::new(2023, 12);
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    assert!(write_country(&args(1_000, (month, month), folder.path())).is_err());
    assert!(write_country(&args(1_000, (month, Month::new(2023, 1)), &folder.path().join("new"))).is_err());
    assert!(!folder.path().join("new").exists());
}
