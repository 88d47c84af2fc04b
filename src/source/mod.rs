//! bytes → `Chunk`: follows files through growth, rotation, truncation and restarts.

mod settings;

pub use settings::{SourceSettings, Start};
