//! The report of a series for people, in bokmål and English.
//!
//! In: a [`Series`]. Out: text. Computes nothing.

use std::fmt::Write;

use super::series::Series;
use super::vintage::{Figure, PeriodVintages, TableVintages, Vintage};
use crate::domain::Language;

/// The whole report.
pub fn text(series: &Series, language: Language) -> String {
    let mut text = String::new();
    let say = |nb: &str, en: &str| language.of(nb, en).to_string();
    let _ = writeln!(text, "{}: {}", series.pipeline, say("utgivelsene i rekkefølge", "its releases in order"));
    for (number, release) in series.releases.iter().enumerate() {
        let gone = if release.withdrawn { say(" (trukket tilbake)", " (withdrawn)") } else { String::new() };
        let _ = writeln!(text, "  {:>2}  {}  {}{gone}", number + 1, release.side.as_of, release.side.release);
    }
    if !series.completeness.is_empty() {
        let head = say(
            "Kompletthet i prosent, måned for måned, slik hver utgivelse anslo den (- : endelig eller ikke med)",
            "Completeness in percent, month by month, as each release estimated it (- : final, or not in it)",
        );
        let _ = writeln!(text, "\n{head}\n  {}", numbers("", series.releases.len()));
        for row in &series.completeness {
            let cells: Vec<String> = row.percent.iter().map(|percent| number(*percent)).collect();
            let _ = writeln!(text, "  {}", line(&row.month, &cells));
        }
    }
    series.tables.iter().for_each(|table| table_words(&mut text, table, language));
    text
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| value.to_string())
}

fn numbers(first: &str, releases: usize) -> String {
    line(first, &(1..=releases).map(|number| number.to_string()).collect::<Vec<_>>())
}

fn line(first: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!(" {cell:>9}")).collect();
    format!("{first:<9}{cells}")
}

fn table_words(text: &mut String, table: &TableVintages, language: Language) {
    let head = language.of(
        "foreløpig (P) eller endelig (A) i hver utgivelse, og største endring i et tall for landet siden den forrige",
        "provisional (P) or final (A) in each release, and the largest change of a figure of the country since the one before",
    );
    let releases = table.periods.first().map_or(0, |period| period.vintages.len());
    let _ = writeln!(text, "\n{}: {head}\n  {}", table.table, numbers("", releases));
    for period in &table.periods {
        let cells: Vec<String> =
            period.vintages.iter().map(|vintage| vintage.as_ref().map_or("-".into(), state)).collect();
        let _ = writeln!(text, "  {}", line(&period.period, &cells));
        tell_hidden(text, period, language);
    }
    let moved: Vec<&Figure> =
        table.country.iter().filter(|figure| figure.moved_percent.unwrap_or(0.0) != 0.0).collect();
    if !moved.is_empty() {
        let head = language.of("tall for landet fra første til siste", "figures of the country from first to last");
        let _ = writeln!(text, "  {head}");
        moved.iter().for_each(|figure| figure_words(text, figure));
    }
}

fn state(vintage: &Vintage) -> String {
    let letter = if vintage.provisional { "P" } else { "A" };
    let largest = vintage.moved.values().filter_map(|moved| moved.largest_percent_of_country).fold(0.0, f64::max);
    if largest > 0.0 { format!("{letter} {largest} %") } else { letter.into() }
}

/// Cells hidden in every release that has the period, where the number changed.
fn tell_hidden(text: &mut String, period: &PeriodVintages, language: Language) {
    let hidden: Vec<u64> = period.vintages.iter().flatten().map(|vintage| vintage.hidden).collect();
    if hidden.windows(2).any(|pair| pair[0] != pair[1]) {
        let words = language.of("skjulte celler", "hidden cells");
        let numbers: Vec<String> = hidden.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "  {:<9} {words}: {}", "", numbers.join(" -> "));
    }
}

fn figure_words(text: &mut String, figure: &Figure) {
    let told: Vec<f64> = figure.values.iter().copied().flatten().collect();
    if let ([first, .., last], Some(percent)) = (&told[..], figure.moved_percent) {
        let name = format!("{} {} {}", figure.period, figure.indicator, figure.measure);
        let _ = writeln!(text, "    {name:<52} {first} -> {last} ({percent:+} %)");
    }
}
