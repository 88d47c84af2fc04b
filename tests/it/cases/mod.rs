//! One file a behaviour.

mod architecture;
mod cost;
mod crash;
mod crowds;
mod delivery;
mod demo;
mod detectors;
mod documents;
mod failpoints;
mod fifo;
mod hits;
mod journal;
mod logrotate;
mod losses;
mod multiline;
mod packs;
mod page;
mod replay;
mod rotations;
mod say;
mod settings;
mod soak;
mod status;
mod stdin;
mod store;
mod trouble;
