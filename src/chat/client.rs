//! Posts a message to a webhook. The only place that does HTTP outwards and that sees the secret.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use reqwest::{Certificate, ClientBuilder, Proxy, Response, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::flow::{MessageId, Outcome};

use super::WebhookUrl;
use super::answer::Answer;

/// Bytes read of an answer. Chat's are about twice the message at most.
const MAX_ANSWER: usize = 64 * 1024;

/// Posts messages to webhooks, over connections that are kept open between posts.
///
/// Proxies are taken from the options or the environment (`HTTPS_PROXY`, `NO_PROXY`), except for
/// loopback addresses, which are always reached directly. Redirects are not followed: Chat sends none, and
/// the secret must not travel on.
#[derive(Clone, Debug)]
pub struct Client {
    outward: reqwest::Client,
    loopback: reqwest::Client,
    options: ClientOptions,
}

/// How a client connects.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The time until a connection stands, TLS included. 5 s by default.
    pub connect_timeout: Duration,
    /// The time until the whole answer is there, connecting included. 10 s by default.
    pub timeout: Duration,
    /// Certificates to trust besides the host's, as PEM: for proxies that look into TLS.
    pub ca: Option<Vec<u8>>,
    /// The proxy to take instead of the environment's; its address may hold a password.
    pub proxy: Option<SecretString>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        let (connect_timeout, timeout) = (Duration::from_secs(5), Duration::from_secs(10));
        Self { connect_timeout, timeout, ca: None, proxy: None }
    }
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The additional certificates cannot be read.
    #[error("the additional certificates are not PEM; expected `-----BEGIN CERTIFICATE-----` …")]
    Certificates(#[source] reqwest::Error),
    /// The proxy's address cannot be read. It is not quoted, as it may hold a password.
    #[error("the proxy's address is not a URL; expected one like `http://proxy.example.com:3128`")]
    Proxy,
    /// Neither with the host's certificates nor with the bundled ones.
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
}

/// The certificates that a server's is checked against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Roots {
    /// The host's own store.
    Host,
    /// Mozilla's, as of the build, for a host that has none: containers without `ca-certificates`.
    Bundled,
}

impl Client {
    /// A client that connects as `options` say.
    ///
    /// # Errors
    /// The operator's: [`ClientOptions::ca`] is no PEM, or [`ClientOptions::proxy`] no address.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        // Fails where another part of the process has chosen before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let own = options.ca.as_deref().map_or(Ok(vec![]), Certificate::from_pem_bundle);
        let own = own.map_err(ClientError::Certificates)?;
        let proxy = options.proxy.as_ref().map(|proxy| Proxy::all(proxy.expose_secret()));
        let proxy = proxy.transpose().map_err(|_| ClientError::Proxy)?;
        let build = |roots| -> reqwest::Result<_> {
            let outward = builder(&options, roots, &own);
            let outward = match &proxy {
                Some(proxy) => outward.proxy(proxy.clone()).build()?,
                None => outward.build()?,
            };
            let loopback = builder(&options, roots, &own).no_proxy().build()?;
            Ok((outward, loopback))
        };
        let clients = build(Roots::Host).or_else(|_| build(Roots::Bundled));
        let (outward, loopback) = clients.map_err(ClientError::Tls)?;
        Ok(Self { outward, loopback, options })
    }

    /// Posts `body` to `url` as the message `id`, and says what became of it.
    ///
    /// May be repeated with the same `id`: Chat then keeps the one message. A body with a thread
    /// key is posted into that thread, which is begun where there is none.
    pub async fn post(&self, url: &WebhookUrl, id: MessageId, body: &str) -> Outcome {
        let client = if url.is_loopback() { &self.loopback } else { &self.outward };
        let request = client
            .post(target(url, id, body))
            .header(CONTENT_TYPE, "application/json; charset=UTF-8")
            .body(body.to_owned());
        match request.send().await {
            Ok(response) => read(response).await.outcome(url),
            Err(error) => {
                Outcome::Unclear { what: url.conceal(&self.explain(&error.without_url())) }
            }
        }
    }

    /// What went wrong on the way, in words.
    fn explain(&self, error: &reqwest::Error) -> String {
        let mut root: &dyn Error = error;
        while let Some(source) = root.source() {
            root = source;
        }
        let ClientOptions { connect_timeout, timeout, .. } = self.options;
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => format!("no connection within {connect_timeout:?}"),
            (false, true) => format!("no answer within {timeout:?}"),
            (true, false) => format!("cannot connect: {root}"),
            (false, false) => format!("the connection broke: {root}"),
        }
    }
}

fn builder(options: &ClientOptions, roots: Roots, own: &[Certificate]) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("logbell/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .timeout(options.timeout);
    match roots {
        Roots::Host => builder.tls_certs_merge(own.to_vec()),
        Roots::Bundled => {
            let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            let bundled = bundled.filter_map(|der| Certificate::from_der(der).ok());
            builder.tls_certs_only(bundled.chain(own.to_vec()))
        }
    }
}

/// The address to post to. The webhook's own query stays as it is, byte for byte.
fn target(url: &WebhookUrl, id: MessageId, body: &str) -> String {
    let address = url.expose();
    let joint = if address.contains('?') { '&' } else { '?' };
    let mut target = format!("{address}{joint}requestId={id}");
    // Without it, Chat ignores the thread key; with it, Chat refuses a body that has none.
    if has_thread_key(body) {
        target += "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";
    }
    target
}

fn has_thread_key(body: &str) -> bool {
    #[derive(Deserialize)]
    struct Body {
        thread: Option<Thread>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Thread {
        thread_key: Option<String>,
    }
    let body: Option<Body> = serde_json::from_str(body).ok();
    body.and_then(|body| body.thread?.thread_key).is_some()
}

/// Reads an answer, as far as it comes: the status alone decides most.
async fn read(mut response: Response) -> Answer {
    let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let (status, retry_after) = (response.status().as_u16(), header(RETRY_AFTER));
    let date = header(DATE);
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        body.extend_from_slice(&bytes[..bytes.len().min(MAX_ANSWER - body.len())]);
        if body.len() == MAX_ANSWER {
            break;
        }
    }
    Answer { status, retry_after, date, body }
}

#[cfg(test)]
mod tests;
