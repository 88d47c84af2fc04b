//! `Loss`, time → `Notice`: the first at once, then at most one an hour, and nothing forgotten.
//!
//! Lines that were cut at their greatest length are told along with other losses. By themselves they
//! are worth a message a day: whoever lives with such lines knows by then.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{Loss, Lost, Notice, Timestamp, WebhookName};

/// What is still to be told of losses, and to whom.
///
/// Facts alone are kept: when each webhook was last told, and what was lost since. The store has
/// them too.
#[derive(Debug)]
pub struct Notices {
    desks: BTreeMap<WebhookName, Desk>,
}

/// One webhook's share.
#[derive(Debug, Default)]
struct Desk {
    /// When it was last told of losses.
    told: Option<Timestamp>,
    /// What it is still to be told.
    untold: Untold,
}

/// Losses that are to be told together.
#[derive(Debug, Default)]
struct Untold {
    /// When the first was noticed.
    since: Option<Timestamp>,
    /// When the first that is more than a cut line was noticed.
    grave_since: Option<Timestamp>,
    /// By log and kind, at most [`Notices::MAX_LOGS`].
    lost: BTreeMap<(Arc<Path>, &'static str), Lost>,
    /// What found no room there.
    rest: Rest,
}

#[derive(Debug, Default)]
struct Rest {
    n: u64,
    bytes: u64,
    n_unknown: u64,
    kinds: BTreeSet<&'static str>,
}

impl Notices {
    /// Losses that are noticed within this time of the first are told with it.
    pub const GATHER: Duration = Duration::from_secs(2);
    /// The least time from one notice to a webhook to the next.
    pub const EVERY: Duration = Duration::from_hours(1);
    /// The same where there is nothing to tell but cut lines.
    pub const CUT_LINES_EVERY: Duration = Duration::from_hours(24);
    /// Logs and kinds that are counted one by one for one webhook.
    const MAX_LOGS: usize = 10_000;

    /// Nothing is to be told to any of `webhooks`.
    pub fn new(webhooks: impl IntoIterator<Item = WebhookName>) -> Self {
        let desks = webhooks.into_iter().map(|webhook| (webhook, Desk::default()));
        Self { desks: desks.collect() }
    }

    /// Takes up when `webhook` was last told, before a restart.
    pub fn restore(&mut self, webhook: &WebhookName, told: Timestamp, now: Timestamp) {
        if let Some(desk) = self.desks.get_mut(webhook) {
            // A wall clock that was set back must not stretch the pause.
            desk.told = Some(told.min(now));
        }
    }

    /// Takes in a loss that `webhooks` are to be told of. Those that are not configured are not.
    pub fn on_loss(&mut self, loss: &Loss, webhooks: &[WebhookName], now: Timestamp) {
        for webhook in webhooks {
            if let Some(desk) = self.desks.get_mut(webhook) {
                desk.untold.add(loss, now);
            }
        }
    }

    /// What is to be told now, and to whom; only to those that `may` be told. It counts as told.
    pub fn take_due(
        &mut self,
        now: Timestamp,
        may: impl Fn(&WebhookName) -> bool,
    ) -> Vec<(WebhookName, Notice)> {
        let is_due = |desk: &Desk| desk.due_at().is_some_and(|due| due <= now);
        let due = self.desks.iter_mut().filter(|(webhook, desk)| is_due(desk) && may(webhook));
        let tell = |(webhook, desk): (&WebhookName, &mut Desk)| {
            desk.told = Some(now);
            (webhook.clone(), std::mem::take(&mut desk.untold).into_notice(now))
        };
        due.map(tell).collect()
    }

