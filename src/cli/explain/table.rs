//! A table in words.
//!
//! In: a pipeline and one of its tables. Out: text: what is counted, where, when, by what, how each
//! indicator is made, and what is hidden.

use std::collections::BTreeSet;

use crate::cli::args::Language;
use crate::definition::{IndicatorValue, PerDoctor, Pipeline, Policy, Predicate, Table};

/// Lines of text that say what a table is.
pub fn in_words(pipeline: &Pipeline, table: &Table, lang: Language) -> String {
    let mut lines = vec![
        format!("{}: {}", table.id, lang.of(&table.title)),
        lang.of(&table.description).to_string(),
        String::new(),
        format!(
            "{}: {} {}, {} {}",
            lang.pick("Definisjon", "Definition"),
            pipeline.id,
            pipeline.version,
            lang.pick("tabellversjon", "table version"),
            table.version
        ),
    ];
    lines.extend(what(pipeline, table, lang));
    lines
        .extend(list(lang.pick("Mål", "Measures"), table.measures.iter().map(|m| (m.name(), lang.measure(*m).into()))));
    let indicators = table.indicators.iter();
    lines.extend(list(
        lang.pick("Indikatorer", "Indicators"),
        indicators
            .map(|i| (i.id.as_str(), format!("{}: {}", lang.of(&i.title), made_of(pipeline, table, &i.value, lang)))),
    ));
    lines.extend(protection(table, lang));
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What is counted, where, when and by what.
fn what(pipeline: &Pipeline, table: &Table, lang: Language) -> Vec<String> {
    let mut counted = format!("{}: {}", lang.pick("Tjeneste", "Service"), lang.service(table.service));
    if let Some(types) = &table.practice_types {
        counted.push_str(&format!(" ({} {})", lang.pick("praksistype", "practice types"), types.join(", ")));
    }
    let periods: Vec<&str> = table.periods.iter().map(|period| lang.period(*period)).collect();
    let mut lines = vec![
        counted,
        format!(
            "{}: {}; {} ({})",
            lang.pick("Sted", "Place"),
            lang.place(table.place),
            lang.pick("land, fylke, kommune", "country, county, municipality"),
            pipeline.geography
        ),
        format!(
            "{}: {}. {}",
            lang.pick("Perioder", "Periods"),
            periods.join(", "),
            lang.pick(
                "En periode vises når det er gått minst 30 dager etter dens slutt, og er foreløpig til seks måneder er gått.",
                "A period is shown when at least 30 days have passed since its end, and is provisional until six months have.",
            )
        ),
        format!(
            "{}: {}; {}",
            lang.pick("Kontakttyper", "Contact types"),
            pipeline.contact_types.id,
            lang.of(&pipeline.contact_types.description)
        ),
    ];
    if let Some(since) = table.since {
        lines.push(format!("{}: {since}", lang.pick("Fra og med", "Since")));
    }
    if !table.dimensions.is_empty() {
        let names = table.dimensions.iter().map(|d| (d.column(), lang.dimension(*d).to_string()));
        lines.extend(list(lang.pick("Inndelinger", "Dimensions"), names));
    }
    lines
}

/// A heading and indented lines of a name and its meaning.
fn list<'a>(heading: &str, items: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    let items: Vec<(&str, String)> = items.collect();
    let width = items.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = items.iter().map(|(name, meaning)| format!("  {name:<width$}  {meaning}"));
    [String::new(), format!("{heading}:")].into_iter().chain(lines).collect()
}

