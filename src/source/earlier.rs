//! What stands in the logs before the read positions: lines that are not given out any more, and can be
//! learnt from.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::catalog::Source;
use super::generation::Generation;
use super::hold::Hold;
use super::identity::{Inode, Seen};
use super::siblings::Siblings;
use super::tail::Stream;
use super::unpacking::Unpacking;
use crate::flow::{Offset, SourceId, StreamId, Timestamp};

/// A file, and how much of it was read or passed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// The log that it belongs to.
    pub stream: StreamId,
    /// The path of that log.
    pub log: Arc<std::path::Path>,
    /// Where it lies.
    pub path: PathBuf,
    /// What it is, as it may be renamed at any time.
    pub(super) inode: Inode,
    /// Up to where its lines are not given out; `None`: none of them are.
    pub(super) end: Option<Offset>,
    /// When it was last written, in nanoseconds since the epoch.
    modified: i64,
}

impl Source {
    /// Logs whose rotations are looked for, those that were written last.
    const MAX_LOGS: usize = 200;

    /// The files of `sources` with lines that were read or passed over and are not given out, written at
    /// `since` or later: those of the logs themselves, and the rotations beside them that nothing is read
    /// of. The one that was written last before the others.
    pub fn earlier(&self, sources: &HashSet<SourceId>, since: Timestamp) -> Vec<Earlier> {
        let is_wanted = |stream: &&Stream| stream.sources.iter().any(|own| sources.contains(own));
        let mut streams: Vec<_> =
            self.streams.values().map(AsRef::as_ref).filter(is_wanted).collect();
        let written = |stream: &&Stream| stream.generations.iter().map(|own| own.modified).max();
        streams.sort_by_key(|stream| (Reverse(written(stream)), stream.id));
        let mut siblings = Siblings::new(&Unpacking::default());
        let mut earlier = Vec::new();
        for (place, stream) in streams.into_iter().enumerate() {
            earlier.extend(stream.generations.iter().filter_map(|own| Earlier::of(stream, own)));
            if place < Self::MAX_LOGS {
                earlier.extend(self.unread_rotations(stream, &mut siblings));
            }
        }
        let since = since.as_millis().saturating_mul(1_000_000);
        let mut seen = HashSet::new();
        earlier.retain(|own: &Earlier| own.modified >= since && seen.insert(own.inode));
        earlier.sort_by_key(|own| (Reverse(own.modified), own.stream));
        earlier
    }

    /// Files that are named as rotations of `stream` and that no log reads.
    fn unread_rotations(&self, stream: &Stream, siblings: &mut Siblings) -> Vec<Earlier> {
        let around = stream.around();
        // Where one that is to be read on was not found yet, it may be any that is not older.
        let is_sought = |own: &&Generation| matches!(own.hold, Hold::Sought | Hold::Awaited);
        let sought = stream.generations.iter().filter(is_sought).map(|own| own.modified).min();
        let visible = siblings.visible(around, |path| around.is_rotation(path));
        let files = visible.map_or_else(|_| Vec::new(), |visible| visible.files);
        let is_free = |seen: &Seen| {
            !self.shared.owners.contains_key(&seen.inode())
                && sought.is_none_or(|sought| seen.modified < sought)
        };
        let files = files.into_iter().filter(|file| is_free(&file.seen));
        let earlier = |file: super::siblings::Sibling| Earlier {
            stream: stream.id,
            log: Arc::clone(&stream.path),
            path: file.path,
            inode: file.seen.inode(),
            end: None,
            modified: file.seen.modified,
        };
        files.map(earlier).collect()
    }
}

impl Earlier {
    /// What was read or passed over of `own`, if anything was and it is where it was seen.
    fn of(stream: &Stream, own: &Generation) -> Option<Self> {
        let seen = Seen::from(&fs::metadata(&*own.seen_at).ok()?);
        let is_it = seen.is_file && seen.inode() == own.inode() && own.content.offset > 0;
        is_it.then(|| Self {
            stream: stream.id,
            log: Arc::clone(&stream.path),
            path: own.seen_at.to_path_buf(),
            inode: own.inode(),
            end: Some(own.content.offset),
            modified: seen.modified,
        })
    }
}
