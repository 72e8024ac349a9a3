//! Cells of a handful of contacts, worked out by hand.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::codes::{CHAPTERS, Geography, practice_types};
use crate::contacts::{ContactPart, Contacts, Delay, Residents};
use crate::definition::Pipeline;
use crate::domain::{Month, MunicipalityNumber, PeriodKind, days_from_civil};

const OSLO: u16 = 301;
const STAVANGER: u16 = 1103;
const EIGERSUND: u16 = 1101;

/// A contact by hand: person, doctor, residence, practice, (month, day, hour) of 2024, type.
type Row = (u32, u32, u16, u16, (u32, u32, u8), &'static str);

struct World {
    pipeline: Pipeline,
    geography: Geography,
    contacts: Contacts,
    as_of: i32,
}

impl World {
    /// All are men of 30-49 with the first chapter, at FALE practices; two parts of persons.
    fn new(rows: &[Row]) -> Self {
        let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/gp-activity.toml");
        let pipeline = Pipeline::read(&definition).unwrap();
        let geography = Geography::load(&pipeline.geography).unwrap();
        let place = |code| geography.resolve(MunicipalityNumber(code)).unwrap();
        let type_of = |id: &str| pipeline.contact_types.types.iter().position(|kind| kind.id == id).unwrap() as u8;
        let mut parts = vec![ContactPart::default(), ContactPart::default()];
        for &(person, doctor, residence, practice, (month, day, hour), kind) in rows {
            let part = &mut parts[person as usize % 2];
            part.person.push(person);
            part.doctor.push(doctor);
            part.residence.push(place(residence));
            part.practice.push(place(practice));
            part.start.push(i64::from(days_from_civil(2024, month, day)) * 86_400 + i64::from(hour) * 3600);
            part.practice_type.push(practice_types().iter().position(|kind| kind.code == "FALE").unwrap() as u8);
            part.contact_type.push(type_of(kind));
            part.features.push(0);
            part.sex.push(0);
            part.age_group.push(4);
            part.chapter.push(0);
        }
        let months = Some((Month::new(2024, 1), Month::new(2024, 12)));
        let persons = rows.iter().map(|row| row.0).max().unwrap_or(0);
        let doctors = rows.iter().map(|row| row.1).max().unwrap_or(0);
        let contacts = Contacts { parts, persons, doctors, months, ..Contacts::default() };
        World { pipeline, geography, contacts, as_of: days_from_civil(2025, 1, 30) }
    }

    fn run<'a>(&'a self, residents: &'a Residents) -> Run<'a> {
        Run::of_all(&self.contacts, residents, &self.pipeline, (&self.geography, self.as_of))
    }

    fn count(&self) -> Cells {
        count(&self.run(&Residents::default())).unwrap()
    }

    /// The cell of a table: place, period, codes of the dimensions (0 is total), indicator.
    fn cell(
        &self,
        cells: &Cells,
        table: &str,
        place: Place,
        period: &str,
        dimensions: &[usize],
        indicator: &str,
    ) -> usize {
        let at = self.pipeline.tables.iter().position(|known| known.id == table).unwrap();
        let (axes, table) = (&cells.tables[at].axes, &self.pipeline.tables[at]);
        let named = table.indicators.iter().find(|known| known.id == indicator).unwrap();
        let crate::definition::IndicatorValue::Count { quantity } = named.value else { panic!("not a count") };
        let place = axes.places.iter().position(|&known| known == place).unwrap();
        let period = axes.periods.iter().position(|known| known.to_string() == period).unwrap();
        axes.index(&[&[place, period], dimensions, &[quantity]].concat())
    }

    fn table<'c>(&self, cells: &'c Cells, table: &str) -> &'c TableCells {
        &cells.tables[self.pipeline.tables.iter().position(|known| known.id == table).unwrap()]
    }

    fn municipality(&self, code: u16) -> Place {
        Place::Municipality(self.geography.resolve(MunicipalityNumber(code)).unwrap())
    }
}

