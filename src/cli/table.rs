//! `kprstat table`: a researcher's own table.
//!
//! In: what was typed. Out: the table in its folder and on stdout where it lies, or the definition
//! that the options make.

use std::fmt::Write;

use super::args_table::TableArgs;
use super::console::Console;
use super::{print, stop};
use crate::definition::{Asked, Dimension, Pipeline};
use crate::domain::{Error, Result};
use crate::pipeline::{self, Outcome, OwnRequest, Release};

/// Makes the table and says where it lies.
pub fn table(typed: &TableArgs, console: &Console) -> Result<()> {
    if typed.print_definition {
        return print(&definition(typed)?);
    }
    let (Some(delivery), Some(as_of), Some(out)) = (&typed.delivery, typed.as_of, &typed.out) else {
        return Err(Error::usage("--delivery, --as-of and --out say what to make the table from, and where"));
    };
    stop::listen()?;
    let definition = match &typed.definition {
        Some(path) => Pipeline::read(path)?,
        None => asked(typed).pipeline()?,
    };
    let request = OwnRequest {
        definition,
        delivery: delivery.clone(),
        as_of: as_of.0,
        out: out.clone(),
        against: typed.against.clone(),
        memory: typed.memory,
        wait: None,
    };
    let outcome = pipeline::own_table(&request, console);
    console.close();
    match outcome? {
        Outcome::Released(release) => print(&text("Made", &release)),
        Outcome::AlreadyThere(release) => print(&text("Nothing to do, it is there:", &release)),
        Outcome::WouldRelease { .. } | Outcome::WouldDoNothing { .. } => Ok(()),
    }
}

fn asked(typed: &TableArgs) -> Asked {
    let sex = typed.sex.then_some(Dimension::Sex);
    Asked {
        id: typed.id.clone(),
        indicators: typed.indicator.clone(),
        measures: typed.measure.clone(),
        by: typed.by,
        periods: typed.period.clone(),
        dimensions: typed.dimension.iter().copied().chain(sex).collect(),
        ages: typed.age.clone(),
        from: typed.from,
        to: typed.to,
        service: typed.service,
        place: typed.place,
        geography: typed.geography.clone(),
        contact_types: typed.contact_types.clone(),
        policy: typed.policy.clone(),
    }
}

/// The definition, and lists of its own with the names that they must have beside it.
fn definition(typed: &TableArgs) -> Result<String> {
    let asked = asked(typed);
    asked.pipeline()?;
    let mut text = String::new();
    for (name, content) in asked.definition()?.into_iter().rev() {
        let _ = writeln!(text, "# {name}\n{content}");
    }
    Ok(text)
}

fn text(what: &str, release: &Release) -> String {
    let summary = &release.summary;
    let mut text = format!("{what} {}\n", release.release);
    let percent = summary.hidden_cells as f64 * 100.0 / summary.cells.max(1) as f64;
    let _ = writeln!(
        text,
        "  {} cells, {} of them hidden ({percent:.1} %); audit: {}",
        summary.cells, summary.hidden_cells, summary.verdict
    );
    let _ = writeln!(text, "  public      {}", release.public.display());
    let _ = writeln!(text, "  restricted  {}", release.restricted.display());
    text
}
