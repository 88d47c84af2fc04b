use super::*;

fn value(form: Form, text: &str, name: &str) -> Option<String> {
    let mut values = values(form, text.as_bytes(), &[name]);
    values.pop().flatten().map(|value| String::from_utf8_lossy(&value).into_owned())
}

fn json(text: &str, name: &str) -> Option<String> {
    value(Form::Json, text, name)
}

fn logfmt(text: &str, name: &str) -> Option<String> {
    value(Form::Logfmt, text, name)
}

#[expect(clippy::needless_pass_by_value, reason = "it is a value that was made to be looked at")]
fn is(found: Option<String>, expected: &str) {
    assert_eq!(found.as_deref(), Some(expected));
}

#[test]
fn a_dot_leads_into_an_object_or_a_list_or_is_part_of_a_key() {
    let text = r#"{"user":{"id":7,"tags":["a",{"b":"c"}]},"log.level":"warn","a":{"b.c":{"d":1}}}"#;
    is(json(text, "user.id"), "7");
    is(json(text, "user.tags.0"), "a");
    is(json(text, "user.tags.1.b"), "c");
    is(json(text, "log.level"), "warn");
    is(json(text, "a.b.c.d"), "1");
    is(json(text, ".user.id"), "7");
    for name in ["user.name", "user.tags.2", "user.id.x", "use", "log", "tags.0"] {
        assert_eq!(json(text, name), None, "{name}");
    }
}

#[test]
fn a_value_is_its_text_and_what_is_no_string_is_as_it_is_written() {
    let text = r#" {"s":"a\"\\\/\n\u00e4\ud83d\ude00","n":1.50e3,"big":12345678901234567890,"t":true,
        "l":[1, 2],"o":{"a": 1},"null":null,"e":""} "#;
    is(json(text, "s"), "a\"\\/\nä😀");
    is(json(text, "n"), "1.50e3");
    is(json(text, "big"), "12345678901234567890");
    is(json(text, "t"), "true");
    is(json(text, "l"), "[1, 2]");
    is(json(text, "o"), r#"{"a": 1}"#);
    is(json(text, "e"), "");
    assert_eq!(json(text, "null"), None);
}

