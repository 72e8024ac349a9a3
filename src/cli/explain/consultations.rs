//! The official definitions of a consultation, side by side.
//!
//! In: lists of contact types. Out: text: what each is, and a grid of takst codes by list.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::args::Language;
use crate::definition::ContactTypes;

/// The sum that is compared.
const CONSULTATION: &str = "consultation";

/// Each list in words, then the codes that make a consultation by list.
pub fn side_by_side(lists: &[ContactTypes], lang: Language) -> String {
    let mut text = lists.iter().map(|list| in_words(list, lang)).collect::<String>();
    text.push_str(lang.pick(
        "Takster som gir en konsultasjon, etter liste (type: hvilken del av konsultasjonen):\n",
        "Codes that make a consultation, by list (type: which part of the consultation):\n",
    ));
    text.push_str(&grid(lists, lang));
    text
}

fn in_words(list: &ContactTypes, lang: Language) -> String {
    let mut text = format!("{}: {}\n  {}\n", list.id, lang.of(&list.title), lang.of(&list.description));
    text.push_str(&format!("  {}: {}\n", lang.pick("Kilde", "Source"), lang.of(&list.source)));
    if let Some(uncertainty) = &list.uncertainty {
        text.push_str(&format!("  {}: {}\n", lang.pick("Usikkert", "Uncertain"), lang.of(uncertainty)));
    }
    text.push_str(&format!("  {CONSULTATION} = {}\n\n", parts(list).join(" + ")));
    text
}

/// Ids of the types that the list's consultation is the sum of.
fn parts(list: &ContactTypes) -> Vec<&str> {
    let members = list.sums.iter().find(|sum| sum.id == CONSULTATION).map_or(0, |sum| sum.members);
    let types = list.types.iter().enumerate();
    types.filter(|(bit, _)| members >> bit & 1 == 1).map(|(_, of)| of.id.as_str()).collect()
}

/// Codes of a list's consultation, with the part that each makes.
fn codes(list: &ContactTypes) -> BTreeMap<&str, &str> {
    let parts: BTreeSet<&str> = parts(list).into_iter().collect();
    let part = |index: u8| list.types.get(usize::from(index)).map(|of| of.id.as_str()).unwrap_or_default();
    let takster = list.takster.iter().map(|takst| (takst.code.as_str(), part(takst.index)));
    takster.filter(|(_, part)| parts.contains(part)).collect()
}

fn grid(lists: &[ContactTypes], lang: Language) -> String {
    let by_list: Vec<BTreeMap<&str, &str>> = lists.iter().map(codes).collect();
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    by_list.iter().flatten().for_each(|(code, part)| {
        types.entry(code).or_insert(part);
    });
    let width = types.values().map(|part| part.len()).max().unwrap_or(4);
    let mut text = format!("{:<6} {:<width$}", lang.pick("takst", "code"), "type");
    lists.iter().for_each(|list| text.push_str(&format!("  {}", list.id)));
    text.push('\n');
    for (code, part) in types {
        let mut line = format!("{code:<6} {part:<width$}");
        for (list, codes) in lists.iter().zip(&by_list) {
            let mark = if codes.contains_key(code) { "x" } else { "-" };
            line.push_str(&format!("  {mark:<width$}", width = list.id.len()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
