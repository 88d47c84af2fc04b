//! Matches that were not told yet: how many, from when to when, and a few of their lines.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::flow::{Alert, Sample, Span, Top};

use super::key;

/// Matches that were not told yet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) count: u64,
    /// Their first and last event times; `None` for no matches.
    pub(super) span: Option<Span>,
    first: Option<Arc<Sample>>,
    /// The latest lines but the first, oldest first.
    last: Vec<Arc<Sample>>,
    /// The commonest values of the rule's `top`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) top: Vec<Top>,
}

impl Held {
    /// How many of the latest lines are kept besides the first.
    const LAST: usize = 3;

    /// Takes in a match.
    pub(super) fn add(&mut self, sample: &Arc<Sample>) {
        self.count += 1;
        let at = Span::at(sample.time);
        self.span = Some(self.span.map_or(at, |span| span.join(at)));
        self.add_line(sample);
    }

    /// Keeps a line, without counting it.
    pub(super) fn add_line(&mut self, sample: &Arc<Sample>) {
        if self.first.is_none() {
            self.first = Some(Arc::clone(sample));
            return;
        }
        if self.last.len() == Self::LAST {
            self.last.remove(0);
        }
        self.last.push(Arc::clone(sample));
    }

    /// Takes in all that `other` holds, which came later.
    pub(super) fn join(&mut self, other: Self) {
        self.count += other.count;
        self.span = match (self.span, other.span) {
            (Some(own), Some(others)) => Some(own.join(others)),
            (own, others) => own.or(others),
        };
        self.join_tops(&other.top);
        other.into_samples().iter().for_each(|sample| self.add_line(sample));
    }

    /// Takes in the counts of values that were held elsewhere.
    pub(super) fn join_tops(&mut self, tops: &[Top]) {
        for new in tops {
            match self.top.iter_mut().find(|top| top.name == new.name) {
                Some(top) => top.join(new),
                None => self.top.push(new.clone()),
            }
        }
    }

    /// Holds back what `alert` would have told.
    pub(super) fn absorb(&mut self, alert: &Alert) {
        let is_counted = alert.count > 0;
        self.join(Self {
            count: alert.count,
            span: is_counted.then_some(alert.span),
            top: alert.top.clone(),
            ..Self::default()
        });
        // Of what is absent the last line before is enough, once.
        if is_counted || self.first.is_none() {
            alert.samples.iter().for_each(|sample| self.add_line(sample));
        }
    }

    /// Counts the values of the captures `names` in a match. One that took no part in it has none.
    pub(super) fn count_values(&mut self, names: &[Arc<str>], sample: &Sample) {
        // Of a setting of before there may be others.
        let is_as_set = self.top.iter().map(|top| &top.name).eq(names);
        if !is_as_set {
            let kept = |name: &Arc<str>| self.top.iter().find(|top| top.name == *name).cloned();
            self.top =
                names.iter().map(|name| kept(name).unwrap_or(Top::of(Arc::clone(name)))).collect();
        }
        for top in &mut self.top {
            let value = sample.captures.iter().find(|(name, _)| *name == top.name);
            if let Some((_, value)) = value {
                top.add(&key::clean(value.as_slice()), 1);
            }
        }
    }

    /// The first and the latest lines, oldest first.
    pub(super) fn into_samples(self) -> Vec<Arc<Sample>> {
        self.first.into_iter().chain(self.last).collect()
    }
}
