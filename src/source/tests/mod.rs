//! Scenarios of the life of logs, on real files and a clock that is handed in.

mod archives;
mod basics;
mod blind;
mod catch_up;
pub(super) mod clock;
mod decoded;
mod downtime;
mod encodings;
mod events;
mod format_law;
mod formats;
mod identity;
mod late;
mod law;
mod law_cases;
mod law_world;
mod links;
mod past;
mod reload;
mod rename;
pub(super) mod rig;
mod scale;
mod sight;
mod truncation;
mod unpacking;
mod unseen;
mod upgrade;
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
    pub(super) use super::clock;
    pub(super) use super::rig::{Rig, in_every_mode, numbered, real_now};
    pub(super) use super::seeded;
    pub(super) use crate::flow::StreamState;
}

/// The same cases at each run, and few of them: each takes many looks at real files.
/// `PROPTEST_RNG_SEED` asks for others, `PROPTEST_CASES` for more.
fn seeded() -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 64;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0x10c_be11);
    }
    config
}
