//! The whole audit on a miniature release (fixtures/certificate, made by
//! tests/certificate/make_fixture.py): sound as it stands, refused after every corruption.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let copy = Copy { folder: tempfile::tempdir().unwrap() };
        copy_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/certificate"), copy.folder.path());
        copy
    }
    fn public(&self) -> PathBuf {
        self.folder.path().join("public")
    }
    fn restricted(&self) -> PathBuf {
        self.folder.path().join("restricted")
    }
    fn judged(&self) -> Report {
        audit(&self.public(), &[], Some(&self.restricted())).unwrap()
    }
    /// Rewrites a compressed text file of the certificate.
    fn edit(&self, file: &str, edit: impl Fn(&str) -> String) {
        let path = self.restricted().join("certificate").join(file);
        let text = zstd::decode_all(fs::File::open(&path).unwrap()).unwrap();
        let edited = edit(std::str::from_utf8(&text).unwrap());
        assert_ne!(edited.as_bytes(), text, "the corruption changes something");
        fs::write(&path, zstd::encode_all(edited.as_bytes(), 3).unwrap()).unwrap();
    }
    fn edit_csv(&self, edit: impl Fn(&str) -> String) {
        let path = self.public().join("data/gp-contacts.csv");
        let text = fs::read_to_string(&path).unwrap();
        let edited = edit(&text);
        assert_ne!(edited, text, "the corruption changes something");
        fs::write(&path, edited).unwrap();
    }
}

