//! What nobody can match any more is told once, and what was told is not told again.

use std::fs;

use logbell::chat::message::Widget;
use logbell::chat::room::{Fault, Faults};

use crate::trial::{Trial, append};

const RULE: &str =
    "[[rule]]\nname = \"app\"\nfiles = \"FILES\"\nmatch = 'hello'\ndebounce = \"0s\"\n";

/// `text` as it is on every host and in every folder.
fn anywhere(trial: &Trial, text: &str) -> String {
    let host = gethostname::gethostname().into_string().unwrap();
    text.replace(&format!("· {host} ·"), "· HOST ·")
        .replace(trial.folder().to_str().unwrap(), "DIR")
}

/// The notices of the history.
fn n_notices(trial: &Trial) -> usize {
    trial.told().iter().filter(|row| row.starts_with("notice(0)")).count()
}

#[test]
fn a_log_that_was_deleted_unread_is_told_once() {
    let mut trial = Trial::new(&RULE.replace("FILES", "LOG"));
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    trial.kill();
    trial.write("hello unseen\n");
    fs::remove_file(trial.log()).unwrap();
    trial.start();
    let said = trial.wait_for(2).remove(1).message.text;
    let expected =
        "🟠 logbell · HOST · DIR/app.log: lines may have been gone before they could be read";
    assert_eq!(anywhere(&trial, &said), expected);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered", "notice(0) delivered"]);
    assert_eq!(trial.history()[1]["rule"], serde_json::Value::Null);
    let loss = &trial.status()["losses"][0];
    assert!(loss["kind"] == "generation-gone" && loss["told"].is_string(), "{loss}");
    // After a restart nothing of it is left to tell.
    append(&trial.log(), b"hello again\n");
    trial.start();
    assert!(trial.wait_for(3)[2].message.text.ends_with("hello again"));
    assert!(trial.stop().success());
    assert_eq!(n_notices(&trial), 1);
    assert_eq!(trial.check_counts("app"), 2);
}

#[test]
fn what_could_not_be_told_before_a_kill_is_told_after_it() {
    let mut trial = Trial::new(&RULE.replace("FILES", "LOG"));
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    trial.kill();
    fs::remove_file(trial.log()).unwrap();
    // The loss is saved when the agent says that it is ready, and is told 2 s later at the earliest.
    trial.start();
    trial.kill();
    assert_eq!(trial.status()["losses"][0]["told"], serde_json::Value::Null);
    trial.start();
    assert!(trial.wait_for(2)[1].message.text.contains("before they could be read"));
}

#[test]
fn a_notice_that_chat_did_not_take_is_sent_after_a_restart_and_once() {
    let mut trial = Trial::new(&RULE.replace("FILES", "LOG"));
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    fs::remove_file(trial.log()).unwrap();
    trial
        .room
        .set_faults(Faults { fail: vec!["403".parse::<Fault>().unwrap()], ..Faults::default() });
    let mut events = trial.room.events();
    trial.start();
    events.blocking_recv().unwrap();
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered", "notice(0) parked"]);
    trial.room.set_faults(Faults::default());
    trial.start();
    trial.wait_for(2);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered", "notice(0) delivered"]);
}

#[test]
fn fifty_logs_that_go_at_once_are_one_message() {
    let mut trial = Trial::new(&RULE.replace("FILES", "DIR/many/*.log"));
    let many = trial.folder().join("many");
    fs::create_dir(&many).unwrap();
    for i in 0..50 {
        append(&many.join(format!("{i:02}.log")), b"a line\n");
    }
    // All are followed before one of them says something.
    trial.start();
    append(&many.join("49.log"), b"hello\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    fs::remove_dir_all(&many).unwrap();
    trial.start();
    let body = trial.wait_for(2).remove(1).message;
    // How much of the last of them was read before the stop is for the scheduler to say.
    let is_of_all =
        body.text.contains("50 logs") && body.text.ends_with("before they could be read");
    assert!(is_of_all, "{}", body.text);
    let widgets = &body.cards_v2[0].card.sections[0].widgets;
    let n_named = widgets.iter().filter(|w| matches!(w, Widget::DecoratedText(_))).count();
    assert_eq!(n_named, 10);
    let Some(Widget::TextParagraph(more)) = widgets.last() else { panic!("{widgets:?}") };
    assert!(more.text.contains("and 40 more"), "{}", more.text);
    assert!(trial.stop().success());
    assert_eq!(n_notices(&trial), 1);
}

#[test]
fn only_those_who_are_told_of_a_log_are_told_of_its_losses() {
    let mut trial = Trial::new(&RULE.replace("FILES", "LOG"));
    let url = trial.room.webhook_url("boss");
    trial.configure(&format!(
        "[webhook.boss]\nurl = \"{url}\"\n{}webhook = [\"room\", \"boss\"]\n\
         [[rule]]\nname = \"two\"\nfiles = \"DIR/two.log\"\nmatch = 'hello'\n\
         [[rule]]\nname = \"three\"\nfiles = \"DIR/two.log\"\nmatch = 'hello'\n",
        RULE.replace("FILES", "LOG")
    ));
    let two = trial.folder().join("two.log");
    append(&two, b"");
    trial.start();
    append(&two, b"hello\n");
    trial.wait_for(2);
    trial.write("hello\n");
    trial.wait_for(4);
    assert!(trial.stop().success());
    fs::remove_file(&two).unwrap();
    trial.start();
    trial.wait_for(5);
    assert!(trial.stop().success());
    fs::remove_file(trial.log()).unwrap();
    trial.start();
    // `boss` hears of the first loss of its log at once; `room`, told a moment ago, in an hour.
    let notices = trial.wait_for(6).split_off(4);
    let spaces: Vec<_> = notices.iter().map(|notice| notice.space.clone()).collect();
    assert!(spaces[0].contains("trial") && spaces[1].contains("boss"), "{spaces:?}");
    assert!(notices[0].message.text.contains("two.log"), "{}", notices[0].message.text);
    assert!(notices[1].message.text.contains("app.log"), "{}", notices[1].message.text);
    assert!(trial.stop().success());
    assert_eq!(n_notices(&trial), 2);
}
