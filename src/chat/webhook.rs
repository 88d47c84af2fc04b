//! The address of a Chat space's webhook: the one secret that there is.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// The address of a Chat space's webhook, whose query carries its secret.
///
/// `Debug` and `Display` hide all but the host and the space, so a webhook can be logged. The query
/// is kept byte for byte: Chat's tokens end in `%3D`.
#[derive(Clone)]
pub struct WebhookUrl {
    secret: SecretString,
    host: Box<str>,
    space: Box<str>,
    loopback: bool,
}

/// Why a text is no webhook address. Never quotes the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WebhookError {
    /// Nothing was there.
    #[error(
        "the address is empty; paste the URL that Chat shows under Apps & integrations → Webhooks"
    )]
    Empty,
    /// Not an absolute URL.
    #[error("not a URL; expected `https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…`")]
    NotAUrl,
    /// Plain `http` to another host.
    #[error("`https` is required, except to this host's own loopback addresses")]
    Insecure,
    /// The path does not name a space's messages.
    #[error("the path must end in `/v1/spaces/SPACE/messages`; copy the whole URL from Chat")]
    NotASpace,
    /// `key` or `token` is missing.
    #[error("`key` or `token` is missing in the query; copy the whole URL from Chat")]
    NoToken,
}

impl WebhookUrl {
    /// Takes `text`, without the white space around it, as an address.
    ///
    /// # Errors
    /// The operator's: see [`WebhookError`].
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(WebhookError::Empty);
        }
        let url = Url::parse(text).map_err(|_| WebhookError::NotAUrl)?;
        let host = url.host().ok_or(WebhookError::NotAUrl)?;
        let loopback = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(WebhookError::Insecure),
            _ => return Err(WebhookError::NotAUrl),
        }
        // A stand-in on this host may live under any path; its pace is kept by the path then.
        let elsewhere = || loopback.then(|| url.path().trim_matches('/'));
        let space = space_of(url.path()).or_else(elsewhere).ok_or(WebhookError::NotASpace)?;
        let given = |name| url.query_pairs().any(|(key, value)| key == name && !value.is_empty());
        if !(loopback || given("key") && given("token")) {
            return Err(WebhookError::NoToken);
        }
        // Only the address proper: a fragment is never sent.
        let address = text.split('#').next().unwrap_or(text);
        Ok(Self {
            secret: address.to_owned().into(),
            host: host.to_string().into(),
            space: space.into(),
            loopback,
        })
    }

    /// What the pace is kept for: the host and the space. Safe to show.
    pub fn space(&self) -> String {
        format!("{}/spaces/{}", self.host, self.space)
    }

    /// Whether it is on this host.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The whole address, secret included. Only for the one who sends.
    pub(super) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// `text` with what it holds of the secret blanked, and with every `key` and `token` that
    /// stands in it as a parameter: what a peer says may echo the address in some form.
    pub(super) fn conceal(&self, text: &str) -> String {
        let query = self.expose().split_once('?').map_or("", |(_, query)| query);
        let raw = query.split('&').filter_map(|pair| pair.split_once('='));
        let decoded = url::form_urlencoded::parse(query.as_bytes());
        let mut values: Vec<String> = raw.map(|(_, value)| value.to_owned()).collect();
        values.extend(decoded.map(|(_, value)| value.into_owned()));
        values.retain(|value| !value.is_empty());
        // The longest first: one may be part of another.
        values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        let text = values.iter().fold(text.to_owned(), |text, value| text.replace(value, "…"));
        blank_parameter(&blank_parameter(&text, "key="), "token=")
    }
}

/// `text` with the value after each `name` blanked.
fn blank_parameter(text: &str, name: &str) -> String {
    let mut parts = text.split(name);
    let mut blanked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ends = |c: char| c.is_whitespace() || matches!(c, '&' | '"' | '<' | '>');
        let end = part.find(ends).unwrap_or(part.len());
        blanked.extend([name, "…", &part[end..]]);
    }
    blanked
}

/// The SPACE of `…/v1/spaces/SPACE/messages`.
pub(super) fn space_of(path: &str) -> Option<&str> {
    let rest = path.strip_suffix("/messages")?;
    let (before, space) = rest.rsplit_once('/')?;
    (before.ends_with("/v1/spaces") && !space.is_empty()).then_some(space)
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/spaces/{}/messages?key=…&token=…", self.host, self.space)
    }
}

#[cfg(test)]
mod tests;
