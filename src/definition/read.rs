//! Reading a pipeline definition: the file, the lists that it names, the tables.
//!
//! In: a path, or the bytes kept of an earlier run. Out: [`Pipeline`], complete, with every file
//! that went into it. Never sees data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::Spanned;

use crate::codes::{self, Geography, GeographyLists};
use crate::domain::{Error, Result};
use crate::schema;

use super::fault::{Written, find, unknown};
use super::gates;
use super::joined_table::joined_table;
use super::joined_written::JoinedTableText;
use super::lists::{self, beside, fresh_id, list_text, own_id};
use super::shipped;
use super::table::{Lists, month, table, version};
use super::tree::{Reader, Tree};
use super::types::{Dimension, Measure, Pipeline, SourceUse, Table};
use super::written::{GeographyText, PipelineText, SourceText, TableText, Word};

/// Code lists that the meaning of every pipeline hangs on, kept with its files.
const CODE_LISTS: [&str; 6] = [
    "geo/counties.csv",
    "geo/municipalities.csv",
    "geo/recode_2024.csv",
    "geo/special.csv",
    "icpc2_chapters.csv",
    "praksistype.csv",
];

const ENCODINGS: [&str; 2] = ["utf-8", "iso-8859-1"];
const DEFAULT_LIST: &str = "kprstat";
const DEFAULT_GEOGRAPHY: &str = "recode-2024";
const DEFAULT_POLICY: &str = "standard";
const DEFAULT_REJECT_LIMIT: f64 = 0.01;

impl Pipeline {
    /// Reads a definition and the lists that it names. A list is looked for beside the definition
    /// (`lists/KIND/ID.toml`), then among those compiled in.
    ///
    /// # Errors
    /// Exit code 10 with file, line and column for a fault of the definition, 12 for one of the
    /// geography.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let missing =
            || Error::definition(format!("{shown}: no such pipeline definition; give the path of a .toml file"));
        let bytes = std::fs::read(path).map_err(|_| missing())?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        read_from(Reader::new(Tree::Folder(folder.into())), &shown, bytes)
    }

    /// The pipeline of a definition that is compiled in (`gp-activity`).
    ///
    /// # Errors
    /// Exit code 10, with the known ones.
    pub fn shipped(id: &str) -> Result<Self> {
        let name = format!("{id}.toml");
        let Some(text) = shipped::list(&name).filter(|_| lists::is_id(id)) else {
            return Err(Error::definition(unknown("pipeline", id, &Pipeline::shipped_ids())));
        };
        read_from(Reader::new(Tree::Kept(BTreeMap::new())), &name, text.as_bytes().to_vec())
    }

    /// The ids of the pipelines that are compiled in.
    pub fn shipped_ids() -> Vec<&'static str> {
        let pipeline = |name: &'static str| name.strip_suffix(".toml").filter(|id| !id.contains('/'));
        shipped::LISTS.iter().filter_map(|(name, _)| pipeline(name)).collect()
    }

    /// The pipeline of the files kept of an earlier run (see [`Pipeline::files`]).
    ///
    /// # Errors
    /// Exit code 10, also where a code list was another one in the program that kept the files.
    pub fn from_files(files: &[(String, Vec<u8>)]) -> Result<Self> {
        let kept: BTreeMap<String, Vec<u8>> = files.iter().cloned().collect();
        for (name, bytes) in &kept {
            let compiled = name.strip_prefix("codes/").map(|list| codes::list(list).unwrap_or_default());
            if compiled.is_some_and(|text| text.as_bytes() != bytes.as_slice()) {
                return Err(Error::definition(format!(
                    "{name}: the program has another version of the code list; use the program that made the release"
                )));
            }
        }
        let own = kept.iter().find(|(name, _)| !name.contains('/') && name.ends_with(".toml"));
        let (name, bytes) = own
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .ok_or_else(|| Error::definition("no pipeline definition among the files kept"))?;
        read_from(Reader::new(Tree::Kept(kept)), &name, bytes)
    }

    /// The release geography: the list of the definition, else the one compiled in.
    ///
    /// # Errors
    /// Exit code 12.
    pub fn release_geography(&self) -> Result<Geography> {
        let files: BTreeMap<String, Vec<u8>> = self.files.iter().cloned().collect();
        geography(&mut Reader::new(Tree::Kept(files)), &self.geography)
    }
}

