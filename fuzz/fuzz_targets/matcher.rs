//! The matcher: every match of every pattern is found.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::matcher::laws::every_match(bytes));
