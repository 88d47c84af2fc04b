//! The local page: health, readiness, metrics.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::trial::Trial;

const RULE: &str = "[[rule]]\nname = \"hello\"\nfiles = \"LOG\"\nmatch = 'hello'\n";

/// A port that is free for a moment: the agent takes it next.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The status line and the rest of the answer to a GET.
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_page_tells_that_it_lives_is_ready_and_what_it_counted() {
    let address = free_address();
    let mut trial = Trial::new(&format!("listen = \"{address}\"\n{RULE}"));
    trial.start();
    trial.write("noise\nhello\nhello\n");
    trial.wait_for(1);
    assert!(get(address, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(address, "/readyz").starts_with("HTTP/1.1 200"));
    let metrics = get(address, "/metrics");
    for line in [
        "content-type: text/plain; version=0.0.4",
        "# TYPE logbell_lines_total counter",
        "logbell_lines_total 3",
        "logbell_read_bytes_total 18",
        "logbell_matches_total{rule=\"hello\"} 2",
        "logbell_messages_total{kind=\"open\",state=\"waiting\"} 1",
        "logbell_read_lag_bytes{file=\"",
        "logbell_line_to_post_seconds_bucket{le=\"+Inf\"}",
        "logbell_losses_total",
    ] {
        assert!(metrics.contains(line), "`{line}` in\n{metrics}");
    }
    assert!(!metrics.contains("noise"), "no log content in metrics");
}

#[test]
fn the_page_says_that_a_log_cannot_be_read() {
    let address = free_address();
    let mut trial = Trial::new(&format!("listen = \"{address}\"\n{RULE}"));
    std::fs::remove_file(trial.log()).unwrap();
    std::os::unix::fs::symlink(trial.log(), trial.log()).unwrap();
    trial.start();
    let answer = get(address, "/readyz");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("logbell status"), "{answer}");
    assert!(get(address, "/healthz").starts_with("HTTP/1.1 200"));
}
