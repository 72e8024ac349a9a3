//! Parquet of every kind gives the rows that CSV would.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use arrow::array::*;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, TimeUnit};

use super::*;
use crate::domain::{ExitCode, RejectReason};

/// A Parquet file of these columns, in row groups of 2 rows.
fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// The values of one column of bills, or `reason column` where the row was rejected. The other
/// columns are sound.
fn bills(name: &'static str, column: ArrayRef) -> Vec<String> {
    let rows = column.len();
    let same = |value: &str| texts(&vec![value; rows]);
    let mut columns = vec![
        ("enkeltregning_lnr", ints(&(1..=rows as i64).collect::<Vec<_>>())),
        ("kpr_lnr", same("11")),
        ("behandler_lnr", same("21")),
        ("praksis_lnr", same("31")),
        ("tidspunkt", same("2024-03-01T08:00")),
        ("registrert", same("2024-03-05")),
        ("status", same("godkjent")),
    ];
    columns.retain(|(other, _)| *other != name);
    columns.push((name, column));
    let folder = delivery(&[("regning.parquet", &file(columns))]);
    let inputs = open(folder.path(), "regning").unwrap();
    let (kept, scanned) = scan(&inputs, "regning", &[name]).unwrap();
    assert_eq!(scanned.tally.total().rows, rows as u64);
    let mut all: BTreeMap<u32, String> = kept.into_iter().map(|((_, row), value)| (row, value[0].clone())).collect();
    for reject in &scanned.rejects {
        assert_eq!(reject.line, u64::from(reject.row) + 1);
        all.insert(reject.row, format!("{} {}", reject.reason.name(), reject.column.as_deref().unwrap_or("-")));
    }
    all.into_values().collect()
}

#[test]
fn identifiers_as_numbers_and_text() {
    assert_eq!(bills("behandler_lnr", ints(&[5, -5, i64::MAX])), ["5", "-5", "9223372036854775807"]);
    assert_eq!(bills("behandler_lnr", Arc::new(UInt32Array::from(vec![5, 7]))), ["5", "7"]);
    assert_eq!(bills("behandler_lnr", Arc::new(Float64Array::from(vec![5.0, 5.5]))), ["5", "bad-type behandler_lnr"]);
    assert_eq!(bills("behandler_lnr", texts(&[" 5 ", "", "6"])), ["5", "bad-type behandler_lnr", "6"]);
    let missing = Arc::new(Int64Array::from(vec![Some(5), None, Some(6)]));
    assert_eq!(bills("behandler_lnr", missing), ["5", "bad-type behandler_lnr", "6"]);
    let decimal = Decimal128Array::from(vec![5, 6]).with_precision_and_scale(20, 0).unwrap();
    assert_eq!(bills("behandler_lnr", Arc::new(decimal)), ["5", "6"]);
    assert_eq!(bills("krediterer_lnr", Arc::new(NullArray::new(2))), ["-", "-"]);
}

#[test]
fn identifiers_beyond_64_bits_are_text() {
    let large = Arc::new(UInt64Array::from(vec![1 << 63, 5]));
    let folder = delivery(&[("nokkel.parquet", &file(vec![("npr_lnr", large), ("kpr_lnr", ints(&[1, 2]))]))]);
    let inputs = open(folder.path(), "nokkel").unwrap();
    let (rows, _) = scan(&inputs, "nokkel", &["npr_lnr"]).unwrap();
    let stays = inputs.ids(IdKind::Stay);
    let text: Vec<String> = rows.into_values().map(|row| stays.text(row[0].parse().unwrap())).collect();
    assert_eq!(text, ["9223372036854775808", "5"]);
    assert!(!stays.all_integers() && inputs.ids(IdKind::Person).all_integers());
}

#[test]
fn text_however_it_is_held() {
    let plain = texts(&["FALE", " LEVA", ""]);
    let dictionary: DictionaryArray<Int32Type> = ["FALE", " LEVA", ""].into_iter().collect();
    let held: [ArrayRef; 4] = [
        plain.clone(),
        cast(&plain, &DataType::LargeUtf8).unwrap(),
        cast(&plain, &DataType::Utf8View).unwrap(),
        Arc::new(dictionary),
    ];
    for column in held {
        assert_eq!(bills("praksistype", column), ["FALE", "LEVA", "-"]);
    }
    assert_eq!(bills("praksistype", Arc::new(BinaryArray::from_vec(vec![b"FALE", b"\xf8"]))), ["FALE", "ø"]);
    assert_eq!(bills("status", texts(&["avvist", "x", "avvist "])), ["avvist", "bad-type status", "avvist"]);
}

