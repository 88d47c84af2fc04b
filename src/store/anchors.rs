//! Anchors of a checkpoint ↔ the bytes of a column.

use crate::flow::{Anchor, Fingerprint};

/// Bytes of one: its position and length as little-endian numbers, and its hash.
const SIZE: usize = 8 + 4 + 16;

/// `anchors` as the store keeps them.
pub(super) fn pack(anchors: &[Anchor]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(anchors.len() * SIZE);
    for anchor in anchors {
        bytes.extend(anchor.offset.to_le_bytes());
        bytes.extend(anchor.print.len.to_le_bytes());
        bytes.extend(anchor.print.hash);
    }
    bytes
}

/// The anchors that `bytes` are; `None`: no `logbell` wrote them.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<Anchor>> {
    let (parts, rest) = bytes.as_chunks::<SIZE>();
    rest.is_empty().then(|| parts.iter().filter_map(anchor).collect())
}

fn anchor(part: &[u8; SIZE]) -> Option<Anchor> {
    let (offset, rest) = part.split_first_chunk()?;
    let (len, hash) = rest.split_first_chunk()?;
    let print = Fingerprint { len: u32::from_le_bytes(*len), hash: hash.try_into().ok()? };
    Some(Anchor { offset: u64::from_le_bytes(*offset), print })
}
