//! Failures on their way out: one message a person can act on, and the exit code.
//!
//! In: an [`Error`], or a panic. Out: a line on stderr. The payload of a panic is never shown: it
//! could hold a value of a person's row.

use std::io::Write;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::args::LogForm;
use crate::domain::{Error, ExitCode};

/// Whether failures are told as JSON; a panic has no other way to know.
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// Lets a panic name its place and nothing else.
pub fn install() {
    panic::set_hook(Box::new(|info| tell(ExitCode::Bug, &message(info))));
}

/// Says in which form failures are told from now on.
pub fn tell_as(form: LogForm) {
    AS_JSON.store(form == LogForm::Json, Ordering::Relaxed);
}

fn message(info: &PanicHookInfo) -> String {
    let place = info.location().map_or("an unknown place".to_string(), |at| format!("{}:{}", at.file(), at.line()));
    format!(
        "kprstat {} met a fault of its own at {place}; nothing was published. Please report the version, \
         this place and the command; leave out data and names.",
        env!("CARGO_PKG_VERSION")
    )
}

/// Runs `work`; a panic in it is a bug.
pub fn guard(work: impl FnOnce() -> ExitCode) -> ExitCode {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(ExitCode::Bug)
}

/// Tells of a failure on stderr.
pub fn report(error: &Error) {
    tell(error.code, &error.message);
}

fn tell(code: ExitCode, message: &str) {
    let line = if AS_JSON.load(Ordering::Relaxed) {
        json!({"level": "ERROR", "event": "end", "exit_code": code as u8, "message": message}).to_string()
    } else {
        format!("error: {message}")
    };
    // Nothing can be told where stderr is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A canary in a panic's payload must not come out.
    #[test]
    fn a_panic_is_a_bug_and_its_payload_stays_inside() {
        let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let keep = seen.clone();
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| *keep.lock().unwrap() = message(info)));
        let code = guard(|| panic!("row of 01019012345"));
        panic::set_hook(before);
        assert_eq!(code, ExitCode::Bug);
        let seen = seen.lock().unwrap();
        assert!(seen.contains("fault.rs:") && !seen.contains("01019012345"), "{seen}");
    }
}
