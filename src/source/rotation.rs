//! Names of rotated files: of which log, how young among the others, packed or not.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::flow::Packing;

/// Endings of archives that cannot be unpacked here.
const FOREIGN: [&str; 6] = ["xz", "bz2", "lz4", "zip", "Z", "lzma"];

/// What packs a file, as its name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wrapping {
    Known(Packing),
    /// Something that cannot be unpacked here.
    Foreign,
}

impl Wrapping {
    /// What packs the file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        match path.extension().and_then(OsStr::to_str) {
            Some("gz") => Self::Known(Packing::Gzip),
            Some("zst") => Self::Known(Packing::Zstd),
            Some(ending) if FOREIGN.contains(&ending) => Self::Foreign,
            _ => Self::Known(Packing::Plain),
        }
    }

    pub(super) fn is_archive(self) -> bool {
        self != Self::Known(Packing::Plain)
    }
}

/// `path` as it was called before it was packed.
pub(super) fn unpacked(path: &Path) -> PathBuf {
    if Wrapping::of(path).is_archive() { path.with_extension("") } else { path.to_path_buf() }
}

/// Where the files of a log may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    pub(super) log: &'a Path,
    /// Where its rotations are moved to, if not beside it.
    pub(super) olddirs: &'a [PathBuf],
}

impl<'a> Around<'a> {
    /// The directories that its rotations may be in.
    pub(super) fn dirs(self) -> impl Iterator<Item = &'a Path> {
        let olddirs = self.olddirs.iter().map(PathBuf::as_path);
        self.log.parent().into_iter().chain(olddirs)
    }

    /// Whether `path`, in one of its directories, is named as a rotation of it: `app.log.1`,
    /// `app.log-20261123`, `app.log.2.gz`; in another directory, `app.log` too.
    pub(super) fn is_rotation(self, path: &Path) -> bool {
        if path == self.log {
            return false;
        }
        let plain = unpacked(path);
        let is_moved = path.parent() != self.log.parent();
        // `app.log.1.gz` is a rotation of `app.log`, not of an `app.log.1` that a glob found.
        let is_packed = plain != path && rotated(self.log).next().is_none();
        plain.file_name() == self.log.file_name() && (is_moved || is_packed)
            || rotated(&plain).any(|own| own.file_name() == self.log.file_name())
    }

    /// Whether the name of `path` begins as the names of its rotations do: `app` of `app.log` and
    /// `app-20261123.log`.
    pub(super) fn is_akin(self, path: &Path) -> bool {
        let name = |path: &'a Path| path.file_name().map(OsStr::as_encoded_bytes);
        let Some(log) = name(self.log) else { return false };
        let end = log.iter().skip(1).position(|&byte| byte == b'.').map_or(log.len(), |at| at + 1);
        let is_alike = |name: &OsStr| name.as_encoded_bytes().starts_with(&log[..end]);
        path != self.log && path.file_name().is_some_and(is_alike)
    }

    /// The place of a rotation among the others by its name, greater for younger ones: a low number
    /// is younger than a high one, a late stamp younger than an early one.
    pub(super) fn rank(self, path: &Path) -> Rank {
        /// Numbers of more digits are dates or times.
        const MAX_DIGITS: usize = 5;
        let plain = unpacked(path);
        let name = plain.file_name().unwrap_or_default().as_encoded_bytes();
        let log = self.log.file_name().unwrap_or_default().as_encoded_bytes();
        let suffix = name.get(log.len() + 1..).unwrap_or_default();
        let number = str::from_utf8(suffix).ok().filter(|text| text.len() <= MAX_DIGITS);
        match number.and_then(|text| text.parse().ok()) {
            Some(number) => Rank::Number(Reverse(number)),
            None if suffix.is_empty() => Rank::None,
            None => Rank::Stamp(suffix.to_vec()),
        }
    }
}

/// The place of a rotation among the others by its name, greater for younger ones.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Rank {
    /// Its name is the log's.
    None,
    Number(Reverse<u64>),
    Stamp(Vec<u8>),
}

impl Rank {
    /// Whether names of these two kinds can be told apart by age.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Number(_), Self::Number(_)) | (Self::Stamp(_), Self::Stamp(_))
        )
    }
}

/// The logs that `path` may be a rotation of, by its name: it without a stamp or number at its end.
pub(super) fn rotated(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_stamp = |c: char| c.is_ascii_digit() || "._-:TZ".contains(c);
    let n_stem = name.trim_end_matches(is_stamp).len().max(1);
    let ends = (n_stem..name.len()).filter(move |&end| {
        name.is_char_boundary(end) && name[end..].contains(|c: char| c.is_ascii_digit())
    });
    ends.filter(move |&end| "._-".contains(&name[end..=end]))
        .map(move |end| path.with_file_name(&name[..end]))
}