/// The judged release jointly with one of the earlier releases of the fixture.
fn judged_after(earlier: &str) -> Report {
    let copy = Copy::new();
    audit(&copy.public(), &[copy.folder.path().join(earlier)], Some(&copy.restricted())).unwrap()
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn kinds(report: &Report) -> Vec<Kind> {
    report.findings.counts.keys().copied().collect()
}

#[test]
fn a_sound_release_is_clean() {
    let report = Copy::new().judged();
    assert_eq!(report.verdict, Verdict::Clean, "{}", report.in_words());
    // Six cells of January, six of February and four of March, in two layers.
    assert_eq!((report.hidden, report.exact, report.claims_checked), (32, 0, Some(8)));
}

#[test]
fn without_the_restricted_cells_nobody_judges() {
    let copy = Copy::new();
    let report = audit(&copy.public(), &[], None).unwrap();
    assert_eq!(report.verdict, Verdict::Unjudged, "{}", report.in_words());
    assert_eq!((report.hidden, report.exact, report.claims_checked), (32, 0, None));
}

#[test]
fn a_witness_that_moves_a_shown_cell_is_refused() {
    let copy = Copy::new();
    copy.edit("witnesses-0.jsonl.zst", |text| text.replacen("[2,0,1]", "[2,0,2]", 1));
    let report = copy.judged();
    assert!(report.is_fail() && kinds(&report).contains(&Kind::CertificateWrong), "{}", report.in_words());
}

#[test]
fn a_witness_that_empties_a_hidden_cell_is_refused() {
    let copy = Copy::new();
    copy.edit("witnesses-0.jsonl.zst", |text| text.replacen("\"by\":-1", "\"by\":-3", 1));
    assert!(kinds(&copy.judged()).contains(&Kind::CertificateWrong));
}

#[test]
fn a_claim_that_is_too_narrow_is_refused() {
    let copy = Copy::new();
    copy.edit("claims-0.csv.zst", |text| text.replacen(",0/1\n", ",/1\n", 1));
    assert!(kinds(&copy.judged()).contains(&Kind::CertificateWrong));
}

#[test]
fn one_contributor_who_is_alone_in_both_pairs_is_noticed() {
    for (of_the_second, claims) in [(",1,2,1,2\n", 6), (",2,1,2,1\n", 6), (",1,1,1,1\n", 6)] {
        let copy = Copy::new();
        copy.edit("cells-0.csv.zst", |text| text.replacen(",2,2,2,2\n", of_the_second, 1));
        let report = copy.judged();
        assert_eq!(kinds(&report), [Kind::CertificateWrong], "{}", report.in_words());
        assert_eq!(report.claims_checked, Some(claims));
    }
}

#[test]
fn a_claim_with_one_pair_beside_a_lone_contributor_is_noticed() {
    let copy = Copy::new();
    copy.edit("claims-0.csv.zst", |text| text.replacen(",0/1 2/3\n", ",0/1\n", 1));
    assert!(kinds(&copy.judged()).contains(&Kind::CertificateWrong));
}

#[test]
fn an_unsafe_cell_without_a_claim_is_noticed() {
    let copy = Copy::new();
    copy.edit("claims-0.csv.zst", |text| text.lines().take(4).collect::<Vec<_>>().join("\n"));
    assert!(kinds(&copy.judged()).contains(&Kind::CertificateWrong));
}

#[test]
fn a_true_value_that_is_not_what_is_published_is_noticed() {
    let copy = Copy::new();
    copy.edit("cells-0.csv.zst", |text| text.replacen(",S,S", "0,S,S", 1));
    assert!(kinds(&copy.judged()).contains(&Kind::CertificateWrong));
}

#[test]
fn files_that_were_changed_by_hand_are_noticed() {
    let copy = Copy::new();
    copy.edit_csv(|text| text.replacen(",,Q,C", ",3,Q,C", 1));
    let report = copy.judged();
    assert!(report.is_fail());
    assert!(kinds(&report).contains(&Kind::FormatsDiffer) && kinds(&report).contains(&Kind::FileUnlisted));
    fs::write(copy.public().join("data/left-behind.tmp"), "x").unwrap();
    assert_eq!(copy.judged().findings.count(Kind::FileUnlisted), 2);
}

#[test]
fn no_report_holds_a_hidden_value() {
    let copy = Copy::new();
    copy.edit("claims-0.csv.zst", |text| text.lines().take(1).collect::<Vec<_>>().join("\n"));
    let report = copy.judged();
    let text = serde_json::to_string(&report).unwrap() + &report.in_words();
    // The cells of the box have 3, 2, 57, 62, 79, 74, 182, 177 … contacts; findings have keys alone.
    for finding in &report.findings.kept {
        assert!(finding.width.is_none() && finding.cell.is_some());
    }
    assert!(text.contains("time=2024-01") && text.contains("residence=1101"));
}

// An earlier release hid the small home visits beside e-consultations, this one beside physical
// consultations: each is sound by itself.

#[test]
fn two_releases_with_different_company_give_the_small_cells_away_where_nothing_has_changed() {
    let report = judged_after("still");
    // Physical consultations are known from the earlier release, consultations and e-consultations are
    // shown: home visits are the rest. Their patients do not add up over types and stay hidden.
    assert!(report.is_fail());
    assert_eq!(report.findings.count(Kind::ExactlyKnown), 4, "{}", report.in_words());
    assert_eq!(report.findings.count(Kind::ShownEarlier), 16);
    let refused = report.findings.kept.iter().filter(|finding| finding.kind == Kind::CertificateWrong);
    assert!(
        refused
            .into_iter()
            .any(|f| f.relation.as_deref() == Some("it takes a cell to a value that earlier releases rule out"))
    );
}

#[test]
fn two_releases_with_different_company_are_safe_where_everything_around_has_changed() {
    let report = judged_after("moved");
    assert_eq!(report.verdict, Verdict::Clean, "{}", report.in_words());
    assert_eq!((report.findings.count(Kind::ShownEarlier), report.findings.count(Kind::ToldEarlier)), (16, 0));
}

#[test]
fn a_release_before_that_hid_the_same_tells_nothing() {
    let copy = Copy::new();
    let report = audit(&copy.public(), &[copy.public()], Some(&copy.restricted())).unwrap();
    assert_eq!((report.verdict, report.findings.count(Kind::ShownEarlier)), (Verdict::Clean, 0));
}
