//! Relations of patients and lone contributors, on a country of two municipalities, two months and
//! two contact types in which everything is hidden.
//!
//! Every leaf has 10 contacts. In a municipality there are 6 patients of a type in a month, 10 of
//! both types, 9 of a type in both months, 14 in all; in the country twice as many.

use serde_json::json;

use super::check::{Checked, Subject, check};
use super::files::{CellLine, Claim, Part, State, Witness};
use super::truth::stated;
use crate::audit::binding::{Book, Bound, Column, Layer, Rows, Told};
use crate::audit::earlier::Left;
use crate::audit::ground::Ground;
use crate::audit::report::{Findings, Kind};
use crate::audit::restricted::{Thresholds, Truth};
use crate::relations::Universe;

/// Places: country, A, B. Periods: both months, the first, the second. Types: both, first, second.
struct World {
    universe: Universe,
    book: Book,
    bound: Bound,
    truths: [Vec<Truth>; 2],
    part: Part,
}

fn universe() -> Universe {
    let dim = |id: &str, kind: &str, codes: [&str; 3]| {
        let code = |at: usize, leaves: &[u16]| json!({"id": codes[at], "leaves": leaves});
        json!({"id": id, "kind": kind, "leaves": codes[1..], "codes": [code(0, &[0, 1]), code(1, &[0]), code(2, &[1])]})
    };
    let dims = json!([
        dim("residence", "residence", ["0", "A", "B"]),
        dim("time", "time", ["both", "m1", "m2"]),
        dim("type", "type", ["all", "t1", "t2"]),
    ]);
    let count = |indicator: &str, quantity: usize| json!({"count": {"indicator": indicator, "quantity": quantity}});
    let view = json!({
        "table": "t", "place": {"dim": 0, "codes": [0, 1, 2]}, "period": {"dim": 1, "codes": [0, 1, 2]},
        "dimensions": [], "quantities": [{"codes": []}, {"codes": [[2, 1]]}, {"codes": [[2, 2]]}],
        "indicators": [count("all", 0), count("t1", 1), count("t2", 2)], "measures": ["contacts", "patients"],
        "municipality": [false, true, true], "municipality_detail": [true, true, true],
    });
    serde_json::from_value(json!({"id": "u", "dims": dims, "views": [view]})).unwrap()
}

/// Position of a cell in the view.
fn at(place: usize, period: usize, kind: usize) -> usize {
    (place * 3 + period) * 3 + kind
}

impl World {
    fn new() -> Self {
        World::of(universe())
    }

    fn of(universe: Universe) -> Self {
        let mut rows = Rows { table: "t".into(), ..Rows::default() };
        rows.keys = ["geo", "period", "indicator", "measure"].map(Column::named).to_vec();
        let mut cells = Vec::new();
        for (place, geo) in ["0", "A", "B"].iter().enumerate() {
            for (period, time) in ["both", "m1", "m2"].iter().enumerate() {
                for (kind, indicator) in ["all", "t1", "t2"].iter().enumerate() {
                    for measure in ["contacts", "patients"] {
                        rows.keys.iter_mut().zip([*geo, time, indicator, measure]).for_each(|(c, l)| c.push(l));
                        rows.told.push(Told::Suppressed);
                    }
                    cells.push(line(place, period, kind));
                }
            }
        }
        let mut findings = Findings::default();
        let mut book = Book::of(&universe, &[&rows], &mut findings);
        let bound = Bound::of(&mut book, &universe, &mut findings);
        assert_eq!(findings, Findings::default());
        let truths = [vec![Truth::default(); book.len()], vec![Truth::default(); book.len()]];
        World { universe, book, bound, truths, part: Part { cells, ..Part::default() } }
    }

    fn check(&self) -> (Checked, Vec<String>) {
        let thresholds = Thresholds {
            patients: 5,
            doctors: 3,
            dominance_percent: 85,
            width: 2,
            width_percent: 10,
            width_dominance_percent: 15,
        };
        let left = Left::nothing(self.book.len());
        let subject = Subject {
            universe: &self.universe,
            book: &self.book,
            truths: &self.truths,
            thresholds: &thresholds,
            left: &left,
        };
        let mut findings = Findings::default();
        let stated = stated(subject, &self.part, &mut findings);
        let ground = Ground::of(&self.book, &self.bound, &stated.values);
        assert!(ground.complete && ground.broken().next().is_none(), "the truth is a solution");
        let checked = check(subject, &self.part, &stated, (&self.bound.system, &ground), &|_| (), &mut findings);
        assert!(findings.counts.keys().all(|&kind| kind == Kind::CertificateWrong));
        (checked, findings.kept.into_iter().filter_map(|finding| finding.relation).collect())
    }

