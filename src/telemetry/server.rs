//! The local page: `/healthz`, `/readyz` and `/metrics`.

use std::io;
use std::net::{SocketAddr, TcpListener};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::exposition::MEDIA_TYPE;
use super::{Health, Metrics};

/// `listen` cannot be had. The agent goes on without it.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on `{address}`: {source}; stop what uses it, or set `listen` to another address \
     or to \"off\"; going on without the local page"
)]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// Takes the address, so that connections can be made from now on.
///
/// # Errors
/// The host's: the address is in use, or is none of this host's.
pub fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let bound = TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|source| ListenError { address, source })
}

/// Answers on `listener` until the runtime ends.
///
/// # Errors
/// The system's.
pub async fn serve(listener: TcpListener, health: Health, metrics: Metrics) -> io::Result<()> {
    let pages = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { ready(&health) }))
        .route("/metrics", get(move || async move { show(&metrics) }));
    axum::serve(tokio::net::TcpListener::from_std(listener)?, pages).await
}

fn ready(health: &Health) -> Response {
    match health.trouble() {
        None => {
            let remark = health.config_trouble().map(|why| format!("but {why}\n"));
            format!("ready\n{}", remark.unwrap_or_default()).into_response()
        }
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")).into_response(),
    }
}

fn show(metrics: &Metrics) -> Response {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], metrics.render()).into_response()
}
