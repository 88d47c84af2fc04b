use std::collections::HashMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::chat::message::Message as Body;
use crate::flow::{
    Advice, Bytes, Crowd, Digest, GroupKey, IncidentId, MessageId, Reason, Refusal, RuleId, Sample,
    Span,
};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_000_000_000_000 + millis)
}

fn webhook() -> WebhookName {
    WebhookName("oncall".into())
}

fn alert(incident: u64, sequence: u32, kind: AlertKind, count: u64) -> Alert {
    let sample = Sample {
        path: Path::new("/a.log").into(),
        time: at(0),
        written: None,
        line: Bytes::from(format!("line of {incident}").as_str()),
        captures: Vec::new(),
        reading: None,
        before: Vec::new(),
        after: Vec::new(),
    };
    Alert {
        rule: RuleId(0),
        group: GroupKey([("n".into(), incident.to_string().into())].into()),
        incident: IncidentId::new(Digest::new("test").with_number(incident)),
        sequence,
        kind,
        at: at(0),
        count,
        undelivered: 0,
        total: count,
        opened: at(0),
        reopened: None,
        span: Span::at(at(0)),
        reason: Reason::Matched,
        samples: vec![Arc::new(sample)],
        top: Vec::new(),
        crowd: None,
        held: None,
        to: None,
    }
}

/// Says an alert in the plainest way: the body tells the count.
struct Plainly;

impl Say for Plainly {
    fn envelope(&self, alert: &Alert, webhook: &WebhookName) -> Message {
        Message { body: "".into(), ..say(alert, webhook) }
    }

    fn message(&self, alert: &Alert, webhook: &WebhookName) -> Message {
        say(alert, webhook)
    }
}

fn say(alert: &Alert, webhook: &WebhookName) -> Message {
    let id = Digest::new("message").with(&alert.incident.to_bytes());
    let body = Body {
        thread: Some(crate::chat::message::Thread {
            thread_key: Some(alert.incident.to_string()),
            name: None,
        }),
        markup_syntax: Some(crate::chat::message::MarkupSyntax::Chat),
        ..Body::text(format!("{} {}", alert.kind.as_str(), alert.count))
    };
    Message {
        id: MessageId::new(id.with_number(alert.sequence.into()).with(webhook.0.as_bytes())),
        rule: "rule".into(),
        group: alert.group.clone(),
        incident: alert.incident,
        kind: alert.kind,
        count: alert.count,
        at: alert.at,
        severity: if alert.rule == RuleId(1) { Severity::Critical } else { Severity::Error },
        webhook: webhook.clone(),
        body: body.to_json().into(),
        grounds: None,
    }
}

/// An outbox with the state of every message as a store would have it.
struct Trial {
    outbox: Outbox,
    now: Timestamp,
    stored: Vec<(Message, MessageState)>,
}

impl Trial {
    fn new() -> Self {
        let outbox = Outbox::new([(webhook(), "chat/spaces/A".to_owned())], 1);
        Self { outbox, now: at(0), stored: Vec::new() }
    }

    fn push(&mut self, alert: Alert) {
        self.outbox.push(alert, &webhook(), self.now, &Plainly);
        self.save();
    }

    fn save(&mut self) {
        let changes = self.outbox.take_changes(&Plainly);
        for message in changes.messages {
            match self.stored.iter_mut().find(|(stored, _)| stored.id == message.id) {
                Some((stored, _)) => *stored = message,
                None => self.stored.push((message, MessageState::Waiting)),
            }
        }
        for mark in changes.marks {
            let row = self.stored.iter_mut().find(|(stored, _)| stored.id == mark.id);
            row.expect("marks are of stored messages").1 = mark.state;
        }
    }

    /// Lets time pass to the next post and returns its message.
    fn next(&mut self) -> Option<Message> {
        self.now = self.now.max(self.outbox.deadline()?);
        self.outbox.take_due(self.now).pop()
    }

