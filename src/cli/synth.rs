//! `kprstat synth`: a synthetic delivery.
//!
//! In: what was typed. Out: files, and on stdout how many rows each has and what dirt was planted.

use std::fmt::Write;

use super::args::{FileForm, SynthArgs};
use super::print;
use crate::domain::{Error, Result};
use crate::synth::{self, Dirt, SynthFormat, write_country};

/// Makes the delivery.
pub fn synth(typed: &SynthArgs) -> Result<()> {
    if typed.to < typed.from {
        return Err(Error::usage(format!(
            "--to {} is before --from {}: give the first month first",
            typed.to, typed.from
        )));
    }
    let report = write_country(&synth::SynthArgs {
        persons: typed.persons,
        from: typed.from,
        to: typed.to,
        seed: typed.seed,
        format: if typed.format == FileForm::Csv { SynthFormat::Csv } else { SynthFormat::Parquet },
        dirt: if typed.messy { Dirt::Messy } else { Dirt::Clean },
        out: typed.out.clone(),
    })?;
    let mut text = String::new();
    for file in &report.files {
        let _ = writeln!(text, "{:>12} rows  {}", file.rows, file.name);
    }
    for (kind, times) in &report.planted {
        let _ = writeln!(text, "{times:>12} times {kind}");
    }
    let _ = writeln!(text, "{}", typed.out.display());
    print(&text)
}
