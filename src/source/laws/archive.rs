//! The law of archives: whatever the bytes, reading anywhere gives what reading once gives, in
//! bounded memory; of what was packed nothing else comes out, and damage does not go unsaid.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use flate2::{Compression, GzBuilder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::super::archive::Archive;
use super::super::identity::Seen;
use super::super::unpack::{Extent, Unpacker};
use super::super::unpacking::Unpacking;
use super::dice::Dice;
use crate::flow::Packing;

/// So much of what bytes unpack to is looked at: a few of them may be a bomb.
const MAX_TEXT: usize = 1 << 20;

/// The longest read.
const MAX_READ: usize = 96 * 1024;

/// What an archive may keep besides its longest read, doubled as vectors grow.
const MAX_KEPT: usize = 2 * (160 * 1024 + MAX_READ);

/// Any bytes as an archive, and whole archives that are cut or damaged.
pub fn archives(bytes: &[u8]) {
    let mut dice = Dice::new(bytes);
    let packing = dice.one_of(&[Packing::Gzip, Packing::Zstd]);
    match dice.below(4) {
        0 => drop(hold_reads(dice.rest(), packing, &mut Dice::new(bytes))),
        1 => spoiled(packing, &mut dice),
        2 => cut(packing, &mut dice),
        _ => flipped(packing, &mut dice),
    }
}

/// An archive of which any bytes were changed.
fn spoiled(packing: Packing, dice: &mut Dice<'_>) {
    let Packed { mut bytes, .. } = Packed::make(packing, &mut dice.halve());
    for _ in 0..=dice.below(4) {
        let at = (dice.below(256) << 8 | dice.below(256)) % bytes.len().max(1);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = dice.byte();
        }
    }
    hold_reads(&bytes, packing, dice);
}

/// An archive that breaks off: it is read as far as it goes, and to its end when it is whole.
fn cut(packing: Packing, dice: &mut Dice<'_>) {
    let packed = Packed::make(packing, &mut dice.halve());
    let len = (dice.below(256) << 8 | dice.below(256)) % (packed.bytes.len() + 1);
    let (text, extent) = hold_reads(&packed.bytes[..len], packing, dice);
    assert!(packed.text.starts_with(&text));
    let whole = packed.members.iter().take_while(|member| member.raw.end <= len);
    assert!(text.len() >= whole.last().map_or(0, |member| member.text.end));
    let is_border = packed.members.iter().any(|member| member.raw.end == len);
    assert_eq!(extent, if is_border { Extent::Complete } else { Extent::Short }, "at {len}");

    let mut file = file(&packed.bytes[..len]);
    let archive = archive(&file, packing);
    let mut first = vec![0; text.len()];
    assert_eq!(archive.read_at(&mut first, 0).expect("memory"), text.len());
    file.write_all(&packed.bytes[len..]).expect("memory");
    archive.rest();
    let mut rest = vec![0; packed.text.len() + 1];
    let n_read = archive.read_at(&mut rest, text.len() as u64).expect("memory");
    assert_eq!([&first, &rest[..n_read]].concat(), packed.text);
    assert_eq!(archive.extent(), packed.extent());
}

/// An archive with at most one wrong byte.
fn flipped(packing: Packing, dice: &mut Dice<'_>) {
    let mut packed = Packed::make(packing, &mut dice.halve());
    packed.pad(dice.one_of(&[0, 1, 7, 512, 20_000]));
    let (text, extent) = hold_reads(&packed.bytes, packing, dice);
    assert_eq!((text, extent), (packed.text.clone(), packed.extent()));
    let at = (dice.below(256) << 8 | dice.below(256)) % packed.bytes.len().max(1);
    let Some(member) = packed.members.iter().find(|member| member.raw.contains(&at)) else {
        return;
    };
    if member.open.contains(&at) {
        return;
    }
    let (before, _) = unpack(&file(&packed.bytes[..at]), packing, dice);
    packed.bytes[at] ^= dice.byte().max(1);
    let (text, extent) = hold_reads(&packed.bytes, packing, dice);
    assert!(text.starts_with(&packed.text[..member.text.start]));
    assert!(text.starts_with(&before), "what stood before the damage is missing");
    if extent == Extent::Complete {
        assert_eq!(text, packed.text, "byte {at} is wrong");
    }
}

/// What was packed, with what became of it.
struct Packed {
    packing: Packing,
    text: Vec<u8>,
    bytes: Vec<u8>,
    members: Vec<Member>,
}

/// A gzip member or a Zstandard frame.
struct Member {
    text: Range<usize>,
    raw: Range<usize>,
    /// Bytes that no checksum covers and that say where other bytes stand.
    open: Range<usize>,
}

impl Packed {
    fn make(packing: Packing, dice: &mut Dice<'_>) -> Self {
        let (text, bytes, members) = (Vec::new(), Vec::new(), Vec::new());
        let mut packed = Self { packing, text, bytes, members };
        for _ in 0..dice.below(5) {
            packed.add(dice);
        }
        packed
    }

