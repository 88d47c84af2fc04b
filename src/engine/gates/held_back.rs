//! What is not told of one group for now, beside what its incident holds until the window ends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Alert, AlertKind, Gate, HeldBy, IncidentId, Reason, Timestamp};

use super::super::held::Held;

/// Alerts of one group that were held back, as one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(in super::super) struct HeldBack {
    /// What holds it back, as far as was looked.
    pub(in super::super) gate: Gate,
    /// Since when it is held back, by whatever gate.
    pub(in super::super) since: Timestamp,
    /// Among it is the open of `incident`: nobody was told of that.
    pub(in super::super) has_open: bool,
    pub(in super::super) incident: IncidentId,
    /// When that opened.
    pub(in super::super) opened: Timestamp,
    /// The place of the first alert, which was never sent.
    sequence: u32,
    /// Why it would have been told, and when that was decided.
    reason: Reason,
    at: Timestamp,
    /// The incident's matches by then.
    total: u64,
    pub(in super::super) held: Held,
}

impl HeldBack {
    /// Holds back `alert`, whose like was not held yet.
    pub(in super::super) fn new(alert: Alert, gate: Gate) -> Self {
        let mut held = Held::default();
        held.absorb(&alert);
        Self {
            gate,
            since: alert.at,
            has_open: alert.kind == AlertKind::Open,
            incident: alert.incident,
            opened: alert.opened,
            sequence: alert.sequence,
            reason: alert.reason,
            at: alert.at,
            total: alert.total,
            held,
        }
    }

    /// Holds back `alert` as well.
    pub(in super::super) fn absorb(&mut self, alert: Alert, gate: Gate) {
        self.gate = gate;
        self.held.absorb(&alert);
        let is_new = alert.kind == AlertKind::Open;
        if is_new {
            // The incident before was over within `wait`.
            (self.incident, self.opened) = (alert.incident, alert.opened);
            (self.sequence, self.has_open) = (alert.sequence, true);
        }
        // An open keeps why it was one; how long something is absent grows.
        if is_new || !self.has_open || matches!(alert.reason, Reason::Absent { .. }) {
            (self.reason, self.at) = (alert.reason, alert.at);
        }
        self.total = self.total.max(alert.total);
    }

    /// Fills `alert`, which is of the same group, with all that is held back, to be told at `now`.
    pub(in super::super) fn tell(self, alert: Alert, now: Timestamp) -> Alert {
        let kind = match self.held.count {
            _ if self.has_open => AlertKind::Open,
            0 => AlertKind::Reminder,
            _ => AlertKind::Summary,
        };
        let count = self.held.count;
        let mut alert = Alert {
            kind,
            incident: self.incident,
            sequence: self.sequence,
            at: now,
            count,
            total: alert.total.max(self.total),
            opened: self.opened,
            span: self.held.span.unwrap_or(alert.span),
            reason: still(self.reason, now.since(self.at)),
            held: held_by(self.gate, now.since(self.since)),
            ..alert
        };
        alert.top.clone_from(&self.held.top);
        let samples = self.held.into_samples();
        if !samples.is_empty() {
            alert.samples = samples;
        }
        if count == 0 {
            alert.span.last = now;
        }
        alert
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(in super::super) fn shift_back(&mut self, by: Duration) {
        for time in [&mut self.since, &mut self.opened, &mut self.at] {
            *time = *time - by;
        }
    }
}

/// What held something back, if that is worth a word.
pub(super) fn held_by(gate: Gate, lasted: Duration) -> Option<HeldBy> {
    (gate != Gate::Wait).then_some(HeldBy { gate, lasted })
}

/// `reason`, as it is `later`.
fn still(reason: Reason, later: Duration) -> Reason {
    match reason {
        Reason::Absent { after, lasted } => Reason::Absent { after, lasted: lasted + later },
        other => other,
    }
}
