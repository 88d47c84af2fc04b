//! journalctl's output, as systemd 252 writes it.

use super::super::decoder::Decoder;
use super::super::place::Place;
use super::super::squeeze::Squeeze;

fn entry(n: u32, fields: &str) -> String {
    format!(
        "{{{fields},\"__REALTIME_TIMESTAMP\":\"170000000{n}000000\",\"__CURSOR\":\"s=c0ffee;i={n};b=1\"}}\n"
    )
}

/// The lines that `output` makes, however it is cut in two.
#[track_caller]
fn check(output: &str, lines: &[u8]) {
    for middle in 0..=output.len() {
        let (mut decoder, mut place) = (Decoder::new(1024), Place::default());
        let mut bytes = Vec::new();
        for part in [&output.as_bytes()[..middle], &output.as_bytes()[middle..]] {
            bytes.append(&mut decoder.push(part, &mut place).bytes);
        }
        assert_eq!(bytes.escape_ascii().to_string(), lines.escape_ascii().to_string());
    }
}

#[test]
fn an_entry_is_a_line_as_syslog_writes_it() {
    let fields =
        r#""MESSAGE":"it \"works\" \u0007\tnow","SYSLOG_IDENTIFIER":"web","_COMM":"w","_PID":"42""#;
    check(&entry(1, fields), b"web[42]: it \"works\" \x07\tnow\n");
    check(&entry(1, r#""MESSAGE":"x","_COMM":"cron","SYSLOG_PID":"7""#), b"cron[7]: x\n");
    check(&entry(1, r#""SYSLOG_IDENTIFIER":"kernel","MESSAGE":"oom""#), b"kernel: oom\n");
    check(&entry(1, r#""MESSAGE":"alone""#), b"unknown: alone\n");
}

#[test]
fn messages_of_any_kind_are_read() {
    check(&entry(1, r#""MESSAGE":"two\nlines\n","_COMM":"x""#), b"x: two\nlines\n");
    check(&entry(1, r#""MESSAGE":[98,105,110,255,0,1],"_COMM":"x""#), b"x: bin\xff\x00\x01\n");
    check(&entry(1, r#""MESSAGE":["a",[98,254]],"_COMM":"x""#), b"x: a\nb\xfe\n");
    check(&entry(1, r#""MESSAGE":null,"_COMM":"x""#), b"x: \n");
    check(&entry(1, r#""_COMM":["one","two"],"_PID":"1""#), b"one\ntwo[1]: \n");
    check(&entry(1, r#""MESSAGE":"","_COMM":"x""#), b"x: \n");
}

#[test]
fn the_entry_that_was_read_last_is_left_out_and_its_place_moves() {
    let mut place = Place { cursor: Some("s=c0ffee;i=1;b=other".to_owned()), ..Place::default() };
    let output = entry(1, r#""MESSAGE":"read""#) + &entry(2, r#""MESSAGE":"new""#);
    let mut decoder = Decoder::new(1024);
    let batch = decoder.push(output.as_bytes(), &mut place);
    assert_eq!(batch.bytes, b"unknown: new\n");
    assert_eq!(batch.entries.len(), 1);
    assert_eq!(place.cursor.as_deref(), Some("s=c0ffee;i=2;b=1"));
    assert_eq!(place.time, 1_700_000_002_000_000);
}

#[test]
fn what_is_no_entry_is_left_out_and_said_once() {
    let mut decoder = Decoder::new(1024);
    let mut place = Place::default();
    let output = format!("-- No entries --\n\n{{\"a\":1}}\n{}", entry(1, r#""MESSAGE":"x""#));
    assert_eq!(decoder.push(output.as_bytes(), &mut place).bytes, b"unknown: x\n");
    assert!(decoder.take_garbage());
    assert!(!decoder.take_garbage());
}

#[test]
fn a_long_entry_keeps_its_head_and_the_one_behind_it_is_whole() {
    for message in
        [format!("\"{}\"", "m".repeat(5_000_000)), format!("[{}1]", "109,".repeat(1_000_000))]
    {
        let output = entry(1, &format!("\"MESSAGE\":{message},\"_COMM\":\"x\""));
        let output = output + &entry(2, r#""MESSAGE":"next","_COMM":"x""#);
        let (mut decoder, mut place) = (Decoder::new(1024), Place::default());
        let (mut bytes, mut n_cut) = (Vec::new(), 0);
        for part in output.as_bytes().chunks(65_536) {
            let batch = decoder.push(part, &mut place);
            bytes.append(&mut batch.bytes);
            n_cut += std::mem::take(&mut batch.n_cut);
        }
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, format!("x: {}\nx: next\n", "m".repeat(1020)));
        assert!(n_cut > 3_900_000, "{n_cut}");
        assert_eq!(place.cursor.as_deref(), Some("s=c0ffee;i=2;b=1"));
    }
}

#[track_caller]
fn check_squeeze(json: &str, kept: &str) {
    let (mut squeeze, mut out) = (Squeeze::new(4), Vec::new());
    squeeze.push(json.as_bytes(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), kept);
    assert_eq!(squeeze.n_cut, (json.len() - kept.len()) as u64);
    assert!(serde_json::from_str::<serde_json::Value>(kept).is_ok(), "{kept}");
}

#[test]
fn squeezed_json_is_json() {
    check_squeeze(r#"{"a":"12345678","b":"x"}"#, r#"{"a":"1234","b":"x"}"#);
    check_squeeze(r#"{"a":"1234","b":"x"}"#, r#"{"a":"1234","b":"x"}"#);
    // Not within an escape, nor within a character.
    check_squeeze(r#"{"a":"123\u00e9more","b":"x"}"#, r#"{"a":"123\u00e9","b":"x"}"#);
    check_squeeze(r#"{"a":"123\"more\"\\","b":"x"}"#, r#"{"a":"123\"","b":"x"}"#);
    check_squeeze(r#"{"a":"123éé","b":"x"}"#, r#"{"a":"123é","b":"x"}"#);
    check_squeeze(r#"{"a":[1,2,3,4,5,66],"b":"x","c":"y"}"#, r#"{"a":[1,2,3,4],"b":"x","c":"y"}"#);
    check_squeeze(r#"{"a":["12345",[1,2,3,4,5]],"b":null}"#, r#"{"a":["1234",[1,2,3]],"b":null}"#);
    check_squeeze(r#"{"a":["1","2","3","4","5"],"b":"x"}"#, r#"{"a":["1","2","3","4"],"b":"x"}"#);
    check_squeeze(r#"{"a":[[1,2],[3,4],[5],[6]],"b":"x"}"#, r#"{"a":[[1,2],[3,4]],"b":"x"}"#);
    check_squeeze(
        r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":"x"}"#,
        r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":"x"}"#,
    );
    check_squeeze(r#"{"a":[1,2,3,4,"x]\"y"],"b":"x"}"#, r#"{"a":[1,2,3,4],"b":"x"}"#);
}

#[test]
fn places_are_remembered() {
    let place = Place { cursor: Some("s=a;i=1".to_owned()), time: 5, is_missed: false };
    assert_eq!(place.to_memo(), r#"{"cursor":"s=a;i=1","time":5}"#);
    assert_eq!(Place::from_memo(&place.to_memo()), Some(place.clone()));
    let missed = Place { is_missed: true, ..place };
    assert_eq!(Place::from_memo(&missed.to_memo()), Some(missed));
    assert_eq!(Place::from_memo("nonsense"), None);
    assert_eq!(Place { time: 1_000_002, ..Place::default() }.option(), "--since=@1.000002");
}
