//! Atoms: what a pattern matches holds what is looked for in its place.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    logbell::matcher::laws::every_atom(bytes);
});
