//! Growth: where reading begins, and that each line is read once.

use super::prelude::*;

fn s01_start_at_the_end_reads_only_what_comes(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "A\nB\n");
    rig.start();
    rig.write("a.log", "C\n");
    rig.expect(&["C"]);
}

fn s02_an_unterminated_last_line_is_matched_once_it_is_complete(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "A\nxx");
    rig.start();
    rig.expect(&[]);
    rig.write("a.log", "yy\n");
    rig.expect(&["xxyy"]);
}

fn s03_start_at_the_beginning_reads_all(watching: Watching) {
    let mut rig = Rig::with(&["a.log"], Start::Begin, watching);
    rig.write("a.log", "A\nB\n");
    rig.start();
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
}

fn s04_a_file_that_appears_is_read_from_its_beginning(watching: Watching) {
    for files in ["*.log", "a.log"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.start();
        rig.write("a.log", "A\nB\n");
        rig.expect(&["A", "B"]);
    }
}

fn s04_a_file_that_appears_while_the_agent_is_down_is_read_from_its_beginning(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.write("old.log", "x\n");
    rig.start();
    rig.kill();
    rig.write("new.log", "A\nB\n");
    rig.start();
    rig.expect(&["A", "B"]);
}

fn s05_an_empty_file_that_grows_after_a_minute_is_read_within_a_second(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.pass(60);
    rig.write("a.log", "A\n");
    rig.pass(1);
    assert_eq!(rig.lines(), ["A"]);
}

fn s06_tiny_files_are_read(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    rig.write("a.log", "\n");
    rig.write("b.log", "x\n");
    rig.expect(&["", "x"]);
}

fn s07_two_files_with_the_same_content_are_two_files(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    let text = numbered("same", 200);
    rig.write("a.log", &text);
    rig.write("b.log", &text);
    rig.pass(2);
    rig.kill();
    rig.start();
    rig.write("a.log", "A\n");
    rig.write("b.log", "B\n");
    rig.pass(2);
    assert_eq!(rig.lines().len(), 402);
}

fn s08_a_file_of_several_names_is_read_once(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log", "a.*", "sub/*.log"]);
    fs::create_dir(rig.path("sub")).unwrap();
    rig.start();
    rig.write("a.log", "A\n");
    fs::hard_link(rig.path("a.log"), rig.path("hard.log")).unwrap();
    std::os::unix::fs::symlink(rig.path("a.log"), rig.path("sub/link.log")).unwrap();
    rig.expect(&["A"]);
    rig.write("hard.log", "B\n");
    rig.expect(&["A", "B"]);
    rig.kill();
    rig.start();
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
}

fn s09_s10_a_line_in_three_writes_with_a_restart_is_read_once(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "one ");
    rig.pass(2);
    rig.write("a.log", "two ");
    rig.pass(2);
    rig.kill();
    rig.start();
    rig.write("a.log", "three\n");
    rig.expect(&["one two three"]);
}

fn s11_a_fragment_at_the_end_of_a_deleted_file_is_read_once(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\nfrag");
    rig.pass(1);
    rig.remove("a.log");
    rig.expect(&["A"]);
    assert_eq!(rig.state("a.log"), Some(StreamState::Missing));
    rig.pass(70);
    rig.expect(&["A", "frag"]);
    rig.kill();
    rig.start();
    rig.write("a.log", "B\n");
    rig.expect(&["A", "frag", "B"]);
    rig.expect_no_loss();
}

fn a_path_that_was_given_a_second_name_has_the_rules_of_both(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    let other = SourceSettings {
        name: "t".into(),
        files: vec![rig.path("link")],
        ..rig.settings[0].clone()
    };
    rig.settings.push(other);
    std::os::unix::fs::symlink(rig.path("a.log"), rig.path("link")).unwrap();
    rig.start();
    rig.write("a.log", "A\n");
    rig.expect(&["A"]);
    let statuses: Vec<_> = rig.source.as_ref().unwrap().statuses().collect();
    assert!(statuses.iter().any(|status| status.sources.len() == 2));
}

in_every_mode! {
    s01_start_at_the_end_reads_only_what_comes,
    s02_an_unterminated_last_line_is_matched_once_it_is_complete,
    s03_start_at_the_beginning_reads_all,
    s04_a_file_that_appears_is_read_from_its_beginning,
    s04_a_file_that_appears_while_the_agent_is_down_is_read_from_its_beginning,
    s05_an_empty_file_that_grows_after_a_minute_is_read_within_a_second,
    s06_tiny_files_are_read,
    s07_two_files_with_the_same_content_are_two_files,
    s08_a_file_of_several_names_is_read_once,
    s09_s10_a_line_in_three_writes_with_a_restart_is_read_once,
    s11_a_fragment_at_the_end_of_a_deleted_file_is_read_once,
    a_path_that_was_given_a_second_name_has_the_rules_of_both,
}