    /// What is wrong with a witness.
    fn witness(&mut self, witness: serde_json::Value) -> Vec<String> {
        self.part.witnesses = vec![serde_json::from_value::<Witness>(witness).unwrap()];
        self.check().1
    }

    /// Of the first type in the first month, in municipality A. Witnesses 0 and 1: a box of all
    /// eight leaves. 2 and 3: that leaf alone, with every sum that it is in. 4 and 5: patients of A
    /// that are of B.
    fn claim(&mut self, layer: &str, pairs: &str) {
        let contacts = |by: i64, moves: serde_json::Value| json!({"contacts": [{"by": by, "move": moves}]});
        let patients = |by: i64| json!({"patients": [{"by": by, "at": [[1, 1], [2, 1]], "move": [[0, 0, 1]]}]});
        let (leaves, alone) =
            (json!([[0, 0, 1], [1, 0, 1], [2, 0, 1]]), json!([[0, 0, null], [1, 0, null], [2, 0, null]]));
        let witnesses = [
            contacts(2, leaves.clone()),
            contacts(-2, leaves),
            contacts(2, alone.clone()),
            contacts(-2, alone),
            patients(1),
            patients(-1),
        ];
        self.part.witnesses = witnesses.map(|witness| serde_json::from_value(witness).unwrap()).to_vec();
        let claim = Claim { view: 0, position: at(1, 1, 1), layer: layer.into(), width: 2, witnesses: pairs.into() };
        self.part.claims = vec![claim];
    }

    fn lone(&mut self, cell: usize) -> &mut CellLine {
        &mut self.part.cells[cell]
    }
}

fn line(place: usize, period: usize, kind: usize) -> CellLine {
    let places = if place == 0 { 2 } else { 1 };
    let (contacts, patients) = match (period, kind) {
        (0, 0) => (40, 14),
        (0, _) => (20, 9),
        (_, 0) => (20, 10),
        _ => (10, 6),
    };
    CellLine {
        view: 0,
        position: at(place, period, kind),
        contacts: places * contacts,
        patients: Some(places * patients),
        contacts_state: State::Hidden,
        patients_state: Some(State::Hidden),
        lone_patient: None,
        lone_doctor: None,
        patients_lone_patient: None,
        patients_lone_doctor: None,
        contacts_low: None,
        contacts_high: None,
        patients_low: None,
        patients_high: None,
    }
}

/// Patients of one or both municipalities change, those of the country with them.
fn patients(period: u16, kind: u16, of_a: i64, of_b: i64) -> serde_json::Value {
    let part = |by: i64, leaf: u16| json!({"by": by, "at": [[1, period], [2, kind]], "move": [[0, leaf, null]]});
    let parts: Vec<_> = [(of_a, 0), (of_b, 1)].iter().filter(|p| p.0 != 0).map(|p| part(p.0, p.1)).collect();
    json!({"patients": parts})
}

const OF_TYPES: &str = "patients of a type and of its parts do not fit";
const OF_PERIODS: &str = "patients of a period and of its parts do not fit";
const SEEN_THROUGH: &str = "one contributor alone makes a changed count in every pair of witnesses";
const NOT_AS_RESTRICTED: &str = "who alone makes a count is not as in the restricted cells";

#[test]
fn patients_of_a_type_are_at_most_those_of_all() {
    // 6 of the type, 10 of both.
    assert!(World::new().witness(patients(1, 1, 4, 0)).is_empty());
    assert_eq!(World::new().witness(patients(1, 1, 5, 0)), [OF_TYPES]);
}

#[test]
fn patients_of_all_types_are_at_most_those_of_the_types_together() {
    // 10 of both, 6 and 6 of each.
    assert!(World::new().witness(patients(1, 1, -2, 0)).is_empty());
    assert_eq!(World::new().witness(patients(1, 1, -3, 0)), [OF_TYPES]);
}

#[test]
fn patients_of_a_month_are_at_most_those_of_both_in_the_country() {
    // In the country 12 of the type in the month, 18 in both; in a municipality people move.
    assert!(World::new().witness(patients(1, 1, 4, 2)).is_empty());
    assert_eq!(World::new().witness(patients(1, 1, 4, 3)), [OF_PERIODS]);
    assert!(World::new().witness(patients(0, 1, -4, 4)).is_empty());
}

#[test]
fn patients_of_both_months_are_at_most_those_of_the_months_together() {
    // In the country 18 of the type, 12 and 12 in the months.
    assert!(World::new().witness(patients(0, 1, 3, 3)).is_empty());
    assert_eq!(World::new().witness(patients(0, 1, 4, 3)), [OF_PERIODS]);
}

