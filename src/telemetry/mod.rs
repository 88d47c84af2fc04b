//! What the agent tells of itself: log, metrics, health.

mod exposition;
pub mod health;
mod hits;
mod lag;
pub mod log;
mod metrics;
pub mod server;
pub mod service;

pub use health::Health;
pub use hits::HitLog;
pub use metrics::Metrics;
