//! Diagnosis lines of a bill: about 1.25, nearly all ICPC-2.
//!
//! In: the bill's number, the person's sex and the service. Out: rows of diagnose. Codes have a
//! chapter's letter and a number of the right form; not every one is in the book.

use std::sync::OnceLock;

use super::dice::{Dice, cumulative};
use super::figures::CHAPTER_WEIGHTS;
use super::rows::{Diagnosis, Short};

const CHAPTERS: &[u8; 17] = b"ABDFHKLNPRSTUWXYZ";
/// Letters that only women's or men's bills have.
const WOMEN: &[u8] = b"WX";
const MEN: &[u8] = b"Y";

/// Adds the diagnosis lines of a bill.
pub fn draw(bill: i64, woman: bool, legevakt: bool, dice: &mut Dice, rows: &mut Vec<Diagnosis>) {
    let number = match dice.unit() {
        u if u < 0.010 => 0,
        u if u < 0.775 => 1,
        u if u < 0.965 => 2,
        _ => 3,
    };
    // The main diagnosis is now and then not the first, or not marked.
    let main = match dice.unit() {
        u if u < 0.98 => 0,
        u if u < 0.99 => 1,
        _ => 9,
    };
    for line in 0..number {
        let (code, system) = code(woman, legevakt, dice);
        rows.push(Diagnosis { bill, code, system, main: line == main });
    }
}

fn code(woman: bool, legevakt: bool, dice: &mut Dice) -> (Short, &'static str) {
    let letter = letter(woman, legevakt, dice);
    let number = if dice.chance(0.55) { 1 + dice.below(29) } else { 70 + dice.below(30) };
    match dice.unit() {
        u if u < 0.955 => (short(letter, number, None), "ICPC-2"),
        u if u < 0.985 => (short(letter, number, Some(1 + dice.below(9))), "ICPC-2B"),
        u if u < 0.987 => (short(letter.to_ascii_lowercase(), number, None), "icpc-2"),
        u if u < 0.997 => (short(b'J', number, None), "ICD-10"),
        _ => (short(b'C', number, None), "ICPC-2"),
    }
}

fn letter(woman: bool, legevakt: bool, dice: &mut Dice) -> u8 {
    static WEIGHTS: OnceLock<[Vec<f64>; 4]> = OnceLock::new();
    let tables = WEIGHTS.get_or_init(|| [0, 1, 2, 3].map(|at| weights(at >= 2, at % 2 == 1)));
    let table = &tables[usize::from(woman) * 2 + usize::from(legevakt)];
    CHAPTERS[dice.pick(table)]
}

fn weights(woman: bool, legevakt: bool) -> Vec<f64> {
    let weights = CHAPTER_WEIGHTS.iter().zip(CHAPTERS).map(|(&weight, letter)| match letter {
        b'R' | b'S' if legevakt => weight * 1.8,
        b'T' | b'K' | b'P' if legevakt => weight * 0.6,
        letter if !woman && WOMEN.contains(letter) => 0.0,
        letter if woman && MEN.contains(letter) => 0.0,
        _ => weight,
    });
    cumulative(weights)
}

fn short(letter: u8, number: u32, fine: Option<u32>) -> Short {
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let text = [letter, digit(number / 10), digit(number), b'.', b'0', b'0', b'0', digit(fine.unwrap_or(0))];
    let length = if fine.is_some() { 8 } else { 3 };
    Short::new(std::str::from_utf8(&text[..length]).unwrap_or_default())
}
