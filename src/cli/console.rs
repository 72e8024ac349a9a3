//! What a person, or a monitor, sees while the program works: messages and progress on stderr.
//!
//! In: tracing events of all rooms. Out: lines of text or JSON on stderr, a progress bar where
//! stderr is a terminal, and a copy of every event for the restricted log. stdout is not touched.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::args::LogForm;
use crate::pipeline::{STAGE, STEPS, Step, Watch};

/// The open channels to whoever watches.
#[derive(Clone)]
pub struct Console {
    form: LogForm,
    bar: ProgressBar,
    book: Book,
    clock: Arc<Mutex<Clock>>,
}

/// A stage that has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    pub stage: &'static str,
    pub seconds: f64,
    /// Largest resident memory of the process in the stage; 0 where the system does not tell.
    pub peak_bytes: u64,
}

/// The stages so far.
#[derive(Default)]
struct Clock {
    ended: Vec<Stage>,
    running: Option<(&'static str, Instant)>,
}

impl Clock {
    /// Ends the stage that runs, if one does, and begins the next.
    fn begin(&mut self, next: Option<&'static str>) {
        if let Some((stage, began)) = self.running.take() {
            let seconds = (began.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
            let peak_bytes = peak_since_last();
            tracing::info!(target: STAGE, stage, seconds, peak_bytes, "stage");
            self.ended.push(Stage { stage, seconds, peak_bytes });
        }
        self.running = next.map(|next| (next, Instant::now()));
    }
}

/// Peak of the resident memory since this was asked last, as Linux tells it.
fn peak_since_last() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    // 5 sets the peak back; without it, the peak is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    kilobytes.unwrap_or(0) * 1024
}

impl Console {
    /// Sends the events of all rooms to stderr, in `form`, and to the restricted log.
    pub fn open(form: LogForm) -> Self {
        let console = Console { form, bar: bar(form), book: Book::default(), clock: Arc::default() };
        let kept =
            fmt::layer().json().with_target(false).with_writer(console.book.clone()).with_filter(LevelFilter::INFO);
        let screen = Screen(console.bar.clone());
        let shown = match form {
            LogForm::Json => fmt::layer().json().with_target(false).with_writer(screen).boxed(),
            LogForm::Text => {
                let plain = fmt::layer().compact().without_time().with_target(false).with_ansi(false);
                plain.with_writer(screen).with_filter(filter_fn(|event| event.target() != STAGE)).boxed()
            }
        };
        // A second call in one process (tests) keeps the first.
        let _ = tracing_subscriber::registry().with(kept).with(shown.with_filter(LevelFilter::INFO)).try_init();
        console
    }
    /// Tells a monitor how it ended.
    pub fn last_line(&self, line: &serde_json::Value) {
        if self.form == LogForm::Json {
            // Nothing can be told where stderr is closed.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
    /// The stages of the run, the last of which ends now.
    pub fn stages(&self) -> Vec<Stage> {
        let Ok(mut clock) = self.clock.lock() else { return Vec::new() };
        clock.begin(None);
        clock.ended.clone()
    }
    /// Takes the progress bar away.
    pub fn close(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Console {
    fn step(&self, step: Step) {
        if let Ok(mut clock) = self.clock.lock() {
            clock.begin(Some(step.name()));
        }
        self.bar.set_message(step.name());
        self.bar.set_position(step as u64);
        tracing::info!(step = step.name(), "{}", step.says());
    }
    fn log_so_far(&self) -> Vec<u8> {
        self.book.0.lock().map(|lines| lines.clone()).unwrap_or_default()
    }
}

/// A bar over the steps of a run; hidden in a pipe and beside JSON.
fn bar(form: LogForm) -> ProgressBar {
    if form == LogForm::Json || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    bar
}

/// stderr, with the progress bar out of the way while a line is written.
#[derive(Clone)]
struct Screen(ProgressBar);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for Screen {
    type Writer = Screen;
    fn make_writer(&'a self) -> Screen {
        self.clone()
    }
}

/// Every event of the run so far, as JSON lines.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<u8>>>);

impl Write for Book {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(mut lines) = self.0.lock() {
            lines.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Book {
    type Writer = Book;
    fn make_writer(&'a self) -> Book {
        self.clone()
    }
}
