//! What of a log is one event, by example and by law.

mod law;
mod traces;

use super::*;

/// The events of `text`, each as the number of its lines.
fn events(framing: &Framing, text: &str) -> Vec<usize> {
    let mut events = Vec::new();
    let mut state = FrameState::default();
    for line in text.lines() {
        match framing.take(&mut state, line.as_bytes()) {
            Place::Begins => events.push(1),
            Place::Continues => *events.last_mut().unwrap() += 1,
        }
    }
    events
}

fn start(pattern: &str) -> Framing {
    Framing::starting_with(pattern).unwrap()
}

#[test]
fn a_start_begins_an_event_and_what_stands_before_the_first_is_one() {
    let text = "rest of\nbefore\n2026-11-23 a\n  b\n2026-11-23 c\n2026-11-23 d\ne\n";
    assert_eq!(events(&start(r"^\d{4}-\d\d-\d\d"), text), [2, 2, 1, 2]);
}

#[test]
fn a_start_is_matched_without_the_line_end() {
    let mut state = FrameState::default();
    let framing = start("END$");
    for line in [&b"x END\r\n"[..], b"END\n", b"END"] {
        assert_eq!(framing.take(&mut state, line), Place::Begins);
    }
    assert_eq!(framing.take(&mut state, b"x\r\n"), Place::Continues);
}

#[test]
fn a_start_that_matches_everything_or_nothing_sensible_is_refused() {
    let error = Framing::starting_with("a(b").unwrap_err();
    assert_eq!((error.to_string().as_str(), error.span), ("unclosed group", Some(1..2)));
    for pattern in ["", ".*", "x*"] {
        let error = Framing::starting_with(pattern).unwrap_err();
        assert!(error.to_string().contains("every line"), "{error}");
    }
    let error = Framing::starting_with(r"(?u)(?:\w{50}){50}").unwrap_err();
    assert!(error.to_string().contains("MiB"), "{error}");
}

#[test]
fn framings_are_equal_by_their_text() {
    assert_eq!(start("^a"), start("^a"));
    assert_ne!(start("^a"), start("^b"));
    assert_ne!(start("^a"), Framing::auto());
    assert_eq!(Framing::auto(), Framing::auto());
}

#[test]
fn an_event_ends_at_its_limit_of_lines_and_of_bytes() {
    let text = "x\n".repeat(2_500);
    assert_eq!(events(&start("^never"), &text), [1_000, 1_000, 500]);
    let text = format!("{}\n", "x".repeat(100 << 10)).repeat(5);
    assert_eq!(events(&start("^never"), &text), [2, 2, 1]);
    let text = format!("x\n{}\ny\n", "x".repeat(300 << 10));
    assert_eq!(events(&start("^never"), &text), [1, 1, 1], "a longer line stands alone");
    let text = format!("Error: deep\n{}", "    at f (f.js:1:2)\n".repeat(1_200));
    assert_eq!(events(&Framing::auto(), &text), [1_000, 201]);
}

#[test]
fn nothing_has_no_events() {
    for framing in [start("^x"), Framing::auto()] {
        assert_eq!(framing.around(b"", 0), 0..0);
        assert_eq!(framing.last_event(b""), 0);
        assert_eq!(framing.around(b"x", 7), 0..1);
    }
}

#[test]
fn a_state_is_known_again_by_its_number() {
    for number in 0..42 {
        assert_eq!(State::from_number(number).number(), number);
    }
    assert_eq!(State::from_number(42), State::Plain);
}

#[test]
fn what_was_kept_by_another_version_is_taken_for_nothing_special() {
    let mut state: FrameState =
        serde_json::from_str(r#"{"n_lines":3,"n_bytes":90,"trace":250}"#).unwrap();
    assert_eq!(Framing::auto().take(&mut state, b"text"), Place::Begins);
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<FrameState>(&text).unwrap(), state);
}
