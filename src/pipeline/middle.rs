//! The stages behind the matcher: hits or the time come in, and messages wait to be sent.
//!
//! Touches nothing outside itself. Whatever has other ends (lines of a test, an old log, a terminal
//! in place of Chat) runs this same middle.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{
    self, ClosedGate, Engine, EngineSettings, GroupView, Notices, Skews, TooManyMutes,
};
use crate::flow::{
    Alert, AlertKind, BlindSpot, Delivery, GroupKey, Hit, Loss, Message, Mute, MuteId, Part,
    Progress, RuleId, SkewRecord, Timestamp, WebhookName, Which,
};
use crate::format::{Formatter, skew};
use crate::outbox::{self, Outbox, Say, Verdict};
use crate::store::Batch;
use crate::telemetry::{HitLog, Metrics};

/// Engine, format and outbox, joined.
#[derive(Debug)]
pub(super) struct Middle {
    engine: Engine,
    notices: Notices,
    skews: Skews,
    formatter: Formatter,
    outbox: Outbox,
    /// Each rule's webhooks.
    webhooks: Vec<Vec<WebhookName>>,
    metrics: Metrics,
    hit_log: HitLog,
    /// Webhooks that are told of losses, and when, as is to be saved.
    told: Vec<(WebhookName, Timestamp)>,
}

/// The middle without what waits to be sent: what a configuration and the store make of it.
#[derive(Debug)]
pub(super) struct Behind {
    pub(super) engine: Engine,
    /// What there is to say of rules that were changed.
    pub(super) alerts: Vec<Alert>,
    pub(super) notices: Notices,
    pub(super) skews: Skews,
    pub(super) formatter: Formatter,
    /// Each rule's webhooks.
    pub(super) webhooks: Vec<Vec<WebhookName>>,
    pub(super) hit_log: HitLog,
    /// The rules' names.
    pub(super) names: Vec<Arc<str>>,
}

impl Behind {
    /// The rule of that name.
    pub(super) fn rule_named(&self, name: &str) -> Option<RuleId> {
        (0..).map(RuleId).zip(&self.names).find(|(_, own)| ***own == *name).map(|(id, _)| id)
    }
}

impl Middle {
    pub(super) fn new(behind: Behind, outbox: Outbox, metrics: Metrics, now: Timestamp) -> Self {
        let Behind { engine, alerts, notices, skews, formatter, webhooks, hit_log, .. } = behind;
        let told = Vec::new();
        let mut middle =
            Self { engine, notices, skews, formatter, outbox, webhooks, metrics, hit_log, told };
        middle.tell(alerts, now);
        middle
    }

    /// Closes what is open of the rules that detect something else by `next`, or are gone, and says so
    /// in the words of now. It is to be saved before [`Self::reload`].
    pub(super) fn retire(&mut self, next: &[EngineSettings], now: Timestamp) {
        let alerts = self.engine.retire(next, now);
        self.tell(alerts, now);
    }

    /// Goes on with what another configuration made of what is saved, `is_same_source` with the same
    /// logs. Nothing may be unsaved, and the outbox must know of it already.
    pub(super) fn reload(
        &mut self,
        behind: Behind,
        metrics: Metrics,
        is_same_source: bool,
        now: Timestamp,
    ) {
        let Behind { engine, alerts, notices, skews, formatter, webhooks, hit_log, .. } = behind;
        let before = std::mem::replace(&mut self.engine, engine);
        self.engine.stay_up(&before);
        (self.notices, self.skews, self.formatter) = (notices, skews, formatter);
        (self.webhooks, self.hit_log, self.metrics) = (webhooks, hit_log, metrics);
        if is_same_source {
            self.engine.go_on_reading(&before);
            self.engine.expect(now);
        } else {
            self.wait_for_reading(now);
        }
        self.tell(alerts, now);
    }

    /// What decides, to be taught before it begins.
    pub(super) fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// What waits to be sent.
    pub(super) fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Whether messages can be for `webhook`.
    pub(super) fn has_route(&self, webhook: &WebhookName) -> bool {
        self.outbox.has_route(webhook)
    }

    /// Takes in hits, in order. What ends something is not counted or logged.
    pub(super) fn on_hits(&mut self, hits: &[Hit], now: Timestamp) {
        let alerts = self.engine.on_hits(hits, now);
        let matches = || hits.iter().filter(|hit| hit.part == Part::Match);
        self.metrics.on_hits(matches().map(|hit| hit.rule));
        self.hit_log.on_hits(matches());
        self.tell(alerts, now);
    }

    /// The group that `hit` falls to.
    pub(super) fn group_of(&self, hit: &Hit) -> GroupKey {
        self.engine.group_of(hit)
    }

    /// What is known of a group.
    pub(super) fn view(&self, rule: RuleId, key: &GroupKey, now: Timestamp) -> GroupView {
        self.engine.view(rule, key, now)
    }