    /// The next post ends in `outcome`. Returns when it started, and its text.
    fn post(&mut self, outcome: Outcome) -> (i64, String) {
        let message = self.next().expect("a message is due");
        let started = self.now;
        let delivery = Delivery { message: message.id, at: self.now, outcome };
        self.outbox.on_delivery(&delivery).expect("it is in flight");
        self.save();
        let body: Body = serde_json::from_str(&message.body).unwrap();
        assert_eq!(body.markup_syntax.is_some(), body.thread.is_some());
        let thread = if body.thread.is_some() { "" } else { " unthreaded" };
        (started.as_millis() - at(0).as_millis(), format!("{}{thread}", body.text))
    }

    fn states(&self) -> Vec<(&str, u64, &str)> {
        let row = |(message, state): &'_ (Message, MessageState)| {
            (message.kind.as_str(), message.count, state.as_str())
        };
        self.stored.iter().map(row).collect()
    }
}

fn delivered() -> Outcome {
    Outcome::Delivered { thread: None }
}

fn busy() -> Outcome {
    Outcome::Busy { after: None }
}

fn unclear() -> Outcome {
    Outcome::Unclear { what: "connection closed".into() }
}

fn refused(status: u16, advice: Advice) -> Outcome {
    Outcome::Refused(Refusal { status, said: "NO".into(), advice })
}

#[test]
fn posts_at_once_and_then_one_a_second() {
    let mut trial = Trial::new();
    (0..3).for_each(|n| trial.push(alert(n, 0, AlertKind::Open, 1)));
    let starts: Vec<_> = (0..3).map(|_| trial.post(delivered()).0).collect();
    assert_eq!(starts, [0, 1000, 2000]);
    assert_eq!(trial.outbox.deadline(), None);
    assert_eq!(trial.states(), [("open", 1, "delivered"); 3]);
}

#[test]
fn webhooks_of_one_space_share_its_pace_and_other_spaces_do_not() {
    let webhooks = [("a", "X"), ("b", "X"), ("c", "Y")];
    let webhooks = webhooks.map(|(name, space)| (WebhookName(name.into()), space.to_owned()));
    let mut outbox = Outbox::new(webhooks.clone(), 1);
    for (n, (webhook, _)) in (0..).zip(&webhooks) {
        outbox.push(alert(n, 0, AlertKind::Open, 1), webhook, at(0), &Plainly);
    }
    outbox.take_changes(&Plainly);
    let names: Vec<_> = outbox.take_due(at(0)).into_iter().map(|m| m.webhook.0).collect();
    assert_eq!(names, ["a".into(), "c".into()]);
}

#[test]
fn critical_rules_keep_a_third_of_the_posts_whatever_they_say() {
    let mut trial = Trial::new();
    (0..6).for_each(|n| trial.push(alert(n, 0, AlertKind::Open, 1)));
    let critical = |n, kind, count| Alert { rule: RuleId(1), ..alert(n, 1, kind, count) };
    trial.push(critical(10, AlertKind::Summary, 50));
    trial.push(critical(11, AlertKind::Resolved, 0));
    trial.push(critical(12, AlertKind::Digest, 70));
    let texts: Vec<_> = (0..9).map(|_| trial.post(delivered()).1).collect();
    let expected =
        "open 1, open 1, resolved 0, open 1, open 1, summary 50, open 1, open 1, digest 70";
    assert_eq!(texts.join(", "), expected);
}

#[test]
fn digests_of_a_storm_that_wait_become_one() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.next();
    let crowd = |top: &[(u64, u64)]| {
        let key = |n: u64| GroupKey([("n".into(), n.to_string().into())].into());
        let top: Vec<_> = top.iter().map(|(n, count)| (key(*n), *count)).collect();
        Some(Crowd { distinct: 100, top })
    };
    let digest = |sequence, count, total, crowd| Alert {
        total,
        crowd,
        ..alert(7, sequence, AlertKind::Digest, count)
    };
    let first = digest(0, 40, 40, crowd(&[(1, 30), (2, 3)]));
    let second = digest(1, 60, 100, crowd(&[(3, 50), (2, 4)]));
    let joined = merge::merged(&first, &second);
    assert_eq!((joined.count, joined.total, joined.sequence), (100, 100, 0));
    let crowd = joined.crowd.unwrap();
    let counts: Vec<_> = crowd.top.iter().map(|(_, count)| *count).collect();
    assert_eq!((crowd.distinct, counts), (199, vec![50, 30, 7]));
    trial.push(first);
    trial.push(second);
    let id = trial.stored[0].0.id;
    trial.outbox.on_delivery(&Delivery { message: id, at: at(1), outcome: delivered() });
    assert_eq!(trial.post(delivered()).1, "digest 100");
    assert!(trial.next().is_none());
}

