//! The asking end of the socket.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FILE, MAX_LINE, Reply, Request};

/// How long an agent may take to answer: what it did is saved by then, for which it waits while the disk
/// is full.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why an agent gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It may not be spoken to.
    #[error("permission denied for `{}`; ask as root, or as the user that logbell runs as", .0.display())]
    Denied(PathBuf),
    /// It was asked and has not answered in time.
    #[error("the agent has not answered; it may still do what it was asked for")]
    Silent,
    /// It cannot be spoken to.
    #[error("cannot speak to the agent on `{}`", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Asks the agent that runs on the directory `state`; `None` if none does.
///
/// # Errors
/// The operator's: see [`AskError`].
pub fn ask(state: &Path, request: &Request) -> Result<Option<Reply>, AskError> {
    let path = state.join(FILE);
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                // One that was killed leaves its socket behind.
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                io::ErrorKind::PermissionDenied => Err(AskError::Denied(path)),
                _ => Err(AskError::Io { path, source: error }),
            };
        }
    };
    let answered = exchange(stream, request).map_err(|source| match source.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => AskError::Silent,
        _ => AskError::Io { path, source },
    });
    answered.map(Some)
}

fn exchange(mut stream: UnixStream, request: &Request) -> io::Result<Reply> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.to_line().as_bytes())?;
    let mut line = String::new();
    stream.take(4 * MAX_LINE).read_to_string(&mut line)?;
    if line.is_empty() {
        return Err(io::Error::other("it ended before it answered"));
    }
    serde_json::from_str(&line).map_err(io::Error::other)
}
