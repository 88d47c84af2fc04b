//! Traces as the runtimes write them.

use super::*;

/// Asserts that `trace` is one event amid others, and so is each of two in a row.
fn is_one(trace: &str) {
    let n_lines = trace.lines().count();
    let events = |text: String| super::events(&Framing::auto(), &text);
    let quiet = "2026-11-23T10:00:00Z INFO all is well\n";
    assert_eq!(events(format!("{quiet}{trace}{quiet}")), [1, n_lines, 1], "stamped: {trace}");
    let plain = "This is not one of them.\n";
    assert_eq!(events(format!("{plain}{trace}{plain}")), [1, n_lines, 1], "plain: {trace}");
    assert_eq!(events(format!("{trace}{trace}")), [n_lines, n_lines], "twice: {trace}");
}

/// Asserts that no two lines of `text` are one event.
fn are_single(text: &str) {
    assert_eq!(super::events(&Framing::auto(), text), vec![1; text.lines().count()], "{text}");
}

#[test]
fn java() {
    is_one(
        "Exception in thread \"main\" java.lang.RuntimeException: A test\n\
         \tat com.example.Main.run(Main.java:16)\n\
         \tat java.base/java.lang.Thread.run(Thread.java:829) ~[na:na]\n\
         \tSuppressed: java.io.IOException: closing\n\
         \t\tat com.example.Main.close(Main.java:20)\n\
         \t\t... 1 more\n\
         Caused by: java.lang.NullPointerException\n\
         \tat com.example.Book.getId(Book.java:22)\n\
         \t... 12 more\n\
         Caused by: org.x.ConnectFailure: no\n\
         \t... 14 common frames omitted\n",
    );
    is_one(
        "2026-11-23 10:00:00,123 ERROR [main] c.e.Main - Request failed\n\
         java.lang.IllegalStateException: no session\n\
         \tat com.example.Main.run(Main.java:16)\n",
    );
    is_one(
        "Nov 23, 2026 3:23:29 PM org.apache.catalina.core.StandardWrapperValve invoke\n\
         SEVERE: Servlet.service() for servlet [x] threw exception\n\
         java.lang.NullPointerException\n\
         \tat com.example.Main.run(Main.java:16)\n",
    );
    is_one(
        "javax.ejb.EJBException: nested exception is:\n\
         \tjava.sql.SQLException: no\n\
         \tat com.example.Main.run(Main.java:16)\n",
    );
    is_one(
        "javax.mail.MessagingException: Could not connect\n  nested exception is:\n\
         \tjava.net.ConnectException: refused\n\tat com.sun.mail.X.y(X.java:1)\n",
    );
}

#[test]
fn python() {
    is_one(
        "Traceback (most recent call last):\n\
         \x20 File \"/app/x.py\", line 3, in f\n\
         \x20   return g(a,\n\
         \x20          ^^^^\n\
         \x20 [Previous line repeated 3 more times]\n\
         KeyError: 'a'\n\
         \n\
         During handling of the above exception, another exception occurred:\n\
         \n\
         Traceback (most recent call last):\n\
         \x20 File \"/app/x.py\", line 5, in <module>\n\
         \x20   from x import y\n\
         json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n",
    );
    is_one(
        "ERROR:root:it failed\n\
         Traceback (most recent call last):\n\
         \x20 File \"/app/x.py\", line 3, in f\n\
         \x20   at = 1\n\
         KeyboardInterrupt\n",
    );
    is_one(
        "2026-11-23 10:00:00,123 [celery] ERROR Task x[1] raised unexpected: KeyError('a')\n\
         Traceback (most recent call last):\n\
         \x20 File \"/app/x.py\", line 3, in f\n\
         \x20   x['a']\n\
         KeyError: 'a'\n",
    );
    is_one(
        "Exception in thread Thread-1 (run):\n\
         Traceback (most recent call last):\n\
         \x20 File \"/app/x.py\", line 3\n\
         \x20   x = (\n\
         \x20       ^\n\
         SyntaxError: '(' was never closed\n",
    );
    is_one(
        "\x20 + Exception Group Traceback (most recent call last):\n\
         \x20 |   File \"/app/x.py\", line 3, in <module>\n\
         \x20 |     raise e\n\
         \x20 | ExceptionGroup: both (2 sub-exceptions)\n\
         \x20 +-+---------------- 1 ----------------\n\
         \x20   | ValueError: a\n\
         \x20   +------------------------------------\n",
    );
}

