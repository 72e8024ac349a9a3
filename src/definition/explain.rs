//! A table or an indicator in words: what is counted, of whom, where, when, by which codes, and
//! how it is protected.
//!
//! In: a [`Pipeline`]. Out: text in bokmål or English. Never sees data.

use crate::codes::practice_types;
use crate::domain::{Error, Result};

use super::fault::unknown;
use super::joined::Joined;
use super::joined_words;
use super::types::{DatedTakst, FeatureSet, Indicator, IndicatorValue, PerDoctor, Pipeline, Predicate, Table, Text};
use crate::domain::Language;

/// One table, or one indicator (`TABLE/INDICATOR`, or its id alone where one table has it), in
/// words.
///
/// # Errors
/// Exit code 10 for a name that the pipeline does not have, with the known ones.
pub fn explain_table(pipeline: &Pipeline, name: &str, language: Language) -> Result<String> {
    if !name.contains('/') && !pipeline.tables.iter().any(|table| table.id == name) {
        return explain_among(std::slice::from_ref(pipeline), name, language);
    }
    let (table, indicators) = named(pipeline, name)?;
    let explain = Explain { pipeline, table, language };
    Ok([explain.head(), explain.frame(), explain.list(), explain.indicators(&indicators), explain.codes(&indicators)]
        .join("\n"))
}

/// As [`explain_table`], in the first of several definitions that has the table; an indicator's id
/// alone must be of one table of them all.
///
/// # Errors
/// Exit code 10 for a name that none has, or several tables, with the known ones.
pub fn explain_among(pipelines: &[Pipeline], name: &str, language: Language) -> Result<String> {
    let table = name.split_once('/').map_or(name, |(table, _)| table);
    if let Some(pipeline) = pipelines.iter().find(|of| of.tables.iter().any(|known| known.id == table)) {
        return explain_table(pipeline, name, language);
    }
    let tables = || pipelines.iter().flat_map(|pipeline| pipeline.tables.iter().map(move |table| (pipeline, table)));
    let having: Vec<_> = tables().filter(|(_, table)| table.indicators.iter().any(|of| of.id == name)).collect();
    match having.as_slice() {
        [(pipeline, table)] => explain_table(pipeline, &format!("{}/{name}", table.id), language),
        [] => {
            let known: Vec<&str> = tables().map(|(_, table)| table.id.as_str()).collect();
            Err(Error::definition(unknown("table or indicator", name, &known)))
        }
        several => {
            let full: Vec<String> = several.iter().map(|(_, table)| format!("{}/{name}", table.id)).collect();
            Err(Error::definition(format!("several tables have the indicator `{name}`; name one: {}", full.join(", "))))
        }
    }
}

fn named<'p>(pipeline: &'p Pipeline, name: &str) -> Result<(&'p Table, Vec<&'p Indicator>)> {
    let (of, indicator) = name.split_once('/').map_or((name, None), |(table, indicator)| (table, Some(indicator)));
    let Some(table) = pipeline.tables.iter().find(|table| table.id == of) else {
        let known: Vec<&str> = pipeline.tables.iter().map(|table| table.id.as_str()).collect();
        return Err(Error::definition(unknown("table or indicator", name, &known)));
    };
    let Some(indicator) = indicator else { return Ok((table, table.indicators.iter().collect())) };
    let found = table.indicators.iter().find(|known| known.id == indicator);
    let known: Vec<&str> = table.indicators.iter().map(|known| known.id.as_str()).collect();
    let missing = || Error::definition(unknown("indicator", indicator, &known));
    Ok((table, vec![found.ok_or_else(missing)?]))
}

struct Explain<'p> {
    pipeline: &'p Pipeline,
    table: &'p Table,
    language: Language,
}

