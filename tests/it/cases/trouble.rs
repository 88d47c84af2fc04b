//! What goes wrong on a host: one clear sentence each, and the rest goes on.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use logbell::chat::room::{Fault, Faults};

use crate::trial::{Trial, append, logbell, open_to_all};

const RULES: &str = r#"
[[rule]]
name  = "good"
files = "LOG"
match = 'hello'

[[rule]]
name  = "bad"
files = "DIR/other.log"
match = 'hello'
"#;

/// Nobody's user id, which may read nothing of root's.
const NOBODY: u32 = 65534;

fn file_state(trial: &Trial, name: &str) -> String {
    let status = trial.status();
    let files = status["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name));
    file.unwrap_or_else(|| panic!("{status:#}"))["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_missing_file_is_said_and_read_when_it_comes() {
    let mut trial = Trial::new(RULES);
    trial.start();
    assert!(trial.stderr().contains("other.log"), "{}", trial.stderr());
    trial.write("hello\n");
    trial.wait_for(1);
    assert_eq!(file_state(&trial, "other.log"), "missing");
    append(&trial.folder().join("other.log"), b"hello there\n");
    assert!(trial.wait_for(2)[1].message.text.ends_with("hello there"));
}

#[test]
fn a_directory_in_a_files_place_is_said_and_the_rest_goes_on() {
    let mut trial = Trial::new(RULES);
    fs::create_dir(trial.folder().join("other.log")).unwrap();
    trial.start();
    assert!(trial.stderr().contains("this is a directory or a device"), "{}", trial.stderr());
    trial.write("hello\n");
    trial.wait_for(1);
    assert_eq!(file_state(&trial, "other.log"), "not-a-file");
}

#[test]
fn an_unreadable_file_is_said_and_read_once_it_may_be() {
    let mut trial = Trial::new(RULES);
    let other = trial.folder().join("other.log");
    fs::write(&other, "").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o000)).unwrap();
    open_to_all(trial.folder());
    let am_root = rustix::process::geteuid().is_root();
    trial.start_as(am_root.then_some(NOBODY));
    assert!(trial.stderr().to_lowercase().contains("permission"), "{}", trial.stderr());
    trial.write("hello\n");
    trial.wait_for(1);
    assert_eq!(file_state(&trial, "other.log"), "denied");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o644)).unwrap();
    append(&other, b"hello again\n");
    assert!(trial.wait_for(2)[1].message.text.ends_with("hello again"));
}

#[test]
fn a_state_directory_that_cannot_be_used_is_one_sentence_and_exit_2() {
    let trial = Trial::new(&format!("state = \"LOG/state\"\n{RULES}"));
    let output = logbell().arg("run").arg("--config").arg(trial.config()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("cannot use the state directory") && said.contains("set `state`"),
        "{said}"
    );
}

#[test]
fn a_second_agent_on_the_same_state_is_refused() {
    let mut trial = Trial::new(RULES);
    trial.start();
    let output = logbell().arg("run").arg("--config").arg(trial.config()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("another logbell runs"), "{said}");
    assert!(trial.is_alive());
}

#[test]
fn a_port_in_use_is_said_and_the_agent_goes_on_without_its_page() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("listen = \"{}\"\n{RULES}", taken.local_addr().unwrap());
    let mut trial = Trial::new(&listen);
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    assert!(trial.stderr().contains("cannot listen on"), "{}", trial.stderr());
}

#[test]
fn a_refused_webhook_is_said_without_its_secret_and_the_message_is_parked() {
    let mut trial = Trial::new(RULES);
    let refuse = vec!["403".parse::<Fault>().unwrap()];
    trial.room.set_faults(Faults { fail: refuse, ..Faults::default() });
    trial.start();
    let mut events = trial.room.events();
    trial.write("hello\n");
    events.blocking_recv().unwrap();
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) parked"]);
    let said = trial.stderr();
    assert!(said.contains("403") && said.contains("Apps & integrations"), "{said}");
    assert!(!said.contains("key=room") && !said.contains("token="), "{said}");
    // The next start tries again.
    trial.room.set_faults(Faults::default());
    trial.start();
    trial.wait_for(1);
}

#[test]
fn a_wrong_configuration_is_refused_with_every_problem() {
    let trial = Trial::new(
        "[[rule]]\nname = \"x\"\nfiles = \"LOG\"\nmach = 'x'\n[webhook.b]\nurl = \"http://chat.example/\"\n",
    );
    for command in ["run", "check"] {
        let output = logbell().arg(command).arg("--config").arg(trial.config()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("did you mean `match`?") && said.contains("https"), "{said}");
    }
}

#[test]
fn commands_without_a_store_say_so() {
    let trial = Trial::new(RULES);
    for command in ["status", "history"] {
        let mut run = logbell();
        let output = run.arg(command).arg("--config").arg(trial.config()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("no store at"), "{said}");
    }
}

#[test]
fn a_store_that_cannot_be_written_for_a_while_costs_no_line() {
    let mut trial =
        Trial::new(&RULES.replace("match = 'hello'", "match = 'hello'\ndebounce = \"0s\""));
    trial.start();
    trial.write("hello before\n");
    trial.wait_for(1);
    let other = rusqlite::Connection::open(trial.folder().join("state/logbell.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    trial.write("hello meanwhile\n");
    trial.wait_for_stderr("cannot write the store");
    fs::rename(trial.log(), trial.folder().join("app.log.1")).unwrap();
    trial.write("hello in the next log\n");
    other.execute_batch("COMMIT").unwrap();
    let texts: Vec<_> = trial.wait_for(3).into_iter().map(|m| m.message.text).collect();
    assert!(texts[1].ends_with("hello meanwhile"), "{texts:?}");
    assert!(texts[2].ends_with("hello in the next log"), "{texts:?}");
    assert!(trial.stderr().contains("the store can be written again"));
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("good"), 3);
}

#[test]
fn what_was_lost_while_it_was_down_is_said_once_and_not_again_at_the_next_starts() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("hello\nhello to no");
    trial.wait_for(1);
    assert!(trial.stop().success());
    fs::remove_file(trial.log()).unwrap();
    trial.write("hello again\n");
    for _ in 0..3 {
        trial.start();
        trial.wait_for_matched("good", 2);
        assert!(trial.stop().success());
    }
    let said = trial.stderr();
    assert_eq!(said.matches("while the agent was down, perhaps with lines unread").count(), 1);
    assert!(!said.contains("LimitNOFILE"), "{said}");
    let losses = &trial.status()["losses"];
    assert_eq!(losses.as_array().unwrap().len(), 1, "{losses:#}");
}

#[test]
fn more_logs_than_files_may_be_open_are_all_read_and_told_of() {
    let mut trial = Trial::new(
        "[[rule]]\nname = \"many\"\nfiles = \"DIR/many/*.log\"\nmatch = 'hello'\ngroup_by = \"file\"\n",
    );
    let many = trial.folder().join("many");
    fs::create_dir(&many).unwrap();
    (0..200).for_each(|i| append(&many.join(format!("{i}.log")), b"old\n"));
    trial.start_with_open_files(100);
    for i in [3, 77, 199] {
        append(&many.join(format!("{i}.log")), b"hello\n");
    }
    trial.wait_for(3);
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("many"), 3);
}
