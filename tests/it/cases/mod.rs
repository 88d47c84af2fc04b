//! One file a behaviour.

mod architecture;
mod crash;
mod delivery;
mod trouble;
