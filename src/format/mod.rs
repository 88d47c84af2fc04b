//! `Alert` → `Message`: what is said, as text and card, with log text kept as data.

mod settings;
mod template;
pub mod words;

pub use settings::FormatSettings;
pub use template::{Template, TemplateError};
