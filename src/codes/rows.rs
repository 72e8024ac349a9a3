//! Rows of a code list in CSV, by its header.
//!
//! In: a list's name and text. Out: typed rows, each with its line. Never guesses a missing column.

use serde::de::DeserializeOwned;

/// A row and the line where it stands (the header is line 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub line: u64,
    pub row: T,
}

/// Reads every row of a list. Columns that `T` does not name are left alone.
///
/// # Errors
/// A message of the list's name, the line and what is wrong with it.
pub fn rows<T: DeserializeOwned>(name: &str, text: &str) -> Result<Vec<Listed<T>>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut listed = Vec::new();
    for row in reader.deserialize() {
        let row = row.map_err(|error| fault(name, &error))?;
        listed.push(row);
    }
    let lines = lines_of(text);
    Ok(listed.into_iter().zip(lines).map(|(row, line)| Listed { line, row }).collect())
}

// The reader's own line is that of the end of the row before; blank lines stand between.
fn lines_of(text: &str) -> Vec<u64> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let line = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        let start = text.len() - rest.trim_start_matches(['\r', '\n']).len();
        1 + text[..start].matches('\n').count() as u64
    };
    reader.records().filter_map(|record| Some(line(record.ok()?.position()?.byte() as usize))).collect()
}

fn fault(name: &str, error: &csv::Error) -> String {
    let line = error.position().map(|at| format!(":{}", at.line())).unwrap_or_default();
    let what = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the header has {expected_len}")
        }
        _ => "not readable as CSV (UTF-8, comma, a header)".into(),
    };
    format!("{name}{line}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Pair {
        code: String,
        size: u8,
    }

    #[test]
    fn rows_carry_their_lines_and_leave_other_columns_alone() {
        let got = rows::<Pair>("x.csv", "note,code,size\na, b ,1\n\nc,d,2\n").unwrap();
        let want =
            [(2, "b", 1), (4, "d", 2)].map(|(line, code, size)| Listed { line, row: Pair { code: code.into(), size } });
        assert_eq!(got, want);
    }

    #[test]
    fn faults_name_the_list_and_the_line() {
        let wrong = |text: &str| rows::<Pair>("x.csv", text).unwrap_err();
        assert_eq!(wrong("code\nb\n"), "x.csv:2: missing field `size`");
        assert_eq!(wrong("code,size\nb,1\nc\n"), "x.csv:3: 1 fields where the header has 2");
    }
}
