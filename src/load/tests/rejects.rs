//! Every reason a row alone can be left out for, their order, and their place.

use super::*;
use crate::domain::{FileTally, RejectReason, RowClass};

#[test]
fn each_reason_of_a_bill() {
    let cases = [
        ("status", "godkjent ", "kept"),
        ("enkeltregning_lnr", "", "rejected:bad-type enkeltregning_lnr"),
        ("behandler_lnr", " ", "rejected:bad-type behandler_lnr"),
        ("praksis_lnr", "", "rejected:bad-type praksis_lnr"),
        ("status", "ukjent", "rejected:bad-type status"),
        ("status", "", "rejected:bad-type status"),
        ("fodselsaar", "19x0", "rejected:bad-type fodselsaar"),
        ("fodselsaar", "", "kept"),
        ("egenandel", "1.2.3", "rejected:bad-type egenandel"),
        ("egenandel", "", "kept"),
        ("tidspunkt", "2024-03-01", "rejected:bad-date tidspunkt"),
        ("tidspunkt", "", "rejected:bad-date tidspunkt"),
        ("registrert", "2024-02-30", "rejected:bad-date registrert"),
        ("registrert", "", "rejected:bad-date registrert"),
        ("registrert", "2024-06-30", "kept"),
        ("registrert", "2024-07-01", "out-of-scope:after-as-of"),
        ("kpr_lnr", "", "out-of-scope:no-person"),
        ("refusjon", "-0,01", "rejected:negative refusjon"),
        ("tidspunkt", "2024-03-05T23:59", "kept"),
        ("tidspunkt", "2024-03-06T00:00", "rejected:future tidspunkt"),
    ];
    for (column, value, expected) in cases {
        assert_eq!(fate_of_bill(&bill(column, value)), expected, "{column} = `{value}`");
    }
    assert_eq!(fate_of_bill(&bill("kpr_lnr", &"x".repeat(65))), "rejected:bad-type kpr_lnr");
    assert_eq!(fate_of_bill(&bill("kpr_lnr", &"x".repeat(64))), "kept");
}

#[test]
fn a_crediting_bill_may_be_negative() {
    let credit = BILL.replace("godkjent;;", "godkjent;7;").replace("160,00", "-160,00");
    assert_eq!(fate_of_bill(&credit), "kept");
    assert_eq!(fate_of_bill(&BILL.replace("160,00", "-160,00")), "rejected:negative egenandel");
}

#[test]
fn the_first_reason_in_order_counts() {
    // All faults at once, then one less each time.
    let mut row = BILL
        .replace(";1980;", ";19x;")
        .replace("2024-03-01T08:00", "?")
        .replace("160,00", "-1")
        .replace(";11;", ";;")
        .replace("2024-03-05", "2024-07-01");
    let steps = [
        ("rejected:bad-type fodselsaar", (";19x;", ";1980;")),
        ("rejected:bad-date tidspunkt", ("?", "2024-07-02T08:00")),
        ("out-of-scope:after-as-of", ("2024-07-01", "2024-06-30")),
        ("out-of-scope:no-person", ("1;;21", "1;11;21")),
        ("rejected:negative egenandel", (";-1;", ";1;")),
        ("rejected:future tidspunkt", ("2024-07-02", "2024-06-01")),
        ("kept", ("", "")),
    ];
    for (expected, (from, to)) in steps {
        assert_eq!(fate_of_bill(&row), expected);
        row = row.replace(from, to);
    }
}

#[test]
fn bad_type_of_a_later_column_is_before_bad_date_of_an_earlier() {
    let row = bill("tidspunkt", "?").replace("300,50", "300 kr");
    assert_eq!(fate_of_bill(&row), "rejected:bad-type refusjon");
}

#[test]
fn another_number_of_fields_is_bad_type_of_no_column() {
    for row in [format!("{BILL};"), BILL.replace(";300,50", ""), " ".into()] {
        assert_eq!(fate_of_bill(&row), "rejected:bad-type", "{row}");
    }
}

