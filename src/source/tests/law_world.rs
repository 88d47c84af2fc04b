//! The writing side of the law: what happens to a log, and what must have been matched of it.

use proptest::prelude::*;

use super::prelude::*;

/// What happens next, to files or to the agent.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Writes whole lines, or the rest of one and some.
    Write(u8),
    /// Begins a line without ending it.
    WritePart,
    /// Writes a line through the descriptor of the file rotated away last.
    WriteLate,
    Rotate,
    /// Only what was read may be truncated or removed: the rest is lost to anyone.
    CopyTruncate,
    /// The same, with what was not read yet: the copy has it.
    CopyTruncateUnread,
    /// So many times in a row, with lines in each.
    Cascade(u8),
    /// Removes the log with what was not read of it.
    RemoveUnread,
    /// Packs the youngest rotation, or all but that.
    PackYoungest(Ending),
    PackOlder(Ending),
    Recreate,
    Reconcile,
    ReadOne,
    /// The matcher waits for lines after the others.
    ReadSome(u8),
    Commit,
    Pass(u8),
    /// The same settings come anew.
    Reload,
    Restart,
    Kill,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Gz,
    Zst,
}

/// How far apart changes of files are by the clock of the file system.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gap {
    /// They have one time.
    None,
    /// Each has its own.
    Tick,
}

/// Where the log lies and how it is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// What is configured: the log, or a glob that finds its rotations too.
    pub(super) files: &'static str,
    /// Where rotations are moved to: nothing, or a directory with a slash.
    pub(super) olddir: &'static str,
    pub(super) watching: Watching,
}

/// Lets all of `steps` happen, and judges what came of them.
pub(super) fn live(setting: Setting, steps: &[(Gap, Step)]) -> Result<(), TestCaseError> {
    let mut world = World::new(setting);
    for (gap, step) in steps {
        world.go(*gap, step);
    }
    world.judge()
}

/// The writing side, which knows what it wrote.
struct World {
    rig: Rig,
    /// How far apart what happens to files is now.
    gap: Gap,
    is_up: bool,
    epoch: usize,
    late: Option<(File, usize)>,
    part: Option<String>,
    /// The whole lines of each content epoch.
    written: Vec<Vec<String>>,
    n_lines: usize,
    /// Where rotations are moved to: nothing, or a directory with a slash.
    olddir: &'static str,
    /// The content epochs that were removed unread.
    removed: Vec<usize>,
    /// A file was removed, so that there may be a record of it.
    is_any_removed: bool,
    /// The file rotated away last was written to after that.
    is_late_written: bool,
}

impl World {
    fn new(Setting { files, olddir, watching }: Setting) -> Self {
        let mut rig = Rig::with(&[files], Start::End, watching);
        rig.step_file_clock();
        if !olddir.is_empty() {
            rig.mkdir(olddir);
            rig.settings[0].olddir = Some(rig.path(olddir.trim_end_matches('/')));
        }
        rig.write("a.log", "");
        // Copies of the first file are told from older ones by the tick of the file system's clock.
        rig.now = rig.now + clock::TICK;
        rig.start();
        Self {
            rig,
            gap: Gap::None,
            is_up: true,
            epoch: 0,
            late: None,
            part: None,
            written: vec![Vec::new()],
            n_lines: 0,
            olddir,
            removed: Vec::new(),
            is_any_removed: false,
            is_late_written: false,
        }
    }

    fn line(&mut self) -> String {
        self.n_lines += 1;
        format!("line {:04} {}", self.n_lines, "x".repeat(self.n_lines * 37 % 90))
    }

    fn end_part(&mut self) {
        if let Some(line) = self.part.take() {
            self.tick();
            self.rig.write("a.log", "-end\n");
            self.written[self.epoch].push(line + "-end");
        }
    }

    fn file(&self) -> File {
        self.rig.appender("a.log")
    }

    /// Lets the clock go on before something happens to files.
    fn tick(&mut self) {
        if matches!(self.gap, Gap::Tick) {
            self.rig.now = self.rig.now + clock::TICK;
        }
    }

