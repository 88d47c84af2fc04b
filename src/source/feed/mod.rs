//! Sources that are no files: standard input, FIFOs and systemd's journal.
//!
//! A thread of its own reads each input, blocking, puts whole lines into a bounded [`Inbox`] and
//! rings the pump, which takes them from there as chunks in turn with those of files. When an inbox
//! is full its thread stops reading, and the writer waits: nothing is dropped.
//!
//! Offsets count the bytes of lines since the feed began, in a generation of its own for each start
//! of the agent. What was taken from a pipe cannot be read again: what is not committed when the
//! agent is killed is lost. That is at most what the inbox, the desk and the thread hold (three
//! times 256 KiB and a line), and what was matched since the last commit, a second ago at most. A
//! journal is read again from the place that was committed last.
//!
//! [`Inbox`]: inbox::Inbox

mod child;
mod decoder;
mod desk;
mod entry;
mod feeds;
mod inbox;
mod journal;
mod lines;
mod pipe;
mod place;
mod readers;
mod reload;
mod squeeze;
mod tap;
mod wait;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::changes::{Changes, Problem};
use super::decoding::too_long;
use super::generation::{SETTLE, Waiting};
use super::identity::Inode;
use super::settings::JournalSettings;
use crate::flow::{
    Chunk, Events, GenerationId, Loss, Memo, Mode, Progress, Sight, SourceId, StreamId,
    StreamState, StreamStatus, Timestamp,
};

use desk::Desk;
use inbox::News;
use place::Place;
use tap::Tap;

pub(super) use feeds::Feeds;

/// After so long without a line the writer of a pipe is taken to have caught up.
const PAUSE: Duration = Duration::from_secs(1);

/// Lines that come from somewhere else than a file.
#[derive(Debug)]
struct Feed {
    id: StreamId,
    /// Of a FIFO its path, of anything else its name.
    path: Arc<Path>,
    sources: Arc<[SourceId]>,
    lead_lines: usize,
    max_line: usize,
    generation: GenerationId,
    kind: Kind,
    /// What is read, oldest first: several where a FIFO was replaced and its writers go on.
    taps: Vec<Tap>,
    desk: Desk,
    /// Lines given out that the matcher did not take.
    waiting: Option<Waiting>,
    is_queued: bool,
    /// Whether all was read for once.
    progress: Progress,
    /// Since when there is nothing to read, as far as is known.
    quiet_since: Option<Timestamp>,
    /// Why it is not read now.
    trouble: Option<String>,
    /// What was reported last.
    told: Option<(StreamState, String)>,
}

#[derive(Debug)]
enum Kind {
    Stdin,
    Fifo {
        /// The FIFO that its path leads to.
        at_path: Option<Inode>,
    },
    Journal {
        /// What is read of it.
        settings: JournalSettings,
        /// Behind the entry that was matched last.
        place: Place,
        /// What was saved of that.
        saved: Option<Place>,
    },
}

impl Feed {
    /// Takes what the threads have read and said.
    fn refill(&mut self, changes: &mut Changes, now: Timestamp) {
        self.note_quiet(now);
        let mut n_cut = 0;
        for index in 0..self.taps.len() {
            n_cut += self.desk.fill(&self.taps[index].inbox);
            for news in self.taps[index].inbox.take_news() {
                self.on_news(news, changes, now);
            }
        }
        self.taps.retain(|tap| !tap.inbox.is_over());
        if n_cut > 0 {
            let what = too_long(self.max_line);
            self.lose(Loss::LINE_CUT, Some(n_cut), what, changes, now);
        }
    }

    /// Takes in whether there is nothing to read. Whoever writes what happened long ago writes on and
    /// on: after a pause of some length lines come as they are written.
    fn note_quiet(&mut self, now: Timestamp) {
        if self.sight() == Sight::Clear {
            self.quiet_since.get_or_insert(now);
        } else if self.quiet_since.take().is_some_and(|since| now >= since + PAUSE) {
            self.progress = Progress::Live;
        }
    }

    fn on_news(&mut self, news: News, changes: &mut Changes, now: Timestamp) {
        let problem = |what| Problem { path: Arc::clone(&self.path), what };
        match news {
            News::Fine => self.trouble = None,
            News::Remark(what) => changes.complain(problem(what)),
            News::Trouble(why) => {
                if self.trouble.as_ref() != Some(&why) {
                    changes.complain(problem(why.clone()));
                }
                self.trouble = Some(why);
            }
            News::Missed => {
                let Kind::Journal { place, .. } = &mut self.kind else { return };
                if std::mem::replace(&mut place.is_missed, true) {
                    return;
                }
                let what = format!(
                    "the journal does not hold the entry any more that was read last, of {}; \
                     entries after that which were removed too (vacuumed) were not matched",
                    place.time_text()
                );
                self.lose(Loss::JOURNAL_GAP, None, what, changes, now);
            }
        }
    }

