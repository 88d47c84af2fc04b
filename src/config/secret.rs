//! Where an address that is a secret is kept, and how it is fetched from there.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::chat::WebhookUrl;

use super::surroundings::{Surroundings, problem};

/// The address of the local room, for trying things out.
const ROOM: &str = "http://127.0.0.1:9601/v1/spaces/room/messages?key=room&token=room";
/// The most bytes of a file that holds an address.
const MAX_FILE: u64 = 64 << 10;

/// Where an address is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Address<'a> {
    /// `env:NAME`: an environment variable.
    Variable(&'a str),
    /// `file:PATH`: a file, relative to that of the configuration.
    File(&'a str),
    /// `credential:NAME`: a file that systemd hands to the service.
    Credential(&'a str),
    /// `room`: the local room.
    Room,
    /// The address itself.
    Literal(&'a str),
}

/// A webhook's address that was fetched.
pub(super) struct Fetched {
    pub(super) url: WebhookUrl,
    /// The file that it came from, if every user of this host may read that.
    pub(super) open_file: Option<PathBuf>,
}

/// A secret that was fetched.
pub(super) struct Found {
    pub(super) text: String,
    /// What holds it, in words.
    pub(super) what: String,
    /// The file that it came from, if every user of this host may read that.
    pub(super) open_file: Option<PathBuf>,
}

/// Why an address could not be fetched. Never quotes it.
pub(super) struct SecretError {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl<'a> Address<'a> {
    /// Reads `url` as written.
    pub(super) fn parse(text: &'a str) -> Self {
        match text.split_once(':') {
            Some(("env", name)) => Self::Variable(name),
            Some(("file", path)) if !path.starts_with("//") => Self::File(path),
            Some(("file", path)) => Self::File(&path[2..]),
            Some(("credential", name)) => Self::Credential(name),
            _ if text == "room" => Self::Room,
            _ => Self::Literal(text),
        }
    }

    /// Whether it takes the surroundings to know the address.
    pub(super) fn is_elsewhere(self) -> bool {
        matches!(self, Self::Variable(_) | Self::File(_) | Self::Credential(_))
    }

    /// The bytes of the value as written that must not be shown.
    pub(super) fn secret_part(self) -> Option<Range<usize>> {
        let Self::Literal(text) = self else { return None };
        // Of what does not look like an address, no one knows which part is harmless.
        let is_plain = text.contains("://") && !text.contains('@');
        let start = text.find(['?', '#', '&']).map_or(text.len(), |sign| sign + 1);
        Some(if is_plain { start..text.len() } else { 0..text.len() })
    }

    /// Fetches the address of a webhook. Paths are relative to `directory`.
    pub(super) fn fetch(
        self,
        directory: &Path,
        surroundings: &dyn Surroundings,
    ) -> Result<Fetched, SecretError> {
        let found = match self {
            Self::Room => Found::of(ROOM, "the room's address"),
            _ => self.look_up(directory, surroundings)?,
        };
        let url = WebhookUrl::parse(&found.text).map_err(|error| {
            let message = format!("{} is no webhook's address: {error}", found.what);
            let help = match self {
                Self::Literal(text) => literal_help(text),
                _ => String::new(),
            };
            SecretError::new(message, help)
        })?;
        Ok(Fetched { url, open_file: found.open_file })
    }

    /// Fetches what is kept there. Paths are relative to `directory`.
    pub(super) fn look_up(
        self,
        directory: &Path,
        surroundings: &dyn Surroundings,
    ) -> Result<Found, SecretError> {
        match self {
            Self::Variable(name) => variable(name, surroundings),
            Self::File("") => Err(SecretError::new("`file:` needs the path of a file", "")),
            Self::File(path) => file(&directory.join(path), surroundings),
            Self::Credential(name) => credential(name, surroundings),
            Self::Room => Ok(Found::of("room", "`room`")),
            Self::Literal(text) => Ok(Found::of(text, "`url`")),
        }
    }
}

impl Found {
    fn of(text: &str, what: &str) -> Self {
        Self { text: text.to_owned(), what: what.to_owned(), open_file: None }
    }
}

impl SecretError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        let help = help.into();
        Self { message: message.into(), help: (!help.is_empty()).then_some(help) }
    }
}

fn variable(name: &str, surroundings: &dyn Surroundings) -> Result<Found, SecretError> {
    if name.is_empty() || name.contains(['=', '\0', '$', '{', '/', ':']) {
        let message = "`env:` needs the name of an environment variable";
        return Err(SecretError::new(message, "write for example `env:ONCALL_WEBHOOK`"));
    }
    let Some(value) = surroundings.variable(name) else {
        let message = format!("the environment variable `{name}` is not set");
        let help = "set it where logbell runs; `check --without-secrets` checks all the rest";
        return Err(SecretError::new(message, help));
    };
    let what = format!("what the environment variable `{name}` holds");
    Ok(Found::of(&value.to_string_lossy(), &what))
}

fn file(path: &Path, surroundings: &dyn Surroundings) -> Result<Found, SecretError> {
    let file = surroundings.file(path, MAX_FILE).map_err(|error| {
        let message = format!("cannot read `{}`: {}", path.display(), problem(&error));
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => "put the address into this file",
            std::io::ErrorKind::PermissionDenied => "let the user that logbell runs as read it",
            _ => "",
        };
        SecretError::new(message, help)
    })?;
    let what = format!("what `{}` holds", path.display());
    let open_file = file.is_open_to_all.then(|| path.to_owned());
    Ok(Found { text: String::from_utf8_lossy(&file.bytes).into_owned(), what, open_file })
}

fn credential(name: &str, surroundings: &dyn Surroundings) -> Result<Found, SecretError> {
    if name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
        let message = "`credential:` needs the name of a credential of the systemd service";
        return Err(SecretError::new(message, "write for example `credential:oncall`"));
    }
    let unit = format!("`LoadCredential={name}:/etc/logbell/{name}` in the service's unit");
    let Some(directory) = surroundings.variable("CREDENTIALS_DIRECTORY") else {
        let message = "there are no credentials: `$CREDENTIALS_DIRECTORY` is not set";
        return Err(SecretError::new(message, format!("systemd sets it for a unit with {unit}")));
    };
    let path = Path::new(&directory).join(name);
    let mut found = file(&path, surroundings).map_err(|mut error| {
        error.help = Some(format!("it takes {unit}"));
        error
    })?;
    // systemd keeps other users from the directory, whatever the file's own mode.
    found.open_file = None;
    Ok(found)
}

/// What is to be written where `text` is no address.
fn literal_help(text: &str) -> String {
    let name = text.trim_matches(['$', '{', '}']);
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if text.starts_with('$') && !name.is_empty() && is_name(name) {
        return format!("write `env:{name}`");
    }
    "`env:NAME`, `file:PATH` and `credential:NAME` keep it out of this file; `room` is a room on this host".to_owned()
}
