//! `kprstat diff`: what changed from one release to another, or over a series of them.
//!
//! In: two folders of releases, or the folder of a series. Out: on stdout, in words or as JSON, what
//! changed.

use serde::Serialize;

use super::args::LogForm;
use super::args_again::DiffArgs;
use super::print;
use crate::domain::{Error, Result};
use crate::revision::{Revision, Series};

/// Compares the releases and says what changed.
pub fn diff(typed: &DiffArgs) -> Result<()> {
    if let Some(folder) = &typed.series {
        let series = Series::read(folder, typed.pipeline.as_deref())?;
        return answer(typed.format, &series, |series| series.in_words(typed.lang));
    }
    let (Some(before), Some(after)) = (&typed.before, &typed.after) else {
        return Err(Error::usage("expected two folders of releases, or --series with the public folder of an OUT"));
    };
    answer(typed.format, &Revision::between(before, after)?, Revision::in_words)
}

fn answer<T: Serialize>(form: LogForm, of: &T, in_words: impl Fn(&T) -> String) -> Result<()> {
    match form {
        LogForm::Text => print(&in_words(of)),
        LogForm::Json => {
            let text = serde_json::to_string_pretty(of).map_err(|_| Error::bug("the revision is no JSON"))?;
            print(&format!("{text}\n"))
        }
    }
}
