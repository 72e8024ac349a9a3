//! `kprstat run`: a release from a delivery.

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;

use super::args::RunArgs;
use super::console::{Console, Stage};
use super::metrics::{self, Ended};
use super::{print, stop};
use crate::domain::{ExitCode, Result};
use crate::pipeline::{self, Accepted, Mode, Outcome, PlannedFile, Release, Request};

/// Makes the release and says where it lies.
pub fn run(typed: &RunArgs, console: &Console) -> Result<()> {
    stop::listen()?;
    let request = Request {
        pipeline: typed.pipeline.clone(),
        delivery: typed.delivery.clone(),
        as_of: typed.as_of.0,
        out: typed.out.clone(),
        memory: typed.memory,
        mode: if typed.dry_run { Mode::DryRun } else { Mode::Release },
        wait: typed.wait.map(|seconds| Duration::from_secs(seconds.into())),
        accepted: Accepted { gates: typed.accept.clone(), reason: typed.reason.clone().unwrap_or_default() },
        stage: typed.stage.clone().filter(|_| !typed.no_stage),
    };
    let done = pipeline::run(&request, console);
    let stages = console.stages();
    console.close();
    let told = tell_metrics(typed, &done, &stages);
    let outcome = done?;
    told?;
    console.last_line(&last_line(&outcome, &stages));
    print(&text(&outcome))
}

/// Writes the metrics, where they were asked for, whether the run failed or not.
fn tell_metrics(typed: &RunArgs, done: &Result<Outcome>, stages: &[Stage]) -> Result<()> {
    let Some(path) = &typed.metrics else { return Ok(()) };
    let name = typed.pipeline.file_stem().unwrap_or_default().to_string_lossy();
    let exit_code = done.as_ref().map_or_else(|error| error.code, |_| ExitCode::Done);
    let summary = done.as_ref().ok().and_then(release).map(|release| &release.summary);
    metrics::write(path, &Ended { pipeline: &name, exit_code, stages, summary })
}

/// The release that stands after the run.
fn release(outcome: &Outcome) -> Option<&Release> {
    match outcome {
        Outcome::Released(release) | Outcome::AlreadyThere(release) => Some(release),
        Outcome::WouldRelease { .. } | Outcome::WouldDoNothing { .. } => None,
    }
}

/// The last line for a monitor.
fn last_line(outcome: &Outcome, stages: &[Stage]) -> serde_json::Value {
    let (state, name) = match outcome {
        Outcome::Released(release) => ("released", &release.release),
        Outcome::AlreadyThere(release) => ("already-there", &release.release),
        Outcome::WouldRelease { release, .. } => ("would-release", release),
        Outcome::WouldDoNothing { release } => ("would-do-nothing", release),
    };
    let summary = release(outcome).map(|release| &release.summary);
    json!({
        "level": "INFO", "event": "end", "exit_code": 0, "outcome": state, "release": name,
        "cells": summary.map(|summary| summary.cells),
        "hidden_cells": summary.map(|summary| summary.hidden_cells),
        "seconds": stages.iter().map(|stage| stage.seconds).sum::<f64>(),
        "peak_bytes": stages.iter().map(|stage| stage.peak_bytes).max(),
        "stages": stages,
    })
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
