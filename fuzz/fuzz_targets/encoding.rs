//! UTF-16 and other encodings: each line is what it is on its own.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::source::laws::encoded_logs(bytes));
