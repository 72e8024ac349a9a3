//! One field of text to a value, by the type of its column (SPEC-DETAILS 2 and 11).
//!
//! In: the bytes of a field. Out: a number, the word that it is text, or what is wrong. Never
//! allocates for a number, and never keeps or shows what it read.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

use super::ids::{IdSpace, LONGEST, shortest_integer};
use crate::domain::SECONDS_A_DAY;
use crate::schema::ColumnKind;

/// How the bytes of a CSV file are letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Each field with letters beyond ASCII is UTF-8 where it is valid UTF-8, else ISO-8859-1.
    Detected,
    Utf8,
    Latin1,
}

impl Encoding {
    /// The text of some bytes; none where they are not valid in the encoding.
    #[inline]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match (self, std::str::from_utf8(bytes)) {
            (Encoding::Latin1, _) if !bytes.is_ascii() => Some(Cow::Owned(latin1(bytes))),
            (_, Ok(text)) => Some(Cow::Borrowed(text)),
            (Encoding::Utf8, Err(_)) => None,
            (_, Err(_)) => Some(Cow::Owned(latin1(bytes))),
        }
    }
    /// As `decode`, with what is not valid replaced.
    #[inline]
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        self.decode(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes))
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// What a field turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Missing,
    /// A number: an identifier's key, hundredths, days, seconds, a flag.
    Number(i64),
    /// Text, to be taken from the field itself.
    Text,
    BadType,
    BadDate,
}

/// Without the blanks and tabs around it.
#[inline]
pub fn trim(mut field: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = field {
        field = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = field {
        field = rest;
    }
    field
}

/// Reads a trimmed field that is not empty. `ids` is the space of an identifier column.
#[inline]
pub fn read(kind: &ColumnKind, field: &[u8], encoding: Encoding, ids: Option<&IdSpace>) -> Field {
    match kind {
        ColumnKind::Id(_) => identifier(field, encoding, ids),
        ColumnKind::Code | ColumnKind::Municipality => text(field, encoding),
        ColumnKind::NumberCode => integer(field).map_or(Field::Missing, Field::Number),
        ColumnKind::Integer(range) => integer(field).map_or(Field::BadType, |value| in_range(value, *range)),
        ColumnKind::Amount => amount(field).map_or(Field::BadType, Field::Number),
        ColumnKind::Date => date(field).map_or(Field::BadDate, |day| Field::Number(i64::from(day))),
        ColumnKind::DateTime => date_time(field).map_or(Field::BadDate, Field::Number),
        ColumnKind::Flag => flag(field),
        ColumnKind::Choice(choices) => {
            if choices.iter().any(|choice| choice.as_bytes() == field) {
                Field::Text
            } else {
                Field::BadType
            }
        }
    }
}

fn identifier(field: &[u8], encoding: Encoding, ids: Option<&IdSpace>) -> Field {
    let Some(ids) = ids else { return Field::BadType };
    if let Some(integer) = shortest_integer(field) {
        return Field::Number(ids.key_of_integer(integer));
    }
    match encoding.decode(field) {
        Some(text) if text.len() <= LONGEST || text.chars().count() <= LONGEST => Field::Number(ids.key(&text)),
        _ => Field::BadType,
    }
}

fn text(field: &[u8], encoding: Encoding) -> Field {
    let sound = encoding != Encoding::Utf8 || field.is_ascii() || std::str::from_utf8(field).is_ok();
    if sound { Field::Text } else { Field::BadType }
}

/// A value of an integer column against the column's range.
pub fn in_range(value: i64, range: Option<(i64, i64)>) -> Field {
    match range {
        Some((least, greatest)) if value < least || value > greatest => Field::BadType,
        _ => Field::Number(value),
    }
}

fn flag(field: &[u8]) -> Field {
    match field {
        b"0" => Field::Number(0),
        b"1" => Field::Number(1),
        _ => Field::BadType,
    }
}

/// `[+-]?digits` within 64 bits.
pub fn integer(field: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(field);
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for &digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Counted downwards: the least number has no positive counterpart.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

fn sign(field: &[u8]) -> (bool, &[u8]) {
    match field {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    }
}

/// Kroner with at most one decimal sign, as hundredths rounded half away from zero. An amount
/// below 0 never becomes 0, so that `negative` sees it.
pub fn amount(field: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(field);
    let (mut value, mut decimals, mut digits_seen, mut point) = (0i64, 0u32, false, false);
    let (mut round_up, mut rest) = (false, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                digits_seen = true;
                let digit = i64::from(byte - b'0');
                match (point, decimals) {
                    (true, 2) => round_up = digit >= 5,
                    (true, 3..) => rest |= digit > 0,
                    _ => value = value.checked_mul(10)?.checked_add(digit)?,
                }
                rest |= point && decimals == 2 && digit > 0;
                decimals += u32::from(point && decimals < 3);
            }
            b',' | b'.' if !point => point = true,
            _ => return None,
        }
    }
    if !digits_seen {
        return None;
    }
    let scale = [100, 10, 1][decimals.min(2) as usize];
    let value = value.checked_mul(scale)?.checked_add(i64::from(round_up))?;
    let value = if negative && value == 0 && rest { 1 } else { value };
    Some(if negative { -value } else { value })
}

/// `YYYY-MM-DD` or `DD.MM.YYYY`, a day of the calendar, as days since 1970-01-01.
pub fn date(field: &[u8]) -> Option<i32> {
    let field: &[u8; 10] = field.try_into().ok()?;
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit <= 9).then_some(number * 10 + u32::from(digit))
        })
    };
    let (year, month, day) = match field {
        [_, _, _, _, b'-', _, _, b'-', _, _] => (&field[..4], &field[5..7], &field[8..]),
        [_, _, b'.', _, _, b'.', _, _, _, _] => (&field[6..], &field[3..5], &field[..2]),
        _ => return None,
    };
    day_number(number(year)?, number(month)?, number(day)?)
}

