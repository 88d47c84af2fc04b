//! What the bytes of one file mean: as configured, and as its beginning tells.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::body::Body;
use super::decode::{Decoder, Form, Unit, sniff};
use super::read::{MAX_CHUNK, MAX_LINE};
use super::settings::{Format, SourceSettings};
use crate::frame::Framing;

/// So much of a file is looked at to tell its format.
const MAX_SNIFFED: usize = 16 * 1024;

/// What the configuration says of the files of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    pub(super) format: Format,
    pub(super) encoding: Option<&'static Encoding>,
    pub(super) max_line: usize,
    pub(super) framing: Option<Arc<Framing>>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { format: Format::Plain, encoding: None, max_line: MAX_LINE, framing: None }
    }
}

impl From<&SourceSettings> for Reading {
    fn from(settings: &SourceSettings) -> Self {
        Self {
            format: settings.format,
            encoding: settings.encoding,
            max_line: settings.max_line.clamp(1, MAX_LINE),
            framing: settings.framing.clone(),
        }
    }
}

/// What the bytes of one file mean.
#[derive(Clone, Debug)]
pub(super) struct Dialect {
    pub(super) decoder: Decoder,
    /// How long the mark at its beginning is that says what its text is written in.
    pub(super) bom_len: u8,
    /// Whether what comes cannot change it.
    pub(super) is_certain: bool,
}

impl Reading {
    /// The first word of the configuration in which `other` differs.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.format != other.format {
            Some("format")
        } else if self.encoding != other.encoding {
            Some("encoding")
        } else if self.framing != other.framing {
            Some("multiline")
        } else if self.max_line != other.max_line {
            Some("max_line")
        } else {
            None
        }
    }

    /// What the bytes of `body` mean, as far as can be told by now.
    pub(super) fn dialect(&self, body: &Body) -> io::Result<Dialect> {
        let mut head = [0; MAX_SNIFFED];
        let n_wanted = if self.format == Format::Auto { MAX_SNIFFED } else { 3 };
        let n_read = body.read_at(&mut head[..n_wanted], 0)?;
        Ok(self.dialect_of(&head[..n_read], n_read < n_wanted))
    }

    /// What is right for lines that were decoded before, whatever file they came from.
    pub(super) fn any_decoder(&self) -> Decoder {
        self.dialect_of(&[], true).decoder
    }

    /// The same for a file that begins with `head`, or holds nothing else yet.
    fn dialect_of(&self, head: &[u8], is_all: bool) -> Dialect {
        // Runtimes write UTF-8, whatever their containers write.
        let is_container = matches!(self.format, Format::Cri | Format::Docker);
        let bom = Encoding::for_bom(head).filter(|(own, _)| *own == UTF_8 || !is_container);
        let (encoding, bom_len) = match (self.encoding, bom) {
            (None, Some((encoding, len))) => (Some(encoding), len),
            (Some(own), Some((encoding, len))) if own == encoding => (Some(own), len),
            (own, _) => (own, 0),
        };
        let unit = match encoding {
            Some(own) if own == UTF_16LE => Unit::Utf16Le,
            Some(own) if own == UTF_16BE => Unit::Utf16Be,
            _ => Unit::Byte,
        };
        // Bytes that are not UTF-8 where it should be are matched as they are.
        let encoding = encoding.filter(|own| *own != UTF_8);
        let is_bom_begun = is_all && matches!(head, [] | [0xEF | 0xFE | 0xFF] | [0xEF, 0xBB]);
        let sniffed = || {
            let text = &head[bom_len..unit.whole(head.len()).max(bom_len)];
            let text: Cow<'_, [u8]> = encoding.map_or(text.into(), |own| {
                own.decode_without_bom_handling(text).0.into_owned().into_bytes().into()
            });
            sniff_text(&text, is_all)
        };
        let form = match self.format {
            Format::Plain => Some(Form::Plain),
            Format::Cri => Some(Form::Cri),
            Format::Docker => Some(Form::Docker),
            Format::Auto => sniffed(),
        };
        Dialect {
            decoder: Decoder {
                unit,
                encoding,
                form: form.unwrap_or_default(),
                framing: self.framing.clone(),
                max_line: self.max_line,
                max_out: MAX_CHUNK / 2,
            },
            bom_len: u8::try_from(bom_len).expect("at most 3"),
            is_certain: form.is_some() && !is_bom_begun,
        }
    }
}

/// What text tells. A hole at the beginning, where a file was truncated under its writer, tells
/// nothing: what stands behind it is text like any other.
fn sniff_text(text: &[u8], is_all: bool) -> Option<Form> {
    if text.first() == Some(&0) && !is_all {
        return Some(Form::Either);
    }
    let n_nuls = text.iter().take_while(|&&byte| byte == 0).count();
    sniff(&text[n_nuls..], is_all)
}
