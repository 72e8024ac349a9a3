//! Small universes for tests: made-up contacts, counted naively.
//!
//! In: contacts and a definition. Out: [`Cells`]. For tests only; the real counting is in
//! `aggregate`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledger, ObsStatus, protect};
use crate::aggregate::{Axes, CellCount, Cells, Place, Sparse, TableCells};
use crate::codes::{County, Geography, Municipality};
use crate::definition::*;
use crate::domain::{CountyNumber, Month, MunicipalityNumber, Period, PeriodKind, PlaceIndex, Service};

/// The standard policy.
pub(crate) fn policy() -> Policy {
    Policy {
        id: "standard".into(),
        version: "1".into(),
        min_patients: 5,
        min_doctors: 3,
        dominance_percent: 85,
        p_percent: 10,
        min_residents: 5,
        saturated_residents: 20,
        width: 2,
        width_percent: 10,
        width_dominance_percent: 15,
        pool_volume: 50,
        effort: Effort::Quick,
    }
}

/// A made-up contact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contact {
    pub person: u32,
    pub doctor: u32,
    pub residence: PlaceIndex,
    pub practice: PlaceIndex,
    pub month: Month,
    pub kind: u8,
    pub features: u32,
    pub outside: bool,
    pub weekend: bool,
    pub sex: u8,
    pub age: u8,
    pub chapter: u8,
    pub part: u8,
}

/// Of January 2024, in the first municipality.
impl Default for Contact {
    fn default() -> Self {
        Contact {
            person: 1,
            doctor: 1,
            residence: 0,
            practice: 0,
            month: Month::new(2024, 1),
            kind: 0,
            features: 0,
            outside: false,
            weekend: false,
            sex: 0,
            age: 0,
            chapter: 0,
            part: 0,
        }
    }
}

/// A county for every entry, with so many municipalities.
pub(crate) fn geography(sizes: &[u16]) -> Geography {
    let counties: Vec<County> =
        (0..sizes.len()).map(|at| County { number: CountyNumber(at as u8 + 1), name: format!("F{at}") }).collect();
    let municipality = |county: usize, at: u16| Municipality {
        number: MunicipalityNumber((county as u16 + 1) * 100 + at),
        name: format!("K{at}"),
        county: CountyNumber(county as u8 + 1),
    };
    let all = sizes.iter().enumerate().flat_map(|(county, &size)| (1..=size).map(move |at| municipality(county, at)));
    Geography { id: "test".into(), municipalities: all.collect(), counties, known: BTreeMap::new() }
}

fn text(id: &str) -> Text {
    Text { nb: id.into(), en: id.into() }
}

/// A count of all contacts of `types`.
pub(crate) fn count(types: TypeSet) -> Predicate {
    Predicate { types, with: 0, without: 0, outside_hours: None, weekend: None }
}

/// A table by residence of counts of `types`, by month and year.
pub(crate) fn table(id: &str, types: &[TypeSet]) -> Table {
    let indicator = |quantity: usize| Indicator {
        id: format!("i{quantity}"),
        title: text(id),
        description: text(id),
        value: IndicatorValue::Count { quantity },
    };
    Table {
        id: id.into(),
        version: "1".into(),
        title: text(id),
        description: text(id),
        since: None,
        service: Service::Gp,
        practice_types: None,
        place: PlaceBasis::Residence,
        by: Level::Municipality,
        periods: vec![PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Tertial, PeriodKind::Year],
        dimensions: vec![],
        municipality_detail: PeriodKind::ALL.to_vec(),
        measures: vec![Measure::Contacts],
        small_places: SmallPlaces::Hide,
        quantities: types.iter().map(|&types| count(types)).collect(),
        indicators: (0..types.len()).map(indicator).collect(),
        policy: policy(),
    }
}

/// A pipeline of tables over `types` contact types and `features` features.
pub(crate) fn pipeline(types: usize, features: usize, tables: Vec<Table>) -> Pipeline {
    let contact_type = |at: usize| ContactType { id: format!("t{at}"), title: text("t") };
    Pipeline {
        id: "test".into(),
        version: "1".into(),
        title: text("test"),
        description: text("test"),
        sources: vec![],
        from: None,
        to: None,
        contact_types: ContactTypes {
            id: "test".into(),
            title: text("test"),
            description: text("test"),
            source: text("test"),
            uncertainty: None,
            types: (0..types).map(contact_type).collect(),
            sums: vec![],
            takster: vec![],
        },
        features: Features {
            id: "test".into(),
            title: text("test"),
            description: text("test"),
            source: text("test"),
            ids: (0..features).map(|at| format!("f{at}")).collect(),
            titles: vec![text("f"); features],
            takster: vec![],
        },
        age_groups: AgeGroups { id: "test".into(), from: vec![0, 40], labels: vec!["0-39".into(), "40+".into()] },
        geography: "test".into(),
        policy: policy(),
        reject_limit: 0.01,
        gates: crate::definition::Gates::with_reject_limit(0.01),
        tables,
        files: vec![],
    }
}

