//! Where reading goes on in a journal, and how that is remembered.

use serde::{Deserialize, Serialize};

use crate::flow::Timestamp;

/// Behind an entry of a journal, or at a time.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    /// The entry that was read last, as journalctl names it; `None`: none was.
    pub(super) cursor: Option<String>,
    /// Its time; without one, the time to begin at. In microseconds since the epoch.
    pub(super) time: u64,
    /// The journal does not hold that entry any more, and this was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_missed: bool,
}

impl Place {
    /// Behind all entries of before `now`.
    pub(super) fn at(now: Timestamp) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Self { time: millis.saturating_mul(1000), ..Self::default() }
    }

    /// Reads what [`Self::to_memo`] wrote; `None` if it did not.
    pub(super) fn from_memo(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn to_memo(&self) -> String {
        serde_json::to_string(self).expect("plain fields")
    }

    /// The option with which journalctl begins here. It is the cursor's own entry that comes first
    /// then: `--after-cursor` passes over an entry even where the cursor's is gone, and that is
    /// another one then.
    pub(super) fn option(&self) -> String {
        match &self.cursor {
            Some(cursor) => format!("--cursor={cursor}"),
            None => format!("--since=@{}.{:06}", self.time / 1_000_000, self.time % 1_000_000),
        }
    }

    /// Whether the entry that journalctl calls `cursor` is the one that was read last.
    pub(super) fn is_of(&self, cursor: &str) -> bool {
        let Some(own) = &self.cursor else { return false };
        // The journal's id and the entry's number in it are enough: what else there is may be
        // written in another way by another version.
        own == cursor || number(own).zip(number(cursor)).is_some_and(|(own, other)| own == other)
    }

    /// The entry's time, if there is an entry.
    pub(super) fn stamp(&self) -> Option<Timestamp> {
        let millis = i64::try_from(self.time / 1000).ok().filter(|_| self.cursor.is_some());
        millis.map(Timestamp::from_millis)
    }

    /// The entry's time as text.
    pub(super) fn time_text(&self) -> String {
        let micros = i64::try_from(self.time).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        at.to_string()
    }
}

/// The id of the sequence and the number in it, of `s=ID;i=NUMBER;b=…`.
fn number(cursor: &str) -> Option<(&str, &str)> {
    let part = |key: &str| cursor.split(';').find_map(|part| part.strip_prefix(key));
    Some((part("s=")?, part("i=")?))
}