fn made_of(pipeline: &Pipeline, table: &Table, value: &IndicatorValue, lang: Language) -> String {
    let quantity = |at: usize| contacts(pipeline, &table.quantities[at], lang);
    match value {
        IndicatorValue::Count { quantity: at } => quantity(*at),
        IndicatorValue::Share { numerator, denominator, .. } => format!(
            "({}) {} ({})",
            quantity(*numerator),
            lang.pick("i prosent av", "in percent of"),
            quantity(*denominator)
        ),
        IndicatorValue::PerDoctor(PerDoctor::Days { quantity: at, at_least }) => format!(
            "{} {at_least} {} ({})",
            lang.pick("dager med minst", "days with at least"),
            lang.pick("av", "of"),
            quantity(*at)
        ),
        IndicatorValue::PerDoctor(PerDoctor::PerDay { quantity: at }) => {
            format!(
                "({}) {}",
                quantity(*at),
                lang.pick("per dag med minst én kontakt", "per day with at least one contact")
            )
        }
        IndicatorValue::PerDoctor(PerDoctor::ByHour { quantity: at }) => {
            format!("({}) {}", quantity(*at), lang.pick("etter klokketime", "by clock hour"))
        }
    }
}

/// The contacts that a predicate takes.
fn contacts(pipeline: &Pipeline, predicate: &Predicate, lang: Language) -> String {
    let types = &pipeline.contact_types;
    let named = |set: u32, names: Vec<&str>| -> Vec<String> {
        names.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, name)| name.to_string()).collect()
    };
    let mut text = if predicate.types == types.all() {
        lang.pick("kontakter av alle typer", "contacts of all types").to_string()
    } else {
        named(predicate.types, types.types.iter().map(|t| t.id.as_str()).collect()).join(" + ")
    };
    if predicate.types.count_ones() == 1 {
        text.push_str(&codes(pipeline, predicate.types.trailing_zeros() as u8, lang));
    }
    let features = |set| named(set, pipeline.features.ids.iter().map(String::as_str).collect()).join(", ");
    let mut add = |condition: bool, nb: &str, en: &str| {
        if condition {
            text.push_str(lang.pick(nb, en));
        }
    };
    let (with, without) = (features(predicate.with), features(predicate.without));
    add(predicate.with != 0, &format!(", med {with}"), &format!(", with {with}"));
    add(predicate.without != 0, &format!(", uten {without}"), &format!(", without {without}"));
    add(predicate.outside_hours == Some(true), ", utenfor vanlig arbeidstid", ", outside hours");
    add(predicate.outside_hours == Some(false), ", i vanlig arbeidstid", ", within hours");
    add(predicate.weekend == Some(true), ", lørdag og søndag", ", on Saturdays and Sundays");
    add(predicate.weekend == Some(false), ", mandag til fredag", ", on Mondays to Fridays");
    text
}

/// The takst codes that make a contact one of a type.
fn codes(pipeline: &Pipeline, index: u8, lang: Language) -> String {
    let takster = pipeline.contact_types.takster.iter().filter(|takst| takst.index == index);
    let codes: BTreeSet<&str> = takster.map(|takst| takst.code.as_str()).collect();
    match codes.is_empty() {
        true => String::new(),
        false => {
            let codes: Vec<&str> = codes.into_iter().collect();
            format!(" ({} {})", lang.pick("takst", "code"), codes.join(", "))
        }
    }
}

fn protection(table: &Table, lang: Language) -> Vec<String> {
    let Policy { id, version, min_patients, min_doctors, dominance_percent, width, .. } = &table.policy;
    let rule = match lang {
        Language::Nb => format!(
            "skjult er celler med færre enn {min_patients} pasienter, der færre enn {min_doctors} leger eller én lege med over \
             {dominance_percent} % står bak, og celler som ellers kunne røpe dem (bredde minst {width})"
        ),
        Language::En => format!(
            "hidden are cells of fewer than {min_patients} patients, of fewer than {min_doctors} doctors or one with more than \
             {dominance_percent} %, and cells that would give them away (width at least {width})"
        ),
    };
    let items = [(format!("{id} {version}"), rule), (String::new(), lang.small_places(table.small_places).to_string())];
    list(lang.pick("Vern", "Protection"), items.iter().map(|(name, text)| (name.as_str(), text.clone())))
}
