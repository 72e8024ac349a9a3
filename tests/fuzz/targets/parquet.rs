//! libFuzzer and `parsers::parquet`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kprstat_fuzz::parsers::parquet(bytes));
