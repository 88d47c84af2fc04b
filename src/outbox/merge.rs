//! Two alerts that wait become one, which carries the counts of both.

use std::sync::Arc;

use crate::flow::{
    Alert, AlertKind, Crowd, Digest, GroupKey, IncidentId, Reason, Sample, Top, WebhookName,
};

/// Samples of a merged alert: the first and the latest.
const MAX_SAMPLES: usize = 4;
/// Groups named in a digest.
const MAX_GROUPS: usize = 10;

/// What says both, in place of the older.
pub(super) fn merged(older: &Alert, newer: &Alert) -> Alert {
    if older.kind == AlertKind::Digest { add_to_digest(older, newer) } else { join(older, newer) }
}

/// Both alerts of one incident as the older: an open stays an open.
fn join(older: &Alert, newer: &Alert) -> Alert {
    let reason = if older.kind == AlertKind::Open { &older.reason } else { &newer.reason };
    Alert {
        at: newer.at,
        count: older.count + newer.count,
        undelivered: older.undelivered + newer.undelivered,
        total: newer.total,
        span: older.span.join(newer.span),
        reason: reason.clone(),
        samples: join_samples(older, newer),
        top: join_tops(&older.top, &newer.top),
        crowd: newer.crowd.clone().or_else(|| older.crowd.clone()),
        ..older.clone()
    }
}

/// A digest of the rule of `first` that stands for nothing yet. Its id derives from the first
/// incident in it.
pub(super) fn empty_digest(first: &Alert, webhook: &WebhookName) -> Alert {
    let id = Digest::new("digest").with(&first.incident.to_bytes());
    let id = id.with_number(first.sequence.into()).with(webhook.0.as_bytes());
    Alert {
        group: GroupKey::default(),
        incident: IncidentId::new(id),
        sequence: 0,
        kind: AlertKind::Digest,
        count: 0,
        undelivered: 0,
        total: 0,
        reason: Reason::QueueFull,
        samples: Vec::new(),
        top: Vec::new(),
        crowd: Some(Crowd { distinct: 0, top: Vec::new() }),
        ..first.clone()
    }
}

fn add_to_digest(digest: &Alert, newer: &Alert) -> Alert {
    let is_same = digest.incident == newer.incident;
    let is_digest = newer.kind == AlertKind::Digest;
    let crowd = match (&digest.crowd, &newer.crowd) {
        // A storm of a rule of one group.
        (None, None) if is_digest => None,
        (crowd, others) => {
            let crowd = crowd.clone().unwrap_or(Crowd { distinct: 0, top: Vec::new() });
            let others = others.as_ref().filter(|_| is_digest);
            Some(match others {
                Some(others) => join_crowds(crowd, others),
                None => add_to_crowd(crowd, &newer.group, newer.count),
            })
        }
    };
    Alert {
        at: newer.at,
        count: digest.count + newer.count,
        undelivered: digest.undelivered + newer.undelivered,
        total: if is_same { newer.total } else { digest.total + newer.count },
        opened: digest.opened.min(newer.opened),
        span: digest.span.join(newer.span),
        samples: join_samples(digest, newer),
        reason: if is_same {
            join_reasons(&digest.reason, &newer.reason)
        } else {
            digest.reason.clone()
        },
        crowd,
        ..digest.clone()
    }
}

/// Why both digests of a storm were decided: that it is over outlasts what comes after it.
fn join_reasons(older: &Reason, newer: &Reason) -> Reason {
    let before = over(older);
    let mut reason = match (older, newer) {
        (Reason::StormOver { .. }, Reason::AfterStorm { over }) => {
            let (after, mut older) = (*over, older.clone());
            if let Reason::StormOver { over, .. } = &mut older {
                *over = after;
            }
            older
        }
        _ => newer.clone(),
    };
    if let Reason::Storm { over, .. }
    | Reason::StormOver { over, .. }
    | Reason::AfterStorm { over } = &mut reason
    {
        *over += before;
    }
    reason
}

/// Incidents that are over since the message before.
const fn over(reason: &Reason) -> u64 {
    match reason {
        Reason::Storm { over, .. }
        | Reason::StormOver { over, .. }
        | Reason::AfterStorm { over } => *over,
        _ => 0,
    }
}

/// The groups of both, of which those that are in both and not among the commonest count twice.
fn join_crowds(mut crowd: Crowd, others: &Crowd) -> Crowd {
    let distinct = crowd.distinct + others.distinct;
    let known = |group: &GroupKey| crowd.top.iter().any(|(known, _)| known == group);
    let n_both = others.top.iter().filter(|(group, _)| known(group)).count() as u64;
    for (group, count) in &others.top {
        crowd = add_to_crowd(crowd, group, *count);
    }
    Crowd { distinct: distinct - n_both, ..crowd }
}

fn add_to_crowd(mut crowd: Crowd, group: &GroupKey, count: u64) -> Crowd {
    if let Some((_, total)) = crowd.top.iter_mut().find(|(known, _)| known == group) {
        *total += count;
    } else {
        crowd.distinct += 1;
        crowd.top.push((group.clone(), count));
    }
    crowd.top.sort_by(|(_, a), (_, b)| b.cmp(a));
    crowd.top.truncate(MAX_GROUPS);
    crowd
}

/// The values of both. A setting that was changed in between may have other names.
fn join_tops(older: &[Top], newer: &[Top]) -> Vec<Top> {
    let mut tops = older.to_vec();
    for new in newer {
        match tops.iter_mut().find(|top| top.name == new.name) {
            Some(top) => top.join(new),
            None => tops.push(new.clone()),
        }
    }
    tops
}

fn join_samples(older: &Alert, newer: &Alert) -> Vec<Arc<Sample>> {
    let mut samples = older.samples.clone();
    // A resolved notice only repeats the line that opened it.
    if newer.kind != AlertKind::Resolved {
        samples.extend(newer.samples.iter().cloned());
    }
    let surplus = samples.len().saturating_sub(MAX_SAMPLES);
    if surplus > 0 {
        samples.drain(1..=surplus);
    }
    samples
}
