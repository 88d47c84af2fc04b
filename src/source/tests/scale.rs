//! Many logs, busy logs, and few descriptors.

use super::prelude::*;

fn a_flood_in_one_file_does_not_delay_the_others(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    rig.write("flood.log", &numbered("flood", 100_000));
    rig.pass(0);
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    assert!(rig.read_one());
    rig.write("quiet.log", "Q\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    assert!(rig.read_one());
    assert_eq!(rig.pending.last().unwrap().1, "Q");
}

#[test]
fn nothing_is_committed_while_nothing_happens() {
    let mut rig = Rig::new(&["*.log"]);
    rig.write("a.log", "A\n");
    rig.start();
    for _ in 0..100 {
        rig.now = rig.now + Duration::from_secs(1);
        let source = rig.source.as_mut().unwrap();
        source.reconcile(rig.now);
        assert!(source.next_chunk(rig.now).is_none());
        assert_eq!(source.take_changes(), Changes::default());
        assert!(source.deadline() > rig.now);
    }
}

/// Of `n_files` logs, one is written to, then the agent starts again.
fn rows_written_for_one_of(n_files: usize) {
    let mut rig = Rig::in_mode(Watching::Both, &["*.log"]);
    (0..n_files).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    assert_eq!(rig.store.n_written, n_files);
    rig.write("7.log", "B\n");
    rig.pass(1);
    // Its size, as soon as it is seen; and how far it was read.
    let n_written = rig.store.n_written;
    assert!((n_files + 1..=n_files + 2).contains(&n_written), "{n_written}");
    rig.kill();
    rig.start();
    rig.pass(2);
    assert_eq!(rig.store.n_written, n_written, "nothing has changed");
    rig.kill();
    rig.write("8.log", "C\n");
    rig.rename("9.log", "9.log.1");
    rig.start();
    rig.pass(2);
    let n_more = rig.store.n_written - n_written;
    assert!((2..=4).contains(&n_more), "{n_more}");
    assert_eq!(rig.lines(), ["B", "C"]);
}

#[test]
fn what_has_not_changed_is_not_written_anew() {
    rows_written_for_one_of(100);
}

#[test]
#[ignore = "as above, with so many that it takes a while"]
fn of_ten_thousand_logs_what_has_not_changed_is_not_written_anew() {
    rows_written_for_one_of(10_000);
}

/// Not a test of behaviour: `cargo test --release idle -- --ignored --nocapture` shows the cost.
#[test]
#[ignore = "a measurement"]
fn cost_of_idle_files() {
    for n_files in [100, 3_000] {
        let mut rig = Rig::with(&["*.log"], Start::End, Watching::Events);
        for i in 0..n_files {
            rig.write(&format!("{i}.log"), "A\n");
        }
        let begin = std::time::Instant::now();
        rig.start();
        let started = begin.elapsed();
        rig.pass(120);
        let begin = std::time::Instant::now();
        rig.pass(300);
        let share = begin.elapsed().as_secs_f64() / 300.0 * 100.0;
        println!("{n_files} files: start {started:?}, then {share:.3} % of a core");
    }
}

fn a_log_with_much_to_read_gets_its_turns_behind_many_busy_ones(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.write("flood.log", "");
    (0..20).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    rig.write("flood.log", &numbered("a line that is a bit longer than the others are", 60_000));
    for turn in 0..30 {
        (0..20).for_each(|i| rig.write(&format!("{i}.log"), &format!("turn {turn}\n")));
        rig.now = rig.now + Duration::from_secs(1);
        rig.reconcile();
        let _ = (0..16).take_while(|_| rig.read_one()).count();
        rig.commit();
    }
    let n_read = rig.store.lines.iter().filter(|(name, _)| name == "flood.log").count();
    assert_eq!(n_read, 60_000);
}

#[test]
fn many_quiet_logs_wake_the_agent_no_more_often_than_one() {
    let mut rig = Rig::with(&["*.log"], Start::End, Watching::Events);
    (0..300).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    for i in 0..300 {
        rig.write(&format!("{i}.log"), "B\n");
        rig.now = rig.now + Duration::from_millis(17);
        rig.run();
    }
    let begin = rig.now;
    // Four a second, and the scans.
    let mut n_wakes = 0;
    while rig.now.since(begin) < Duration::from_secs(100) {
        rig.now = rig.now.max(rig.source.as_ref().unwrap().deadline());
        rig.run();
        n_wakes += 1;
        assert!(n_wakes <= 450);
    }
}

#[test]
fn many_logs_that_are_quiet_at_the_start_are_looked_at_in_turns() {
    let mut rig = Rig::in_mode(Watching::Both, &["*.log"]);
    (0..600).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    let mut n_looks = BTreeMap::new();
    for stream in rig.source.as_ref().unwrap().streams.values() {
        assert!(stream.next_look.since(rig.now) <= Duration::from_secs(30));
        *n_looks.entry(stream.next_look).or_insert(0) += 1;
    }
    assert!(n_looks.len() >= 3, "{n_looks:?}");
    assert!(n_looks.values().all(|n| *n <= 256), "{n_looks:?}");
    // One that has grown since is looked at each second.
    rig.write("7.log", "B\n");
    rig.run();
    let path = rig.path("7.log");
    let source = rig.source.as_ref().unwrap();
    let stream = &source.streams[&source.by_path[&*path]];
    assert!(stream.next_look.since(rig.now) <= Duration::from_secs(1));
    assert_eq!(rig.lines(), ["B"]);
}

fn with_more_logs_than_may_be_open_no_line_is_lost_or_repeated(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.max_open = 8;
    (0..30).for_each(|i| rig.write(&format!("{i:02}.log"), "old\n"));
    rig.start();
    assert!(rig.source.as_ref().unwrap().is_ready());
    let mut expected = Vec::new();
    for round in 0..6 {
        for i in (0..30).filter(|i| (i + round) % 5 == 0) {
            rig.write(&format!("{i:02}.log"), &format!("{i:02} in {round}\n"));
            expected.push(format!("{i:02} in {round}"));
        }
        if round == 3 {
            rig.kill();
            rig.start();
        }
        rig.pass(320);
    }
    rig.pass(700);
    let mut lines = rig.lines();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    rig.expect_no_loss();
    assert_eq!(rig.source.as_ref().unwrap().statuses().count(), 30);
}

fn of_more_logs_than_may_be_open_several_that_grow_at_once_are_read_at_once(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.max_open = 16;
    (0..40).for_each(|i| rig.write(&format!("{i:02}.log"), "old\n"));
    rig.start();
    rig.pass(90);
    let expected: Vec<_> = (0..4).map(|i| format!("new in {i}")).collect();
    for i in 0..4 {
        // Those that came last found no place.
        rig.write(&format!("{:02}.log", 39 - i), &format!("new in {i}\n"));
        rig.now = rig.now + Duration::from_millis(250);
        rig.run();
    }
    // Polling finds them in its own order.
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, expected);
}

