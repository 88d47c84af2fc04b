//! Stamps that cannot be true, time → `SkewNotice`: whose clock or zone is wrong, once a day.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{
    Cause, Hit, Progress, Side, SkewNotice, SkewRecord, Skewed, TimeOrigin, Timestamp, WebhookName,
};

/// Milliseconds that zones differ by a multiple of.
const QUARTER: i64 = 15 * 60 * 1000;
/// So far from such a multiple a stamp may still be one of another zone.
const TOLERANCE: i64 = 90 * 1000;

/// The logs whose stamps do not count, and what is to be told of them.
#[derive(Debug, Default)]
pub struct Skews {
    logs: HashMap<Arc<Path>, Log>,
    /// When anything was last told.
    told: Option<Timestamp>,
    /// When something is to be told next.
    due: Option<Timestamp>,
    /// Logs that differ from what was last saved.
    changed: BTreeSet<Arc<Path>>,
}

/// One log.
#[derive(Debug, Default)]
struct Log {
    future: u64,
    late: u64,
    told: Option<Timestamp>,
    /// Who is to be told.
    webhooks: Vec<WebhookName>,
    /// How long after their stamps the last lines came, in milliseconds; never more than
    /// [`Skews::ENOUGH`].
    offsets: VecDeque<i64>,
    /// Of what is to be told: when the first line came, how many did, and whether one was late.
    since: Option<Timestamp>,
    n: u64,
    is_late: bool,
}

impl Skews {
    /// The least time between two messages of one log.
    pub const EVERY: Duration = Duration::from_hours(24);
    /// The least time between any two messages.
    pub const PAUSE: Duration = Duration::from_hours(1);
    /// So long after the first line it is told, if fewer than [`Self::ENOUGH`] came.
    pub const PATIENCE: Duration = Duration::from_mins(10);
    /// Lines that are enough to tell what is wrong.
    pub const ENOUGH: usize = 20;
    /// Fewer than so many may agree by chance.
    const LEAST: usize = 3;
    /// Logs that are known. The stamps of further ones are not told of.
    const MAX_LOGS: usize = 10_000;

    /// Takes up what was saved.
    pub fn restore(&mut self, records: Vec<SkewRecord>, now: Timestamp) {
        for SkewRecord { path, future, late, told } in records.into_iter().take(Self::MAX_LOGS) {
            // A wall clock that was set back must not stretch the pause.
            let told = told.map(|told| told.min(now));
            self.told = self.told.max(told);
            self.logs.insert(path, Log { future, late, told, ..Log::default() });
        }
    }

    /// Takes in a line by one of its hits, which came at `arrival`. `webhooks` are those to tell of its
    /// log.
    pub fn on_line(
        &mut self,
        hit: &Hit,
        (arrival, progress): (Timestamp, Progress),
        webhooks: impl FnOnce() -> Vec<WebhookName>,
    ) {
        let path = &hit.sample.path;
        let is_misfit = matches!(hit.origin, TimeOrigin::Future | TimeOrigin::Late);
        if !is_misfit && self.logs.is_empty()
            || !self.logs.contains_key(path) && (!is_misfit || self.logs.len() >= Self::MAX_LOGS)
        {
            return;
        }
        let log = self.logs.entry(Arc::clone(path)).or_default();
        let written = match hit.origin {
            TimeOrigin::Stamp => hit.time,
            TimeOrigin::Future | TimeOrigin::Late => hit.sample.written.unwrap_or(hit.time),
            TimeOrigin::NoStamp | TimeOrigin::Configured => return,
        };
        if is_misfit {
            let is_late = hit.origin == TimeOrigin::Late;
            log.late += u64::from(is_late);
            log.future += u64::from(!is_late);
            self.changed.insert(Arc::clone(path));
        }
        // Of a line that is not read as it comes nobody knows how late it is.
        if progress == Progress::CatchingUp {
            return;
        }
        if log.offsets.len() == Self::ENOUGH {
            log.offsets.pop_front();
        }
        log.offsets.push_back(arrival.as_millis().saturating_sub(written.as_millis()));
        if is_misfit {
            log.since.get_or_insert(arrival);
            log.n += 1;
            log.is_late |= hit.origin == TimeOrigin::Late;
            log.webhooks = webhooks();
            let due =
                log.due().map(|due| self.told.map_or(due, |told| due.max(told + Self::PAUSE)));
            self.due = self.due.into_iter().chain(due).min();
        }
    }

