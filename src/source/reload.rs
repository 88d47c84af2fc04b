//! Other settings while the agent runs: what is followed before and after goes on untouched.
//!
//! Logs keep their files open and their positions, so that nothing of a deleted one is lost; pipes keep
//! what was taken from them, which cannot be read again. What is new is taken up as at a restart.

use std::collections::HashSet;
use std::mem;
use std::path::PathBuf;

use super::catalog::{Era, Saved, Source};
use super::changes::Problem;
use super::discover::{Depth, Discover};
use super::settings::SourceSettings;
use super::tail::Stream;
use crate::flow::{Checkpoint, SourceId, StreamId, Timestamp};

impl Source {
    /// Follows what `settings` name from now on.
    ///
    /// `saved` is what the store knows; all changes must be committed. Of a log that is followed
    /// already it says nothing new; one that was configured earlier goes on from there. What of a log
    /// that is not configured any more was not read is passed over; its rows are kept.
    pub fn reload(&mut self, settings: &[SourceSettings], saved: Saved, now: Timestamp) {
        self.now = now;
        let (discover, errors) = Discover::new(settings);
        let problem = |(path, what): (PathBuf, String)| Problem { path: path.into(), what };
        errors.into_iter().map(problem).for_each(|own| self.shared.changes.complain(own));
        self.discover = discover;
        self.disputes.clear();
        for stream in mem::take(&mut self.streams).into_values() {
            self.keep(stream);
        }
        let kept = |id: &StreamId| self.streams.get(id).map(AsRef::as_ref);
        self.feeds.reload(settings, &saved.memos, kept, &mut self.shared, now);
        self.take_up_new(saved, now);
        // What is now the same log by two names shows when it is looked at.
        self.is_all_due = true;
    }

    /// Goes on with a log, if it is still configured.
    fn keep(&mut self, mut stream: Box<Stream>) {
        let id = stream.id;
        if self.discover.interest(&stream.path).is_none() {
            self.let_go_of(&stream);
            return;
        }
        let reading = stream.reading.clone();
        self.tune(&mut stream);
        if stream.reading != reading {
            stream.generations.iter_mut().for_each(|own| own.dialect = None);
        }
        self.streams.insert(id, stream);
    }

    /// Forgets all that is known of a log but what is in the store.
    fn let_go_of(&mut self, stream: &Stream) {
        let id = stream.id;
        self.shared.owners.retain(|_, owner| owner.stream != id);
        self.by_path.remove(&stream.path);
        self.unreadable.remove(&id);
        self.crowd.waiting.remove(&id);
        self.settling.remove(&id);
        self.put_off.remove(&id);
        self.touched.remove(&id);
        self.fresh.retain(|other| *other != id);
        self.rest.retain(|other| *other != id);
        self.to_seek.retain(|sought| sought.stream != id);
    }

    /// Takes up what was not followed before, as a restart does.
    fn take_up_new(&mut self, saved: Saved, now: Timestamp) {
        let interests =
            saved.checkpoints.iter().filter_map(|row| self.discover.interest(&row.path));
        let known: HashSet<SourceId> = interests.flat_map(|interest| interest.sources).collect();
        self.era = Era::Restart { last_up: now, known, missing: saved.missing };
        let found = self.walk(Depth::Full, now);
        let is_new = |row: &Checkpoint| !self.by_path.contains_key(&row.path);
        let rows = saved.checkpoints.into_iter().filter(is_new).collect();
        self.restore(rows, &saved.memos, now);
        for path in self.discover.explicit() {
            if !self.by_path.contains_key(&*path) {
                self.adopt(&path, now);
            }
        }
        self.take_in(found, now);
        self.era = Era::Running;
        self.next_scan = now + self.scan_interval();
    }
}
