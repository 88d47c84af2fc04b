//! The law of decoding: the same events with the same marks however raw lines are cut into chunks,
//! however much of each is taken, and wherever it goes on from what was saved.

use std::sync::Arc;

use encoding_rs::{Encoding, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::super::decode::{Carry, Decoded, Decoder, Form, Raw, Unit};
use super::container::{Model, Said, line};
use super::dice::Dice;
use crate::flow::{GenerationId, Offset, Timestamp};
use crate::frame::Framing;

/// An event, with the place where it began.
type Event = (GenerationId, Offset, Vec<u8>);

/// What a pass over a log came to.
#[derive(PartialEq, Eq, Debug, Default)]
struct Passed {
    events: Vec<Event>,
    n_cut: u64,
    n_alien: u64,
}

/// Container logs over several rotations: events are what the entries say.
pub fn container_logs(bytes: &[u8]) {
    let mut dice = Dice::new(bytes);
    let mut make = dice.halve();
    let form = make.one_of(&[Form::Cri, Form::Docker, Form::Either, Form::Plain]);
    let framing = framing(&mut make);
    let max_line = make.one_of(&[1, 7, 20, 1000]);
    let mut said: Vec<Said> = Vec::new();
    let mut generations = vec![Vec::new()];
    let mut places = Vec::new();
    while !make.is_over() {
        if make.once_in(12) {
            generations.push(Vec::new());
        }
        let next = line(form, &mut make);
        let n_before = generations.len();
        let file = generations.last_mut().expect("there is one");
        places.push((generation_id(n_before - 1), file.len() as u64));
        file.extend_from_slice(&next.raw);
        said.push(next);
    }
    let decoder = Decoder {
        unit: Unit::Byte,
        encoding: None,
        form,
        framing: framing.clone().map(Arc::new),
        max_line,
        max_out: usize::MAX,
    };
    let mut passed = hold(&decoder, &generations, &mut dice);

    let mut model = Model::new(max_line);
    for own in &said {
        model.take(own);
    }
    model.end_all();
    assert_eq!((passed.n_cut, passed.n_alien), (model.n_cut, model.n_alien));
    let events = match &framing {
        None => model.events,
        Some(framing) => {
            // Each is given out when the next of its output begins.
            passed.events.sort();
            model.framed(framing)
        }
    };
    let expected = events.into_iter().map(|(line, text)| {
        let (generation, offset) = places[line];
        (generation, offset, text)
    });
    assert_eq!(passed.events, expected.collect::<Vec<_>>());
}

/// No framing, one by a start, or that of stack traces.
fn framing(dice: &mut Dice<'_>) -> Option<Framing> {
    match dice.below(4) {
        0 | 1 => None,
        2 => Some(Framing::starting_with("^a").expect("a pattern")),
        _ => Some(Framing::auto()),
    }
}

/// Text in other encodings: each line is what it is on its own.
pub fn encoded_logs(bytes: &[u8]) {
    let mut dice = Dice::new(bytes);
    let mut make = dice.halve();
    let all: [(&'static Encoding, Unit); 4] = [
        (UTF_16LE, Unit::Utf16Le),
        (UTF_16BE, Unit::Utf16Be),
        (WINDOWS_1252, Unit::Byte),
        (SHIFT_JIS, Unit::Byte),
    ];
    let (encoding, unit) = make.one_of(&all);
    let max_line = make.one_of(&[5, 1000]);
    let mut file = Vec::new();
    while !make.is_over() {
        match unit {
            Unit::Byte => file.push(make.one_of(b"ab\n\x82\xa0\xff")),
            Unit::Utf16Le | Unit::Utf16Be => {
                file.push(make.one_of(b"a\n\0\xd8\xdc"));
                file.push(make.one_of(b"a\n\0\xd8\xdc"));
            }
        }
    }
    let decoder = Decoder {
        unit,
        encoding: Some(encoding),
        form: Form::Plain,
        framing: None,
        max_line,
        max_out: usize::MAX,
    };
    let passed = hold(&decoder, &[file.clone()], &mut dice);
    let mut at = 0;
    let mut events = passed.events.iter();
    while at < file.len() {
        let len = unit.first_line(&file[at..]).unwrap_or(file.len() - at);
        let text = encoding.decode_without_bom_handling(unit.without_end(&file[at..at + len])).0;
        let text = &text.as_bytes()[..text.len().min(max_line)];
        let (generation, offset, found) = events.next().expect("a line");
        assert_eq!((*generation, *offset, &**found), (generation_id(0), at as u64, text));
        at += len;
    }
    assert_eq!(events.next(), None);
}

fn generation_id(index: usize) -> GenerationId {
    GenerationId(7 + index as u64)
}

/// Holds a pass in pieces, with restarts, against one in a single piece; returns what it came to.
fn hold(decoder: &Decoder, generations: &[Vec<u8>], dice: &mut Dice<'_>) -> Passed {
    let whole = pass_whole(decoder, generations);
    let pieces = pass_in_pieces(decoder, generations, dice);
    assert_eq!(pieces, whole);
    let mut places: Vec<_> = whole.events.iter().map(|event| (event.0, event.1)).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), whole.events.len(), "two events of one place");
    whole
}

