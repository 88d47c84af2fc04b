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
mod packs;
mod page;
mod rotations;
mod settings;
mod soak;
mod store;
mod trouble;
