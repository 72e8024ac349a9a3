//! The files of a delivery as text, and the faults that stop a run before any row is judged.

use super::values::days_in_month;

/// One file: which source takes it, its name without a folder, its header, its rows.
#[derive(Debug, Clone)]
pub struct File {
    pub source: String,
    pub name: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl File {
    /// A field by column name, blanks and tabs around it dropped; an absent column is empty
    /// (details 11 and 33). None where the row has another number of fields than the header.
    pub fn field(&self, row: usize, column: &str) -> Option<&str> {
        let fields = &self.rows[row];
        if fields.len() != self.header.len() {
            return None;
        }
        let at = self.header.iter().position(|name| name == column);
        Some(at.map_or("", |at| fields[at].trim_matches([' ', '\t'])))
    }
}

/// The columns that must be there (details 2, 33).
fn required(source: &str) -> &'static [&'static str] {
    match source {
        "regning" => &["enkeltregning_lnr", "behandler_lnr", "praksis_lnr", "status", "tidspunkt", "registrert"],
        "takst" => &["enkeltregning_lnr", "takstkode"],
        "diagnose" => &["enkeltregning_lnr"],
        "innbyggere" => &["aar", "personer"],
        other => panic!("the reference knows no source {other}"),
    }
}

/// A missing required column, or a column named twice, stops the run: input or schema, 11.
pub fn check_headers(files: &[File]) -> Result<(), u8> {
    for file in files {
        let count = |name: &str| file.header.iter().filter(|column| *column == name).count();
        let missing = required(&file.source).iter().any(|name| count(name) == 0);
        let twice = file.header.iter().any(|name| count(name) > 1);
        if missing || twice {
            return Err(11);
        }
    }
    Ok(())
}

/// National identity numbers in the person column, in more than 1 % of the rows and at least 10,
/// stop the run: this program takes pseudonyms only.
pub fn check_identity_numbers(files: &[File]) -> Result<(), u8> {
    for file in files.iter().filter(|file| file.source == "regning") {
        let persons = (0..file.rows.len()).filter_map(|row| file.field(row, "kpr_lnr"));
        let found = persons.filter(|person| is_identity_number(person)).count();
        if found >= 10 && found * 100 > file.rows.len() {
            return Err(11);
        }
    }
    Ok(())
}

/// Eleven digits, a date or D-number date in front, both control digits right.
fn is_identity_number(text: &str) -> bool {
    if text.len() != 11 || !text.chars().all(|c| c.is_ascii_digit()) {
        return false;
    }
    let digits: Vec<i32> = text.chars().map(|c| c as i32 - '0' as i32).collect();
    let (day, month, year) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    let day = if day > 40 { day - 40 } else { day };
    let dated = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(2000 + year, month);
    let control = |weights: &[i32]| (11 - weights.iter().zip(&digits).map(|(w, d)| w * d).sum::<i32>() % 11) % 11;
    let first = control(&[3, 7, 6, 1, 8, 9, 4, 5, 2]);
    let second = control(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    dated && first == digits[9] && second == digits[10]
}
