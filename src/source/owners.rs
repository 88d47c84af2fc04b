//! Whose a file is, by its name: of the sources that follow it, or the log that it is a rotation of.

use std::path::Path;

use super::discover::{Discover, Interest};
use super::rotation::{rotated, unpacked};
use super::settings::SourceSettings;
use crate::flow::SourceId;

/// Says which sources a file is of, by its name.
#[derive(Debug)]
pub struct Owners {
    discover: Discover,
    /// All sources there are.
    pub(super) all: Vec<SourceId>,
}

impl Owners {
    /// Of files that `settings` follow.
    pub fn new(settings: &[SourceSettings]) -> Self {
        let (discover, _) = Discover::new(settings);
        let all = (0..).map(SourceId).take(settings.len()).collect();
        Self { discover, all }
    }

    /// Who follows the log at the absolute `path`, or the log that its name says it is a rotation of.
    pub(super) fn interest(&self, path: &Path) -> Option<Interest> {
        let plain = unpacked(path);
        let own = self.discover.interest(&plain);
        own.or_else(|| rotated(&plain).find_map(|log| self.discover.interest(&log)))
    }
}
