//! What stands for Chat: posts are answered, and it is told when each arrived.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

/// A post, and when it arrived.
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) body: String,
}

/// Accepts posts, answers them, and tells when each arrived.
pub(crate) fn listen() -> (Receiver<Arrival>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, arrivals) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tell = tell.clone();
            thread::spawn(move || answer(stream.expect("a connection"), &tell));
        }
    });
    (arrivals, port)
}

/// Answers the posts of one connection. The end of a body is found by its length.
fn answer(mut stream: TcpStream, tell: &Sender<Arrival>) {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok(n @ 1..) = stream.read(&mut buffer) else { return };
        bytes.extend_from_slice(&buffer[..n]);
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let length =
            text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if bytes.len() < head + 4 + length.unwrap_or(0) {
            continue;
        }
        let at = Instant::now();
        let body = String::from_utf8_lossy(&bytes[head + 4..]).into_owned();
        let _ = tell.send(Arrival { at, body });
        bytes.clear();
        let body = "{}";
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
