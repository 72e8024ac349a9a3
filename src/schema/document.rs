//! The reference documentation of the sources, made of their declarations.
//!
//! In: the schemas. Out: Markdown in bokmål or English. It never sees data.

use super::{Column, ColumnKind, Schema, sources};
use crate::domain::{Error, Result, Text};

/// The languages that the documentation comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Bokmaal,
    English,
}

impl Language {
    fn of(self, text: &Text) -> &str {
        self.pick(&text.nb, &text.en)
    }
    fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        match self {
            Language::Bokmaal => nb,
            Language::English => en,
        }
    }
}

/// All sources as one Markdown page: what each holds, a table of its columns, and its row tests.
pub fn document(language: Language) -> Result<String> {
    let mut page = format!("# {}\n", language.pick("Kildene", "The sources"));
    for schema in sources()? {
        page.push_str(&section(schema, language));
    }
    Ok(page)
}

/// One source as Markdown.
///
/// # Errors
/// A usage error with the known sources.
pub fn document_of(source: &str, language: Language) -> Result<String> {
    let schemas = sources()?;
    let found = schemas.iter().find(|schema| schema.source == source);
    let known = || schemas.iter().map(|schema| schema.source.as_str()).collect::<Vec<_>>().join(", ");
    let unknown = || Error::usage(format!("unknown source `{source}`; known sources: {}", known()));
    Ok(section(found.ok_or_else(unknown)?, language).trim_start().to_string())
}

fn section(schema: &Schema, language: Language) -> String {
    let head =
        language.pick("| kolonne | type | må ha verdi | innhold |", "| column | type | needs a value | content |");
    let rows: String = schema.columns.iter().map(|column| row(column, language)).collect();
    let tests: String = tests(schema, language).iter().map(|test| format!("- {test}\n")).collect();
    let tests = if tests.is_empty() { tests } else { format!("\n{tests}") };
    format!(
        "\n## {}: {}\n\n{}\n\n{head}\n|---|---|---|---|\n{rows}{tests}",
        schema.source,
        language.of(&schema.title),
        language.of(&schema.description)
    )
}

fn row(column: &Column, language: Language) -> String {
    let required = if column.required { language.pick("ja", "yes") } else { "" };
    format!(
        "| `{}` | {} | {required} | {} |\n",
        column.name,
        kind(&column.kind, language),
        language.of(&column.description)
    )
}

fn kind(kind: &ColumnKind, language: Language) -> String {
    let word = |nb: &str, en: &str| language.pick(nb, en).to_string();
    match kind {
        ColumnKind::Id(_) => word("identifikator", "identifier"),
        ColumnKind::Code => word("kode", "code"),
        ColumnKind::Municipality => word("kommunenummer", "municipality number"),
        ColumnKind::NumberCode => word("tallkode", "number code"),
        ColumnKind::Integer(None) => word("heltall", "whole number"),
        ColumnKind::Integer(Some((least, greatest))) => {
            format!("{} {least}-{greatest}", language.pick("heltall", "whole number"))
        }
        ColumnKind::Amount => word("beløp", "amount"),
        ColumnKind::Date => word("dato", "date"),
        ColumnKind::DateTime => word("dato og klokkeslett", "date and time"),
        ColumnKind::Flag => word("0 eller 1", "0 or 1"),
        ColumnKind::Choice(choices) => choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "),
    }
}

fn tests(schema: &Schema, language: Language) -> Vec<String> {
    let name = |at: usize| format!("`{}`", schema.columns[at].name);
    let rules = &schema.rules;
    let after = language.pick("er senere enn", "is later than");
    let before = language.pick("er før", "is before");
    let missing = language.pick("mangler", "is missing");
    let below = language.pick("er under 0", "is below 0");
    let mut tests = Vec::new();
    if let Some(at) = rules.after_as_of {
        tests.push(format!("after-as-of: {} {after} as-of", name(at)));
    }
    if let Some((from, to)) = rules.bad_period {
        tests.push(format!("bad-period: {} {before} {}", name(to), name(from)));
    }
    if let Some(at) = rules.no_person {
        tests.push(format!("no-person: {} {missing}", name(at)));
    }
    if !rules.negative.is_empty() {
        let columns: Vec<String> = rules.negative.iter().map(|&at| name(at)).collect();
        let either = columns.join(language.pick(" eller ", " or "));
        let unless = rules
            .negative_unless
            .map(|at| language.pick(", når COLUMN mangler", ", when COLUMN is missing").replace("COLUMN", &name(at)));
        tests.push(format!("negative: {either} {below}{}", unless.unwrap_or_default()));
    }
    if let Some((moment, registered)) = rules.future {
        tests.push(format!("future: {} {after} {}", name(moment), name(registered)));
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_and_column_stands_in_both_languages() {
        let (nb, en) = (document(Language::Bokmaal).unwrap(), document(Language::English).unwrap());
        for schema in sources().unwrap() {
            for page in [&nb, &en] {
                assert!(page.contains(&format!("## {}: ", schema.source)));
                assert!(schema.columns.iter().all(|c| page.contains(&format!("| `{}` |", c.name))));
            }
        }
        assert!(nb.contains("- negative: `egenandel` eller `refusjon` er under 0, når `krediterer_lnr` mangler"));
        assert!(en.contains("- future: `tidspunkt` is later than `registrert`"));
    }
}
