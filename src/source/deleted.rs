//! How much of a disk deleted files may take up because they are still read.

use std::collections::BTreeMap;
use std::time::Duration;

use super::body::Body;
use super::catalog::Source;
use super::generation::Generation;
use super::hold::Hold;
use crate::flow::{GenerationId, Loss, StreamId, Timestamp};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The part of a disk that deleted files may take up: a twentieth.
const SHARE: u64 = 20;

/// The bounds of what is held of deleted files.
#[derive(Debug)]
pub(super) struct Deleted {
    /// The most bytes on one disk, however large that is.
    pub(super) max: u64,
    looked_at: Timestamp,
}

impl Default for Deleted {
    fn default() -> Self {
        Self { max: 1 << 30, looked_at: Timestamp::default() }
    }
}

/// A deleted file that is held.
struct Held {
    generation: GenerationId,
    stream: StreamId,
    size: u64,
}

impl Source {
    /// Lets go of deleted files, the oldest first, where they take up too much of a disk: nobody
    /// who looks for what fills it would find them.
    pub(super) fn release_deleted(&mut self, now: Timestamp) {
        if now < self.shared.deleted.looked_at + EVERY {
            return;
        }
        self.shared.deleted.looked_at = now;
        let mut disks: BTreeMap<u64, (u64, Vec<Held>)> = BTreeMap::new();
        for stream in self.streams.values() {
            for own in stream.generations.iter().filter(|own| own.is_held() && !own.is_linked()) {
                let size = own.wanted().size;
                let max =
                    || own.body().map_or(u64::MAX, |body| share(body, self.shared.deleted.max));
                let disk = disks.entry(own.identity.dev).or_insert_with(|| (max(), Vec::new()));
                disk.1.push(Held { generation: own.id, stream: stream.id, size });
            }
        }
        for (max, mut held) in disks.into_values() {
            held.sort_by_key(|own| own.generation);
            let mut total: u64 = held.iter().map(|own| own.size).sum();
            for own in held {
                if total <= max {
                    break;
                }
                total -= own.size;
                self.release(&own, now);
            }
        }
    }

    fn release(&mut self, held: &Held, now: Timestamp) {
        let Some(stream) = self.streams.get_mut(&held.stream) else { return };
        let own = |own: &&mut Generation| own.id == held.generation;
        let Some(generation) = stream.generations.iter_mut().find(own) else { return };
        let n_unread = generation.size.saturating_sub(generation.content.offset);
        let (inode, is_unread) = (generation.inode(), generation.has_more());
        generation.close(Hold::Gone { since: now });
        self.shared.disown(inode, held.generation);
        if is_unread {
            let what = "the file was deleted, and let go unread so that the disk does not fill up";
            let n_unread = (n_unread > 0).then_some(n_unread);
            stream.lose(Loss::GONE, n_unread, what, &mut self.shared, now);
        }
        self.touched.insert(held.stream);
    }
}

/// What deleted files may take up on the disk that `body` is on, at most `max`.
fn share(body: &Body, max: u64) -> u64 {
    let disk = rustix::fs::fstatvfs(body.file());
    disk.map_or(max, |disk| max.min(disk.f_blocks.saturating_mul(disk.f_frsize) / SHARE))
}
