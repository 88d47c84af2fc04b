//! What `logbell status` shows of logs, with the agent running or not.

use std::fs;

use serde_json::Value;

use crate::trial::Trial;

const RULE: &str =
    "[[rule]]\nname = \"app\"\nfiles = \"LOG\"\nmatch = 'hello'\ndebounce = \"0s\"\n";

fn file(trial: &Trial) -> Value {
    trial.status()["files"][0].clone()
}

#[test]
fn a_log_shows_how_far_it_was_read_and_what_is_left() {
    let mut trial = Trial::new(RULE);
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    let running = file(&trial);
    assert_eq!(running["state"], "following", "{running:#}");
    assert_eq!((&running["offset"], &running["lag"]), (&6.into(), &0.into()), "{running:#}");
    assert_eq!((&running["mode"], &running["why"]), (&"events".into(), &Value::Null));
    assert!(running["generation"].is_u64() && running["read_at"].is_string(), "{running:#}");
    assert!(trial.stop().success());
    trial.write("not read yet\n");
    let down = file(&trial);
    assert_eq!(down["state"], "reading", "{down:#}");
    assert_eq!((&down["offset"], &down["size"], &down["lag"]), (&6.into(), &19.into(), &13.into()));
    let table = trial.read(&["status"]);
    assert!(table.lines().any(|line| line.contains("app.log") && line.contains("13 B")), "{table}");
}

#[test]
fn a_log_that_was_rotated_while_the_agent_was_down_is_all_to_be_read() {
    let mut trial = Trial::new(RULE);
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    fs::rename(trial.log(), trial.folder().join("app.log.1")).unwrap();
    trial.write("hello again\n");
    let down = file(&trial);
    assert_eq!((&down["generation"], &down["offset"]), (&Value::Null, &0.into()), "{down:#}");
    assert_eq!((&down["lag"], &down["state"]), (&12.into(), &"reading".into()), "{down:#}");
    assert_eq!(down["older"][0]["offset"], 6, "{down:#}");
    trial.start();
    trial.wait_for(2);
    let running = file(&trial);
    assert_eq!((&running["offset"], &running["lag"]), (&12.into(), &0.into()), "{running:#}");
}

#[test]
fn a_log_that_is_not_read_says_why() {
    let mut trial = Trial::new(RULE);
    fs::remove_file(trial.log()).unwrap();
    trial.start();
    assert_eq!(file(&trial)["state"], "missing");
    let table = trial.read(&["status"]);
    let mut rows = table.lines().skip_while(|line| !line.contains("app.log"));
    assert!(rows.next().is_some_and(|row| row.contains("missing")), "{table}");
    let why = rows.next().unwrap_or_default();
    assert!(why.starts_with("    there is no such file"), "{table}");
}
