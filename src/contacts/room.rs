//! Rows of bills and lines set aside, and resolved one part at a time.
//!
//! In: rows from several threads in any order. Out: contacts, and the class of every row. Never
//! knows where the rows came from, nor what becomes of the contacts.

use std::path::Path;

use super::bills;
use super::bridge::frame;
use super::contact::Contact;
use super::gather::{Classifier, each_contact};
use super::lines::{self, main_diagnosis};
use super::meaning::{MeaningId, Meanings, Seen};
use super::parts::each_part;
use super::resolve::{Classed, Part, Resolved, credited, resolve};
use super::runs::Lines;
use super::spool::{Budget, Spool, part_of};
use crate::definition::{FeatureSet, Pipeline};
use crate::domain::Result;

/// What is set aside.
pub struct Room<'a> {
    pub regning: Spool<'a>,
    pub takst: Spool<'a>,
    pub diagnose: Spool<'a>,
    pipeline: &'a Pipeline,
}

/// The classes of the rows of some parts.
#[derive(Default)]
pub struct RoomBooks {
    pub regning: Vec<Classed>,
    pub takst: Vec<Lines>,
    pub diagnose: Vec<Lines>,
}

/// Where contacts go; called from several threads.
pub type Give<'a> = &'a (dyn Fn(&[Contact]) -> Result<()> + Sync);

impl<'a> Room<'a> {
    pub fn new(pipeline: &'a Pipeline, parts: usize, budget: &'a Budget, scratch: &'a Path) -> Self {
        let spool = |schema| Spool::new(schema, parts, budget, scratch);
        Room {
            regning: spool(bills::schema()),
            takst: spool(lines::schema()),
            diagnose: spool(lines::schema()),
            pipeline,
        }
    }

    /// Resolves everything that was set aside. `left_out`: numbers of rows that `load` left out.
    pub fn resolve(&self, meanings: &Meanings, left_out: &[i64], give: Give) -> Result<RoomBooks> {
        let parts = self.regning.parts();
        let left_out = by_part(left_out.iter().copied(), parts);
        let named = each_part(parts, |part| credited(frame(self.regning.schema(), &self.regning.read(part)?)?))?;
        let named = by_part(named.into_iter().flatten(), parts);
        let done = each_part(parts, |part| {
            let resolved = self.part(part, meanings, (&left_out[part], &named[part]))?;
            each_contact(&resolved, &self.classifier(meanings), give)?;
            Ok((resolved.regning, resolved.takst, resolved.diagnose))
        })?;
        let mut books = RoomBooks::default();
        for (regning, takst, diagnose) in done {
            books.regning.extend(regning);
            books.takst.push(takst);
            books.diagnose.push(diagnose);
        }
        Ok(books)
    }

    /// Made anew for every part that has been resolved: resolving finds new combinations of codes.
    fn classifier<'m>(
        &self,
        meanings: &'m Meanings,
    ) -> Classifier<'_, impl Fn(MeaningId, i32) -> (Option<u8>, FeatureSet) + Sync + use<'m, 'a>> {
        Classifier {
            answers: meanings.answers(),
            unclassified: self.pipeline.contact_types.types.len().saturating_sub(1) as u8,
            age_groups: &self.pipeline.age_groups,
            with_clinics: self.pipeline.tables.iter().any(|table| table.joins_practices()),
        }
    }

    fn part(&self, part: usize, meanings: &Meanings, (left_out, credited): (&[i64], &[i64])) -> Result<Resolved> {
        let part = Part {
            bills: frame(self.regning.schema(), &self.regning.drain(part)?)?,
            takst: frame(self.takst.schema(), &self.takst.drain(part)?)?,
            diagnose: frame(self.diagnose.schema(), &self.diagnose.drain(part)?)?,
            left_out: left_out.to_vec(),
            credited: credited.to_vec(),
            since: bills::first_second(self.pipeline),
        };
        let mut seen = Seen::default();
        resolve(part, |a, b| meanings.both(&mut seen, a, b), main_diagnosis)
    }
}

fn by_part(keys: impl Iterator<Item = i64>, parts: usize) -> Vec<Vec<i64>> {
    let mut split = vec![Vec::new(); parts];
    keys.for_each(|key| split[part_of(key, parts)].push(key));
    split
}