    fn lose(
        &self,
        kind: &'static str,
        bytes: Option<u64>,
        what: String,
        changes: &mut Changes,
        now: Timestamp,
    ) {
        changes.lose(Loss { at: now, path: Arc::clone(&self.path), kind, bytes, what });
    }

    /// Whether there are lines to give out.
    fn is_ready(&self, now: Timestamp) -> bool {
        let end = self.end();
        let waits = |waiting: &Waiting| waiting.end == end && now < waiting.until;
        let must_wait = !self.taps.is_empty() && self.waiting.as_ref().is_some_and(waits);
        !self.desk.lines().is_empty() && !must_wait
    }

    /// Where the lines end that were taken.
    fn end(&self) -> u64 {
        self.desk.offset() + self.desk.lines().len() as u64
    }

    /// The lines to match. It is ready.
    fn chunk(&mut self, now: Timestamp) -> Chunk<'_> {
        let is_due = self.waiting.is_some_and(|waiting| now >= waiting.until);
        let events = match self.kind {
            Kind::Journal { .. } => {
                self.desk.mark(self.generation);
                Events::Marked(self.desk.marks())
            }
            Kind::Stdin | Kind::Fifo { .. } => Events::Lines,
        };
        Chunk {
            stream: self.id,
            generation: self.generation,
            path: &self.path,
            sources: &self.sources,
            read_at: now,
            progress: self.progress,
            lead: self.desk.lead(self.lead_lines),
            offset: self.desk.offset(),
            bytes: self.desk.lines(),
            events,
            settled: is_due || self.desk.is_full() || self.taps.is_empty(),
        }
    }

    /// Takes in that `n` bytes of the chunk were matched.
    fn consumed(&mut self, n: usize, now: Timestamp) {
        let end = self.end();
        let behind = self.desk.consume(n);
        if let (Kind::Journal { place, .. }, Some(behind)) = (&mut self.kind, behind) {
            *place = behind;
        }
        // Lines that come meanwhile do not put it off.
        let since = self.waiting.filter(|_| n == 0);
        let until = since.map_or(now + SETTLE, |waiting| waiting.until);
        let until = if self.desk.is_full() { now } else { until };
        self.waiting = (self.desk.offset() < end).then_some(Waiting { end, until });
    }

    /// Whether all was matched, and nothing more can come.
    fn is_over(&self) -> bool {
        matches!(self.kind, Kind::Stdin) && self.is_idle()
    }

    /// Whether what is taken from it cannot be read again.
    fn is_pipe(&self) -> bool {
        !matches!(self.kind, Kind::Journal { .. })
    }

    /// Whether there are lines that were not matched.
    fn sight(&self) -> Sight {
        let end = self.end();
        if self.taps.iter().any(|tap| tap.inbox.n_bytes() > 0) {
            Sight::Behind
        } else if self.desk.lines().is_empty() {
            Sight::Clear
        } else if self.waiting.is_some_and(|waiting| waiting.end == end) {
            Sight::Settling
        } else {
            Sight::Behind
        }
    }

    /// Whether nobody writes, and all was matched.
    fn is_idle(&self) -> bool {
        self.taps.is_empty() && self.desk.lines().is_empty()
    }

    fn state(&self) -> StreamState {
        if self.is_over() {
            StreamState::Ended
        } else if self.trouble.is_some() {
            StreamState::Failing
        } else if self.desk.lines().is_empty() {
            StreamState::Following
        } else {
            StreamState::Reading
        }
    }

    fn status(&self) -> StreamStatus {
        let state = self.state();
        let why = match (&self.trouble, state) {
            (_, StreamState::Ended) => "it has ended".to_owned(),
            (trouble, _) => trouble.clone().unwrap_or_default(),
        };
        let n_waiting: usize = self.taps.iter().map(|tap| tap.inbox.n_bytes()).sum();
        StreamStatus {
            stream: self.id,
            path: Arc::clone(&self.path),
            sources: Arc::clone(&self.sources),
            state,
            offset: self.desk.offset(),
            size: self.end() + n_waiting as u64,
            generation: Some(self.generation),
            mode: Mode::Pipe,
            why,
        }
    }

    /// Whether it is what its path leads to.
    fn is_shown(&self) -> bool {
        !matches!(self.kind, Kind::Fifo { at_path: None })
    }

    /// Hands over what is to be committed of it.
    fn take_changes(&mut self, changes: &mut Changes) {
        if let Kind::Journal { place, saved, .. } = &mut self.kind
            && saved.as_ref() != Some(place)
        {
            let text = place.to_memo();
            changes.memos.push(Memo { stream: self.id, path: Arc::clone(&self.path), text });
            *saved = Some(place.clone());
        }
        let status = self.status();
        let told = Some((status.state, status.why.clone()));
        if self.is_shown() && self.told != told {
            self.told = told;
            changes.statuses.push(status);
        }
    }
}
