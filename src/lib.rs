//! `logbell` watches log files and tells the right Google Chat space what matters in them.

pub mod chat;
pub mod command;
pub mod config;
pub mod engine;
pub mod flow;
pub mod format;
pub mod matcher;
pub mod source;