/// Counts every table of a pipeline naively. `residents` is the same for every detail.
pub(crate) fn cells(contacts: &[Contact], pipeline: &Pipeline, geography: &Geography, residents: u32) -> Cells {
    let table = |at: usize| count_table(contacts, pipeline, at, geography, residents);
    Cells { tables: (0..pipeline.tables.len()).map(table).collect() }
}

fn labels(dimension: Dimension, pipeline: &Pipeline) -> Vec<String> {
    let own: Vec<String> = match dimension {
        Dimension::Sex => ["male", "female", "unknown"].map(String::from).to_vec(),
        Dimension::AgeGroup => pipeline.age_groups.all_labels(),
        Dimension::PartOfDay => ["day", "evening", "night"].map(String::from).to_vec(),
        Dimension::DayType => ["weekday", "weekend"].map(String::from).to_vec(),
        _ => (0..4).map(|at| format!("c{at}")).collect(),
    };
    ["total".to_string()].into_iter().chain(own).collect()
}

fn code(dimension: Dimension, contact: &Contact) -> usize {
    1 + match dimension {
        Dimension::Sex => contact.sex,
        Dimension::AgeGroup => contact.age,
        Dimension::PartOfDay => contact.part,
        Dimension::DayType => u8::from(contact.weekend),
        _ => contact.chapter,
    } as usize
}

fn axes(contacts: &[Contact], pipeline: &Pipeline, table: &Table, geography: &Geography) -> Axes {
    let months = || contacts.iter().map(|contact| contact.month);
    let (first, last) = (months().min().unwrap_or(Month(0)), months().max().unwrap_or(Month(0)));
    let mut periods = BTreeSet::new();
    for &kind in &table.periods {
        let all = (first.0..=last.0).map(|month| Period::containing(kind, Month(month)));
        periods.extend(all.filter(|period| period.first >= first && period.last() <= last));
    }
    let counties = geography.counties.iter().map(|county| Place::County(county.number));
    let municipalities = (0..geography.municipalities.len()).map(|at| Place::Municipality(at as u16));
    Axes {
        places: [Place::Country].into_iter().chain(counties).chain(municipalities).collect(),
        periods: periods.into_iter().collect(),
        dimensions: table.dimensions.iter().map(|&dimension| labels(dimension, pipeline)).collect(),
        quantities: table.quantities.len(),
    }
}

fn holds(predicate: &Predicate, contact: &Contact) -> bool {
    predicate.types >> contact.kind & 1 == 1
        && contact.features & predicate.with == predicate.with
        && contact.features & predicate.without == 0
        && predicate.outside_hours.is_none_or(|outside| outside == contact.outside)
        && predicate.weekend.is_none_or(|weekend| weekend == contact.weekend)
}

fn count_table(
    contacts: &[Contact],
    pipeline: &Pipeline,
    at: usize,
    geography: &Geography,
    residents: u32,
) -> TableCells {
    let table = &pipeline.tables[at];
    let axes = axes(contacts, pipeline, table, geography);
    let mut counted: BTreeMap<usize, Vec<(u32, u32)>> = BTreeMap::new();
    let mut persons: BTreeMap<usize, Vec<(u32, u32)>> = BTreeMap::new();
    for (number, period) in axes.periods.iter().enumerate() {
        let mut last: BTreeMap<u32, &Contact> = BTreeMap::new();
        for contact in contacts.iter().filter(|contact| period.contains(contact.month)) {
            last.insert(contact.person, contact);
        }
        for contact in contacts.iter().filter(|contact| period.contains(contact.month)) {
            for (quantity, predicate) in table.quantities.iter().enumerate().filter(|(_, p)| holds(p, contact)) {
                let pair = (contact.person, contact.doctor);
                each_cell(&axes, table, contact, number, quantity, geography, |at| {
                    counted.entry(at).or_default().push(pair)
                });
                let _ = predicate;
                let home = last[&contact.person];
                each_cell(&axes, table, home, number, quantity, geography, |at| {
                    persons.entry(at).or_default().push(pair)
                });
            }
        }
    }
    let mut all = vec![CellCount::default(); axes.len()];
    counted.into_iter().for_each(|(at, pairs)| all[at] = finish(&pairs));
    let mut patients =
        vec![CellCount::default(); if table.measures.contains(&Measure::Patients) { axes.len() } else { 0 }];
    if !patients.is_empty() {
        for (at, pairs) in persons {
            let people: BTreeSet<u32> = pairs.iter().map(|pair| pair.0).collect();
            let value = people.len() as u32;
            patients[at] = CellCount { value, ..finish(&pairs) };
        }
    }
    let rates = table.measures.contains(&Measure::Per1000);
    let population = vec![residents; if rates { axes.len() / axes.quantities } else { 0 }];
    let (contacts, patients) = (all.into(), patients.into());
    TableCells { table: at, axes, contacts, patients, residents: population, means: Sparse::default() }
}