fn pass_whole(decoder: &Decoder, generations: &[Vec<u8>]) -> Passed {
    let mut passed = Passed::default();
    let mut carry = Carry::default();
    let mut out = Decoded::default();
    for (index, bytes) in generations.iter().enumerate() {
        let raw = Raw { generation: generation_id(index), offset: 0, bytes };
        decoder.decode(&raw, &mut carry, Timestamp::default(), &mut out);
        assert_eq!(out.n_raw, bytes.len());
        passed.take(&out, usize::MAX, out.n_cut, out.n_alien);
    }
    passed.settle(decoder, carry, &mut out);
    passed
}

fn pass_in_pieces(decoder: &Decoder, generations: &[Vec<u8>], dice: &mut Dice<'_>) -> Passed {
    let mut passed = Passed::default();
    let mut out = Decoded::default();
    let now = Timestamp::default();
    let mut saved = Carry::default();
    for (index, bytes) in generations.iter().enumerate() {
        saved = saved.without_taken();
        let mut offset = 0;
        let mut is_stuck = false;
        while offset < bytes.len() {
            let decoder = Decoder { max_out: 1 + dice.below(40), ..decoder.clone() };
            let n_lines = 1 + dice.below(6);
            let chunk = first_lines(decoder.unit, &bytes[offset..], n_lines);
            let raw = Raw { generation: generation_id(index), offset: offset as u64, bytes: chunk };
            let mut carry = saved.clone();
            decoder.decode(&raw, &mut carry, now, &mut out);
            check(&out, chunk);
            if !is_stuck && dice.once_in(8) {
                // Killed before anything was committed.
                continue;
            }
            let n_events = if is_stuck { usize::MAX } else { dice.below(out.marks.len() + 2) };
            let part = out.clone();
            if n_events < out.marks.len() {
                carry = decoder.rewind(&raw, &saved, now, &mut out, n_events);
            }
            passed.take(&part, n_events, out.n_cut, out.n_alien);
            is_stuck = out.n_raw == 0;
            offset += out.n_raw;
            saved = reload(&carry);
        }
    }
    passed.settle(decoder, saved, &mut out);
    passed
}

/// The carry as it is after a restart.
fn reload(carry: &Carry) -> Carry {
    let text = serde_json::to_string(carry).expect("it is text and numbers");
    let loaded: Carry = serde_json::from_str(&text).expect("what was written");
    assert_eq!(serde_json::to_string(&loaded).expect("as before"), text);
    loaded
}

fn first_lines(unit: Unit, bytes: &[u8], n_lines: usize) -> &[u8] {
    let mut end = 0;
    for _ in 0..n_lines {
        end += unit.first_line(&bytes[end..]).unwrap_or(bytes.len() - end);
    }
    &bytes[..end]
}

/// What holds for any output.
fn check(out: &Decoded, raw: &[u8]) {
    assert!(out.n_raw <= raw.len() && out.marks.len() == out.given_by.len());
    assert_eq!(out.marks.last().map_or(0, |mark| mark.end), out.bytes.len());
    assert!(out.marks.windows(2).all(|pair| pair[0].end < pair[1].end));
    assert!(out.marks.iter().all(|mark| out.bytes[mark.end - 1] == b'\n'));
    assert!(out.given_by.is_sorted() && out.given_by.iter().all(|&by| by < raw.len().max(1)));
}

impl Passed {
    /// Takes the first `n_events` of what came out.
    fn take(&mut self, out: &Decoded, n_events: usize, n_cut: u64, n_alien: u64) {
        let mut at = 0;
        for mark in out.marks.iter().take(n_events) {
            let text = out.bytes[at..mark.end - 1].to_vec();
            self.events.push((mark.generation, mark.offset, text));
            at = mark.end;
        }
        self.n_cut += n_cut;
        self.n_alien += n_alien;
    }

    /// Takes what is given out as it is when nothing more comes.
    fn settle(&mut self, decoder: &Decoder, mut carry: Carry, out: &mut Decoded) {
        decoder.settle(&mut carry, Timestamp::from_millis(i64::MAX / 2), out);
        self.take(out, usize::MAX, out.n_cut, out.n_alien);
        assert!(!carry.has_begun());
    }
}
