//! The report of a revision for people.
//!
//! In: a [`Revision`]. Out: text. Computes nothing.

use std::fmt::Write;

use super::{MonthRevision, PeriodRevision, PeriodState, Revision, TableRevision};

/// Cells named one by one in the text; all are in the JSON.
const NAMED: usize = 10;

/// The whole report.
pub fn text(revision: &Revision) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line(format!("{} (as of {})", revision.before.release, revision.before.as_of));
    line(format!("{} (as of {})", revision.after.release, revision.after.as_of));
    if !revision.made_otherwise.is_empty() {
        line(format!("made otherwise: {}", revision.made_otherwise.join(", ")));
    }
    let inputs = &revision.inputs;
    line(format!("inputs: {} the same, {} new, {} gone", inputs.same, inputs.new.len(), inputs.gone.len()));
    list(&mut line, "tables new", &revision.tables_new);
    list(&mut line, "tables gone", &revision.tables_gone);
    revision.tables.iter().for_each(|table| table_words(&mut line, table));
    if !revision.completeness.is_empty() {
        line("completeness, percent: month, before, after".into());
        revision.completeness.iter().for_each(|month| line(month_words(month)));
    }
    text
}

fn list<'a>(line: &mut impl FnMut(String), what: &str, names: impl IntoIterator<Item = &'a String>) {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if !names.is_empty() {
        line(format!("{what}: {}", names.join(", ")));
    }
}

fn table_words(line: &mut impl FnMut(String), table: &TableRevision) {
    line(format!("\n{}", table.table));
    list(line, "  columns new, rows not compared", &table.columns_new);
    list(line, "  columns gone, rows not compared", &table.columns_gone);
    list(line, "  places new", &table.places_new);
    list(line, "  places gone", &table.places_gone);
    for (geo, before, after) in &table.places_renamed {
        line(format!("  place {geo} was {before}, is {after}"));
    }
    let (still, moved): (Vec<_>, Vec<_>) = table.periods.iter().partition(|period| period.is_still());
    moved.into_iter().for_each(|period| line(format!("  {}", period_words(period))));
    if !still.is_empty() {
        line(format!("  {} periods without a change", still.len()));
    }
    named(line, "hidden now, and already told by the earlier release", &table.already_told);
    named(line, "shown now, and hidden by the earlier release", &table.no_longer_hidden);
}

fn named(line: &mut impl FnMut(String), what: &str, cells: &[String]) {
    if cells.is_empty() {
        return;
    }
    line(format!("  {what}: {} cells", cells.len()));
    cells.iter().take(NAMED).for_each(|cell| line(format!("    {cell}")));
    if cells.len() > NAMED {
        line(format!("    and {} more (--format json names them)", cells.len() - NAMED));
    }
}

fn period_words(period: &PeriodRevision) -> String {
    match period.state {
        PeriodState::New => {
            return format!("{:<8} new: {} cells, {} hidden", period.period, period.rows_after, period.hidden_after);
        }
        PeriodState::Gone => return format!("{:<8} gone: {} cells", period.period, period.rows_before),
        PeriodState::Both => {}
    }
    let mut words = format!("{:<8} {} cells changed", period.period, period.changed());
    for (measure, moved) in period.measures.iter().filter(|(_, moved)| moved.changed > 0) {
        let _ = write!(words, "; {measure}: {} of {} shown in both", moved.changed, moved.shown_in_both);
        if let Some(percent) = moved.largest_percent_of_country {
            let _ = write!(words, ", country by up to {percent} %");
        }
    }
    let more = [
        (period.newly_hidden, "newly hidden"),
        (period.newly_shown, "newly shown"),
        (period.final_now, "final now"),
        (period.rows_after.saturating_sub(period.rows_before), "rows more"),
        (period.rows_before.saturating_sub(period.rows_after), "rows fewer"),
    ];
    for (number, what) in more.iter().filter(|(number, _)| *number > 0) {
        let _ = write!(words, "; {number} {what}");
    }
    words
}

fn month_words(month: &MonthRevision) -> String {
    let percent = |share: Option<f64>| share.map_or("-".to_string(), |share| share.to_string());
    format!("  {}  {:>6}  {:>6}", month.month, percent(month.before), percent(month.after))
}
