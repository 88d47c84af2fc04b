//! What is read long after it was written, as that of a downtime: one message a rule.
//!
//! Nobody can do anything about each of it any more, and all of it comes at once. So its incidents are
//! over as soon as they open, and only how many matches there were, of which groups, is told.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{
    Alert, AlertKind, Digest, GroupKey, IncidentId, Reason, RuleId, Span, Timestamp,
};

use super::Engine;
use super::bundle::Bundle;
use super::group::Group;
use super::rule::RuleState;

/// What is older when it is read is late.
const LATE: Duration = Duration::from_hours(1);
/// After so long without anything late, it is told.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest time that it is gathered.
const LONGEST: Duration = Duration::from_mins(15);

/// When lines are read as they are written, and when they were not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Up {
    since: Timestamp,
    /// When the program last ran before, if it did.
    last: Option<Timestamp>,
}

/// Late opens of a rule that were not told yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Late {
    id: IncidentId,
    /// For how long the program was down while some of it was written.
    down: Option<Duration>,
    /// When the last of it was read.
    last: Timestamp,
    opens: Bundle,
}

impl Up {
    /// For how long the program was down if it was at `time`, and for long.
    fn down_at(self, time: Timestamp) -> Option<Duration> {
        let last = self.last.filter(|last| *last <= time && time <= self.since)?;
        Some(self.since.since(last)).filter(|down| *down >= LATE)
    }
}

impl Late {
    /// When it is told.
    pub(super) fn deadline(&self) -> Timestamp {
        let last = self.last + PAUSE;
        self.opens.since.map_or(last, |since| last.min(since + LONGEST))
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        self.last = self.last - by;
        self.opens.shift_back(by);
    }
}

impl Engine {
    /// From `now` on lines are read as they are written, but for those of before; the program last ran
    /// at `last`, if ever. What is read long after it was written is told together from now on. Where
    /// this is not called, as where old logs are played, nothing is ever late.
    pub fn go_up(&mut self, last: Option<Timestamp>, now: Timestamp) {
        self.up = Some(Up { since: now, last });
    }

    /// Goes on reading lines as `before` did.
    pub fn stay_up(&mut self, before: &Self) {
        self.up = before.up;
    }

    /// Tells all that is late: nothing more comes.
    pub fn end_lateness(&mut self, now: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for id in self.rules.iter().map(|rule| rule.id).collect::<Vec<RuleId>>() {
            let digest = self.rules[id.0 as usize].tell_late(None, now);
            self.schedule_digest(id);
            if let Some(digest) = digest {
                self.pass_digest(digest, now, &mut alerts);
            }
        }
        alerts
    }

    /// Whether `alert` is an open that would have been told long before `now`, had its lines been read
    /// as they were written.
    ///
    /// A spike is not: it has to go on, so that what it is made of makes up no further one. Neither is
    /// what did not come: that holds now.
    pub(super) fn is_late(&self, alert: &Alert, now: Timestamp) -> bool {
        let due = match alert.reason {
            _ if alert.kind != AlertKind::Open => None,
            Reason::Matched
            | Reason::Threshold { .. }
            | Reason::Distinct { .. }
            | Reason::New { .. } => Some(alert.span.last),
            Reason::NoEnd { within } => Some(alert.span.last + within),
            _ => None,
        };
        self.up.is_some() && due.is_some_and(|due| due + LATE < now)
    }

    /// Puts a late open of `group` to the others of its rule, and closes its incident.
    pub(super) fn fold_late(&mut self, alert: &Alert, group: &mut Group, now: Timestamp) {
        let down = self.up.and_then(|up| up.down_at(alert.span.last));
        self.rules[alert.rule.0 as usize].fold_late(alert, group, down, now);
        self.schedule_digest(alert.rule);
    }
}

impl RuleState {
    fn fold_late(
        &mut self,
        alert: &Alert,
        group: &mut Group,
        down: Option<Duration>,
        now: Timestamp,
    ) {
        let late = self.late.get_or_insert_with(|| Late {
            id: IncidentId::new(Digest::new("late").with(&alert.incident.to_bytes())),
            down: None,
            last: now,
            opens: Bundle::default(),
        });
        late.last = now;
        late.down = late.down.max(down);
        late.opens.add(alert, group.others());
        self.untold += alert.count;
        self.counted = true;
        group.close();
    }

    /// Tells what is late, for a `reason` of its own if there is one.
    pub(super) fn tell_late(&mut self, reason: Option<Reason>, now: Timestamp) -> Option<Alert> {
        let late = self.late.take()?;
        let opened = late.opens.since.unwrap_or(now);
        let mut alert = Alert {
            rule: self.id,
            group: GroupKey::default(),
            incident: late.id,
            sequence: 0,
            kind: AlertKind::Digest,
            at: now,
            count: 0,
            undelivered: 0,
            total: late.opens.count,
            opened,
            reopened: None,
            span: Span::at(opened),
            reason: reason.unwrap_or(Reason::CaughtUp { down: late.down }),
            samples: Vec::new(),
            top: Vec::new(),
            crowd: None,
            held: None,
            to: None,
        };
        late.opens.tell(&mut alert);
        alert.crowd = alert.crowd.filter(|_| !self.words.is_empty());
        self.untold -= alert.count;
        self.counted = true;
        Some(alert)
    }
}