#[test]
fn go() {
    is_one(
        "panic: runtime error: index out of range [5] with length 3 [recovered]\n\
         \tpanic: runtime error: index out of range [5] with length 3\n\
         [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x7fd34f]\n\
         \n\
         goroutine 18 gp=0xc000007dc0 m=0 mp=0x5b1c20 [running, locked to thread]:\n\
         panic({0x45cb40?, 0x47ad70?})\n\
         \t/usr/local/go/src/runtime/panic.go:884 +0x212\n\
         main.(*T[...]).f(0xc420024120, ...)\n\
         \t/app/foo.go:6 +0x39 fp=0xc42003f7d8 sp=0xc42003f7b8 pc=0x451339\n\
         ...23 frames elided...\n\
         created by main.main in goroutine 1\n\
         \t/app/foo.go:5 +0x58\n\
         \n\
         goroutine 1 [chan receive, 5 minutes]:\n\
         main.main()\n\
         \t/app/foo.go:9 +0x98\n",
    );
    is_one(
        "fatal error: all goroutines are asleep - deadlock!\n\n\
         goroutine 1 [semacquire]:\nsync.runtime_Semacquire(0xc0000120a8)\n\t/x/sema.go:56 +0x45\n",
    );
    is_one(
        "2026/11/23 07:48:05 http: panic serving [::1]:54143: test panic\n\
         goroutine 24 [running]:\n\
         net/http.(*conn).serve.func1(0xc00007eaa0)\n\
         \t/usr/local/go/src/net/http/server.go:1746 +0xd0\n",
    );
    is_one(
        "SIGQUIT: quit\nPC=0x45 m=0 sigcode=0\n\n\
         goroutine 0 gp=0x1 m=0 mp=0x2 [idle]:\nruntime.futex(0x5)\n\t/x/sys.s:557 +0x21\n\n\
         rax    0xca\nrflags 0x286\n",
    );
}

#[test]
fn javascript() {
    is_one(
        "TypeError: Cannot read properties of undefined (reading 'x')\n\
         \x20   at Object.<anonymous> (/app/index.js:3:15)\n\
         \x20   at async Promise.all (index 0)\n\
         \x20   at new Foo (<anonymous>)\n\
         \x20   at node:internal/main/run_main_module:17:47 {\n\
         \x20 errno: -2,\n\
         \x20 [cause]: Error: inner\n\
         \x20     at f (file:///app/x.mjs:1:2)\n\
         \x20 details: {\n\
         \x20   code: 'ENOENT'\n\
         \x20 }\n\
         }\n",
    );
    is_one(
        "/app/index.js:3\n\
         throw new Error('x');\n\
         ^\n\
         \n\
         Error: x\n\
         \x20   at Object.<anonymous> (/app/index.js:3:7)\n",
    );
    is_one(
        "node:internal/modules/cjs/loader:1080\n\
         \x20 throw err;\n\
         \x20 ^\n\
         \n\
         Error: Cannot find module './x'\n\
         Require stack:\n\
         - /app/index.js\n\
         \x20   at Module._resolveFilename (node:internal/modules/cjs/loader:1077:15) {\n\
         \x20 code: 'MODULE_NOT_FOUND',\n\
         \x20 requireStack: [ '/app/index.js' ]\n\
         }\n",
    );
    is_one(
        "(node:12) UnhandledPromiseRejectionWarning: Error: x\n\
         \x20   at f (/app/index.js:3:7)\n\
         From previous event:\n\
         \x20   at g (/app/index.js:4:7)\n",
    );
}

#[test]
fn ruby() {
    is_one(
        "foobar.rb:6:in 'Foo#bar': divided by 0 (ZeroDivisionError)\n\
         \tfrom foobar.rb:6:in 'Foo#baz'\n\
         \t ... 12 levels...\n\
         \tfrom foobar.rb:9:in '<main>'\n",
    );
    is_one(
        "test.rb:1:in `<main>': undefined method `foo' for nil:NilClass (NoMethodError)\n\
         \n\
         nil.foo\n\
         \x20  ^^^^\n\
         Did you mean?  for\n\
         \tfrom x.rb:1:in `<main>'\n",
    );
    is_one(
        "Traceback (most recent call last):\n\
         \t1: from t.rb:9:in `<main>'\n\
         t.rb:6:in `bar': divided by 0 (ZeroDivisionError)\n",
    );
    is_one(
        "ActionView::Template::Error (undefined local variable or method `x'):\n\
         \x20   1: <h1>\n\
         \x20   2: <%= x %>\n\
         \x20 \n\
         app/views/home/index.html.erb:2:in `_app_views_home'\n\
         app/controllers/home_controller.rb:7:in `index'\n",
    );
    is_one(
        "F, [2026-11-23T10:00:00.1 #7] FATAL -- : NoMethodError (undefined method `x' for nil):\n\
         \x20 \n\
         app/models/a.rb:7:in `x'\n",
    );
}

