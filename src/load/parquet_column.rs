//! A stored column of Parquet to the column that the schema promises.
//!
//! In: an Arrow array as stored. Out: an array of the schema's type, and the faults of its rows.
//! A column that is stored as what it is passes without being copied; text is read as the values
//! of a CSV file are.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    PrimitiveArray, StringArray, StringBuilder, TimestampSecondArray, UInt64Array, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

use super::batch::arrow_type;
use super::ids::IdSpace;
use super::rowtest::Faults;
use super::value::{Encoding, Field, in_range, read, trim};
use crate::domain::{Error, Result, SECONDS_A_DAY};
use crate::schema::{Column, ColumnKind};

/// 0001-01-01 and 9999-12-31 in days since 1970-01-01: the days that text can write.
const CALENDAR: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;
/// The seconds of these days.
const SECONDS: std::ops::Range<i64> = *CALENDAR.start() * SECONDS_A_DAY..(*CALENDAR.end() + 1) * SECONDS_A_DAY;

/// Whether a column of this kind may be stored as this type.
pub fn accepts(kind: &ColumnKind, stored: &DataType) -> bool {
    use DataType::{Binary, Boolean, Date32, Date64, Decimal128, Null, Timestamp, Utf8};
    let number = stored.is_integer() || stored.is_floating() || matches!(stored, Decimal128(..));
    match kind {
        _ if matches!(stored, Null | Utf8 | Binary) => true,
        ColumnKind::Id(_) | ColumnKind::Amount | ColumnKind::Integer(_) => number,
        ColumnKind::NumberCode | ColumnKind::Municipality | ColumnKind::Code => number,
        ColumnKind::Flag => number || *stored == Boolean,
        ColumnKind::Date => matches!(stored, Date32 | Date64 | Timestamp(..)),
        ColumnKind::DateTime => matches!(stored, Timestamp(..)),
        ColumnKind::Choice(_) => false,
    }
}

/// What a column of this kind may be stored as, in words.
pub fn accepted(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Flag => "a boolean, a number or text",
        ColumnKind::Date => "a date, a timestamp or text",
        ColumnKind::DateTime => "a timestamp or text",
        ColumnKind::Choice(_) => "text",
        _ => "a number or text",
    }
}

/// The faults of the rows of a batch; empty while there are none.
#[derive(Debug, Default)]
pub struct RowFaults(Vec<Faults>);

impl RowFaults {
    fn note(&mut self, rows: usize, row: usize, at: usize, column: &Column, field: Field) {
        if self.0.is_empty() {
            self.0 = vec![Faults::default(); rows];
        }
        self.0[row].note(at, column, field);
    }
    pub fn of(&self, row: usize) -> Option<Faults> {
        self.0.get(row).copied()
    }
}

/// What a column is read for.
pub struct Target<'a> {
    /// Position in the schema.
    pub at: usize,
    pub column: &'a Column,
    pub ids: Option<&'a IdSpace>,
    /// What a stored number means, where only the writer's schema tells.
    pub cast: Option<&'a DataType>,
}

