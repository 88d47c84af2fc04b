//! One line of `journalctl --output=json` → the text that rules see, and its place.

use serde::Deserialize;

use super::place::Place;

/// The fields that are asked for. The cursor and the time come in any case.
pub(super) const FIELDS: &str = "MESSAGE,SYSLOG_IDENTIFIER,_COMM,_PID,SYSLOG_PID";

/// An entry of the journal.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "__CURSOR")]
    pub(super) cursor: String,
    /// In microseconds since the epoch.
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    time: String,
    #[serde(rename = "MESSAGE")]
    message: Option<Field>,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Option<Field>,
    #[serde(rename = "_COMM")]
    command: Option<Field>,
    #[serde(rename = "_PID")]
    pid: Option<Field>,
    #[serde(rename = "SYSLOG_PID")]
    said_pid: Option<Field>,
}

/// A field as journalctl writes it (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>, "Journal JSON Format").
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Field {
    Text(String),
    /// Not text: its bytes, as numbers.
    Bytes(Vec<u8>),
    /// The entry has the field several times.
    Several(Vec<Option<Field>>),
}

impl Entry {
    /// Reads a line; `None` if it is no entry.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// Where reading goes on behind it.
    pub(super) fn place(&self) -> Place {
        let time = self.time.parse().unwrap_or(0);
        Place { cursor: Some(self.cursor.clone()), time, is_missed: false }
    }

    /// Appends `IDENTIFIER[PID]: MESSAGE` and a line end to `text`, as syslog would write it without
    /// time and host; at most `max` bytes. Returns how many bytes were cut off.
    pub(super) fn write(&self, text: &mut Vec<u8>, max: usize) -> u64 {
        let begin = text.len();
        match self.identifier.as_ref().or(self.command.as_ref()) {
            Some(name) => name.write(text),
            None => text.extend_from_slice(b"unknown"),
        }
        if let Some(pid) = self.pid.as_ref().or(self.said_pid.as_ref()) {
            text.push(b'[');
            pid.write(text);
            text.push(b']');
        }
        text.extend_from_slice(b": ");
        if let Some(message) = &self.message {
            message.write(text);
        }
        while text.last() == Some(&b'\n') {
            text.pop();
        }
        let n_cut = (text.len() - begin).saturating_sub(max - 1);
        text.truncate(text.len() - n_cut);
        text.push(b'\n');
        n_cut as u64
    }
}

impl Field {
    fn write(&self, text: &mut Vec<u8>) {
        match self {
            Self::Text(own) => text.extend_from_slice(own.as_bytes()),
            Self::Bytes(own) => text.extend_from_slice(own),
            Self::Several(all) => {
                for (index, field) in all.iter().flatten().enumerate() {
                    if index > 0 {
                        text.push(b'\n');
                    }
                    field.write(text);
                }
            }
        }
    }
}
