//! One file a behaviour.

mod architecture;
mod crash;
mod delivery;
mod documents;
mod packs;
mod settings;
mod trouble;