/// A stored column as few types as matter.
enum Stored<'a> {
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Whole(Int64Array),
    Unsigned(&'a UInt64Array),
    Float(Float64Array),
    /// With its scale.
    Decimal(&'a Decimal128Array, i8),
    Days(&'a Date32Array),
    Seconds(Int64Array),
    Nothing(usize),
}

/// Reads a stored column.
///
/// # Errors
/// None that data can cause: types were accepted when the file was opened.
pub fn convert(target: &Target, stored: &ArrayRef, faults: &mut RowFaults) -> Result<ArrayRef> {
    let stored = match target.cast {
        Some(meant) => &cast(stored, meant).map_err(|_| misread())?,
        None => stored,
    };
    let kept = Stored::new(stored)?;
    if let Some(same) = kept.as_it_is(target) {
        note_missing(target, &same, faults);
        return Ok(same);
    }
    match arrow_type(&target.column.kind) {
        DataType::Utf8 => Ok(texts(target, &kept, stored.len(), faults)),
        meant => numbers(target, &kept, stored.len(), faults, &meant),
    }
}

fn misread() -> Error {
    Error::bug("a Parquet column has another type than when its file was opened")
}

fn note_missing(target: &Target, array: &ArrayRef, faults: &mut RowFaults) {
    if target.column.required && array.null_count() > 0 {
        let rows = (0..array.len()).filter(|&row| array.is_null(row));
        rows.for_each(|row| faults.note(array.len(), row, target.at, target.column, Field::Missing));
    }
}

/// The column of a source that a file does not have.
pub fn absent(column: &Column, rows: usize) -> ArrayRef {
    match column.kind {
        ColumnKind::Flag => Arc::new(Int64Array::from(vec![0; rows])),
        ref kind => new_null_array(&arrow_type(kind), rows),
    }
}

impl<'a> Stored<'a> {
    fn new(array: &'a ArrayRef) -> Result<Self> {
        let as_type = |meant: DataType| cast(array, &meant).map_err(|_| misread());
        Ok(match array.data_type() {
            DataType::Utf8 => Stored::Text(array.as_string()),
            DataType::Binary => Stored::Bytes(array.as_binary()),
            DataType::UInt64 => Stored::Unsigned(array.as_primitive()),
            whole if whole.is_integer() => Stored::Whole(as_type(DataType::Int64)?.as_primitive().clone()),
            DataType::Boolean => Stored::Whole(as_type(DataType::Int64)?.as_primitive().clone()),
            float if float.is_floating() => Stored::Float(as_type(DataType::Float64)?.as_primitive().clone()),
            DataType::Decimal128(_, scale) => Stored::Decimal(array.as_primitive(), *scale),
            DataType::Date32 => Stored::Days(array.as_primitive()),
            DataType::Date64 => {
                Stored::Seconds(as_type(DataType::Int64)?.as_primitive::<Int64Type>().unary(|v| v.div_euclid(1_000)))
            }
            DataType::Timestamp(unit, _) => Stored::Seconds(seconds(array, unit)),
            DataType::Null => Stored::Nothing(array.len()),
            _ => return Err(misread()),
        })
    }

    /// The column itself, where it is stored as what it is and nothing in it can be at fault.
    fn as_it_is(&self, target: &Target) -> Option<ArrayRef> {
        match (&target.column.kind, self) {
            (ColumnKind::Id(_), Stored::Whole(array)) => {
                target.ids?.are_own_keys(array.values()).then(|| Arc::new(array.clone()) as ArrayRef)
            }
            (ColumnKind::Integer(None) | ColumnKind::NumberCode, Stored::Whole(array)) => Some(Arc::new(array.clone())),
            (ColumnKind::Date, Stored::Days(array)) => {
                let inside = array.values().iter().all(|&day| CALENDAR.contains(&i64::from(day)));
                inside.then(|| Arc::new((*array).clone()) as ArrayRef)
            }
            (ColumnKind::DateTime, Stored::Seconds(array)) => {
                let inside = array.values().iter().all(|second| SECONDS.contains(second));
                inside.then(|| Arc::new(TimestampSecondArray::new(array.values().clone(), array.nulls().cloned())) as _)
            }
            // Hundredths are what amounts are held in.
            (ColumnKind::Amount, Stored::Decimal(array, 2)) => {
                let fit = array.values().iter().all(|&value| i64::try_from(value).is_ok());
                fit.then(|| Arc::new(array.unary::<_, Int64Type>(|value| value as i64)) as ArrayRef)
            }
            (ColumnKind::Code | ColumnKind::Municipality, Stored::Text(array)) => {
                is_trimmed(array).then(|| Arc::new((*array).clone()) as ArrayRef)
            }
            (ColumnKind::Choice(choices), Stored::Text(array)) => {
                let known = |value: &str| choices.iter().any(|choice| choice == value);
                array.iter().flatten().all(known).then(|| Arc::new((*array).clone()) as ArrayRef)
            }
            (kind, Stored::Nothing(rows)) if *kind != ColumnKind::Flag => Some(absent(target.column, *rows)),
            _ => None,
        }
    }

    /// The value of a row as the column reads it; the bytes of text where it is text.
    fn field(&self, target: &Target, row: usize) -> (Field, Option<&[u8]>) {
        if self.is_null(row) {
            return (Field::Missing, None);
        }
        match self {
            Stored::Text(array) => text_field(target, array.value(row).as_bytes()),
            Stored::Bytes(array) => text_field(target, array.value(row)),
            Stored::Whole(array) => (whole(target, i128::from(array.value(row))), None),
            Stored::Unsigned(array) => (whole(target, i128::from(array.value(row))), None),
            Stored::Float(array) => (float(target, array.value(row)), None),
            Stored::Decimal(array, scale) => (decimal(target, array.value(row), *scale), None),
            Stored::Days(array) => (day(i64::from(array.value(row))), None),
            Stored::Seconds(array) => (second(target, array.value(row)), None),
            Stored::Nothing(_) => (Field::Missing, None),
        }
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Stored::Text(array) => array.is_null(row),
            Stored::Bytes(array) => array.is_null(row),
            Stored::Whole(array) | Stored::Seconds(array) => array.is_null(row),
            Stored::Unsigned(array) => array.is_null(row),
            Stored::Float(array) => array.is_null(row),
            Stored::Decimal(array, _) => array.is_null(row),
            Stored::Days(array) => array.is_null(row),
            Stored::Nothing(_) => true,
        }
    }
}

/// A stored time zone is dropped: times are local.
fn seconds(array: &ArrayRef, unit: &TimeUnit) -> Int64Array {
    fn floor<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, by: i64) -> Int64Array {
        array.as_primitive::<T>().unary(|value| value.div_euclid(by))
    }
    match unit {
        TimeUnit::Second => floor::<arrow::datatypes::TimestampSecondType>(array, 1),
        TimeUnit::Millisecond => floor::<TimestampMillisecondType>(array, 1_000),
        TimeUnit::Microsecond => floor::<TimestampMicrosecondType>(array, 1_000_000),
        TimeUnit::Nanosecond => floor::<TimestampNanosecondType>(array, 1_000_000_000),
    }
}

