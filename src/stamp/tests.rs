//! What is told from the lines of common programs.

use jiff::tz::TimeZone;

use super::Stamp;
use crate::flow::Timestamp;

/// The time in `text` to a host in Berlin that reads it on 23 November 2026, as RFC 3339.
fn read(text: &str) -> String {
    read_near(text, "2026-11-23T20:00:00Z")
}

fn read_near(text: &str, near: &str) -> String {
    let near: jiff::Timestamp = near.parse().unwrap();
    let near = Timestamp::from_millis(near.as_millisecond());
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let Some(stamp) = Stamp::find(text.as_bytes()) else { return "none".to_owned() };
    let Some(at) = stamp.at(near, &zone) else { return "no such day".to_owned() };
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().to_string()
}

#[test]
fn stamps_with_a_zone_are_exact() {
    for text in [
        "2026-11-23T19:04:05Z",
        "2026-11-23T20:04:05+01:00 host app[1]: text",
        "2026-11-23 14:04:05-0500 text",
        "2026-11-23 19:04:05+00 text",
        "2026-11-23 19:04:05.000 UTC [712] FATAL:  the database system is starting up",
        "20261123T190405Z text",
        r#"203.0.113.9 - - [23/Nov/2026:19:04:05 +0000] "GET / HTTP/1.1" 200 5"#,
        "Mon, 23 Nov 2026 19:04:05 GMT text",
        "[Mon Nov 23 19:04:05 UTC 2026] text",
        "1795460645 text",
        "[1795460645] SERVICE ALERT: web;HTTP;CRITICAL",
        "1795460645000 text",
        r#"{"level":"error","ts":1795460645.0,"msg":"refused since 2001-01-01 00:00:00"}"#,
        r#"{"msg":"refused since 2001-01-01 00:00:00","timestamp": "2026-11-23T19:04:05Z"}"#,
        r#"level=error ts=1795460645000000000 msg="refused""#,
        r#"time="2026-11-23T19:04:05Z" level=fatal msg="refused""#,
    ] {
        assert_eq!(read(text), "2026-11-23T19:04:05Z", "{text}");
    }
}

#[test]
fn a_key_of_a_json_object_says_the_time_however_far_behind_it_stands() {
    let long = "x".repeat(3000);
    for colon in [":", " : "] {
        let text = format!(
            "{{\"msg\":\"2001-01-01T00:00:00Z {long}\",\"time\"{colon}\"2026-11-23T20:00:00Z\"}}"
        );
        assert_eq!(read(&text), read("2026-11-23T20:00:00Z"), "{colon}");
    }
}

#[test]
fn stamps_without_a_zone_are_of_the_host() {
    for text in [
        "2026-11-23 20:04:05 text",
        "2026/11/23 20:04:05 [error] 7#7: *1 connect() failed",
        "[2026-11-23 20:04:05] production.ERROR: text",
        "2026-11-23 20:04:05 -- text",
        "2026-11-23 20:04:05 -12 degrees",
        "Nov 23 20:04:05 host sshd[1]: text",
        "<34>Nov 23 20:04:05 host sshd[1]: text",
        "Nov 23 2026 20:04:05: %ASA-4-106023: Deny",
        "[Mon Nov 23 20:04:05 2026] [error] text",
        "712:M 23 Nov 2026 20:04:05 # Server initialized",
        "23-Nov-2026 20:04:05 SEVERE [main] text",
        "23.11.2026 20:04:05 text",
        "261123 20:04:05 [ERROR] mysqld",
        "20261123 20:04:05 text",
        "E1123 20:04:05 1 controller.go:114] text",
    ] {
        assert_eq!(read(text), "2026-11-23T19:04:05Z", "{text}");
    }
}

#[test]
fn fractions_of_a_second_are_kept_to_the_millisecond() {
    for text in [
        "2026-11-23 20:04:05,678 ERROR text",
        "2026-11-23T20:04:05.678999",
        "[Mon Nov 23 20:04:05.678901 2026] [core:error] text",
        "E1123 20:04:05.678901 1 controller.go:114] text",
        "1795460645.678 text",
        "1795460645678901 text",
    ] {
        assert_eq!(read(text), "2026-11-23T19:04:05.678Z", "{text}");
    }
}

#[test]
fn a_year_is_the_one_that_comes_nearest() {
    let read = |text, near| read_near(text, near);
    assert_eq!(read("Dec 31 23:59:59 h", "2027-01-01T00:00:30Z"), "2026-12-31T22:59:59Z");
    assert_eq!(read("Jan  1 00:59:59 h", "2026-12-31T23:59:30Z"), "2026-12-31T23:59:59Z");
    assert_eq!(read("Feb 29 12:00:00 h", "2025-02-28T12:00:00Z"), "2024-02-29T11:00:00Z");
    assert_eq!(read("Feb 29 12:00:00 h", "2026-06-01T12:00:00Z"), "no such day");
}

#[test]
fn of_a_doubled_hour_the_nearest_is_taken() {
    let text = "2026-10-25 02:30:00 text";
    assert_eq!(read_near(text, "2026-10-25T00:31:00Z"), "2026-10-25T00:30:00Z");
    assert_eq!(read_near(text, "2026-10-25T01:31:00Z"), "2026-10-25T01:30:00Z");
    // Half past two was left out in the spring.
    assert_eq!(read("2026-03-29 02:30:00 text"), "2026-03-29T01:30:00Z");
}

#[test]
fn what_is_no_stamp_is_not_taken_for_one() {
    for text in [
        "",
        "2026-11-23",
        "version 2026-11-23-rc1 of 10.20.30.40 listens on 12:30:45",
        "May I ask 20:00:00",
        "2026-13-23 20:00:00 there is no such month",
        "2026-11-23 25:00:00 there is no such hour",
        "order 1795460645 was refused",
        "12026-11-23 20:00:00",
        "Feb 30 20:00:00 there is no such day",
        "[   12.345678] usb 1-1: new device",
    ] {
        assert_eq!(read(text), "none", "{text}");
    }
    let far = format!("{}2026-11-23 20:00:00", "x ".repeat(Stamp::REACH));
    assert_eq!(read(&far), "none");
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_much(text in "[0-9A-Za-z:./, +{}\"T-]{0,60}", near: i32) {
        if let Some(stamp) = Stamp::find(text.as_bytes()) {
            stamp.at(Timestamp::from_millis(i64::from(near) * 1000), &TimeZone::UTC);
        }
    }
}
