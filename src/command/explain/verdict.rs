//! What became of a line with one rule, in a word and in a sentence.

use crate::engine::{ClosedGate, GroupView, IncidentView, Progress};
use crate::flow::{Dated, Gate, GroupKey, Hit, Mute, Part, TimeOrigin, Timestamp};
use crate::format::clean;
use crate::format::words::{duration, number, thousandths};
use crate::matcher::Tried;
use crate::pipeline::{Outcome, RuleExplained};

use super::super::time;

/// What became of a line with one rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Verdict {
    /// It matches, and is told at once.
    Told,
    /// It matches, and is held back behind what was told before.
    Held,
    /// It matches, and counts towards something that is not reached yet.
    Counted,
    /// It ends what others began.
    Ended,
    /// It says that an incident is over.
    Resolves,
    /// It matches, but for a `not`, an `also` or a `where`.
    Refused,
    /// It does not match.
    Unmatched,
}

impl Verdict {
    pub(super) fn of(explained: &RuleExplained) -> Self {
        let RuleExplained { examined, outcome, .. } = explained;
        match (examined.part, outcome) {
            (Some(Part::End), _) => Self::Ended,
            (Some(Part::Resolve), _) => Self::Resolves,
            (Some(Part::Match), Some(Outcome { message: Some(_), .. })) => Self::Told,
            (Some(Part::Match), Some(Outcome { after, gates, .. }))
                if after.incident.is_some() || gates.iter().any(|own| own.held > 0) =>
            {
                Self::Held
            }
            (Some(Part::Match), _) => Self::Counted,
            (None, _) if examined.any.iter().any(Tried::is_match) => Self::Refused,
            (None, _) => Self::Unmatched,
        }
    }

    /// The word for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Held => "held",
            Self::Counted => "counted",
            Self::Ended => "ended",
            Self::Resolves => "resolves",
            Self::Refused => "refused",
            Self::Unmatched => "unmatched",
        }
    }

    /// The same as a sentence.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Told => "matches, and is told at once",
            Self::Held => "matches, and is held back",
            Self::Counted => "matches, and is not told yet",
            Self::Ended => "ends what an earlier match began",
            Self::Resolves => "says that an incident of its group is over",
            Self::Refused => "does not match, though `match` does",
            Self::Unmatched => "does not match",
        }
    }
}

/// When an event happened, and how that is known.
pub(super) fn when_it_was(dated: &Dated) -> String {
    let written = dated.written.map(time::local).unwrap_or_default();
    let from = match dated.origin {
        TimeOrigin::Stamp => "as it says".to_owned(),
        TimeOrigin::NoStamp => "when it is read: it says none".to_owned(),
        TimeOrigin::Future => format!("when it is read: it says {written}, a time to come"),
        TimeOrigin::Late => {
            let least = duration(Hit::MAX_LATENCY);
            format!("when it is read: it says {written}, more than {least} before it comes")
        }
        TimeOrigin::Configured => "when it is read, as `time` of its source says".to_owned(),
    };
    format!("{}, {from}", time::local(dated.time))
}

/// What holds back a match that is not told: a gate, a storm, or what its incident told before.
pub(super) fn held_by(outcome: &Outcome, mutes: &[Mute]) -> Option<String> {
    let mut gates = outcome.gates.iter();
    let own = gates.find(|own| !matches!(own.gate, Gate::WebhookHours(_)));
    if let Some(closed) = own {
        return Some(gate(closed, mutes));
    }
    if outcome.after.is_folded {
        return Some("a storm: the rule opens too much, and is told together".to_owned());
    }
    if let Some(closed) = outcome.gates.first().filter(|own| own.held > 0) {
        return Some(gate(closed, mutes));
    }
    let incident = outcome.after.incident.as_ref()?;
    let until = match incident.until {
        Timestamp::MAX => "until it is over".to_owned(),
        until => format!("until {}", time::local(until)),
    };
    Some(format!("the `debounce` of its open incident, {until}"))
}