#[test]
fn a_mover_is_one_patient_where_the_last_contact_was_and_contacts_stay_where_they_were() {
    let world = World::new(&[
        (1, 1, OSLO, OSLO, (1, 10, 9), "physical-consultation"),
        (1, 1, OSLO, OSLO, (1, 11, 9), "simple-remote"),
        (1, 2, STAVANGER, STAVANGER, (3, 5, 9), "simple-present"),
        (2, 1, OSLO, OSLO, (2, 1, 9), "physical-consultation"),
    ]);
    let cells = world.count();
    let table = world.table(&cells, "gp-contacts");
    let patients =
        |place, period, indicator| table.patients[world.cell(&cells, "gp-contacts", place, period, &[], indicator)];
    let contacts =
        |place, period, indicator| table.contacts[world.cell(&cells, "gp-contacts", place, period, &[], indicator)];
    let (oslo, stavanger) = (world.municipality(OSLO), world.municipality(STAVANGER));

    assert_eq!(patients(oslo, "2024-01", "contact").value, 1);
    assert_eq!(patients(oslo, "2024-Q1", "contact").value, 1, "person 2 only");
    assert_eq!(patients(stavanger, "2024-Q1", "contact").value, 1);
    assert_eq!(
        patients(stavanger, "2024-Q1", "consultation").value,
        1,
        "the consultation was in Oslo, the person is not"
    );
    assert_eq!(patients(stavanger, "2024-Q1", "consultation").doctors, 1);
    assert_eq!(patients(stavanger, "2024-Q1", "contact").doctors, 2, "the person's doctors, wherever they were");
    assert_eq!(patients(Place::Country, "2024", "contact").value, 2);
    assert_eq!(contacts(oslo, "2024-Q1", "contact").value, 3);
    assert_eq!(contacts(oslo, "2024-Q1", "contact").patients, 2);
    assert_eq!(contacts(stavanger, "2024-Q1", "consultation"), CellCount::default());
}

#[test]
fn contributors_are_counted_with_the_largest_and_the_only_ones() {
    let world = World::new(&[
        (1, 1, OSLO, OSLO, (5, 2, 9), "physical-consultation"),
        (1, 1, OSLO, OSLO, (5, 3, 9), "physical-consultation"),
        (1, 2, OSLO, OSLO, (5, 4, 9), "physical-consultation"),
        (2, 1, OSLO, OSLO, (5, 4, 9), "physical-consultation"),
        (3, 3, STAVANGER, STAVANGER, (5, 4, 9), "physical-consultation"),
    ]);
    let cells = world.count();
    let table = world.table(&cells, "gp-contacts");
    let cell = |place| table.contacts[world.cell(&cells, "gp-contacts", place, "2024-05", &[], "consultation")];
    let country = CellCount {
        value: 5,
        patients: 3,
        doctors: 3,
        top_patient: 3,
        top_doctor: 3,
        second_doctor: 1,
        lone_patient: 0,
        lone_doctor: 0,
    };
    assert_eq!(cell(Place::Country), country);
    let stavanger = cell(world.municipality(STAVANGER));
    assert_eq!((stavanger.value, stavanger.lone_patient, stavanger.lone_doctor), (1, 3, 3));
    let oslo = cell(world.municipality(OSLO));
    assert_eq!((oslo.top_doctor, oslo.second_doctor, oslo.lone_doctor), (3, 1, 0));
}

#[test]
fn a_pool_counts_a_doctor_of_two_municipalities_once() {
    let world = World::new(&[
        (1, 1, OSLO, STAVANGER, (5, 2, 9), "physical-consultation"),
        (2, 1, OSLO, EIGERSUND, (5, 3, 9), "physical-consultation"),
        (3, 2, OSLO, OSLO, (5, 3, 9), "physical-consultation"),
    ]);
    let places = |code| world.geography.resolve(MunicipalityNumber(code)).unwrap();
    let rogaland = crate::domain::CountyNumber(11);
    let pools = Pools::from([(rogaland, vec![places(EIGERSUND), places(STAVANGER)])]);
    let residents = Residents::default();
    let cells = with_pools(world.count(), &pools, &world.run(&residents)).unwrap();
    let table = world.table(&cells, "gp-contacts-by-practice");
    let cell = |place| table.contacts[world.cell(&cells, "gp-contacts-by-practice", place, "2024", &[], "contact")];
    let pool = cell(Place::Pool(rogaland));
    assert_eq!((pool.value, pool.patients, pool.doctors, pool.lone_doctor), (2, 2, 1, 1));
    assert_eq!(cell(Place::County(rogaland)).value, 2);
    assert_eq!(cell(world.municipality(EIGERSUND)).value, 1, "municipalities stay for the restricted area");
    let workload = world.table(&cells, "gp-workload");
    assert!(workload.axes.places.contains(&Place::Pool(rogaland)));
    assert_eq!(workload.contacts.len(), workload.axes.len());
}

#[test]
fn a_period_is_shown_from_the_thirtieth_day_after_its_end() {
    let mut world = World::new(&[(1, 1, OSLO, OSLO, (12, 2, 9), "physical-consultation")]);
    let periods = |world: &World| -> Vec<String> {
        world.table(&world.count(), "gp-contacts").axes.periods.iter().map(ToString::to_string).collect()
    };
    assert!(periods(&world).contains(&"2024-12".into()));
    assert!(periods(&world).contains(&"2024".into()));
    world.as_of -= 1;
    assert!(!periods(&world).contains(&"2024-12".into()));
    assert!(!periods(&world).contains(&"2024-Q4".into()));
    assert!(periods(&world).contains(&"2024-11".into()));
}

