//! A log on disk, written as logs are, and ways to read it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;

use tempfile::NamedTempFile;

use crate::corpus::Corpus;

/// A log on disk.
///
/// It was written in appends of a few lines, so that the page cache holds it in small pieces, as it
/// does with real logs. What was written in one go can be read twice as fast.
pub(crate) struct Log {
    pub(crate) file: NamedTempFile,
    /// Where lines begin, about every [`Log::PART`] bytes, and where the last one ends.
    cuts: Vec<u64>,
    /// Lines that match a rule, where it was written for rules.
    pub(crate) n_matching: u64,
}

/// Bytes of each read.
const READ: usize = 64 << 10;

impl Log {
    /// Bytes of a part.
    const PART: u64 = 256 << 10;

    /// Writes at least `size` bytes of `corpus`, a few events in each append.
    pub(crate) fn write(size: u64, mut corpus: Corpus<'_>) -> Self {
        let mut written = 0;
        let appends = (0..).map_while(|i| {
            let mut append = String::new();
            if written < size {
                (0..=i % 5).for_each(|_| corpus.append_to(&mut append));
                written += append.len() as u64;
            }
            (!append.is_empty()).then_some(append)
        });
        let log = Self::write_appends(appends);
        Self { n_matching: corpus.n_matching(), ..log }
    }

    /// Writes what is to be appended, one after the other.
    pub(crate) fn write_appends(appends: impl Iterator<Item = String>) -> Self {
        let mut file = empty_file();
        let (mut written, mut cuts) = (0, vec![0]);
        for append in appends {
            file.write_all(append.as_bytes()).expect("room on the disk");
            written += append.len() as u64;
            if written - cuts[cuts.len() - 1] >= Self::PART {
                cuts.push(written);
            }
        }
        if cuts[cuts.len() - 1] < written {
            cuts.push(written);
        }
        Self { file, cuts, n_matching: 0 }
    }

    /// Its bytes.
    pub(crate) fn len(&self) -> u64 {
        self.cuts[self.cuts.len() - 1]
    }

    /// Whole lines of it: at least `size` bytes, another part in each round, or all if it has fewer.
    pub(crate) fn part(&self, size: u64, round: usize) -> Range<u64> {
        let n_parts = self.cuts.len() - 1;
        let n = usize::try_from(size.div_ceil(Self::PART)).expect("a log").clamp(1, n_parts);
        let first = round * n % (n_parts - n + 1);
        self.cuts[first]..self.cuts[first + n]
    }

    /// All its parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Range<u64>> + Clone {
        self.cuts.windows(2).map(|two| two[0]..two[1])
    }

    /// Reads `range` through, and calls `on_lines` with whole lines.
    pub(crate) fn read(&self, range: &Range<u64>, mut on_lines: impl FnMut(&[u8])) {
        let mut file = File::open(self.file.path()).expect("a file");
        file.seek(SeekFrom::Start(range.start)).expect("a file");
        let mut left = usize::try_from(range.end - range.start).expect("a log");
        let (mut buffer, mut kept) = (vec![0; 2 * READ], 0);
        while left > 0 {
            if buffer.len() < kept + READ {
                buffer.resize(2 * (kept + READ), 0);
            }
            let n_read = file.read(&mut buffer[kept..kept + READ.min(left)]).expect("a file");
            assert!(n_read > 0, "somebody cut the file");
            left -= n_read;
            let filled = kept + n_read;
            let newline = memchr::memrchr(b'\n', &buffer[kept..filled]);
            let end = newline.map_or(0, |newline| kept + newline + 1);
            if end > 0 {
                on_lines(&buffer[..end]);
            }
            buffer.copy_within(end..filled, 0);
            kept = filled - end;
        }
    }
}

/// A file that is gone when it is let go of; in the build's folder, as `/tmp` may be memory.
pub(crate) fn empty_file() -> NamedTempFile {
    NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a file")
}
