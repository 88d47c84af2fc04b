//! One file a behaviour.

mod architecture;
mod crash;
mod delivery;
mod demo;
mod documents;
mod fifo;
mod hits;
mod journal;
mod logrotate;
mod losses;
mod multiline;
mod packs;
mod page;
mod settings;
mod status;
mod stdin;
mod trouble;
