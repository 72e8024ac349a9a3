//! libFuzzer and `parsers::ledger`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kprstat_fuzz::parsers::ledger(bytes));
