//! Identifiers that are no integers, kept so that they have the same keys every night.
//!
//! In: the identifiers of a run. Out: a staged file of their texts, in the order of their keys; and
//! the same identifiers, put back before anything is read. The file only grows. Whatever else is
//! staged has keys in it, and is found only beside the file that they were given by. For the
//! restricted area alone.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::domain::{Error, Result};
use crate::load::{IdKind, Inputs};
use crate::stage::Stage;

/// Texts of a part of the file.
const PART: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Meta {
    /// By kind of identifier.
    kept: Vec<usize>,
    /// Tells this file from any other, however many texts it has.
    lineage: String,
}

/// Puts the identifiers back; where there are none yet, or they are lost, a new file is begun, and
/// nothing that was staged beside another one is found. False where this run has read identifiers
/// already, and in another order.
pub fn restore(stage: &Stage, inputs: &Inputs) -> Result<bool> {
    let Some(stored) = stage.read(&stage.fixed()) else {
        stage.begin_lineage();
        keep(stage, inputs)?;
        return Ok(true);
    };
    let meta: Meta = stored.meta()?;
    stage.set_lineage(meta.lineage);
    for (kind, &kept) in IdKind::ALL.into_iter().zip(&meta.kept) {
        let ids = inputs.ids(kind);
        let mut lengths: FxHashMap<u64, u64> = FxHashMap::default();
        for part in 0..kept.div_ceil(PART) {
            let rows = stored.rows(&format!("{}-{part}", kind as u8))?;
            let texts = rows.column_by_name("text").and_then(|column| column.as_string_opt::<i32>());
            for text in texts.ok_or_else(|| stored.is_damaged())?.iter().flatten() {
                let (shard, at) = ids.keep(text);
                let length = lengths.entry(shard).or_default();
                if at != *length {
                    return Ok(false);
                }
                *length += 1;
            }
        }
    }
    Ok(true)
}

/// Keeps the identifiers of the run, where there are more than were kept.
pub fn keep(stage: &Stage, inputs: &Inputs) -> Result<()> {
    let kept: Vec<usize> = IdKind::ALL.into_iter().map(|kind| inputs.ids(kind).kept()).collect();
    if let Some(stored) = stage.read(&stage.fixed())
        && stored.meta::<Meta>()?.kept == kept
    {
        return Ok(());
    }
    let mut writer = stage.create(&stage.fixed())?;
    for kind in IdKind::ALL {
        let mut texts = Vec::new();
        inputs.ids(kind).each_kept(|text| texts.push(text.to_string()));
        for (part, texts) in texts.chunks(PART).enumerate() {
            let schema = Schema::new(vec![Field::new("text", DataType::Utf8, false)]);
            let column = Arc::new(StringArray::from_iter_values(texts));
            let rows = RecordBatch::try_new(Arc::new(schema), vec![column]);
            writer.rows(&format!("{}-{part}", kind as u8), &rows.map_err(|_| Error::bug("texts are no column"))?)?;
        }
    }
    writer.finish(&Meta { kept, lineage: stage.lineage() })
}
