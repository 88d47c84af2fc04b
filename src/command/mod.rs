//! One file a command: its arguments, what it prints, how it exits.

pub mod check;
pub mod room;
