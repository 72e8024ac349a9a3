//! `kprstat man`: the manual pages, from the same words as `--help`.
//!
//! In: a folder. Out: `kprstat.1` and a page for every command.

use super::args::ManArgs;
use super::print;
use crate::domain::{Error, Result};

/// Writes the pages.
pub fn man(typed: &ManArgs, command: clap::Command) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::output(format!("{}: cannot be written ({error}); check the folder and its owner", typed.out.display()))
    };
    std::fs::create_dir_all(&typed.out).map_err(cannot)?;
    clap_mangen::generate_to(command, &typed.out).map_err(cannot)?;
    print(&format!("{}\n", typed.out.join("kprstat.1").display()))
}