    /// What is to be told now, and to whom; only to those that `may` be told. It counts as told.
    pub fn take_due(
        &mut self,
        now: Timestamp,
        may: impl Fn(&WebhookName) -> bool,
    ) -> Vec<(WebhookName, SkewNotice)> {
        if self.deadline(&may).is_none_or(|due| due > now) {
            return Vec::new();
        }
        let mut notices: HashMap<WebhookName, Vec<Skewed>> = HashMap::new();
        for (path, log) in &mut self.logs {
            let is_due = log.due().is_some_and(|due| due <= now);
            if !is_due || !log.webhooks.iter().all(&may) {
                continue;
            }
            let (cause, n_lines) = (log.cause(), log.n);
            (log.since, log.n, log.is_late) = (None, 0, false);
            let Some(cause) = cause else { continue };
            log.told = Some(now);
            self.changed.insert(Arc::clone(path));
            for webhook in &log.webhooks {
                let skewed = Skewed { path: Arc::clone(path), n_lines, cause };
                notices.entry(webhook.clone()).or_default().push(skewed);
            }
        }
        if !notices.is_empty() {
            self.told = Some(now);
        }
        let due = self.logs.values().filter_map(Log::due).min();
        self.due = due.map(|due| self.told.map_or(due, |told| due.max(told + Self::PAUSE)));
        let mut notices: Vec<_> =
            notices.into_iter().map(|(hook, logs)| (hook, notice(logs, now))).collect();
        notices.sort_by(|(a, _), (b, _)| a.cmp(b));
        notices
    }

    /// When [`Self::take_due`] next has something to give, given who `may` be told.
    pub fn deadline(&self, may: impl Fn(&WebhookName) -> bool) -> Option<Timestamp> {
        let due = self.due?;
        let mut waiting = self.logs.values().filter(|log| log.since.is_some());
        waiting.any(|log| log.webhooks.iter().all(&may)).then_some(due)
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Vec<SkewRecord> {
        let logs = &self.logs;
        let record = |path| {
            let Log { future, late, told, .. } = logs.get(&path)?;
            Some(SkewRecord { path, future: *future, late: *late, told: *told })
        };
        std::mem::take(&mut self.changed).into_iter().filter_map(record).collect()
    }
}

impl Log {
    fn due(&self) -> Option<Timestamp> {
        let since = self.since?;
        let is_enough = self.n >= Skews::ENOUGH as u64;
        let known = if is_enough { since } else { since + Skews::PATIENCE };
        Some(self.told.map_or(known, |told| known.max(told + Skews::EVERY)))
    }

