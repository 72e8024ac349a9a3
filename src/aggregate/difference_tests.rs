//! Touched persons by hand: what they have in the cells of a period before and after.

use std::path::Path;

use super::super::axes::{Selection, Span};
use super::super::count::{Run, prepare};
use super::*;
use crate::aggregate::cells::Place;
use crate::codes::Geography;
use crate::contacts::{Contacts, Residents};
use crate::definition::Pipeline;
use crate::domain::{MunicipalityNumber, Period, PeriodKind, days_from_civil};

const OSLO: u16 = 301;
const STAVANGER: u16 = 1103;

struct World {
    pipeline: Pipeline,
    geography: Geography,
    counted: Vec<Counted>,
    span: Span,
}

impl World {
    /// One table of the pipeline, in the year 2024.
    fn new(table: &str) -> World {
        let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/gp-activity.toml");
        let pipeline = Pipeline::read(&definition).unwrap();
        let geography = Geography::load(&pipeline.geography).unwrap();
        let (first, last) = (Month::new(2024, 1), Month::new(2024, 12));
        let span = Span { first, last, as_of: days_from_civil(2025, 2, 1) };
        let year = [Period { kind: PeriodKind::Year, first }];
        let (contacts, residents) = (Contacts::default(), Residents::default());
        let run = Run::of_all(&contacts, &residents, &pipeline, (&geography, span.as_of));
        let at = pipeline.tables.iter().position(|known| known.id == table).unwrap();
        let counted = vec![prepare(&Run { only: Some(&year), ..run }, at, Some(span), Selection::All)];
        World { pipeline, geography, counted, span }
    }

    /// A man of 30-49, by bill: doctor, residence, (month, day), type.
    fn contact(&self, bill: i64, doctor: i64, residence: u16, (month, day): (u32, u32), kind: &str) -> Contact {
        let place = |code| self.geography.resolve(MunicipalityNumber(code)).unwrap();
        let types = &self.pipeline.contact_types.types;
        Contact {
            bill,
            person: 50,
            doctor,
            clinic: 0,
            start: i64::from(days_from_civil(2024, month, day)) * 86_400 + 9 * 3600,
            registered: 0,
            features: 0,
            residence: place(residence),
            practice: place(OSLO),
            practice_type: practice_types().iter().position(|kind| kind.code == "FALE").unwrap() as u8,
            contact_type: types.iter().position(|known| known.id == kind).unwrap() as u8,
            sex: 0,
            age_group: 4,
            chapter: 0,
        }
    }

    fn differ(&self, contacts: &[(Contact, Side)]) -> Difference {
        let contacts: Vec<Sided> = contacts.iter().map(|&(contact, side)| Sided::of(contact, side)).collect();
        let doctors = FxHashMap::from_iter([(7, 0), (8, 1)]);
        let tables: Vec<usize> = self.counted.iter().map(|table| table.table).collect();
        let signatures = Signatures::new(&self.pipeline, &tables, self.span.first);
        let mut walker = Walker::new(signatures, &self.counted, &doctors);
        walker.person(&contacts);
        walker.found.remove(0)
    }

    /// The position of a cell of all dimensions.
    fn cell(&self, place: Place, indicator: &str) -> u32 {
        let (axes, table) = (&self.counted[0].axes, &self.pipeline.tables[self.counted[0].table]);
        let named = table.indicators.iter().find(|known| known.id == indicator).unwrap();
        let crate::definition::IndicatorValue::Count { quantity } = named.value else { panic!("not a count") };
        let place = axes.places.iter().position(|&known| known == place).unwrap();
        let totals = vec![0; axes.dimensions.len()];
        axes.index(&[&[place, 0], &totals[..], &[quantity]].concat()) as u32
    }

    fn municipality(&self, code: u16) -> Place {
        Place::Municipality(self.geography.resolve(MunicipalityNumber(code)).unwrap())
    }
}

/// Before and after of a person in a cell, where they differ.
fn moved(all: &[Moved], at: u32) -> Option<(u32, u32)> {
    let mut found = all.iter().filter(|moved| moved.at == at);
    let one = found.next().map(|moved| (moved.before, moved.after));
    assert!(found.next().is_none(), "a person is once in a cell");
    one
}

/// By how much a doctor's number in a cell grows.
fn grown(all: &[(u32, u32, i32)], at: u32, doctor: u32) -> i32 {
    all.iter().filter(|pair| (pair.0, pair.1) == (at, doctor)).map(|pair| pair.2).sum()
}

