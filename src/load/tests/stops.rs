//! What stops the run: exit 11, with file, column and remedy, and never a value of a row.

use super::*;
use crate::domain::ExitCode;

/// A value that stands in the rows of every delivery here and in no message.
const CANARY: &str = "kanari4711";

fn message(name: &str, bytes: &[u8]) -> String {
    let error = match read("takst", name, bytes, &["takstkode"]) {
        Err(error) => error,
        Ok(_) => panic!("no error of {name}"),
    };
    assert_eq!(error.code, ExitCode::Input);
    assert!(error.message.contains(name), "{}", error.message);
    assert!(!error.message.contains(CANARY), "{}", error.message);
    error.message
}

#[test]
fn a_header_that_does_not_fit() {
    let missing = message("takst.csv", format!("enkeltregning_lnr;belop\n{CANARY};1\n").as_bytes());
    assert!(missing.contains("needs the column takstkode"), "{missing}");
    let twice = format!("enkeltregning_lnr;takstkode;belop;takstkode\n1;{CANARY};1;1\n");
    assert!(message("takst.csv", twice.as_bytes()).contains("takstkode is named twice"));
    let twice = format!("enkeltregning_lnr;takstkode;x;x\n1;{CANARY};1;1\n");
    assert!(message("takst.csv", twice.as_bytes()).contains("x is named twice"));
    let none = message("takst.csv", format!("1;{CANARY};1;1\n2;{CANARY};1;1\n").as_bytes());
    assert!(none.contains("no header of source takst") && none.contains("enkeltregning_lnr;takstkode"), "{none}");
    assert!(message("takst.csv", b"").contains("no header"));
    assert!(message("takst.csv", b"\xff\xfee\0").contains("UTF-16"));
}

#[test]
fn a_damaged_file() {
    let text: String = (0..20_000).map(|n| format!("{n};{CANARY}{n}\n")).collect();
    let text = format!("enkeltregning_lnr;takstkode\n{text}");
    let zst = zstd::encode_all(text.as_bytes(), 1).unwrap();
    assert!(message("takst-1.csv.zst", &zst[..zst.len() - 9]).contains("damaged or not whole"));
    let mut gz = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast());
    let mut packed = Vec::new();
    std::io::Read::read_to_end(&mut gz, &mut packed).unwrap();
    assert!(message("takst-1.csv.gz", &packed[..packed.len() - 9]).contains("damaged or not whole"));
    packed[20_000] ^= 0x55;
    assert!(message("takst-1.csv.gz", &packed).contains("damaged or not whole"));
}

#[test]
fn a_quote_that_is_never_closed() {
    let text = format!("enkeltregning_lnr;takstkode\n1;2ad\n2;\"{}\n", CANARY.repeat(2_000_000));
    assert!(message("takst.csv", text.as_bytes()).contains("takst.csv:3: a row of more than 16 MiB"));
}

#[test]
fn a_source_without_files() {
    let folder = delivery(&[("regning.csv", b"")]);
    let error = open(folder.path(), "takst").unwrap_err();
    assert_eq!(error.code, ExitCode::Input);
    assert!(error.message.contains("no file of source takst; expected names as takst-*.csv"), "{}", error.message);
    assert!(open(&folder.path().join("nowhere"), "takst").is_err());
}

#[test]
fn national_identity_numbers_where_pseudonyms_should_be() {
    // The sums are worked out in load/human.rs.
    let id = "01017000027";
    let rows = |of: usize, all: usize| -> String {
        let row = |n: usize| if n < of { id.to_string() } else { (1_000 + n).to_string() };
        (0..all).map(|n| bill("kpr_lnr", &row(n)) + "\n").collect()
    };
    let read_bills = |rows: String| read("regning", "regning.csv", format!("{HEADER}\n{rows}").as_bytes(), &[]);
    let stopped = read_bills(rows(10, 999)).err().unwrap();
    assert_eq!(stopped.code, ExitCode::Input);
    assert!(stopped.message.contains("regning.csv, column kpr_lnr: holds national identity numbers"));
    assert!(!stopped.message.contains(id));
    assert!(read_bills(rows(9, 9)).is_ok());
    assert!(read_bills(rows(10, 1000)).is_ok());
}

#[test]
fn the_sink_stops_the_scan() {
    let text = "enkeltregning_lnr;takstkode\n1;2ad\n";
    let folder = delivery(&[("takst.csv", text.as_bytes())]);
    let inputs = open(folder.path(), "takst").unwrap();
    let stopped = inputs.scan("takst", &[], &|_| Err(crate::domain::Error::output("no room"))).err().unwrap();
    assert_eq!(stopped.code, ExitCode::Output);
}
