//! What the agent tells of itself: log, metrics, health.

mod exposition;
pub mod health;
pub mod log;
mod metrics;
pub mod server;
pub mod service;

pub use health::Health;
pub use metrics::Metrics;
