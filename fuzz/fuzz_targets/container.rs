//! CRI, Docker and multi-line events: the same events however lines are cut, from any saved state.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logbell::source::laws::container_logs(bytes));
