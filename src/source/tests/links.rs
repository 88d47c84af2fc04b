//! Links to files and directories, and what happens to what they lead to.

use super::prelude::*;

fn a_pod_is_followed_through_a_chain_of_links(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["containers/*.log"]);
    rig.mkdir("containers");
    rig.mkdir("pods/ns_pod_1/app");
    rig.mkdir("docker/abc");
    rig.write("docker/abc/abc-json.log", "old\n");
    rig.link("docker/abc/abc-json.log", "pods/ns_pod_1/app/0.log");
    rig.link("pods/ns_pod_1/app/0.log", "containers/pod.log");
    rig.start();
    rig.write("docker/abc/abc-json.log", "A\n");
    rig.expect(&["A"]);
    // The runtime rotates it at the end of the chain.
    rig.rename("docker/abc/abc-json.log", "docker/abc/abc-json.log.1");
    rig.write("docker/abc/abc-json.log.1", "B\n");
    rig.write("docker/abc/abc-json.log", "C\n");
    rig.expect(&["A", "B", "C"]);
    // The container starts again: another file in the middle of the chain.
    rig.mkdir("docker/def");
    rig.write("docker/abc/abc-json.log", "D\n");
    rig.write("docker/def/def-json.log", "E\n");
    rig.link("docker/def/def-json.log", "pods/ns_pod_1/app/1.log");
    rig.link("pods/ns_pod_1/app/1.log", "next");
    rig.rename("next", "containers/pod.log");
    rig.expect(&["A", "B", "C", "D", "E"]);
    rig.write("docker/def/def-json.log", "F\n");
    rig.expect(&["A", "B", "C", "D", "E", "F"]);
    rig.expect_no_loss();
}

fn a_pod_that_comes_while_the_agent_runs_is_read_from_its_beginning(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["containers/*.log"]);
    rig.mkdir("containers");
    rig.start();
    rig.mkdir("pods/ns_pod_1/app");
    rig.write("pods/ns_pod_1/app/0.log", "A\n");
    rig.link("pods/ns_pod_1/app/0.log", "containers/pod.log");
    rig.expect(&["A"]);
    rig.write("pods/ns_pod_1/app/0.log", "B\n");
    rig.expect(&["A", "B"]);
    // A link that comes before its file.
    rig.mkdir("pods/ns_pod_2/app");
    rig.link("pods/ns_pod_2/app/0.log", "containers/other.log");
    rig.expect(&["A", "B"]);
    rig.write("pods/ns_pod_2/app/0.log", "C\n");
    rig.expect(&["A", "B", "C"]);
    // All of it goes.
    rig.write("pods/ns_pod_1/app/0.log", "D\n");
    fs::remove_file(rig.path("containers/pod.log")).unwrap();
    fs::remove_dir_all(rig.path("pods/ns_pod_1")).unwrap();
    rig.expect(&["A", "B", "C", "D"]);
    rig.expect_no_loss();
}

fn s46_a_link_turned_with_unread_data_in_the_old_target_is_read_to_its_end(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["current"]);
    rig.mkdir("logs");
    rig.write("logs/1", "old\n");
    rig.link("logs/1", "current");
    rig.start();
    let text = numbered("unread", 40_000);
    rig.write("logs/1", &text);
    rig.write("logs/2", "new\n");
    rig.link("logs/2", "next");
    rig.rename("next", "current");
    rig.pass(2);
    let expected: Vec<_> = text.lines().chain(["new"]).collect();
    assert_eq!(rig.lines(), expected);
    // A late line in the old one.
    rig.write("logs/1", "late\n");
    rig.pass(2);
    assert_eq!(rig.lines().last(), Some(&"late"));
    rig.expect_no_loss();
}

