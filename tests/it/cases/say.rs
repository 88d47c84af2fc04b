//! The words that say how a message reads, from the configuration to what the space gets.

use std::fmt::Write as _;

use logbell::chat::limits;
use logbell::chat::message::{MarkupSyntax, Message, Widget};

use crate::trial::Trial;

/// All that people see of a card: its title, then one widget a line.
fn shown(message: &Message) -> String {
    let card = &message.cards_v2[0].card;
    let header = card.header.as_ref().unwrap();
    let mut text = format!("{}\n{}\n", header.title, header.subtitle.as_deref().unwrap());
    for widget in card.sections.iter().flat_map(|section| &section.widgets) {
        match widget {
            Widget::TextParagraph(paragraph) => text.push_str(&paragraph.text),
            Widget::DecoratedText(field) => {
                let label = field.top_label.as_deref().unwrap();
                let _ = write!(text, "[{label}] {}", field.text);
            }
            other => panic!("{other:?}"),
        }
        text.push('\n');
    }
    text
}

#[test]
fn a_title_and_a_text_are_filled_with_what_the_line_says() {
    let mut trial = Trial::new(
        r#"
[[rule]]
name = "slow"
files = "LOG"
match = '(?P<path>/\S+) took (?P<ms>\d+) ms of (?P<n>\d+)'
title = "{path|basename} took {ms|duration} on {host|upper|cut:2}"
text = '''
{n|count} bytes: {pattern}
look at <dashboard> of {file|basename}'''
"#,
    );
    trial.start();
    trial.write("GET /shop/cart took 93000 ms of 1234567\n");
    let messages = trial.wait_for(1);
    let said = shown(&messages[0].message);
    assert!(said.starts_with("🟠 cart took 1m33s on "), "{said}");
    let text = "\n1\u{202f}234\u{202f}567 bytes: GET &lt;path&gt; took &lt;num&gt; ms of &lt;num&gt;<br>\
                look at &lt;dashboard&gt; of app.log\n";
    assert!(said.contains(text), "{said}");
    trial.stop();
}

#[test]
fn secrets_do_not_leave_the_host() {
    let mut trial = Trial::new(
        r#"
[[rule]]
name = "login"
files = "LOG"
match = 'login of (?P<user>\S+) with password=(?P<pw>\S+)'
group_by = ["pw", "user"]
redact = ["secrets", 'C-\d+']
title = "{user} logs in with {pw}"
text = "{line}"
context = [1, 1]
"#,
    );
    trial.start();
    trial.write("key is AKIAIOSFODNN7EXAMPLE\nlogin of C-17 with password=hunter2\nand C-18\n");
    let message = &trial.wait_for(1)[0].message;
    let wire = serde_json::to_string(message).unwrap();
    for secret in ["AKIA", "C-1", "hunter2"] {
        assert!(!wire.contains(secret), "{secret} in {wire}");
    }
    let said = shown(message);
    assert!(said.starts_with("🟠 [redacted] logs in with [redacted]\n"), "{said}");
    assert!(said.contains("[pw] [redacted]\n[user] [redacted]\n"), "{said}");
    // What does not leave the host is whole.
    assert_eq!(trial.history()[0]["group"]["pw"], "hunter2");
    trial.stop();
}

#[test]
fn labels_of_the_rule_and_the_source_are_in_the_message() {
    let mut trial = Trial::new(
        r#"
[source.shop]
files = "LOG"
labels = { team = "shop", env = "test" }
[[rule]]
name = "down"
source = "shop"
match = 'down'
labels = { env = "prod" }
group_by = ["env"]
title = "{team} in {env|upper}"
"#,
    );
    trial.start();
    trial.write("down\n");
    let said = shown(&trial.wait_for(1)[0].message);
    assert!(said.starts_with("🟠 shop in PROD\n"), "{said}");
    let (_, place) = said.split_once('\n').unwrap();
    assert!(place.lines().next().unwrap().ends_with("app.log · env=prod team=shop"), "{said}");
    assert!(said.contains("[env] prod\n"), "{said}");
    assert_eq!(trial.history()[0]["group"]["env"], "prod");
    trial.stop();
}

#[test]
fn the_commonest_values_are_in_the_summary_also_after_a_restart() {
    let mut trial = Trial::new(
        r#"
[[rule]]
name = "denied"
files = "LOG"
match = 'denied (?P<ip>\S+)'
top = ["ip"]
debounce = "3s"
"#,
    );
    trial.start();
    trial.write("denied 203.0.113.1\n");
    trial.wait_for(1);
    trial.write("denied 203.0.113.2\n".repeat(3));
    trial.wait_for_matched("denied", 4);
    trial.kill();
    trial.write("denied 203.0.113.2\ndenied 203.0.113.3\n");
    trial.start();
    let said = shown(&trial.wait_for(2)[1].message);
    assert!(said.contains("[commonest ip] 4 × 203.0.113.2\n1 × 203.0.113.3\n"), "{said}");
    trial.stop();
}

#[test]
fn an_opening_message_pings_whom_the_configuration_names() {
    let mut trial = Trial::new(
        r#"
[[rule]]
name = "down"
files = "LOG"
match = 'down'
debounce = "1s"
mention = ["users/123", "all"]
"#,
    );
    trial.start();
    trial.write("down <users/666>\n");
    trial.wait_for(1);
    trial.write("down <users/all>\n");
    let messages = trial.wait_for(2);
    let pinged = |i: usize| limits::mentions(&messages[i].message);
    assert_eq!(pinged(0), ["users/all", "users/123"]);
    assert_eq!(pinged(1), [] as [String; 0]);
    trial.stop();
}

#[test]
fn webhooks_have_a_severity_a_markup_and_threads() {
    let mut trial = Trial::new("");
    let url = |space: &str| trial.room.webhook_url(space);
    let rules = format!(
        r#"
[webhook.all]
url = "{}"
thread = "rule"
markup = "markdown"
[webhook.boss]
url = "{}"
severity = "error"
thread = "none"
markup = "none"
[[rule]]
name = "job"
files = "LOG"
match = 'job (?P<job>\d+) failed'
group_by = ["job"]
webhook = ["all", "boss"]
[[rule]]
name = "disk"
files = "LOG"
match = 'disk full'
severity = "critical"
webhook = ["all", "boss"]
"#,
        url("all"),
        url("boss")
    );
    trial.configure(&rules);
    trial.start();
    trial.write("job 1 failed\njob 2 failed\ndisk full\n");
    let messages = trial.wait_for(4);
    let of = |space: &str| {
        let own = messages.iter().filter(move |message| message.space.contains(space));
        own.map(|own| &own.message).collect::<Vec<_>>()
    };
    let [all, boss] = [of("all"), of("boss")];
    assert_eq!((all.len(), boss.len()), (3, 1));
    assert!(boss[0].text.contains("disk full") && boss[0].thread_key().is_none());
    assert_eq!(boss[0].markup_syntax, None);
    assert!(all.iter().all(|own| own.markup_syntax == Some(MarkupSyntax::Markdown)));
    let mut keys: Vec<_> = all.iter().map(|own| own.thread_key().unwrap()).collect();
    keys.sort_unstable();
    assert!(
        keys[0].ends_with("/disk") && keys[1] == keys[2] && keys[1].ends_with("/job"),
        "{keys:?}"
    );
    trial.stop();
}
