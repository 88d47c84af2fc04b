//! What was written to a file after it was let go, and then packed with it.

use super::generation::Generation;
use super::missed::Known;
use super::rotation::Wrapping;
use super::siblings::{Located, Sibling, Siblings};
use super::tail::{Shared, Stream};
use crate::flow::Timestamp;

impl Stream {
    /// Reads the generation at `index` on in the archive of its file, which was let go and is gone:
    /// where it was written to since, the archive has the rest. Returns whether there is one.
    pub(super) fn read_on_in_archive(
        &mut self,
        index: usize,
        shared: &mut Shared,
        now: Timestamp,
    ) -> bool {
        let own = &self.generations[index];
        // Where it was truncated, what was written to the file later is of another generation.
        let has_file =
            shared.owners.get(&own.inode()).is_some_and(|owner| owner.generation == own.id);
        // And where nothing was read of it, nothing tells which archive is its own.
        if !has_file || own.packed.is_some() || own.content.offset == 0 {
            return false;
        }
        let Some(archive) = self.archive_with_more(index, shared, now) else { return false };
        self.resume(index, archive, shared, now);
        true
    }

    /// An archive with more than what was read of the generation at `index`. Whoever packs a file
    /// carries over the time of its last change: by that, nearly all are known to have no more.
    fn archive_with_more(&self, index: usize, shared: &Shared, now: Timestamp) -> Option<Located> {
        let own = &self.generations[index];
        let around = self.around();
        let is_later = |at: &Sibling| {
            matches!(at.wrapping, Wrapping::Known(_))
                && at.wrapping.is_archive()
                && at.seen.modified > own.modified
                && !at.seen.is_as_old_as(own.modified)
                && shared.is_free(&at.seen)
        };
        let mut siblings = Siblings::new(&shared.unpacking);
        let mut archives = siblings.around(around, |path| around.is_rotation(path)).ok()?;
        archives.retain(is_later);
        archives.sort_by_key(|at| at.seen.modified);
        // Files may begin alike: it is that of which most was read, or that holds the same.
        let is_of = |other: &Generation, at: &Located| {
            other.content.offset > own.content.offset && matches!(other.is_in(at), Ok(true))
                || other.id != own.id && !matches!(other.is_known_in(at, now), Ok(Known::New))
        };
        let has_more = |at: &Located| {
            matches!(own.is_in(at), Ok(true))
                && matches!(at.has(own.content.offset + 1), Ok(true))
                && !self.generations.iter().any(|other| is_of(other, at))
        };
        archives.iter().filter_map(|at| at.open(&shared.unpacking).ok()).find(has_more)
    }
}
