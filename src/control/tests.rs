//! Both ends of the socket, and what is refused.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{FILE, Reply, Request, ask, bind, serve};
use crate::flow::{MuteId, MuteOrder, Which};

fn mute() -> Request {
    Request::Mute(MuteOrder {
        selector: r#"rule=nginx vhost="a shop*" q=it's\*"#.parse().unwrap(),
        lasts: Duration::from_hours(2),
        until_resolved: true,
        why: "deploy \"blue\"\nto green".into(),
        who: "alice".into(),
    })
}

#[test]
fn what_is_asked_is_what_is_heard() {
    let selector = "rule=a".parse().unwrap();
    let which = [Which::Id(MuteId(7)), Which::Selector(selector), Which::All];
    let all = which.map(Request::Unmute).into_iter().chain([mute(), Request::Reload]);
    for request in all {
        let line = request.to_line();
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert_eq!(Request::parse(&line), Ok(request));
    }
}

#[test]
fn what_is_no_request_is_refused_with_a_reason() {
    let mute = |rest: &str| format!(r#"{{"mute": {{"selector": "rule=a", {rest}}}}}"#);
    let long = "x".repeat(MuteOrder::MAX_TEXT + 1);
    for (line, expected) in [
        (String::new(), "no request"),
        ("{}".to_owned(), "no request"),
        ("\"stop\"".to_owned(), "unknown variant"),
        (mute("\"seconds\": 0"), "from 1s to 30d"),
        (mute("\"seconds\": 2592001"), "from 1s to 30d"),
        (mute("\"seconds\": -1"), "no request"),
        (mute(&format!("\"seconds\": 1, \"why\": \"{long}\"")), "longer than"),
        (mute("\"seconds\": 1, \"forever\": true"), "unknown field"),
        (r#"{"mute": {"selector": "", "seconds": 1}}"#.to_owned(), "selects nothing"),
        (r#"{"unmute": {"selector": "rule"}}"#.to_owned(), "expected a name"),
    ] {
        let why = Request::parse(&line).unwrap_err();
        assert!(why.contains(expected), "{line}: {why}");
    }
}

/// A socket in a folder of its own, whose end says what it heard.
fn served() -> (TempDir, Runtime) {
    let folder = TempDir::new().unwrap();
    let runtime = Runtime::new().unwrap();
    let listener = bind(folder.path()).unwrap();
    runtime.spawn(serve(listener, |request| async move { Reply::Ok(format!("{request:?}")) }));
    (folder, runtime)
}

#[test]
fn an_agent_answers_and_one_that_is_gone_does_not() {
    let (folder, runtime) = served();
    let reply = ask(folder.path(), &mute()).unwrap();
    assert_eq!(reply, Some(Reply::Ok(format!("{:?}", mute()))));
    let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(runtime);
    assert_eq!(ask(folder.path(), &mute()).unwrap(), None);
    let empty = TempDir::new().unwrap();
    assert_eq!(ask(empty.path(), &mute()).unwrap(), None);
    // What is left there is no obstacle to the next.
    let listener = bind(folder.path()).unwrap();
    drop(listener);
}

#[test]
fn nonsense_is_answered_and_who_says_nothing_keeps_nobody_waiting() {
    let (folder, _runtime) = served();
    let path = folder.path().join(FILE);
    let silent: Vec<_> = (0..8).map(|_| UnixStream::connect(&path).unwrap()).collect();
    for nonsense in
        [&b"\xff\xfe\n"[..], b"GET / HTTP/1.1\r\n", &vec![b'x'; 20_000], b"\"reload\" \"reload\"\n"]
    {
        let mut stream = UnixStream::connect(&path).unwrap();
        // It may be let go before all is written.
        let _ = stream.write_all(nonsense);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("{\"error\":"), "{answer}");
    }
    assert!(ask(folder.path(), &Request::Reload).unwrap().is_some());
    drop(silent);
}