fn read_from(mut reader: Reader, shown: &str, bytes: Vec<u8>) -> Result<Pipeline> {
    let text = String::from_utf8(bytes.clone())
        .map_err(|_| Error::definition(format!("{shown}: expected UTF-8; save the file as UTF-8")))?;
    let written = Written { name: shown, text: &text };
    let parsed: PipelineText = written.parse()?;
    let mut pipeline = meaning(&mut reader, &written, parsed)?;
    geography(&mut reader, &pipeline.geography)?;
    reader.remember(&format!("{}.toml", pipeline.id), &bytes);
    for name in CODE_LISTS {
        reader.remember(&format!("codes/{name}"), codes::list(name).unwrap_or_default().as_bytes());
    }
    pipeline.files = reader.files();
    Ok(pipeline)
}

fn meaning(reader: &mut Reader, written: &Written<'_>, text: PipelineText) -> Result<Pipeline> {
    let or = |word: &Option<Word>, default: &str| word.clone().unwrap_or_else(|| Spanned::new(0..0, default.into()));
    let contact_types = lists::contact_types(reader, written, &or(&text.contact_types, DEFAULT_LIST))?;
    let features = lists::features(reader, written, &or(&text.features, DEFAULT_LIST))?;
    let age_groups = lists::age_groups(reader, written, &or(&text.age_groups, DEFAULT_LIST))?;
    let policy = lists::policy(reader, written, &or(&text.policy, DEFAULT_POLICY))?;
    let sources = sources(written, &text.source)?;
    let tables = tables(
        written,
        (text.table, text.register_table),
        &Lists { written: *written, contact_types: &contact_types, features: &features, policy: &policy },
        &sources,
    )?;
    let from = text.from.as_ref().map(|word| month(written, word)).transpose()?;
    let to = text.to.as_ref().map(|word| month(written, word)).transpose()?;
    if let (Some(first), Some(last), Some(word)) = (from, to, &text.to)
        && last < first
    {
        return Err(written.at_word(word, "the last month is before the first; mend from or to"));
    }
    let reject_limit = reject_limit(written, text.reject_limit.as_ref())?;
    Ok(Pipeline {
        id: fresh_id(written, &text.id, &mut BTreeSet::new())?,
        version: version(written, &text.version)?,
        title: text.title,
        description: text.description,
        sources,
        from,
        to,
        contact_types,
        features,
        age_groups,
        geography: or(&text.geography, DEFAULT_GEOGRAPHY).into_inner(),
        policy,
        reject_limit,
        gates: gates::gates(written, text.gates, reject_limit)?,
        tables,
        files: Vec::new(),
    })
}

fn reject_limit(written: &Written<'_>, limit: Option<&Spanned<f64>>) -> Result<f64> {
    match limit {
        None => Ok(DEFAULT_REJECT_LIMIT),
        Some(limit) if (0.0..=1.0).contains(limit.get_ref()) => Ok(*limit.get_ref()),
        Some(limit) => Err(written.at_word(limit, "expected a share from 0 to 1 (0.01 is one percent)")),
    }
}

fn sources(written: &Written<'_>, texts: &[SourceText]) -> Result<Vec<SourceUse>> {
    let mut used = BTreeSet::new();
    let mut sources = Vec::new();
    for text in texts {
        find(written, "source", &text.id, schema::sources()?.iter().map(|known| known.source.as_str()))?;
        if !used.insert(text.id.get_ref().clone()) {
            return Err(written.at_word(&text.id, "the source is named twice; name it once"));
        }
        let files = text.files.iter().map(|glob| file_glob(written, glob)).collect::<Result<Vec<String>>>()?;
        let dialect = text.dialect.clone();
        if let Some(dialect) = &dialect {
            let of = dialect.get_ref();
            if !of.delimiter.is_none_or(|delimiter| [';', ',', '\t'].contains(&delimiter)) {
                return Err(written.at_word(dialect, "delimiter: expected \";\", \",\" or a tab"));
            }
            if !of.encoding.as_deref().is_none_or(|encoding| ENCODINGS.contains(&encoding)) {
                return Err(written.at_word(dialect, "encoding: expected \"utf-8\" or \"iso-8859-1\""));
            }
        }
        let dialect = dialect.map(Spanned::into_inner).unwrap_or_default();
        sources.push(SourceUse { source: text.id.get_ref().clone(), files, dialect });
    }
    Ok(sources)
}

