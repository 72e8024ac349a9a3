//! Cells of a handful of persons and doctors, turned by hand.

use super::*;
use crate::aggregate::days::DoctorDays;

/// A block of one cell from what persons (by key) and doctors (by number) have in it; the doctors'
/// keys are 700, 701 and so on.
fn block(persons: &[(i64, u32)], doctors: &[(u32, u32)]) -> Block {
    let numbers = || persons.iter().map(|person| person.1);
    let (top_doctor, second_doctor) = two_largest(&doctors.iter().map(|doctor| doctor.1).collect::<Vec<_>>());
    let cell = CellCount {
        value: numbers().sum(),
        patients: persons.len() as u32,
        doctors: doctors.len() as u32,
        top_patient: numbers().max().unwrap_or(0),
        top_doctor,
        second_doctor,
        ..CellCount::default()
    };
    let patient = if let &[only] = persons { only.0 } else { NOBODY };
    let doctor = if let &[only] = doctors { 700 + i64::from(only.0) } else { NOBODY };
    let mut layer = Layer::default();
    let mut contacts = Vec::new();
    if !persons.is_empty() {
        let mut levels = Levels::default();
        numbers().for_each(|number| levels.add(number));
        layer.persons.push(Persons { keys: persons.iter().map(|person| person.0).sum(), levels });
        doctors.iter().for_each(|&(doctor, number)| layer.doctors.push(doctor, number));
        layer.doctors.end_cell();
        contacts.push(KeptCell { at: 3, cell, patient, doctor });
    }
    let contributors =
        Contributors { doctors: vec![700, 701, 702], layers: [layer, Layer::default()], days: DoctorDays::default() };
    Block { contacts, contributors: Some(contributors), ..Block::default() }
}

/// Persons whose numbers change, and by how much those of doctors grow.
fn difference(persons: &[(i64, u32, u32)], doctors: &[(u32, i32)]) -> Difference {
    let moved = |&(key, before, after): &(i64, u32, u32)| Moved { at: 3, key, before, after };
    let pairs = doctors.iter().map(|&(doctor, more)| (3, doctor, more)).collect();
    Difference { contacts: persons.iter().map(moved).collect(), doctors: [pairs, Vec::new()], ..Difference::default() }
}

fn turned(kept: &Block, difference: Difference) -> Turned {
    turn(kept, difference, &[700, 701, 702]).unwrap()
}

#[test]
fn a_late_contact_is_added_for_its_person_and_its_doctor() {
    let kept = block(&[(1, 3), (2, 2)], &[(0, 3), (1, 2)]);
    let found = turned(&kept, difference(&[(2, 2, 4)], &[(1, 1), (2, 1)]));
    assert_eq!(found, Turned { block: block(&[(1, 3), (2, 4)], &[(0, 3), (1, 3), (2, 1)]), doubts: vec![] });
}

#[test]
fn the_first_of_a_cell_and_the_last_to_leave_it_are_known() {
    let (nobody, one) = (block(&[], &[]), block(&[(5, 2)], &[(0, 2)]));
    assert_eq!(turned(&nobody, difference(&[(5, 0, 2)], &[(0, 2)])), Turned { block: one.clone(), doubts: vec![] });
    assert_eq!(turned(&one, difference(&[(5, 2, 0)], &[(0, -2)])), Turned { block: nobody, doubts: vec![] });
}

#[test]
fn the_only_one_left_is_told_by_the_keys_though_not_touched() {
    let kept = block(&[(11, 2), (12, 2), (40, 1)], &[(0, 4), (1, 1)]);
    let found = turned(&kept, difference(&[(11, 2, 0), (40, 1, 0)], &[(0, -2), (1, -1)]));
    assert_eq!(found, Turned { block: block(&[(12, 2)], &[(0, 2)]), doubts: vec![] });
    assert_eq!(found.block.contacts[0].patient, 12);
}

#[test]
fn the_second_largest_is_known_when_the_largest_loses_contacts() {
    let kept = block(&[(1, 3), (2, 2), (3, 1)], &[(0, 6)]);
    let found = turned(&kept, difference(&[(1, 3, 1)], &[(0, -2)]));
    assert_eq!(found, Turned { block: block(&[(1, 1), (2, 2), (3, 1)], &[(0, 4)]), doubts: vec![] });
}