#[test]
fn dimensions_hold_totals_and_combinations_and_municipalities_have_them_by_year() {
    let world = World::new(&[(1, 1, OSLO, OSLO, (5, 4, 2), "physical-consultation")]);
    let cells = world.count();
    let table = world.table(&cells, "gp-diagnoses");
    assert_eq!(table.axes.dimensions[0].len(), 1 + CHAPTERS.len() + 1);
    let diagnoses = |code| {
        table.contacts[world.cell(&cells, "gp-diagnoses", Place::Country, "2024", &[code], "consultation")].value
    };
    assert_eq!((diagnoses(0), diagnoses(1), diagnoses(2)), (1, 1, 0));
    let table = world.table(&cells, "gp-contacts-age-sex");
    let by = |sex, age| {
        table.contacts[world.cell(&cells, "gp-contacts-age-sex", Place::Country, "2024-T2", &[sex, age], "contact")]
            .value
    };
    assert_eq!((by(0, 0), by(1, 0), by(0, 5), by(1, 5), by(2, 5), by(1, 4)), (1, 1, 1, 1, 0, 0));
}

#[test]
fn workload_is_a_mean_over_the_doctors_of_a_place() {
    let mut rows: Vec<Row> = (0..5).map(|_| (1, 1, OSLO, OSLO, (5, 6, 9), "physical-consultation")).collect();
    rows.push((1, 1, OSLO, OSLO, (5, 7, 9), "simple-remote"));
    rows.push((1, 1, OSLO, OSLO, (5, 11, 14), "e-consultation"));
    rows.push((2, 2, OSLO, OSLO, (5, 7, 9), "simple-remote"));
    let world = World::new(&rows);
    let cells = world.count();
    let table = world.table(&cells, "gp-workload");
    let mean = |indicator: usize, hour: usize| {
        let at = |codes: &[usize]| {
            codes
                .iter()
                .zip([table.axes.places.len(), table.axes.periods.len(), 25, 5])
                .fold(0, |at, (code, len)| at * len + code)
        };
        table.means[at(&[0, 0, hour, indicator])]
    };
    assert_eq!(mean(0, 0).sum_billionths, 4_000_000_000, "three days and one");
    assert_eq!(mean(0, 0).doctors, 2);
    assert_eq!(mean(1, 0).sum_billionths, 1_000_000_000, "one day with five");
    assert_eq!(mean(2, 0).sum_billionths, 2_000_000_000, "six consultations on three days, none on one");
    assert_eq!(mean(4, 15).sum_billionths, 1_000_000_000, "a Saturday at 14");
    assert_eq!(mean(4, 14).sum_billionths, 0);
    assert_eq!(mean(3, 10).sum_billionths, 0, "Monday is no weekend");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let kinds = ["physical-consultation", "e-consultation", "simple-remote"];
    let place = |n: u32| [OSLO, STAVANGER, EIGERSUND][n as usize % 3];
    let mut rows: Vec<Row> = (0..600)
        .map(|n| {
            (1 + n / 6, 1 + n * 7 % 11, place(n / 5), place(n), (1 + n % 12, 1 + n % 28, 9), kinds[n as usize % 3])
        })
        .collect();
    rows.sort_by_key(|row| (row.0, row.4));
    let world = World::new(&rows);
    let counted = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        format!("{:?}", pool.install(|| world.count()))
    };
    assert_eq!(counted(1), counted(4));
}

#[test]
fn completeness_is_the_chain_of_growth_from_day_to_day() {
    // January is followed to its end: 80 contacts by its end, 10 more after 40 days, 10 after 100.
    let january = Month::new(2024, 1);
    let august = Month::new(2024, 8);
    let delay = |month, days| Delay { month, days };
    let mut delays = BTreeMap::from([(delay(january, -3), 80), (delay(january, 40), 10), (delay(january, 100), 10)]);
    delays.insert(delay(august, 0), 45);
    let as_of = august.last_day() + 50;
    let shares = completeness(&delays, as_of);
    assert_eq!(shares.len(), 8, "months without contacts too");
    assert_eq!(shares[0].share, Some(1.0), "final");
    let august = shares[7];
    assert_eq!(august.contacts, 45);
    assert!((august.share.unwrap() - 0.9).abs() < 1e-12, "the last ten of a hundred come after day 50");
    assert_eq!(PeriodKind::Month.months(), 1);
}