#[test]
fn a_contact_more_counts_beside_those_that_stay() {
    let world = World::new("gp-contacts");
    let found = world.differ(&[
        (world.contact(1, 7, OSLO, (2, 1), "physical-consultation"), Side::Both),
        (world.contact(2, 8, OSLO, (3, 1), "physical-consultation"), Side::Won),
        (world.contact(3, 7, OSLO, (4, 1), "simple-remote"), Side::Both),
    ]);
    let (oslo, country) = (world.municipality(OSLO), Place::Country);
    assert_eq!(moved(&found.contacts, world.cell(oslo, "consultation")), Some((1, 2)));
    assert_eq!(moved(&found.contacts, world.cell(country, "contact")), Some((2, 3)));
    assert_eq!(grown(&found.doctors[0], world.cell(country, "contact"), 1), 1);
    assert_eq!(grown(&found.doctors[0], world.cell(country, "contact"), 0), 0);
    assert!(found.patients.is_empty(), "the person is where the person was");
    assert_eq!(grown(&found.doctors[1], world.cell(oslo, "contact"), 1), 1, "a doctor more");
    assert_eq!(grown(&found.doctors[1], world.cell(oslo, "contact"), 0), 0);
}

#[test]
fn a_bill_replaced_by_its_like_changes_nothing_and_one_of_another_doctor_the_doctors_alone() {
    let world = World::new("gp-contacts");
    let lost = (world.contact(1, 7, OSLO, (2, 1), "physical-consultation"), Side::Lost);
    let like = world.contact(2, 7, OSLO, (2, 1), "physical-consultation");
    assert!(world.differ(&[lost, (like, Side::Won)]).is_empty());
    let found = world.differ(&[lost, (Contact { doctor: 8, ..like }, Side::Won)]);
    assert!(found.contacts.is_empty() && found.patients.is_empty());
    let cell = world.cell(Place::Country, "consultation");
    for layer in 0..2 {
        assert_eq!((0..2).map(|doctor| grown(&found.doctors[layer], cell, doctor)).collect::<Vec<_>>(), [-1, 1]);
    }
}

#[test]
fn a_person_whose_last_contact_goes_is_back_where_the_one_before_was_with_all_doctors() {
    let world = World::new("gp-contacts");
    let found = world.differ(&[
        (world.contact(1, 7, OSLO, (2, 1), "physical-consultation"), Side::Both),
        (world.contact(2, 8, STAVANGER, (3, 1), "simple-remote"), Side::Lost),
    ]);
    let (oslo, stavanger) = (world.municipality(OSLO), world.municipality(STAVANGER));
    assert_eq!(moved(&found.patients, world.cell(oslo, "contact")), Some((0, 1)));
    assert_eq!(moved(&found.patients, world.cell(stavanger, "contact")), Some((1, 0)));
    assert_eq!(moved(&found.patients, world.cell(stavanger, "consultation")), Some((1, 0)), "held in Oslo");
    assert_eq!(moved(&found.patients, world.cell(Place::Country, "contact")), None);
    assert_eq!(moved(&found.contacts, world.cell(oslo, "contact")), None, "contacts stay where they were");
    assert_eq!(moved(&found.contacts, world.cell(stavanger, "contact")), Some((1, 0)));
    let of_patients = |place, doctor| grown(&found.doctors[1], world.cell(place, "contact"), doctor);
    assert_eq!([of_patients(oslo, 0), of_patients(oslo, 1)], [1, 0], "doctor 8 has no contact left");
    assert_eq!([of_patients(stavanger, 0), of_patients(stavanger, 1)], [-1, -1]);
    assert_eq!([of_patients(Place::Country, 0), of_patients(Place::Country, 1)], [0, -1]);
}

#[test]
fn other_years_and_persons_with_no_change_in_the_year_are_passed_by() {
    let world = World::new("gp-contacts");
    let mut before = world.contact(1, 7, OSLO, (2, 1), "physical-consultation");
    before.start -= 366 * 86_400;
    let stays = (world.contact(2, 7, OSLO, (2, 1), "physical-consultation"), Side::Both);
    assert!(world.differ(&[(before, Side::Lost), stays]).is_empty());
}

#[test]
fn of_many_alike_as_many_stay_lost_as_have_no_like_that_was_won() {
    let world = World::new("gp-contacts");
    let of = |bills: std::ops::Range<i64>, side| bills.map(move |bill| (bill, side)).collect::<Vec<_>>();
    // In pairs of all lost with all won this would be ten billion comparisons.
    let bills = [of(0..100_003, Side::Lost), of(200_000..300_000, Side::Won)].concat();
    let like = |(bill, side)| (world.contact(bill, 7, OSLO, (2, 1), "physical-consultation"), side);
    let contacts: Vec<(Contact, Side)> = bills.into_iter().map(like).collect();
    let found = world.differ(&contacts);
    let cell = world.cell(world.municipality(OSLO), "consultation");
    assert_eq!(moved(&found.contacts, cell), Some((100_003, 100_000)));
    assert_eq!(grown(&found.doctors[0], cell, 0), -3);
}