#[test]
fn php() {
    is_one(
        "PHP Fatal error:  Uncaught LogicException: inner in /app/x.php:4\n\
         Stack trace:\n\
         #0 /app/x.php(9): f(Object(Closure))\n\
         #1 {main}\n\
         \n\
         Next RuntimeException: outer in /app/x.php:6\n\
         Stack trace:\n\
         #0 [internal function]: g()\n\
         #1 {main}\n\
         \x20 thrown in /app/x.php on line 6\n",
    );
    is_one(
        "[23-Nov-2026 10:00:00 UTC] PHP Warning:  Undefined variable $x in /app/x.php on line 3\n\
         [23-Nov-2026 10:00:00 UTC] PHP Stack trace:\n\
         [23-Nov-2026 10:00:00 UTC] PHP   1. {main}() /app/x.php:0\n",
    );
    is_one(
        "[2026-11-23 10:00:00] production.ERROR: no {\"exception\":\"[object] (Exception(code: 0): no at /x.php:3)\n\
         [stacktrace]\n\
         #0 /app/x.php(9): f()\n\
         #1 {main}\n\
         \"} \n",
    );
}

#[test]
fn dot_net() {
    is_one(
        "Unhandled exception. System.InvalidOperationException: outer\n\
         \x20---> System.ArgumentException: inner\n\
         \x20  at App.F(String x) in /app/Program.cs:line 7\n\
         \x20  --- End of inner exception stack trace ---\n\
         \x20  at App.Main()\n\
         --- End of stack trace from previous location ---\n\
         \x20  at App.G()\n",
    );
    is_one(
        "System.AggregateException: One or more errors occurred. (a) (b)\n\
         \x20---> System.Exception: a\n\
         \x20  at App.F()\n\
         \x20  --- End of inner exception stack trace ---\n\
         \x20---> (Inner Exception #1) System.Exception: b\n\
         \x20  at App.G()<---\n",
    );
    is_one(
        "fail: Microsoft.AspNetCore.Server.Kestrel[13]\n\
         \x20     Connection id \"0HM\", Request id \"1\": An unhandled exception was thrown.\n\
         \x20     System.Exception: no\n\
         \x20        at App.F() in /app/Program.cs:line 7\n",
    );
}

#[test]
fn rust() {
    is_one(
        "thread 'main' panicked at src/main.rs:2:5:\n\
         assertion `left == right` failed\n\
         \x20 left: 1\n\
         \x20right: 2\n\
         stack backtrace:\n\
         \x20  0: rust_begin_unwind\n\
         \x20            at /rustc/abc/library/std/src/panicking.rs:597:5\n\
         \x20  1: core::panicking::panic_fmt\n\
         \x20            at ./src/main.rs:2:5\n\
         note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n",
    );
    is_one(
        "thread 'tokio-runtime-worker' (77) panicked at 'no', src/main.rs:2:5\n\
         note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
    );
    is_one(
        "Error: cannot start\n\
         \n\
         Caused by:\n\
         \x20   0: cannot read the configuration\n\
         \x20   1: No such file or directory (os error 2)\n\
         \n\
         Stack backtrace:\n\
         \x20  0: anyhow::error::from\n\
         \x20            at ./src/main.rs:2:5\n",
    );
}

#[test]
fn dart() {
    is_one(
        "Unhandled exception:\n\
         FormatException: Invalid value (at line 3)\n\
         not valid\n\
         \x20      ^\n\
         \n\
         #0      main.<anonymous closure> (file:///app/x.dart:24:20)\n\
         <asynchronous suspension>\n\
         #1      main (file:///app/x.dart:24:3)\n",
    );
}

#[test]
fn ordinary_lines_stay_single() {
    are_single(
        "2026-11-23T10:00:00Z INFO started\n\
         2026-11-23T10:00:01Z ERROR x.FooException: no\n\
         2026-11-23T10:00:02Z ERROR x.FooException: no\n\
         \x20 two spaces\n\
         \ttab\n\
         Error: first\n\
         Error: second\n\
         - item\n\
         # comment\n\
         #1 best seller\n\
         }\n\
         note: something\n\
         word\n\
         f(x)\n\
         Nov 23 10:00:00 web sshd[7]: Failed password for root from 10.0.0.7 port 22\n\
         Nov 23 10:00:01 web sshd[7]: error: no\n\
         ERROR at 7\n\
         INFO Traceback was fine\n\
         \n\
         plain\n\
         {\"level\":\"error\",\"msg\":\"x.FooException: no\"}\n\
         {\"level\":\"error\"}\n\
         <11>Nov 23 10:00:00 web x: error\n\
         1117838570 2005.06.03 R02 RAS KERNEL FATAL data error:\n\
         E1123 10:00:00.000000 7 x.go:7] failed\n\
         [   12.345678] usb 1-1: error -71\n\
         time=2026-11-23 level=error msg=\"panic averted\"\n",
    );
}
