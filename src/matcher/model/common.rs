//! What logs mostly look like, for when nothing was read of one yet.

use fastrand::Rng;

/// Lines of common kinds, written for this.
const LINES: &str = include_str!("common.txt");
/// Bytes of the sample.
const SIZE: usize = 48 << 10;

/// Lines of common kinds with ever other numbers, the same in each run.
pub(in crate::matcher) fn sample() -> Vec<u8> {
    let mut rng = Rng::with_seed(7);
    let mut sample = Vec::with_capacity(SIZE + LINES.len());
    sample.push(b'\n');
    while sample.len() < SIZE {
        let other = |byte: u8| if byte.is_ascii_digit() { rng.u8(b'0'..=b'9') } else { byte };
        sample.extend(LINES.bytes().map(other));
    }
    sample
}
