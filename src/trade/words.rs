//! The trade in words, bokmål or English.
//!
//! In: a [`Trade`]. Out: text. Counts of cells alone; it is restricted all the same, as it tells
//! unsafe cells from others.

use std::fmt::Write;

use super::cells::Table;
use super::designs::{Design, Trade};
use crate::domain::Language;

/// The text.
pub fn in_words(table: &Table, trade: &Trade, language: Language) -> String {
    let say = |nb: &str, en: &str| language.of(nb, en).to_string();
    let mut text = say(
        "SKJERMET: ikke for publisering. Det skiller utrygge celler fra andre.\n",
        "RESTRICTED: not for publication. It tells unsafe cells from others.\n",
    );
    let _ = writeln!(text, "{}: {}\n", say("Tabell", "Table"), table.id);
    text += &say("Hvorfor så mye er skjult (celler av måltallet ", "Why this much is hidden (cells of the measure ");
    let _ = writeln!(text, "{}):", table.measure);
    for ((level, period), fate) in &trade.fates {
        let reasons: Vec<String> = fate
            .by_reason
            .iter()
            .map(|(reason, cells)| format!("{} {cells}", reason_in_words(reason, language)))
            .collect();
        let share = percent(fate.hidden, fate.cells);
        let (of, hidden) = (say("av", "of"), say("skjult", "hidden"));
        let _ = writeln!(
            text,
            "  {level} {period}: {} {of} {} {hidden} ({share}){}{}",
            fate.hidden,
            fate.cells,
            if reasons.is_empty() { "" } else { ": " },
            reasons.join(", ")
        );
    }
    text += &designs(trade, language);
    text
}

fn designs(trade: &Trade, language: Language) -> String {
    let say = |nb: &str, en: &str| language.of(nb, en).to_string();
    let mut text = say(
        "\nKommunenes celler med for få pasienter, som de er og i et annet oppsett:\n",
        "\nThe municipalities' cells with too few patients, as they are and in another design:\n",
    );
    let line = |text: &mut String, what: String, design: &Design| {
        let (of, share) = (language.of("av", "of"), percent(design.few_patients, design.cells));
        let _ = writeln!(text, "  {what}: {} {of} {} ({share})", design.few_patients, design.cells);
    };
    line(&mut text, say("som nå", "as now"), &trade.now);
    if trade.by_period.len() > 1 {
        for (period, design) in &trade.by_period {
            line(&mut text, format!("{} {period}", say("bare", "only")), design);
        }
    }
    if let Some(design) = &trade.coarser_ages {
        line(&mut text, say("to og to aldersgrupper i én", "two age groups in one"), design);
    }
    if let Some(design) = &trade.without_sex {
        line(&mut text, say("uten kjønn", "without sex"), design);
    }
    if let Some((design, named)) = &trade.pooled {
        let what = say("små kommuner slått sammen i fylket", "small municipalities pooled in the county");
        let shown = say("kommuner med navn", "municipalities named");
        line(&mut text, format!("{what} ({} / {} {shown})", named.named, named.all), design);
    }
    text + &say(
        "For hver utrygg celle skjules noen til for dens skyld; omtrent like mange som nå.\n",
        "For each unsafe cell some others are hidden for its sake; about as many as now.\n",
    )
}

/// One decimal, by whole numbers.
fn percent(part: u64, of: u64) -> String {
    let tenths = if of == 0 { 0 } else { (2000 * part + of) / (2 * of) };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn reason_in_words(reason: &str, language: Language) -> &str {
    match reason {
        "patients" => language.of("få pasienter", "few patients"),
        "doctors" => language.of("få leger", "few doctors"),
        "dominance" => language.of("én lege dominerer", "one doctor dominates"),
        "residents" => language.of("få innbyggere", "few residents"),
        "complement" => language.of("få i resten av en andel", "few in the rest of a share"),
        "secondary" => language.of("for andre cellers skyld", "for other cells' sake"),
        "ledger" => language.of("skjult i tidligere publiseringer", "hidden in earlier releases"),
        "pooled" => language.of("slått sammen", "pooled"),
        "derived" => language.of("laget av skjulte tall", "made of hidden numbers"),
        other => other,
    }
}