    /// The gates that are closed for a group.
    pub(super) fn closed_gates(
        &mut self,
        rule: RuleId,
        key: &GroupKey,
        now: Timestamp,
    ) -> Vec<ClosedGate> {
        self.engine.closed_gates(rule, key, now)
    }

    /// Begins to wait for what is expected. What did not come is told only as far as
    /// [`Self::on_read`] says.
    pub(super) fn wait_for_reading(&mut self, now: Timestamp) {
        self.engine.wait_for_reading(Timestamp::default());
        self.engine.expect(now);
    }

    /// From now on what is read long after it was written is told together. The program last ran at
    /// `last_up`, if ever.
    pub(super) fn go_up(&mut self, last_up: Option<Timestamp>, now: Timestamp) {
        self.engine.go_up(last_up, now);
    }

    /// Tells what is late: nothing more is read.
    pub(super) fn end_lateness(&mut self, now: Timestamp) {
        let alerts = self.engine.end_lateness(now);
        self.tell(alerts, now);
    }

    /// Begins to wait for what is expected by a rule.
    pub(super) fn expect_of(&mut self, rule: RuleId, now: Timestamp) {
        self.engine.expect_of(rule, now);
    }

    /// From now on what did not come is told only if it was due by `end`: nobody knows what came then.
    pub(super) fn end_waiting(&mut self, end: Timestamp) {
        self.engine.wait_for_reading(end);
    }

    /// The rules that have to know of logs that cannot be read.
    pub(super) fn rules_to_watch(&self) -> Vec<RuleId> {
        self.engine.rules_to_watch().collect()
    }

    /// Takes in whether all logs of a rule can be read.
    pub(super) fn on_blind_spot(&mut self, rule: RuleId, spot: Option<&BlindSpot>, now: Timestamp) {
        let alert = self.engine.on_blind_spot(rule, spot, now);
        self.tell(alert.into_iter().collect(), now);
    }

    /// Takes in that `gap` passed at once, which nobody saw.
    pub(super) fn on_gap(&mut self, gap: Duration, now: Timestamp) {
        self.engine.on_gap(gap, now);
    }

    /// The rules of which something is due unless it stands in what is still to be read.
    pub(super) fn rules_to_read(&self, now: Timestamp) -> BTreeSet<RuleId> {
        self.engine.rules_to_read(now)
    }

    /// When [`Self::rules_to_read`] next has something to give.
    pub(super) fn reading_deadline(&self) -> Option<Timestamp> {
        self.engine.reading_deadline()
    }

    /// Takes in that all is matched that was written to a rule's logs by `up_to`.
    pub(super) fn on_read(&mut self, rule: RuleId, up_to: Timestamp) {
        self.engine.on_read(rule, up_to);
    }

    /// Lets time pass to `now`. Returns whether anything came of it.
    pub(super) fn on_time(&mut self, now: Timestamp) -> bool {
        let is_due = self.engine.deadline().is_some_and(|deadline| deadline <= now);
        let alerts = self.engine.on_time(now);
        self.tell(alerts, now);
        self.tell_losses(now);
        self.tell_skews(now);
        is_due
    }

    /// Takes in a loss that is saved from now on, with the webhooks that are to be told of it.
    pub(super) fn on_loss(&mut self, loss: &Loss, webhooks: &[WebhookName], now: Timestamp) {
        self.notices.on_loss(loss, webhooks, now);
    }

    /// Mutes what `mute` selects. It holds once it is saved.
    pub(super) fn mute(&mut self, mute: Mute, now: Timestamp) -> Result<MuteId, TooManyMutes> {
        self.engine.mute(mute, now)
    }

    /// The mutes that hold, oldest first.
    pub(super) fn mutes(&self) -> &[Mute] {
        self.engine.mutes()
    }

    /// Ends the mutes that are meant. Returns which.
    pub(super) fn unmute(&mut self, which: &Which, now: Timestamp) -> Vec<MuteId> {
        let meant = self.engine.mutes().iter().filter(|mute| which.means(mute));
        let ids: Vec<_> = meant.map(|mute| mute.id).collect();
        for id in &ids {
            let alerts = self.engine.unmute(*id, now);
            self.tell(alerts.unwrap_or_default(), now);
        }
        ids
    }

    /// Takes in how a post ended. `None` if no such message was in flight.
    pub(super) fn on_delivery(
        &mut self,
        message: &Message,
        delivery: &Delivery,
    ) -> Option<Verdict> {
        self.metrics.on_attempt(message, delivery);
        self.outbox.on_delivery(delivery)
    }

    /// Puts alerts into the outbox, for each webhook of their rules.
    pub(super) fn tell(&mut self, alerts: Vec<Alert>, now: Timestamp) {
        for alert in alerts {
            let (rule, kind, count) = (alert.rule.0, alert.kind.as_str(), alert.count);
            tracing::debug!("rule {rule}: {kind} of {count}: {:?}", alert.reason);
            let own = &self.webhooks[alert.rule.0 as usize];
            for webhook in alert.to.as_deref().unwrap_or(own) {
                self.metrics.on_waiting(alert.kind);
                self.outbox.push(alert.clone(), webhook, now, &self.formatter);
            }
        }
    }

