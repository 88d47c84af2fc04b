//! What can be asked of a running agent, and how that is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Mute, MuteId, Selector};

/// What can be asked of a running agent.
///
/// As JSON: `{"mute": {"selector": "rule=a", "seconds": 3600, "until_resolved": false, "why": "",
/// "who": ""}}`, `{"unmute": {"id": 3}}`, `{"unmute": {"selector": "rule=a"}}`, `{"unmute": "all"}`
/// or `"reload"`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// To mute something. Answered with the mute's id.
    Mute(MuteOrder),
    /// To end mutes. Answered with how many there were.
    Unmute(Which),
    /// To read the configuration anew. Answered with what changed.
    Reload,
}

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

/// What came of a request.
///
/// As JSON: `{"ok": "…"}`, or `{"error": "…"}` where nothing was done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// It was done.
    Ok(String),
    /// It was not, and why.
    Error(String),
}

/// A request as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Mute(WrittenMute),
    Unmute(WrittenWhich),
    Reload,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMute {
    selector: String,
    seconds: u64,
    #[serde(default)]
    until_resolved: bool,
    #[serde(default)]
    why: String,
    #[serde(default)]
    who: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenWhich {
    Id(u32),
    Selector(String),
    All,
}

impl Request {
    /// Reads a line.
    ///
    /// # Errors
    /// Whoever wrote it: it is no request, in a sentence.
    pub fn parse(line: &str) -> Result<Self, String> {
        let written = serde_json::from_str(line).map_err(|error| format!("no request: {error}"))?;
        Ok(match written {
            Written::Mute(mute) => Self::Mute(mute.check()?),
            Written::Unmute(WrittenWhich::Id(id)) => Self::Unmute(Which::Id(MuteId(id))),
            Written::Unmute(WrittenWhich::Selector(text)) => {
                Self::Unmute(Which::Selector(selector(&text)?))
            }
            Written::Unmute(WrittenWhich::All) => Self::Unmute(Which::All),
            Written::Reload => Self::Reload,
        })
    }

    /// The line that [`Self::parse`] reads, with its end.
    pub fn to_line(&self) -> String {
        let written = match self {
            Self::Mute(MuteOrder { selector, lasts, until_resolved, why, who }) => {
                Written::Mute(WrittenMute {
                    selector: selector.to_string(),
                    seconds: lasts.as_secs(),
                    until_resolved: *until_resolved,
                    why: why.clone(),
                    who: who.clone(),
                })
            }
            Self::Unmute(Which::Id(id)) => Written::Unmute(WrittenWhich::Id(id.0)),
            Self::Unmute(Which::Selector(selector)) => {
                Written::Unmute(WrittenWhich::Selector(selector.to_string()))
            }
            Self::Unmute(Which::All) => Written::Unmute(WrittenWhich::All),
            Self::Reload => Written::Reload,
        };
        serde_json::to_string(&written).expect("plain data") + "\n"
    }
}

impl MuteOrder {
    /// The most bytes of a text beside the selector.
    pub const MAX_TEXT: usize = 256;

    /// The mute that is asked for at `now`.
    pub fn mute(self, now: crate::flow::Timestamp) -> Mute {
        let Self { selector, lasts, until_resolved, why, who } = self;
        let (id, until) = (MuteId::default(), now + lasts);
        Mute { id, selector, who, why, since: now, until, until_resolved }
    }

    /// The same, if its times and texts are within their bounds.
    ///
    /// # Errors
    /// Whoever asks for it, in a sentence.
    pub fn check(self) -> Result<Self, String> {
        if self.lasts < Duration::from_secs(1) || self.lasts > Mute::LONGEST {
            return Err("a mute lasts from 1s to 30d".to_owned());
        }
        if [&self.why, &self.who].iter().any(|text| text.len() > Self::MAX_TEXT) {
            return Err(format!("a text is longer than {} bytes", Self::MAX_TEXT));
        }
        Ok(self)
    }
}

impl WrittenMute {
    fn check(self) -> Result<MuteOrder, String> {
        let Self { selector: text, seconds, until_resolved, why, who } = self;
        let (selector, lasts) = (selector(&text)?, Duration::from_secs(seconds));
        MuteOrder { selector, lasts, until_resolved, why, who }.check()
    }
}

fn selector(text: &str) -> Result<Selector, String> {
    text.parse().map_err(|error: crate::flow::SelectorError| error.message)
}
