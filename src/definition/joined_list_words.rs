//! Figures of lists in words, in bokmål and English.
//!
//! In: a figure. Out: text for people. Never decides anything.

use super::joined::{Counted, ListFigure, ListQuantity};
use super::types::Measure;
use crate::domain::Language;

/// What a figure is made of: name and phrase.
pub(super) fn parts(figure: &ListFigure, language: Language) -> Vec<(String, String)> {
    let say = |nb: &str, en: &str| language.of(nb, en).to_string();
    match figure {
        ListFigure::Count { of, less: None } => vec![(say("Telles", "Counted"), quantity(of, language))],
        ListFigure::Count { of, less: Some(less) } => {
            vec![(say("Telles", "Counted"), quantity(of, language)), (say("Minus", "Less"), quantity(less, language))]
        }
        ListFigure::Ratio { measure, numerator, denominator } => {
            let scale = match measure {
                Measure::Share => language.of(", i prosent", ", in percent"),
                Measure::Per1000 => language.of(", per 1 000", ", per 1 000"),
                _ => "",
            };
            vec![
                (say("Teller", "Numerator"), quantity(numerator, language)),
                (say("Nevner", "Denominator"), quantity(denominator, language) + scale),
            ]
        }
    }
}

fn quantity(of: &ListQuantity, language: Language) -> String {
    let what = match of.of {
        Counted::Lists => language.of("lister", "lists"),
        Counted::Inhabitants => language.of("innbyggere på lister", "inhabitants on lists"),
        Counted::Ceiling => language.of("listetak", "list ceilings"),
        Counted::Doctors => {
            language.of("forskjellige leger på lister, ikke vikarer", "different doctors of lists, no substitutes")
        }
        Counted::DoctorsStarted => language.of(
            "leger som ikke var der den 1. i måneden før",
            "doctors who were not there on the 1st of the month before",
        ),
        Counted::DoctorsLeft => language.of(
            "leger som var der den 1. i måneden før, men ikke nå",
            "doctors who were there on the 1st of the month before, but are no longer",
        ),
        Counted::Residents => language.of("innbyggere 1. januar samme år", "residents on 1 January of the year"),
    };
    let conditions = [
        (of.with_doctor == Some(true), language.of("med lege", "with a doctor")),
        (of.with_doctor == Some(false), language.of("uten lege", "without a doctor")),
        (of.open == Some(true), language.of("åpne", "open")),
        (of.open == Some(false), language.of("lukkede", "closed")),
        (of.fixed_salary == Some(true), language.of("med fastlønn", "with a fixed salary")),
        (of.fixed_salary == Some(false), language.of("uten fastlønn", "without a fixed salary")),
        (
            of.longest_of_doctor,
            language.of("bare den lengste av legens lister", "only the longest of the doctor's lists"),
        ),
    ];
    let words: Vec<&str> = conditions.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect();
    if words.is_empty() { what.into() } else { format!("{what} ({})", words.join(", ")) }
}
