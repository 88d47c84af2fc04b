//! The law: whatever is written, rotated, truncated, removed, killed and restarted, each whole line
//! is matched once in what was committed, and in order within each content epoch of a file.

use proptest::prelude::*;

use super::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// Writes whole lines, or the rest of one and some.
    Write(u8),
    /// Begins a line without ending it.
    WritePart,
    /// Writes a line through the descriptor of the file rotated away last.
    WriteLate,
    Rotate,
    /// Only what was read may be truncated or removed: the rest is lost to anyone.
    CopyTruncate,
    /// The same, with what was not read yet, while nobody looks: the copy has it.
    CopyTruncateUnread,
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
    Restart,
    Kill,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Gz,
    Zst,
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![Just(Ending::Gz), Just(Ending::Zst)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..5u8).prop_map(Step::Write),
        2 => Just(Step::WritePart),
        2 => Just(Step::WriteLate),
        3 => Just(Step::Rotate),
        2 => Just(Step::CopyTruncate),
        2 => Just(Step::CopyTruncateUnread),
        2 => ending().prop_map(Step::PackYoungest),
        1 => ending().prop_map(Step::PackOlder),
        1 => Just(Step::Recreate),
        3 => Just(Step::Reconcile),
        3 => Just(Step::ReadOne),
        3 => (0..3u8).prop_map(Step::ReadSome),
        2 => Just(Step::Commit),
        2 => prop_oneof![Just(1u8), Just(3), Just(15), Just(80)].prop_map(Step::Pass),
        2 => Just(Step::Restart),
        2 => Just(Step::Kill),
    ]
}

/// The writing side, which knows what it wrote.
struct World {
    rig: Rig,
    is_up: bool,
    epoch: usize,
    late: Option<(File, usize)>,
    part: Option<String>,
    /// The whole lines of each content epoch.
    written: Vec<Vec<String>>,
    n_lines: usize,
}

impl World {
    fn new(files: &str, watching: Watching) -> Self {
        let mut rig = Rig::with(&[files], Start::End, watching);
        // A file that comes and goes before anyone looks was never there.
        rig.write("a.log", "");
        rig.start();
        let written = vec![Vec::new()];
        Self { rig, is_up: true, epoch: 0, late: None, part: None, written, n_lines: 0 }
    }

    fn line(&mut self) -> String {
        self.n_lines += 1;
        format!("line {:04} {}", self.n_lines, "x".repeat(self.n_lines * 37 % 90))
    }

    fn end_part(&mut self) {
        if let Some(line) = self.part.take() {
            self.rig.write("a.log", "-end\n");
            self.written[self.epoch].push(line + "-end");
        }
    }

    fn file(&self) -> File {
        let path = self.rig.path("a.log");
        OpenOptions::new().append(true).create(true).open(path).unwrap()
    }

    /// Moves every rotation one place on, to make room for a first.
    fn shift(&self) {
        let n_old = (1..100).take_while(|&i| self.rotation(i).is_some()).count();
        for i in (1..=n_old).rev() {
            let ending = self.rotation(i).unwrap();
            self.rig.rename(&format!("a.log.{i}{ending}"), &format!("a.log.{}{ending}", i + 1));
        }
    }

