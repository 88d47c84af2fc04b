//! One file a behaviour.

mod architecture;
mod crash;
mod crowds;
mod delivery;
mod demo;
mod documents;
mod failpoints;
mod hits;
mod logrotate;
mod losses;
mod multiline;
mod packs;
mod page;
mod rotations;
mod settings;
mod soak;
mod status;
mod store;
mod trouble;
