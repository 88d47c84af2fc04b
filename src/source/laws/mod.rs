//! Laws that any bytes must obey: held by ordinary tests with a fixed number of seeded cases, and
//! by the targets in `fuzz/` without end.
//!
//! Each takes bytes, makes up a case from them, and panics where the law is broken.

mod archive;
pub(in crate::source) mod container;
mod decoding;
pub(in crate::source) mod dice;
mod splitting;

#[cfg(test)]
mod tests;

pub use archive::archives;
pub use decoding::{container_logs, encoded_logs};
pub use splitting::whole_lines;