    /// How the name of a rotation ends, if there is one.
    fn rotation(&self, i: usize) -> Option<&'static str> {
        let is_there = |ending: &&str| self.rig.path(&format!("a.log.{i}{ending}")).exists();
        ["", ".gz", ".zst"].into_iter().find(is_there)
    }

    /// Packs a rotation. What its writer still writes is lost to anyone; and so is, for an agent
    /// that ends, what it has open and nothing was read of: nothing tells the archive from others.
    fn pack(&mut self, i: usize, ending: Ending) {
        if self.rotation(i) == Some("") {
            if self.is_up {
                self.rig.pass(6);
            }
            let newest = self.rig.store.rows.keys().max().copied();
            let is_unread = |row: &crate::flow::Checkpoint| row.offset == 0 && !row.finished;
            let mut rows = self.rig.store.rows.iter();
            if rows.any(|(id, row)| Some(*id) != newest && is_unread(row)) {
                return;
            }
            self.late = None;
            let ending = if matches!(ending, Ending::Gz) { "gz" } else { "zst" };
            self.rig.pack(&format!("a.log.{i}"), ending);
        }
    }

    fn next_epoch(&mut self) {
        self.epoch = self.written.len();
        self.written.push(Vec::new());
    }

    fn catch_up(&mut self) {
        if !self.is_up {
            self.rig.start();
            self.is_up = true;
        }
        self.end_part();
        // Longer than the longest time without a look.
        self.rig.pass(6);
    }

    fn go(&mut self, step: &Step) {
        self.change(step);
        self.drive(step);
    }

    /// What happens to the files.
    fn change(&mut self, step: &Step) {
        match step {
            Step::Write(n) => {
                self.end_part();
                for _ in 0..*n {
                    let line = self.line();
                    self.rig.write("a.log", &format!("{line}\n"));
                    self.written[self.epoch].push(line);
                }
            }
            Step::WritePart => {
                self.end_part();
                let line = self.line();
                self.rig.write("a.log", &line);
                self.part = Some(line);
            }
            Step::WriteLate => {
                let line = self.line();
                if let Some((file, epoch)) = &mut self.late {
                    file.write_all(format!("{line}\n").as_bytes()).unwrap();
                    self.written[*epoch].push(line);
                }
            }
            Step::Rotate => {
                self.end_part();
                self.late = Some((self.file(), self.epoch));
                self.shift();
                self.rig.rename("a.log", "a.log.1");
                self.next_epoch();
                self.file();
            }
            Step::CopyTruncate => {
                self.catch_up();
                self.file();
                self.shift();
                self.rig.copy("a.log", "a.log.1");
                self.rig.truncate("a.log");
                self.next_epoch();
            }
            Step::CopyTruncateUnread if !self.is_up => {
                self.end_part();
                self.file();
                self.shift();
                self.rig.copy("a.log", "a.log.1");
                self.rig.truncate("a.log");
                self.next_epoch();
            }
            Step::PackYoungest(ending) => self.pack(1, *ending),
            Step::PackOlder(ending) => (2..100).for_each(|i| self.pack(i, *ending)),
            Step::Recreate => {
                self.catch_up();
                self.file();
                self.rig.remove("a.log");
                self.next_epoch();
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
            Step::Restart if self.is_up => {
                self.rig.commit();
                self.rig.kill();
                self.is_up = false;
            }
            Step::Kill if self.is_up => {
                self.rig.kill();
                self.is_up = false;
            }
            Step::Restart | Step::Kill => {
                self.rig.start();
                self.is_up = true;
            }
            _ => {}
        }
    }

    fn judge(&mut self) -> Result<(), TestCaseError> {
        self.catch_up();
        self.rig.pass(200);
        let matched = self.rig.lines();
        let mut sorted = matched.clone();
        sorted.sort_unstable();
        let mut expected: Vec<_> = self.written.iter().flatten().map(String::as_str).collect();
        expected.sort_unstable();
        let short =
            |lines: &[&str]| lines.iter().map(|line| line[..9].to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(short(&sorted), short(&expected));
        prop_assert_eq!(sorted, expected);
        for epoch in &self.written {
            let own: Vec<_> =
                matched.iter().filter(|line| epoch.iter().any(|e| e == *line)).collect();
            prop_assert!(own.iter().copied().eq(epoch.iter()), "out of order: {:?}", own);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn each_whole_line_is_matched_once(
        is_glob in any::<bool>(),
        watching in prop_oneof![Just(Watching::Both), Just(Watching::Events), Just(Watching::Polling)],
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut world = World::new(if is_glob { "a.log*" } else { "a.log" }, watching);
        for step in &steps {
            world.go(step);
        }
        world.judge()?;
    }
}
