//! A folder of logs, the agent that follows them on a clock that is handed in, and its store.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::super::*;
use crate::flow::{Checkpoint, GenerationId, Memo, StreamId, StreamState, Timestamp};

/// A folder of logs, the agent that follows them, and the store that it commits to.
pub(in crate::source) struct Rig {
    pub(in crate::source) dir: TempDir,
    pub(in crate::source) settings: Vec<SourceSettings>,
    pub(in crate::source) watching: Watching,
    pub(in crate::source) max_open: usize,
    /// Whether the machine starts anew before the agent does.
    pub(in crate::source) boot: Boot,
    pub(in crate::source) now: Timestamp,
    pub(in crate::source) source: Option<Source>,
    pub(in crate::source) waker: Waker,
    pub(in crate::source) store: Store,
    /// Lines matched since the last commit.
    pub(in crate::source) pending: Vec<Line>,
}

/// A line as it was matched: the name of the log, and the text.
pub(in crate::source) type Line = (String, String);

/// What was committed.
#[derive(Clone, Default)]
pub(in crate::source) struct Store {
    pub(in crate::source) rows: BTreeMap<GenerationId, Checkpoint>,
    pub(in crate::source) memos: BTreeMap<StreamId, Memo>,
    pub(in crate::source) next_generation: u64,
    pub(in crate::source) lines: Vec<Line>,
    pub(in crate::source) losses: Vec<crate::flow::Loss>,
    pub(in crate::source) states: BTreeMap<PathBuf, StreamState>,
    pub(in crate::source) problems: Vec<Problem>,
    pub(in crate::source) last_up: Option<Timestamp>,
}

impl Rig {
    pub(in crate::source) fn new(files: &[&str]) -> Self {
        Self::with(files, Start::End, Watching::Polling)
    }

