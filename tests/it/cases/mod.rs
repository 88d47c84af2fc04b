//! One file a behaviour.

mod documents;
mod packs;
mod settings;