fn a_crowd_is_read_within_seconds(watching: Watching) {
    let mut rig = Rig::with(&["*.log"], Start::Begin, watching);
    rig.max_open = 16;
    let mut expected: Vec<_> = (0..400).map(|i| format!("line of {i:03}")).collect();
    for (i, line) in expected.iter().enumerate() {
        rig.write(&format!("{i:03}.log"), &format!("{line}\n"));
    }
    rig.start();
    let go_on_for = |rig: &mut Rig, duration: Duration| {
        let until = rig.now + duration;
        while rig.now < until {
            let deadline = rig.source.as_ref().unwrap().deadline();
            rig.now = deadline.max(rig.now + Duration::from_millis(1)).min(until);
            rig.run();
        }
    };
    go_on_for(&mut rig, Duration::from_secs(2));
    // All of them again, while most of them wait.
    (0..400).for_each(|i| rig.write(&format!("{i:03}.log"), &format!("more of {i:03}\n")));
    expected.extend((0..400).map(|i| format!("more of {i:03}")));
    go_on_for(&mut rig, Duration::from_secs(8));
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, expected);
    rig.expect_no_loss();
}

fn a_log_that_finds_no_room_is_failing_and_told_of_once(watching: Watching) {
    let mut rig = Rig::with(&["*.log"], Start::Begin, watching);
    rig.max_open = 2;
    (0..5).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    let told: Vec<_> = rig.store.problems.iter().map(|problem| &*problem.what).collect();
    let expected = "more logs than this process may open at once (2); raise LimitNOFILE";
    assert_eq!(told, [expected]);
    let statuses = rig.source.as_ref().unwrap().statuses();
    let n_failing = statuses.filter(|status| status.state == StreamState::Failing).count();
    assert_eq!(n_failing, 3);
    assert!(!rig.source.as_ref().unwrap().is_ready());
    // Not for long: a quiet one makes room.
    rig.pass(20);
    assert_eq!(rig.lines().len(), 5);
    let told = rig.store.problems.iter().filter(|problem| problem.what == expected);
    assert_eq!(told.count(), 1);
    rig.expect_no_loss();
}