#[test]
fn what_is_no_whole_json_object_has_no_fields() {
    let wrong = [
        r#"{"a":1"#,
        r#"{"a":1}}"#,
        r#"{"a":1} x"#,
        r#"{"a":1,}"#,
        r#"{"a":01}"#,
        "{'a':1}",
        r#"{"a":1}{"a":1}"#,
        r#"["a",1]"#,
        "a=1",
        "",
        "{",
        "\"a\"",
    ];
    for text in wrong {
        assert_eq!(json(text, "a"), None, "{text}");
    }
    assert_eq!(value(Form::Either, r#"{"a":1 a=2"#, "a"), None, "nor is it anything else");
}

#[test]
fn what_stands_before_an_object_is_passed_over_where_it_is_said_to_be_json() {
    let text = r#"<30>Nov 30 20:00:00 web app[7]: {"a":"x"}"#;
    is(json(text, "a"), "x");
    assert_ne!(value(Form::Either, text, "a").as_deref(), Some("x"));
    is(value(Form::Either, r#" {"a":"x"}"#, "a"), "x");
    is(value(Form::Either, "b=1 a=x", "a"), "x");
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts() {
    is(json(r#"{"a":1,"b":2,"a":3}"#, "a"), "3");
    assert_eq!(json(r#"{"a":1,"a":null}"#, "a"), None);
    is(logfmt("a=1 a=2", "a"), "2");
}

#[test]
fn bytes_that_are_no_utf_8_and_halves_of_letters_hide_nothing() {
    let text = b"{\"agent\":\"caf\xe9\",\"level\":\"error\"}";
    let found = values(Form::Json, text, &["agent", "level"]);
    assert_eq!(found[0].as_deref(), Some("caf\u{fffd}".as_bytes()));
    assert_eq!(found[1].as_deref(), Some(&b"error"[..]));
    let cut = r#"{"msg":"so \ud83d","level":"error"}"#;
    is(json(cut, "level"), "error");
    assert!(json(cut, "msg").is_some_and(|text| text.starts_with("so \u{fffd}")));
}

#[test]
fn depth_costs_nothing_that_is_kept() {
    let deep = format!("{{\"x\":{}{},\"a\":1}}", "[".repeat(100_000), "]".repeat(100_000));
    is(json(&deep, "a"), "1");
    assert_eq!(json(&deep, &vec!["0"; MAX_PARTS].join(".")), None);
    let list = "x.".to_owned() + &vec!["0"; MAX_PARTS - 1].join(".");
    assert!(is_name(&list));
    assert!(json(&deep, &list).is_some_and(|value| value.starts_with("[[")));
}

#[test]
fn logfmt_has_bare_and_quoted_values_and_keys_without_any() {
    let text = r#"ts=1 level=error msg="it \"broke\"\n\\ \u00e4\x" debug path=/a?b=c empty= q="" "#;
    is(logfmt(text, "level"), "error");
    is(logfmt(text, "msg"), "it \"broke\"\n\\ ä\\x");
    is(logfmt(text, "debug"), "true");
    is(logfmt(text, "path"), "/a?b=c");
    is(logfmt(text, "empty"), "");
    is(logfmt(text, "q"), "");
    assert_eq!(logfmt(text, "b"), None);
    is(logfmt(r#"a="x"b=2 user.id=7"#, "b"), "2");
    is(logfmt("user.id=7", ".user.id"), "7");
    is(logfmt(r#"a="never closed b=1"#, "a"), "never closed b=1");
    is(logfmt(r#"a="ends with \"#, "a"), "ends with \\");
    is(logfmt(r#"= == "x" a=1"#, "a"), "1");
    is(logfmt("\u{feff}a=1\tb=2", "b"), "2");
}

#[test]
fn names_are_bounded() {
    for name in ["a", "user.id", ".host", "a b", "ä", "items.0.x"] {
        assert!(is_name(name), "{name}");
    }
    let long = "x".repeat(MAX_NAME + 1);
    let deep = vec!["a"; MAX_PARTS + 1].join(".");
    for name in ["", ".", "a.", "a..b", "..a", "a\n", &long, &deep] {
        assert!(!is_name(name), "{name}");
    }
}

fn read(form: Form, text: &str) -> Option<String> {
    let (message, others) = reading(form, text.as_bytes())?;
    let parts = [message, others].map(|part| String::from_utf8(part).unwrap());
    Some(parts.join("\n").trim_end().to_owned())
}

#[test]
fn an_event_reads_as_its_message_with_the_other_fields_behind_it() {
    let text = r#"{"time":"2026-11-30T20:00:00Z","level":"error","msg":"payment failed\n",
        "user":{"id":7,"name":"Eve Doe"},"err":"dead\"line","ok":false,"none":null,"l":[1,2]}"#;
    let expected = "payment failed\nlevel=error user.id=7 user.name=\"Eve Doe\" err=\"dead\\\"line\" \
                    ok=false l=[1,2]";
    is(read(Form::Json, text), expected);
    let text = "ts=1 level=warn msg=\"slow query\" took=12ms";
    is(read(Form::Logfmt, text), "slow query\nlevel=warn took=12ms");
    assert_eq!(read(Form::Logfmt, "eve logged in msg=hello"), None, "it is text");
    is(read(Form::Json, r#"{"event":"signup","Message":"hello"}"#), "hello\nevent=signup");
    is(read(Form::Json, r#"{"message":"","msg":"x"}"#), "x");
    for none in [r#"{"a":1}"#, r#"{"msg":{"a":1}}"#, r#"{"msg":"x""#, "no message at all"] {
        assert_eq!(read(Form::Either, none), None, "{none}");
    }
}

#[test]
fn what_is_read_is_bounded_however_much_there_is() {
    let long = "ä".repeat(10_000);
    let many: Vec<String> = (0..5000).map(|i| format!("\"k{i}\":\"{long}\"")).take(50).collect();
    let text = format!("{{{},\"msg\":\"{long}\"}}", many.join(","));
    let (message, others) = reading(Form::Json, text.as_bytes()).unwrap();
    assert!(message.len() <= MAX_READING && others.len() <= MAX_READING);
    let all: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for form in [Form::Json, Form::Logfmt, Form::Either] {
        values(form, &all, &["a"]);
        reading(form, &all);
    }
}
