//! A period's cells, with what has changed for some persons taken out and put in.
//!
//! In: the cells of a period as they were kept, with who is in them, and what the touched persons
//! have in other numbers than before. Out: the cells as they are now, and those whose largest
//! number of one person the two do not tell. All else adds up: numbers of contacts and persons, the
//! sum of persons' keys, what each doctor has. Never guesses: what cannot be told is counted.

use super::blocks::{Block, KeptCell};
use super::cells::CellCount;
use super::contributors::{Contributors, Doctors, Layer, Persons};
use super::difference::{Difference, Moved};
use super::levels::Levels;
use super::lone::NOBODY;

/// The cells now, without means, and positions of those whose largest patient is not known.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turned {
    pub block: Block,
    pub doubts: Vec<u32>,
}

/// Turns the cells of a period; `doctors` are the keys that the difference has numbers of. None
/// where the cells were not kept with who is in them, or do not add up with the difference.
pub fn turn(kept: &Block, difference: Difference, doctors: &[i64]) -> Option<Turned> {
    let before = kept.contributors.as_ref()?;
    let mut names = Names::of(before, doctors.len());
    let [pairs, of_patients] = difference.doctors.map(|pairs| names.named(pairs, doctors));
    let names = names.keys;
    let contacts = OneLayer { cells: &kept.contacts, layer: &before.layers[0], names: &names, who: Who::Contacts };
    let patients = OneLayer { cells: &kept.patients, layer: &before.layers[1], names: &names, who: Who::Patients };
    let contacts = contacts.turn(difference.contacts, &pairs)?;
    let patients = patients.turn(difference.patients, &of_patients)?;
    let contributors =
        Contributors { doctors: names, layers: [contacts.layer, patients.layer], days: before.days.clone() };
    let block = Block {
        contacts: contacts.cells,
        patients: patients.cells,
        means: Vec::new(),
        contributors: Some(contributors),
    };
    Some(Turned { block, doubts: contacts.doubts })
}

/// Keys of the doctors of a block, the new ones last, and their numbers.
struct Names {
    keys: Vec<i64>,
    numbers: rustc_hash::FxHashMap<i64, u32>,
    /// By number among those of the difference.
    known: Vec<Option<u32>>,
}

/// Cell, number of the doctor in the block, and by how much the doctor's number grows.
type Pair = (u32, u32, i32);

impl Names {
    fn of(before: &Contributors, doctors: usize) -> Names {
        Names { keys: before.doctors.clone(), numbers: before.numbers(), known: vec![None; doctors] }
    }

    /// The pairs with numbers of the block, sorted, each once.
    fn named(&mut self, mut pairs: Vec<Pair>, doctors: &[i64]) -> Vec<Pair> {
        for (_, doctor, _) in &mut pairs {
            let of = *doctor as usize;
            *doctor = *self.known[of].get_or_insert_with(|| {
                *self.numbers.entry(doctors[of]).or_insert_with(|| {
                    self.keys.push(doctors[of]);
                    self.keys.len() as u32 - 1
                })
            });
        }
        pairs.sort_unstable_by_key(|&(at, doctor, _)| u64::from(at) << 32 | u64::from(doctor));
        pairs.dedup_by(|next, sum| {
            let is_same = (next.0, next.1) == (sum.0, sum.1);
            sum.2 += if is_same { next.2 } else { 0 };
            is_same
        });
        pairs
    }
}

/// What persons of a layer are counted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Contacts,
    /// Persons at their own place: each counts once.
    Patients,
}

/// One layer of a block.
struct OneLayer<'a> {
    cells: &'a [KeptCell<CellCount>],
    layer: &'a Layer,
    names: &'a [i64],
    who: Who,
}

/// A layer as it is now.
#[derive(Default)]
struct Now {
    cells: Vec<KeptCell<CellCount>>,
    layer: Layer,
    doubts: Vec<u32>,
}

