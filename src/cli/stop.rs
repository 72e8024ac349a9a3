//! SIGTERM and Ctrl-C: the run ends within a second, and leaves what a run may leave.
//!
//! In: signals. Out: a line on stderr, and the end of the process by the signal. A release that is
//! being put in place is put there first (some renames). What was half made lies in OUT/.work, for
//! the owner's eyes, and the next run sweeps it away.

use std::sync::Arc;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, signal_name};

use crate::domain::{Error, Result};
use crate::pipeline;

/// Lets a write beyond a limit of file size (`ulimit -f`) fail, as one to a full disk does, instead
/// of ending the process.
pub fn outlive_limits() -> Result<()> {
    let heard = signal_hook::flag::register(SIGXFSZ, Arc::default());
    heard.map(|_| ()).map_err(|_| Error::bug("the signals of the system cannot be listened to"))
}

/// Listens from now on.
pub fn listen() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM]).map_err(|_| Error::bug("the signals of the system cannot be listened to"))?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _in_place = pipeline::not_while_committing();
            let name = signal_name(signal).unwrap_or("a signal");
            tracing::warn!(signal = name, "stopped; the last release stands, and the next run begins anew");
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}