/// No value is empty or has a blank or a tab around it.
fn is_trimmed(array: &StringArray) -> bool {
    let bytes = array.value_data();
    let blank = |at: usize| matches!(bytes[at], b' ' | b'\t');
    let sound = |ends: &[i32]| {
        let (start, end) = (ends[0] as usize, ends[1] as usize);
        start < end && !blank(start) && !blank(end - 1)
    };
    match array.nulls() {
        None => array.value_offsets().windows(2).all(sound),
        Some(nulls) => array.value_offsets().windows(2).zip(nulls).all(|(ends, there)| !there || sound(ends)),
    }
}

fn text_field<'a>(target: &Target, text: &'a [u8]) -> (Field, Option<&'a [u8]>) {
    let text = trim(text);
    match text {
        b"" => (Field::Missing, None),
        text => (read(&target.column.kind, text, Encoding::Detected, target.ids), Some(text)),
    }
}

fn whole(target: &Target, value: i128) -> Field {
    let number = i64::try_from(value);
    match (&target.column.kind, number) {
        (ColumnKind::Id(_), Ok(number)) => {
            target.ids.map_or(Field::BadType, |ids| Field::Number(ids.key_of_integer(number)))
        }
        (ColumnKind::Id(_), Err(_)) => {
            target.ids.map_or(Field::BadType, |ids| Field::Number(ids.key(&value.to_string())))
        }
        (ColumnKind::Code | ColumnKind::Municipality, _) => Field::Text,
        (ColumnKind::NumberCode, Ok(number)) => Field::Number(number),
        (ColumnKind::NumberCode, Err(_)) => Field::Missing,
        (ColumnKind::Integer(range), Ok(number)) => in_range(number, *range),
        (ColumnKind::Amount, Ok(number)) => number.checked_mul(100).map_or(Field::BadType, Field::Number),
        (ColumnKind::Flag, Ok(number @ 0..=1)) => Field::Number(number),
        _ => Field::BadType,
    }
}

/// Whole numbers that a writer held as floating-point ones (as pandas does beside missing values)
/// are whole numbers.
fn float(target: &Target, value: f64) -> Field {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let kind = &target.column.kind;
    match kind {
        ColumnKind::Amount => {
            let hundredths = (value * 100.0).round();
            let hundredths = if hundredths == 0.0 && value < 0.0 { -1.0 } else { hundredths };
            if hundredths.abs() <= EXACT { Field::Number(hundredths as i64) } else { Field::BadType }
        }
        _ if value.fract() == 0.0 && value.abs() <= EXACT => whole(target, value as i128),
        ColumnKind::NumberCode => Field::Missing,
        ColumnKind::Code | ColumnKind::Municipality => Field::Text,
        _ => Field::BadType,
    }
}

