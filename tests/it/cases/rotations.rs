//! Many logs, each rotated over and over under load, with an agent that is killed all the time: the
//! union of all generations is matched exactly once.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::chaos::{Chaos, Dose, settle};
use crate::tally::Tally;
use crate::trial::{Trial, append};

/// Threads that share the logs among them.
const N_THREADS: usize = 4;

#[test]
fn many_rotations_of_many_logs_under_kills_give_the_union_once() {
    let (n_logs, n_rotations) = if Dose::is_whole() { (200, 100) } else { (40, 15) };
    let dose = Dose::new(Duration::from_mins(10));
    let mut trial = Trial::new(&Tally::rules("union", "DIR/logs/*/app.log", ""));
    let folders: Vec<_> = (0..n_logs).map(|n| trial.folder().join(format!("logs/{n}"))).collect();
    // Each log is known before its first rotation: whose else would the rotated file be?
    let mut first = Tally::starting_at("union", 1 << 48);
    for folder in &folders {
        fs::create_dir_all(folder).unwrap();
        append(&log(folder), first.line().as_bytes());
    }
    let mut random = fastrand::Rng::with_seed(dose.seed);
    trial.start();
    trial.wait_for_matched("union", first.n_lines());
    let chaos = Chaos::default();
    let (mut tally, n_kills) = thread::scope(|scope| {
        let work: Vec<_> = folders
            .chunks(n_logs / N_THREADS)
            .enumerate()
            .map(|(n, folders)| {
                // Numbers of their own, so that a line of one cannot stand in for one of another.
                let tally = Tally::starting_at("union", (n as u64) << 32);
                let rotator = Rotator { folders, tally, random: random.fork() };
                scope.spawn(move || rotator.work(n_rotations))
            })
            .collect();
        let work = scope.spawn(|| {
            let _over = chaos.over();
            let tallies = work.into_iter().map(|work| work.join().unwrap());
            tallies.fold(first, |all, tally| all.and(&tally))
        });
        let most = Duration::from_millis(300);
        let n_kills = chaos.rage(&mut trial, dose.length, most, &mut random);
        (work.join().unwrap(), n_kills)
    });
    let n_lines = tally.n_lines();
    eprintln!("{n_lines} lines, {n_logs} logs, {n_rotations} rotations each, {n_kills} kills");
    settle(&mut trial, || {
        for folder in &folders {
            append(&log(folder), tally.line().as_bytes());
        }
        vec![tally.clone()]
    });
}

/// Writes to some of the logs, and rotates them.
struct Rotator<'a> {
    folders: &'a [PathBuf],
    tally: Tally,
    random: fastrand::Rng,
}

impl Rotator<'_> {
    /// Rotates each log so often. Returns what was written.
    fn work(mut self, n_rotations: u32) -> Tally {
        let mut files: Vec<_> = self.folders.iter().map(|folder| open(&log(folder))).collect();
        for n in 0..n_rotations {
            for (folder, file) in self.folders.iter().zip(&mut files) {
                write(&mut self.tally, file, self.random.u32(0..5));
                fs::rename(log(folder), folder.join(format!("app.log-{n:08}"))).unwrap();
                // The writer does not know yet.
                write(&mut self.tally, file, self.random.u32(0..3));
                *file = open(&log(folder));
                write(&mut self.tally, file, self.random.u32(0..3));
                thread::sleep(Duration::from_millis(self.random.u64(0..40)));
            }
        }
        self.tally
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("app.log")
}

fn open(path: &Path) -> File {
    File::options().create(true).append(true).open(path).unwrap()
}

fn write(tally: &mut Tally, file: &mut File, n_lines: u32) {
    for _ in 0..n_lines {
        file.write_all(tally.line().as_bytes()).unwrap();
    }
}
