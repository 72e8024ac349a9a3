//! Rows as CSV text in any dialect that a delivery may have.
//!
//! In: cells. Out: bytes. A dialect says delimiter, encoding, line ends, decimal mark and how
//! dates and times are written.

use super::rows::Cell;
use crate::domain::{Month, SECONDS_A_DAY};

/// How a CSV file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    /// ISO-8859-1 instead of UTF-8.
    pub latin1: bool,
    pub bom: bool,
    pub crlf: bool,
    pub decimal_comma: bool,
    /// `DD.MM.YYYY` instead of `YYYY-MM-DD`.
    pub norwegian_dates: bool,
    /// A blank instead of the `T` between date and time.
    pub blank_in_times: bool,
    /// Leaves out `:00` seconds.
    pub short_times: bool,
    /// Every field in quotes.
    pub quote_all: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect {
            delimiter: b';',
            latin1: false,
            bom: false,
            crlf: false,
            decimal_comma: false,
            norwegian_dates: false,
            blank_in_times: false,
            short_times: false,
            quote_all: false,
        }
    }
}

impl Dialect {
    /// One cell, quoted where it must be.
    pub fn field(&self, cell: Cell<'_>, out: &mut Vec<u8>) {
        if self.quote_all {
            out.push(b'"');
        }
        match cell {
            Cell::Empty => {}
            Cell::Whole(number) => push_whole(number, out),
            Cell::Amount(hundredths) => self.amount(hundredths, out),
            Cell::Day(day) => self.date(day, out),
            Cell::Moment(seconds) => self.moment(seconds, out),
            Cell::Municipality(code) => push_padded(u32::from(code), 4, out),
            Cell::Text(text) => self.text(text, out),
        }
        if self.quote_all {
            out.push(b'"');
        }
    }

    pub fn end_line(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
    }

    fn amount(&self, hundredths: i64, out: &mut Vec<u8>) {
        let quote = self.decimal_comma && self.delimiter == b',' && !self.quote_all;
        if quote {
            out.push(b'"');
        }
        if hundredths < 0 {
            out.push(b'-');
        }
        let size = hundredths.unsigned_abs();
        push_whole((size / 100) as i64, out);
        out.push(if self.decimal_comma { b',' } else { b'.' });
        push_padded((size % 100) as u32, 2, out);
        if quote {
            out.push(b'"');
        }
    }

    fn date(&self, day: i32, out: &mut Vec<u8>) {
        let month = Month::of_day(day);
        let of_month = (day - month.first_day() + 1) as u32;
        let year = month.year().unsigned_abs();
        let parts: [(u32, usize); 3] = match self.norwegian_dates {
            true => [(of_month, 2), (month.number(), 2), (year, 4)],
            false => [(year, 4), (month.number(), 2), (of_month, 2)],
        };
        for (at, (number, width)) in parts.into_iter().enumerate() {
            if at > 0 {
                out.push(if self.norwegian_dates { b'.' } else { b'-' });
            }
            push_padded(number, width, out);
        }
    }

    fn moment(&self, seconds: i64, out: &mut Vec<u8>) {
        self.date(seconds.div_euclid(SECONDS_A_DAY) as i32, out);
        let blank = self.blank_in_times || self.norwegian_dates;
        out.push(if blank { b' ' } else { b'T' });
        let of_day = seconds.rem_euclid(SECONDS_A_DAY) as u32;
        push_padded(of_day / 3_600, 2, out);
        out.push(b':');
        push_padded(of_day / 60 % 60, 2, out);
        if !self.short_times || !of_day.is_multiple_of(60) {
            out.push(b':');
            push_padded(of_day % 60, 2, out);
        }
    }

    fn text(&self, text: &str, out: &mut Vec<u8>) {
        let special = |b: u8| b == self.delimiter || matches!(b, b'"' | b'\n' | b'\r');
        let quote = !self.quote_all && text.bytes().any(special);
        if quote {
            out.push(b'"');
        }
        for c in text.chars() {
            match c {
                '"' => out.extend_from_slice(b"\"\""),
                c if self.latin1 => out.push(u8::try_from(c as u32).unwrap_or(b'?')),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if quote {
            out.push(b'"');
        }
    }
}

fn push_padded(number: u32, width: usize, out: &mut Vec<u8>) {
    let at = out.len();
    out.resize(at + width, b'0');
    let mut rest = number;
    for digit in out[at..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

fn push_whole(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 20];
    let (mut at, mut rest) = (digits.len(), number.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::days_from_civil;

    fn written(dialect: &Dialect, cells: &[Cell<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        cells.iter().for_each(|&cell| {
            dialect.field(cell, &mut out);
            out.push(b'|');
        });
        out
    }

    #[test]
    fn the_plain_dialect_writes_iso_dates_and_points() {
        let day = days_from_civil(2024, 3, 9);
        let moment = i64::from(day) * 86_400 + 7 * 3_600 + 59 * 60;
        let cells = [Cell::Day(day), Cell::Moment(moment), Cell::Amount(-5), Cell::Municipality(301), Cell::Whole(-40)];
        let text = written(&Dialect::default(), &cells);
        assert_eq!(text, b"2024-03-09|2024-03-09T07:59:00|-0.05|0301|-40|");
    }

    #[test]
    fn the_norwegian_dialect_writes_latin1_and_commas() {
        let dialect = Dialect {
            latin1: true,
            decimal_comma: true,
            norwegian_dates: true,
            short_times: true,
            ..Dialect::default()
        };
        let moment = i64::from(days_from_civil(2024, 3, 9)) * 86_400 + 16 * 3_600;
        let text = written(&dialect, &[Cell::Moment(moment), Cell::Amount(1_250), Cell::Text("å;\"")]);
        assert_eq!(text, b"09.03.2024 16:00|12,50|\"\xe5;\"\"\"|");
    }
}