#[test]
fn codes_of_the_same_leaves_are_one() {
    // The view shows both months under a code of their own, as a year is the total of twelve months.
    let mut world = World::new();
    let dim = &mut world.universe.dims[1];
    dim.codes.push(crate::relations::Code { id: "both".into(), leaves: vec![0, 1] });
    dim.codes[0].id = "all months".into();
    world.universe.views[0].period.codes[0] = Some(3);
    let mut world = World::of(world.universe);
    for code in [0, 3] {
        assert!(world.witness(patients(code, 1, 3, 3)).is_empty());
        assert_eq!(world.witness(patients(code, 1, 4, 3)), [OF_PERIODS]);
    }
}

#[test]
fn patients_are_at_most_contacts_in_the_country() {
    // 20 contacts and 12 patients of the type in the month; in A 10 and 6.
    let fewer = |by: i64| json!({"contacts": [{"by": by, "move": [[0, 0, null], [1, 0, null], [2, 0, null]]}]});
    assert!(World::new().witness(fewer(-8)).is_empty());
    assert_eq!(World::new().witness(fewer(-9)), ["more patients than contacts in the whole country"]);
}

#[test]
fn one_patient_alone_in_every_pair_sees_through_the_claim() {
    let mut world = World::new();
    world.claim("contacts", "0/1");
    assert_eq!(world.check(), world.check());
    assert!(world.check().1.is_empty());
    // Alone in B in the same month and type, which the box changes.
    world.lone(at(2, 1, 1)).lone_patient = Some(1);
    assert_eq!(world.check().1, [SEEN_THROUGH]);
    // The second pair leaves B alone.
    world.claim("contacts", "0/1 2/3");
    assert!(world.check().1.is_empty());
    assert_eq!(world.check().0.claims, 1);
}

#[test]
fn the_same_contributor_in_both_pairs_does_and_two_different_ones_do_not() {
    // One cell that only the box changes, one that only the other pair changes.
    let (of_box, of_sums) = (at(2, 1, 1), at(0, 1, 1));
    let mut world = World::new();
    world.claim("contacts", "0/1 2/3");
    world.lone(of_box).lone_patient = Some(2);
    world.lone(of_sums).lone_patient = Some(1);
    assert!(world.check().1.is_empty());
    world.lone(of_box).lone_patient = Some(1);
    assert_eq!(world.check().1, [SEEN_THROUGH]);
    // A patient and a doctor of the same number are two persons.
    world.lone(of_box).lone_patient = None;
    world.lone(of_box).lone_doctor = Some(1);
    assert!(world.check().1.is_empty());
    world.lone(of_sums).lone_doctor = Some(1);
    assert_eq!(world.check().1, [SEEN_THROUGH]);
}

#[test]
fn who_alone_makes_the_claimed_count_may_know_it() {
    let (own, other) = (at(1, 1, 1), at(2, 1, 1));
    let mut world = World::new();
    world.claim("contacts", "0/1");
    world.lone(own).lone_patient = Some(1);
    world.lone(other).lone_patient = Some(1);
    assert!(world.check().1.is_empty());
    // Of the count of patients alone: the contacts are still to be kept from that person.
    world.lone(own).lone_patient = None;
    world.lone(own).patients_lone_patient = Some(1);
    assert_eq!(world.check().1, [SEEN_THROUGH]);
}

#[test]
fn contributors_count_in_the_layer_that_changes() {
    let mut world = World::new();
    world.lone(at(2, 1, 1)).patients_lone_doctor = Some(1);
    world.claim("contacts", "0/1");
    assert!(world.check().1.is_empty());
    world.claim("patients", "4/5");
    assert_eq!(world.check().1, [SEEN_THROUGH]);
}

#[test]
fn contributors_are_those_of_the_restricted_cells() {
    let cell = at(2, 1, 1);
    let number = |world: &World| world.book.cells[0][cell] as usize;
    let mut world = World::new();
    world.lone(cell).lone_patient = Some(1);
    assert!(world.check().1.is_empty(), "without a row in the restricted cells nobody can say");
    let truth = |patients, doctors| Truth { value: Some(10), patients, doctors, needs: 0 };
    let at = number(&world);
    world.truths[Layer::Contacts as usize][at] = truth(Some(1), Some(2));
    assert!(world.check().1.is_empty());
    world.truths[Layer::Contacts as usize][at] = truth(Some(2), Some(2));
    assert_eq!(world.check().1, [NOT_AS_RESTRICTED]);
    world.truths[Layer::Contacts as usize][at] = truth(Some(1), Some(1));
    assert_eq!(world.check().1, [NOT_AS_RESTRICTED]);
}

#[test]
fn contributors_are_numbered_in_order() {
    let mut world = World::new();
    world.lone(0).lone_doctor = Some(2);
    assert_eq!(world.check().1, ["contributors are not numbered in order of first appearance"]);
    world.lone(0).lone_doctor = Some(1);
    world.lone(1).patients_lone_doctor = Some(2);
    assert!(world.check().1.is_empty());
}
