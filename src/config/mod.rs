//! TOML → `Settings`: what every stage needs, or everything that is wrong with the file at once.
//!
//! `fields` is the file as written, `check` what is meant by it. Only here is TOML known, and
//! `surroundings` alone touches the environment and the file system.

mod absent;
mod accept;
mod check;
mod conditions;
mod detector;
mod diagnostic;
mod duration;
mod excerpt;
mod fields;
mod framing;
mod gates;
mod hours;
mod include;
mod journal;
mod labels;
mod layers;
mod load;
mod mask;
mod matching;
mod novelty;
mod origin;
mod overrides;
mod pace;
pub mod packs;
mod reading;
mod report;
mod resolving;
mod rule;
mod say;
mod secret;
mod settings;
mod shift;
mod size;
mod sizes;
mod sought;
mod source;
mod spike;
mod surroundings;
mod test;
mod way;
mod webhook;
mod words;

#[cfg(test)]
mod tests;

pub use accept::{AcceptError, accept};
pub use check::default_state;
pub use diagnostic::{Diagnostic, Diagnostics, Level, Style};
pub(crate) use duration::{read as parse_duration, show as show_duration};
pub use excerpt::Excerpt;
pub use load::{LoadError, load, load_with, parse};
pub use origin::{Loaded, Origin, Secrets};
pub use overrides::Override;
pub use settings::{Rule, Settings, Way, Webhook};
pub use surroundings::{File, Surroundings, System};
pub use test::{Expected, Happening, Input, Other, Step, Test};
pub(crate) use words::nearest;
