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

fn a_log_that_finds_no_room_is_failing_and_told_of_once(watching: Watching) {
    let mut rig = Rig::with(&["*.log"], Start::Begin, watching);
    rig.max_open = 2;
    (0..5).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    rig.pass(3);
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

in_every_mode! {
    a_flood_in_one_file_does_not_delay_the_others,
    a_log_with_much_to_read_gets_its_turns_behind_many_busy_ones,
    with_more_logs_than_may_be_open_no_line_is_lost_or_repeated,
    a_log_that_finds_no_room_is_failing_and_told_of_once,
    a_log_without_a_descriptor_that_is_copied_and_truncated_is_not_read_again,
}
