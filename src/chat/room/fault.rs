//! What a room does wrong on demand.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// What a room does wrong. Nothing by default.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Faults {
    /// Answers to give instead, one after another, from the first post on.
    pub fail: Vec<Fault>,
    /// How often a message is taken and the connection closed without an answer.
    pub drop_answers: Probability,
    /// How late every answer is. The message is taken at once.
    pub slow: Duration,
    /// What `Retry-After` says in every 429. Chat itself is not known to send it.
    pub retry_after: Option<Duration>,
}

/// An error that is answered for a while, as in `429:10s`; for good, as in `503`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The HTTP status, from 300 to 599.
    pub status: u16,
    /// For how long; `None` for good.
    pub lasts: Option<Duration>,
}

/// A share of chances, from 0 (never, the default) to 1 (always).
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Probability(f64);

/// Why a text is no fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FaultError {
    /// Not an error status.
    #[error("`{0}` is not an error status; expected a number from 300 to 599")]
    Status(String),
    /// Not a duration.
    #[error("`{0}` is not a duration; expected one like `10s`, `500ms` or `2m`")]
    Duration(String),
    /// Not a probability.
    #[error("`{0}` is not a probability; expected a number from 0 to 1")]
    Probability(String),
}

impl Faults {
    /// The status to answer when the first post came `since` ago.
    pub(super) fn failing(&self, since: Duration) -> Option<u16> {
        let mut until = Duration::ZERO;
        self.fail.iter().find_map(|fault| {
            until = until.saturating_add(fault.lasts.unwrap_or(Duration::MAX));
            (since < until).then_some(fault.status)
        })
    }
}

impl Probability {
    /// Always.
    pub const ALWAYS: Self = Self(1.0);

    /// Whether it happens this time.
    pub(super) fn happens(self, random: &mut fastrand::Rng) -> bool {
        random.f64() < self.0
    }
}

impl FromStr for Probability {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let share: Option<f64> = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or_else(|| FaultError::Probability(text.to_owned()))
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (status, lasts) = match text.split_once(':') {
            Some((status, lasts)) => (status, Some(parse_duration(lasts)?)),
            None => (text, None),
        };
        let number = status.parse().ok().filter(|status| (300..600).contains(status));
        let status = number.ok_or_else(|| FaultError::Status(status.to_owned()))?;
        Ok(Self { status, lasts })
    }
}

/// Reads a duration like `10s`, `500ms` or `2m`.
///
/// # Errors
/// The operator's: it is none, or a negative one.
pub fn parse_duration(text: &str) -> Result<Duration, FaultError> {
    let signed = text.parse::<SignedDuration>().ok();
    let duration = signed.and_then(|signed| Duration::try_from(signed).ok());
    duration.ok_or_else(|| FaultError::Duration(text.to_owned()))
}