    /// Puts what is to be told of losses into the outbox.
    ///
    /// While a webhook has not taken the last notice, the next is not made: it would have to wait as
    /// well, and whatever comes meanwhile goes into it.
    fn tell_losses(&mut self, now: Timestamp) {
        let outbox = &self.outbox;
        for (webhook, notice) in self.notices.take_due(now, |hook| !outbox.has_notice(hook, now)) {
            self.metrics.on_waiting(AlertKind::Notice);
            self.outbox.post(self.formatter.notice(&notice, &webhook));
            self.told.push((webhook, now));
        }
    }

    /// Takes in how hits of one log were dated, and how they came. `webhooks` are those to tell of it.
    pub(super) fn on_dated(
        &mut self,
        hits: &[Hit],
        came: (Timestamp, Progress),
        webhooks: impl Fn() -> Vec<WebhookName>,
    ) {
        self.metrics.on_dated(hits);
        for line in hits.chunk_by(|one, next| one.offset == next.offset) {
            self.skews.on_line(&line[0], came, &webhooks);
        }
    }

    /// Puts what is to be told of stamps that do not count into the outbox.
    fn tell_skews(&mut self, now: Timestamp) {
        let outbox = &self.outbox;
        let mut said = BTreeSet::new();
        for (webhook, notice) in self.skews.take_due(now, |hook| !outbox.has_notice(hook, now)) {
            for log in notice.logs.iter().filter(|log| said.insert(Arc::clone(&log.path))) {
                tracing::warn!("`{}`: {}", log.path.display(), skew::describe(log));
            }
            self.metrics.on_waiting(AlertKind::Notice);
            self.outbox.post(self.formatter.skew(&notice, &webhook));
        }
    }

    /// The messages to post now.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<Message> {
        self.outbox.take_due(now)
    }

    /// Forgets parked messages of before `before`, as the store does.
    pub(super) fn forget_parked(&mut self, before: Timestamp) {
        self.outbox.forget_parked(before);
    }

    /// When [`Self::on_time`] next has something to do.
    pub(super) fn engine_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let may = |hook: &_| !self.outbox.has_notice(hook, now);
        let notice = self.notices.deadline(may).into_iter().chain(self.skews.deadline(may));
        self.engine.deadline().into_iter().chain(notice).min()
    }

    /// When [`Self::take_due`] next has something to give.
    pub(super) fn outbox_deadline(&self) -> Option<Timestamp> {
        self.outbox.deadline()
    }

    /// Whether something is said, was delivered, or waits to be logged that is not saved yet.
    pub(super) fn has_news(&self) -> bool {
        self.outbox.has_changes() || self.hit_log.is_full()
    }

    /// All that was taken by [`Self::take_changes`] is saved.
    pub(super) fn on_saved(&mut self) {
        self.hit_log.on_saved();
    }

    /// Whether a post is under way.
    pub(super) fn is_in_flight(&self) -> bool {
        self.outbox.is_in_flight()
    }

    /// What changed since the last call and must be saved together.
    pub(super) fn take_changes(&mut self) -> Changes {
        self.metrics.on_outbox(self.outbox.n_waiting(), self.outbox.n_parked());
        Changes {
            engine: self.engine.take_changes(),
            outbox: self.outbox.take_changes(&self.formatter),
            told: std::mem::take(&mut self.told),
            skews: self.skews.take_changes(),
        }
    }
}

/// What changed and must be saved together.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) engine: engine::Changes,
    pub(super) outbox: outbox::Changes,
    /// Webhooks that are told of losses by one of the outbox's messages, and when.
    pub(super) told: Vec<(WebhookName, Timestamp)>,
    /// Logs of which more stamps do not count.
    pub(super) skews: Vec<SkewRecord>,
}

impl Changes {
    /// What is to be saved, all else left as it is.
    pub(super) fn into_batch(self, at: Timestamp) -> Batch {
        let Self { engine, outbox, told, skews } = self;
        Batch {
            at,
            rules: engine.rules,
            groups: engine.groups,
            gone: engine.gone,
            values: engine.values,
            values_gone: engine.values_gone,
            mutes: engine.mutes,
            unmuted: engine.unmuted,
            told,
            skews,
            messages: outbox.messages,
            marks: outbox.marks,
            ..Batch::default()
        }
    }
}

impl Say for Formatter {
    fn envelope(&self, alert: &Alert, webhook: &WebhookName) -> Message {
        self.envelope(alert, webhook)
    }

    fn message(&self, alert: &Alert, webhook: &WebhookName) -> Message {
        self.message(alert, webhook)
    }
}
