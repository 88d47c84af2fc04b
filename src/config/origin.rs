//! Where a configuration comes from, and what becomes of it.

use std::path::Path;

use super::diagnostic::Diagnostics;
use super::settings::Settings;
use super::surroundings::Surroundings;

/// What became of a configuration.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Everything that is wrong with it. Warnings may come with settings.
    pub diagnostics: Diagnostics,
    /// What it means; `None` if there is any error.
    pub settings: Option<Settings>,
}

/// Whether to look up the addresses of webhooks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    /// In the environment and in files, as the configuration says.
    Fetch,
    /// Not: those that are not in the configuration itself stay unknown.
    Skip,
}

/// Where a configuration comes from, and what it may ask of its surroundings.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// What it is called in diagnostics.
    pub name: &'a str,
    /// The absolute directory that relative paths in it are relative to.
    pub directory: &'a Path,
    /// Whether every user of this host may read it.
    pub is_open_to_all: bool,
    /// The environment, the host and its files.
    pub surroundings: &'a dyn Surroundings,
    /// Whether to look up the addresses of webhooks.
    pub secrets: Secrets,
}
