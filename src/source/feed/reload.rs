//! Other settings while the agent runs: feeds that are still wanted go on with what was taken.

use std::mem;
use std::sync::Arc;

use super::super::settings::SourceSettings;
use super::super::tail::{Shared, Stream};
use super::feeds::Feeds;
use super::readers::{journal_name, journals, readers_of_stdin};
use super::{Feed, Kind};
use crate::flow::{Memo, SourceId, StreamId, Timestamp};

impl Feeds {
    /// Reads what `settings` name from now on. `log` gives the log of a FIFO's path, which has them
    /// already; `memos` are as they are committed.
    pub(in crate::source) fn reload<'a>(
        &mut self,
        settings: &[SourceSettings],
        memos: &[Memo],
        log: impl Fn(&StreamId) -> Option<&'a Stream>,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        self.max_lines = settings.iter().map(|source| source.max_line).collect();
        let before = mem::take(&mut self.all).into_values();
        for mut feed in before {
            let wanted = match &feed.kind {
                Kind::Stdin => stdin_of(settings),
                Kind::Fifo { .. } => {
                    log(&feed.id).map(|log| (Arc::clone(&log.sources), log.lead_lines))
                }
                Kind::Journal { .. } => journal_of(settings, &feed),
            };
            // Without it, its thread ends: what it had taken is of no rule any more, or is read again.
            let Some((sources, lead_lines)) = wanted else { continue };
            let max_line = self.max_line_of(&sources);
            let is_journal = matches!(feed.kind, Kind::Journal { .. });
            if is_journal && max_line != feed.max_line {
                continue;
            }
            // The thread of a pipe goes on cutting lines where it did: it cannot be stopped without
            // what it has taken.
            (feed.sources, feed.lead_lines, feed.told) = (sources, lead_lines, None);
            self.all.insert(feed.id, feed);
        }
        self.open_new(settings, memos, shared, now);
    }

    /// Begins to read what is not read yet.
    fn open_new(
        &mut self,
        settings: &[SourceSettings],
        memos: &[Memo],
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let readers = readers_of_stdin(settings);
        let has_stdin = self.all.values().any(|feed| matches!(feed.kind, Kind::Stdin));
        if !readers.is_empty() && !has_stdin {
            self.open_stdin(&readers, shared);
        }
        for (id, source, journal) in journals(settings) {
            let name = journal_name(source);
            if self.all.values().all(|feed| feed.path.to_str() != Some(&*name)) {
                self.open_journal(id, source, journal, memos, shared, now);
            }
        }
    }
}

/// The sources that read standard input, if any, with the lines that they want before theirs.
fn stdin_of(settings: &[SourceSettings]) -> Option<(Arc<[SourceId]>, usize)> {
    let readers = readers_of_stdin(settings);
    let lead_lines = readers.iter().map(|(_, source)| source.lead_lines).max()?;
    Some((readers.iter().map(|(id, _)| *id).collect(), lead_lines))
}

/// The source that reads the same of the same journal as `feed`.
fn journal_of(settings: &[SourceSettings], feed: &Feed) -> Option<(Arc<[SourceId]>, usize)> {
    let Kind::Journal { settings: own, .. } = &feed.kind else { return None };
    let is_same = |source: &SourceSettings| feed.path.to_str() == Some(&*journal_name(source));
    let mut known = journals(settings);
    let (id, source, _) = known.find(|(_, source, journal)| is_same(source) && *journal == own)?;
    Some(([id].into(), source.lead_lines))
}
