//! Where no events come from: found out, said once, and polled.

use notify::{Config, ErrorKind, EventHandler, NullWatcher, RecursiveMode, WatcherKind};

use super::super::watch::{self, Sink};
use super::prelude::*;
use crate::flow::Mode;

/// A watcher that can be had, and has no watch to give.
struct Full;

/// A watcher that tells nothing of directories named `deaf`.
struct HalfDeaf(Box<dyn notify::Watcher + Send>);

type Made = notify::Result<Box<dyn notify::Watcher + Send>>;

impl notify::Watcher for Full {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Ok(Self)
    }

    fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
        Err(notify::Error::new(ErrorKind::MaxFilesWatch))
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

impl notify::Watcher for HalfDeaf {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Ok(Self(Box::new(NullWatcher)))
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        if path.ends_with("deaf") { Ok(()) } else { self.0.watch(path, mode) }
    }

    fn unwatch(&mut self, path: &Path) -> notify::Result<()> {
        if path.ends_with("deaf") { Ok(()) } else { self.0.unwatch(path) }
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

fn half_deaf(sink: Sink) -> Made {
    Ok(Box::new(HalfDeaf(watch::system(sink)?)))
}

#[test]
fn s45_a_directory_without_events_is_found_by_the_sweep_and_polled_from_then_on() {
    let mut rig = Rig::in_mode(Watching::Both, &["deaf/*.log", "ear/*.log"]);
    rig.maker = half_deaf;
    rig.mkdir("deaf");
    rig.mkdir("ear");
    rig.write("deaf/a.log", "");
    rig.write("ear/b.log", "");
    rig.start();
    rig.pass(61);
    rig.write("deaf/a.log", "A\n");
    // It is found within 30 seconds; that no event comes is certain after two more.
    rig.pass(35);
    assert_eq!(rig.lines(), ["A"]);
    assert_eq!(rig.status("deaf/a.log").unwrap().mode, Mode::Events);
    rig.write("deaf/a.log", "B\n");
    rig.pass(4);
    assert_eq!(rig.lines(), ["A", "B"]);
    assert_eq!(rig.status("deaf/a.log").unwrap().mode, Mode::Polling);
    assert_eq!(rig.status("ear/b.log").unwrap().mode, Mode::Events);
    // Within a quarter of a second, from now on.
    rig.write("deaf/a.log", "C\n");
    rig.now = rig.now + Duration::from_millis(250);
    rig.run();
    assert_eq!(rig.lines(), ["A", "B", "C"]);
    assert_eq!(rig.store.modes[&rig.path("deaf/a.log")], Mode::Polling);
    assert_eq!(rig.store.modes[&rig.path("ear/b.log")], Mode::Events);
}

#[test]
fn s45_a_file_in_a_directory_without_events_is_found_by_the_scan() {
    let mut rig = Rig::in_mode(Watching::Both, &["deaf/*.log"]);
    rig.maker = half_deaf;
    rig.mkdir("deaf");
    rig.start();
    rig.write("deaf/a.log", "A\nB\n");
    rig.pass(10);
    assert_eq!(rig.lines(), ["A", "B"]);
}

#[test]
fn s45_with_no_watch_left_all_is_polled_and_told_once() {
    let mut rig = Rig::in_mode(Watching::Both, &["one/*.log", "two/*.log"]);
    rig.maker = |_| Ok(Box::new(Full));
    rig.mkdir("one");
    rig.mkdir("two");
    rig.write("one/a.log", "old\n");
    rig.start();
    for (name, text) in [("one/a.log", "A\n"), ("two/b.log", "B\n"), ("two/b.log", "C\n")] {
        rig.write(name, text);
        rig.pass(1);
    }
    assert_eq!(rig.lines(), ["A", "B", "C"]);
    assert_eq!(rig.status("one/a.log").unwrap().mode, Mode::Polling);
    // It is tried again every minute, and not told again.
    rig.pass(200);
    assert_eq!(rig.store.problems.len(), 1);
    assert!(rig.store.problems[0].what.contains("raise `fs.inotify.max_user_watches`"));
}

#[test]
fn s45_with_no_instance_left_all_is_polled_until_there_is_one() {
    let mut rig = Rig::in_mode(Watching::Both, &["*.log"]);
    let too_many = rustix::io::Errno::MFILE;
    rig.maker = |_| Err(notify::Error::io(std::io::Error::from_raw_os_error(24)));
    assert_eq!(too_many.raw_os_error(), 24);
    rig.write("a.log", "old\n");
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    assert_eq!(rig.lines(), ["A"]);
    assert_eq!(rig.status("a.log").unwrap().mode, Mode::Polling);
    assert!(rig.store.problems[0].what.contains("raise `fs.inotify.max_user_instances`"));
    rig.source.as_mut().unwrap().watch.make_with(watch::system);
    rig.pass(70);
    assert_eq!(rig.status("a.log").unwrap().mode, Mode::Events);
    assert_eq!(rig.store.modes[&rig.path("a.log")], Mode::Events);
    assert_eq!(rig.store.problems.len(), 1);
}

#[test]
fn s45_when_events_were_lost_everything_is_looked_at() {
    let mut rig = Rig::in_mode(Watching::Events, &["*.log", "sub*/*.log"]);
    rig.mkdir("sub");
    rig.write("a.log", "");
    rig.start();
    // What came in this time is not told.
    let events = rig.source.as_mut().unwrap().watch.take();
    drop(events);
    rig.write("a.log", "A\n");
    rig.mkdir("sub2");
    rig.write("sub2/c.log", "C\n");
    fs::rename(rig.path("sub"), rig.path("gone")).unwrap();
    rig.mkdir("sub");
    rig.write("sub/b.log", "B\n");
    rig.source.as_mut().unwrap().watch.lose_events();
    rig.run();
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["A", "B", "C"]);
    // The watches are on the directories of now.
    rig.write("sub/b.log", "B2\n");
    rig.write("sub2/c.log", "C2\n");
    rig.run();
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["A", "B", "B2", "C", "C2"]);
}

#[test]
fn a_watcher_that_tells_nothing_is_no_reason_to_lose_anything() {
    let mut rig = Rig::in_mode(Watching::Both, &["**/*.log"]);
    rig.maker = |_| Ok(Box::new(NullWatcher));
    rig.is_deaf = true;
    rig.start();
    rig.mkdir("x/y");
    rig.write("x/y/a.log", "A\n");
    rig.pass(12);
    rig.rename("x/y/a.log", "x/y/a.log.1");
    rig.write("x/y/a.log.1", "B\n");
    rig.write("x/y/a.log", "C\n");
    rig.pass(12);
    assert_eq!(rig.lines(), ["A", "B", "C"]);
    rig.expect_no_loss();
}
