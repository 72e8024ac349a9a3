//! The certificate as files (CERTIFICATE.md): what anybody needs to check the proofs by addition.
//!
//! In: relations, cells and proofs. Out: names and bytes, the same for the same proofs. Restricted.

use std::collections::BTreeMap;
use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::grid::NONE;
use super::moves::{Layer, Part, Term};
use super::proofs::{Claim, Proofs, Used};
use super::system::{State, System};
use crate::definition::Policy;
use crate::domain::{Error, Result};
use crate::relations::{DimKind, Relations};

/// The files of a certificate, by name.
#[derive(Debug, Clone, Default)]
pub struct Certificate {
    files: Vec<(String, Vec<u8>)>,
    claims: usize,
    witnesses: usize,
}

impl Certificate {
    /// Names and bytes, in order of the name.
    pub fn files(&self) -> &[(String, Vec<u8>)] {
        &self.files
    }

    /// Adds a universe.
    pub(super) fn add(&mut self, at: usize, system: &System<'_>, proofs: &Proofs) -> Result<()> {
        let mut writer = Writer { system, proofs, numbers: BTreeMap::new(), witnesses: String::new(), count: 0 };
        let claims = writer.claims();
        self.claims += claims.lines().count() - 1;
        self.witnesses += writer.count;
        for (name, text) in [("cells", cells(system)), ("claims", claims)] {
            self.files.push((format!("{name}-{at}.csv.zst"), packed(&text)?));
        }
        self.files.push((format!("witnesses-{at}.jsonl.zst"), packed(&writer.witnesses)?));
        Ok(())
    }

    /// Adds the relations and the list of what there is.
    pub(super) fn finish(mut self, relations: &Relations, policy: &Policy) -> Result<Certificate> {
        let wrong = |_| Error::bug("the certificate cannot be written as JSON");
        let relations = serde_json::to_vec(relations).map_err(wrong)?;
        self.files.sort();
        let names: Vec<&String> = self.files.iter().map(|(name, _)| name).collect();
        let head = serde_json::json!({
            "claims": self.claims, "files": names, "format": 1, "policy": policy, "witnesses": self.witnesses,
        });
        let head = serde_json::to_vec_pretty(&head).map_err(wrong)?;
        self.files.push(("certificate.json".into(), head));
        self.files.push(("relations.json".into(), relations));
        self.files.sort();
        Ok(self)
    }
}

fn packed(text: &str) -> Result<Vec<u8>> {
    zstd::encode_all(text.as_bytes(), 6)
        .map_err(|_| Error::output("the certificate could not be compressed; free some memory"))
}

fn cells(system: &System<'_>) -> String {
    let mut text = String::from("view,position,contacts,patients,contacts_state,patients_state,");
    text.push_str("lone_patient,lone_doctor,patients_lone_patient,patients_lone_doctor,");
    text.push_str("contacts_low,contacts_high,patients_low,patients_high\n");
    let mut numbers = [FxHashMap::default(), FxHashMap::default()];
    for (view, grid) in system.grids.iter().enumerate() {
        for (position, &id) in grid.ids.iter().enumerate() {
            let Some(cell) = system.cells.get(id as usize) else { continue };
            let shows = cell.has_patients();
            let patients = if shows { cell.patients } else { 0 };
            if cell.contacts == 0 && patients == 0 {
                continue;
            }
            let written = if shows { patients.to_string() } else { String::new() };
            let (of_contacts, of_patients) = (letter(cell.state, cell.contacts), letter(cell.state, patients));
            let _ = write!(text, "{view},{position},{},{written},{of_contacts},{of_patients}", cell.contacts);
            let layers = [(Layer::Contacts, cell.contacts > 0), (Layer::Patients, shows && patients > 0)];
            for (layer, counts) in layers {
                let owners: Vec<u32> = system.owners(id, layer).filter(|_| counts).collect();
                write_lone(&mut text, &owners, &mut numbers);
            }
            for layer in [Layer::Contacts, Layer::Patients] {
                let _ = match system.left(id, layer).filter(|_| shows || layer == Layer::Contacts) {
                    Some((low, high)) => write!(text, ",{low},{high}"),
                    None => write!(text, ",,"),
                };
            }
            text.push('\n');
        }
    }
    text
}

/// Writes who alone makes a count, patient and doctor, by numbers of no meaning outside the file.
fn write_lone(text: &mut String, owners: &[u32], numbers: &mut [FxHashMap<u32, usize>; 2]) {
    for (odd, numbers) in numbers.iter_mut().enumerate() {
        text.push(',');
        if let Some(&owner) = owners.iter().find(|&&owner| owner as usize % 2 == odd) {
            let next = numbers.len() + 1;
            let _ = write!(text, "{}", numbers.entry(owner).or_insert(next));
        }
    }
}

fn letter(state: State, value: u32) -> char {
    match state {
        State::Unpublished => 'U',
        State::Hidden if value > 0 => 'H',
        _ => 'S',
    }
}

struct Writer<'w, 'a> {
    system: &'w System<'a>,
    proofs: &'w Proofs,
    /// Numbers of the witnesses up and down of a move.
    numbers: BTreeMap<u32, String>,
    witnesses: String,
    count: usize,
}

impl Writer<'_, '_> {
    fn claims(&mut self) -> String {
        let mut text = String::from("view,position,layer,width,reason,witnesses\n");
        for (target, claims) in self.system.targets.iter().zip(&self.proofs.claims) {
            let (view, position) = self.system.home[target.cell as usize];
            let reason = self.system.cells[target.cell as usize].reason.name();
            for (claim, layer) in claims.iter().zip(["contacts", "patients"]) {
                if claim.width > 0 {
                    let pairs = self.pairs(claim);
                    let _ = writeln!(text, "{view},{position},{layer},{},{reason},{pairs}", claim.width);
                }
            }
        }
        text
    }

