//! Lines of container runtimes: whose they are, what they say, and whether they go on.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::flow::Timestamp;

/// One entry of a container's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::source) struct Entry<'a> {
    /// Which entries belong together.
    pub(in crate::source) lane: Lane,
    /// What the container wrote, without a line end.
    pub(in crate::source) text: Cow<'a, [u8]>,
    /// Whether its line ends with it.
    pub(in crate::source) part: Part,
    /// When it was written.
    pub(in crate::source) time: Option<Timestamp>,
}

/// One sequence of lines in a log: what a container writes to one of its outputs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::source) enum Lane {
    /// Lines that are in no runtime's format.
    Plain,
    /// CRI, `stdout`.
    CriOut,
    /// CRI, `stderr`.
    CriErr,
    /// Docker, `stdout`.
    DockerOut,
    /// Docker, `stderr`.
    DockerErr,
    /// Docker, without a stream.
    DockerAny,
}

/// Whether a line ends with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::source) enum Part {
    /// It goes on in the lane's next entry.
    Begun,
    /// It ends.
    Ended,
}

/// What a line of a runtime's log looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::source) enum Form {
    /// Like text.
    #[default]
    Plain,
    /// `TIME stdout|stderr P|F TEXT`.
    Cri,
    /// `{"log":"TEXT\n","stream":"stdout","time":"…"}`.
    Docker,
    /// Like one of the last two.
    Either,
}

impl Form {
    /// What `line`, without its line end, says; `None` where it is not of this form.
    pub(in crate::source) fn entry(self, line: &[u8]) -> Option<Entry<'_>> {
        match self {
            Self::Plain => None,
            Self::Docker => docker(line),
            Self::Either if line.first() == Some(&b'{') => docker(line),
            Self::Cri | Self::Either => cri(line),
        }
    }

    /// The format's name, for people.
    pub(in crate::source) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Cri => "CRI",
            Self::Docker => "Docker",
            Self::Either => "container",
        }
    }
}

/// Reads `TIME stdout|stderr P|F TEXT`, as containerd and CRI-O write it. The tag may have more
/// parts, split by `:`, of which the first tells (kubernetes, `pkg/kubelet/kuberuntime/logs`,
/// 2016's design proposal "CRI: Log management").
fn cri(line: &[u8]) -> Option<Entry<'_>> {
    let (time, rest) = split_word(line)?;
    let (stream, rest) = split_word(rest)?;
    let output = match stream {
        b"stdout" => Lane::CriOut,
        b"stderr" => Lane::CriErr,
        _ => return None,
    };
    // Without a text the blank behind the tag may be missing, too.
    let (tag, text) = split_word(rest).unwrap_or((rest, b""));
    let part = match tag {
        b"P" | [b'P', b':', ..] => Part::Begun,
        b"F" | [b'F', b':', ..] => Part::Ended,
        _ => return None,
    };
    let text = Cow::Borrowed(text);
    (!time.is_empty()).then(|| Entry { lane: output, text, part, time: instant(time) })
}

/// What stands before the first blank, and behind it.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr::memchr(b' ', text)?;
    Some((&text[..blank], &text[blank + 1..]))
}

/// An entry of Docker's `json-file` driver. `attrs` are not looked at.
#[derive(Deserialize)]
struct DockerEntry<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
}

/// Reads Docker's `{"log":"TEXT\n",…}`. The daemon cuts lines of over 16 KiB into entries of which
/// only the last has the `\n` (moby, `daemon/logger/copier.go`).
fn docker(line: &[u8]) -> Option<Entry<'_>> {
    let entry: DockerEntry<'_> = serde_json::from_slice(line).ok()?;
    let output = match &*entry.stream {
        "stdout" => Lane::DockerOut,
        "stderr" => Lane::DockerErr,
        _ => Lane::DockerAny,
    };
    let (text, part) = match entry.log {
        Cow::Borrowed(log) => (Cow::Borrowed(log.as_bytes()), Part::Begun),
        Cow::Owned(mut log) => {
            let has_end = log.ends_with('\n');
            log.truncate(log.len() - usize::from(has_end));
            let part = if has_end { Part::Ended } else { Part::Begun };
            (Cow::Owned(log.into_bytes()), part)
        }
    };
    Some(Entry { lane: output, text, part, time: instant(entry.time.as_bytes()) })
}

/// The time that a runtime writes, as RFC 3339 has it.
fn instant(time: &[u8]) -> Option<Timestamp> {
    let time: jiff::Timestamp = std::str::from_utf8(time).ok()?.parse().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}

/// Lines that are looked at to tell what a file is.
const TELLING_LINES: usize = 3;

/// What a file is that begins with `head`: the first of its first lines that is of a runtime's form
/// tells. `None`: there are too few lines yet, and all of them are plain so far. They can be given
/// out as they are: so they are in a container's log, too.
pub(in crate::source) fn sniff(head: &[u8], is_all: bool) -> Option<Form> {
    let mut n_plain = 0;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        let is_whole = line.ends_with(b"\n");
        let text = line.trim_ascii();
        if text.is_empty() || (is_all && !is_whole) {
            continue;
        }
        if is_container(text, is_whole) {
            return Some(Form::Either);
        }
        n_plain += 1;
        if n_plain == TELLING_LINES || !is_whole {
            return Some(Form::Plain);
        }
    }
    (!is_all).then_some(Form::Plain)
}

fn is_container(line: &[u8], is_whole: bool) -> bool {
    if line.first() == Some(&b'{') {
        let is_begin = line.starts_with(b"{\"log\":");
        return is_begin
            && (!is_whole || docker(line).is_some_and(|own| own.lane != Lane::DockerAny));
    }
    // Text may speak of `stdout F`, but not behind a time.
    let is_timed = |line: &[u8]| {
        split_word(line).is_some_and(|(time, _)| {
            time.len() >= 20 && time[0].is_ascii_digit() && time.get(10) == Some(&b'T')
        })
    };
    is_timed(line) && cri(line).is_some()
}
