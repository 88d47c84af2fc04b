//! The law of framing: all ways of looking agree on every border, wherever the bytes were cut. Held
//! by ordinary tests, and by a target in `fuzz/` without end.

use super::{FrameState, Framing, Place, lines};

/// Makes up a log of lines that look like parts of stack traces, or of any bytes, and holds the law.
pub fn borders(bytes: &[u8]) {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    let framing = match kind % 3 {
        0 => Framing::starting_with(r"^\d|^[A-Z]\w+:").expect("a pattern"),
        _ => Framing::auto(),
    };
    let log = if kind % 2 == 0 {
        rest.to_vec()
    } else {
        let end = if kind & 8 == 0 { "\n" } else { "\r\n" };
        let line = |&byte: &u8| [LINES[usize::from(byte) % LINES.len()], end].concat();
        rest.iter().map(line).collect::<String>().into_bytes()
    };
    holds(&framing, &log, 1 + usize::from(kind / 16));
}

/// Lines of every look, and lines that only resemble one.
pub(super) const LINES: [&str; 62] = [
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
fn borders_of(framing: &Framing, bytes: &[u8]) -> Vec<usize> {
    let mut state = FrameState::default();
    let lines = lines::from(bytes, 0);
    let begins = lines.filter(|line| framing.take(&mut state, line.of(bytes)) == Place::Begins);
    begins.map(|line| line.start).collect()
}

/// Holds the law on `bytes`, in which it looks at every `step`th byte.
pub(super) fn holds(framing: &Framing, bytes: &[u8], step: usize) {
    let mut borders = borders_of(framing, bytes);
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
