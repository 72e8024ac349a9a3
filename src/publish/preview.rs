//! The preview of a release: one page that opens without a network.
//!
//! In: public rows, totals of hidden cells. Out: HTML in bokmål. Nothing on the page
//! is made of anything that is not public.

use minijinja::{Environment, Value, context};

use super::context::{PROGRAM, ReleaseContext};
use super::manifest::date;
use super::summary::National;
use super::tables::TableSummary;
use crate::domain::{Error, Result};

const PAGE: &str = include_str!("preview.html");

/// The page.
pub fn page(release: &ReleaseContext, tables: &[TableSummary], national: &[National]) -> Result<String> {
    let title = |id: &str| {
        let table = release.pipeline.tables.iter().find(|table| table.id == id);
        table.map_or_else(|| id.to_string(), |table| table.title.nb.clone())
    };
    let tables: Vec<Value> = tables
        .iter()
        .map(|table| context! { id => table.id.as_str(), title => title(&table.id), cells => grouped(table.cells), hidden => grouped(table.hidden) })
        .collect();
    let national: Vec<Value> = national.iter().map(|figure| figure_row(figure, &title(&figure.table))).collect();
    let completeness: Vec<Value> = release
        .completeness
        .iter()
        .filter_map(|month| Some(context! { month => month.month.to_string(), percent => decimal(month.percent()?) }))
        .collect();
    let values = context! {
        release => release.release.as_str(),
        title => release.pipeline.title.nb.as_str(),
        description => release.pipeline.description.nb.as_str(),
        as_of => date(release.as_of),
        program => PROGRAM,
        version => release.pipeline.version.as_str(),
        contact_types => release.pipeline.contact_types.title.nb.as_str(),
        policy => context! {
            id => release.pipeline.policy.id.as_str(),
            version => release.pipeline.policy.version.as_str(),
            min_patients => release.pipeline.policy.min_patients,
            min_doctors => release.pipeline.policy.min_doctors,
        },
        previous => release.previous.as_deref(),
        tables, national, completeness,
    };
    let mut environment = Environment::new();
    let bug = |_| Error::bug("the preview's template does not fit its values");
    environment.add_template("preview.html", PAGE).map_err(bug)?;
    environment.get_template("preview.html").and_then(|template| template.render(values)).map_err(bug)
}

fn figure_row(figure: &National, title: &str) -> Value {
    let value = figure.value.parse().map_or_else(|_| "skjult".to_string(), grouped);
    context! { title, period => figure.period.as_str(), indicator => figure.indicator.as_str(), value, hidden => figure.value.is_empty(), provisional => figure.is_provisional }
}

/// Digits in groups of three, as Norwegians write them.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or("")).collect();
    groups.join("\u{a0}")
}

/// With a decimal comma.
fn decimal(number: f64) -> String {
    super::text::number(number).replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_the_norwegian_way() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(2_900_000), "2\u{a0}900\u{a0}000");
        assert_eq!(decimal(98.77), "98,77");
    }
}
