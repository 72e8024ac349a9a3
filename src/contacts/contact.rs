//! One counted bill, classified: what is kept of it between the rooms and from night to night.
//!
//! In: a resolved part. Out: [`Contact`]s with keys in place of numbers, and rows of them. Never
//! counts a cell.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef, UInt8Type, UInt16Type, UInt32Type};
use arrow::record_batch::RecordBatch;

use crate::definition::FeatureSet;
use crate::domain::{Error, Month, PlaceIndex, Result};

const SECONDS_A_DAY: i64 = 86_400;

/// A counted bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// Keys of bill, person, doctor and practice (0 where practices are not kept).
    pub bill: i64,
    pub person: i64,
    pub doctor: i64,
    pub clinic: i64,
    /// Local start, seconds since 1970-01-01.
    pub start: i64,
    /// Day of registration.
    pub registered: i32,
    pub features: FeatureSet,
    pub residence: PlaceIndex,
    pub practice: PlaceIndex,
    /// Position in `codes::practice_types`.
    pub practice_type: u8,
    /// Position in `ContactTypes::types`.
    pub contact_type: u8,
    /// `domain::Sex` as a number.
    pub sex: u8,
    pub age_group: u8,
    pub chapter: u8,
}

impl Contact {
    /// The month of treatment.
    pub fn month(&self) -> Month {
        Month::of_day(self.start.div_euclid(SECONDS_A_DAY) as i32)
    }
}

/// The columns of rows of contacts.
pub fn schema() -> SchemaRef {
    let field = |(name, kind): (&str, DataType)| Field::new(name, kind, false);
    let keys = ["bill", "person", "doctor", "clinic", "start"].map(|name| (name, DataType::Int64));
    let codes = ["practice_type", "contact_type", "sex", "age_group", "chapter"].map(|name| (name, DataType::UInt8));
    let middle = [
        ("registered", DataType::Int32),
        ("features", DataType::UInt32),
        ("residence", DataType::UInt16),
        ("practice", DataType::UInt16),
    ];
    Arc::new(Schema::new(keys.into_iter().chain(middle).chain(codes).map(field).collect::<Vec<_>>()))
}

/// Contacts as rows, in their order.
pub fn to_rows(contacts: &[Contact]) -> Result<RecordBatch> {
    let arrays = vec![
        array::<Int64Type>(contacts, |c| c.bill),
        array::<Int64Type>(contacts, |c| c.person),
        array::<Int64Type>(contacts, |c| c.doctor),
        array::<Int64Type>(contacts, |c| c.clinic),
        array::<Int64Type>(contacts, |c| c.start),
        array::<Int32Type>(contacts, |c| c.registered),
        array::<UInt32Type>(contacts, |c| c.features),
        array::<UInt16Type>(contacts, |c| c.residence),
        array::<UInt16Type>(contacts, |c| c.practice),
        array::<UInt8Type>(contacts, |c| c.practice_type),
        array::<UInt8Type>(contacts, |c| c.contact_type),
        array::<UInt8Type>(contacts, |c| c.sex),
        array::<UInt8Type>(contacts, |c| c.age_group),
        array::<UInt8Type>(contacts, |c| c.chapter),
    ];
    RecordBatch::try_new(schema(), arrays).map_err(|_| Error::bug("contacts have a column of its own type"))
}

fn array<T: ArrowPrimitiveType>(contacts: &[Contact], of: impl Fn(&Contact) -> T::Native) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(contacts.iter().map(of)))
}

/// The contacts of some rows; none where they are rows of something else.
pub fn from_rows(rows: &RecordBatch) -> Option<Vec<Contact>> {
    pick_rows(rows, |_| true)
}

/// Those of them whose row is wanted, by person, doctor and start; none as above.
pub fn pick_rows(rows: &RecordBatch, is_wanted: impl Fn((i64, i64, i64)) -> bool) -> Option<Vec<Contact>> {
    let long = |name| values::<Int64Type>(rows, name);
    let byte = |name| values::<UInt8Type>(rows, name);
    let (bill, person, doctor, clinic, start) =
        (long("bill")?, long("person")?, long("doctor")?, long("clinic")?, long("start")?);
    let (registered, features) = (values::<Int32Type>(rows, "registered")?, values::<UInt32Type>(rows, "features")?);
    let (residence, practice) = (values::<UInt16Type>(rows, "residence")?, values::<UInt16Type>(rows, "practice")?);
    let (practice_type, contact_type) = (byte("practice_type")?, byte("contact_type")?);
    let (sex, age_group, chapter) = (byte("sex")?, byte("age_group")?, byte("chapter")?);
    let contact = |at: usize| Contact {
        bill: bill[at],
        person: person[at],
        doctor: doctor[at],
        clinic: clinic[at],
        start: start[at],
        registered: registered[at],
        features: features[at],
        residence: residence[at],
        practice: practice[at],
        practice_type: practice_type[at],
        contact_type: contact_type[at],
        sex: sex[at],
        age_group: age_group[at],
        chapter: chapter[at],
    };
    let wanted = (0..rows.num_rows()).filter(|&at| is_wanted((person[at], doctor[at], start[at])));
    Some(wanted.map(contact).collect())
}

/// The values of a column without nulls.
pub fn values<'a, T: ArrowPrimitiveType>(rows: &'a RecordBatch, name: &str) -> Option<&'a [T::Native]> {
    let array = rows.column_by_name(name)?.as_primitive_opt::<T>()?;
    (array.null_count() == 0).then(|| &array.values()[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_contacts_come_back_as_they_were() {
        let contact = |bill: i64| Contact {
            bill,
            person: -7,
            doctor: 3,
            clinic: 4,
            start: 1_704_067_199,
            registered: 19_800,
            features: 5,
            residence: 6,
            practice: 7,
            practice_type: 8,
            contact_type: 9,
            sex: 1,
            age_group: 10,
            chapter: 11,
        };
        let contacts = [contact(i64::MAX), contact(2)];
        assert_eq!(from_rows(&to_rows(&contacts).unwrap()).unwrap(), contacts);
        // 1 704 067 199 is a second before 2024-01-01.
        assert_eq!(contacts[0].month(), Month::of_day(19_722));
    }
}
