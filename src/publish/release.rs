//! A release in its staging folder: everything that `protect` gave, and the manifests around it.
//!
//! In: [`Protected`] and nothing else that holds a count. Out: `public/` and `restricted/`.

use std::ops::Range;
use std::path::Path;

use super::context::{AuditVerdict, ReleaseContext};
use super::files::{Area, WrittenFile, make_folder, sha256, write_file};
use super::summary::national;
use super::tables::{self, TableSummary};
use super::{completeness, json_bytes, loss, manifest, preview};
use crate::domain::{Error, Result};
use crate::protect::Protected;

/// The description of the additive relations: also part of the certificate.
const RELATIONS: &str = "metadata/relations.json";

/// The files of a release so far, with their hashes.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub public: Vec<WrittenFile>,
    pub restricted: Vec<WrittenFile>,
    pub tables: Vec<TableSummary>,
}

/// Writes the tables, the truth behind them, the certificate and the definition below `staging`,
/// and a public manifest that still lacks the audit's verdict.
pub fn write(protected: &Protected, context: &ReleaseContext, staging: &Path) -> Result<Written> {
    let (public, restricted) = (staging.join("public"), staging.join("restricted"));
    make_folder(&public, Area::Public)?;
    make_folder(&restricted, Area::Restricted)?;
    let (mut files, mut summaries) = tables::write_public(protected.public(), context, &public)?;
    let (completeness, summary) = completeness::write(context, &public)?;
    files.extend(completeness);
    summaries.push(summary);
    for (name, bytes) in &context.pipeline.files {
        files.push(write_file(&public, &format!("metadata/definition/{name}"), Area::Public, bytes)?);
    }
    let figures = national(&public, summaries.iter().map(|table| table.id.as_str()))?;
    let page = preview::page(context, &summaries, &figures)?;
    files.push(write_file(&public, "index.html", Area::Public, page.as_bytes())?);
    let mut truth = tables::write_restricted(protected.restricted(), context, &restricted)?;
    for (name, bytes) in protected.certificate().files() {
        truth.push(write_file(&restricted, &format!("certificate/{name}"), Area::Restricted, bytes)?);
    }
    files.push(write_relations(protected, &public)?);
    let loss = json_bytes(&loss::restricted(protected.loss()));
    truth.push(write_file(&restricted, "loss.json", Area::Restricted, &loss)?);
    summaries.iter_mut().for_each(|table| loss::add(table, protected.loss()));
    // A total that another pipeline hides must not follow from the bills counted here.
    let hidden = protected.ledger().hides_country();
    summaries.iter_mut().for_each(|table| table.hides_country |= hidden);
    let written = Written { public: files, restricted: truth, tables: summaries };
    let manifest = manifest::public(context, &written.tables, &written.public, None);
    write_file(&public, "manifest.json", Area::Public, &manifest)?;
    Ok(written)
}

/// Writes tables that are not published in this form: those of several releases together, to be
/// attacked as one. Each context is for some tables, by position in the pipeline.
pub fn write_together(
    protected: &Protected,
    contexts: &[(ReleaseContext, Range<usize>)],
    staging: &Path,
) -> Result<Written> {
    let (public, restricted) = (staging.join("public"), staging.join("restricted"));
    make_folder(&public, Area::Public)?;
    make_folder(&restricted, Area::Restricted)?;
    let mut written = Written::default();
    for (context, tables) in contexts {
        let of = protected.public().iter().filter(|table| tables.contains(&table.table)).cloned().collect::<Vec<_>>();
        let (files, summaries) = tables::write_public(&of, context, &public)?;
        let truth = protected.restricted().iter().filter(|table| tables.contains(&table.keys.table));
        tables::write_restricted(&truth.cloned().collect::<Vec<_>>(), context, &restricted)?;
        written.public.extend(files);
        written.tables.extend(summaries);
    }
    for (name, bytes) in protected.certificate().files() {
        write_file(&restricted, &format!("certificate/{name}"), Area::Restricted, bytes)?;
    }
    written.public.push(write_relations(protected, &public)?);
    if let Some((context, _)) = contexts.first() {
        let manifest = manifest::public(context, &written.tables, &written.public, None);
        write_file(&public, "manifest.json", Area::Public, &manifest)?;
    }
    Ok(written)
}

fn write_relations(protected: &Protected, public: &Path) -> Result<WrittenFile> {
    let wrong = |_| Error::bug("the relations cannot be written as JSON");
    let bytes = serde_json::to_vec(protected.relations()).map_err(wrong)?;
    write_file(public, RELATIONS, Area::Public, &bytes)
}

impl Written {
    /// Writes both manifests as they stay. Gives the hash of the restricted one, which names the
    /// state of the ledger that the release leaves.
    pub fn finish(self, context: &ReleaseContext, verdict: &AuditVerdict, staging: &Path) -> Result<String> {
        let (public, restricted) = (staging.join("public"), staging.join("restricted"));
        let manifest = manifest::public(context, &self.tables, &self.public, Some(verdict));
        write_file(&public, "manifest.json", Area::Public, &manifest)?;
        let manifest = manifest::restricted(context, &self.restricted);
        write_file(&restricted, "manifest.json", Area::Restricted, &manifest)?;
        Ok(sha256(&manifest))
    }
}
