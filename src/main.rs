//! The command `kprstat`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kprstat::cli::main()
}
