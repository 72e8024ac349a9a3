//! Faults of a definition: file, line and column, what is wrong, the known names and the nearest.
//!
//! In: a text with its name, a byte offset or a parser's error. Out: [`Error`] of exit code 10.
//! Definitions hold no person's data, so their words may be quoted.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::domain::{Error, Result};

/// A text of a definition with the name that faults are told by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl<'a> Written<'a> {
    /// Parses TOML into what is written.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| self.at_span(error.span(), translate(error.message())))
    }
    /// A fault at a word of the text.
    pub fn at_word<T>(&self, word: &Spanned<T>, what: impl Into<String>) -> Error {
        self.at_span(Some(word.span()), what.into())
    }
    /// A fault of the whole text.
    pub fn whole(&self, what: impl Into<String>) -> Error {
        self.at_span(None, what.into())
    }
    fn at_span(&self, span: Option<Range<usize>>, what: String) -> Error {
        let place = span.map(|span| self.line_and_column(span.start)).unwrap_or_default();
        Error::definition(format!("{}{place}: {what}", self.name))
    }
    fn line_and_column(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(":{line}:{column}")
    }
}

/// The position in `known` of a name, or a fault that lists the known ones.
pub(super) fn find<'n>(
    written: &Written<'_>,
    kind: &str,
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'n str>,
) -> Result<usize> {
    let known: Vec<&str> = known.into_iter().collect();
    let found = known.iter().position(|known| *known == name.get_ref());
    found.ok_or_else(|| written.at_word(name, unknown(kind, name.get_ref(), &known)))
}

/// `unknown KIND `NAME`; did you mean `NEAR`? Known: …`.
pub(super) fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let near = nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_else(|| ";".into());
    format!("unknown {kind} `{name}`{near} Known: {}", known.join(", "))
}

fn translate(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let kind = [("unknown field", "key"), ("unknown variant", "name")];
    match (kind.iter().find(|(start, _)| message.starts_with(start)), quoted.as_slice()) {
        (Some((_, kind)), [name, known @ ..]) => unknown(kind, name, known),
        _ => message.replace("missing field", "missing key").replace('\n', " ").trim().to_string(),
    }
}

/// The known name with the fewest letters changed, if that is at most a third of them (rounded up).
fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let near = known.iter().map(|known| (distance(name, known), *known)).min()?;
    (near.0 <= name.chars().count().div_ceil(3)).then_some(near.1)
}

// Levenshtein's distance, a row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let changed = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    #[allow(dead_code)]
    struct Small {
        title: String,
        small_places: Option<crate::definition::SmallPlaces>,
    }

    fn wrong(text: &str) -> String {
        Written { name: "x.toml", text }.parse::<Small>().unwrap_err().message
    }

    #[test]
    fn unknown_keys_and_names_are_told_with_the_known_ones() {
        assert_eq!(
            wrong("title = \"a\"\ntitel = \"b\"\n"),
            "x.toml:2:1: unknown key `titel`; did you mean `title`? Known: title, small-places"
        );
        assert_eq!(
            wrong("title = \"a\"\nsmall-places = \"pol\"\n"),
            "x.toml:2:16: unknown name `pol`; did you mean `pool`? Known: pool, hide"
        );
        assert_eq!(wrong("title = \"a\"\nwhale = 1\n"), "x.toml:2:1: unknown key `whale`; Known: title, small-places");
    }

    #[test]
    fn other_faults_keep_their_place() {
        assert_eq!(wrong("small-places = \"pool\"\n"), "x.toml:1:1: missing key `title`");
        assert_eq!(wrong("title = 1\n"), "x.toml:1:9: invalid type: integer `1`, expected a string");
    }

    #[test]
    fn nearest_is_near() {
        assert_eq!(nearest("quater", &["month", "quarter"]), Some("quarter"));
        assert_eq!(nearest("week", &["month", "quarter"]), None);
    }
}
