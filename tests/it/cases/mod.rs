//! One file a behaviour.

mod architecture;
mod crash;
mod delivery;
mod demo;
mod documents;
mod hits;
mod logrotate;
mod losses;
mod multiline;
mod packs;
mod page;
mod settings;
mod status;
mod trouble;
