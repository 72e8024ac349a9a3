//! `kprstat reproduce`: a release made again from its manifest.
//!
//! In: what was typed. Out: the release's name and place on stdout, or an error that says which
//! program, definition, input or output differs.

use super::args_again::ReproduceArgs;
use super::console::Console;
use super::print;
use crate::domain::Result;
use crate::pipeline::{self, Reproduction};

/// Makes the release again and says that it is the same.
pub fn reproduce(typed: &ReproduceArgs, console: &Console) -> Result<()> {
    super::stop::listen()?;
    let asked = Reproduction {
        manifest: typed.manifest.clone(),
        deliveries: typed.delivery.clone(),
        out: typed.out.clone(),
        restricted: typed.restricted.clone(),
        against: typed.against.clone(),
        memory: typed.memory,
    };
    let release = pipeline::reproduce(&asked, console)?;
    console.close();
    print(&format!(
        "Reproduced {}: every public file is byte for byte as the manifest states\n  public      {}\n",
        release.release,
        release.public.display()
    ))
}
