//! National identity numbers where pseudonyms should be.
//!
//! In: the values of a person column. Out: whether so many are national identity numbers that the
//! run must stop. It counts, and keeps and shows no value.

use crate::domain::{Error, Result};

/// Whether 11 digits are a national identity number or a D-number: a date in front (the day
/// raised by 40 in a D-number) and both control digits right.
pub fn is_national_id(text: &[u8]) -> bool {
    let Ok(text) = <&[u8; 11]>::try_from(text) else { return false };
    let digits = text.map(|byte| u32::from(byte.wrapping_sub(b'0')));
    digits.iter().all(|&digit| digit <= 9) && has_date(&digits) && has_control_digits(&digits)
}

/// As `is_national_id`, of a number that may have lost its leading zero.
pub fn is_national_number(number: i64) -> bool {
    if !(100_000_000..100_000_000_000).contains(&number) {
        return false;
    }
    let mut digits = [0; 11];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        (*digit, rest) = ((rest % 10) as u32, rest / 10);
    }
    has_date(&digits) && has_control_digits(&digits)
}

/// The century is not in the date: 29 February needs a year that is a leap year in one.
fn has_date(digits: &[u32; 11]) -> bool {
    let pair = |at: usize| digits[at] * 10 + digits[at + 1];
    let (raised, month, year) = (pair(0), pair(2), pair(4));
    let day = if raised > 40 { raised - 40 } else { raised };
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 => 29,
        2 => 28,
        _ => 0,
    };
    (1..=last).contains(&day)
}

fn has_control_digits(digits: &[u32; 11]) -> bool {
    let divides = |weights: &[u32]| weights.iter().zip(digits).map(|(w, d)| w * d).sum::<u32>() % 11 == 0;
    divides(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) && divides(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1])
}

/// Stops the run when a column holds them in more than 1 % of the rows and at least 10.
///
/// # Errors
/// Exit 11 with file and column, never a value.
pub fn check(file: &str, column: &str, found: u64, rows: u64) -> Result<()> {
    if found < 10 || found * 100 <= rows {
        return Ok(());
    }
    Err(Error::input(format!(
        "{file}, column {column}: holds national identity numbers; kprstat takes pseudonyms only. \
         Remove the file from this machine and have it delivered with pseudonyms"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Synthetic numbers, worked out by hand from the weights: 010170 is a date; with the
    // individual number 000 the sums are 3*0+7*1+6*0+1*1+8*7 = 64, 64 mod 11 = 9, k1 = 2, and
    // 5*0+4*1+3*0+2*1+7*7+2*2 = 59, 59 mod 11 = 4, k2 = 7.
    const BORN: &[u8; 11] = b"01017000027";

    #[test]
    fn a_date_and_both_control_digits_make_a_national_id() {
        assert!(is_national_id(BORN));
        assert!(is_national_number(1_017_000_027));
        for wrong in
            [&b"01017000028"[..], b"01017000037", b"01137000027", b"0101700002", b"010170000270", b"0101700002x"]
        {
            assert!(!is_national_id(wrong));
        }
        assert!(!is_national_number(-1_017_000_027) && !is_national_number(i64::MAX));
    }

    #[test]
    fn a_d_number_has_its_day_raised_by_40() {
        // 410170 and 000: 3*4+7*1+6*0+1*1+8*7 = 76, mod 11 = 10, k1 = 1;
        // 5*4+4*1+3*0+2*1+7*7+2*1 = 77, mod 11 = 0, k2 = 0.
        assert!(is_national_id(b"41017000010"));
    }

    #[test]
    fn few_of_them_may_be_chance() {
        assert!(check("f", "c", 9, 10).is_ok());
        assert!(check("f", "c", 10, 1000).is_ok());
        let stop = check("f", "c", 10, 999).unwrap_err();
        assert!(stop.message.starts_with("f, column c: "));
        assert_eq!(stop.code, crate::domain::ExitCode::Input);
    }
}