    fn add(&mut self, dice: &mut Dice<'_>) {
        let (text_start, raw_start) = (self.text.len(), self.bytes.len());
        let open = if self.packing == Packing::Zstd && dice.once_in(6) {
            let content = dice.slice();
            self.bytes.extend([0x50 + u8::try_from(dice.below(16)).expect("small")]);
            self.bytes.extend([0x2a, 0x4d, 0x18]);
            self.bytes.extend(u32::try_from(content.len()).expect("short").to_le_bytes());
            self.bytes.extend(content);
            0..8
        } else {
            let text = plain(dice);
            self.bytes.extend(pack(self.packing, &text, dice));
            self.text.extend(text);
            // gzip's flags: with another one, text stands for a name.
            if self.packing == Packing::Gzip { 3..4 } else { 0..0 }
        };
        self.members.push(Member {
            text: text_start..self.text.len(),
            raw: raw_start..self.bytes.len(),
            open: raw_start + open.start..raw_start + open.end,
        });
    }

    /// Adds zeros, as tapes do.
    fn pad(&mut self, n_bytes: usize) {
        if !self.members.is_empty() {
            self.bytes.resize(self.bytes.len() + n_bytes, 0);
        }
    }

    fn extent(&self) -> Extent {
        if self.members.is_empty() { Extent::Short } else { Extent::Complete }
    }
}

/// Bytes of a log: some as they come, some again and again.
fn plain(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..dice.below(6) {
        let part = dice.slice();
        let n_times = dice.one_of(&[1, 1, 2, 9, 300, 3000]);
        text.extend(part.repeat(n_times));
    }
    text.truncate(MAX_TEXT / 8);
    text
}

fn pack(packing: Packing, text: &[u8], dice: &mut Dice<'_>) -> Vec<u8> {
    if packing == Packing::Zstd {
        use CompressionLevel::{Fastest, Uncompressed};
        return compress_to_vec(text, dice.one_of(&[Fastest, Uncompressed]));
    }
    let mut header = GzBuilder::new().mtime(u32::from(dice.byte()));
    if dice.once_in(3) {
        header = header.filename("a.log").comment("rotated");
    }
    if dice.once_in(3) {
        header = header.extra(dice.slice());
    }
    let level = dice.one_of(&[0, 1, 6, 9]);
    let mut writer = header.write(Vec::new(), Compression::new(level));
    writer.write_all(text).expect("memory");
    if dice.once_in(3) {
        writer.flush().expect("memory");
    }
    writer.finish().expect("memory")
}

fn file(bytes: &[u8]) -> File {
    let name = "archive";
    let memory = rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = File::from(memory.expect("memory"));
    file.write_all(bytes).expect("memory");
    file
}

fn archive(file: &File, packing: Packing) -> Archive {
    let file = file.try_clone().expect("a descriptor");
    let seen = Seen::from(&file.metadata().expect("memory"));
    Archive::new(file, packing, (&seen).into(), &Unpacking::default())
}

/// Reads `bytes` once from the start, and then here and there. Returns what they unpack to, up to
/// `MAX_TEXT`, and how that ends.
fn hold_reads(bytes: &[u8], packing: Packing, dice: &mut Dice<'_>) -> (Vec<u8>, Extent) {
    let file = file(bytes);
    let (text, extent) = unpack(&file, packing, dice);
    let archive = archive(&file, packing);
    let mut buffer = vec![0; MAX_READ];
    for _ in 0..dice.below(8) {
        let at = (dice.below(256) << 16 | dice.below(256) << 8 | dice.below(256))
            % (text.len() + 2).max(1);
        let len = dice.one_of(&[0, 1, 3, 1000, 1024, 16 * 1024, 65 * 1024, MAX_READ]);
        let n_read = archive.read_at(&mut buffer[..len], at as u64).expect("memory");
        let expected = &text[at.min(text.len())..(at + len).min(text.len())];
        let seen = archive.extent();
        if extent == Extent::Open {
            // The text goes on.
            assert!(buffer[..n_read].starts_with(expected));
        } else {
            assert_eq!(&buffer[..n_read], expected);
            assert!(seen == Extent::Open || seen == extent);
        }
        assert!(n_read == len || seen != Extent::Open, "it says nothing of its end");
        assert!(archive.n_kept() <= MAX_KEPT, "{} bytes", archive.n_kept());
        if dice.once_in(5) {
            archive.rest();
        }
    }
    (text, extent)
}

/// What `file` unpacks to, in portions of any size.
fn unpack(file: &File, packing: Packing, dice: &mut Dice<'_>) -> (Vec<u8>, Extent) {
    let file = Arc::new(file.try_clone().expect("a descriptor"));
    let mut unpacker = Unpacker::new(file, packing);
    let mut text = Vec::new();
    let portion = dice.one_of(&[64 * 1024, 1, 7, 4096]);
    let mut buffer = vec![0; portion];
    while text.len() < MAX_TEXT {
        match unpacker.read(&mut buffer).expect("memory") {
            Ok(n_read) => {
                assert!(n_read > 0);
                text.extend_from_slice(&buffer[..n_read]);
            }
            Err(extent) => {
                assert_ne!(extent, Extent::Open);
                assert_eq!(unpacker.read(&mut buffer).expect("memory"), Err(extent));
                return (text, extent);
            }
        }
    }
    (text, Extent::Open)
}
