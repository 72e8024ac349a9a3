//! The tests of a row as a whole, in the order of SPEC-DETAILS 1.
//!
//! In: the numbers of a row that passed `bad-type` and `bad-date`. Out: a verdict. It sees one row
//! at a time; what needs other rows (`ambiguous-key`, `no-key`, `orphan`) comes later.

use super::value::Field;
use crate::domain::{OutOfScope, RejectReason, SECONDS_A_DAY};
use crate::schema::{Column, ColumnKind, Rules, Schema};

/// What is wrong with one field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub reason: RejectReason,
    /// Position of the column in the schema.
    pub column: usize,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Out(OutOfScope),
    Reject(Fault),
}

/// The faults of the fields of a row, of which the first by SPEC-DETAILS 1 counts: `bad-type` of
/// any column before `bad-date` of any, then the order of the schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    first_type: Option<usize>,
    first_date: Option<usize>,
}

impl Faults {
    /// Notes what a field turned out to be; columns are noted in the schema's order.
    #[inline]
    pub fn note(&mut self, at: usize, column: &Column, field: Field) {
        match field {
            Field::Number(_) | Field::Text => {}
            Field::Missing if !column.required => {}
            Field::Missing => match column.kind {
                ColumnKind::Date | ColumnKind::DateTime => self.note_date(at),
                _ => self.note_type(at),
            },
            Field::BadType => self.note_type(at),
            Field::BadDate => self.note_date(at),
        }
    }
    fn note_type(&mut self, at: usize) {
        self.first_type.get_or_insert(at);
    }
    fn note_date(&mut self, at: usize) {
        self.first_date.get_or_insert(at);
    }
    /// The fault that counts.
    pub fn first(self) -> Option<Fault> {
        let of_type = self.first_type.map(|column| Fault { reason: RejectReason::BadType, column });
        of_type.or(self.first_date.map(|column| Fault { reason: RejectReason::BadDate, column }))
    }
}

/// The numbers of a row by column of the schema; none where missing.
pub trait Numbers {
    fn number(&self, column: usize) -> Option<i64>;
}

/// Tests a row whose fields are sound.
#[inline]
pub fn judge(schema: &Schema, as_of: i32, row: &impl Numbers) -> Verdict {
    let rules = &schema.rules;
    if is_later(rules.after_as_of.and_then(|at| row.number(at)), Some(i64::from(as_of))) {
        return Verdict::Out(OutOfScope::AfterAsOf);
    }
    if let Some((from, to)) = rules.bad_period
        && is_later(row.number(from), row.number(to))
    {
        return rejected(RejectReason::BadPeriod, to);
    }
    if rules.no_person.is_some_and(|person| row.number(person).is_none()) {
        return Verdict::Out(OutOfScope::NoPerson);
    }
    if let Some(column) = negative(rules, row) {
        return rejected(RejectReason::Negative, column);
    }
    if let Some((moment, registered)) = rules.future
        && is_later(row.number(moment).map(|second| second.div_euclid(SECONDS_A_DAY)), row.number(registered))
    {
        return rejected(RejectReason::Future, moment);
    }
    Verdict::Keep
}

fn rejected(reason: RejectReason, column: usize) -> Verdict {
    Verdict::Reject(Fault { reason, column })
}

fn is_later(a: Option<i64>, b: Option<i64>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a > b)
}

fn negative(rules: &Rules, row: &impl Numbers) -> Option<usize> {
    let below = rules.negative.iter().copied().find(|&column| row.number(column).is_some_and(|value| value < 0))?;
    let excused = rules.negative_unless.is_some_and(|column| row.number(column).is_some());
    (!excused).then_some(below)
}
