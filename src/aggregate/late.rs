//! A period's cells, with what has changed for some persons taken out and put in.
//!
//! In: the cells of a period as they were kept, and the cells that all contacts of the touched
//! persons make, before and after. Out: the cells as they are now, and those that the three do not
//! tell. Numbers of contacts and persons are sums over persons, and numbers of a doctor sums over
//! contacts, so that they add up; the largest number of one person does not, and who is the only
//! one may have been untouched. Never guesses: what cannot be told is counted.

use std::collections::BTreeMap;

use super::blocks::{Block, Doctors, KeptCell};
use super::cells::CellCount;
use super::lone::NOBODY;

/// The cells of a table in a period: as kept, and of the touched persons before and after.
pub struct Late<'a> {
    pub kept: &'a Block,
    pub before: &'a Block,
    pub after: &'a Block,
}

/// The cells now, and positions of those whose largest or only patient is not known.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turned {
    pub block: Block,
    pub doubts: Vec<u32>,
}

/// Turns the cells of a period; none where numbers would fall below nothing.
pub fn turn(late: &Late) -> Option<Turned> {
    let mut doubts = Vec::new();
    let contacts = Layer::of(late, |block| (&block.contacts, &block.doctors[0])).turn(top_of_contacts, &mut doubts)?;
    let patients = Layer::of(late, |block| (&block.patients, &block.doctors[1])).turn(top_of_patients, &mut doubts)?;
    let block = Block {
        contacts: contacts.0,
        patients: patients.0,
        means: Vec::new(),
        doctors: [contacts.1, patients.1],
        has_doctors: true,
    };
    doubts.sort_unstable();
    doubts.dedup();
    Some(Turned { block, doubts })
}

type Cells = Vec<KeptCell<CellCount>>;

/// One layer of the three.
struct Layer<'a> {
    cells: [&'a Cells; 3],
    doctors: [&'a Doctors; 3],
}

/// Kept, before, after, and what they make together without its largest patient: that number.
type Top = fn(&CellCount, &CellCount, &CellCount, &CellCount) -> Option<u32>;

fn top_of_contacts(kept: &CellCount, before: &CellCount, after: &CellCount, now: &CellCount) -> Option<u32> {
    match now.patients {
        0 => Some(0),
        1 => Some(now.value),
        patients if patients == now.value => Some(1),
        _ if after.top_patient >= kept.top_patient => Some(after.top_patient),
        _ if before.top_patient < kept.top_patient => Some(kept.top_patient),
        _ => None,
    }
}

fn top_of_patients(_: &CellCount, _: &CellCount, _: &CellCount, now: &CellCount) -> Option<u32> {
    Some(now.value.min(1))
}

impl<'a> Layer<'a> {
    fn of(late: &Late<'a>, of: impl Fn(&'a Block) -> (&'a Cells, &'a Doctors)) -> Layer<'a> {
        let three = [late.kept, late.before, late.after].map(of);
        Layer { cells: three.map(|layer| layer.0), doctors: three.map(|layer| layer.1) }
    }

    fn turn(&self, top: Top, doubts: &mut Vec<u32>) -> Option<(Cells, Doctors)> {
        let [kept, before, after] = self.cells;
        let doctors = self.doctors_now()?;
        let mut changed: BTreeMap<u32, [Option<&KeptCell<CellCount>>; 2]> = BTreeMap::new();
        before.iter().for_each(|cell| changed.entry(cell.at).or_default()[0] = Some(cell));
        after.iter().for_each(|cell| changed.entry(cell.at).or_default()[1] = Some(cell));
        let mut now: Cells = Vec::with_capacity(kept.len() + after.len());
        let mut kept = kept.iter().peekable();
        for (at, [before, after]) in changed {
            while let Some(cell) = kept.next_if(|cell| cell.at < at) {
                now.push(*cell);
            }
            let old = kept.next_if(|cell| cell.at == at);
            let three = [old, before, after].map(|cell| cell.copied().unwrap_or(KeptCell::empty(at)));
            let (cell, is_known) = turn_cell(&three, doctors.of_cell(at), top)?;
            if !is_known {
                doubts.push(at);
            }
            if cell.cell != CellCount::default() {
                now.push(cell);
            }
        }
        now.extend(kept.copied());
        Some((now, doctors))
    }

    /// The pairs now: those kept, less those before, and those after.
    fn doctors_now(&self) -> Option<Doctors> {
        let [kept, before, after] = self.doctors;
        let mut change: BTreeMap<(u32, i64), i64> = BTreeMap::new();
        before.each(|at, doctor, number| *change.entry((at, doctor)).or_default() -= i64::from(number));
        after.each(|at, doctor, number| *change.entry((at, doctor)).or_default() += i64::from(number));
        let mut change = change.into_iter().filter(|(_, number)| *number != 0).peekable();
        let mut now = Doctors::with_capacity(kept.pairs());
        let mut is_sound = true;
        kept.each(|at, doctor, number| {
            while let Some((key, more)) = change.next_if(|(key, _)| *key < (at, doctor)) {
                is_sound &= now.push(key, more);
            }
            let more = change.next_if(|(key, _)| *key == (at, doctor)).map_or(0, |(_, more)| more);
            is_sound &= now.push((at, doctor), i64::from(number) + more);
        });
        for (key, more) in change {
            is_sound &= now.push(key, more);
        }
        is_sound.then_some(now)
    }
}

