//! What has come and gone of a month's contacts since they were kept whole.
//!
//! In: the contacts of a change. Out: the change since then, to be kept in place of the whole month,
//! and a month's contacts with it put in. Never knows the contacts that stay as they were.

use std::cell::Cell;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use rustc_hash::FxHashSet;

use super::contact::{Contact, from_rows, pick_rows, to_rows};
use crate::domain::{Error, Result};
use crate::stage::{Stored, narrow, pack, values};

/// A change of a month.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Bills of the contacts that are no longer there, or are others now.
    pub lost: FxHashSet<i64>,
    /// Contacts that are new or others, in order of their bills.
    pub won: Vec<Contact>,
}

impl Patch {
    /// This change and then another; none where that takes away what is not there.
    pub fn then(mut self, lost: &[Contact], won: &[Contact]) -> Option<Patch> {
        let gone: FxHashSet<i64> = lost.iter().map(|contact| contact.bill).collect();
        let came: FxHashSet<i64> = self.won.iter().map(|contact| contact.bill).collect();
        let is_sound = gone.difference(&came).all(|bill| self.lost.insert(*bill));
        self.won.retain(|contact| !gone.contains(&contact.bill));
        self.won.extend_from_slice(won);
        self.won.sort();
        is_sound.then_some(self)
    }

    /// How many contacts came or went.
    pub fn contacts(&self) -> usize {
        self.lost.len() + self.won.len()
    }

    /// The contacts of the whole month's rows that are wanted (by person, doctor and start) with the
    /// change put in, in order of their bills; none where it is a change of another month.
    pub fn pick(self, whole: &RecordBatch, is_wanted: impl Fn((i64, i64, i64)) -> bool) -> Option<Vec<Contact>> {
        let gone = Cell::new(0);
        let stays = |bill: i64| {
            let is_lost = !self.lost.is_empty() && self.lost.contains(&bill);
            gone.set(gone.get() + usize::from(is_lost));
            !is_lost
        };
        let mut picked = pick_rows(whole, |bill, key| stays(bill) && is_wanted(key))?;
        let won = self.won.into_iter();
        picked.extend(won.filter(|contact| is_wanted((contact.person, contact.doctor, contact.start))));
        picked.sort();
        (gone.get() == self.lost.len()).then_some(picked)
    }

    /// The parts of a file that it is read from again.
    pub fn parts(&self) -> Result<[(&'static str, Vec<u8>); 2]> {
        let mut lost: Vec<i64> = self.lost.iter().copied().collect();
        lost.sort_unstable();
        let schema = Schema::new(vec![Field::new("bill", DataType::Int64, false)]);
        let lost = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Int64Array::from(lost)) as ArrayRef]);
        let lost = lost.map_err(|_| Error::bug("bills are no column"))?;
        Ok([("lost", pack(&lost)?), ("won", pack(&narrow(&to_rows(&self.won)?)?)?)])
    }

    /// The change that was kept.
    pub fn read(stored: &Stored) -> Result<Patch> {
        let (lost, won) = (stored.rows("lost")?, stored.rows("won")?);
        let lost = values::<Int64Type>(&lost, "bill").ok_or_else(|| stored.is_damaged())?;
        let won = from_rows(&won).ok_or_else(|| stored.is_damaged())?;
        Ok(Patch { lost: lost.iter().copied().collect(), won })
    }
}

#[cfg(test)]
mod tests {
    use super::super::contact::tests::contact;
    use super::*;

    fn whole() -> RecordBatch {
        to_rows(&[contact(1, 0), contact(2, 0), contact(3, 0)]).unwrap()
    }

    #[test]
    fn changes_one_after_the_other_are_one_change() {
        let first = Patch::default().then(&[contact(2, 0)], &[contact(2, 7), contact(4, 0)]).unwrap();
        assert_eq!(first.contacts(), 3);
        let both = first.then(&[contact(2, 7), contact(3, 0)], &[contact(0, 0)]).unwrap();
        assert_eq!(both.lost, [2, 3].into_iter().collect());
        assert_eq!(both.won, [contact(0, 0), contact(4, 0)]);
        let now = both.pick(&whole(), |_| true).unwrap();
        assert_eq!(now, [contact(0, 0), contact(1, 0), contact(4, 0)]);
    }

    #[test]
    fn wanted_contacts_are_picked_from_what_stayed_and_what_came() {
        let patch = Patch::default().then(&[contact(3, 0)], &[contact(4, 0), contact(5, 0)]).unwrap();
        let odd = patch.pick(&whole(), |(person, _, _)| person == 1).unwrap();
        assert_eq!(odd, [contact(1, 0), contact(5, 0)]);
    }

    #[test]
    fn what_is_not_there_cannot_go() {
        let once = Patch::default().then(&[contact(2, 0)], &[]).unwrap();
        assert_eq!(once.then(&[contact(2, 0)], &[]), None, "it has gone already");
        let of_another_month = Patch::default().then(&[contact(9, 0)], &[]).unwrap();
        assert_eq!(of_another_month.pick(&whole(), |_| true), None);
    }

    #[test]
    fn a_change_comes_back_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let stage = crate::stage::Stage::open(folder.path()).unwrap().unwrap();
        for (number, (lost, won)) in [(vec![], vec![]), (vec![contact(2, 0)], vec![contact(-4, 1)])].iter().enumerate()
        {
            let patch = Patch::default().then(lost, won).unwrap();
            let key = stage.key("contacts", &[&number.to_string()]);
            let mut writer = stage.create(&key).unwrap();
            patch.parts().unwrap().iter().for_each(|(label, bytes)| writer.part(label, bytes).unwrap());
            writer.finish(&()).unwrap();
            assert_eq!(Patch::read(&stage.read(&key).unwrap()).unwrap(), patch);
        }
    }
}