    /// When [`Self::take_due`] next has something to give, given who `may` be told.
    pub fn deadline(&self, may: impl Fn(&WebhookName) -> bool) -> Option<Timestamp> {
        let due = self.desks.iter().filter_map(|(webhook, desk)| Some((webhook, desk.due_at()?)));
        due.filter(|(webhook, _)| may(webhook)).map(|(_, due)| due).min()
    }
}

impl Desk {
    fn due_at(&self) -> Option<Timestamp> {
        let after = |since: Timestamp, pause| {
            let gathered = since + Notices::GATHER;
            self.told.map_or(gathered, |told| gathered.max(told + pause))
        };
        let any = after(self.untold.since?, Notices::CUT_LINES_EVERY);
        let grave = self.untold.grave_since.map(|since| after(since, Notices::EVERY));
        Some(grave.map_or(any, |grave| grave.min(any)))
    }
}

impl Untold {
    fn add(&mut self, loss: &Loss, now: Timestamp) {
        let at = loss.at.min(now);
        self.since.get_or_insert(at);
        if loss.kind != Loss::LINE_CUT {
            self.grave_since.get_or_insert(at);
        }
        let (bytes, n_unknown) = (loss.bytes.unwrap_or(0), u64::from(loss.bytes.is_none()));
        let key = (Arc::clone(&loss.path), loss.kind);
        if self.lost.len() >= Notices::MAX_LOGS && !self.lost.contains_key(&key) {
            self.rest.n += 1;
            self.rest.bytes += bytes;
            self.rest.n_unknown += n_unknown;
            self.rest.kinds.insert(loss.kind);
            return;
        }
        let known = self.lost.entry(key).or_insert_with(|| Lost {
            path: Arc::clone(&loss.path),
            kind: loss.kind,
            bytes: 0,
            n_unknown: 0,
            first: loss.at,
            last: loss.at,
            what: String::new(),
        });
        known.bytes += bytes;
        known.n_unknown += n_unknown;
        known.last = loss.at;
        known.what.clone_from(&loss.what);
    }

