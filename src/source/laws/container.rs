//! Logs of containers, made up, with what they say.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::decode::Form;
use super::dice::Dice;
use crate::frame::{FrameState, Framing, Place};

/// One line of a log and what it is.
pub(in crate::source) struct Said {
    /// As it lies in the file, its end included.
    pub(in crate::source) raw: Vec<u8>,
    /// Which output it came from; `None`: it is in no runtime's format.
    pub(in crate::source) lane: Option<&'static str>,
    pub(in crate::source) text: Vec<u8>,
    pub(in crate::source) is_ended: bool,
}

/// A line of a log of the form `form`.
pub(in crate::source) fn line(form: Form, dice: &mut Dice<'_>) -> Said {
    if form == Form::Plain {
        return plain(dice);
    }
    let text: String =
        (0..dice.below(12)).map(|_| dice.one_of(&['a', 'b', ' ', 'é', '"'])).collect();
    let is_cri = match form {
        Form::Cri => true,
        Form::Docker => false,
        Form::Either | Form::Plain => dice.below(2) == 0,
    };
    let mut said = match dice.below(8) {
        0 => Said { raw: alien(dice), lane: None, text: Vec::new(), is_ended: true },
        _ if is_cri => cri(&text, dice),
        _ => docker(&text, dice),
    };
    if said.lane.is_none() {
        said.text.clone_from(&said.raw);
    }
    said.raw.push(b'\n');
    said
}

/// A line of text.
fn plain(dice: &mut Dice<'_>) -> Said {
    let text: Vec<u8> = (0..dice.below(12)).map(|_| dice.one_of(b"ab \r\xff")).collect();
    let raw = [&text[..], b"\n"].concat();
    Said { raw, lane: Some("plain"), text, is_ended: true }
}

/// A whole line of `stderr`.
#[cfg(test)]
pub(in crate::source) fn whole(form: Form, text: &str) -> Said {
    let (raw, lane) = match form {
        Form::Docker => {
            let entry = json!({ "log": format!("{text}\n"), "stream": "stderr" });
            (format!("{entry}\n"), "docker err")
        }
        Form::Plain => (format!("{text}\n"), "plain"),
        Form::Cri | Form::Either => (format!("2016Z stderr F {text}\n"), "cri err"),
    };
    let (raw, text) = (raw.into_bytes(), text.as_bytes().to_vec());
    Said { raw, lane: Some(lane), text, is_ended: true }
}

fn alien(dice: &mut Dice<'_>) -> Vec<u8> {
    let all: [&[u8]; 6] =
        [b"", b"panic: x", b"\xff\xfe", b"2016Z stdin F x", b"{}", b"{\"log\":1}"];
    dice.one_of(&all).to_vec()
}

fn cri(text: &str, dice: &mut Dice<'_>) -> Said {
    let lane = dice.one_of(&["stdout", "stderr"]);
    let tag = dice.one_of(&["P", "F", "P:x", "F:y:z"]);
    let raw = format!("2016-10-06T00:17:09.669794202Z {lane} {tag} {text}");
    let lane = if lane == "stdout" { "cri out" } else { "cri err" };
    Said {
        raw: raw.into_bytes(),
        lane: Some(lane),
        text: text.as_bytes().to_vec(),
        is_ended: tag.starts_with('F'),
    }
}

fn docker(text: &str, dice: &mut Dice<'_>) -> Said {
    let lane = dice.one_of(&["stdout", "stderr"]);
    let is_ended = dice.below(2) == 0;
    let log = if is_ended { format!("{text}\n") } else { text.to_owned() };
    let mut entry = json!({ "log": log, "stream": lane, "time": "2016-10-05T00:00:30.08Z" });
    if dice.below(4) == 0 {
        entry["attrs"] = json!({ "tag": "x", "log": "no" });
    }
    let lane = if lane == "stdout" { "docker out" } else { "docker err" };
    let raw = entry.to_string().into_bytes();
    Said { raw, lane: Some(lane), text: text.as_bytes().to_vec(), is_ended }
}

/// What a log says, line by line, by the plainest way there is.
#[derive(Default)]
pub(in crate::source) struct Model {
    max_line: usize,
    lanes: BTreeMap<&'static str, Begun>,
    n_lines: usize,
    /// The lines that ended, each with the number of the raw line that it began in.
    pub(in crate::source) events: Vec<(usize, Vec<u8>)>,
    /// Where each of them came from.
    sources: Vec<&'static str>,
    pub(in crate::source) n_cut: u64,
    pub(in crate::source) n_alien: u64,
}

struct Begun {
    line: usize,
    text: Vec<u8>,
    is_head_out: bool,
}

impl Model {
    pub(in crate::source) fn new(max_line: usize) -> Self {
        Self { max_line, ..Self::default() }
    }

    pub(in crate::source) fn take(&mut self, said: &Said) {
        let line = self.n_lines;
        self.n_lines += 1;
        let output = said.lane.unwrap_or("none");
        if said.lane.is_none() {
            self.n_alien += 1;
            self.end_all();
        }
        let begun = Begun { line, text: Vec::new(), is_head_out: false };
        let begun = self.lanes.entry(output).or_insert(begun);
        begun.text.extend_from_slice(&said.text);
        if begun.text.len() > self.max_line {
            self.n_cut += (begun.text.len() - self.max_line) as u64;
            begun.text.truncate(self.max_line);
            if !begun.is_head_out {
                begun.is_head_out = true;
                self.events.push((begun.line, begun.text.clone()));
                self.sources.push(output);
            }
        }
        if said.is_ended {
            self.end(output);
        }
    }

    fn end(&mut self, lane: &'static str) {
        if let Some(begun) = self.lanes.remove(lane).filter(|begun| !begun.is_head_out) {
            self.events.push((begun.line, begun.text));
            self.sources.push(lane);
        }
    }

    /// What becomes of the lines where several of one output make one event, by the places where
    /// they began.
    pub(in crate::source) fn framed(self, framing: &Framing) -> Vec<(usize, Vec<u8>)> {
        let mut events: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut lanes: BTreeMap<&'static str, (FrameState, usize)> = BTreeMap::new();
        for ((line, text), lane) in self.events.into_iter().zip(self.sources) {
            let (state, event) = lanes.entry(lane).or_default();
            match framing.take(state, &text) {
                Place::Begins => {
                    *event = events.len();
                    events.push((line, text));
                }
                Place::Continues => {
                    events[*event].1.push(b'\n');
                    events[*event].1.extend_from_slice(&text);
                }
            }
        }
        events.sort();
        events
    }

    /// Ends what has begun, the oldest first.
    pub(in crate::source) fn end_all(&mut self) {
        let mut lanes: Vec<_> = self.lanes.iter().map(|(lane, own)| (own.line, *lane)).collect();
        lanes.sort_unstable();
        for (_, lane) in lanes {
            self.end(lane);
        }
    }
}
