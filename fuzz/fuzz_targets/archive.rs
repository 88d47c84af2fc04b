//! Archives: what was packed comes out wherever it is read, and damage is said.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::source::laws::archives(bytes));
