//! Scenarios of the life of logs, on real files and a clock that is handed in.

mod archives;
mod basics;
mod blind;
mod decoded;
mod downtime;
mod format_law;
mod formats;
mod identity;
mod law;
mod links;
mod rename;
pub(super) mod rig;
mod scale;
mod truncation;
mod walk;
mod watching;

/// What every file of scenarios uses.
mod prelude {
    pub(super) use std::collections::BTreeMap;
    pub(super) use std::fs::{self, File, OpenOptions};
    pub(super) use std::io::Write;
    pub(super) use std::os::unix::fs::{FileExt, PermissionsExt};
    pub(super) use std::path::Path;
    pub(super) use std::time::Duration;

    pub(super) use super::super::*;
    pub(super) use super::rig::{Rig, in_every_mode, numbered, real_now};
    pub(super) use crate::flow::StreamState;
}