/// A cell of kept, before and after; whether its largest and its only patient are known.
fn turn_cell(
    [kept, before, after]: &[KeptCell<CellCount>; 3],
    doctors: (&[i64], &[u32]),
    top: Top,
) -> Option<(KeptCell<CellCount>, bool)> {
    let add = |of: fn(&CellCount) -> u32| (of(&kept.cell) + of(&after.cell)).checked_sub(of(&before.cell));
    let mut now = *after;
    now.cell.value = add(|cell| cell.value)?;
    now.cell.patients = add(|cell| cell.patients)?;
    let (first, second) = two_largest(doctors.1);
    now.cell.doctors = doctors.1.len() as u32;
    (now.cell.top_doctor, now.cell.second_doctor) = (first, second);
    now.doctor = if doctors.0.len() == 1 { doctors.0[0] } else { NOBODY };
    let largest = top(&kept.cell, &before.cell, &after.cell, &now.cell);
    now.cell.top_patient = largest.unwrap_or(0);
    let lone = match (now.cell.patients, after.cell.patients) {
        (1, 1) => Some(after.patient),
        (1, _) if kept.cell.patients == 1 && before.cell.patients == 0 => Some(kept.patient),
        (1, _) => None,
        _ => Some(NOBODY),
    };
    now.patient = lone.unwrap_or(NOBODY);
    Some((now, largest.is_some() && lone.is_some()))
}

fn two_largest(numbers: &[u32]) -> (u32, u32) {
    numbers.iter().fold((0, 0), |(first, second), &number| match number {
        number if number > first => (number, first),
        number => (first, second.max(number)),
    })
}

impl Turned {
    /// Takes the largest and the only patient of the cells in doubt from a count of all contacts
    /// that may be in them; none where that count is of something else.
    pub fn settle(mut self, counted: &Block) -> Option<Block> {
        for (now, counted) in
            [(&mut self.block.contacts, &counted.contacts), (&mut self.block.patients, &counted.patients)]
        {
            for at in &self.doubts {
                let Ok(place) = now.binary_search_by_key(at, |cell| cell.at) else { continue };
                let found = counted.binary_search_by_key(at, |cell| cell.at).ok().map(|at| counted[at])?;
                let cell = &mut now[place];
                if (cell.cell.value, cell.cell.patients) != (found.cell.value, found.cell.patients) {
                    return None;
                }
                cell.cell.top_patient = found.cell.top_patient;
                cell.patient = found.patient;
            }
        }
        Some(self.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of one cell from what persons (by key) and doctors have in it.
    fn block(persons: &[(i64, u32)], doctors: &[(i64, u32)]) -> Block {
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
        let lone = |of: &[(i64, u32)]| if of.len() == 1 { of[0].0 } else { NOBODY };
        let kept = KeptCell { at: 3, cell, patient: lone(persons), doctor: lone(doctors) };
        let contacts = if persons.is_empty() { Vec::new() } else { vec![kept] };
        let pairs = doctors.iter().map(|&(doctor, number)| (3, doctor, number)).collect();
        Block { contacts, doctors: [Doctors::of(pairs), Doctors::default()], has_doctors: true, ..Block::default() }
    }

    fn turned(kept: &Block, before: &Block, after: &Block) -> Turned {
        turn(&Late { kept, before, after }).unwrap()
    }

    #[test]
    fn a_late_contact_is_added_for_its_person_and_its_doctor() {
        let kept = block(&[(1, 3), (2, 2)], &[(7, 3), (8, 2)]);
        let found = turned(&kept, &block(&[(2, 2)], &[(8, 2)]), &block(&[(2, 4)], &[(8, 3), (9, 1)]));
        assert_eq!(found, Turned { block: block(&[(1, 3), (2, 4)], &[(7, 3), (8, 3), (9, 1)]), doubts: vec![] });
    }

    #[test]
    fn the_first_of_a_cell_and_the_last_to_leave_it_are_known() {
        let nobody = block(&[], &[]);
        let one = block(&[(5, 2)], &[(7, 2)]);
        assert_eq!(turned(&nobody, &nobody, &one), Turned { block: one.clone(), doubts: vec![] });
        assert_eq!(turned(&one, &one, &nobody), Turned { block: nobody, doubts: vec![] });
    }

    #[test]
    fn whose_the_largest_number_is_may_have_to_be_counted() {
        let kept = block(&[(1, 3), (2, 2), (3, 1)], &[(7, 6)]);
        let found = turned(&kept, &block(&[(1, 3)], &[(7, 3)]), &block(&[(1, 1)], &[(7, 1)]));
        assert_eq!(found.doubts, [3]);
        let counted = block(&[(1, 1), (2, 2), (3, 1)], &[(7, 4)]);
        assert_eq!(found.settle(&counted).unwrap(), counted);
    }

    #[test]
    fn the_only_one_left_may_be_somebody_who_was_not_touched() {
        let kept = block(&[(1, 2), (2, 2)], &[(7, 4)]);
        let found = turned(&kept, &block(&[(1, 2)], &[(7, 2)]), &block(&[], &[]));
        assert_eq!(found.doubts, [3]);
        let counted = block(&[(2, 2)], &[(7, 2)]);
        assert_eq!(found.settle(&counted).unwrap(), counted);
    }

    #[test]
    fn less_than_nothing_is_refused() {
        let (one, two) = (block(&[(5, 1)], &[(7, 1)]), block(&[(5, 2)], &[(7, 2)]));
        assert!(turn(&Late { kept: &one, before: &two, after: &block(&[], &[]) }).is_none());
    }
}
