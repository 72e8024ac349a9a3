//! The lists that a pipeline names: contact types, features, age groups, policies.
//!
//! In: lists/KIND/ID.toml and the CSV files beside it. Out: the types of a definition. Refuses
//! codes listed twice for one day, and whatever names something that is not there.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::codes::{normalise_takst, rows};
use crate::domain::{Error, Result, parse_iso_day};

use super::fault::{Written, find, unknown};
use super::takst_index::ANY_L;
use super::tree::Reader;
use super::types::{AgeGroups, ContactSum, ContactType, ContactTypes, DatedTakst, Features, Policy, TypeSet};
use super::written::{AgeGroupsText, ContactTypesText, FeaturesText, NamedText, SumText, TakstRow, Word};

const UNCLASSIFIED: &str = "unclassified";
/// A list may name all types of its own by this.
pub(super) const ALL: &str = "*";

/// The text of a list by its kind and id.
///
/// # Errors
/// `None` says which list is missing, with the known ones.
pub(super) fn list_text(reader: &mut Reader, kind: &str, id: &str) -> Result<(String, Option<String>)> {
    let name = format!("lists/{kind}/{id}.toml");
    let text = if is_id(id) { reader.text(&name)? } else { None };
    Ok((name, text))
}

fn required(reader: &mut Reader, written: &Written<'_>, kind: &str, id: &Word) -> Result<(String, String)> {
    let (name, text) = list_text(reader, kind, id.get_ref())?;
    let known = reader.ids(kind);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    text.map(|text| (name, text)).ok_or_else(|| {
        let file = if is_id(id.get_ref()) { id.get_ref() } else { "ID" };
        let what = unknown("list", id.get_ref(), &known);
        written.at_word(id, format!("{what}; or write lists/{kind}/{file}.toml beside it"))
    })
}

/// Kebab-case: small letters, digits and single hyphens, a letter first.
pub(super) fn is_id(id: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.split('-').all(plain)
}

/// An id in kebab-case that is not used before.
pub(super) fn fresh_id(written: &Written<'_>, id: &Word, used: &mut BTreeSet<String>) -> Result<String> {
    if !is_id(id.get_ref()) {
        return Err(written.at_word(id, "expected an id of small letters, digits and hyphens (kebab-case)"));
    }
    if !used.insert(id.get_ref().clone()) {
        return Err(written.at_word(id, format!("the id `{}` is used twice; give each its own", id.get_ref())));
    }
    Ok(id.get_ref().clone())
}

pub(super) fn own_id(written: &Written<'_>, id: &Word, expected: &str) -> Result<String> {
    if id.get_ref() == expected {
        return Ok(expected.into());
    }
    Err(written
        .at_word(id, format!("the id is `{}` but the file is named for `{expected}`; make them one", id.get_ref())))
}

/// Reads a contact-type list, with the one that it extends.
pub(super) fn contact_types(reader: &mut Reader, pipeline: &Written<'_>, id: &Word) -> Result<ContactTypes> {
    let (name, text) = required(reader, pipeline, "contact-types", id)?;
    let written = Written { name: &name, text: &text };
    let list: ContactTypesText = written.parse()?;
    own_id(&written, &list.id, id.get_ref())?;
    let base = match &list.extends {
        Some(base) if base.get_ref() == id.get_ref() => {
            return Err(written.at_word(base, "a list cannot extend itself"));
        }
        Some(base) => Some(base_list(reader, &written, base)?),
        None => None,
    };
    build_contact_types(reader, &written, list, base)
}

// One step only: a list that is extended extends none.
fn base_list(reader: &mut Reader, written: &Written<'_>, id: &Word) -> Result<ContactTypes> {
    let (name, text) = required(reader, written, "contact-types", id)?;
    let base = Written { name: &name, text: &text };
    let list: ContactTypesText = base.parse()?;
    if list.extends.is_some() {
        return Err(written.at_word(id, "the list that is extended extends another; extend that one"));
    }
    build_contact_types(reader, &base, list, None)
}

