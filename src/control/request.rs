//! What can be asked of a running agent, and how that is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{MuteId, MuteOrder, Selector, Which};

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