    fn pairs(&mut self, claim: &Claim) -> String {
        let pairs: Vec<String> = claim.moves.iter().map(|&at| self.pair(at)).collect();
        pairs.join(" ")
    }

    fn pair(&mut self, at: u32) -> String {
        if let Some(pair) = self.numbers.get(&at) {
            return pair.clone();
        }
        let used = &self.proofs.moves[at as usize];
        let amounts = used.amounts;
        let up = self.witness(used, i64::from(amounts.contacts_up), i64::from(amounts.patients_up));
        let down = self.witness(used, -i64::from(amounts.contacts_down), -i64::from(amounts.patients_down));
        let pair = format!("{up}/{down}");
        self.numbers.insert(at, pair.clone());
        pair
    }

    /// Writes a witness; its number, or nothing where it is the truth.
    fn witness(&mut self, used: &Used, contacts: i64, patients: i64) -> String {
        if contacts == 0 && patients == 0 {
            return String::new();
        }
        let mut parts = Vec::new();
        if contacts != 0 {
            let of_contacts = self.company(used).find(|other| other.layer == Layer::Contacts).unwrap_or(used);
            let term = |term: &Term| {
                format!("{{\"by\":{},\"move\":{}}}", contacts * i64::from(term.sign), moved(&term.parts, |_| true))
            };
            parts.push(format!("\"contacts\":[{}]", of_contacts.terms.iter().map(term).collect::<Vec<_>>().join(",")));
        }
        if patients != 0 {
            let mut of_patients: Vec<String> = Vec::new();
            for used in [used].into_iter().chain(self.company(used)).filter(|used| used.layer != Layer::Contacts) {
                of_patients.extend(used.terms.iter().flat_map(|term| self.patients(used, term, patients)));
            }
            parts.push(format!("\"patients\":[{}]", of_patients.join(",")));
        }
        let _ = writeln!(self.witnesses, "{{{}}}", parts.join(","));
        self.count += 1;
        (self.count - 1).to_string()
    }

    /// Moves that go along with another.
    fn company(&self, used: &Used) -> impl Iterator<Item = &Used> {
        used.along.iter().map(|&at| &self.proofs.moves[at as usize])
    }

    fn patients(&self, used: &Used, term: &Term, by: i64) -> Vec<String> {
        let change = moved(&term.parts, |dim| self.system.universe.dims[dim].kind.adds_patients());
        let part = |(at, sign): (Vec<(usize, u16)>, i8)| {
            let at: Vec<String> = at.iter().map(|(dim, code)| format!("[{dim},{code}]")).collect();
            format!("{{\"by\":{},\"at\":[{}],\"move\":{change}}}", by * i64::from(sign * term.sign), at.join(","))
        };
        self.slices(used, term).into_iter().map(part).collect()
    }

    /// The codes at which a change along contact types changes patients, with the sign.
    fn types(&self, used: &Used, (plus, minus): Part, dim: usize) -> Vec<(Vec<u16>, i8)> {
        let codes = &self.system.universe.dims[dim].codes;
        let holds = |leaves: &[u16], leaf: u16| i8::from(leaf != NONE && leaves.contains(&leaf));
        let change = |(code, sign): (usize, i8)| {
            let mut at = used.at.clone();
            at[dim] = code as u16;
            (at, sign)
        };
        let first = |code: &usize| codes[..*code].iter().all(|other| other.leaves != codes[*code].leaves);
        let signs = (0..codes.len()).filter(first).map(|code| {
            let leaves = &codes[code].leaves;
            (code, holds(leaves, plus) - holds(leaves, minus))
        });
        signs.filter(|&(_, sign)| sign != 0).map(change).collect()
    }

    /// The periods and quantities in which patients change, with the sign.
    fn slices(&self, used: &Used, term: &Term) -> BTreeMap<Vec<(usize, u16)>, i8> {
        let kind = |dim: usize| self.system.universe.dims[dim].kind;
        let additive = |dim: usize| kind(dim).adds_patients();
        let fixed = |at: &[u16]| -> Vec<(usize, u16)> {
            let codes = at.iter().enumerate().filter(|&(dim, &code)| code != 0 && !additive(dim));
            codes.map(|(dim, &code)| (dim, code)).collect()
        };
        if used.layer == Layer::Patients {
            return [(fixed(&used.at), 1)].into();
        }
        if used.layer == Layer::PatientsByType {
            let of_types = (0..used.at.len()).filter(|&dim| kind(dim) == DimKind::Type);
            return of_types
                .flat_map(|dim| self.types(used, term.parts[dim], dim))
                .map(|(at, sign)| (fixed(&at), sign))
                .collect();
        }
        let mut slices = BTreeMap::new();
        for view in (0..self.system.grids.len()).filter(|&view| self.system.shows_patients(view)) {
            for (at, sign) in self.system.slices(view, &term.parts) {
                slices.insert(fixed(&at), sign);
            }
        }
        slices
    }
}

/// `[[dimension, leaf, other leaf or null], …]` of the dimensions that change.
fn moved(parts: &[Part], take: impl Fn(usize) -> bool) -> String {
    let part = |(dim, &(plus, minus)): (usize, &Part)| {
        let minus = if minus == NONE { "null".to_string() } else { minus.to_string() };
        format!("[{dim},{plus},{minus}]")
    };
    let parts: Vec<String> =
        parts.iter().enumerate().filter(|&(dim, part)| take(dim) && part.0 != NONE).map(part).collect();
    format!("[{}]", parts.join(","))
}
