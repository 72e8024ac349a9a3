//! A synthetic delivery from the command line, for trying things out:
//! `synth PERSONS FROM TO SEED csv|parquet OUT [messy]`.

use kprstat::synth::{Dirt, SynthArgs, SynthFormat, write_country};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [persons, from, to, seed, format, out, rest @ ..] = words.as_slice() else {
        return Err("expected PERSONS FROM TO SEED csv|parquet OUT [messy]".into());
    };
    let args = SynthArgs {
        persons: persons.parse()?,
        from: from.parse()?,
        to: to.parse()?,
        seed: seed.parse()?,
        format: if format == "parquet" { SynthFormat::Parquet } else { SynthFormat::Csv },
        dirt: if rest.is_empty() { Dirt::Clean } else { Dirt::Messy },
        out: out.into(),
    };
    let report = write_country(&args)?;
    for file in &report.files {
        println!("{:>10}  {}", file.rows, file.name);
    }
    for (kind, times) in &report.planted {
        println!("{times:>10}  {kind}");
    }
    Ok(())
}