fn build_contact_types(
    reader: &mut Reader,
    written: &Written<'_>,
    list: ContactTypesText,
    base: Option<ContactTypes>,
) -> Result<ContactTypes> {
    let (types, inherited_sums, inherited_takster) = match base {
        Some(base) if list.types.is_empty() => (base.types, base.sums, base.takster),
        Some(base) => (leaf_types(written, &list.types)?, Vec::new(), renumbered(written, base, &list.types)?),
        None => (leaf_types(written, &list.types)?, Vec::new(), Vec::new()),
    };
    let takster = drop_codes(written, inherited_takster, &list.drop)?;
    let ids: Vec<&str> = types.iter().map(|of| of.id.as_str()).collect();
    let takster = match &list.takster {
        Some(file) => with_rows(reader, written, file, &ids, takster)?,
        None => takster,
    };
    no_overlap(written, &takster)?;
    let sums = sums(written, &types, inherited_sums, &list.sums)?;
    let ContactTypesText { id, title, description, source, uncertainty, .. } = list;
    Ok(ContactTypes { id: id.into_inner(), title, description, source, uncertainty, types, sums, takster })
}

fn leaf_types(written: &Written<'_>, named: &[NamedText]) -> Result<Vec<ContactType>> {
    let mut used = BTreeSet::new();
    let mut types = Vec::new();
    for of in named {
        types.push(ContactType { id: fresh_id(written, &of.id, &mut used)?, title: of.title.clone() });
    }
    match types.last() {
        Some(last) if last.id == UNCLASSIFIED && types.len() <= 32 => Ok(types),
        Some(last) if last.id == UNCLASSIFIED => Err(written.whole("more than 32 contact types; 32 is the most")),
        _ => Err(written.whole("the last contact type must be `unclassified`; it takes what no takst code says")),
    }
}

// Codes of the base list by the types of a list that has its own.
fn renumbered(written: &Written<'_>, base: ContactTypes, types: &[NamedText]) -> Result<Vec<DatedTakst>> {
    let ids: Vec<&str> = base.types.iter().map(|of| of.id.as_str()).collect();
    let index = |of: &DatedTakst| {
        let id = ids.get(usize::from(of.index)).copied().unwrap_or_default();
        let at = types.iter().position(|named| named.id.get_ref() == id);
        at.map(|at| at as u8).ok_or_else(|| {
            written.whole(format!(
                "the list that is extended has the type `{id}`, which is not among the types here; name it"
            ))
        })
    };
    let of = |takst: DatedTakst| Ok(DatedTakst { index: index(&takst)?, ..takst });
    base.takster.into_iter().map(of).collect()
}

fn drop_codes(written: &Written<'_>, mut takster: Vec<DatedTakst>, codes: &[Word]) -> Result<Vec<DatedTakst>> {
    for code in codes {
        let normal = normalise_takst(code.get_ref());
        let before = takster.len();
        takster.retain(|takst| takst.code != normal);
        if takster.len() == before {
            return Err(written.at_word(code, format!("takst `{normal}` is not in the list that is extended")));
        }
    }
    Ok(takster)
}

fn with_rows(
    reader: &mut Reader,
    written: &Written<'_>,
    file: &Word,
    ids: &[&str],
    mut takster: Vec<DatedTakst>,
) -> Result<Vec<DatedTakst>> {
    let (name, text) = beside(reader, written, file)?;
    for listed in rows::<TakstRow>(&name, &text).map_err(Error::definition)? {
        let fault = |what: String| Error::definition(format!("{name}:{}: {what}", listed.line));
        let row = &listed.row;
        let index = ids.iter().position(|id| *id == row.means);
        let index = index.ok_or_else(|| fault(unknown("name", &row.means, ids)))? as u8;
        let from =
            parse_iso_day(&row.valid_from).ok_or_else(|| fault("valid_from: expected a date as YYYY-MM-DD".into()))?;
        let to = match row.valid_to.as_str() {
            "" => i32::MAX,
            text => parse_iso_day(text)
                .ok_or_else(|| fault("valid_to: expected a date as YYYY-MM-DD, or nothing".into()))?,
        };
        if to < from {
            return Err(fault("valid_to is before valid_from".into()));
        }
        takster.push(DatedTakst { code: normalise_takst(&row.takst).into_owned(), index, from, to });
    }
    Ok(takster)
}

/// The text of a file named in another, relative to that one's folder.
pub(super) fn beside(reader: &mut Reader, written: &Written<'_>, file: &Word) -> Result<(String, String)> {
    let folder = written.name.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let name = format!("{folder}{}", file.get_ref());
    let text = reader.text(&name).map_err(|error| written.at_word(file, error.message))?;
    let text = text.ok_or_else(|| written.at_word(file, format!("no file {name}; put it there or mend the name")))?;
    Ok((name, text))
}

