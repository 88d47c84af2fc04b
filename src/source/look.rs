//! One log is brought up to date with the file system, and those again whose look was put off.

use std::fs;
use std::mem;
use std::sync::Arc;

use super::catalog::Source;
use super::identity::Seen;
use super::tail::{AtPath, Look};
use super::watch::Followed;
use crate::flow::{StreamId, Timestamp};

impl Source {
    /// Goes on with looks that were put off.
    pub(super) fn look_again(&mut self, now: Timestamp) {
        for id in mem::take(&mut self.put_off) {
            self.look(id, now);
        }
        self.seek_again(now);
    }

    /// Brings one log up to date.
    pub(super) fn look(&mut self, id: StreamId, now: Timestamp) {
        let n_put_off = self.shared.unpacking.n_put_off();
        self.look_once(id, now);
        if self.shared.unpacking.n_put_off() != n_put_off {
            self.put_off.insert(id);
        }
    }

    fn look_once(&mut self, id: StreamId, now: Timestamp) {
        self.make_room(now);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let path = Arc::clone(&stream.path);
        // Before its path is looked at: what is there may have the inode of a file that is awaited, and
        // is another where that is found elsewhere.
        if stream.is_awaiting() {
            stream.reclaim(&mut self.shared, now);
        }
        let look = self.settle(Some(id), &path, now);
        if let (Look::Known(AtPath::Taken), Ok(meta)) = (&look, fs::metadata(&path)) {
            let inode = Seen::from(&meta).inode();
            if let Some(owner) = self.shared.owners.get(&inode).copied() {
                self.join(&path, owner.stream);
            }
        }
        let look = self.look_for_fifo(id, look);
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.reconcile(look, &mut self.shared, now);
        }
        self.note_look(id, now);
        self.wake_stream(id, now);
        if self.watch_strays(id, now) == Followed::More {
            self.look(id, now);
        }
    }

    /// Lets a feed read the FIFO that a log's path leads to.
    fn look_for_fifo(&mut self, id: StreamId, look: Look) -> Look {
        match (look, self.streams.get(&id)) {
            (Look::Known(AtPath::Fifo(inode)), Some(stream)) => {
                Look::Known(self.feeds.on_fifo(stream, inode, &mut self.shared))
            }
            (look, _) => {
                self.feeds.leave(id);
                look
            }
        }
    }
}