#[test]
fn when_all_of_whom_is_known_lose_contacts_the_largest_is_counted() {
    // 9, 8 and 7 are known, that somebody has 5 or less is not.
    let kept = block(&[(1, 9), (2, 8), (3, 7), (4, 5), (5, 2)], &[(0, 31)]);
    let found = turned(&kept, difference(&[(1, 9, 1), (2, 8, 1), (3, 7, 1)], &[(0, -21)]));
    assert_eq!(found.doubts, [3]);
    let now = block(&[(1, 1), (2, 1), (3, 1), (4, 5), (5, 2)], &[(0, 10)]);
    let levels = now.contributors.as_ref().unwrap().layers[0].persons[0].levels;
    assert_eq!(found.settle(|at| (at == 3).then_some(levels)).unwrap(), now);
    let again = turned(&kept, difference(&[(1, 9, 1), (2, 8, 1), (3, 7, 1)], &[(0, -21)]));
    assert!(again.settle(|_| None).is_none(), "a doubt that is not settled is no cell");
}

#[test]
fn cells_before_between_and_after_those_that_change_stay_as_they_are() {
    let mut kept = block(&[(1, 3)], &[(0, 3)]);
    let cell = kept.contacts[0];
    let layer = &mut kept.contributors.as_mut().unwrap().layers[0];
    let persons = layer.persons[0];
    kept.contacts = [2, 3, 8].map(|at| KeptCell { at, ..cell }).to_vec();
    layer.persons = vec![persons; 3];
    layer.doctors = Doctors::default();
    for number in [3, 3, 3] {
        layer.doctors.push(0, number);
        layer.doctors.end_cell();
    }
    let mut change = difference(&[(1, 3, 4)], &[(0, 1)]);
    change.contacts.push(Moved { at: 5, key: 6, before: 0, after: 1 });
    change.doctors[0].push((5, 1, 1));
    let found = turned(&kept, change);
    let seen: Vec<(u32, u32, i64, i64)> =
        found.block.contacts.iter().map(|kept| (kept.at, kept.cell.value, kept.patient, kept.doctor)).collect();
    assert_eq!(seen, [(2, 3, 1, 700), (3, 4, 1, 700), (5, 1, 6, 701), (8, 3, 1, 700)]);
    let doctors = &found.block.contributors.unwrap().layers[0].doctors;
    assert_eq!(doctors.of_cell(1), (&[0][..], &[4][..]));
    assert_eq!(doctors.of_cell(3), (&[0][..], &[3][..]));
}

#[test]
fn a_doctor_who_was_in_no_cell_gets_a_number() {
    let kept = block(&[(1, 1)], &[(0, 1)]);
    let found = turn(&kept, difference(&[(2, 0, 1)], &[(0, 1)]), &[999]).unwrap();
    assert_eq!(found.block.contributors.unwrap().doctors, [700, 701, 702, 999]);
    assert_eq!((found.block.contacts[0].cell.doctors, found.block.contacts[0].doctor), (2, NOBODY));
}

#[test]
fn persons_at_their_own_place_count_once_and_the_only_one_is_told() {
    let mut kept = block(&[(1, 1), (2, 1)], &[(0, 1), (1, 1)]);
    let contributors = kept.contributors.as_mut().unwrap();
    contributors.layers.swap(0, 1);
    std::mem::swap(&mut kept.contacts, &mut kept.patients);
    let mut change = difference(&[], &[]);
    change.patients = vec![Moved { at: 3, key: 1, before: 1, after: 0 }];
    change.doctors[1] = vec![(3, 0, -1)];
    let found = turned(&kept, change);
    let cell = found.block.patients[0];
    assert_eq!((cell.cell.value, cell.cell.patients, cell.cell.top_patient), (1, 1, 1));
    assert_eq!((cell.patient, cell.doctor), (2, 701));
}

#[test]
fn less_than_nothing_is_refused() {
    let one = block(&[(5, 1)], &[(0, 1)]);
    let refused = |difference| turn(&one, difference, &[700, 701, 702]).is_none();
    assert!(refused(difference(&[(5, 2, 0)], &[(0, -2)])), "nobody has two");
    assert!(refused(difference(&[(5, 1, 0)], &[(0, -2)])), "the doctor has one");
    assert!(refused(difference(&[(5, 1, 0)], &[])), "nobody is left, and a doctor is");
    assert!(refused(difference(&[(6, 1, 0)], &[(0, -1)])), "another one leaves than was there");
    let without = Block { contributors: None, ..one.clone() };
    assert!(turn(&without, difference(&[], &[]), &[]).is_none());
}