impl Explain<'_> {
    fn say(&self, nb: &str, en: &str) -> String {
        self.language.of(nb, en).to_string()
    }

    fn head(&self) -> String {
        let (table, language) = (self.table, self.language);
        let version = language.of("versjon", "version");
        format!(
            "{} ({version} {}): {}\n{}\n",
            table.id,
            table.version,
            table.title.in_language(language),
            table.description.in_language(language)
        )
    }

    fn frame(&self) -> String {
        let (table, language) = (self.table, self.language);
        if let Some(family) = table.family() {
            let lines = joined_words::frame(self.pipeline, table, family, language);
            return lines.into_iter().map(|(name, text)| format!("{name}: {text}\n")).collect();
        }
        let mut lines = vec![
            (self.say("Kontakter", "Contacts"), self.contacts()),
            (self.say("Sted", "Place"), self.place()),
            (self.say("Perioder", "Periods"), self.periods()),
        ];
        if let Some(since) = table.since {
            let from = language.of("kontakter fra og med", "contacts from");
            lines.push((self.say("Fra", "Since"), format!("{from} {since}.")));
        }
        if !table.dimensions.is_empty() {
            lines.push((self.say("Fordelt på", "By"), self.dimensions()));
        }
        for &measure in &table.measures {
            lines.push((measure.name().into(), format!("{}.", language.measure(measure))));
        }
        lines
            .push((self.say("Små kommuner", "Small places"), language.small_places(table.small_places, &table.policy)));
        lines.push((self.say("Vern", "Protection"), language.protection(&table.policy)));
        lines.into_iter().map(|(name, text)| format!("{name}: {text}\n")).collect()
    }

    fn contacts(&self) -> String {
        let (table, language) = (self.table, self.language);
        let own: Vec<String> = match &table.practice_types {
            Some(codes) => codes.clone(),
            None => {
                practice_types().iter().filter(|of| of.service == table.service).map(|of| of.code.clone()).collect()
            }
        };
        let (service, codes) = (language.service(table.service), language.all(&own));
        match language {
            Language::Nb => format!(
                "godkjente regninger med en person, verken kreditert eller krediterende, i tjenesten {service} (praksistype {codes})."
            ),
            Language::En => format!(
                "approved bills with a person, neither credited nor crediting, in {service} (practice types {codes})."
            ),
        }
    }

    fn place(&self) -> String {
        let language = self.language;
        let (place, geography) = (language.place(self.table.place), &self.pipeline.geography);
        let levels = language.levels(self.table.by);
        match language {
            Language::Nb => format!("{place}; {levels}, omkodet etter {geography}; ukjent sted er 9999."),
            Language::En => format!("{place}; {levels}, recoded by {geography}; an unknown place is 9999."),
        }
    }

    fn periods(&self) -> String {
        let language = self.language;
        let kinds: Vec<String> = self.table.periods.iter().map(|&kind| language.period(kind).into()).collect();
        let kinds = language.all(&kinds);
        match language {
            Language::Nb => format!(
                "{kinds}. Vises når det er gått 30 dager etter slutten; endelig seks måneder etter den siste måneden."
            ),
            Language::En => format!("{kinds}. Shown 30 days after the end; final six months after the last month."),
        }
    }

    fn dimensions(&self) -> String {
        let (table, language) = (self.table, self.language);
        let by: Vec<String> = table.dimensions.iter().map(|&of| language.dimension(of).into()).collect();
        let by = language.all(&by);
        if table.municipality_detail.len() == table.periods.len() {
            return format!("{by}.");
        }
        let detail: Vec<String> = table.municipality_detail.iter().map(|&kind| language.period(kind).into()).collect();
        let detail = language.all(&detail);
        match language {
            Language::Nb => format!("{by}; kommuner bare for {detail}, ellers totalen."),
            Language::En => format!("{by}; municipalities by {detail} only, otherwise totals."),
        }
    }

    fn list(&self) -> String {
        let (list, language) = (&self.pipeline.contact_types, self.language);
        if self.table.family().is_some_and(|family| !family.sources().contains(&"takst")) {
            return String::new();
        }
        let mut text = format!(
            "{}: {} ({}). {} {}\n{}: {}\n",
            language.of("Kontakttyper", "Contact types"),
            list.id,
            list.title.in_language(language),
            language.of(
                "En kontakt har den første typen på listen som noen av takstene gir.",
                "A contact has the first type of the list that any of its codes gives."
            ),
            list.description.in_language(language),
            language.of("Kilde", "Source"),
            list.source.in_language(language),
        );
        if let Some(uncertain) = &list.uncertainty {
            text += &format!("{}: {}\n", language.of("Usikkert", "Uncertain"), uncertain.in_language(language));
        }
        text
    }

    fn indicators(&self, indicators: &[&Indicator]) -> String {
        let head = self.language.of("Indikatorer", "Indicators");
        let each: String = indicators.iter().map(|indicator| self.indicator(indicator)).collect();
        format!("{head}\n{each}")
    }

    fn indicator(&self, indicator: &Indicator) -> String {
        let language = self.language;
        let mut text = format!("  {}: {}\n", indicator.id, indicator.title.in_language(language));
        let description = indicator.description.in_language(language);
        text += &format!("    {description}\n");
        for (name, phrase) in self.parts(&indicator.value) {
            text += &format!("    {name}: {phrase}\n");
        }
        text
    }

    fn parts(&self, value: &IndicatorValue) -> Vec<(String, String)> {
        let of =
            |at: usize| self.table.quantities.get(at).map(|predicate| self.predicate(predicate)).unwrap_or_default();
        let counted = |at: usize| (self.say("Telles", "Counted"), of(at));
        match value {
            IndicatorValue::Count { quantity } => vec![counted(*quantity)],
            IndicatorValue::Share { numerator, denominator, .. } => vec![
                (self.say("Teller", "Numerator"), of(*numerator)),
                (self.say("Nevner", "Denominator"), of(*denominator)),
            ],
            IndicatorValue::PerDoctor(PerDoctor::Days { quantity, at_least }) => {
                let days = self.say("Dager med minst", "Days with at least");
                vec![(format!("{days} {at_least}"), of(*quantity))]
            }
            IndicatorValue::PerDoctor(PerDoctor::PerDay { quantity }) => vec![
                (self.say("Teller", "Numerator"), of(*quantity)),
                (
                    self.say("Nevner", "Denominator"),
                    self.say("dager med minst én kontakt", "days with at least one contact"),
                ),
            ],
            IndicatorValue::PerDoctor(PerDoctor::ByHour { quantity }) => vec![counted(*quantity)],
            IndicatorValue::Joined(joined) => joined_words::parts(self.pipeline, joined, self.language),
        }
    }

    fn predicate(&self, predicate: &Predicate) -> String {
        let language = self.language;
        let mut text = language.contacts_of(&self.pipeline.contact_types, predicate.types);
        let features = |set: FeatureSet| language.titles(set, self.pipeline.features.titles.iter());
        if predicate.with != 0 {
            text += &format!(" {} {}", language.of("med", "with"), language.all(&features(predicate.with)));
        }
        if predicate.without != 0 {
            text += &format!(" {} {}", language.of("uten", "without"), language.any(&features(predicate.without)));
        }
        match predicate.outside_hours {
            Some(true) => {
                text += language.of(
                    " utenfor arbeidstid (før 08, fra 16, lørdag, søndag)",
                    " outside hours (before 08, from 16, Saturday, Sunday)",
                )
            }
            Some(false) => text += language.of(" i arbeidstiden (hverdager 08-16)", " within hours (weekdays 08-16)"),
            None => {}
        }
        match predicate.weekend {
            Some(true) => text += language.of(" i helgen", " in weekends"),
            Some(false) => text += language.of(" på hverdager", " on weekdays"),
            None => {}
        }
        text
    }

    fn codes(&self, indicators: &[&Indicator]) -> String {
        let used = indicators.iter().flat_map(|indicator| named_parts(&indicator.value));
        let used: Vec<&Predicate> = used.filter_map(|at| self.table.quantities.get(at)).collect();
        let joined = || indicators.iter().filter_map(|indicator| indicator.value.joined());
        let types = used.iter().map(|of| of.types).chain(joined().map(Joined::counted)).fold(0, |set, of| set | of);
        let marks = used.iter().map(|of| of.with | of.without).chain(joined().map(Joined::features));
        let features = marks.fold(0, |set, of| set | of);
        if types | features == 0 {
            return String::new();
        }
        let (list, marks) = (&self.pipeline.contact_types, &self.pipeline.features);
        let named = |title: &Text, id: &str| format!("{} ({id})", title.in_language(self.language));
        let of_types: Vec<String> = list.types.iter().map(|of| named(&of.title, &of.id)).collect();
        let of_marks: Vec<String> = marks.titles.iter().zip(&marks.ids).map(|(title, id)| named(title, id)).collect();
        let head = self.language.of("Takster", "Takst codes");
        format!(
            "{head}\n{}{}",
            self.code_lines(types, &of_types, &list.takster),
            self.code_lines(features, &of_marks, &marks.takster)
        )
    }

    fn code_lines(&self, set: u32, names: &[String], takster: &[DatedTakst]) -> String {
        let first = takster.iter().map(|takst| takst.from).min().unwrap_or(i32::MIN);
        let of = |at: usize| -> Vec<String> {
            let codes = takster.iter().filter(|takst| usize::from(takst.index) == at);
            codes.map(|takst| self.language.takst(takst, first)).collect()
        };
        let line = |(at, name): (usize, &String)| match of(at) {
            codes if codes.is_empty() => {
                format!("  {name}: {}\n", self.language.of("ingen takst på listen", "no code of the list"))
            }
            codes => format!("  {name}: {}\n", codes.join(", ")),
        };
        names.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(line).collect()
    }
}

fn named_parts(value: &IndicatorValue) -> Vec<usize> {
    match value {
        IndicatorValue::Count { quantity } => vec![*quantity],
        IndicatorValue::Share { numerator, denominator, .. } => vec![*numerator, *denominator],
        IndicatorValue::PerDoctor(
            PerDoctor::Days { quantity, .. } | PerDoctor::PerDay { quantity } | PerDoctor::ByHour { quantity },
        ) => vec![*quantity],
        IndicatorValue::Joined(_) => Vec::new(),
    }
}
