//! What events name → the logs to look at.

use std::fs;
use std::path::Path;

use super::catalog::Source;
use super::discover::Depth;
use super::identity::Seen;
use super::tail::AtPath;
use super::watch::{Followed, Noticed, Touch};
use crate::flow::{StreamId, Timestamp};

impl Source {
    /// Takes in what events told. Returns which scan it calls for.
    pub(super) fn hear(&mut self, now: Timestamp) -> Option<Depth> {
        match self.watch.take() {
            Noticed::Everything => {
                // What became of the watched directories is lost with the events.
                self.watch.forget_all();
                self.is_all_due = true;
                for stream in self.streams.values_mut() {
                    stream.unheard_since = None;
                }
                Some(Depth::Full)
            }
            Noticed::Paths(paths) => {
                let mut depth = None;
                for (path, touch) in paths {
                    for name in self.watch.names(&path) {
                        depth = depth.max(self.on_event(&name, touch, now));
                    }
                }
                depth
            }
        }
    }

    /// Looks at what an event names; says which scan it calls for.
    fn on_event(&mut self, path: &Path, touch: Touch, now: Timestamp) -> Option<Depth> {
        if touch == Touch::Content {
            path.parent().into_iter().for_each(|dir| self.watch.note_event(dir));
        }
        let mut depth = self.on_hop(path, touch, now);
        if self.watch.is_watched(path) || self.turns.contains(path) {
            // It may be another directory by now: the watch stays with the one that it was set on.
            self.watch.forget(path);
            self.doubt(path);
            return Some(Depth::Changed);
        }
        let own = self.by_path.get(path).copied();
        if let Some(id) = own {
            self.look_heard(id, now);
            self.look_at_owner(id, path, now);
        }
        if touch == Touch::Content && own.is_some() {
            return depth;
        }
        let Ok(meta) = fs::symlink_metadata(path) else { return depth };
        if meta.is_dir() || meta.is_symlink() {
            // What is in it, or behind it, is to be watched as well.
            path.parent().into_iter().for_each(|dir| self.discover.doubt(dir));
            self.discover.doubt(path);
            depth = depth.max(Some(Depth::Changed));
        }
        if own.is_none() && !meta.is_dir() {
            self.take_in_path(path, now);
            let inode = Seen::from(&meta).inode();
            let owner = self.shared.owners.get(&inode);
            if let Some(stream) = owner.and_then(|owner| self.streams.get_mut(&owner.stream)) {
                stream.unheard_since = None;
            }
        }
        depth
    }

    /// Looks at the logs that `path` lies on the way to.
    fn on_hop(&mut self, path: &Path, touch: Touch, now: Timestamp) -> Option<Depth> {
        let logs = self.hops.get(path)?.clone();
        for log in &logs {
            match self.by_path.get(&**log).copied() {
                Some(id) => self.look_heard(id, now),
                None => self.take_in_path(log, now),
            }
        }
        (touch == Touch::Name).then_some(Depth::Changed)
    }

    /// Looks at a log because of an event.
    fn look_heard(&mut self, id: StreamId, now: Timestamp) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.unheard_since = None;
        }
        self.look(id, now);
    }

    /// Looks at the log that has the file at the path of the log `id`: where a glob finds rotations,
    /// it may be one that is still written to.
    fn look_at_owner(&mut self, id: StreamId, path: &Path, now: Timestamp) {
        let at_path = self.streams.get(&id).map(|stream| &stream.at_path);
        if !matches!(at_path, Some(AtPath::Taken)) {
            return;
        }
        let inode = fs::metadata(path).ok().map(|meta| Seen::from(&meta).inode());
        let owner = inode.and_then(|inode| self.shared.owners.get(&inode)).map(|own| own.stream);
        if let Some(owner) = owner.filter(|owner| *owner != id) {
            self.look_heard(owner, now);
        }
    }

    /// Takes note that the logs below a directory may have moved.
    fn doubt(&mut self, path: &Path) {
        self.discover.doubt(path);
        path.parent().into_iter().for_each(|dir| self.discover.doubt(dir));
        self.is_all_due = true;
    }

    /// Watches the directories that files of a log were moved to. Returns whether it is to be
    /// looked at again, for what came in between.
    pub(super) fn watch_strays(&mut self, id: StreamId, now: Timestamp) -> Followed {
        let Some(stream) = self.streams.get(&id) else { return Followed::Same };
        let dirs: Vec<_> = stream.strays().filter(|dir| !self.watch.covers(dir)).collect();
        let dirs: Vec<_> = dirs.into_iter().map(Path::to_path_buf).collect();
        let mut followed = Followed::Same;
        for dir in dirs {
            if self.watch.add(&dir, now) == Followed::More {
                followed = Followed::More;
            }
        }
        followed
    }
}