fn fate_in(id: &str, text: &str) -> String {
    let (rows, scanned) = read(id, &format!("{id}.csv"), text.as_bytes(), &[]).unwrap();
    fate(rows.len(), &scanned)
}

#[test]
fn the_rules_of_the_other_sources() {
    let takst = |row: &str| fate_in("takst", &format!("enkeltregning_lnr,takstkode,antall,belop\n{row}\n"));
    assert_eq!(takst("1,2ad,0,0"), "kept");
    assert_eq!(takst("1,,1,1"), "rejected:bad-type takstkode");
    assert_eq!(takst("1,2ad,-1,1"), "rejected:negative antall");
    assert_eq!(takst("1,2ad,1.5,1"), "rejected:bad-type antall");
    let diagnose = |row: &str| fate_in("diagnose", &format!("enkeltregning_lnr,er_hoveddiagnose\n{row}\n"));
    assert_eq!(diagnose("1,2"), "rejected:bad-type er_hoveddiagnose");
    let period =
        |row: &str| fate_in("kontrakt_lege", &format!("kontrakt_id,behandler_lnr,gyldig_fra,gyldig_til\n{row}\n"));
    assert_eq!(period("1,2,2024-01-01,2024-01-01"), "kept");
    assert_eq!(period("1,2,2024-01-01,"), "kept");
    assert_eq!(period("1,2,2024-01-02,2024-01-01"), "rejected:bad-period gyldig_til");
    let list = |row: &str| fate_in("kontrakt", &format!("kontrakt_id,praksis_lnr,listetak,status,gyldig_fra\n{row}\n"));
    assert_eq!(list("1,2,900,apen,2024-01-01"), "kept");
    assert_eq!(list("1,2,900,åpen,2024-01-01"), "rejected:bad-type status");
    assert_eq!(list("1,2,-1,lukket,2024-01-01"), "rejected:negative listetak");
    let member = |row: &str| fate_in("medlemskap", &format!("kpr_lnr,kontrakt_id,fra,til\n{row}\n"));
    assert_eq!(member(",2,2024-01-02,2024-01-01"), "rejected:bad-period til");
    assert_eq!(member(",2,2024-01-02,"), "out-of-scope:no-person");
    let stay =
        |row: &str| fate_in("opphold", &format!("npr_lnr,inntid,uttid,omsorgsniva,innmatehast,uttilstand\n{row}\n"));
    assert_eq!(stay("1,2024-01-01T10:00,,1,,"), "kept");
    assert_eq!(stay("1,2024-01-01T10:00,2024-01-01T09:59,1,,"), "rejected:bad-period uttid");
    assert_eq!(stay("1,2024-01-01T10:00,,4,,"), "rejected:bad-type omsorgsniva");
    assert_eq!(stay("1,2024-01-01T10:00,,1,6,"), "rejected:bad-type innmatehast");
    assert_eq!(stay("1,2024-01-01T10:00,,1,5,0"), "rejected:bad-type uttilstand");
    assert_eq!(fate_in("nokkel", "npr_lnr,kpr_lnr\n1,\n"), "out-of-scope:no-person");
    let residents = |row: &str| fate_in("innbyggere", &format!("aar,kommunenr,kjonn,alder,personer\n{row}\n"));
    assert_eq!(residents("2024,x,x,,0"), "kept");
    assert_eq!(residents("2024,0301,1,30,-1"), "rejected:negative personer");
    assert_eq!(residents("2024,0301,1,30,"), "rejected:bad-type personer");
}