fn file_glob(written: &Written<'_>, glob: &Word) -> Result<String> {
    let text = glob.get_ref();
    if text.is_empty() || text.contains(['/', '\\']) {
        return Err(
            written.at_word(glob, "expected a file name, with * and ? for any letters, of the delivery's own folder")
        );
    }
    Ok(text.clone())
}

fn tables(
    written: &Written<'_>,
    (texts, joined): (Vec<TableText>, Vec<JoinedTableText>),
    lists: &Lists<'_>,
    sources: &[SourceUse],
) -> Result<Vec<Table>> {
    let mut used = BTreeSet::new();
    let mut tables = Vec::new();
    if let (Some(first), false) = (joined.first(), texts.is_empty()) {
        return Err(written.at_word(
            &first.id,
            "a pipeline has tables of contacts ([[table]]) or of registers ([[register-table]]); make a pipeline of each",
        ));
    }
    let made: Vec<(Word, Result<Table>)> =
        texts.into_iter().map(|text| (text.id.clone(), table(lists, text, &mut used))).collect();
    let joined = joined.into_iter().map(|text| (text.id.clone(), joined_table(lists, text, &mut used)));
    for (id, table) in made.into_iter().chain(joined) {
        let table = table?;
        if let Some((source, why)) =
            needed(&table).into_iter().find(|(source, _)| !sources.iter().any(|of| of.source == *source))
        {
            return Err(
                written.at_word(&id, format!("{why} needs the source {source}; add [[source]] id = \"{source}\""))
            );
        }
        tables.push(table);
    }
    if tables.is_empty() {
        return Err(written.whole("the pipeline has no tables; add [[table]] or [[register-table]]"));
    }
    Ok(tables)
}

fn needed(table: &Table) -> Vec<(&'static str, &'static str)> {
    if let Some(family) = table.family() {
        return family.sources().iter().map(|&source| (source, "a table of registers")).collect();
    }
    let mut needed = vec![("regning", "a table of contacts"), ("takst", "a table of contacts")];
    if table.dimensions.contains(&Dimension::Icpc2Chapter) {
        needed.push(("diagnose", "the dimension icpc2-chapter"));
    }
    if table.measures.iter().any(|measure| matches!(measure, Measure::Per1000 | Measure::PatientsPer100)) {
        needed.push(("innbyggere", "a rate"));
    }
    needed
}

fn geography(reader: &mut Reader, id: &str) -> Result<Geography> {
    let (name, text) = list_text(reader, "geography", id)?;
    let Some(text) = text else { return Geography::load(id) };
    let written = Written { name: &name, text: &text };
    let as_geography = |error: Error| Error::geography(error.message);
    let list: GeographyText = written.parse().map_err(as_geography)?;
    own_id(&written, &list.id, id).map_err(as_geography)?;
    let mut of = |file: &Word| beside(reader, &written, file).map_err(as_geography);
    let recoding = of(&list.recoding)?;
    let municipalities = list.municipalities.as_ref().map(&mut of).transpose()?;
    let counties = list.counties.as_ref().map(&mut of).transpose()?;
    let lists = GeographyLists {
        recoding: pair(&recoding),
        municipalities: municipalities.as_ref().map(pair),
        counties: counties.as_ref().map(pair),
    };
    Geography::from_lists(id, &lists)
}

fn pair((name, text): &(String, String)) -> (&str, &str) {
    (name, text)
}
