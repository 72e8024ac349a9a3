//! The written form of a source's declaration, and its reading into a [`Schema`].
//!
//! In: the text of a schemas/*.toml file. Out: a [`Schema`] whose rules name columns that exist.
//! It never guesses: an unknown key or column name is an error.

use serde::Deserialize;

use super::{Column, ColumnKind, IdKind, Rules, Schema};
use crate::domain::{Error, Result, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSchema {
    source: String,
    title: Text,
    description: Text,
    rules: WrittenRules,
    column: Vec<WrittenColumn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenRules {
    after_as_of: Option<String>,
    no_person: Option<String>,
    #[serde(default)]
    negative: Vec<String>,
    negative_unless: Option<String>,
    bad_period: Option<WrittenPeriod>,
    future: Option<WrittenFuture>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPeriod {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFuture {
    moment: String,
    registered: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenColumn {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    of: Option<IdKind>,
    range: Option<(i64, i64)>,
    choices: Option<Vec<String>>,
    #[serde(default)]
    required: bool,
    description: Text,
}

/// Reads one declaration; `file` is named in errors.
pub fn parse(file: &str, text: &str) -> Result<Schema> {
    let written: WrittenSchema = toml::from_str(text).map_err(|e| Error::definition(format!("{file}: {e}")))?;
    let columns: Vec<Column> = written.column.into_iter().map(|c| column(file, c)).collect::<Result<_>>()?;
    if let Some((at, twice)) =
        columns.iter().enumerate().find(|(at, c)| columns[..*at].iter().any(|o| o.name == c.name))
    {
        return Err(Error::definition(format!("{file}, column {}: `{}` is declared twice", at + 1, twice.name)));
    }
    let rules = rules(file, written.rules, &columns)?;
    Ok(Schema { source: written.source, title: written.title, description: written.description, columns, rules })
}

fn column(file: &str, written: WrittenColumn) -> Result<Column> {
    let WrittenColumn { name, kind, of, range, choices, required, description } = written;
    let kind = match (kind.as_str(), of, range, choices) {
        ("id", Some(of), None, None) => ColumnKind::Id(of),
        ("code", None, None, None) => ColumnKind::Code,
        ("municipality", None, None, None) => ColumnKind::Municipality,
        ("number-code", None, None, None) => ColumnKind::NumberCode,
        ("integer", None, range, None) => ColumnKind::Integer(range),
        ("amount", None, None, None) => ColumnKind::Amount,
        ("date", None, None, None) => ColumnKind::Date,
        ("datetime", None, None, None) => ColumnKind::DateTime,
        ("flag", None, None, None) => ColumnKind::Flag,
        ("choice", None, None, Some(choices)) => ColumnKind::Choice(choices),
        _ => {
            return Err(Error::definition(format!(
                "{file}, column {name}: type `{kind}` with these keys is not known; the types are id (with `of`), \
                 code, municipality, number-code, integer (may have `range`), amount, date, datetime, flag, \
                 choice (with `choices`)"
            )));
        }
    };
    Ok(Column { name, kind, required, description })
}

fn rules(file: &str, written: WrittenRules, columns: &[Column]) -> Result<Rules> {
    let position = |name: &String| {
        columns.iter().position(|c| &c.name == name).ok_or_else(|| {
            let known: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            Error::definition(format!("{file}, rules: column `{name}` is not known; there are {}", known.join(", ")))
        })
    };
    let optional = |name: &Option<String>| name.as_ref().map(position).transpose();
    let pair = |first: &String, second: &String| Ok::<_, Error>((position(first)?, position(second)?));
    Ok(Rules {
        after_as_of: optional(&written.after_as_of)?,
        no_person: optional(&written.no_person)?,
        negative: written.negative.iter().map(position).collect::<Result<_>>()?,
        negative_unless: optional(&written.negative_unless)?,
        bad_period: written.bad_period.map(|p| pair(&p.from, &p.to)).transpose()?,
        future: written.future.map(|f| pair(&f.moment, &f.registered)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        source = "s"
        title = { nb = "a", en = "b" }
        description = { nb = "a", en = "b" }
        [rules]
        [[column]]
        name = "x"
        type = "flag"
        description = { nb = "a", en = "b" }
    "#;

    fn message(text: &str) -> String {
        parse("schemas/s.toml", text).unwrap_err().message
    }

    #[test]
    fn unknown_keys_types_and_columns_are_refused_with_the_known_ones() {
        assert!(parse("schemas/s.toml", SMALL).is_ok());
        assert!(message(&SMALL.replace("source", "sauce")).contains("sauce"));
        assert!(message(&SMALL.replace("\"flag\"", "\"bool\"")).contains("flag, choice"));
        assert!(message(&SMALL.replace("[rules]", "[rules]\nno-person = \"y\"")).contains("there are x"));
    }
}
