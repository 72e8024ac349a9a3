//! Every way to write the same rows gives the same rows.

use std::io::Write;

use super::*;

const WANTED: [&str; 4] = ["enkeltregning_lnr", "takstkode", "antall", "belop"];

fn expected() -> Vec<Vec<String>> {
    [["1", "2ad", "1", "16050"], ["a-7", "blåbær", "-", "-"]].map(|row| row.map(String::from).to_vec()).to_vec()
}

fn check_lines(name: &str, bytes: &[u8]) {
    let folder = delivery(&[(name, bytes)]);
    let inputs = open(folder.path(), "takst").unwrap();
    let (rows, scanned) = scan(&inputs, "takst", &WANTED).unwrap();
    let readable = |row: Vec<String>| -> Vec<String> {
        let id = inputs.ids(IdKind::Bill).text(row[0].parse().unwrap());
        std::iter::once(id).chain(row.into_iter().skip(1)).collect()
    };
    assert_eq!(rows.into_values().map(readable).collect::<Vec<_>>(), expected());
    assert_eq!((scanned.tally.total().rows, scanned.rejects.len()), (2, 0));
    assert_eq!(scanned.files[0].bytes, bytes.len() as u64);
    assert_eq!(scanned.files[0].sha256.len(), 64);
}

const PLAIN: &str = "enkeltregning_lnr;takstkode;antall;belop\n1;2ad;1;160,50\na-7;blåbær;;\n";

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| letter as u8).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

#[test]
fn delimiters_and_decimal_signs() {
    check_lines("takst.csv", PLAIN.as_bytes());
    check_lines("takst.csv", PLAIN.replace(';', "\t").as_bytes());
    check_lines("takst.csv", PLAIN.replace("160,50", "160.5").replace(';', ",").as_bytes());
    check_lines("takst.csv", PLAIN.replace("160,50", "\"160,50\"").replace(';', ",").as_bytes());
}

#[test]
fn encodings_and_byte_order_mark() {
    check_lines("takst.csv", format!("\u{feff}{PLAIN}").as_bytes());
    check_lines("takst.csv", &latin1(PLAIN));
}

#[test]
fn line_ends() {
    check_lines("takst.csv", PLAIN.replace('\n', "\r\n").as_bytes());
    check_lines("takst.csv", PLAIN.trim_end().as_bytes());
    check_lines("takst.csv", PLAIN.replace('\n', "\r\n").trim_end().as_bytes());
    check_lines("takst.csv", PLAIN.replace('\n', "\n\n").as_bytes());
}

#[test]
fn quoted_fields_and_header() {
    let quoted = |line: &str| line.split(';').map(|f| format!("\"{f}\"")).collect::<Vec<_>>().join(";");
    let text: String = PLAIN.lines().map(|line| quoted(line) + "\n").collect();
    check_lines("takst.csv", text.as_bytes());
    check_lines("takst.csv", text.replace('\n', "\r\n").as_bytes());
}

#[test]
fn blanks_and_tabs_around_values_and_names() {
    check_lines("takst.csv", PLAIN.replace(';', " ; \t").as_bytes());
}

#[test]
fn packed_files_whatever_their_name() {
    let (head, tail) = PLAIN.split_at(50);
    check_lines("takst-1.csv.gz", &gzip(PLAIN));
    check_lines("takst-1.csv.gz", &[gzip(head), gzip(tail)].concat());
    let zst = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    check_lines("takst-1.csv.zst", &zst(PLAIN));
    check_lines("takst-1.csv.zst", &[zst(head), zst(tail)].concat());
    check_lines("takst-1.csv", &gzip(PLAIN));
    check_lines("takst-1.csv.gz", PLAIN.as_bytes());
}

#[test]
fn columns_in_any_order_with_extra_and_absent_ones() {
    let text = "note;belop;takstkode;enkeltregning_lnr\nx;1;2ad;1\ny;2;3ad;2\n";
    let (rows, scanned) = read("takst", "takst.csv", text.as_bytes(), &WANTED).unwrap();
    assert_eq!(rows, [["1", "2ad", "-", "100"], ["2", "3ad", "-", "200"]]);
    assert_eq!(scanned.extra_columns, [["note"]]);
}

#[test]
fn an_absent_flag_is_0_as_an_empty_one_is() {
    let text = "enkeltregning_lnr\n1\n";
    assert_eq!(read("diagnose", "diagnose.csv", text.as_bytes(), &["er_hoveddiagnose"]).unwrap().0, [["0"]]);
    let text = "enkeltregning_lnr,er_hoveddiagnose\n1,\n1,1\n";
    assert_eq!(read("diagnose", "diagnose.csv", text.as_bytes(), &["er_hoveddiagnose"]).unwrap().0, [["0"], ["1"]]);
}

#[test]
fn dates_and_times_in_either_form_in_one_file() {
    let other = bill("tidspunkt", "01.03.2024 08:00:30").replace("2024-03-05", "05.03.2024");
    let text = format!("{HEADER}\n{BILL}\n{other}\n");
    let (rows, _) = read("regning", "regning.csv", text.as_bytes(), &["tidspunkt", "registrert"]).unwrap();
    assert_eq!(rows, [["2024-03-01T08:00:00", "2024-03-05"], ["2024-03-01T08:00:30", "2024-03-05"]]);
}

#[test]
fn unknown_codes_are_no_errors() {
    let row = BILL.replace("FALE;0301", "?;x").replace(";1;1980;0301;", ";K;1980;-1;");
    let text = format!("{HEADER}\n{row}\n");
    let wanted = ["praksistype", "praksiskommune", "kjonn", "kommunenr", "kommunenr_pb"];
    let (rows, _) = read("regning", "regning.csv", text.as_bytes(), &wanted).unwrap();
    assert_eq!(rows, [["?", "x", "-", "-1", "-"]]);
}

#[test]
fn a_dialect_stated_in_the_definition_is_taken_at_its_word() {
    let folder = delivery(&[("takst.csv", &latin1(PLAIN)[..])]);
    let stated = |delimiter, encoding: &str| SourceUse {
        dialect: crate::definition::Dialect { delimiter, encoding: Some(encoding.into()) },
        ..source("takst")
    };
    let rejected = |dialect| {
        let inputs = Inputs::open_sources(folder.path(), &[dialect], 0)?;
        scan(&inputs, "takst", &[]).map(|(_, scanned)| scanned.rejects.len())
    };
    assert_eq!(rejected(stated(Some(';'), "iso-8859-1")).unwrap(), 0);
    assert_eq!(rejected(stated(None, "utf-8")).unwrap(), 1);
    assert!(rejected(stated(Some(','), "utf-8")).unwrap_err().message.contains("no header"));
    assert!(rejected(stated(Some('|'), "utf-8")).unwrap_err().message.contains("there are ; , and tab"));
    assert!(rejected(stated(None, "latin-9")).unwrap_err().message.contains("utf-8 and iso-8859-1"));
}
