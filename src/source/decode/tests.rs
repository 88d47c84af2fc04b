use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::container::{Lane, Part};
use super::*;
use crate::flow::{GenerationId, Timestamp};
use crate::frame::Framing;

/// The labelled cases of other projects; the folder's NOTICE says whose, and which are left out.
fn cases<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/container");
    let text = fs::read_to_string(folder.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn form(format: &str) -> Form {
    match format {
        "cri" => Form::Cri,
        "docker" => Form::Docker,
        "auto" => Form::Either,
        other => panic!("{other}"),
    }
}

#[derive(Deserialize)]
struct ParseCase {
    name: String,
    format: String,
    line: String,
    /// Each letter is a byte.
    #[serde(default)]
    is_bytes: bool,
    fill: Option<(String, usize)>,
    text: Option<String>,
    stream: Option<String>,
    partial: Option<bool>,
}

#[test]
fn entries_say_what_other_projects_say_that_they_do() {
    let cases: Vec<ParseCase> = cases("parse.jsonl");
    assert_eq!(cases.len(), 22);
    for case in &cases {
        let fill = case.fill.as_ref().map(|(unit, len)| unit.repeat(3000)[..*len].to_owned());
        let whole = |text: &str| text.replace("{fill}", fill.as_deref().unwrap_or_default());
        let bytes = |text: &str| {
            if case.is_bytes {
                text.chars().map(|letter| u8::try_from(letter).unwrap()).collect()
            } else {
                whole(text).into_bytes()
            }
        };
        let line: Vec<u8> = bytes(&case.line);
        let entry = form(&case.format).entry(&line);
        let said = entry.as_ref().map(|entry| {
            let stream = match entry.lane {
                Lane::CriOut | Lane::DockerOut => "stdout",
                Lane::CriErr | Lane::DockerErr => "stderr",
                Lane::Plain | Lane::DockerAny => "none",
            };
            (entry.text.to_vec(), stream.to_owned(), entry.part == Part::Begun)
        });
        let expected = case
            .text
            .as_deref()
            .map(|text| (bytes(text), case.stream.clone().unwrap(), case.partial.unwrap()));
        assert_eq!(said, expected, "{}", case.name);
    }
}

#[derive(Deserialize)]
struct MergeCase {
    name: String,
    format: String,
    max_line: Option<usize>,
    start: Option<String>,
    #[serde(default)]
    any_order: bool,
    lines: Vec<String>,
    expected: Vec<String>,
}

#[test]
fn parts_are_joined_as_other_projects_join_them() {
    let cases: Vec<MergeCase> = cases("merge.jsonl");
    assert_eq!(cases.len(), 14);
    for case in &cases {
        let start = case.start.as_deref().map(|start| Framing::starting_with(start).unwrap());
        let decoder = Decoder {
            max_line: case.max_line.unwrap_or(1 << 18),
            framing: start.map(Arc::new),
            ..of(form(&case.format))
        };
        let mut events = events(&decoder, &(case.lines.join("\n") + "\n"));
        let mut expected = case.expected.clone();
        if case.any_order {
            events.sort();
            expected.sort();
        }
        assert_eq!(events, expected, "{}", case.name);
    }
}

/// A decoder of logs of the form `form`, without bounds.
fn of(form: Form) -> Decoder {
    Decoder {
        unit: Unit::Byte,
        encoding: None,
        form,
        framing: None,
        max_line: 1 << 20,
        max_out: usize::MAX,
    }
}

/// All events of a log, those that never end at its end.
fn events(decoder: &Decoder, log: &str) -> Vec<String> {
    let mut carry = Carry::default();
    let mut out = Decoded::default();
    let raw = Raw { generation: GenerationId(1), offset: 0, bytes: log.as_bytes() };
    decoder.decode(&raw, &mut carry, Timestamp::default(), &mut out);
    let mut events = texts(&out);
    decoder.settle(&mut carry, Timestamp::from_millis(1 << 40), &mut out);
    events.extend(texts(&out));
    events
}

fn texts(out: &Decoded) -> Vec<String> {
    let mut at = 0;
    let text = |end| {
        let text = String::from_utf8_lossy(&out.bytes[at..end]).trim_end_matches('\n').to_owned();
        at = end;
        text
    };
    out.marks.iter().map(|mark| mark.end).map(text).collect()
}

#[test]
fn the_first_lines_tell_what_a_file_is() {
    let cri = "2016-10-06T00:17:09.669794202Z stdout F x\n";
    let docker = "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2016-10-05T00:00:30Z\"}\n";
    let check = |head: &str, expected: Option<Form>| {
        assert_eq!(sniff(head.as_bytes(), true), expected, "{head}");
    };
    check(cri, Some(Form::Either));
    check(docker, Some(Form::Either));
    // The end of a torn line comes before the first entry.
    check(&format!("n of it\n\n{cri}"), Some(Form::Either));
    check("", None);
    check("one\ntwo\n", None);
    check("one\ntwo\nthree\n", Some(Form::Plain));
    check(&format!("one\ntwo\nthree\n{cri}"), Some(Form::Plain));
    // A line that is still being written tells nothing.
    check(&docker[..30], None);
    check("see stdout F of it\n{\"log\":\"text\"}\n{\"a\":1}\n", Some(Form::Plain));
    // The head of a file whose first line goes on behind it.
    assert_eq!(sniff(&docker.as_bytes()[..30], false), Some(Form::Either));
    assert_eq!(sniff(b"one", false), Some(Form::Plain));
}

#[test]
fn in_utf_16_half_of_a_letter_is_no_line_end() {
    let text = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    // U+0A0A and U+010A have `0x0A` in them, and U+000A U+0A00 side by side read as one shifted.
    let line = text("\u{0A0A}\u{010A}\n");
    assert_eq!(Unit::Utf16Le.first_line(&line), Some(6));
    assert_eq!(Unit::Utf16Le.whole_lines(&line[..5]), None);
    assert_eq!(Unit::Utf16Be.first_line(&line), None);
    assert_eq!(Unit::Utf16Le.first_line(&text("\u{0A00}x")), None);
    assert_eq!(Unit::Utf16Be.first_line(&text("\u{0A00}x")), Some(2));
}

#[test]
fn what_is_kept_is_saved_as_text_whatever_its_bytes() {
    let log = b"2016Z stdout P a\xff\x00\n2016Z stderr P caf\xc3\xa9\n";
    let mut carry = Carry::default();
    let raw = Raw { generation: GenerationId(3), offset: 5, bytes: log };
    of(Form::Cri).decode(&raw, &mut carry, Timestamp::default(), &mut Decoded::default());
    let text = serde_json::to_string(&carry).unwrap();
    let expected = r#"{"runs":[{"lane":"criout","line":{"begun":{"generation":3,"offset":5,"text":{"bytes":"aÿ\u0000"}}}},{"lane":"crierr","line":{"begun":{"generation":3,"offset":24,"text":"café"}}}]}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Carry>(&text).unwrap(), carry);
}

#[test]
fn a_line_begun_when_longer_ones_were_allowed_is_cut_where_it_is() {
    let stamp = "2026-11-23T10:00:00.000000000Z stdout";
    let (mut carry, mut out) = (Carry::default(), Decoded::default());
    let mut decode = |max_line, line: &str| {
        let decoder = Decoder { max_line, ..of(Form::Cri) };
        let raw = Raw { generation: GenerationId(1), offset: 0, bytes: line.as_bytes() };
        decoder.decode(&raw, &mut carry, Timestamp::default(), &mut out);
        texts(&out)
    };
    let head = "x".repeat(5000);
    assert!(decode(1 << 18, &format!("{stamp} P {head}\n")).is_empty());
    let given = decode(1024, &format!("{stamp} P more\n"));
    assert!(given.len() == 1 && given[0].len() <= head.len() && head.starts_with(&given[0]));
    assert!(decode(1024, &format!("{stamp} F rest\n")).is_empty());
    assert_eq!(decode(1024, &format!("{stamp} F next\n")), ["next"]);
}