    fn into_notice(self, at: Timestamp) -> Notice {
        let mut kinds = self.rest.kinds;
        let mut logs = BTreeSet::new();
        let (mut bytes, mut n_unknown) = (self.rest.bytes, self.rest.n_unknown);
        for lost in self.lost.values() {
            kinds.insert(lost.kind);
            logs.insert(Arc::clone(&lost.path));
            bytes += lost.bytes;
            n_unknown += lost.n_unknown;
        }
        let mut most: Vec<_> = self.lost.into_values().collect();
        // Stable: where as much was lost, they stay in the order of their paths.
        most.sort_by_key(|lost| std::cmp::Reverse((lost.bytes, lost.n_unknown)));
        let n_more = most.len().saturating_sub(Notice::MAX_SHOWN) as u64 + self.rest.n;
        most.truncate(Notice::MAX_SHOWN);
        let n_logs = logs.len() as u64 + self.rest.n;
        let kinds = kinds.into_iter().collect();
        Notice { at, most, n_more, n_logs, bytes, n_unknown, kinds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(second: u64) -> Timestamp {
        Timestamp::default() + Duration::from_secs(second)
    }

    fn hook(name: &str) -> WebhookName {
        WebhookName(name.into())
    }

    fn loss(path: &str, kind: &'static str, bytes: Option<u64>, second: u64) -> Loss {
        Loss { at: at(second), path: Path::new(path).into(), kind, bytes, what: "gone".into() }
    }

    /// Losses for one webhook at seconds, with the notices that come of them as `second: bytes`.
    fn told(losses: &[(u64, &'static str, u64)], until: u64) -> Vec<String> {
        let mut notices = Notices::new([hook("a")]);
        let mut told = Vec::new();
        for now in 0..=until {
            let due = notices.take_due(at(now), |_| true);
            told.extend(due.iter().map(|(_, notice)| format!("{now}: {}", notice.bytes)));
            for (_, kind, bytes) in losses.iter().filter(|(second, ..)| *second == now) {
                notices.on_loss(&loss("/a.log", kind, Some(*bytes), now), &[hook("a")], at(now));
            }
        }
        told
    }

    #[test]
    fn the_first_is_told_at_once_and_further_ones_once_an_hour() {
        let losses = [(10, "truncated", 1), (11, "truncated", 2), (20, "truncated", 4)];
        assert_eq!(told(&losses, 4000), ["12: 3", "3612: 4"]);
        let losses = [(10, "truncated", 1), (3700, "truncated", 2)];
        assert_eq!(told(&losses, 4000), ["12: 1", "3702: 2"], "after an hour it is at once again");
    }

    #[test]
    fn cut_lines_alone_are_told_once_a_day() {
        let cuts = [(0, Loss::LINE_CUT, 1), (9, Loss::LINE_CUT, 2), (9000, Loss::LINE_CUT, 4)];
        assert_eq!(told(&cuts, 90_000), ["2: 1", "86402: 6"]);
        let mut losses = cuts.to_vec();
        losses.push((10_000, "truncated", 100));
        assert_eq!(told(&losses, 90_000), ["2: 1", "10002: 106"], "they go along with others");
    }

    #[test]
    fn many_logs_at_once_are_one_notice_that_names_the_greatest() {
        let mut notices = Notices::new([hook("a")]);
        for n in 0..500 {
            let loss = loss(&format!("/{n:03}.log"), "truncated", Some(n), 0);
            notices.on_loss(&loss, &[hook("a")], at(0));
        }
        notices.on_loss(&loss("/499.log", "generation-gone", None, 1), &[hook("a")], at(1));
        let (_, notice) = notices.take_due(at(2), |_| true).remove(0);
        assert_eq!((notice.n_logs, notice.n_more, notice.n_unknown), (500, 491, 1));
        assert_eq!(notice.bytes, (0..500_u64).sum::<u64>());
        assert_eq!(notice.kinds, ["generation-gone", "truncated"]);
        let bytes: Vec<_> = notice.most.iter().map(|lost| lost.bytes).collect();
        assert_eq!(bytes, (490..500).rev().collect::<Vec<_>>());
        assert_eq!(notices.deadline(|_| true), None);
    }

    #[test]
    fn each_webhook_has_its_own_pace() {
        let mut notices = Notices::new([hook("a"), hook("b")]);
        notices.on_loss(&loss("/a.log", "truncated", Some(1), 0), &[hook("a")], at(0));
        assert_eq!(notices.take_due(at(2), |_| true).len(), 1);
        let both = [hook("a"), hook("b"), hook("gone")];
        notices.on_loss(&loss("/b.log", "truncated", Some(1), 60), &both, at(60));
        let due: Vec<_> = notices.take_due(at(62), |_| true).into_iter().map(|due| due.0).collect();
        assert_eq!(due, [hook("b")]);
        assert_eq!(notices.deadline(|_| true), Some(at(2) + 60 * MINUTE));
    }

    #[test]
    fn who_may_not_be_told_now_is_told_all_later() {
        let mut notices = Notices::new([hook("a")]);
        for second in [0, 9000] {
            notices.on_loss(
                &loss("/a.log", "truncated", Some(1), second),
                &[hook("a")],
                at(second),
            );
            assert_eq!(notices.take_due(at(second + 10), |_| false), []);
            assert_eq!(notices.deadline(|_| false), None);
        }
        assert_eq!(notices.take_due(at(9999), |_| true)[0].1.bytes, 2);
    }

    #[test]
    fn a_restart_forgets_neither_the_pause_nor_the_losses() {
        let mut notices = Notices::new([hook("a")]);
        notices.restore(&hook("a"), at(100), at(200));
        notices.on_loss(&loss("/a.log", "truncated", Some(1), 150), &[hook("a")], at(200));
        assert_eq!(notices.deadline(|_| true), Some(at(100) + 60 * MINUTE));
        let mut set_back = Notices::new([hook("a")]);
        set_back.restore(&hook("a"), at(100_000), at(200));
        set_back.on_loss(&loss("/a.log", "truncated", Some(1), 100_000), &[hook("a")], at(200));
        assert_eq!(set_back.deadline(|_| true), Some(at(200) + 60 * MINUTE));
    }

    #[test]
    fn what_is_counted_one_by_one_has_a_limit_and_the_rest_is_counted_too() {
        let mut notices = Notices::new([hook("a")]);
        for n in 0..Notices::MAX_LOGS + 5 {
            let loss = loss(&format!("/{n}.log"), "truncated", Some(1), 0);
            notices.on_loss(&loss, &[hook("a")], at(0));
        }
        let (_, notice) = notices.take_due(at(2), |_| true).remove(0);
        assert_eq!((notice.bytes, notice.n_logs, notice.n_more), (10_005, 10_005, 9_995));
    }
}