#[test]
fn opens_go_before_summaries_but_never_out_of_their_incidents_order() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.next();
    trial.push(alert(1, 1, AlertKind::Summary, 7));
    trial.push(alert(2, 1, AlertKind::Summary, 3));
    trial.push(alert(2, 2, AlertKind::Resolved, 0));
    trial.push(alert(3, 0, AlertKind::Open, 5));
    let id = trial.stored[0].0.id;
    trial.outbox.on_delivery(&Delivery { message: id, at: at(1), outcome: delivered() });
    let texts: Vec<_> = (0..4).map(|_| trial.post(delivered()).1).collect();
    assert_eq!(texts, ["open 5", "summary 3", "resolved 0", "summary 7"]);
}

#[test]
fn a_busy_chat_is_asked_again_ever_more_slowly_with_the_same_id() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    let starts: Vec<_> = (0..9).map(|_| trial.post(busy()).0).collect();
    let pauses: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (i, pause) in pauses.iter().enumerate() {
        let full = (1000 << i).min(60_000);
        assert!((full.max(1000) / 2..=full.max(1000)).contains(pause), "{pauses:?}");
    }
    assert_eq!(trial.post(delivered()).1, "open 1");
    assert_eq!(trial.states(), [("open", 1, "delivered")]);
}

#[test]
fn a_pause_that_chat_asks_for_is_kept_but_bounded() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.post(Outcome::Busy { after: Some(Duration::from_secs(7)) });
    assert_eq!(trial.post(Outcome::Busy { after: Some(Duration::from_hours(9)) }).0, 7_000);
    assert_eq!(trial.post(delivered()).0, 607_000);
}

#[test]
fn what_waits_of_one_incident_becomes_one_message_with_all_counts() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.post(busy());
    trial.push(alert(0, 1, AlertKind::Summary, 20));
    trial.push(alert(0, 2, AlertKind::Summary, 300));
    trial.push(alert(0, 3, AlertKind::Resolved, 0));
    assert_eq!(trial.post(delivered()).1, "open 321");
    assert_eq!(trial.post(delivered()).1, "resolved 0");
    let expected = [
        ("open", 321, "delivered"),
        ("summary", 20, "merged"),
        ("summary", 300, "merged"),
        ("resolved", 0, "delivered"),
    ];
    assert_eq!(trial.states(), expected);
}

#[test]
fn what_may_have_been_posted_already_is_never_changed() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.post(unclear());
    trial.push(alert(0, 1, AlertKind::Summary, 20));
    assert_eq!(trial.post(delivered()).1, "open 1");
    assert_eq!(trial.post(delivered()).1, "summary 20");
}

#[test]
fn what_is_in_flight_is_never_changed() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    let message = trial.next().unwrap();
    trial.push(alert(0, 1, AlertKind::Summary, 20));
    let delivery = Delivery { message: message.id, at: trial.now, outcome: delivered() };
    assert_eq!(trial.outbox.on_delivery(&delivery), Some(Verdict::Delivered));
    assert_eq!(trial.outbox.on_delivery(&delivery), None, "it is not in flight any more");
    assert_eq!(trial.post(delivered()).1, "summary 20");
}

