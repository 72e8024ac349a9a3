//! The command line: what was typed, done by the rooms, answered with text and an exit code.
//!
//! In: arguments. Out: stdout carries what was asked for, stderr messages and progress, and the
//! exit code is one of the specification's. This room computes nothing.

mod args;
mod audit;
mod check;
mod config;
mod console;
mod explain;
mod fault;
mod keep;
mod man;
mod metrics;
mod reproduce;
mod revision;
mod run;
mod stop;
mod synth;

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::domain::{self, Error, Result};
use args::{Args, Command};
use config::{Refused, Typed};
use console::Console;

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    fault::install();
    let words: Vec<_> = std::env::args_os().collect();
    let typed = match config::parse(&words) {
        Ok(typed) => typed,
        Err(Refused::Typed(error)) => {
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
        Err(Refused::File(error)) => {
            fault::report(&error);
            return ExitCode::from(error.code as u8);
        }
    };
    ExitCode::from(fault::guard(|| answer(&typed)) as u8)
}

/// Does what was typed and reports a failure.
fn answer(typed: &Typed) -> domain::ExitCode {
    let args = &typed.args;
    fault::tell_as(args.common.log);
    let console = Console::open(args.common.log);
    let done = stop::outlive_limits().and_then(|()| threads(args)).and_then(|()| dispatch(typed, &console));
    console.close();
    match done {
        Ok(()) => domain::ExitCode::Done,
        Err(error) => {
            fault::report(&error);
            error.code
        }
    }
}

fn dispatch(typed: &Typed, console: &Console) -> Result<()> {
    let settings = &typed.settings;
    match &typed.args.command {
        Command::Synth(typed) => synth::synth(typed),
        Command::Check(typed) => check::check(typed, settings),
        Command::Run(typed) => run::run(typed, console),
        Command::Audit(typed) => audit::audit(typed),
        Command::Reproduce(typed) => reproduce::reproduce(typed, console),
        Command::Diff(typed) => revision::diff(typed),
        Command::Rollback(typed) => keep::rollback(typed),
        Command::Prune(typed) => keep::prune(typed),
        Command::Explain(typed) => explain::explain(typed),
        Command::Man(typed) => man::man(typed, Args::command()),
        Command::Completions(typed) => {
            let mut script = Vec::new();
            clap_complete::generate(typed.shell, &mut Args::command(), "kprstat", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

/// Gives the thread pools their size.
fn threads(args: &Args) -> Result<()> {
    let Some(threads) = args.common.threads else { return Ok(()) };
    // SAFETY: no other thread has been started; polars reads the variable when it starts its own.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
    pool.map_err(|_| Error::usage("the threads cannot be started; try a smaller --threads"))
}

/// Writes to stdout what was asked for. A reader that has heard enough is no failure.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::output(format!("stdout cannot be written ({error})")))
        }
        _ => Ok(()),
    }
}
