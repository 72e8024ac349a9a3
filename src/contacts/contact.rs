//! One counted bill, classified: what is kept of it between the rooms and from night to night.
//!
//! In: a resolved part. Out: [`Contact`]s with keys in place of numbers, and rows of them. Never
//! counts a cell.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef, UInt8Type, UInt16Type, UInt32Type};
use arrow::record_batch::RecordBatch;

use crate::definition::FeatureSet;
use crate::domain::{Error, Month, PlaceIndex, Result, SECONDS_A_DAY};
use crate::stage::{Numbers, values};

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
    let columns = Columns::of(rows)?;
    Some((0..rows.num_rows()).map(|at| columns.contact(at)).collect())
}

/// Those of them that are wanted, by bill and by person, doctor and start; none as above.
pub fn pick_rows(rows: &RecordBatch, is_wanted: impl Fn(i64, (i64, i64, i64)) -> bool) -> Option<Vec<Contact>> {
    let columns = Columns::of(rows)?;
    let key = |at: usize| (columns.person.at(at), columns.doctor.at(at), columns.start.at(at));
    Some(
        (0..rows.num_rows())
            .filter(|&at| is_wanted(columns.bill.at(at), key(at)))
            .map(|at| columns.contact(at))
            .collect(),
    )
}

/// The columns of rows of contacts.
struct Columns<'r> {
    bill: Numbers<'r, i64>,
    person: Numbers<'r, i64>,
    doctor: Numbers<'r, i64>,
    clinic: Numbers<'r, i64>,
    start: Numbers<'r, i64>,
    registered: &'r [i32],
    features: Numbers<'r, u32>,
    residence: &'r [u16],
    practice: &'r [u16],
    practice_type: &'r [u8],
    contact_type: &'r [u8],
    sex: &'r [u8],
    age_group: &'r [u8],
    chapter: &'r [u8],
}

impl<'r> Columns<'r> {
    fn of(rows: &'r RecordBatch) -> Option<Self> {
        let long = |name| Numbers::of::<Int64Type>(rows, name);
        let byte = |name| values::<UInt8Type>(rows, name);
        Some(Columns {
            bill: long("bill")?,
            person: long("person")?,
            doctor: long("doctor")?,
            clinic: long("clinic")?,
            start: long("start")?,
            registered: values::<Int32Type>(rows, "registered")?,
            features: Numbers::of::<UInt32Type>(rows, "features")?,
            residence: values::<UInt16Type>(rows, "residence")?,
            practice: values::<UInt16Type>(rows, "practice")?,
            practice_type: byte("practice_type")?,
            contact_type: byte("contact_type")?,
            sex: byte("sex")?,
            age_group: byte("age_group")?,
            chapter: byte("chapter")?,
        })
    }

    fn contact(&self, at: usize) -> Contact {
        Contact {
            bill: self.bill.at(at),
            person: self.person.at(at),
            doctor: self.doctor.at(at),
            clinic: self.clinic.at(at),
            start: self.start.at(at),
            registered: self.registered[at],
            features: self.features.at(at),
            residence: self.residence[at],
            practice: self.practice[at],
            practice_type: self.practice_type[at],
            contact_type: self.contact_type[at],
            sex: self.sex[at],
            age_group: self.age_group[at],
            chapter: self.chapter[at],
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The contact of a bill, one person's if it is odd; another start makes it another contact.
    pub fn contact(bill: i64, start: i64) -> Contact {
        Contact {
            bill,
            person: bill.rem_euclid(2),
            doctor: 3,
            clinic: 4,
            start,
            registered: 19_800,
            features: 5,
            residence: 6,
            practice: 7,
            practice_type: 0,
            contact_type: 9,
            sex: 1,
            age_group: 10,
            chapter: 11,
        }
    }

    #[test]
    fn rows_of_contacts_come_back_as_they_were() {
        // 1 704 067 199 is a second before 2024-01-01.
        let contacts = [contact(i64::MAX, 1_704_067_199), Contact { person: -7, ..contact(2, 0) }];
        assert_eq!(from_rows(&to_rows(&contacts).unwrap()).unwrap(), contacts);
        let of_others = Contact { doctor: 9, ..contact(3, 0) };
        let rows = to_rows(&[contacts[0], of_others, contacts[1]]).unwrap();
        assert_eq!(pick_rows(&rows, |_, (_, doctor, _)| doctor == 9).unwrap(), [of_others]);
        assert_eq!(contacts[0].month(), Month::of_day(19_722));
    }
}
