//! A folder of logs, the agent that follows them on a clock that is handed in, and its store.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::super::watch::{self, Maker, Watch};
use super::super::*;
use super::clock;
use crate::flow::{
    Checkpoint, Chunk, Events, GenerationId, Memo, Mode, Offset, StreamId, StreamState,
    StreamStatus, Timestamp,
};

/// A folder of logs, the agent that follows them, and the store that it commits to.
pub(in crate::source) struct Rig {
    pub(in crate::source) dir: TempDir,
    /// Where a file is made to see that all events before it have come.
    sentinel: TempDir,
    /// What makes the watcher.
    pub(in crate::source) maker: Maker,
    /// Whether events come at all, so that they can be waited for.
    pub(in crate::source) is_deaf: bool,
    pub(in crate::source) settings: Vec<SourceSettings>,
    pub(in crate::source) watching: Watching,
    pub(in crate::source) max_open: usize,
    /// Whether the machine starts anew before the agent does.
    pub(in crate::source) boot: Boot,
    pub(in crate::source) now: Timestamp,
    pub(in crate::source) file_clock: FileClock,
    pub(in crate::source) source: Option<Source>,
    pub(in crate::source) waker: Waker,
    pub(in crate::source) store: Store,
    /// Lines matched since the last commit.
    pub(in crate::source) pending: Vec<Line>,
    /// Where each of them began.
    pub(in crate::source) pending_marks: Vec<(GenerationId, Offset)>,
}

/// Where the times of files come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::source) enum FileClock {
    /// The kernel.
    Kernel,
    /// The clock that is handed in, for all that is done through the rig.
    Stepped,
}

/// A line as it was matched: the name of the log, and the text.
pub(in crate::source) type Line = (String, String);

/// What was committed.
#[derive(Clone, Default)]
pub(in crate::source) struct Store {
    pub(in crate::source) rows: BTreeMap<GenerationId, Checkpoint>,
    pub(in crate::source) memos: BTreeMap<StreamId, Memo>,
    pub(in crate::source) next_generation: u64,
    /// How often a row was written.
    pub(in crate::source) n_written: usize,
    pub(in crate::source) lines: Vec<Line>,
    pub(in crate::source) marks: Vec<(GenerationId, Offset)>,
    pub(in crate::source) losses: Vec<crate::flow::Loss>,
    pub(in crate::source) states: BTreeMap<PathBuf, StreamState>,
    pub(in crate::source) modes: BTreeMap<PathBuf, Mode>,
    pub(in crate::source) problems: Vec<Problem>,
    pub(in crate::source) last_up: Option<Timestamp>,
}

impl Rig {
    pub(in crate::source) fn new(files: &[&str]) -> Self {
        Self::with(files, Start::End, Watching::Polling)
    }

    pub(in crate::source) fn in_mode(watching: Watching, files: &[&str]) -> Self {
        Self::with(files, Start::End, watching)
    }