/// What keeps messages from being told, and up to when.
pub(super) fn gate(closed: &ClosedGate, mutes: &[Mute]) -> String {
    let what = match &closed.gate {
        Gate::Mute(id) => {
            let mute = mutes.iter().find(|own| own.id == *id);
            let why = mute.map(|own| clean(own.why.as_bytes())).filter(|why| !why.is_empty());
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            let what = mute.map(|own| format!(" `{}`", own.selector)).unwrap_or_default();
            format!("mute {}{what}{why}", id.0)
        }
        Gate::Hours => "the rule's `hours`".to_owned(),
        Gate::Inhibited { by, shared } => {
            let shared = group(shared);
            let of = if shared.is_empty() { shared } else { format!(" of {shared}") };
            format!("an incident of `{by}`{of} (`inhibited_by`)")
        }
        Gate::WebhookHours(name) => format!("the `hours` of webhook `{name}`"),
        Gate::Wait => "the rule's `wait`, for what may explain it".to_owned(),
    };
    let until = match (closed.until, &closed.gate) {
        (Some(until), _) => format!(", until {}", time::local(until)),
        (None, Gate::Inhibited { .. }) => ", until that is over".to_owned(),
        (None, _) => String::new(),
    };
    let held = match closed.held {
        0 => String::new(),
        1 => "; 1 match is held back".to_owned(),
        n => format!("; {} matches are held back", number(n)),
    };
    format!("{what}{until}{held}")
}

/// The values of a group, in a row.
pub(super) fn group(key: &GroupKey) -> String {
    let values = key.iter().map(|(name, value)| format!("{name}={value}"));
    values.collect::<Vec<_>>().join(" ")
}

/// What is known of a group, in a few words.
pub(super) fn state(view: &GroupView) -> String {
    match &view.incident {
        Some(incident) if view.is_folded => {
            format!("{}; told together with others", incident_state(incident))
        }
        Some(incident) => incident_state(incident),
        None => match &view.progress {
            Progress::Each => "no incident is open".to_owned(),
            progress => format!("no incident is open; {}", progress_state(progress)),
        },
    }
}

fn incident_state(incident: &IncidentView) -> String {
    let opened = time::local(incident.opened);
    // What a gate holds back is said with the gate.
    let held = match incident.held {
        0 => String::new(),
        n => format!("{} held back, ", number(n)),
    };
    let until = when(incident.until);
    format!("an incident is open since {opened}: {held}{until}")
}

fn when(until: Timestamp) -> String {
    if until == Timestamp::MAX {
        return "for as long as it takes".to_owned();
    }
    format!("its window lasts until {}", time::local(until))
}

fn progress_state(progress: &Progress) -> String {
    match progress {
        Progress::Each => "each match is told".to_owned(),
        Progress::Matches { n, count, within } => {
            let count = number((*count).into());
            format!("{} of {count} matches within {}", number(*n), duration(*within))
        }
        Progress::Values { n, count, within } => {
            let count = number((*count).into());
            format!("{} of {count} different values within {}", number(*n), duration(*within))
        }
        Progress::Known { n } => format!("{} values are known", number(*n)),
        Progress::Begun { n: 0, .. } => "nothing has begun that has not ended".to_owned(),
        Progress::Begun { n, due } => {
            let due = due.map_or_else(String::new, |due| {
                format!(", told at {} if that does not end", time::local(due))
            });
            format!("{} begun and not ended{due}", number(*n))
        }
        Progress::Awaited { due: None, .. } => "nothing is waited for".to_owned(),
        Progress::Awaited { seen, due: Some(due) } => {
            let seen = seen.map_or_else(
                || "no match yet".to_owned(),
                |seen| format!("the last match was at {}", time::local(seen)),
            );
            format!("{seen}; told at {} if none comes", time::local(*due))
        }
        Progress::Compared { n: Some(n), usual, within } => {
            let usual = usual.map_or_else(
                || "what is usual is not known yet".to_owned(),
                |usual| format!("{} are usual", thousandths(usual)),
            );
            format!("{} within {}; {usual}", number(*n), duration(*within))
        }
        Progress::Compared { n: None, .. } => "what is usual is not known yet".to_owned(),
    }
}
