//! The agent's end of the socket.

use std::fs::{self, Permissions};
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{FILE, MAX_LINE, Reply, Request};

/// Connections that are served at once. Others wait.
const MAX_CONNECTIONS: usize = 16;
/// How long who has connected may take to ask, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the agent has to follow a request, before who asked is told that it takes longer: less than a
/// client waits. Requests of many who wait must not keep all others out.
const ANSWER: Duration = Duration::from_secs(50);
/// Pause after a connection could not be taken: there may be no descriptor left for it.
const RETRY: Duration = Duration::from_millis(200);

/// The socket cannot be had. The agent goes on without it.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on `{}`: {source}; `logbell mute` and `logbell reload` do not reach the agent",
    path.display()
)]
pub struct BindError {
    path: PathBuf,
    source: io::Error,
}

/// Takes the socket in the directory `state`, of which the caller holds the lock: what is left of an
/// agent that was killed is replaced.
///
/// # Errors
/// The host's: the path is too long for a socket (over 100 bytes), or the directory cannot be written.
pub fn bind(state: &Path) -> Result<UnixListener, BindError> {
    let path = state.join(FILE);
    let bound = || {
        // Nobody can connect before it has its mode: nobody knows it by this name.
        let making = state.join(format!("{FILE}.new"));
        if let Err(error) = fs::remove_file(&making)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let listener = UnixListener::bind(&making)?;
        fs::set_permissions(&making, Permissions::from_mode(0o600))?;
        fs::rename(&making, &path)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    bound().map_err(|source| BindError { path: path.clone(), source })
}

/// Answers on `listener` with what `follow` gives, until the runtime ends.
///
/// # Errors
/// The system's.
pub async fn serve<F, A>(listener: UnixListener, follow: F) -> io::Result<()>
where
    F: Fn(Request) -> A + Clone + Send + 'static,
    A: Future<Output = Reply> + Send + 'static,
{
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(RETRY).await;
            continue;
        };
        let follow = follow.clone();
        tokio::spawn(async move {
            let _place = place;
            // Who does not ask, or takes no answer, is let go.
            let _ = answer(stream, follow).await;
        });
    }
}

fn still_busy() -> Reply {
    let why = format!(
        "no answer within {} s: the agent is busy, or its store cannot be written, as its log says; \
         what was asked for is done once it can",
        ANSWER.as_secs()
    );
    Reply::Error(why)
}

async fn answer<A: Future<Output = Reply>>(
    mut stream: UnixStream,
    follow: impl Fn(Request) -> A,
) -> io::Result<()> {
    let mut line = Vec::new();
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader.take(MAX_LINE));
    timeout(PATIENCE, reader.read_until(b'\n', &mut line)).await??;
    let request = match std::str::from_utf8(&line) {
        _ if !line.ends_with(b"\n") => Err("no request: a line of at most 16 KiB".to_owned()),
        Ok(line) => Request::parse(line),
        Err(_) => Err("no request: it is not UTF-8".to_owned()),
    };
    let reply = match request {
        Ok(request) => timeout(ANSWER, follow(request)).await.unwrap_or_else(|_| still_busy()),
        Err(why) => Reply::Error(why),
    };
    let line = serde_json::to_string(&reply).expect("plain data") + "\n";
    timeout(PATIENCE, writer.write_all(line.as_bytes())).await??;
    timeout(PATIENCE, writer.shutdown()).await?
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_an_agent_that_does_not_answer_is_told_so_and_let_go() {
        let (mut client, own) = UnixStream::pair().unwrap();
        client.write_all(Request::Reload.to_line().as_bytes()).await.unwrap();
        answer(own, |_| std::future::pending()).await.unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        assert!(said.contains("no answer within 50 s"), "{said}");
    }
}
