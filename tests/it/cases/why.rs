//! Why a message came: what it was made of, and what became of it.

use logbell::chat::room::{Fault, Faults};
use serde_json::{Value, json};

use crate::trial::{Trial, logbell};

const RULES: &str = r#"
[[rule]]
name  = "refused"
files = "LOG"
match = 'payment of (?P<who>\w+) refused'
group_by = ["who"]
debounce = "1h"
"#;

fn why(trial: &Trial, id: &str) -> Value {
    serde_json::from_str(&trial.read(&["why", "--json", id])).unwrap()
}

#[test]
fn a_message_tells_what_it_was_made_of_and_what_became_of_it() {
    let mut trial = Trial::new(RULES);
    trial.start();
    let busy = "503:1s".parse::<Fault>().unwrap();
    trial.room.set_faults(Faults { fail: vec![busy], ..Faults::default() });
    trial.write("payment of ann refused password=hunter2\n");
    trial.wait_for(1);
    trial.write("payment of ann refused\n".repeat(3));
    trial.wait_for_matched("refused", 4);
    assert!(trial.stop().success());

    let history = trial.history();
    let id = history[0]["id"].as_str().unwrap();
    // In the message it is quoted in short.
    let told = why(&trial, &format!("#{}", &id[..8]));
    assert_eq!(told["id"], id);
    let grounds = &told["grounds"];
    assert_eq!(grounds["reason"], "matched");
    assert_eq!(grounds["because"], "a line matched, and no incident of its group was open");
    let line = &grounds["lines"][0];
    assert_eq!(line["captures"], json!({ "who": "ann" }));
    assert_eq!(line["file"], trial.log().to_str().unwrap());
    let text = line["line"].as_str().unwrap();
    assert!(text.starts_with("payment of ann refused") && !text.contains("hunter2"), "{text}");
    assert_eq!(told["incident"], json!({ "messages": [], "held": 3 }));
    let attempts = told["attempts"].as_array().unwrap();
    let (last, failed) = attempts.split_last().unwrap();
    assert!(!failed.is_empty(), "{attempts:?}");
    assert!(failed.iter().all(|own| own["said"].as_str().unwrap().contains("503")), "{failed:?}");
    assert_eq!((&last["said"], &last["at"]), (&Value::Null, &told["delivered_at"]));
    assert_eq!(last["number"], attempts.len());

    let page = trial.read(&["why", id]);
    for said in [
        "rule       refused, warning\n",
        "group      who=ann\n",
        "because    a line matched, and no incident of its group was open\n",
        "captured   who=ann\n",
        "now        3 held back since, to be told by a summary\n",
        "state      delivered\n",
    ] {
        assert!(page.contains(said), "{said}{page}");
    }
    assert!(page.trim_end().ends_with("Chat took it") && !page.contains("hunter2"), "{page}");
}

#[test]
fn the_messages_of_an_incident_name_each_other() {
    let mut trial = Trial::new(&RULES.replace("\"1h\"", "\"1s\""));
    trial.start();
    trial.write("payment of ann refused\n");
    trial.wait_for(1);
    trial.write("payment of ann refused\n".repeat(2));
    trial.wait_for(2);
    assert!(trial.stop().success());
    let history = trial.history();
    let ids: Vec<_> = history.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let (open, summary) = (why(&trial, ids[0]), why(&trial, ids[1]));
    assert_eq!(open["incident"]["messages"][0]["id"], ids[1]);
    assert_eq!(summary["incident"]["messages"][0]["id"], ids[0]);
    let grounds = &summary["grounds"];
    assert_eq!((&summary["count"], &grounds["total"]), (&json!(2), &json!(3)));
    assert!(grounds["reason"]["window_ended"].is_object(), "{grounds}");
    let because = grounds["because"].as_str().unwrap();
    assert!(because.starts_with("the debounce window of 1s ended with 2 matches"), "{because}");
    assert_eq!(grounds["lines"].as_array().unwrap().len(), 2);
}

#[test]
fn an_id_that_is_none_or_of_many_is_not_guessed_at() {
    let mut trial = Trial::new(&format!("{RULES}max_open = 60\n"));
    trial.start();
    // Of seventeen ids two begin with the same digit.
    let lines: Vec<_> = (0..17).map(|n| format!("payment of w{n} refused\n")).collect();
    trial.write(lines.concat());
    trial.wait_for_matched("refused", 17);
    assert!(trial.stop().success());
    let ids: Vec<_> = trial.history().iter().map(|row| row["id"].to_string()).collect();
    let first = |id: &String| id.chars().nth(1).unwrap();
    let many = ids.iter().map(first).find(|c| ids.iter().filter(|id| first(id) == *c).count() > 1);
    let asked = |id: &str| {
        let output = logbell().args(["why", id, "--state"]).arg(trial.state()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = asked("zz");
    assert!(code == Some(1) && said.contains("no message `zz` is kept"), "{code:?} {said}");
    let (code, said) = asked(&many.unwrap().to_string());
    assert!(code == Some(1) && said.contains("write more of the id"), "{code:?} {said}");
}
