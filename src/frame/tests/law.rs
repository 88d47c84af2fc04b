//! The law: all three ways of looking agree on every border, wherever the bytes were cut.

use proptest::prelude::*;

use super::*;

/// Lines of every look, and lines that only resemble one.
const LINES: [&str; 62] = [
    "",
    "  ",
    "plain text",
    "word",
    "Word: said",
    "2026-11-23T10:00:00Z INFO fine",
    "2026-11-23T10:00:00Z ERROR failed",
    "2026-11-23 10:00:00 ERROR x.FooException: failed",
    "Jul 09, 2015 3:23:29 PM com.x.Y run",
    "SEVERE: no",
    "java.lang.IllegalStateException: no",
    "Caused by: java.io.IOException: no",
    "nested exception is:",
    "\tat a.b.C.d(C.java:7)",
    "    at f (f.js:1:2) {",
    "  code: 'E',",
    "}",
    "\t... 12 more",
    "   --- End of inner exception stack trace ---",
    "Require stack:",
    "- /app/x.js",
    "Traceback (most recent call last):",
    "  File \"x.py\", line 7, in f",
    "    return g()",
    "ValueError: no",
    "During handling of the above exception, another exception occurred:",
    "panic: no",
    "[signal SIGSEGV: segmentation violation]",
    "goroutine 1 [running]:",
    "main.f(0x1)",
    "\t/x/main.go:7 +0x1d",
    "created by main.main",
    "rip    0x45",
    "thread 'main' panicked at src/main.rs:7:5:",
    "thread 'main' panicked at 'no', src/main.rs:7:5",
    "stack backtrace:",
    "   0: core::panicking::panic",
    "note: run with `RUST_BACKTRACE=1`",
    "PHP Fatal error:  Uncaught Exception: no in /x.php:7",
    "Stack trace:",
    "#0 /x.php(7): f()",
    "#1 {main}",
    "  thrown in /x.php on line 7",
    "[23-Nov-2026 10:00:00 UTC] PHP Stack trace:",
    "[23-Nov-2026 10:00:00 UTC] PHP   1. f() /x.php:7",
    "Next Exception: no in /x.php:7",
    "\"}",
    "x.rb:7:in 'f': no (RuntimeError)",
    "\tfrom x.rb:7:in '<main>'",
    "ActionController::RoutingError (no):",
    "  app/x.rb:7:in `f'",
    "app/x.rb:7:in `f'",
    "    7: <%= x %>",
    "    ^^^",
    "/app/x.js:7",
    "throw new Error('no');",
    "Unhandled exception:",
    "#0      main (file:///x.dart:7:3)",
    "<asynchronous suspension>",
    "fail: Microsoft.X[1]",
    "      System.Exception: no",
    "\u{fffd}\0\u{1b}[31m",
];

/// The borders that `take` finds in `bytes`.
fn borders(framing: &Framing, bytes: &[u8]) -> Vec<usize> {
    let mut state = FrameState::default();
    let lines = lines::from(bytes, 0);
    let begins = lines.filter(|line| framing.take(&mut state, line.of(bytes)) == Place::Begins);
    begins.map(|line| line.start).collect()
}

/// Holds the law on `bytes`, in which it looks at every `step`th byte.
fn holds(framing: &Framing, bytes: &[u8], step: usize) {
    let mut borders = borders(framing, bytes);
    borders.push(bytes.len());
    for (i, event) in borders.windows(2).enumerate() {
        // From here, and from any border before it.
        for &cut in borders[..=i].iter().rev().take(3).chain(&borders[..1]) {
            let chunk = &bytes[cut..];
            for at in (event[0]..event[1]).step_by(step) {
                assert_eq!(framing.around(chunk, at - cut), event[0] - cut..event[1] - cut);
            }
            assert_eq!(framing.last_event(&bytes[cut..event[1]]), event[0] - cut);
        }
    }
}

fn log(chosen: &[usize], end: &str) -> Vec<u8> {
    let lines: Vec<_> = chosen.iter().map(|&i| format!("{}{end}", LINES[i])).collect();
    lines.concat().into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn traces_are_cut_alike_from_near_and_from_the_front(
        chosen in prop::collection::vec(0..LINES.len(), 0..80),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        is_whole in any::<bool>(),
    ) {
        let mut bytes = log(&chosen, end);
        if !is_whole {
            bytes.pop();
        }
        holds(&Framing::auto(), &bytes, 17);
    }

    #[test]
    fn starts_are_cut_alike_from_near_and_from_the_front(
        chosen in prop::collection::vec(0..LINES.len(), 0..80),
        pattern in prop::sample::select(vec!["^2026", ":$", "^$", r"^\S", "never"]),
    ) {
        holds(&super::start(pattern), &log(&chosen, "\n"), 17);
    }
}

#[test]
fn long_events_are_cut_alike_from_near_and_from_the_front() {
    let frames = "\tat a.b.C.d(C.java:7)\n".repeat(2_345);
    let deep = format!("plain\nx.FooException: no\n{frames}plain\n{frames}2026-11-23 end\n");
    holds(&Framing::auto(), deep.as_bytes(), 7_001);
    holds(&super::start("^x|^2026"), deep.as_bytes(), 7_001);
    let wide = format!("plain\nx.FooException: no\n\tat {}\n", "x".repeat(50_000));
    let wide =
        format!("{}end\n", wide.repeat(3)) + &format!("\tat {}\n", "y".repeat(99_999)).repeat(9);
    holds(&Framing::auto(), wide.as_bytes(), 30_001);
    holds(&super::start("^never"), wide.as_bytes(), 30_001);
}