#[test]
fn a_post_that_is_under_way_while_its_webhook_gets_another_space_is_not_forgotten() {
    for (outcome, verdict) in [(delivered(), Verdict::Delivered), (busy(), Verdict::Retry)] {
        let mut trial = Trial::new();
        trial.push(alert(0, 0, AlertKind::Open, 1));
        let message = trial.next().unwrap();
        let elsewhere = [(webhook(), "chat/spaces/B".to_owned())];
        trial.outbox.reload(elsewhere.clone(), |_| Some(RuleId(0)), [], trial.now);
        let delivery = Delivery { message: message.id, at: trial.now, outcome };
        assert_eq!(trial.outbox.on_delivery(&delivery), Some(verdict.clone()));
        trial.save();
        if verdict == Verdict::Retry {
            assert_eq!(trial.post(delivered()).1, "open 1");
        }
        assert_eq!(trial.states(), [("open", 1, "delivered")]);
        assert_eq!((trial.outbox.deadline(), trial.outbox.n_waiting()), (None, 0));
        trial.outbox.reload(elsewhere, |_| Some(RuleId(0)), [], trial.now);
        assert_eq!(trial.outbox.spaces.len(), 1, "no webhook leads to the other any more");
    }
}

#[test]
fn a_malformed_message_is_tried_without_its_thread_then_as_plain_text_then_parked() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    let refuse = || refused(400, Advice::Simplify);
    let texts: Vec<_> = (0..3).map(|_| trial.post(refuse()).1).collect();
    assert_eq!(texts, ["open 1", "open 1 unthreaded", "open 1 unthreaded"]);
    assert_eq!(trial.states(), [("open", 1, "parked")]);
    assert_eq!((trial.outbox.deadline(), trial.outbox.n_parked()), (None, 1));
}

#[test]
fn a_refused_webhook_parks_the_message_and_nobody_hears_that_it_is_over() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.post(refused(403, Advice::CheckWebhook));
    trial.push(alert(0, 1, AlertKind::Resolved, 0));
    assert_eq!(trial.states(), [("open", 1, "parked"), ("resolved", 0, "parked")]);
    assert_eq!(trial.outbox.deadline(), None);
}

#[test]
fn a_401_gets_a_few_tries_in_a_row() {
    let mut trial = Trial::new();
    trial.push(alert(0, 0, AlertKind::Open, 1));
    trial.post(busy());
    trial.post(unclear());
    let refuse = || refused(401, Advice::CheckWebhook);
    trial.post(refuse());
    trial.post(refuse());
    assert_eq!(trial.states(), [("open", 1, "waiting")]);
    trial.post(refuse());
    assert_eq!(trial.states(), [("open", 1, "parked")]);
}

#[test]
fn a_refused_webhook_is_left_alone_for_a_while_and_another_of_its_space_is_not() {
    let webhooks = ["a", "b"].map(|name| (WebhookName(name.into()), "X".to_owned()));
    let mut outbox = Outbox::new(webhooks.clone(), 1);
    let push = |outbox: &mut Outbox, n, i: usize| {
        outbox.push(alert(n, 0, AlertKind::Open, 1), &webhooks[i].0, at(0), &Plainly);
        outbox.take_changes(&Plainly);
    };
    push(&mut outbox, 0, 0);
    push(&mut outbox, 1, 0);
    let first = outbox.take_due(at(0)).remove(0);
    let outcome = refused(403, Advice::CheckWebhook);
    outbox.on_delivery(&Delivery { message: first.id, at: at(5), outcome });
    assert_eq!(outbox.deadline(), Some(at(60_005)));
    push(&mut outbox, 2, 1);
    assert_eq!(outbox.deadline(), Some(at(1_000)));
    let second = outbox.take_due(at(1_000)).remove(0);
    assert_eq!(&*second.webhook.0, "b");
    outbox.on_delivery(&Delivery { message: second.id, at: at(1_005), outcome: delivered() });
    assert_eq!(outbox.take_due(at(60_000)), []);
    assert_eq!(outbox.take_due(at(60_005)).len(), 1);
}