#[test]
fn municipality_numbers_are_padded() {
    assert_eq!(bills("kommunenr", ints(&[301, 5001, -1])), ["0301", "5001", "-1"]);
    assert_eq!(bills("kommunenr", Arc::new(Int16Array::from(vec![Some(301), None]))), ["0301", "-"]);
    assert_eq!(bills("kommunenr", Arc::new(Float64Array::from(vec![Some(301.0), None]))), ["0301", "-"]);
    let decimal = Decimal128Array::from(vec![30100]).with_precision_and_scale(9, 2).unwrap();
    assert_eq!(bills("kommunenr", Arc::new(decimal)), ["0301"]);
    assert_eq!(bills("kommunenr", texts(&["301", "0301"])), ["301", "0301"]);
}

#[test]
fn whole_numbers_and_number_codes() {
    assert_eq!(bills("fodselsaar", Arc::new(Int16Array::from(vec![Some(1980), None]))), ["1980", "-"]);
    let float = Float64Array::from(vec![Some(1980.0), None, Some(1980.5), Some(f64::NAN)]);
    assert_eq!(bills("fodselsaar", Arc::new(float)), ["1980", "-", "bad-type fodselsaar", "bad-type fodselsaar"]);
    assert_eq!(bills("fodselsaar", texts(&["1980", "x"])), ["1980", "bad-type fodselsaar"]);
    assert_eq!(bills("kjonn", texts(&["1", "K", ""])), ["1", "-", "-"]);
    assert_eq!(bills("kjonn", Arc::new(Int8Array::from(vec![1, 9]))), ["1", "9"]);
}

#[test]
fn amounts_as_numbers_of_every_kind() {
    assert_eq!(bills("egenandel", ints(&[160, i64::MAX])), ["16000", "bad-type egenandel"]);
    let float = Float64Array::from(vec![Some(160.5), Some(0.125), None, Some(-0.001), Some(f64::INFINITY)]);
    let expected = ["16050", "13", "-", "negative egenandel", "bad-type egenandel"];
    assert_eq!(bills("egenandel", Arc::new(float)), expected);
    let decimal = Decimal128Array::from(vec![160_505, -1]).with_precision_and_scale(9, 3).unwrap();
    assert_eq!(bills("egenandel", Arc::new(decimal)), ["16051", "negative egenandel"]);
    assert_eq!(bills("egenandel", texts(&["160,5"])), ["16050"]);
}

#[test]
fn dates_and_times_in_every_unit_with_the_zone_dropped() {
    let moment = 19_782 * 86_400 + 8 * 3600;
    let written = "2024-02-29T08:00:00";
    for (unit, scale) in [
        (TimeUnit::Second, 1),
        (TimeUnit::Millisecond, 1_000),
        (TimeUnit::Microsecond, 1_000_000),
        (TimeUnit::Nanosecond, 1_000_000_000),
    ] {
        for zone in [None, Some("UTC".into()), Some("+01:00".into())] {
            let stored = cast(&ints(&[moment * scale]), &DataType::Timestamp(unit, zone.clone())).unwrap();
            assert_eq!(bills("tidspunkt", stored), [written], "{unit:?} {zone:?}");
        }
    }
    let before = cast(&ints(&[-1]), &DataType::Timestamp(TimeUnit::Millisecond, None)).unwrap();
    assert_eq!(bills("tidspunkt", before), ["1969-12-31T23:59:59"]);
    let day = Date32Array::from(vec![Some(19_790), None, Some(i32::MAX)]);
    assert_eq!(bills("registrert", Arc::new(day)), ["2024-03-08", "bad-date registrert", "bad-date registrert"]);
    let day = cast(&ints(&[19_790 * 86_400_000]), &DataType::Date64).unwrap();
    assert_eq!(bills("registrert", day), ["2024-03-08"]);
    let moment = cast(&ints(&[19_790 * 86_400 + 5]), &DataType::Timestamp(TimeUnit::Second, None)).unwrap();
    assert_eq!(bills("registrert", moment), ["2024-03-08"]);
    assert_eq!(bills("registrert", texts(&["08.03.2024", "2024-3-8"])), ["2024-03-08", "bad-date registrert"]);
}