    pub(in crate::source) fn with(files: &[&str], start: Start, watching: Watching) -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let files = files.iter().map(|file| root.join(file)).collect();
        let settings =
            vec![SourceSettings { start, lead_lines: 2, ..SourceSettings::new("s".into(), files) }];
        Self {
            dir,
            sentinel: TempDir::new().unwrap(),
            maker: watch::system,
            is_deaf: false,
            settings,
            watching,
            max_open: usize::MAX,
            boot: Boot::Same,
            now: real_now(),
            file_clock: FileClock::Kernel,
            source: None,
            waker: Waker::new(),
            store: Store::default(),
            pending: Vec::new(),
            pending_marks: Vec::new(),
        }
    }

    pub(in crate::source) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Has the times of files follow the clock that is handed in.
    pub(in crate::source) fn step_file_clock(&mut self) {
        self.file_clock = FileClock::Stepped;
        clock::begin();
        clock::made(&self.path(""), self.now);
    }

    /// Writes at the end of a file, which need not be there.
    pub(in crate::source) fn write(&self, name: &str, text: &(impl AsRef<[u8]> + ?Sized)) {
        self.write_to(&mut self.appender(name), text);
    }

    /// Writes to an open file, whatever it is called by now.
    pub(in crate::source) fn write_to(&self, file: &mut File, text: &(impl AsRef<[u8]> + ?Sized)) {
        file.write_all(text.as_ref()).unwrap();
        if self.is_stepped() && !text.as_ref().is_empty() {
            clock::changed_file(file, self.now);
        }
    }

    pub(in crate::source) fn appender(&self, name: &str) -> File {
        let path = self.path(name);
        let is_new = !path.exists();
        let file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        if is_new {
            self.note_made(name);
        }
        file
    }

    pub(in crate::source) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
        self.note_named(from);
        self.note_named(to);
    }

    pub(in crate::source) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
        self.note_named(name);
    }

    pub(in crate::source) fn truncate(&self, name: &str) {
        let file = OpenOptions::new().write(true).open(self.path(name)).unwrap();
        file.set_len(0).unwrap();
        if self.is_stepped() {
            clock::changed_file(&file, self.now);
        }
    }

    pub(in crate::source) fn copy(&self, from: &str, to: &str) {
        let is_new = !self.path(to).exists();
        fs::write(self.path(to), fs::read(self.path(from)).unwrap()).unwrap();
        assert!(is_new, "a copy over {to}");
        self.note_made(to);
    }

    /// Packs a file as `gzip` and `zstd` do: into one beside it that has its times, and is called
    /// like it with the ending `.gz` or `.zst`. Returns the name.
    pub(in crate::source) fn pack(&self, name: &str, ending: &str) -> String {
        let text = fs::read(self.path(name)).unwrap();
        let to = format!("{name}.{ending}");
        fs::write(self.path(&to), packed(&text, ending)).unwrap();
        self.note_made(&to);
        if self.is_stepped() {
            clock::touched_like(&self.path(&to), &self.path(name));
        }
        let modified = fs::metadata(self.path(name)).unwrap().modified().unwrap();
        let archive = OpenOptions::new().write(true).open(self.path(&to)).unwrap();
        archive.set_modified(modified).unwrap();
        self.remove(name);
        to
    }

    fn is_stepped(&self) -> bool {
        self.file_clock == FileClock::Stepped
    }

    /// Notes that a file was made, with all that is in it.
    fn note_made(&self, name: &str) {
        if self.is_stepped() {
            clock::made(&self.path(name), self.now);
        }
        self.note_named(name);
    }

    /// Notes that a name came or went.
    fn note_named(&self, name: &str) {
        if self.is_stepped() {
            clock::changed(self.path(name).parent().unwrap(), self.now);
        }
    }

    /// Starts the agent on what was committed, and reads all there is.
    pub(in crate::source) fn start(&mut self) {
        self.open();
        self.run();
    }

    /// Starts the agent on what was committed. Nothing is read yet.
    pub(in crate::source) fn open(&mut self) {
        let watch = Watch::new(self.watching, self.waker.clone(), self.maker, self.now);
        let source = Source::open_on(&self.settings, self.saved(), self.max_open, watch, self.now);
        self.source = Some(source);
        self.commit();
    }

    /// Hands the agent the settings as they are now, while it runs.
    pub(in crate::source) fn reload(&mut self) {
        self.commit();
        let saved = self.saved();
        self.source.as_mut().unwrap().reload(&self.settings, saved, self.now);
        self.commit();
    }

    /// What was committed, as an agent takes it up.
    fn saved(&self) -> Saved {
        let rows = &self.store.rows;
        let missing = self.store.states.iter().filter(|(_, own)| **own == StreamState::Missing);
        Saved {
            checkpoints: rows.values().cloned().collect(),
            memos: self.store.memos.values().cloned().collect(),
            next_stream: StreamId(rows.values().map(|row| row.stream.0 + 1).max().unwrap_or(1)),
            next_generation: GenerationId(self.store.next_generation.max(1)),
            missing: missing.map(|(path, _)| path.clone()).collect(),
            last_up: self.store.last_up,
            boot: self.boot,
        }
    }

    /// Looks at each log at once.
    pub(in crate::source) fn look(&mut self) {
        let source = self.source.as_mut().unwrap();
        let ids: Vec<_> = source.streams.keys().copied().collect();
        for id in ids {
            source.look(id, self.now);
        }
    }

    /// Reads all there is, and commits it.
    pub(in crate::source) fn run(&mut self) {
        self.reconcile();
        self.read_all();
        self.commit();
    }

    /// Takes in all events of what was done so far, and what is due.
    pub(in crate::source) fn reconcile(&mut self) {
        let source = self.source.as_mut().unwrap();
        if !self.is_deaf {
            source.watch.settle(self.sentinel.path());
        }
        source.reconcile(self.now);
        if source.has_begun() {
            self.commit();
        }
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
        for (event, mark) in events(&chunk).into_iter().take(n_lines) {
            n_consumed += event.len();
            let text = String::from_utf8_lossy(event).trim_end_matches('\n').to_owned();
            self.pending.push((name.clone(), text));
            self.pending_marks.push(mark);
        }
        source.consumed(n_consumed, self.now);
        true
    }

    pub(in crate::source) fn commit(&mut self) {
        let changes = self.source.as_mut().unwrap().take_changes();
        for row in changes.checkpoints {
            self.store.next_generation = self.store.next_generation.max(row.generation.0 + 1);
            self.store.rows.insert(row.generation, row);
            self.store.n_written += 1;
        }
        for memo in changes.memos {
            self.store.memos.insert(memo.stream, memo);
        }
        self.store.memos.retain(|_, memo| !memo.text.is_empty());
        for id in changes.forgotten {
            self.store.rows.remove(&id);
        }
        self.store.lines.append(&mut self.pending);
        self.store.marks.append(&mut self.pending_marks);
        self.store.losses.extend(changes.losses);
        let states = changes.statuses.iter().map(|own| (own.path.to_path_buf(), own.state));
        self.store.states.extend(states);
        let generations = changes.statuses.iter().filter_map(|own| own.generation);
        if let Some(last) = generations.max() {
            self.store.next_generation = self.store.next_generation.max(last.0 + 1);
        }
        let modes = changes.statuses.iter().map(|own| (own.path.to_path_buf(), own.mode));
        self.store.modes.extend(modes);
        self.store.problems.extend(changes.problems);
        // Else files are born by the real clock, which the one that is handed in runs ahead of.
        self.store.last_up = Some(if self.is_stepped() { self.now } else { real_now() });
    }

    /// Ends the agent; what was not committed never happened.
    pub(in crate::source) fn kill(&mut self) {
        self.source = None;
        self.pending.clear();
        self.pending_marks.clear();
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

    pub(in crate::source) fn link(&self, target: &str, link: &str) {
        std::os::unix::fs::symlink(self.path(target), self.path(link)).unwrap();
    }

    pub(in crate::source) fn mkdir(&self, name: &str) {
        fs::create_dir_all(self.path(name)).unwrap();
        if self.is_stepped() {
            clock::made(&self.path(name), self.now);
        }
    }

    pub(in crate::source) fn status(&self, name: &str) -> Option<StreamStatus> {
        let path = self.path(name);
        self.source.as_ref().unwrap().statuses().find(|status| *status.path == *path)
    }

    pub(in crate::source) fn state(&self, name: &str) -> Option<StreamState> {
        let path = self.path(name);
        let mut statuses = self.source.as_ref().unwrap().statuses();
        statuses.find(|status| *status.path == *path).map(|status| status.state)
    }
}