impl OneLayer<'_> {
    fn turn(&self, mut moved: Vec<Moved>, pairs: &[Pair]) -> Option<Now> {
        moved.sort_unstable_by_key(|moved| moved.at);
        let mut now = Now {
            cells: Vec::with_capacity(self.cells.len() + moved.len()),
            layer: Layer {
                persons: Vec::with_capacity(self.cells.len() + moved.len()),
                doctors: Doctors::with_capacity(self.cells.len(), self.layer.doctors.pairs() + pairs.len()),
            },
            doubts: Vec::new(),
        };
        let mut moved = moved.chunk_by(|a, b| a.at == b.at).peekable();
        let mut pairs = pairs.chunk_by(|a, b| a.0 == b.0).peekable();
        let mut done = 0;
        while let Some(at) =
            [moved.peek().map(|cell| cell[0].at), pairs.peek().map(|cell| cell[0].0)].into_iter().flatten().min()
        {
            let upto = done + self.cells[done..].partition_point(|cell| cell.at < at);
            self.copy((done, upto), &mut now);
            done = upto + usize::from(self.cells.get(upto).is_some_and(|cell| cell.at == at));
            let moved = moved.next_if(|cell| cell[0].at == at).unwrap_or_default();
            let pairs = pairs.next_if(|cell| cell[0].0 == at).unwrap_or_default();
            self.turn_cell(at, (upto, done), (moved, pairs), &mut now)?;
        }
        self.copy((done, self.cells.len()), &mut now);
        Some(now)
    }

    fn copy(&self, (first, last): (usize, usize), now: &mut Now) {
        now.cells.extend_from_slice(&self.cells[first..last]);
        now.layer.persons.extend_from_slice(&self.layer.persons[first..last]);
        now.layer.doctors.copy(&self.layer.doctors, (first, last));
    }

    /// Turns the cell that stands from one position to the next: none, or one.
    fn turn_cell(
        &self,
        at: u32,
        (from, to): (usize, usize),
        (moved, pairs): (&[Moved], &[Pair]),
        now: &mut Now,
    ) -> Option<()> {
        let is_there = to > from;
        let old = if is_there { self.cells[from] } else { KeptCell::empty(at) };
        let mut persons = if is_there { self.layer.persons[from] } else { Persons::default() };
        let before = if is_there { self.layer.doctors.of_cell(from) } else { (&[][..], &[][..]) };
        let mut cell = CellCount::default();
        (cell.value, cell.patients) = turn_persons((&old.cell, &mut persons), moved, self.who)?;
        let start = now.layer.doctors.pairs();
        merge_pairs(before, pairs, &mut now.layer.doctors)?;
        if cell.patients == 0 {
            // Whoever counts has a doctor, and nobody is left.
            let is_empty = cell.value == 0 && persons.keys == 0 && now.layer.doctors.pairs() == start;
            return is_empty.then_some(());
        }
        now.layer.doctors.end_cell();
        let (doctors, numbers) = now.layer.doctors.of_cell(now.cells.len());
        cell.doctors = doctors.len() as u32;
        (cell.top_doctor, cell.second_doctor) = two_largest(numbers);
        let doctor = if let &[only] = doctors { self.names[only as usize] } else { NOBODY };
        let patient = if cell.patients == 1 { persons.keys } else { NOBODY };
        let top = if self.who == Who::Patients { Some(1) } else { top_patient(&cell, &persons.levels) };
        if top.is_none() {
            now.doubts.push(at);
        }
        cell.top_patient = top.unwrap_or_default();
        now.layer.persons.push(persons);
        now.cells.push(KeptCell { at, cell, patient, doctor });
        Some(())
    }
}

/// The largest number of one person, where it is known.
fn top_patient(cell: &CellCount, levels: &Levels) -> Option<u32> {
    match cell.patients {
        1 => Some(cell.value),
        patients if patients == cell.value => Some(1),
        _ => levels.largest(),
    }
}

/// Contacts and persons of a cell now; the persons are turned.
fn turn_persons((old, persons): (&CellCount, &mut Persons), moved: &[Moved], who: Who) -> Option<(u32, u32)> {
    let (mut value, mut patients) = (i64::from(old.value), i64::from(old.patients));
    for &Moved { key, before, after, .. } in moved {
        value += i64::from(after) - i64::from(before);
        patients += i64::from(after > 0) - i64::from(before > 0);
        let came = i64::from(after > 0) - i64::from(before > 0);
        persons.keys = persons.keys.wrapping_add(key.wrapping_mul(came));
        if who == Who::Contacts && before > 0 && !persons.levels.take(before) {
            return None;
        }
    }
    if who == Who::Contacts {
        moved.iter().filter(|moved| moved.after > 0).for_each(|moved| persons.levels.add(moved.after));
    }
    Some((u32::try_from(value).ok()?, u32::try_from(patients).ok()?))
}

/// Adds the pairs of a cell, with their change; none where a doctor would have less than nothing.
fn merge_pairs((doctors, numbers): (&[u32], &[u32]), change: &[Pair], to: &mut Doctors) -> Option<()> {
    let mut change = change.iter().peekable();
    let mut push = |doctor: u32, number: i64| {
        let number = u32::try_from(number).ok()?;
        if number > 0 {
            to.push(doctor, number);
        }
        Some(())
    };
    for (&doctor, &number) in doctors.iter().zip(numbers) {
        while let Some(&(_, other, more)) = change.next_if(|pair| pair.1 < doctor) {
            push(other, i64::from(more))?;
        }
        let more = change.next_if(|pair| pair.1 == doctor).map_or(0, |pair| pair.2);
        push(doctor, i64::from(number) + i64::from(more))?;
    }
    change.try_for_each(|&(_, doctor, more)| push(doctor, i64::from(more)))
}

fn two_largest(numbers: &[u32]) -> (u32, u32) {
    numbers.iter().fold((0, 0), |(first, second), &number| match number {
        number if number > first => (number, first),
        number => (first, second.max(number)),
    })
}

impl Turned {
    /// Puts in the largest numbers of the cells in doubt, as all contacts in them tell; none where
    /// a cell in doubt was not counted.
    pub fn settle(mut self, counted: impl Fn(u32) -> Option<Levels>) -> Option<Block> {
        let layer = &mut self.block.contributors.as_mut()?.layers[0];
        for &at in &self.doubts {
            let position = self.block.contacts.binary_search_by_key(&at, |cell| cell.at).ok()?;
            let levels = counted(at)?;
            self.block.contacts[position].cell.top_patient = levels.largest()?;
            layer.persons[position].levels = levels;
        }
        Some(self.block)
    }
}

#[cfg(test)]
#[path = "late_tests.rs"]
mod tests;
