//! `kprstat run`: a release from a delivery.

use std::fmt::Write;

use serde_json::json;

use super::args::RunArgs;
use super::console::Console;
use super::print;
use crate::domain::Result;
use crate::pipeline::{self, Mode, Outcome, PlannedFile, Release, Request};

/// Makes the release and says where it lies.
pub fn run(typed: &RunArgs, console: &Console) -> Result<()> {
    let request = Request {
        pipeline: typed.pipeline.clone(),
        delivery: typed.delivery.clone(),
        as_of: typed.as_of.0,
        out: typed.out.clone(),
        memory: typed.memory,
        mode: if typed.dry_run { Mode::DryRun } else { Mode::Release },
    };
    let outcome = pipeline::run(&request, console)?;
    console.close();
    console.last_line(&last_line(&outcome));
    print(&text(&outcome))
}

/// The last line for a monitor.
fn last_line(outcome: &Outcome) -> serde_json::Value {
    let (state, release) = match outcome {
        Outcome::Released(release) => ("released", &release.release),
        Outcome::AlreadyThere(release) => ("already-there", &release.release),
        Outcome::WouldRelease { release, .. } => ("would-release", release),
        Outcome::WouldDoNothing { release } => ("would-do-nothing", release),
    };
    json!({"level": "INFO", "event": "end", "exit_code": 0, "outcome": state, "release": release})
}

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Released(release) => format!("Released {}\n{}", release.release, account(release)),
        Outcome::AlreadyThere(release) if release.is_withdrawn => format!(
            "Nothing to do: {} was withdrawn and stays so; another delivery or definition makes another release\n",
            release.release
        ),
        Outcome::AlreadyThere(release) => {
            format!("Nothing to do: {} is there and whole\n{}", release.release, account(release))
        }
        Outcome::WouldDoNothing { release } => format!("Nothing would be done: {release} is there and whole\n"),
        Outcome::WouldRelease { release, files } => would(release, files),
    }
}

fn would(release: &str, files: &[PlannedFile]) -> String {
    let mut text = format!("Would release {release}, from\n");
    for file in files {
        let _ = writeln!(text, "  {:<12} {} ({} bytes)", file.source, file.name, file.bytes);
    }
    text.push_str("Nothing was written.\n");
    text
}

fn account(release: &Release) -> String {
    let summary = &release.summary;
    let mut text = String::new();
    for figure in &summary.national {
        let (value, state) = match (figure.value.as_str(), figure.is_provisional) {
            ("", _) => ("hidden", ""),
            (value, true) => (value, "provisional"),
            (value, false) => (value, "final"),
        };
        let line = format!("  {:<24} {} {:<13} {value:>10}  {state}", figure.table, figure.period, figure.indicator);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let percent = summary.hidden_cells as f64 * 100.0 / summary.cells.max(1) as f64;
    let _ = writeln!(
        text,
        "  {} tables, {} cells, {} of them hidden ({percent:.1} %); audit: {}",
        summary.tables, summary.cells, summary.hidden_cells, summary.verdict
    );
    let _ = writeln!(text, "  public      {}", release.public.display());
    let _ = writeln!(text, "  latest      {}", release.latest.display());
    let _ = writeln!(text, "  restricted  {}", release.restricted.display());
    text
}
