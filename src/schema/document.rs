//! The reference documentation of the sources, made of their declarations.
//!
//! In: the schemas. Out: Markdown in bokmål or English. It never sees data.

use super::{Column, ColumnKind, Schema, sources};
use crate::domain::{Error, Language, Result};

const PREFACE: (&str, &str) = (
    "Laget av schemas/*.toml; endre der, ikke her. En kolonne som ikke må ha verdi, kan mangle. Rader prøves i \
     rekkefølgen bad-type, bad-date, after-as-of, bad-period, no-person, negative, future.",
    "Made of schemas/*.toml; change these, not this. A column that needs no value may be absent. Rows are tested in \
     the order bad-type, bad-date, after-as-of, bad-period, no-person, negative, future.",
);

/// All sources as one Markdown page: what each holds, a table of its columns, and its row tests.
pub fn document(language: Language) -> Result<String> {
    let mut page = format!("# {}\n\n{}\n", language.of("Kildene", "The sources"), language.of(PREFACE.0, PREFACE.1));
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
    let head = language.of("| kolonne | type | må ha verdi | innhold |", "| column | type | needs a value | content |");
    let rows: String = schema.columns.iter().map(|column| row(column, language)).collect();
    let tests: String = tests(schema, language).iter().map(|test| format!("- {test}\n")).collect();
    let tests = if tests.is_empty() { tests } else { format!("\n{tests}") };
    format!(
        "\n## {}: {}\n\n{}\n\n{head}\n|---|---|---|---|\n{rows}{tests}",
        schema.source,
        schema.title.in_language(language),
        schema.description.in_language(language)
    )
}

fn row(column: &Column, language: Language) -> String {
    let required = if column.required { language.of("ja", "yes") } else { "" };
    format!(
        "| `{}` | {} | {required} | {} |\n",
        column.name,
        kind(&column.kind, language),
        column.description.in_language(language)
    )
}

fn kind(kind: &ColumnKind, language: Language) -> String {
    let word = |nb: &str, en: &str| language.of(nb, en).to_string();
    match kind {
        ColumnKind::Id(_) => word("identifikator", "identifier"),
        ColumnKind::Code => word("kode", "code"),
        ColumnKind::Municipality => word("kommunenummer", "municipality number"),
        ColumnKind::NumberCode => word("tallkode", "number code"),
        ColumnKind::Integer(None) => word("heltall", "whole number"),
        ColumnKind::Integer(Some((least, greatest))) => {
            format!("{} {least}-{greatest}", language.of("heltall", "whole number"))
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
    let after = language.of("er senere enn", "is later than");
    let before = language.of("er før", "is before");
    let missing = language.of("mangler", "is missing");
    let below = language.of("er under 0", "is below 0");
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
        let either = columns.join(language.of(" eller ", " or "));
        let unless = rules
            .negative_unless
            .map(|at| language.of(", når COLUMN mangler", ", when COLUMN is missing").replace("COLUMN", &name(at)));
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
        let (nb, en) = (document(Language::Nb).unwrap(), document(Language::En).unwrap());
        for schema in sources().unwrap() {
            for page in [&nb, &en] {
                assert!(page.contains(&format!("## {}: ", schema.source)));
                assert!(schema.columns.iter().all(|c| page.contains(&format!("| `{}` |", c.name))));
            }
        }
        assert!(nb.contains("- negative: `egenandel` eller `refusjon` er under 0, når `krediterer_lnr` mangler"));
        assert!(en.contains("- future: `tidspunkt` is later than `registrert`"));
    }

    /// `KPRSTAT_WRITE_DOCUMENTS=1 cargo test --release --lib written_pages` writes them anew.
    #[test]
    fn written_pages_are_those_of_the_declarations() {
        for (file, language) in [("KILDER.md", Language::Nb), ("SOURCES.md", Language::En)] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(file);
            let page = document(language).unwrap();
            if std::env::var_os("KPRSTAT_WRITE_DOCUMENTS").is_some() {
                std::fs::write(&path, &page).unwrap();
            }
            assert!(std::fs::read_to_string(&path).is_ok_and(|written| written == page), "{file} is out of date");
        }
    }
}
