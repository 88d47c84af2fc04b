//! What is asked for: to mute something, and to end mutes.

use std::time::Duration;

use super::{Mute, MuteId, Selector, Timestamp};

/// What is to be muted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MuteOrder {
    /// What is meant.
    pub selector: Selector,
    /// For how long at most: above zero, up to [`Mute::LONGEST`].
    pub lasts: Duration,
    /// Until the last open incident that is meant is over, if that comes first.
    pub until_resolved: bool,
    /// Why; at most [`MuteOrder::MAX_TEXT`] bytes.
    pub why: String,
    /// Who asks for it; at most [`MuteOrder::MAX_TEXT`] bytes.
    pub who: String,
}

/// Which mutes are to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// That of an id.
    Id(MuteId),
    /// Those with exactly this selector.
    Selector(Selector),
    /// All.
    All,
}

impl MuteOrder {
    /// The most bytes of a text beside the selector.
    pub const MAX_TEXT: usize = 256;

    /// The mute that is asked for at `now`.
    pub fn mute(self, now: Timestamp) -> Mute {
        let Self { selector, lasts, until_resolved, why, who } = self;
        let (id, until) = (MuteId::default(), now + lasts);
        Mute { id, selector, who, why, since: now, until, until_resolved }
    }

    /// The same, if its times and texts are within their bounds.
    ///
    /// # Errors
    /// Whoever asks for it, in a sentence.
    pub fn check(self) -> Result<Self, String> {
        if self.lasts < Mute::SHORTEST || self.lasts > Mute::LONGEST {
            return Err("a mute lasts from 1s to 30d".to_owned());
        }
        if [&self.why, &self.who].iter().any(|text| text.len() > Self::MAX_TEXT) {
            return Err(format!("a text is longer than {} bytes", Self::MAX_TEXT));
        }
        Ok(self)
    }
}

impl Which {
    /// Whether `mute` is to end.
    pub fn means(&self, mute: &Mute) -> bool {
        match self {
            Self::Id(id) => mute.id == *id,
            Self::Selector(selector) => mute.selector == *selector,
            Self::All => true,
        }
    }
}
