//! `--metrics FILE`: the last run, for node-exporter's textfile collector.
//!
//! In: how a run ended, how long its stages took. Out: a file that is replaced at once. It holds
//! what the public manifest holds, times and memory.

use std::fmt::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::console::Stage;
use crate::domain::{Error, ExitCode, Result};
use crate::pipeline::Summary;

/// A run that has ended.
pub struct Ended<'a> {
    /// File name of the definition without its ending.
    pub pipeline: &'a str,
    pub exit_code: ExitCode,
    pub stages: &'a [Stage],
    /// Of the release, where there is one.
    pub summary: Option<&'a Summary>,
}

/// Replaces the file.
pub fn write(path: &Path, ended: &Ended) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = |error: std::io::Error| {
        Error::output(format!("{}: the metrics cannot be written ({error}); check --metrics", path.display()))
    };
    let beside = tempfile::Builder::new().prefix(".kprstat-").permissions(readable()).tempfile_in(folder);
    let mut beside = beside.map_err(cannot)?;
    std::io::Write::write_all(&mut beside, text(ended, now()).as_bytes()).map_err(cannot)?;
    beside.persist(path).map(|_| ()).map_err(|error| cannot(error.error))
}

/// node-exporter is another user.
fn readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn text(ended: &Ended, now: u64) -> String {
    let label = ended.pipeline.replace(['\\', '"', '\n'], "_");
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, values: &[(String, f64)]| {
        let _ = writeln!(text, "# HELP kprstat_{name} {help}\n# TYPE kprstat_{name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "kprstat_{name}{{pipeline=\"{label}\"{labels}}} {value}");
        }
    };
    let one = |value: f64| vec![(String::new(), value)];
    let by_stage = |of: fn(&Stage) -> f64| -> Vec<(String, f64)> {
        ended.stages.iter().map(|stage| (format!(",stage=\"{}\"", stage.stage), of(stage))).collect()
    };
    metric("run_end_timestamp_seconds", "When the last run ended.", &one(now as f64));
    metric("run_exit_code", "Exit code of the last run.", &one(f64::from(ended.exit_code as u8)));
    metric("stage_seconds", "Duration of each stage of the last run.", &by_stage(|stage| stage.seconds));
    metric(
        "stage_peak_bytes",
        "Peak memory in each stage of the last run.",
        &by_stage(|stage| stage.peak_bytes as f64),
    );
    if let Some(summary) = ended.summary {
        metric("release_cells", "Cells of the release.", &one(summary.cells as f64));
        metric("release_hidden_cells", "Hidden cells of the release.", &one(summary.hidden_cells as f64));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_in_the_words_of_the_collector_and_the_file_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kprstat.prom");
        let stages = [Stage { stage: "hash", seconds: 1.5, peak_bytes: 1024 }];
        let ended = |exit_code| Ended { pipeline: "gp", exit_code, stages: &stages, summary: None };
        write(&path, &ended(ExitCode::Gate)).unwrap();
        write(&path, &ended(ExitCode::Done)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("kprstat_run_exit_code{pipeline=\"gp\"} 0\n"), "{text}");
        assert!(text.contains("kprstat_stage_seconds{pipeline=\"gp\",stage=\"hash\"} 1.5\n"), "{text}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
