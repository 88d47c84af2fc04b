//! The local page: health, readiness, metrics.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::trial::Trial;

const RULE: &str = "[[rule]]\nname = \"hello\"\nfiles = \"LOG\"\nmatch = 'hello'\n";

/// Where the agent listens: port 0 is any free one, and its log says which.
fn address(trial: &Trial) -> SocketAddr {
    let said = trial.stderr();
    let (_, rest) = said.rsplit_once("on http://").unwrap();
    rest.lines().next().unwrap().parse().unwrap()
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
    let mut trial = Trial::new(&format!("listen = \"127.0.0.1:0\"\n{RULE}"));
    trial.start();
    let address = address(&trial);
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
        "logbell_losses_total{kind=\"truncated\"} 0",
        "logbell_misfit_stamps_total{kind=\"future\"} 0",
        "logbell_misfit_stamps_total{kind=\"late\"} 0",
        "# TYPE logbell_lost_bytes_total counter",
        "logbell_lost_bytes_total{kind=\"generation-gone\"} 0",
    ] {
        assert!(metrics.contains(line), "`{line}` in\n{metrics}");
    }
    assert!(!metrics.contains("noise"), "no log content in metrics");
}

#[test]
fn after_a_restart_the_page_tells_how_far_logs_were_read_that_nobody_writes_to() {
    let mut trial = Trial::new(&format!("listen = \"127.0.0.1:0\"\n{RULE}"));
    trial.start();
    trial.write("hello\n");
    trial.wait_for(1);
    trial.stop();
    trial.start();
    let metrics = get(address(&trial), "/metrics");
    let line = format!("logbell_read_lag_bytes{{file=\"{}\"}} 0", trial.log().display());
    assert!(metrics.contains(&line), "`{line}` in\n{metrics}");
}

#[test]
fn the_page_says_that_a_log_cannot_be_read() {
    let mut trial = Trial::new(&format!("listen = \"127.0.0.1:0\"\n{RULE}"));
    std::fs::remove_file(trial.log()).unwrap();
    std::os::unix::fs::symlink(trial.log(), trial.log()).unwrap();
    trial.start();
    let address = address(&trial);
    let answer = get(address, "/readyz");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("logbell status"), "{answer}");
    assert!(get(address, "/healthz").starts_with("HTTP/1.1 200"));
}