fn no_overlap(written: &Written<'_>, takster: &[DatedTakst]) -> Result<()> {
    let mut sorted: Vec<&DatedTakst> = takster.iter().collect();
    sorted.sort_by(|a, b| (&a.code, a.from).cmp(&(&b.code, b.from)));
    let clash = sorted.windows(2).find(|pair| pair[0].code == pair[1].code && pair[1].from <= pair[0].to);
    match clash {
        Some(pair) => Err(written.whole(format!(
            "takst `{}` is listed twice for the same day; let the dates of its rows follow each other",
            pair[0].code
        ))),
        None => Ok(()),
    }
}

fn sums(
    written: &Written<'_>,
    types: &[ContactType],
    inherited: Vec<ContactSum>,
    named: &[SumText],
) -> Result<Vec<ContactSum>> {
    let mut sums = inherited;
    let mut used: BTreeSet<String> = types.iter().map(|of| of.id.clone()).collect();
    for sum in named {
        let id = fresh_id(written, &sum.id, &mut used)?;
        let members = sum.members.iter().map(|member| members_of(written, types, member));
        let members = members.collect::<Result<Vec<TypeSet>>>()?.into_iter().fold(0, |all, one| all | one);
        if members == 0 {
            return Err(written.at_word(&sum.id, "a sum needs at least one member"));
        }
        let made = ContactSum { id, title: sum.title.clone(), members };
        match sums.iter_mut().find(|known| known.id == made.id) {
            Some(known) => *known = made,
            None => sums.push(made),
        }
    }
    Ok(sums)
}

fn members_of(written: &Written<'_>, types: &[ContactType], member: &Word) -> Result<TypeSet> {
    if member.get_ref() == ALL {
        return Ok((0..types.len()).fold(0, |set, bit| set | 1 << bit));
    }
    find(written, "contact type", member, types.iter().map(|of| of.id.as_str())).map(|bit| 1 << bit)
}

/// Reads a feature list.
pub(super) fn features(reader: &mut Reader, pipeline: &Written<'_>, id: &Word) -> Result<Features> {
    let (name, text) = required(reader, pipeline, "features", id)?;
    let written = Written { name: &name, text: &text };
    let list: FeaturesText = written.parse()?;
    let id = own_id(&written, &list.id, id.get_ref())?;
    let mut used = BTreeSet::new();
    let ids = list.feature.iter().map(|of| fresh_id(&written, &of.id, &mut used)).collect::<Result<Vec<String>>>()?;
    if ids.len() > 32 {
        return Err(written.whole("more than 32 features; 32 is the most"));
    }
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    let takster = with_rows(reader, &written, &list.takster, &known, Vec::new())?;
    if takster.iter().any(|takst| takst.code == ANY_L) {
        return Err(written.at_word(&list.takster, "`l*` stands for a contact type only; name the codes of a feature"));
    }
    for index in 0..ids.len() as u8 {
        let of_one: Vec<DatedTakst> = takster.iter().filter(|takst| takst.index == index).cloned().collect();
        no_overlap(&written, &of_one)?;
    }
    let titles = list.feature.iter().map(|of| of.title.clone()).collect();
    let FeaturesText { title, description, source, .. } = list;
    Ok(Features { id, title, description, source, ids, titles, takster })
}

/// Reads an age grouping; the labels are made of the bounds.
pub(super) fn age_groups(reader: &mut Reader, pipeline: &Written<'_>, id: &Word) -> Result<AgeGroups> {
    let (name, text) = required(reader, pipeline, "age-groups", id)?;
    let written = Written { name: &name, text: &text };
    let list: AgeGroupsText = written.parse()?;
    let id = own_id(&written, &list.id, id.get_ref())?;
    let from = list.from.get_ref().clone();
    if !AgeGroups::is_grouping(&from) {
        return Err(at_list(
            &written,
            &list.from,
            "expected the first age of each group, ascending from 0 to at most 120",
        ));
    }
    Ok(AgeGroups::starting(&id, from))
}

fn at_list<T>(written: &Written<'_>, list: &Spanned<T>, what: &str) -> Error {
    written.at_word(list, what)
}

/// Reads a protection policy.
pub(super) fn policy(reader: &mut Reader, pipeline: &Written<'_>, id: &Word) -> Result<Policy> {
    let (name, text) = required(reader, pipeline, "policies", id)?;
    let written = Written { name: &name, text: &text };
    let policy: Policy = written.parse()?;
    if policy.id != *id.get_ref() {
        return Err(written.whole(format!(
            "the id is `{}` but the file is named for `{}`; make them one",
            policy.id,
            id.get_ref()
        )));
    }
    Ok(policy)
}
