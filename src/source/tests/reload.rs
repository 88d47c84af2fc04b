//! Other settings while the agent runs.

use super::prelude::*;
use crate::flow::SourceId;

/// A source of the files `names`.
fn source(rig: &Rig, name: &str, names: &[&str]) -> SourceSettings {
    let files = names.iter().map(|name| rig.path(name)).collect();
    SourceSettings { start: Start::End, ..SourceSettings::new(name.into(), files) }
}

fn a_log_that_is_new_begins_as_configured_and_one_that_stays_goes_on(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.step_file_clock();
    rig.write("b.log", "old\n");
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.write("a.log", "B\n");
    rig.settings = vec![source(&rig, "new", &["b.log"]), rig.settings[0].clone()];
    rig.reload();
    rig.write("b.log", "C\n");
    rig.write("a.log", "D\n");
    rig.pass(1);
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["A", "B", "C", "D"]);
    // The sources have other numbers now.
    assert_eq!(*rig.status("a.log").unwrap().sources, [SourceId(1)]);
    assert_eq!(*rig.status("b.log").unwrap().sources, [SourceId(0)]);
    rig.expect_no_loss();
}

fn a_file_that_a_glob_did_not_want_before_is_new_to_it(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.settings[0].exclude = vec![rig.path("b.log")];
    rig.write("a.log", "");
    rig.start();
    rig.write("b.log", "A\nB\n");
    rig.pass(1);
    assert_eq!(rig.lines(), [""; 0]);
    rig.settings[0].exclude.clear();
    rig.reload();
    rig.expect(&["A", "B"]);
}

fn a_log_that_is_configured_again_goes_on_where_it_was_left(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log", "b.log"]);
    rig.write("a.log", "");
    rig.write("b.log", "");
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    let both = rig.settings.clone();
    rig.settings = vec![source(&rig, "s", &["b.log"])];
    rig.reload();
    rig.write("a.log", "B\n");
    rig.write("b.log", "C\n");
    rig.pass(2);
    assert_eq!(rig.lines(), ["A", "C"]);
    assert_eq!(rig.status("a.log"), None);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "D\n");
    rig.settings = both;
    rig.reload();
    rig.expect(&["A", "C", "B", "D"]);
    rig.expect_no_loss();
}

fn what_was_not_read_of_a_deleted_file_is_read_after_a_reload(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.write("a.log", "A\nB\n");
    rig.reconcile();
    rig.remove("a.log");
    rig.write("b.log", "");
    rig.settings.push(source(&rig, "b", &["b.log"]));
    rig.reload();
    rig.expect(&["A", "B"]);
    rig.expect_no_loss();
}

fn another_format_is_that_of_the_lines_that_come(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    let line = |text: &str| format!("2026-01-01T00:00:00.0Z stdout F {text}\n");
    rig.write("a.log", &line("A"));
    rig.pass(1);
    rig.settings[0].format = Format::Cri;
    rig.reload();
    rig.write("a.log", &line("B"));
    rig.pass(1);
    rig.settings[0].format = Format::Plain;
    rig.reload();
    rig.write("a.log", "C\n");
    rig.pass(1);
    assert_eq!(rig.lines(), ["2026-01-01T00:00:00.0Z stdout F A", "B", "C"]);
}

fn a_log_by_two_names_has_the_sources_of_both_and_then_of_one(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.link("a.log", "link.log");
    rig.start();
    let own = rig.settings[0].clone();
    rig.settings.push(source(&rig, "linked", &["link.log"]));
    rig.reload();
    rig.write("a.log", "A\n");
    rig.pass(1);
    assert_eq!(*rig.status("a.log").unwrap().sources, [SourceId(0), SourceId(1)]);
    rig.settings = vec![own];
    rig.reload();
    rig.write("a.log", "B\n");
    rig.pass(1);
    assert_eq!(*rig.status("a.log").unwrap().sources, [SourceId(0)]);
    rig.expect(&["A", "B"]);
}

in_every_mode! {
    a_log_that_is_new_begins_as_configured_and_one_that_stays_goes_on,
    a_file_that_a_glob_did_not_want_before_is_new_to_it,
    a_log_that_is_configured_again_goes_on_where_it_was_left,
    what_was_not_read_of_a_deleted_file_is_read_after_a_reload,
    another_format_is_that_of_the_lines_that_come,
    a_log_by_two_names_has_the_sources_of_both_and_then_of_one,
}

#[test]
fn lines_that_wait_for_others_wait_over_a_reload() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.write("a.log", "A\nB\nC\n");
    rig.look();
    assert!(rig.read_some(1));
    rig.reload();
    rig.write("a.log", "D\n");
    rig.pass(2);
    assert_eq!(rig.lines(), ["A", "B", "C", "D"]);
}
