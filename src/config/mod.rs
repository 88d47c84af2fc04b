//! TOML → `Settings`: what every stage needs, or everything that is wrong with the file at once.
//!
//! `fields` is the file as written, `check` what is meant by it. Only here is TOML known, and
//! `surroundings` alone touches the environment and the file system.

mod check;
mod diagnostic;
mod duration;
mod excerpt;
mod fields;
mod load;
mod mask;
mod matching;
mod pace;
pub mod packs;
mod report;
mod rule;
mod secret;
mod settings;
mod source;
mod surroundings;
mod webhook;
mod words;

#[cfg(test)]
mod tests;

pub use check::default_state;
pub use diagnostic::{Diagnostic, Diagnostics, Level, Style};
pub use excerpt::Excerpt;
pub use load::{LoadError, Loaded, Origin, Secrets, load, parse};
pub use settings::{Rule, Settings, Webhook};
pub use surroundings::{File, Surroundings, System};
