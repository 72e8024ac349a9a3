//! The command `kprstat`.

use std::process::ExitCode;

/// Gives memory back between the steps of a run, and serves many small requests quickly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kprstat::cli::main()
}