#[test]
fn a_message_that_is_never_answered_lets_the_others_pass() {
    let mut trial = Trial::new();
    (0..3).for_each(|n| trial.push(alert(n, 0, AlertKind::Open, 1 + n)));
    let stuck = |text: &str| text == "open 1";
    let mut texts = Vec::new();
    for _ in 0..8 {
        let message = trial.next().unwrap();
        let text = serde_json::from_str::<Body>(&message.body).unwrap().text;
        let outcome = if stuck(&text) { unclear() } else { delivered() };
        trial.outbox.on_delivery(&Delivery { message: message.id, at: trial.now, outcome });
        texts.push(text);
    }
    let (one, two, three) = ("open 1", "open 2", "open 3");
    assert_eq!(texts, [one, one, one, two, three, one, one, one]);
}

#[test]
fn a_batch_has_each_message_once_and_the_bodies_of_those_alone_that_are_sent() {
    let mut trial = Trial::new();
    for n in 0..200 {
        let alert = alert(0, n, if n == 0 { AlertKind::Open } else { AlertKind::Summary }, 1);
        trial.outbox.push(alert, &webhook(), trial.now, &Plainly);
    }
    let changes = trial.outbox.take_changes(&Plainly);
    assert_eq!(changes.messages.len(), 200);
    let with_body: Vec<_> = changes.messages.iter().filter(|m| !m.body.is_empty()).collect();
    assert_eq!(with_body.len(), 1);
    assert_eq!((with_body[0].count, with_body[0].kind), (200, AlertKind::Open));
    assert_eq!(changes.messages[0].kind, AlertKind::Open, "in the order of the history");
}

#[test]
fn a_restart_sends_what_waited_and_tries_what_was_parked_unless_it_is_too_old() {
    let mut trial = Trial::new();
    let [waiting, parked, old] =
        [0, 1, 2].map(|n| say(&alert(n, 0, AlertKind::Open, 1), &webhook()));
    trial.stored = [&waiting, &parked, &old].map(|m| (m.clone(), MessageState::Parked)).into();
    trial.outbox.restore(waiting, 1, false, trial.now);
    trial.outbox.restore(parked, 3, true, trial.now);
    trial.outbox.restore(old, 3, true, trial.now + Outbox::PARKED_FOR);
    assert_eq!((trial.outbox.n_waiting(), trial.outbox.n_parked()), (2, 1));
    trial.post(delivered());
    trial.post(delivered());
    trial.now = trial.now + Outbox::PARKED_FOR;
    trial.push(alert(9, 0, AlertKind::Open, 1));
    assert_eq!(trial.post(delivered()).1, "open 2", "it carries the count of the expired one");
    let expected = [
        ("open", 1, "delivered"),
        ("open", 1, "delivered"),
        ("open", 1, "merged"),
        ("open", 2, "delivered"),
    ];
    assert_eq!(trial.states(), expected);
}

#[test]
fn a_message_whose_webhook_is_gone_is_parked_not_lost() {
    let mut trial = Trial::new();
    let gone = say(&alert(0, 0, AlertKind::Open, 1), &WebhookName("gone".into()));
    trial.stored.push((gone.clone(), MessageState::Waiting));
    trial.outbox.restore(gone, 0, false, trial.now);
    trial.save();
    assert_eq!(trial.states(), [("open", 1, "parked")]);
}

#[test]
fn a_full_queue_becomes_a_digest_that_counts_everything() {
    let mut trial = Trial::new();
    for n in 0..2_000 {
        trial.push(alert(n, 0, AlertKind::Open, 1 + n % 3));
    }
    assert!(trial.outbox.n_waiting() <= Outbox::MAX_WAITING);
    let mut sum = 0;
    while trial.outbox.deadline().is_some() {
        trial.post(delivered());
    }
    for (_, count, state) in trial.states() {
        assert!(["delivered", "merged"].contains(&state));
        sum += if state == "merged" { 0 } else { count };
    }
    assert_eq!(sum, (0..2_000).map(|n| 1 + n % 3).sum::<u64>());
    assert!(trial.stored.len() < 1_100, "a storm leaves no row for each that it folds");
    let digests = trial.stored.iter().filter(|(m, _)| m.kind == AlertKind::Digest);
    assert!(digests.count() >= 1);
}