/// There is no year 0.
fn day_number(year: u32, month: u32, day: u32) -> Option<i32> {
    const EPOCH_FROM_CE: i32 = 719_163;
    let date = NaiveDate::from_ymd_opt(year as i32, month, day).filter(|_| year > 0)?;
    Some(date.num_days_from_ce() - EPOCH_FROM_CE)
}

/// `YYYY-MM-DDTHH:MM[:SS]`, with a blank for the `T`, or `DD.MM.YYYY HH:MM[:SS]`, as seconds since
/// 1970-01-01.
pub fn date_time(field: &[u8]) -> Option<i64> {
    let (day, rest) = field.split_at_checked(10)?;
    let clock = match rest {
        [b' ', clock @ ..] => clock,
        [b'T', clock @ ..] if day[4] == b'-' => clock,
        _ => return None,
    };
    let two = |tens: u8, ones: u8, below: i64| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        let number = i64::from(tens) * 10 + i64::from(ones);
        (tens <= 9 && ones <= 9 && number < below).then_some(number)
    };
    let seconds = match *clock {
        [h, i, b':', m, n] => two(h, i, 24)? * 3600 + two(m, n, 60)? * 60,
        [h, i, b':', m, n, b':', s, t] => two(h, i, 24)? * 3600 + two(m, n, 60)? * 60 + two(s, t, 60)?,
        _ => return None,
    };
    Some(i64::from(date(day)?) * SECONDS_A_DAY + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_signs_and_digits_within_64_bits() {
        let cases: [(&str, Option<i64>); 12] = [
            ("12", Some(12)),
            ("+12", Some(12)),
            ("-12", Some(-12)),
            ("007", Some(7)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            ("1.0", None),
            ("1 000", None),
            ("--1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(integer(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn amounts_have_at_most_one_decimal_sign() {
        let cases: [(&str, Option<i64>); 18] = [
            ("160", Some(16_000)),
            ("160,5", Some(16_050)),
            ("160.55", Some(16_055)),
            ("-0,01", Some(-1)),
            ("0,005", Some(1)),
            ("0,0049", Some(0)),
            ("-0,001", Some(-1)),
            ("-0,0001", Some(-1)),
            ("-0,00", Some(0)),
            ("+3", Some(300)),
            ("3,", Some(300)),
            (",5", Some(50)),
            (",", None),
            ("1.000,50", None),
            ("1,2,3", None),
            ("1e3", None),
            ("kr 5", None),
            ("92233720368547758080", None),
        ];
        for (text, expected) in cases {
            assert_eq!(amount(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn dates_come_in_two_forms_and_exist() {
        let cases: [(&str, Option<i32>); 11] = [
            ("1970-01-01", Some(0)),
            ("01.01.1970", Some(0)),
            ("2024-02-29", Some(19_782)),
            ("29.02.2024", Some(19_782)),
            ("2023-02-29", None),
            ("0000-01-01", None),
            ("2024-13-01", None),
            ("2024-2-9", None),
            ("20240209", None),
            ("2024/02/09", None),
            ("2024-02-09T00:00", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn times_come_in_three_forms() {
        let day = 19_782 * 86_400;
        let cases: [(&str, Option<i64>); 13] = [
            ("2024-02-29T08:00", Some(day + 8 * 3600)),
            ("2024-02-29 08:00", Some(day + 8 * 3600)),
            ("29.02.2024 08:00:07", Some(day + 8 * 3600 + 7)),
            ("2024-02-29T23:59:59", Some(day + 86_399)),
            ("2024-02-29T24:00", None),
            ("2024-02-29T08:60", None),
            ("2024-02-29T08:00:60", None),
            ("2024-02-29", None),
            ("2024-02-29T8:00", None),
            ("2024-02-29T08:00Z", None),
            ("2024-02-29T08:00:00.000", None),
            ("2024-02-30T08:00", None),
            ("29.02.2024T08:00", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date_time(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn identifiers_are_at_most_64_characters_not_bytes() {
        let ids = IdSpace::default();
        let id = |text: &str| {
            read(&ColumnKind::Id(crate::schema::IdKind::Bill), text.as_bytes(), Encoding::Utf8, Some(&ids))
        };
        assert!(matches!(id(&"ø".repeat(64)), Field::Number(_)));
        assert_eq!(id(&"ø".repeat(65)), Field::BadType);
        assert_eq!(id(&"1".repeat(65)), Field::BadType);
        assert_eq!(id("17"), Field::Number(17));
    }

    #[test]
    fn letters_beyond_ascii_are_utf8_where_they_can_be() {
        assert_eq!(Encoding::Detected.decode("ø".as_bytes()).unwrap(), "ø");
        assert_eq!(Encoding::Detected.decode(b"\xf8").unwrap(), "ø");
        assert_eq!(Encoding::Latin1.decode("ø".as_bytes()).unwrap(), "Ã¸");
        assert_eq!(Encoding::Utf8.decode(b"\xf8"), None);
        let code = |encoding| read(&ColumnKind::Code, b"\xf8", encoding, None);
        assert_eq!((code(Encoding::Detected), code(Encoding::Utf8)), (Field::Text, Field::BadType));
    }

    #[test]
    fn blanks_and_tabs_around_a_value_are_dropped() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(trim(b" \t "), b"");
    }
}
