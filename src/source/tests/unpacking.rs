//! Archives that are damaged or break off, and what is unpacked of them.

use std::sync::Arc;

use flate2::{Compression, Decompress, FlushDecompress};

use super::super::unpack::{Extent, Unpacker};
use super::prelude::*;
use crate::flow::Packing;

/// What `bytes` unpack to, and how that ends.
fn unpack(bytes: &[u8], packing: Packing) -> (Vec<u8>, Extent) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let mut unpacker = Unpacker::new(Arc::new(file), packing);
    let (mut text, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match unpacker.read(&mut buffer).unwrap() {
            Ok(n_read) => text.extend_from_slice(&buffer[..n_read]),
            Err(extent) => return (text, extent),
        }
    }
}

/// A log of about 700 KB, no two lines of which are alike.
fn text() -> String {
    let mut rng = fastrand::Rng::with_seed(7);
    let line = |n: usize| format!("{n} request {:x} took {} ms\n", rng.u128(..), rng.u16(..));
    (0..12_000).map(line).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What the deflate stream in `bytes` says, of which each byte is given to another decoder by itself:
/// so it has room for all that it makes of it.
fn byte_by_byte(bytes: &[u8]) -> Vec<u8> {
    const HEADER: usize = 10;
    let mut decoder = Decompress::new(false);
    let mut text = Vec::new();
    for byte in &bytes[HEADER..] {
        text.reserve(128 * 1024);
        let one = std::slice::from_ref(byte);
        if decoder.decompress_vec(one, &mut text, FlushDecompress::None).is_err() {
            break;
        }
    }
    text
}

#[test]
fn all_that_stands_before_the_damage_in_gzip_is_unpacked() {
    let text = text();
    let whole = gzip(&text);
    for n_bytes in [11, 500, 5_000, 50_000, 100_000, 150_000, whole.len() - 9, whole.len() - 1] {
        let cut = &whole[..n_bytes];
        let (read, extent) = unpack(cut, Packing::Gzip);
        let expected = byte_by_byte(cut);
        assert_eq!((read.len(), extent), (expected.len(), Extent::Short), "cut at {n_bytes}");
        assert!(text.as_bytes().starts_with(&read));

        let mut wrong = whole.clone();
        wrong[n_bytes..].fill(0xff);
        let (read, extent) = unpack(&wrong, Packing::Gzip);
        assert!(read.starts_with(&expected), "{} of {} bytes", read.len(), expected.len());
        assert_ne!(extent, Extent::Complete, "damaged at {n_bytes}");
    }
    assert_eq!(unpack(&whole, Packing::Gzip), (text.into_bytes(), Extent::Complete));
}

#[test]
fn all_blocks_before_the_damage_in_zstandard_are_unpacked() {
    const BLOCK: usize = 128 * 1024;
    let text = text();
    let whole = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let n_whole = text.len() / BLOCK;
    for (n_left, n_blocks) in [(1, n_whole), (2_000, n_whole), (whole.len() / 2, n_whole / 3)] {
        let cut = &whole[..whole.len() - n_left];
        let (read, extent) = unpack(cut, Packing::Zstd);
        assert_eq!(extent, Extent::Short);
        assert!(read.len() >= n_blocks * BLOCK, "{} bytes without the last {n_left}", read.len());
        assert!(text.as_bytes().starts_with(&read));

        let mut wrong = whole.clone();
        wrong[whole.len() - n_left..].fill(0xff);
        let (damaged, extent) = unpack(&wrong, Packing::Zstd);
        assert!(damaged.len() >= n_blocks * BLOCK, "{} bytes before {n_left}", damaged.len());
        assert_ne!(extent, Extent::Complete);
    }
    assert_eq!(unpack(&whole, Packing::Zstd), (text.into_bytes(), Extent::Complete));
}
