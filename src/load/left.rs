//! Rows that do not reach the sink, with all that their class rests on, whatever the as-of day.
//!
//! In: a row's verdict and place. Out: a [`Left`], which becomes a class, and perhaps a reject, on
//! a day. Its fields are for the restricted area alone.

use super::inputs::Reject;
use super::rowtest::{Numbers, Verdict};
use super::scan::Job;
use crate::domain::{OutOfScope, RejectReason, RowClass};

/// Where a row stands: rank of its file, position among its rows, line.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub file: u16,
    pub row: u32,
    pub line: u64,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub file: u16,
    pub row: u32,
    pub line: u64,
    /// Key of the first column, where it could be read.
    pub key: Option<i64>,
    /// Before this day, the row is out of scope as `after-as-of`; none: its class is the same on
    /// every day.
    pub day: Option<i32>,
    pub class: RowClass,
    /// Name of the column at fault.
    pub column: Option<String>,
    /// As delivered; empty where the row is not rejected.
    pub fields: Vec<String>,
}

impl Left {
    /// What is left of a row by its verdict.
    pub fn of(job: &Job, place: Place, verdict: Verdict, row: &impl Numbers) -> Left {
        let Place { file, row: at, line } = place;
        let key = job.key_column().and_then(|key| row.number(key));
        let left = Left { file, row: at, line, key, day: None, class: RowClass::Counted, column: None, fields: vec![] };
        match verdict {
            Verdict::Keep => left,
            Verdict::Out(reason) => Left { class: RowClass::OutOfScope(reason), day: job.day(row), ..left },
            Verdict::Reject(fault) => Left {
                class: RowClass::Rejected(fault.reason),
                // These two come before the day in the order of tests.
                day: job.day(row).filter(|_| !matches!(fault.reason, RejectReason::BadType | RejectReason::BadDate)),
                column: job.schema.columns.get(fault.column).map(|column| column.name.clone()),
                ..left
            },
        }
    }

    /// With the row's fields as delivered.
    pub fn with_fields(self, fields: Vec<String>) -> Left {
        Left { fields, ..self }
    }

    /// The row as of a day.
    pub fn on(self, as_of: i32) -> Left {
        match self.day {
            Some(day) if day > as_of => Left { class: RowClass::OutOfScope(OutOfScope::AfterAsOf), ..self },
            _ => self,
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn bytes(&self) -> usize {
        let column = self.column.as_ref().map_or(0, String::len);
        size_of::<Left>() + column + self.fields.iter().map(|field| size_of::<String>() + field.len()).sum::<usize>()
    }

    /// The row as a reject, if it is one.
    pub fn into_reject(self) -> Option<Reject> {
        let RowClass::Rejected(reason) = self.class else { return None };
        let Left { file, row, line, column, fields, .. } = self;
        Some(Reject { file, row, line, reason, column, fields })
    }
}

/// What a file holds besides the rows that went to the sink.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenFile {
    /// Rank in its source.
    pub file: u16,
    pub rows: u64,
    /// Rows that went to the sink and are after the as-of day; for who settles the file to say.
    pub later: u64,
    /// National identity numbers by column of the schema.
    pub humans: Vec<u64>,
    /// Bit by kind of identifier (`IdKind` as a number): one that is no integer in shortest form.
    pub texts: u8,
    /// In order of the rows.
    pub left: Vec<Left>,
}
