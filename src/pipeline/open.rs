//! Takes up what was saved, for each stage.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::engine::{Engine, Notices, Skews};
use crate::flow::{GenerationId, Message, Reason, StreamId, Timestamp, WebhookName};
use crate::format::Formatter;
use crate::matcher::Matcher;
use crate::outbox::Outbox;
use crate::source::{self, Source, Watching};
use crate::store::Saved;
use crate::telemetry::{HitLog, Metrics};

use super::StartError;
use super::gone::gone;
use super::middle::{Behind, Middle};
use super::pump::Surroundings;

/// The logs, taken up where they were left. What they need of `saved` is taken out of it: with many
/// of them it is much.
pub(super) fn open_source(
    settings: &Settings,
    saved: &mut Saved,
    edges: &Surroundings,
    now: Timestamp,
) -> Source {
    let boot = boot(saved.boot.as_deref(), edges.boot.as_deref());
    let saved = source::Saved { boot, ..saved_source(saved) };
    let max_open = source::raise_open_files();
    let waker = edges.stopper.waker.clone();
    Source::open(&settings.sources, saved, max_open, Watching::Both, waker, now)
}

/// What `source` needs of what was saved, taken out of it. The machine runs as it did then.
pub(super) fn saved_source(saved: &mut Saved) -> source::Saved {
    source::Saved {
        checkpoints: mem::take(&mut saved.checkpoints),
        memos: mem::take(&mut saved.memos),
        next_stream: StreamId(saved.last_stream.0 + 1),
        next_generation: GenerationId(saved.last_generation.0 + 1),
        missing: mem::take(&mut saved.missing).into_iter().collect(),
        last_up: saved.saved_at,
        boot: source::Boot::Same,
    }
}

/// Whether the machine was started again, as the names of its running times tell.
fn boot(saved: Option<&str>, current: Option<&str>) -> source::Boot {
    match (saved, current) {
        (Some(saved), Some(current)) if saved != current => source::Boot::Other,
        // Where one is not known (`/proc/sys` may be hidden from a service), it was not: else a log
        // that was written anew would pass for one that power loss shortened.
        _ => source::Boot::Same,
    }
}

/// The matcher of all rules.
pub(super) fn open_matcher(settings: &Settings) -> Result<Matcher, StartError> {
    let rules = settings.rules.iter().map(|rule| rule.matching.clone()).collect();
    Ok(Matcher::with(rules, settings.simd)?)
}

/// The middle as it was saved, with what there is to say about rules that were changed.
pub(super) fn open_middle(
    settings: &Settings,
    mut saved: Saved,
    metrics: Metrics,
    now: Timestamp,
) -> Result<Middle, StartError> {
    let behind = open_behind(settings, &mut saved, now)?;
    Ok(Middle::new(behind, open_outbox(settings, saved, now), metrics, now))
}

/// All of the middle but what waits to be sent and what is counted, as it was saved.
pub(super) fn open_behind(
    settings: &Settings,
    saved: &mut Saved,
    now: Timestamp,
) -> Result<Behind, StartError> {
    let gone = gone(settings, saved);
    let rules = || settings.rules.iter().map(|rule| &rule.engine);
    let rules: Vec<_> = rules().chain(gone.iter().map(|gone| &gone.engine)).cloned().collect();
    let names: Vec<_> = rules.iter().map(|rule| Arc::clone(&rule.name)).collect();
    let host = Arc::clone(&settings.host);
    let mut engine = Engine::new(saved.seed, Arc::clone(&host), rules);
    let last_up = saved.saved_at.unwrap_or(now);
    engine.restore_mutes(mem::take(&mut saved.mutes), saved.last_mute, last_up, now);
    let alerts = engine.restore(&saved.rules, mem::take(&mut saved.groups), last_up, now);
    let mut alerts = alerts.map_err(StartError::Restore)?;
    engine.recall(mem::take(&mut saved.values), last_up, now);
    let n_known = settings.rules.len();
    for alert in alerts.iter_mut().filter(|alert| alert.rule.0 as usize >= n_known) {
        alert.reason = Reason::RuleRemoved;
    }
    let formats = settings.rules.iter().map(|rule| &rule.format);
    let formats: Vec<_> = formats.chain(gone.iter().map(|gone| &gone.format)).cloned().collect();
    let says = settings.webhooks.iter().map(|hook| (hook.name.clone(), hook.say.clone()));
    let mut skews = Skews::default();
    skews.restore(mem::take(&mut saved.skews), now);
    Ok(Behind {
        engine,
        alerts,
        skews,
        notices: open_notices(settings, saved, now),
        webhooks: formats.iter().map(|rule| rule.webhooks.clone()).collect(),
        formatter: Formatter::new(host, TimeZone::system(), formats).with_webhooks(says),
        hit_log: HitLog::new(names.clone()),
        names,
    })
}

/// The webhooks with the names of their spaces.
pub(super) fn routes(settings: &Settings) -> impl Iterator<Item = (WebhookName, String)> {
    let known = settings.webhooks.iter().map(|hook| (hook.name.clone(), hook.url.space()));
    // Where nothing is sent, it need not be known where to.
    known.chain(settings.skipped.iter().map(|name| (name.clone(), name.to_string())))
}

/// What webhooks are still to be told of losses of before the start.
fn open_notices(settings: &Settings, saved: &mut Saved, now: Timestamp) -> Notices {
    let mut notices = Notices::new(settings.webhooks.iter().map(|hook| hook.name.clone()));
    for (webhook, at) in saved.told.drain(..) {
        notices.restore(&webhook, at, now);
    }
    for (webhook, loss) in saved.untold.drain(..) {
        notices.on_loss(&loss, &[webhook], now);
    }
    notices
}

fn open_outbox(settings: &Settings, saved: Saved, now: Timestamp) -> Outbox {
    let (seed, _) = saved.seed.split_at(8);
    let seed = u64::from_le_bytes(seed.try_into().expect("8 bytes"));
    let mut outbox = Outbox::new(routes(settings), seed);
    let is_gone =
        |message: &Message| settings.webhooks.iter().all(|hook| hook.name != message.webhook);
    let mut gone: BTreeMap<WebhookName, usize> = BTreeMap::new();
    for waiting in saved.messages.iter().filter(|waiting| is_gone(&waiting.message)) {
        *gone.entry(waiting.message.webhook.clone()).or_default() += 1;
    }
    for (webhook, count) in gone {
        tracing::warn!(
            "{count} messages are for webhook `{webhook}`, which is not configured any more: parked"
        );
    }
    for waiting in saved.messages {
        outbox.restore(waiting.message, waiting.attempts, waiting.is_parked, now);
    }
    outbox
}

#[cfg(test)]
mod tests {
    use super::boot;
    use crate::source::Boot;

    #[test]
    fn a_machine_that_does_not_tell_when_it_started_was_not_started_again() {
        assert_eq!(boot(Some("a"), Some("b")), Boot::Other);
        for (saved, current) in
            [(Some("a"), Some("a")), (None, Some("a")), (Some("a"), None), (None, None)]
        {
            assert_eq!(boot(saved, current), Boot::Same, "{saved:?} {current:?}");
        }
    }
}
