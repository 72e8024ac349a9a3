//! The means over doctors of a period, with some days taken out and put in.
//!
//! In: the means as they were kept, how days and figures of doctors changed, the contacts as they
//! are now. Out: the means now. Never divides a sum: a doctor's own mean is made anew from whole
//! numbers.

use super::blocks::{Block, KeptCell};
use super::cells::{CellCount, MeanCell};
use super::days::DaysDifference;
use super::workload::{behind, hours, means};
use crate::definition::{PerDoctor, Table};

/// Turns the means of a block whose contacts have been turned; none where they do not add up.
pub fn turn_means(
    block: &mut Block,
    kept: &[KeptCell<MeanCell>],
    change: &DaysDifference,
    (table, places): (&Table, usize),
) -> Option<()> {
    let mut sums = Sums::of(kept, table, places)?;
    let days = &mut block.contributors.as_mut()?.days;
    days.turn(change, &means(table), |place, mean, more| sums.add((place, 0, mean), more))?;
    for (place, hour, mean, more) in change.by_hour() {
        let hour = if sums.hours == 1 { 0 } else { usize::from(hour) + 1 };
        sums.add((place, hour, mean), more);
    }
    if sums.billionths.iter().any(|&sum| sum < 0) {
        return None;
    }
    let doctors: Vec<u32> = (0..places as u32).map(|place| days.doctors_at(place)).collect();
    block.means = sums.finish(&block.contacts, &doctors, table.quantities.len());
    Some(())
}

/// Sums in billionths by place, hour and mean.
struct Sums {
    means: Vec<PerDoctor>,
    hours: usize,
    billionths: Vec<i128>,
}

impl Sums {
    fn of(kept: &[KeptCell<MeanCell>], table: &Table, places: usize) -> Option<Sums> {
        let (means, hours) = (means(table), hours(table));
        let mut billionths = vec![0; places * hours * means.len()];
        for cell in kept {
            *billionths.get_mut(cell.at as usize)? = cell.cell.sum_billionths;
        }
        Some(Sums { means, hours, billionths })
    }

    fn add(&mut self, (place, hour, mean): (u32, usize, usize), more: i128) {
        let at = (place as usize * self.hours + hour) * self.means.len() + mean;
        if let Some(sum) = self.billionths.get_mut(at) {
            *sum += more;
        }
    }

    /// The cells that are not empty, with the contributors of their quantities.
    fn finish(&self, contacts: &[KeptCell<CellCount>], doctors: &[u32], quantities: usize) -> Vec<KeptCell<MeanCell>> {
        let cell = |at: usize| {
            let (codes, mean) = (at / self.means.len(), at % self.means.len());
            let at_contacts = behind(&self.means[mean], codes, quantities) as u32;
            let behind = contacts.binary_search_by_key(&at_contacts, |cell| cell.at).ok().map(|at| &contacts[at]);
            let empty = KeptCell::empty(0);
            let KeptCell { cell: of, patient, doctor, .. } = behind.unwrap_or(&empty);
            let cell = MeanCell {
                sum_billionths: self.billionths[at],
                doctors: doctors[codes / self.hours],
                contacts: of.value,
                patients: of.patients,
                top_patient: of.top_patient,
                top_doctor: of.top_doctor,
                second_doctor: of.second_doctor,
                lone_patient: 0,
                lone_doctor: 0,
            };
            (cell != MeanCell::default()).then_some(KeptCell {
                at: at as u32,
                cell,
                patient: *patient,
                doctor: *doctor,
            })
        };
        (0..self.billionths.len()).filter_map(cell).collect()
    }
}
