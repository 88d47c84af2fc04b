//! Line splitting: the same lines however a file grows and is read.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::source::laws::whole_lines(bytes));