fn each_cell(
    axes: &Axes,
    table: &Table,
    contact: &Contact,
    period: usize,
    quantity: usize,
    geography: &Geography,
    mut see: impl FnMut(usize),
) {
    let place = if table.place == PlaceBasis::Residence { contact.residence } else { contact.practice };
    let county = geography.municipalities[place as usize].county;
    let county = geography.counties.iter().position(|known| known.number == county).unwrap();
    let places = [0, 1 + county, 1 + geography.counties.len() + place as usize];
    for place in places {
        let mut all = vec![vec![place, period]];
        for &dimension in &table.dimensions {
            let with =
                |before: &Vec<usize>| [0, code(dimension, contact)].map(|at| [before.clone(), vec![at]].concat());
            all = all.iter().flat_map(with).collect();
        }
        all.iter().for_each(|codes| see(axes.index(&[codes.clone(), vec![quantity]].concat())));
    }
}

fn finish(pairs: &[(u32, u32)]) -> CellCount {
    let tally = |of: &dyn Fn(&(u32, u32)) -> u32| {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        pairs.iter().for_each(|pair| *counts.entry(of(pair)).or_default() += 1);
        let mut sizes: Vec<u32> = counts.values().copied().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let lone = if counts.len() == 1 { *counts.keys().next().unwrap() } else { 0 };
        (counts.len() as u32, sizes[0], sizes.get(1).copied().unwrap_or(0), lone)
    };
    let (patients, top_patient, _, lone_patient) = tally(&|pair| pair.0);
    let (doctors, top_doctor, second_doctor, lone_doctor) = tally(&|pair| pair.1);
    let value = pairs.len() as u32;
    CellCount { value, patients, doctors, top_patient, top_doctor, second_doctor, lone_patient, lone_doctor }
}

/// Municipality and contact type of every count that is hidden of three municipalities of one county and
/// three types, where each contact has a patient of its own and every municipality three doctors.
pub(super) fn hidden_of_three(numbers: [[u32; 3]; 3]) -> Vec<(usize, usize)> {
    let mut contacts = Vec::new();
    for (place, of_place) in numbers.iter().enumerate() {
        let kinds = of_place.iter().enumerate().flat_map(|(kind, &number)| (0..number).map(move |_| kind));
        contacts.extend(kinds.enumerate().map(|(at, kind)| Contact {
            person: (place * 1000 + at + 1) as u32,
            doctor: (place * 10 + at % 3 + 1) as u32,
            residence: place as u16,
            practice: place as u16,
            kind: kind as u8,
            ..Contact::default()
        }));
    }
    let mut table = table("t", &[0b111, 0b001, 0b010, 0b100]);
    table.periods = vec![PeriodKind::Month];
    let (pipeline, geography) = (pipeline(3, 0, vec![table]), geography(&[3]));
    let cells = cells(&contacts, &pipeline, &geography, 1000);
    let protected = protect(&cells, &pipeline, &geography, 20_000, &Ledger::default()).unwrap();
    let table = &protected.public()[0];
    let hidden = (0..table.status.len()).filter(|&row| table.status[row] == ObsStatus::Suppressed);
    // Places: the country, its county, then the municipalities; indicators: all types, then each.
    let cell = |row: usize| (table.place[row] as usize - 2, table.indicator[row] as usize - 1);
    let mut hidden: Vec<(usize, usize)> = hidden.map(cell).collect();
    hidden.sort_unstable();
    hidden.dedup();
    hidden
}
