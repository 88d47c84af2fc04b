//! What happens to the store: it steps back, is damaged, is full, may not be written. Nothing is lost
//! silently, and all goes on where it was once that is mended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::spaces;
use crate::trial::{Trial, append, logbell};

/// A trial with `n_lines` rules, of which the agent has told `line 0` and saved that.
fn trial_with_a_line_told(state: &str, n_lines: usize) -> Trial {
    let mut trial = Trial::new("");
    trial.configure(&(state.to_owned() + &spaces::rules(&trial, "LOG", n_lines)));
    trial.start();
    trial.write("line 0\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    trial
}

fn copy_of_store(trial: &Trial) -> PathBuf {
    let copy = trial.folder().join("copy.db");
    let store = rusqlite::Connection::open(trial.state().join("logbell.db")).unwrap();
    store.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    copy
}

/// Makes the store what it was when `copy` was made.
fn put_back(trial: &Trial, copy: &Path) {
    for side in ["-wal", "-shm"] {
        let _ = fs::remove_file(trial.state().join(format!("logbell.db{side}")));
    }
    fs::copy(copy, trial.state().join("logbell.db")).unwrap();
}

/// What the agent says when it cannot start.
#[track_caller]
fn refusal(trial: &Trial) -> String {
    let output = logbell().arg("run").arg("--config").arg(trial.config()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn a_store_that_steps_back_gives_the_same_messages_their_ids_again_and_posts_none_twice() {
    const N_LINES: usize = 6;
    let mut trial = trial_with_a_line_told("", N_LINES);
    trial.start();
    let copy = copy_of_store(&trial);
    trial.write("line 1\n");
    let rotated = trial.folder().join("app.log.1");
    fs::rename(trial.log(), &rotated).unwrap();
    append(&rotated, b"line 2\n");
    trial.write("line 3\nline 4\n");
    trial.wait_for(5);
    trial.kill();
    put_back(&trial, &copy);
    trial.start();
    trial.write("line 5\n");
    trial.wait_for(N_LINES);
    for n in 0..N_LINES {
        trial.wait_for_matched(&format!("line-{n}"), 1);
    }
    assert!(trial.stop().success());
    let repeats: Vec<_> =
        spaces::check(&trial, N_LINES).iter().map(|message| message.repeats).collect();
    assert_eq!(repeats, [0, 1, 1, 1, 1, 0]);
}

#[test]
fn a_damaged_store_is_left_alone_and_the_agent_goes_on_once_it_is_mended() {
    let mut trial = trial_with_a_line_told("", 2);
    let copy = copy_of_store(&trial);
    trial.write("line 1\n");
    let path = trial.state().join("logbell.db");
    let sound = fs::read(&path).unwrap();
    let halved = sound[..sound.len() / 2].to_vec();
    let mut scrambled = sound.clone();
    scrambled[100..].fill(0xa5);
    for damaged in
        [halved, scrambled, b"this is no database, but long enough to be one".repeat(100)]
    {
        fs::write(&path, &damaged).unwrap();
        let said = refusal(&trial);
        assert!(said.contains("damaged") || said.contains("not a"), "{said}");
        assert_eq!(fs::read(&path).unwrap(), damaged, "it is kept for whoever mends it");
    }
    put_back(&trial, &copy);
    trial.start();
    trial.wait_for(2);
    assert!(trial.stop().success());
    spaces::check(&trial, 2);
}

/// A file system of its own, which is unmounted when this is dropped.
struct Mount(PathBuf);

impl Mount {
    /// 1 MiB of memory at `path`; `None` where the tests may not mount.
    fn new(path: PathBuf) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=1m", "none"], &path);
        if !mounted {
            eprintln!("SKIPPED: mounting a file system takes root's privileges");
        }
        mounted.then_some(Self(path))
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        // A file as large as the whole does not fit, and is as large as it can be.
        let _ = fs::write(self.0.join("ballast"), vec![0; 1 << 20]);
        // Nor does one byte more: the last part of a page is filled by the first.
        let _ = fs::write(self.0.join("ballast-2"), [0; 4096]);
    }

    fn free(&self) {
        for name in ["ballast", "ballast-2"] {
            let _ = fs::remove_file(self.0.join(name));
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], path: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(path).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_full_disk_is_said_and_once_there_is_room_all_goes_on_where_it_was() {
    let mut trial = Trial::new("");
    let Some(disk) = Mount::new(trial.folder().join("state")) else { return };
    trial.configure(&spaces::rules(&trial, "LOG", 4));
    trial.start();
    trial.write("line 0\n");
    trial.wait_for(1);
    trial.wait_for_matched("line-0", 1);
    disk.fill();
    trial.write("line 1\n");
    trial.wait_for_stderr("cannot write the store");
    disk.free();
    trial.wait_for(2);
    assert!(trial.stderr().contains("the store can be written again"));
    disk.fill();
    fs::rename(trial.log(), trial.folder().join("app.log.1")).unwrap();
    trial.write("line 2\n");
    trial.wait_for_stderr_times("cannot write the store", 2);
    // Killed while nothing can be saved, and not started as long as nothing can be.
    trial.kill();
    let said = refusal(&trial);
    assert!(said.contains("store"), "{said}");
    disk.free();
    trial.start();
    trial.write("line 3\n");
    trial.wait_for(4);
    for n in 0..4 {
        trial.wait_for_matched(&format!("line-{n}"), 1);
    }
    assert!(trial.stop().success());
    spaces::check(&trial, 4);
}

#[test]
fn a_state_directory_that_is_read_only_is_said_and_read_on_once_it_is_not() {
    let mut trial = Trial::new("");
    let Some(disk) = Mount::new(trial.folder().join("state")) else { return };
    trial.configure(&spaces::rules(&trial, "LOG", 2));
    trial.start();
    trial.write("line 0\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    trial.write("line 1\n");
    assert!(mount(&["-o", "remount,ro"], &disk.0));
    let said = refusal(&trial);
    assert!(said.contains("cannot use the state directory"), "{said}");
    assert!(mount(&["-o", "remount,rw"], &disk.0));
    trial.start();
    trial.wait_for(2);
    assert!(trial.stop().success());
    spaces::check(&trial, 2);
}
