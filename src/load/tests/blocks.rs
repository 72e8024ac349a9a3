//! A file gives the same rows however it is cut into blocks.

use std::sync::Mutex;

use proptest::prelude::*;

use crate::load::blocks::{Block, Blocks};
use crate::load::records;

type Records = Vec<(u32, u64, Vec<Vec<u8>>)>;

fn read(text: &str, size: usize) -> Records {
    let mut blocks = Blocks::new(text.as_bytes(), b';', 2).of_size(size);
    let read = Mutex::new(Records::new());
    while let Some(block) = blocks.next().unwrap() {
        collect(&block, &read);
    }
    read.into_inner().unwrap()
}

fn collect(block: &Block, into: &Mutex<Records>) {
    records::for_each(block, b';', |record| {
        let fields = record.fields.iter().map(|field| field.to_vec()).collect();
        into.lock().unwrap().push((record.row, record.line, fields));
        Ok(())
    })
    .unwrap();
}

/// Text of the letters that mean something to a CSV parser, and some that do not.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("\n"), 1 => Just("\r\n"), 3 => Just(";"), 1 => Just("\""), 1 => Just("\"\""), 1 => Just(";\"a\nb\";"),
        1 => Just("\r"), 4 => Just("x"), 2 => Just("12"), 1 => Just(" "), 1 => Just("ø"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn blocks_of_any_size_give_the_same_records(text in text(), size in 1usize..40) {
        prop_assert_eq!(read(&text, size), read(&text, 1 << 20));
    }

    #[test]
    fn rows_count_up_and_lines_are_where_records_begin(text in text(), size in 1usize..40) {
        let lines: Vec<&str> = text.split('\n').collect();
        for (at, (row, line, fields)) in read(&text, size).iter().enumerate() {
            prop_assert_eq!(*row as usize, at);
            let begins = lines[*line as usize - 2].as_bytes();
            let first = &fields[0];
            prop_assert!(begins.starts_with(b"\"") || begins.starts_with(first));
        }
    }

    #[test]
    fn text_without_quotes_is_split_as_csv_core_does(text in text()) {
        let text = text.replace('"', "");
        let block = |quoted| Block { bytes: text.clone().into_bytes(), first_row: 0, first_line: 2, quoted };
        let (plain, parsed) = (Mutex::default(), Mutex::default());
        collect(&block(false), &plain);
        collect(&block(true), &parsed);
        prop_assert_eq!(plain.into_inner().unwrap(), parsed.into_inner().unwrap());
    }
}