    /// What is wrong, if that is worth telling: now and then a line speaks of what is to come.
    fn cause(&self) -> Option<Cause> {
        let quarters = |offset: i64| (offset + offset.signum() * QUARTER / 2) / QUARTER;
        let first = quarters(*self.offsets.front()?);
        let agrees = |offset: &i64| (offset - first * QUARTER).abs() <= TOLERANCE;
        if first != 0 && self.offsets.len() >= Skews::LEAST && self.offsets.iter().all(agrees) {
            let by = Duration::from_millis((first * QUARTER).unsigned_abs());
            return Some(Cause::Zone {
                by,
                side: if first > 0 { Side::Behind } else { Side::Ahead },
            });
        }
        let late = self.offsets.iter().filter_map(|offset| u64::try_from(*offset).ok());
        let late = late.map(Duration::from_millis).filter(|late| *late > Hit::MAX_LATENCY);
        let (least, most) = (late.clone().min(), late.max());
        let (least, most) = least.zip(most).filter(|_| self.is_late)?;
        Some(Cause::Latency { least, most })
    }
}

fn notice(mut logs: Vec<Skewed>, at: Timestamp) -> SkewNotice {
    logs.sort_by(|a, b| b.n_lines.cmp(&a.n_lines).then_with(|| a.path.cmp(&b.path)));
    let n_more = logs.len().saturating_sub(SkewNotice::MAX_SHOWN) as u64;
    logs.truncate(SkewNotice::MAX_SHOWN);
    SkewNotice { at, logs, n_more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Bytes, Dated, GenerationId, Part, RuleId, Sample, StreamId};

    const HOUR: i64 = 3600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_795_460_645_000 + second * 1000)
    }

    fn hook() -> WebhookName {
        WebhookName("a".into())
    }

    /// A live line that came at `second` and says that it is of `late` seconds before.
    fn line(skews: &mut Skews, path: &str, second: i64, late: i64) {
        let sample = Sample {
            path: Path::new(path).into(),
            time: at(second),
            written: None,
            line: Bytes::default(),
            captures: Vec::new(),
            reading: None,
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut hit = Hit {
            rule: RuleId(0),
            part: Part::Match,
            stream: StreamId(1),
            generation: GenerationId(1),
            offset: 0,
            time: at(second),
            origin: TimeOrigin::NoStamp,
            sample: Arc::new(sample),
        };
        let written = at(second - late);
        let (time, origin) = match late {
            ..-5 => (at(second), TimeOrigin::Future),
            61.. => (at(second), TimeOrigin::Late),
            _ => (written, TimeOrigin::Stamp),
        };
        hit.date(Dated { time, origin, written: Some(written) });
        skews.on_line(&hit, (at(second), Progress::Live), || vec![hook()]);
    }

    /// What is told of lines that came a second apart, as late as they say, and when.
    fn told(late: &[i64]) -> Vec<(i64, Cause)> {
        let mut skews = Skews::default();
        let mut all = Vec::new();
        for second in 0..3 * 24 * HOUR {
            for (_, notice) in skews.take_due(at(second), |_| true) {
                all.extend(notice.logs.iter().map(|log| (second, log.cause)));
            }
            if let Some(late) = usize::try_from(second).ok().and_then(|place| late.get(place)) {
                line(&mut skews, "/a.log", second, *late);
            }
        }
        all
    }

    fn zone(seconds: u64, side: Side) -> Cause {
        Cause::Zone { by: Duration::from_secs(seconds), side }
    }

    #[test]
    fn stamps_that_are_off_by_what_zones_differ_by_are_of_another_zone() {
        assert_eq!(told(&[7203; 20]), [(20, zone(7200, Side::Behind))]);
        assert_eq!(told(&[-3599; 20]), [(20, zone(3600, Side::Ahead))]);
        assert_eq!(told(&[19_890; 20]), [(20, zone(19_800, Side::Behind))]);
        assert_eq!(told(&[7200; 5]), [(600, zone(7200, Side::Behind))]);
    }

    #[test]
    fn other_old_stamps_are_of_lines_that_were_held_up() {
        let latency = |least, most| {
            let [least, most] = [least, most].map(Duration::from_secs);
            Cause::Latency { least, most }
        };
        assert_eq!(told(&[400; 20]), [(20, latency(400, 400))]);
        assert_eq!(told(&[61; 20]), [(20, latency(61, 61))]);
        let mixed = [[7200; 19].as_slice(), &[3600]].concat();
        assert_eq!(told(&mixed), [(20, latency(3600, 7200))]);
        let now_and_then = [[0; 10].as_slice(), &[7200], &[0; 10]].concat();
        assert_eq!(told(&now_and_then), [(610, latency(7200, 7200))]);
        assert_eq!(told(&[7200, 7200]), [(600, latency(7200, 7200))], "that may be by chance");
    }

    #[test]
    fn lines_that_speak_of_what_is_to_come_are_not_told_of() {
        assert_eq!(told(&[0, -7200, 0, -400, 0]), []);
    }

    #[test]
    fn it_is_told_once_a_day_also_over_a_restart() {
        let mut skews = Skews::default();
        let day = 24 * HOUR;
        let fill = |skews: &mut Skews, from: i64| {
            (0..20).for_each(|n| line(skews, "/a.log", from + n, 7200));
        };
        fill(&mut skews, 0);
        assert_eq!(skews.take_due(at(20), |_| false), [], "nobody may be told");
        assert_eq!(skews.deadline(|_| false), None);
        assert_eq!(skews.take_due(at(30), |_| true)[0].1.logs[0].n_lines, 20);
        let record = skews.take_changes().remove(0);
        assert_eq!((record.late, record.future, record.told), (20, 0, Some(at(30))));
        let mut skews = Skews::default();
        skews.restore(vec![record], at(40));
        fill(&mut skews, 40);
        assert_eq!(skews.deadline(|_| true), Some(at(30 + day)));
        assert_eq!(skews.take_due(at(29 + day), |_| true), []);
        assert_eq!(skews.take_due(at(30 + day), |_| true).len(), 1);
        assert_eq!(skews.take_changes()[0].late, 40);
    }

    #[test]
    fn many_logs_are_told_of_in_one_message_an_hour() {
        let mut skews = Skews::default();
        let fill = |skews: &mut Skews, from: i64, logs: std::ops::Range<i64>| {
            for log in logs {
                (0..20 + log).for_each(|_| line(skews, &format!("/{log}.log"), from, 7200));
            }
        };
        fill(&mut skews, 0, 0..30);
        let (_, notice) = skews.take_due(at(1), |_| true).remove(0);
        assert_eq!((notice.logs.len(), notice.n_more, notice.logs[0].n_lines), (10, 20, 49));
        fill(&mut skews, 60, 30..31);
        assert_eq!(skews.take_due(at(3600), |_| true), []);
        assert_eq!(skews.take_due(at(3601), |_| true).len(), 1);
        assert_eq!(skews.deadline(|_| true), None);
    }
}
