//! The real logrotate in each of its ways, writers that reopen late, and an agent that is killed
//! all the time: every line that logrotate did not lose is matched exactly once.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::chaos::{Chaos, Dose, settle};
use crate::tally::Tally;
use crate::trial::Trial;

/// A way to rotate, and how it is used so that logrotate itself loses nothing.
struct Mode {
    name: &'static str,
    directives: &'static str,
    /// What the agent's configuration says of it.
    source: &'static str,
    writers: Writers,
}

/// What writers do when their log is rotated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writers {
    /// They go on in the renamed file and reopen the log later, each at a time of its own.
    ReopenLate,
    /// They pause meanwhile: what they wrote between a copy and its truncation, or into a file
    /// that is being compressed, would be in no file any more.
    Pause,
}

const MODES: [Mode; 6] = [
    Mode { name: "create", directives: "create 0644", source: "", writers: Writers::ReopenLate },
    Mode { name: "copytruncate", directives: "copytruncate", source: "", writers: Writers::Pause },
    Mode {
        name: "compress",
        directives: "create 0644\ncompress",
        source: "",
        writers: Writers::Pause,
    },
    Mode {
        name: "delaycompress",
        directives: "create 0644\ncompress\ndelaycompress",
        source: "",
        writers: Writers::ReopenLate,
    },
    Mode {
        name: "dateext",
        directives: "create 0644\ndateext\ndateformat -%Y%m%d-%s",
        source: "",
        writers: Writers::ReopenLate,
    },
    Mode {
        name: "olddir",
        directives: "create 0644\nolddir old\ncreateolddir 0755",
        source: "olddir = \"DIR/olddir/old\"",
        writers: Writers::ReopenLate,
    },
];

/// Writers of one log.
const N_WRITERS: usize = 3;

/// Pauses between two rotations. Above a second, since the names of `dateext` hold seconds.
const PAUSE: std::ops::Range<u64> = 1100..2500;

#[test]
#[ignore = "needs logrotate, which ./tests/all installs; ./tests/soak runs it for longer"]
fn logrotate_and_kills_at_any_moment_lose_and_repeat_nothing() {
    let dose = Dose::new(Duration::from_secs(8));
    let rules: String = MODES
        .iter()
        .map(|mode| Tally::rules(mode.name, &format!("DIR/{0}/{0}.log", mode.name), mode.source))
        .collect();
    let mut trial = Trial::new(&rules);
    let mut random = fastrand::Rng::with_seed(dose.seed);
    let mut logs: Vec<_> =
        MODES.iter().map(|mode| Rotated::new(&trial, mode, random.fork())).collect();
    trial.start();
    let chaos = Chaos::default();
    let n_kills = thread::scope(|scope| {
        for log in &mut logs {
            scope.spawn(|| log.work(&chaos));
        }
        chaos.rage(&mut trial, dose.length, Duration::from_millis(900), &mut random)
    });
    let n_lines: u64 = logs.iter().map(|log| log.tally.n_lines()).sum();
    let n_rotations: u32 = logs.iter().map(|log| log.n_rotations).sum();
    eprintln!("{n_lines} lines, {n_rotations} rotations by logrotate, {n_kills} kills");
    settle(&mut trial, || {
        let more = logs.iter_mut().map(|log| {
            log.write();
            log.tally.clone()
        });
        more.collect()
    });
}

/// One log with its writers.
struct Rotated {
    mode: &'static Mode,
    path: PathBuf,
    config: PathBuf,
    writers: Vec<Writer>,
    tally: Tally,
    n_rotations: u32,
    random: fastrand::Rng,
}

/// One that appends to a log.
struct Writer {
    file: File,
    /// Lines to write until the log is opened anew; `None`: it was not rotated.
    reopens_in: Option<u32>,
}

impl Writer {
    fn new(path: &Path) -> Self {
        let file = File::options().create(true).append(true).open(path).unwrap();
        Self { file, reopens_in: None }
    }
}

impl Rotated {
    fn new(trial: &Trial, mode: &'static Mode, random: fastrand::Rng) -> Self {
        let folder = trial.folder().join(mode.name);
        fs::create_dir(&folder).unwrap();
        let path = folder.join(format!("{}.log", mode.name));
        let config = folder.join("logrotate.conf");
        let head = "rotate 100000\nsize 1\nmissingok\nnomail";
        let text = format!("{} {{\n{head}\n{}\n}}\n", path.display(), mode.directives);
        fs::write(&config, text).unwrap();
        Self {
            mode,
            config,
            writers: (0..N_WRITERS).map(|_| Writer::new(&path)).collect(),
            path,
            tally: Tally::new(mode.name),
            n_rotations: 0,
            random,
        }
    }

    /// Writes and rotates until it is over.
    fn work(&mut self, chaos: &Chaos) {
        while !chaos.is_over() {
            let until = Instant::now() + Duration::from_millis(self.random.u64(PAUSE));
            while Instant::now() < until && !chaos.is_over() {
                self.write();
                thread::sleep(Duration::from_millis(self.random.u64(0..20)));
            }
            if chaos.is_over() {
                break;
            }
            self.reopen();
            self.rotate();
        }
        self.reopen();
    }

    /// A burst of lines by one writer.
    fn write(&mut self) {
        let writer = &mut self.writers[self.random.usize(0..N_WRITERS)];
        for _ in 0..self.random.u32(1..10) {
            writer.file.write_all(self.tally.line().as_bytes()).unwrap();
        }
        match &mut writer.reopens_in {
            Some(0) => *writer = Writer::new(&self.path),
            Some(n) => *n -= 1,
            None => {}
        }
    }

    fn rotate(&mut self) {
        let mut logrotate = self.logrotate();
        if self.mode.writers == Writers::ReopenLate {
            while logrotate.try_wait().unwrap().is_none() {
                self.write();
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert!(logrotate.wait().unwrap().success(), "{}", self.mode.name);
        self.n_rotations += 1;
        for writer in &mut self.writers {
            writer.reopens_in = Some(match self.mode.writers {
                Writers::ReopenLate => self.random.u32(0..20),
                Writers::Pause => 0,
            });
        }
        if self.mode.writers == Writers::Pause {
            self.reopen();
        }
    }

    fn logrotate(&self) -> Child {
        let state = self.config.with_extension("state");
        let mut command = Command::new("/usr/sbin/logrotate");
        command.arg("-f").arg("-s").arg(state).arg(&self.config).stdin(Stdio::null());
        command.spawn().unwrap()
    }

    /// All writers open the log anew, if it was rotated.
    fn reopen(&mut self) {
        let late = self.writers.iter_mut().filter(|writer| writer.reopens_in.is_some());
        late.for_each(|writer| *writer = Writer::new(&self.path));
    }
}
