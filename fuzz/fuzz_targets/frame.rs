//! Events of several lines: the three ways to their borders agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::frame::laws::borders(bytes));
