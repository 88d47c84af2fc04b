//! Orders to a running agent, and to the store of one that is down.

use std::process::Command;
use std::time::Duration;

use logbell::chat::message::Widget;
use rustix::process::Signal;
use serde_json::Value;

use crate::trial::{Trial, logbell};

const RULES: &str = r#"
[[rule]]
name     = "logins"
files    = "LOG"
match    = 'login of (?P<user>.+)$'
group_by = ["user"]
debounce = "0s"
"#;

/// The mutes as `logbell mutes --json` lists them.
fn mutes(trial: &Trial) -> Vec<Value> {
    let rows = trial.read(&["mutes", "--json"]);
    rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// What `logbell` answers to `arguments`: its exit code, stdout and stderr.
fn ask(trial: &Trial, arguments: &[&str]) -> (i32, String, String) {
    let output = logbell().args(arguments).arg("--state").arg(trial.state()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_mute_that_was_answered_outlives_a_kill_and_ends_when_told() {
    let mut trial = Trial::new(RULES);
    trial.start();
    for n in 1..=3 {
        let matchers = format!("rule=logins user=u{n}*");
        let said = trial.read(&["mute", &matchers, "--for", "2h", "--why", "deploy"]);
        assert!(said.contains(&format!("logbell unmute {n}")), "{said}");
        // At once: what was answered is on the disk.
        trial.kill();
        trial.start();
        assert_eq!(mutes(&trial).len(), n);
    }
    let all = mutes(&trial);
    assert_eq!((&all[1]["id"], &all[1]["matchers"]), (&2.into(), &"rule=logins user=u2*".into()));
    assert_eq!(all[1]["why"], "deploy");
    let status = trial.read(&["status"]);
    assert!(status.contains("user=u2*"), "{status}");
    assert_eq!(trial.status()["mutes"].as_array().unwrap().len(), 3);
    assert_eq!(ask(&trial, &["unmute", "2"]).0, 0);
    assert_eq!(ask(&trial, &["unmute", "2"]).0, 1, "it has ended already");
    assert_eq!(ask(&trial, &["unmute", "rule=logins", "user=u3*"]).0, 0);
    trial.kill();
    trial.start();
    let ids: Vec<_> = mutes(&trial).iter().map(|mute| mute["id"].clone()).collect();
    assert_eq!(ids, [1]);
    assert_eq!(ask(&trial, &["unmute", "--all"]).0, 0);
    assert!(trial.read(&["mutes"]).contains("nothing is muted"));
    // An id never comes again.
    trial.read(&["mute", "rule=*"]);
    assert_eq!(mutes(&trial)[0]["id"], 4);
    assert!(trial.stop().success());
}

#[test]
fn who_mutes_a_rule_that_is_not_there_is_told_so() {
    let mut trial = Trial::new(RULES);
    trial.start();
    for (matchers, said) in [
        ("rule=login", "warning: no rule is called `login` so far; did you mean `logins`?\n"),
        ("rule=sshd* severity=error", "warning: no rule is called `sshd*` so far\n"),
        ("rule=log*", ""),
        ("user=ann", ""),
    ] {
        let (code, _, why) = ask(&trial, &["mute", matchers]);
        assert_eq!((code, &*why), (0, said), "{matchers}");
    }
    // One that is to come may be muted.
    assert_eq!(mutes(&trial).len(), 4);
    assert!(trial.stop().success());
}

#[test]
fn what_is_muted_while_no_agent_runs_is_muted_when_it_starts() {
    let mut trial = Trial::new(RULES);
    let (code, _, why) = ask(&trial, &["mute", "rule=logins"]);
    assert_eq!(code, 2, "there is no store yet: {why}");
    trial.start();
    assert!(trial.stop().success());
    trial.read(&["mute", "rule=logins", "--until-resolved"]);
    trial.read(&["mute", "rule=other"]);
    assert_eq!(ask(&trial, &["unmute", "2"]).0, 0);
    trial.start();
    let all = mutes(&trial);
    assert_eq!((all.len(), &all[0]["until_resolved"]), (1, &true.into()));
    trial.read(&["mute", "rule=third"]);
    assert_eq!(mutes(&trial)[1]["id"], 3);
    assert!(trial.stop().success());
}

#[test]
fn what_cannot_be_muted_is_refused_with_the_reason() {
    let mut trial = Trial::new(RULES);
    trial.start();
    for (arguments, expected) in [
        (&["mute", "logins"][..], "expected a name"),
        (&["mute", "rule=logins", "--for", "31d"], "from 1s to 30d"),
        (&["mute", "rule=logins", "--for", "0s"], "from 1s to 30d"),
        (&["mute", "rule=\"logins"], "closing quote"),
        (&["unmute", "99999999999"], "no mute"),
    ] {
        let (code, _, why) = ask(&trial, arguments);
        assert!(code == 2 && why.contains(expected), "{arguments:?}: {code} {why}");
    }
    for n in 1..=100 {
        assert_eq!(ask(&trial, &["mute", &format!("rule=r{n}")]).0, 0);
    }
    let (code, _, why) = ask(&trial, &["mute", "rule=logins"]);
    assert!(code == 2 && why.contains("end one of them first"), "{code} {why}");
    assert!(trial.stop().success());
}

#[test]
fn the_command_of_a_message_mutes_its_group_whatever_it_is_called() {
    let mut trial = Trial::new(RULES);
    trial.start();
    let hostile = r#"it's "x" $(touch pwned) `id` * \ & <b> ; rm -rf ~ | é"#;
    trial.write(format!("login of {hostile}\n"));
    let message = trial.wait_for(1).remove(0).message;
    let card = &message.cards_v2[0].card;
    let Some(Widget::TextParagraph(footer)) = card.sections.last().unwrap().widgets.last() else {
        panic!("{card:?}");
    };
    let footer = footer.text.replace("</font>", "");
    let (_, command) = footer.split_once("<br>").expect("a command under the signature");
    let mut command = command.to_owned();
    for (entity, sign) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        command = command.replace(entity, sign);
    }
    // As someone pastes it.
    let program = logbell();
    let folder = std::path::Path::new(program.get_program()).parent().unwrap();
    let run = Command::new("sh")
        .args(["-c", &command])
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("STATE_DIRECTORY", trial.state())
        .current_dir(trial.folder())
        .output()
        .unwrap();
    assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
    assert!(!trial.folder().join("pwned").exists());
    let matchers = mutes(&trial)[0]["matchers"].as_str().unwrap().to_owned();
    let selector: logbell::flow::Selector = matchers.parse().unwrap();
    let group = logbell::flow::GroupKey([("user".into(), hostile.into())].into());
    assert_eq!(selector, logbell::flow::Selector::of_group("logins", &group));
    assert!(trial.stop().success());
}

#[test]
fn a_reload_is_answered_with_what_changed_or_what_is_wrong() {
    let mut trial = Trial::new(RULES);
    let (code, _, why) = ask(&trial, &["reload"]);
    assert!(code == 2 && why.contains("no agent runs"), "{code} {why}");
    trial.start();
    trial.configure(&format!("{RULES}\n{}", RULES.replace("\"logins\"", "\"more\"")));
    let (code, said, _) = ask(&trial, &["reload"]);
    assert!(code == 0 && said.contains("2 rules") && said.contains("new: `more`"), "{code} {said}");
    trial.configure(&RULES.replace("debounce", "debonce"));
    let (code, _, why) = ask(&trial, &["reload"]);
    assert!(code == 1 && why.contains("unknown key `debonce`"), "{code} {why}");
    assert!(why.contains("of before"), "{why}");
    trial.write("login of alice\n");
    trial.wait_for(2);
    assert!(trial.stop().success());
}

#[test]
fn orders_wait_while_the_store_cannot_be_written_and_are_answered_then() {
    let mut trial = Trial::new(RULES);
    trial.start();
    let store = rusqlite::Connection::open(trial.state().join("logbell.db")).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    trial.write("login of alice\n");
    trial.wait_for_stderr("cannot write the store");
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&trial, &["mute", "rule=logins"]));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!asked.is_finished(), "nothing is answered that is not saved");
        store.execute_batch("COMMIT").unwrap();
        assert_eq!(asked.join().unwrap().0, 0);
    });
    assert_eq!(mutes(&trial).len(), 1);
    trial.signal(Signal::TERM);
    assert!(trial.wait_for_end().success());
}
