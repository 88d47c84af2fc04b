//! A path → every name on the way to what it leads to, so that a change of any can be noticed.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The most links on one way, as the system has it (`ELOOP`).
const MAX_LINKS: usize = 40;

/// The way of a path through links.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Way {
    /// The links on the way, by their own names, in directories that are no links. At the end, what
    /// is not there, if something is not.
    pub(super) turns: Vec<PathBuf>,
    /// Everything else on the way, its end included.
    pub(super) steps: Vec<PathBuf>,
    /// What it leads to, if it is there: no part of it is a link.
    pub(super) end: Option<PathBuf>,
}

impl Way {
    /// Follows `path`, which is absolute.
    pub(super) fn of(path: &Path) -> Self {
        let mut way = Self::default();
        let mut real = PathBuf::from("/");
        let mut rest = parts(path);
        while let Some(part) = rest.pop() {
            if part == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&part);
            match fs::read_link(&next) {
                Ok(target) => {
                    way.turns.push(next);
                    if way.turns.len() > MAX_LINKS {
                        return way;
                    }
                    if target.is_absolute() {
                        real = PathBuf::from("/");
                    }
                    rest.extend(parts(&target));
                }
                // It is no link.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                    real.clone_from(&next);
                    way.steps.push(next);
                }
                Err(_) => {
                    way.turns.push(next);
                    return way;
                }
            }
        }
        way.end = Some(real);
        way
    }
}

/// The parts of a path, last first.
fn parts(path: &Path) -> Vec<OsString> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_os_string()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    };
    path.components().rev().filter_map(part).collect()
}