fn decimal(target: &Target, value: i128, scale: i8) -> Field {
    let unit = 10i128.checked_pow(u32::from(scale.max(0) as u8));
    let Some(unit) = unit.filter(|_| scale >= 0) else { return Field::BadType };
    match target.column.kind {
        ColumnKind::Amount => {
            let scaled = value.checked_mul(200).map(|twice| (twice + unit * twice.signum()) / (2 * unit));
            let hundredths = scaled.map(|scaled| if scaled == 0 && value < 0 { -1 } else { scaled });
            hundredths.and_then(|h| i64::try_from(h).ok()).map_or(Field::BadType, Field::Number)
        }
        _ if value % unit == 0 => whole(target, value / unit),
        ColumnKind::NumberCode => Field::Missing,
        ColumnKind::Code | ColumnKind::Municipality => Field::Text,
        _ => Field::BadType,
    }
}

fn day(day: i64) -> Field {
    if CALENDAR.contains(&day) { Field::Number(day) } else { Field::BadDate }
}

fn second(target: &Target, second: i64) -> Field {
    match (day(second.div_euclid(SECONDS_A_DAY)), &target.column.kind) {
        (Field::Number(_), ColumnKind::DateTime) => Field::Number(second),
        (day, _) => day,
    }
}

fn numbers(
    target: &Target,
    stored: &Stored,
    rows: usize,
    faults: &mut RowFaults,
    meant: &DataType,
) -> Result<ArrayRef> {
    let is_flag = target.column.kind == ColumnKind::Flag;
    let mut number = |row: usize| match stored.field(target, row).0 {
        Field::Number(number) => Some(number),
        Field::Missing if is_flag => Some(0),
        field => {
            faults_of(target, rows, row, field, faults);
            None
        }
    };
    let whole = Int64Array::from_iter((0..rows).map(&mut number));
    Ok(match meant {
        DataType::Date32 => Arc::new(whole.unary::<_, arrow::datatypes::Date32Type>(|day| day as i32)),
        DataType::Timestamp(..) => Arc::new(PrimitiveArray::<arrow::datatypes::TimestampSecondType>::new(
            whole.values().clone(),
            whole.nulls().cloned(),
        )),
        _ => Arc::new(whole),
    })
}

fn faults_of(target: &Target, rows: usize, row: usize, field: Field, faults: &mut RowFaults) {
    let harmless =
        matches!(field, Field::Number(_) | Field::Text) || (field == Field::Missing && !target.column.required);
    if !harmless {
        faults.note(rows, row, target.at, target.column, field);
    }
}

fn texts(target: &Target, stored: &Stored, rows: usize, faults: &mut RowFaults) -> ArrayRef {
    let mut texts = StringBuilder::with_capacity(rows, rows * 4);
    for row in 0..rows {
        match stored.field(target, row) {
            (Field::Text, Some(bytes)) => texts.append_value(Encoding::Detected.decode_lossy(bytes)),
            (Field::Text, None) => texts.append_option(stored.number_as_text(target, row)),
            (field, _) => {
                faults_of(target, rows, row, field, faults);
                texts.append_null();
            }
        }
    }
    Arc::new(texts.finish())
}

impl Stored<'_> {
    /// A code that is stored as a number; a municipality's has four digits.
    fn number_as_text(&self, target: &Target, row: usize) -> Option<String> {
        let text = match self {
            Stored::Whole(array) => array.value(row).to_string(),
            Stored::Unsigned(array) => array.value(row).to_string(),
            Stored::Float(array) => array.value(row).to_string(),
            Stored::Decimal(array, scale) => {
                let unit = 10i128.checked_pow(u32::from((*scale).max(0) as u8))?;
                let value = array.value(row);
                if value % unit == 0 { (value / unit).to_string() } else { array.value_as_string(row) }
            }
            _ => return None,
        };
        let padded = target.column.kind == ColumnKind::Municipality && text.bytes().all(|b| b.is_ascii_digit());
        Some(if padded { format!("{text:0>4}") } else { text })
    }
}