fn a_directory_swapped_under_a_link_is_followed(watching: Watching) {
    for files in ["app/current/log/*.log", "app/current/log/a.log", "app/*/log/a.log"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.mkdir("releases/1/log");
        rig.mkdir("app");
        rig.write("releases/1/log/a.log", "old\n");
        rig.link("releases/1", "app/current");
        rig.start();
        rig.write("releases/1/log/a.log", "A\n");
        rig.expect(&["A"]);
        rig.write("releases/1/log/a.log", "B\n");
        rig.mkdir("releases/2/log");
        rig.write("releases/2/log/a.log", "C\n");
        rig.link("releases/2", "app/next");
        if files == "app/*/log/a.log" {
            // Both names match: the file is read by the first, and once.
            rig.pass(1);
        }
        rig.rename("app/next", "app/current");
        // The new directory is not known by an event of its own: a scan by time finds it.
        rig.pass(if watching == Watching::Polling { 61 } else { 2 });
        let mut lines = rig.lines();
        lines.sort_unstable();
        assert_eq!(lines, ["A", "B", "C"], "{files}");
        rig.write("releases/2/log/a.log", "D\n");
        rig.pass(2);
        assert_eq!(rig.lines().last(), Some(&"D"), "{files}");
        assert_eq!(rig.lines().len(), 4);
        rig.expect_no_loss();
    }
}

fn a_directory_that_is_replaced_is_entered_anew(watching: Watching) {
    for files in ["logs/*.log", "logs/a.log", "l*/*.log"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.mkdir("logs");
        rig.start();
        rig.write("logs/a.log", "A\n");
        rig.expect(&["A"]);
        rig.write("logs/a.log", "B\n");
        rig.rename("logs", "kept");
        rig.mkdir("logs");
        rig.write("logs/a.log", "C\n");
        rig.expect(&["A", "B", "C"]);
        // The writer of the old one goes on for a while.
        rig.write("kept/a.log", "L\n");
        rig.expect(&["A", "B", "C", "L"]);
        fs::remove_dir_all(rig.path("logs")).unwrap();
        rig.pass(2);
        rig.mkdir("logs");
        rig.write("logs/a.log", "D\n");
        rig.pass(2);
        assert_eq!(rig.lines(), ["A", "B", "C", "L", "D"], "{files}");
        rig.expect_no_loss();
    }
}

fn links_to_directories_below_any_depth_are_followed_and_circles_are_not(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["tree/**/*.log"]);
    rig.mkdir("tree/a");
    rig.mkdir("elsewhere/deep");
    rig.link("tree", "tree/a/round");
    rig.link("elsewhere", "tree/a/other");
    rig.link("nowhere", "tree/a/dangling");
    rig.start();
    rig.write("elsewhere/deep/x.log", "A\n");
    rig.expect(&["A"]);
    rig.write("elsewhere/deep/x.log", "B\n");
    rig.expect(&["A", "B"]);
    rig.mkdir("elsewhere/new");
    rig.write("elsewhere/new/y.log", "C\n");
    rig.expect(&["A", "B", "C"]);
    rig.mkdir("nowhere");
    rig.write("nowhere/z.log", "D\n");
    rig.expect(&["A", "B", "C", "D"]);
    rig.write("tree/a/w.log", "E\n");
    rig.expect(&["A", "B", "C", "D", "E"]);
    assert!(rig.store.problems.is_empty());
    assert!(rig.source.as_ref().unwrap().is_ready());
}

fn what_is_excluded_is_not_read(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["**/*.log"]);
    rig.settings[0].exclude = vec![rig.path("**/debug*.log"), rig.path("tmp/**")];
    rig.mkdir("tmp/x");
    rig.start();
    rig.write("debug-1.log", "not\n");
    rig.write("tmp/x/a.log", "not\n");
    rig.write("a.log", "A\n");
    rig.expect(&["A"]);
    rig.write("tmp/x/a.log", "not\n");
    rig.write("a.log", "B\n");
    rig.expect(&["A", "B"]);
}

in_every_mode! {
    a_pod_is_followed_through_a_chain_of_links,
    a_pod_that_comes_while_the_agent_runs_is_read_from_its_beginning,
    s46_a_link_turned_with_unread_data_in_the_old_target_is_read_to_its_end,
    a_directory_swapped_under_a_link_is_followed,
    a_directory_that_is_replaced_is_entered_anew,
    links_to_directories_below_any_depth_are_followed_and_circles_are_not,
    what_is_excluded_is_not_read,
}