#[test]
fn a_reject_has_its_line_and_its_fields_as_delivered() {
    let text = "enkeltregning_lnr;takstkode;antall\n1;\"2\n\nad\";1\n\n2; ;\"x \"\"1\"\"\"\n3;2ad;1\n4;2ad\n";
    let (rows, scanned) = read("takst", "takst.csv", text.as_bytes(), &["enkeltregning_lnr"]).unwrap();
    assert_eq!(rows, [["1"], ["3"]]);
    let place = |r: &Reject| (r.row, r.line, r.column.clone(), r.fields.join("|"));
    let expected =
        [(1, 6, Some("takstkode".to_string()), "2| |x \"1\"".to_string()), (3, 8, None, "4|2ad".to_string())];
    assert_eq!(scanned.rejects.iter().map(place).collect::<Vec<_>>(), expected);
}

#[test]
fn keys_of_rows_left_out_are_told_where_they_can_be_read() {
    let rows = [
        BILL.to_string(),
        bill("kpr_lnr", ""),
        bill("status", "x").replacen('1', "2", 1),
        bill("enkeltregning_lnr", ""),
        "5".into(),
        bill("registrert", "2024-07-01").replacen('1', "3", 1),
    ];
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let (kept, mut scanned) = read("regning", "regning.csv", text.as_bytes(), &[]).unwrap();
    scanned.left_out.sort_unstable();
    assert_eq!((kept.len(), scanned.left_out), (1, vec![1, 2, 3]));
}

#[test]
fn rows_and_classes_are_kept_by_file() {
    let head = "enkeltregning_lnr;takstkode\n";
    let folder = delivery(&[
        ("takst-b.csv", format!("{head}1;2ad\n2;\n").as_bytes()),
        ("takst-a.csv", format!("{head}3;\n4;\n5;2ad\n").as_bytes()),
        ("takst-c.csv", head.as_bytes()),
    ]);
    let (rows, scanned) = scan(&open(folder.path(), "takst").unwrap(), "takst", &["enkeltregning_lnr"]).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|(place, values)| (place, values[0].clone())).collect();
    assert_eq!(rows, [((0, 2), "5".to_string()), ((1, 0), "1".to_string())]);
    let counts: Vec<_> = scanned.tally.files.iter().map(|file| (file.rows, file.rejected())).collect();
    assert_eq!(counts, [(3, 2), (2, 1), (0, 0)]);
    let places: Vec<_> = scanned.rejects.iter().map(|reject| (reject.file, reject.row)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 1)]);
}

#[test]
fn a_limit_needs_ten_rejected_rows() {
    let tally = |rejected, rows| {
        let mut tally = FileTally { rows, ..Default::default() };
        tally.add(RowClass::Rejected(RejectReason::BadType), rejected);
        tally
    };
    assert!(!over_limit(&tally(9, 9), 0.01));
    assert!(!over_limit(&tally(10, 1000), 0.01));
    assert!(over_limit(&tally(10, 999), 0.01));
    assert!(over_limit(&tally(10, 1000), 0.0));
}

#[test]
fn rows_fetched_later_come_as_delivered_with_their_place() {
    let head = "enkeltregning_lnr;takstkode\n";
    let folder = delivery(&[
        ("takst-a.csv", format!("{head}1;\"2\nad\"\n2;3ad \n3;4\n").as_bytes()),
        ("takst-b.csv", format!("{head}4;5\n\n6;7\n").as_bytes()),
    ]);
    let inputs = open(folder.path(), "takst").unwrap();
    let fetched = inputs.fetch("takst", &[(1, 1), (0, 0), (0, 1), (1, 1)]).unwrap();
    let place = |r: &Reject| (r.file, r.row, r.line, r.fields.join("|"));
    let expected = [(0, 0, 2, "1|2\nad".to_string()), (0, 1, 4, "2|3ad ".to_string()), (1, 1, 4, "6|7".to_string())];
    assert_eq!(fetched.iter().map(place).collect::<Vec<_>>(), expected);
    assert!(fetched.iter().all(|r| r.reason == RejectReason::Orphan && r.column.is_none()));
}
