//! What `logbell` can be told to do: one file a command.

pub mod room;
