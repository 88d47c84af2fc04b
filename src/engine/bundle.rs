//! What many groups have to say, gathered to be told in one message.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Alert, AlertKind, Crowd, Sample, Span, Timestamp};

use super::census::Census;

/// Alerts that are told together. None of them is told by itself.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Bundle {
    /// When the first of them came; `None` for none.
    pub(super) since: Option<Timestamp>,
    /// Matches that they announce.
    pub(super) count: u64,
    /// Incidents that are over.
    pub(super) n_over: u64,
    span: Option<Span>,
    first: Option<Arc<Sample>>,
    /// The latest lines but the first, oldest first.
    last: Vec<Arc<Sample>>,
    pub(super) groups: Census,
}

impl Bundle {
    /// How many of the latest lines are kept besides the first.
    const LAST: usize = 3;
    /// Groups that are named.
    const TOP: usize = 10;

    /// Takes in `alert`, of a group that stands for those of `others`, if for any.
    pub(super) fn add(&mut self, alert: &Alert, others: Option<&Census>) {
        self.since.get_or_insert(alert.at);
        self.count += alert.count;
        self.n_over += u64::from(alert.kind == AlertKind::Resolved);
        if alert.kind == AlertKind::Resolved && alert.count == 0 {
            return;
        }
        self.span = Some(self.span.map_or(alert.span, |span| span.join(alert.span)));
        self.groups.add(&alert.group, alert.count);
        if let Some(others) = others {
            self.groups.add_groups(others);
        }
        let Some(sample) = alert.samples.last() else { return };
        if self.first.is_none() {
            self.first = Some(Arc::clone(sample));
            return;
        }
        if self.last.len() == Self::LAST {
            self.last.remove(0);
        }
        self.last.push(Arc::clone(sample));
    }

    /// Puts what was gathered into `digest`, which says nothing of it yet.
    pub(super) fn tell(self, digest: &mut Alert) {
        digest.count = self.count;
        digest.span = self.span.unwrap_or(digest.span);
        digest.crowd = Some(self.crowd());
        digest.samples = self.first.into_iter().chain(self.last).collect();
    }

    /// The groups of what was gathered.
    fn crowd(&self) -> Crowd {
        self.groups.crowd(Self::TOP)
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        self.since = self.since.map(|since| since - by);
    }
}
