//! What is known of a group, for one who asks.

use std::time::Duration;

use crate::flow::{GroupKey, Hit, RuleId, Timestamp};

use super::condition::Usual;
use super::settings::Detector;
use super::{Engine, key};

/// What is known of one group of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupView {
    /// The incident, while one is open.
    pub incident: Option<IncidentView>,
    /// How far it is from being worth telling.
    pub progress: Progress,
    /// What there is to say of its latest incident is told together with that of others: too many
    /// opened at once.
    pub is_folded: bool,
}

/// What is known of an open incident.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncidentView {
    /// When it opened.
    pub opened: Timestamp,
    /// When its last message was decided.
    pub told: Timestamp,
    /// Matches held back since.
    pub held: u64,
    /// All its matches.
    pub total: u64,
    /// When something is next decided about it: what was held is told, or it is over.
    pub until: Timestamp,
}

/// How far a group is from being worth telling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Every match is worth telling.
    Each,
    /// So many matches are close enough together.
    Matches {
        /// How many.
        n: u64,
        /// How many it takes.
        count: u32,
        /// The time that they have for it.
        within: Duration,
    },
    /// So many different values are.
    Values {
        /// How many.
        n: u64,
        /// How many it takes.
        count: u32,
        /// The time that they have for it.
        within: Duration,
    },
    /// So much has begun and not ended.
    Begun {
        /// How much.
        n: u64,
        /// When the first of it is told unless it ends.
        due: Option<Timestamp>,
    },
    /// A match is waited for.
    Awaited {
        /// When the last one was; `None`: there was none, or nothing is waited for.
        seen: Option<Timestamp>,
        /// When it is told that there is none.
        due: Option<Timestamp>,
    },
    /// Values that are not known are worth telling.
    Known {
        /// How many are known, of all groups.
        n: u64,
    },
    /// Matches are compared with what is usual.
    Compared {
        /// How many there are within the time that is compared; `None`: nothing is compared yet.
        n: Option<u64>,
        /// How many are usual, in thousandths; `None`: that is not known yet.
        usual: Option<u64>,
        /// The time that both are of.
        within: Duration,
    },
}

impl Engine {
    /// The group that `hit` falls to, as far as there is room.
    pub fn group_of(&self, hit: &Hit) -> GroupKey {
        let rule = &self.rules[hit.rule.0 as usize];
        key::of(&rule.words, &hit.sample, &self.host)
    }

    /// What is known of a group at `now`.
    pub fn view(&self, id: RuleId, key: &GroupKey, now: Timestamp) -> GroupView {
        let rule = &self.rules[id.0 as usize];
        let group = rule.groups.get(key);
        let incident = group.and_then(|group| {
            let incident = group.incident.as_ref()?;
            Some(IncidentView {
                opened: incident.opened,
                told: incident.told,
                held: incident.held.count,
                total: incident.total,
                until: group.listed.due.unwrap_or(Timestamp::MAX),
            })
        });
        let is_folded = group.is_some_and(|group| group.is_folded);
        GroupView { incident, progress: rule.progress(group, now), is_folded }
    }
}

impl super::rule::RuleState {
    fn progress(&self, group: Option<&super::group::Group>, now: Timestamp) -> Progress {
        match &self.settings.detector {
            Detector::Each => Progress::Each,
            &Detector::Threshold { count, within } => {
                let n = group.map_or(0, |group| group.threshold.n_within(within));
                Progress::Matches { n: n as u64, count, within }
            }
            Detector::Distinct { count, within, .. } => {
                let n = group.map_or(0, |group| group.distinct.n_within(*within));
                Progress::Values { n: n as u64, count: *count, within: *within }
            }
            Detector::Pair { within, .. } => Progress::Begun {
                n: group.map_or(0, |group| group.starts.len() as u64),
                due: group.and_then(|group| group.starts.deadline(*within)),
            },
            Detector::Absent { after, .. } => {
                let seen = group.and_then(|group| group.seen.as_ref());
                Progress::Awaited {
                    seen: seen.filter(|seen| seen.sample.is_some()).map(|seen| seen.at),
                    due: seen.map(|seen| seen.absent_at(*after)),
                }
            }
            Detector::Spike { within, .. } => self.compared(group, now, *within),
            Detector::New { .. } => Progress::Known { n: self.known.len() as u64 },
        }
    }

    fn compared(
        &self,
        group: Option<&super::group::Group>,
        now: Timestamp,
        within: Duration,
    ) -> Progress {
        let gauge = self.gauge(self.read_up_to);
        let counts = group.map(|group| &group.counts);
        let both = gauge.zip(counts);
        let n = both.as_ref().map(|(_, counts)| counts.latest());
        let usual = both.and_then(|(gauge, counts)| gauge.usual_at(counts, now));
        Progress::Compared { n, usual: usual.map(Usual::thousandths), within }
    }
}
