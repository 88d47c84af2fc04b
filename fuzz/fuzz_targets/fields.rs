//! Fields: every event whose fields are as asked is found.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::matcher::laws::every_field(bytes));