#[test]
fn flags_as_booleans_numbers_and_text() {
    let flags = |column: ArrayRef| {
        let rows = column.len() as i64;
        let columns = vec![("enkeltregning_lnr", ints(&(0..rows).collect::<Vec<_>>())), ("er_hoveddiagnose", column)];
        let (rows, scanned) = read("diagnose", "diagnose.parquet", &file(columns), &["er_hoveddiagnose"]).unwrap();
        assert!(scanned.rejects.iter().all(|r| r.reason == RejectReason::BadType));
        (rows.concat().join(""), scanned.rejects.len())
    };
    assert_eq!(flags(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))), ("100".into(), 0));
    assert_eq!(flags(Arc::new(Int8Array::from(vec![Some(1), None, Some(2)]))), ("10".into(), 1));
    assert_eq!(flags(texts(&["1", "", "ja"])), ("10".into(), 1));
    assert_eq!(flags(Arc::new(NullArray::new(2))), ("00".into(), 0));
}

#[test]
fn rejected_rows_are_kept_with_all_columns_of_the_file() {
    let columns = vec![
        ("note", texts(&["a", "b", "c", "d", "e"])),
        ("takstkode", texts(&["2ad", "", "3ad", "", "4ad"])),
        ("enkeltregning_lnr", ints(&[1, 2, 3, 4, 5])),
    ];
    let folder = delivery(&[("takst.parquet", &file(columns))]);
    let inputs = open(folder.path(), "takst").unwrap();
    let (rows, scanned) = scan(&inputs, "takst", &["enkeltregning_lnr"]).unwrap();
    assert_eq!(rows.into_values().collect::<Vec<_>>().concat(), ["1", "3", "5"]);
    let kept: Vec<_> = scanned.rejects.iter().map(|r| (r.row, r.line, r.fields.join("|"))).collect();
    assert_eq!(kept, [(1, 2, "b||2".to_string()), (3, 4, "d||4".to_string())]);
    let mut left_out = scanned.left_out;
    left_out.sort_unstable();
    assert_eq!((left_out, scanned.extra_columns), (vec![2, 4], vec![vec!["note".to_string()]]));
    let fetched = inputs.fetch("takst", &[(0, 4), (0, 0), (0, 3)]).unwrap();
    let kept: Vec<_> = fetched.iter().map(|r| (r.row, r.line, r.fields.join("|"))).collect();
    assert_eq!(kept, [(0, 1, "a|2ad|1".to_string()), (3, 4, "d||4".into()), (4, 5, "e|4ad|5".into())]);
    assert_eq!(scanned.files[0].sha256.len(), 64);
}

fn message(bytes: &[u8]) -> String {
    let error = read("takst", "takst.parquet", bytes, &[]).err().unwrap();
    assert_eq!(error.code, ExitCode::Input);
    assert!(error.message.starts_with("takst.parquet"), "{}", error.message);
    assert!(!error.message.contains("kanari"), "{}", error.message);
    error.message
}

#[test]
fn a_file_of_other_columns_or_types_stops() {
    assert!(message(&file(vec![("enkeltregning_lnr", ints(&[1]))])).contains("needs the column takstkode"));
    let dated = vec![
        ("enkeltregning_lnr", Arc::new(Date32Array::from(vec![1])) as ArrayRef),
        ("takstkode", texts(&["kanari"])),
    ];
    assert!(message(&file(dated)).contains("column enkeltregning_lnr: stored as Date32; expected a number or text"));
}

#[test]
fn a_damaged_file_stops_without_a_panic() {
    let sound = file(vec![("enkeltregning_lnr", ints(&[1, 2, 3])), ("takstkode", texts(&["kanari"; 3]))]);
    assert!(message(&sound[..sound.len() - 20]).contains("damaged"));
    assert!(message(b"PAR1").contains("damaged"));
    for at in (4..sound.len()).step_by(3) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x55;
        // Whatever it is taken for, it is no panic; and an error is one of ours.
        if let Err(error) = read("takst", "takst.parquet", &damaged, &["takstkode"]) {
            assert_eq!(error.code, ExitCode::Input);
            assert!(!error.message.contains("kanari"));
        }
    }
}

#[test]
fn national_identity_numbers_stop_parquet_too() {
    let nokkel = |ids: ArrayRef| {
        let keys = ints(&(0..ids.len() as i64).collect::<Vec<_>>());
        read("nokkel", "nokkel.parquet", &file(vec![("npr_lnr", keys), ("kpr_lnr", ids)]), &[])
    };
    // The number of load/human.rs, as text and as a number without its leading zero.
    for ids in [texts(&["01017000027"; 10]), ints(&[1_017_000_027; 10])] {
        let stopped = nokkel(ids).err().unwrap();
        assert!(stopped.message.contains("nokkel.parquet, column kpr_lnr: holds national identity numbers"));
    }
    assert!(nokkel(ints(&[1_017_000_027; 9])).is_ok());
}