fn a_log_without_a_descriptor_that_is_copied_and_truncated_is_not_read_again(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log*"]);
    rig.max_open = 1;
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    // It takes the place of the other, which is quiet.
    rig.pass(400);
    rig.write("b.log", "B\n");
    rig.pass(20);
    assert_eq!(rig.lines(), ["A", "B"]);
    rig.copy("a.log", "a.log.1");
    rig.truncate("a.log");
    rig.pass(700);
    rig.write("a.log", "C\n");
    rig.pass(700);
    assert_eq!(rig.lines(), ["A", "B", "C"]);
    rig.expect_no_loss();
}

/// Writes, rotates and kills without a pattern that repeats.
fn s21_many_files_rotated_again_and_again_under_kills_are_read_once(watching: Watching) {
    const N_FILES: usize = 20;
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut rig = Rig::in_mode(watching, &["*.log"]);
        (0..N_FILES).for_each(|i| rig.write(&format!("{i:02}.log"), ""));
        rig.start();
        let mut expected = Vec::new();
        for round in 0..100 {
            let i = random.usize(..N_FILES);
            let name = format!("{i:02}.log");
            for n in 0..random.usize(1..40) {
                let line = format!("{i:02} {round:03} {n:02}");
                rig.write(&name, &format!("{line}\n"));
                expected.push(line);
            }
            if random.bool() {
                for n in (1..9).rev() {
                    let _ = fs::rename(
                        rig.path(&format!("{name}.{n}")),
                        rig.path(&format!("{name}.{}", n + 1)),
                    );
                }
                rig.rename(&name, &format!("{name}.1"));
                rig.write(&name, "");
            }
            match random.u8(..6) {
                0 => {
                    rig.kill();
                    rig.start();
                }
                1 => {
                    rig.reconcile();
                    rig.read_one();
                    // What was matched and not committed never happened.
                    rig.kill();
                    rig.start();
                }
                2 => rig.pass(1),
                _ => {}
            }
        }
        rig.pass(80);
        let mut lines = rig.lines();
        lines.sort_unstable();
        expected.sort_unstable();
        assert_eq!(lines, expected, "seed {seed}");
        rig.expect_no_loss();
    }
}

fn a_hot_file_does_not_keep_many_quiet_ones_waiting(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["hot.log", "quiet/*.log"]);
    rig.mkdir("quiet");
    rig.write("hot.log", "");
    (0..500).for_each(|i| rig.write(&format!("quiet/{i}.log"), ""));
    rig.start();
    rig.write("hot.log", &numbered("hot", 500_000));
    (0..500).for_each(|i| rig.write(&format!("quiet/{i}.log"), "Q\n"));
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    // One turn in five may be the hot file's.
    let n_turns = (0..100).filter(|_| rig.read_one()).count();
    assert_eq!(n_turns, 100);
    assert!(rig.pending.iter().filter(|(_, text)| text == "Q").count() >= 80);
    rig.read_all();
    assert_eq!(rig.pending.len(), 500_500);
}

#[test]
fn those_that_were_quiet_for_longest_give_way_to_others() {
    let mut rig = Rig::in_mode(Watching::Both, &["*.log"]);
    rig.max_open = 3;
    (0..3).for_each(|i| rig.write(&format!("{i}.log"), ""));
    rig.start();
    rig.write("0.log", "A\n");
    rig.pass(200);
    rig.write("1.log", "A\n");
    rig.pass(200);
    rig.write("2.log", "A\n");
    rig.pass(20);
    rig.write("3.log", "A\n");
    rig.pass(10);
    let streams = rig.source.as_ref().unwrap().streams.values();
    let closed = streams.filter(|own| own.generations.iter().all(|own| !own.is_held()));
    let mut closed: Vec<_> = closed.map(|own| own.path.to_path_buf()).collect();
    closed.sort_unstable();
    // One for the new log, and one that is kept free for the next.
    assert_eq!(closed, [rig.path("0.log"), rig.path("1.log")]);
    assert_eq!(rig.lines().len(), 4);
}

in_every_mode! {
    s21_many_files_rotated_again_and_again_under_kills_are_read_once,
    a_hot_file_does_not_keep_many_quiet_ones_waiting,
    a_flood_in_one_file_does_not_delay_the_others,
    a_log_with_much_to_read_gets_its_turns_behind_many_busy_ones,
    with_more_logs_than_may_be_open_no_line_is_lost_or_repeated,
    of_more_logs_than_may_be_open_several_that_grow_at_once_are_read_at_once,
    a_crowd_is_read_within_seconds,
    a_log_that_finds_no_room_is_failing_and_told_of_once,
    a_log_without_a_descriptor_that_is_copied_and_truncated_is_not_read_again,
}