proptest! {
    /// Whatever Chat answers and in whatever order things come, every count is delivered in exactly
    /// one message, and a message that may have been posted never changes.
    #[test]
    fn every_count_arrives_once(steps in prop::collection::vec((0..4u8, 0..3u64), 1..80)) {
        let mut trial = Trial::new();
        let mut sequences = [0; 3];
        let mut pushed = 0;
        let mut unclear_bodies: HashMap<MessageId, Arc<str>> = HashMap::new();
        for (what, incident) in steps {
            if what == 0 || trial.outbox.deadline().is_none() {
                let sequence = sequences[usize::try_from(incident).unwrap()];
                sequences[usize::try_from(incident).unwrap()] += 1;
                let kind = if sequence == 0 { AlertKind::Open } else { AlertKind::Summary };
                trial.push(alert(incident, sequence, kind, 10 + incident));
                pushed += 10 + incident;
                continue;
            }
            let message = trial.next().unwrap();
            if let Some(body) = unclear_bodies.get(&message.id) {
                prop_assert_eq!(&message.body, body);
            }
            let outcome = [busy(), unclear(), delivered()][usize::from(what) - 1].clone();
            if what == 2 {
                unclear_bodies.insert(message.id, Arc::clone(&message.body));
            }
            let delivery = Delivery { message: message.id, at: trial.now, outcome };
            trial.outbox.on_delivery(&delivery).unwrap();
            trial.save();
        }
        while trial.outbox.deadline().is_some() {
            trial.post(delivered());
        }
        let told = trial.states().iter().filter(|row| row.2 == "delivered").map(|row| row.1).sum::<u64>();
        prop_assert_eq!(told, pushed);
    }
}

fn notice(n: u64) -> Message {
    let alert = alert(n, 0, AlertKind::Notice, 0);
    Message { rule: "".into(), ..say(&alert, &webhook()) }
}

#[test]
fn a_notice_is_sent_as_it_is_also_where_the_queue_is_full() {
    let mut outbox = Outbox::new([(webhook(), "space".to_owned())], 1);
    outbox.post(notice(0));
    for n in 1..Outbox::MAX_WAITING as u64 + 10 {
        outbox.push(alert(n, 0, AlertKind::Open, 1), &webhook(), at(0), &Plainly);
    }
    let changes = outbox.take_changes(&Plainly);
    assert_eq!(changes.messages.iter().filter(|message| **message == notice(0)).count(), 1);
    assert!(changes.marks.iter().all(|mark| mark.id != notice(0).id), "it is merged into nothing");
    assert!(outbox.has_notice(&webhook(), at(0)));
    assert_eq!(outbox.take_due(at(0)), [notice(0)]);
    assert!(outbox.has_notice(&webhook(), at(0)), "in flight");
    let outcome = Outcome::Delivered { thread: None };
    outbox.on_delivery(&Delivery { message: notice(0).id, at: at(1), outcome });
    assert!(!outbox.has_notice(&webhook(), at(0)));
}

#[test]
fn a_refused_notice_is_tried_again_however_old_it_is() {
    let mut outbox = Outbox::new([(webhook(), "space".to_owned())], 1);
    let late = at(0) + 3 * Outbox::PARKED_FOR;
    outbox.restore(notice(0), 1, true, late);
    assert_eq!(outbox.take_due(late), [notice(0)]);
}

#[test]
fn a_refused_notice_keeps_others_back_for_a_day() {
    let mut outbox = Outbox::new([(webhook(), "space".to_owned())], 1);
    outbox.post(notice(0));
    outbox.take_due(at(0));
    let refusal = Refusal { status: 403, said: String::new(), advice: Advice::CheckWebhook };
    let outcome = Outcome::Refused(refusal);
    outbox.on_delivery(&Delivery { message: notice(0).id, at: at(1), outcome });
    assert_eq!(outbox.n_parked(), 1);
    assert!(outbox.has_notice(&webhook(), at(2)));
    assert!(!outbox.has_notice(&webhook(), at(0) + Outbox::PARKED_FOR));
}
