//! Takst codes in the one form in which they are compared.
//!
//! In: a code as written on a bill or in a list. Out: the same code trimmed, lower case, with the
//! leading zero that some systems drop. Never says what a code means (`definition` does).

use std::borrow::Cow;

/// Blanks and tabs around the code are dropped and letters made small; two digits 70-89 followed
/// by letters alone get a leading zero: `74B` and `74b` are `074b`, `701a`, `74` and `74b1` stay.
/// Borrows where nothing changes.
pub fn normalise_takst(code: &str) -> Cow<'_, str> {
    let trimmed = code.trim_matches([' ', '\t']);
    let small = trimmed.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    let small = if small { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.to_lowercase()) };
    if lacks_zero(&small) { Cow::Owned(format!("0{small}")) } else { small }
}

fn lacks_zero(code: &str) -> bool {
    match code.as_bytes() {
        [b'7' | b'8', second, rest @ ..] => {
            second.is_ascii_digit() && !rest.is_empty() && code[2..].chars().all(char::is_alphabetic)
        }
        _ => false,
    }
}

/// Whether `l*` may stand for a (normalised) code: an `l`, a digit, anything.
pub fn is_l_code(code: &str) -> bool {
    matches!(code.as_bytes(), [b'l', digit, ..] if digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_trimmed_and_small() {
        assert_eq!(normalise_takst(" 2AD\t"), "2ad");
        assert_eq!(normalise_takst("2ÆD"), "2æd");
        assert!(matches!(normalise_takst(" 2ad "), Cow::Borrowed("2ad")));
    }

    #[test]
    fn a_dropped_zero_comes_back() {
        for (written, want) in [("74b", "074b"), ("86A", "086a"), ("70ae", "070ae"), ("89x", "089x")] {
            assert_eq!(normalise_takst(written), want);
        }
        for same in ["074b", "74", "69b", "90b", "701a", "74b1", "7b", "7", "8", "", "615", "7é"] {
            assert_eq!(normalise_takst(same), same);
        }
    }

    #[test]
    fn an_l_code_is_an_l_and_a_digit() {
        assert!(is_l_code("l1") && is_l_code("l36d") && is_l_code("l9 x"));
        assert!(!is_l_code("l") && !is_l_code("la1") && !is_l_code("1l") && !is_l_code(""));
    }
}
