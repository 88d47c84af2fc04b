//! Fields of JSON and logfmt, from the configuration to what the space gets.

use crate::trial::Trial;

const RULE: &str = r#"
[source.app]
files  = "LOG"
format = "FORMAT"
labels = { service = "unknown" }

[[rule]]
name     = "refused"
source   = "app"
where    = { level = "error", status = ">=500" }
group_by = ["service", "user.id"]
title    = "{service}: {err|cut:20}"
context  = [1, 0]
"#;

fn rule(format: &str) -> Trial {
    let mut trial = Trial::new(&RULE.replace("FORMAT", format));
    trial.start();
    trial
}

/// All that people read of the card of a message.
fn card(trial: &mut Trial, n: usize) -> String {
    let messages = trial.wait_for(n);
    serde_json::to_string(&messages[n - 1].message.cards_v2).unwrap()
}

#[test]
fn a_json_line_reads_as_its_message_and_its_fields_group_it() {
    let mut trial = rule("json");
    trial.write(concat!(
        "{\"level\":\"info\",\"msg\":\"ready\",\"port\":8080}\n",
        "{\"level\":\"error\",\"status\":404,\"msg\":\"not this\"}\n",
        "{\"time\":\"2026-11-30T20:00:00Z\",\"level\":\"error\",\"status\":503,\"service\":\"shop\",",
        "\"user\":{\"id\":42,\"password\":\"hunter2x\"},\"err\":\"no \\u003canswer\\u003e\",\"msg\":\"payment failed\"}\n",
    ));
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.starts_with("🟠 shop: no ‹answer› · "), "{text}");
    assert!(text.ends_with(": payment failed"), "{text}");
    let card = card(&mut trial, 1);
    assert!(
        card.contains("▸ payment failed\\n│ level=error status=503 service=shop user.id=42"),
        "{card}"
    );
    assert!(card.contains("\"topLabel\":\"user.id\""), "{card}");
    assert!(!card.contains("hunter2x"), "{card}");
    assert!(card.contains("  not this  level=error status=404"), "{card}");
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("refused"), 1);
}

#[test]
fn json_that_a_container_runtime_packed_is_unpacked_first() {
    let mut trial = rule("auto");
    trial.write(concat!(
        "2026-11-30T20:00:00.000000001Z stdout P {\"level\":\"error\",\"sta\n",
        "2026-11-30T20:00:00.000000002Z stdout F tus\":\"500\",\"msg\":\"joined\"}\n",
        "2026-11-30T20:00:00.000000003Z stderr F level=error status=599 msg=\"is logfmt\" service=b\n",
        "2026-11-30T20:00:00.000000004Z stdout F level error status 500\n",
    ));
    let mut texts: Vec<_> =
        trial.wait_for(2).iter().map(|said| said.message.text.clone()).collect();
    texts.sort();
    assert!(texts[0].starts_with("🟠 b: (none)") && texts[0].ends_with(": is logfmt"), "{texts:?}");
    assert!(texts[1].starts_with("🟠 unknown: (none)"), "the label is shown: {texts:?}");
    assert!(texts[1].ends_with(": joined"), "{texts:?}");
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("refused"), 2);
}