    pub(in crate::source) fn with(files: &[&str], start: Start, watching: Watching) -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let files = files.iter().map(|file| root.join(file)).collect();
        let settings =
            vec![SourceSettings { start, lead_lines: 2, ..SourceSettings::new("s".into(), files) }];
        Self {
            dir,
            settings,
            watching,
            max_open: usize::MAX,
            boot: Boot::Same,
            now: real_now(),
            source: None,
            waker: Waker::new(),
            store: Store::default(),
            pending: Vec::new(),
        }
    }

    pub(in crate::source) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Writes at the end of a file, which need not be there.
    pub(in crate::source) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(in crate::source) fn appender(&self, name: &str) -> File {
        OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap()
    }

    pub(in crate::source) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(in crate::source) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(in crate::source) fn truncate(&self, name: &str) {
        OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(0).unwrap();
    }

    pub(in crate::source) fn copy(&self, from: &str, to: &str) {
        fs::write(self.path(to), fs::read(self.path(from)).unwrap()).unwrap();
        let now = Duration::from_millis(u64::try_from(self.now.as_millis()).unwrap());
        let copy = OpenOptions::new().write(true).open(self.path(to)).unwrap();
        copy.set_modified(std::time::UNIX_EPOCH + now).unwrap();
    }

    /// Starts the agent on what was committed.
    pub(in crate::source) fn start(&mut self) {
        let rows = &self.store.rows;
        let missing = self.store.states.iter().filter(|(_, own)| **own == StreamState::Missing);
        let saved = Saved {
            checkpoints: rows.values().cloned().collect(),
            memos: self.store.memos.values().cloned().collect(),
            next_stream: StreamId(rows.values().map(|row| row.stream.0 + 1).max().unwrap_or(1)),
            next_generation: GenerationId(self.store.next_generation.max(1)),
            missing: missing.map(|(path, _)| path.clone()).collect(),
            last_up: self.store.last_up,
            boot: self.boot,
        };
        let (watching, waker) = (self.watching, self.waker.clone());
        let source = Source::open(&self.settings, saved, self.max_open, watching, waker, self.now);
        self.source = Some(source);
        self.commit();
        self.run();
    }

    /// Reads all there is, and commits it.
    pub(in crate::source) fn run(&mut self) {
        self.source.as_mut().unwrap().reconcile(self.now);
        self.read_all();
        self.commit();
    }

    pub(in crate::source) fn read_all(&mut self) {
        let is_over = |source: &Source| source.fresh.is_empty() && source.rest.is_empty();
        while self.read_one() || !is_over(self.source.as_ref().unwrap()) {}
    }

    /// Matches one chunk, without a commit.
    pub(in crate::source) fn read_one(&mut self) -> bool {
        self.read_some(usize::MAX)
    }

    /// Matches the first lines of one chunk, as if the others waited for lines after them.
    pub(in crate::source) fn read_some(&mut self, n_lines: usize) -> bool {
        let source = self.source.as_mut().unwrap();
        let Some(chunk) = source.next_chunk(self.now) else { return false };
        let name = chunk.path.file_name().unwrap().to_string_lossy().into_owned();
        let n_bytes = chunk.bytes.len();
        assert!(n_bytes > 0 && n_bytes <= 1024 * 1024);
        assert!(chunk.lead.is_empty() || chunk.lead.ends_with(b"\n"));
        let n_lines = if chunk.settled { usize::MAX } else { n_lines };
        let mut n_consumed = 0;
        for line in chunk.bytes.split_inclusive(|&byte| byte == b'\n').take(n_lines) {
            n_consumed += line.len();
            let text = String::from_utf8_lossy(line).trim_end_matches('\n').to_owned();
            self.pending.push((name.clone(), text));
        }
        source.consumed(n_consumed, self.now);
        true
    }

    pub(in crate::source) fn commit(&mut self) {
        let changes = self.source.as_mut().unwrap().take_changes();
        for row in changes.checkpoints {
            self.store.next_generation = self.store.next_generation.max(row.generation.0 + 1);
            self.store.rows.insert(row.generation, row);
        }
        for memo in changes.memos {
            self.store.memos.insert(memo.stream, memo);
        }
        self.store.memos.retain(|_, memo| !memo.text.is_empty());
        for id in changes.forgotten {
            self.store.rows.remove(&id);
        }
        self.store.lines.append(&mut self.pending);
        self.store.losses.extend(changes.losses);
        let states = changes.statuses.iter().map(|own| (own.path.to_path_buf(), own.state));
        self.store.states.extend(states);
        self.store.problems.extend(changes.problems);
        // Files are born by the real clock, which the one that is handed in runs ahead of.
        self.store.last_up = Some(real_now());
    }

    /// Ends the agent; what was not committed never happened.
    pub(in crate::source) fn kill(&mut self) {
        self.source = None;
        self.pending.clear();
    }

    /// Lets `seconds` pass, with a look each.
    pub(in crate::source) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_secs(1);
            if self.source.is_some() {
                self.run();
            }
        }
    }

    /// The lines committed, of all logs.
    pub(in crate::source) fn lines(&self) -> Vec<&str> {
        self.store.lines.iter().map(|(_, text)| &**text).collect()
    }

    #[track_caller]
    pub(in crate::source) fn expect(&mut self, lines: &[&str]) {
        self.pass(2);
        assert_eq!(self.lines(), lines);
    }

    #[track_caller]
    pub(in crate::source) fn expect_no_loss(&self) {
        assert_eq!(self.store.losses, []);
    }

    pub(in crate::source) fn state(&self, name: &str) -> Option<StreamState> {
        let path = self.path(name);
        let mut statuses = self.source.as_ref().unwrap().statuses();
        statuses.find(|status| *status.path == *path).map(|status| status.state)
    }
}

pub(in crate::source) fn real_now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
}

pub(in crate::source) fn numbered(prefix: &str, n: usize) -> String {
    let line = |text: String, i| text + &format!("{prefix} line number {i:06} of the log\n");
    (0..n).fold(String::new(), line)
}

// Basics.