    /// The name of a rotation.
    fn name(&self, i: usize, ending: &str) -> String {
        format!("{}a.log.{i}{ending}", self.olddir)
    }

    /// Moves every rotation one place on, to make room for a first.
    fn shift(&self) {
        let n_old = (1..100).take_while(|&i| self.rotation(i).is_some()).count();
        for i in (1..=n_old).rev() {
            let ending = self.rotation(i).unwrap();
            self.rig.rename(&self.name(i, ending), &self.name(i + 1, ending));
        }
    }

    /// How the name of a rotation ends, if there is one.
    fn rotation(&self, i: usize) -> Option<&'static str> {
        let is_there = |ending: &&str| self.rig.path(&self.name(i, ending)).exists();
        ["", ".gz", ".zst"].into_iter().find(is_there)
    }

    /// Packs a rotation. What its writer still writes is lost to anyone; and what it wrote just now
    /// may be, where the agent had let go of the file long ago.
    fn pack(&mut self, i: usize, ending: Ending) {
        if self.rotation(i) == Some("") {
            if self.is_up && self.is_late_written {
                self.rig.pass(12);
            }
            self.late = None;
            self.tick();
            let ending = if matches!(ending, Ending::Gz) { "gz" } else { "zst" };
            self.rig.pack(&self.name(i, ""), ending);
        }
    }

    fn write_lines(&mut self, n: u8) {
        self.end_part();
        for _ in 0..n {
            let line = self.line();
            self.tick();
            self.rig.write("a.log", &format!("{line}\n"));
            self.written[self.epoch].push(line);
        }
    }

    fn rotate(&mut self) {
        self.end_part();
        self.late = Some((self.file(), self.epoch));
        self.tick();
        self.shift();
        self.rig.rename("a.log", &self.name(1, ""));
        self.next_epoch();
        self.tick();
        self.file();
    }

    fn copy_truncate(&mut self) {
        self.end_part();
        self.file();
        self.tick();
        self.shift();
        self.rig.copy("a.log", &self.name(1, ""));
        self.tick();
        self.rig.truncate("a.log");
        self.next_epoch();
    }

    /// Removes the log where the agent knows that it was there: what was never seen leaves no trace,
    /// and where nothing was read, an archive of what follows may pass for it.
    fn remove_unread(&mut self) {
        let epoch = &self.written[self.epoch];
        let is_read = self.rig.lines().iter().any(|line| epoch.iter().any(|own| own == line));
        let file = fs::metadata(self.rig.path("a.log")).map(|meta| identity::Seen::from(&meta));
        let newest = self.rig.store.rows.values().next_back().map(|row| row.identity);
        if self.is_up || !is_read || newest != file.ok().map(|seen| seen.identity) {
            return;
        }
        self.end_part();
        self.removed.push(self.epoch);
        self.is_any_removed = true;
        self.tick();
        self.rig.remove("a.log");
        self.next_epoch();
        self.tick();
        self.file();
    }

    fn next_epoch(&mut self) {
        self.epoch = self.written.len();
        self.written.push(Vec::new());
    }

    /// Starts the agent, which takes longer than a tick: what is written once it runs is younger than
    /// what was there before.
    fn start(&mut self) {
        self.rig.now = self.rig.now + clock::TICK;
        self.rig.start();
        self.rig.now = self.rig.now + clock::TICK;
        self.is_up = true;
    }

    fn catch_up(&mut self) {
        if !self.is_up {
            self.start();
        }
        self.end_part();
        // Longer than the longest time without a look.
        self.rig.pass(6);
    }

    fn go(&mut self, gap: Gap, step: &Step) {
        self.gap = gap;
        self.change(step);
        self.drive(step);
    }

    /// What happens to the files.
    fn change(&mut self, step: &Step) {
        match step {
            Step::Write(n) => self.write_lines(*n),
            Step::WritePart => {
                self.end_part();
                let line = self.line();
                self.tick();
                self.rig.write("a.log", &line);
                self.part = Some(line);
            }
            Step::WriteLate => {
                let line = self.line();
                self.tick();
                if let Some((file, epoch)) = &mut self.late {
                    self.rig.write_to(file, &format!("{line}\n"));
                    self.is_late_written = true;
                    self.written[*epoch].push(line);
                }
            }
            Step::Rotate => self.rotate(),
            Step::Cascade(n) => {
                for _ in 0..*n {
                    self.write_lines(1);
                    self.rotate();
                }
            }
            Step::CopyTruncate => {
                self.catch_up();
                self.copy_truncate();
            }
            Step::CopyTruncateUnread => self.copy_truncate(),
            Step::RemoveUnread => self.remove_unread(),
            Step::PackYoungest(ending) => self.pack(1, *ending),
            Step::PackOlder(ending) => (2..100).for_each(|i| self.pack(i, *ending)),
            Step::Recreate => {
                self.catch_up();
                self.file();
                self.is_any_removed = true;
                self.tick();
                self.rig.remove("a.log");
                self.next_epoch();
                self.tick();
                self.file();
            }
            _ => {}
        }
    }

    /// What the agent does.
    fn drive(&mut self, step: &Step) {
        match step {
            Step::Pass(seconds) if self.is_up => self.rig.pass(u64::from(*seconds)),
            Step::Reconcile if self.is_up => {
                self.rig.now = self.rig.now + std::time::Duration::from_millis(500);
                self.rig.reconcile();
            }
            Step::ReadOne if self.is_up => drop(self.rig.read_one()),
            Step::ReadSome(n) if self.is_up => drop(self.rig.read_some(usize::from(*n))),
            Step::Commit if self.is_up => self.rig.commit(),
            Step::Reload if self.is_up => self.rig.reload(),
            Step::Restart if self.is_up => {
                self.rig.commit();
                self.rig.kill();
                self.is_up = false;
            }
            Step::Kill if self.is_up => {
                self.rig.kill();
                self.is_up = false;
            }
            Step::Restart | Step::Kill => self.start(),
            _ => {}
        }
    }

    fn judge(&mut self) -> Result<(), TestCaseError> {
        self.catch_up();
        self.rig.pass(200);
        let matched = self.rig.lines();
        let lost: Vec<_> = self.removed.iter().flat_map(|&epoch| &self.written[epoch]).collect();
        let is_lost = |line: &&str| lost.contains(&&(*line).to_owned()) && !matched.contains(line);
        let mut sorted = matched.clone();
        sorted.sort_unstable();
        let all = || self.written.iter().flatten().map(String::as_str);
        let mut expected: Vec<_> = all().filter(|line| !is_lost(line)).collect();
        expected.sort_unstable();
        let short =
            |lines: &[&str]| lines.iter().map(|line| line[..9].to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(short(&sorted), short(&expected));
        prop_assert_eq!(sorted, expected);
        if all().any(|line| is_lost(&line)) {
            prop_assert!(!self.rig.store.losses.is_empty(), "lines were lost without a record");
        }
        // What a glob found, and what was then packed under another log's name, is gone.
        let is_glob = self.rig.settings[0].files[0].ends_with("a.log*");
        if !self.is_any_removed && !is_glob {
            // Of an empty file that was packed unseen it can only be said that perhaps there was more.
            let is_sure = |loss: &&crate::flow::Loss| loss.bytes.is_some();
            let sure: Vec<_> = self.rig.store.losses.iter().filter(is_sure).collect();
            prop_assert!(sure.is_empty(), "{sure:?}");
        }
        for epoch in &self.written {
            let own: Vec<_> =
                matched.iter().filter(|line| epoch.iter().any(|e| e == *line)).collect();
            let expected = epoch.iter().filter(|line| !is_lost(&&***line));
            prop_assert!(own.iter().copied().eq(expected), "out of order: {:?}", own);
        }
        Ok(())
    }
}
