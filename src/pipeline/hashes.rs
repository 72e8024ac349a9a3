//! Hashes of the delivery's files, kept on the stage from night to night.
//!
//! In: a run, its files. Out: the hashes of those that were not written since the last run. What is
//! noted outlives no failure. Never keeps a run from going on.

use super::run::Work;
use crate::load::{Inputs, Noted};

/// Recalls what the last run noted.
pub fn recall(work: &Work, inputs: &Inputs) {
    let noted = work.stage.and_then(|stage| stage.read(&stage.hashes(&work.pipeline.id)));
    if let Some(Ok(noted)) = noted.map(|stored| stored.meta::<Noted>()) {
        inputs.recall(&noted);
    }
}

/// Notes the hashes for the next run.
pub fn note(work: &Work, inputs: &Inputs) {
    let Some(stage) = work.stage else { return };
    let kept = stage.create(&stage.hashes(&work.pipeline.id)).and_then(|writer| writer.finish(&inputs.noted()));
    if let Err(error) = kept {
        tracing::warn!("the hashes of the files could not be kept: {}", error.message);
    }
}

/// Forgets what was noted, after a failure: the next run hashes every file.
pub fn forget(work: &Work) {
    if let Some(stage) = work.stage {
        stage.forget(&stage.hashes(&work.pipeline.id));
    }
}