/// The events of a chunk, each with the place where it began.
pub(in crate::source) fn events<'a>(chunk: &Chunk<'a>) -> Vec<(&'a [u8], (GenerationId, Offset))> {
    let mut at = 0;
    let mut place = |len: usize| {
        let offset = chunk.offset + at as u64;
        at += len;
        (chunk.generation, offset)
    };
    match chunk.events {
        Events::Lines => {
            let lines = chunk.bytes.split_inclusive(|&byte| byte == b'\n');
            lines.map(|line| (line, place(line.len()))).collect()
        }
        Events::Framed(framing) => {
            let mut rest = chunk.bytes;
            let next = || {
                let (event, behind) = rest.split_at(framing.around(rest, 0).end);
                rest = behind;
                (!event.is_empty()).then(|| (event, place(event.len())))
            };
            std::iter::from_fn(next).collect()
        }
        Events::Marked(marks) => {
            assert_eq!(marks.last().unwrap().end, chunk.bytes.len());
            let begins = std::iter::once(0).chain(marks.iter().map(|mark| mark.end));
            let event = |(begin, mark): (usize, &crate::flow::Mark)| {
                (&chunk.bytes[begin..mark.end], (mark.generation, mark.offset))
            };
            begins.zip(marks).map(event).collect()
        }
    }
}

/// `text` in two members or frames.
pub(in crate::source) fn packed(text: &[u8], ending: &str) -> Vec<u8> {
    let (first, second) = text.split_at(text.len() / 2);
    let member = |part: &[u8]| match ending {
        "gz" => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        }
        "zst" => zstd::encode_all(part, 1).unwrap(),
        _ => unreachable!("an ending that cannot be packed: {ending}"),
    };
    [member(first), member(second)].concat()
}

pub(in crate::source) fn real_now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
}

pub(in crate::source) fn numbered(prefix: &str, n: usize) -> String {
    let line = |text: String, i| text + &format!("{prefix} line number {i:06} of the log\n");
    (0..n).fold(String::new(), line)
}

/// Makes of each scenario three tests: with events and a sweep, with events alone, with polling alone.
macro_rules! in_every_mode {
    ($($scenario:ident),+ $(,)?) => { $(
        mod $scenario {
            use super::super::prelude::Watching;

            #[test]
            fn both() {
                super::$scenario(Watching::Both);
            }

            #[test]
            fn events() {
                super::$scenario(Watching::Events);
            }

            #[test]
            fn polling() {
                super::$scenario(Watching::Polling);
            }
        }
    )+ };
}

pub(in crate::source) use in_every_mode;
