//! A path or glob from the configuration, taken apart for a walk that enters no directory in vain.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use globset::{Error, Glob, GlobBuilder, GlobMatcher};

/// An entry of `files`.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// One path.
    Path(PathBuf),
    /// A glob.
    Glob(Box<Tree>),
}

/// A glob as a tree of directories.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The directory that everything it matches is under.
    pub(super) base: PathBuf,
    /// What the names of the first levels under `base` match.
    levels: Vec<GlobMatcher>,
    /// How deep it reaches under `base`; `None`: to any depth.
    depth: Option<usize>,
    whole: GlobMatcher,
}

impl Pattern {
    pub(super) fn parse(entry: &Path) -> Result<Self, Error> {
        if !is_glob(entry.as_os_str()) {
            return Ok(Self::Path(entry.to_path_buf()));
        }
        let parts: Vec<_> = entry.components().collect();
        let is_fixed = |part: &Component<'_>| !is_glob(part.as_os_str());
        let n_fixed = parts.iter().position(|part| !is_fixed(part)).unwrap_or(parts.len());
        // Braces may hold a `/`: from such a level on, every name may match.
        let is_closed = |part: &&Component<'_>| {
            let text = part.as_os_str().to_string_lossy();
            text != "**" && text.matches('{').count() == text.matches('}').count()
        };
        let levels = &parts[n_fixed..];
        let n_levels = levels.iter().take_while(is_closed).count();
        let level = |part: &Component<'_>| glob(Path::new(part.as_os_str()));
        Ok(Self::Glob(Box::new(Tree {
            base: parts[..n_fixed].iter().collect(),
            levels: levels[..n_levels].iter().map(level).collect::<Result<_, _>>()?,
            depth: (n_levels == levels.len()).then_some(n_levels),
            whole: glob(entry)?,
        })))
    }

    /// What it was parsed from.
    pub(super) fn text(&self) -> &OsStr {
        match self {
            Self::Path(path) => path.as_os_str(),
            Self::Glob(tree) => OsStr::new(tree.whole.glob().glob()),
        }
    }

    /// Whether `path` is one of its files. An archive is none: a rotated log that was compressed
    /// has been read before, and its bytes are no lines.
    pub(super) fn matches(&self, path: &Path) -> bool {
        match self {
            Self::Path(own) => own == path,
            Self::Glob(tree) => tree.whole.is_match(path) && !is_archive(path),
        }
    }
}

impl Tree {
    /// Whether files may be found below the directory `name`, which lies in a directory `depth`
    /// levels under the base.
    pub(super) fn enters(&self, name: &OsStr, depth: usize) -> bool {
        self.depth.is_none_or(|all| depth + 1 < all)
            && self.levels.get(depth).is_none_or(|level| level.is_match(name))
    }
}

/// A glob as the configuration means it: `*` and `?` stay within a name.
pub(super) fn glob(pattern: &Path) -> Result<GlobMatcher, Error> {
    let text = pattern.to_string_lossy();
    let glob: Glob = GlobBuilder::new(&text).literal_separator(true).build()?;
    Ok(glob.compile_matcher())
}

/// A path that the glob `pattern` matches, to call a log by that is not there.
pub(super) fn example(pattern: &Path) -> PathBuf {
    let text = pattern.to_string_lossy();
    let mut example = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {}
            // It may stand for nothing, but not where a name would be empty or hidden by it.
            '*' if !example.ends_with('/') || rest.peek().is_some_and(|c| c.is_alphanumeric()) => {}
            '*' | '?' => example.push('x'),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                example.extend(class.chars().find(|c| !matches!(c, '!' | '^')));
            }
            '{' => {
                let choice: String = rest.by_ref().take_while(|c| *c != '}').collect();
                example.extend(choice.split(',').next());
            }
            _ => example.push(c),
        }
    }
    // `**` has left an empty name.
    Path::new(&example).components().collect()
}

fn is_glob(text: &OsStr) -> bool {
    text.as_encoded_bytes().iter().any(|byte| b"*?[{".contains(byte))
}

fn is_archive(path: &Path) -> bool {
    const ARCHIVES: [&str; 8] = ["gz", "zst", "xz", "bz2", "lz4", "zip", "Z", "lzma"];
    path.extension().is_some_and(|ext| ARCHIVES.iter().any(|archive| ext == *archive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_a_path_that_the_glob_matches() {
        for (pattern, expected) in [
            ("/var/log/kern.log", "/var/log/kern.log"),
            ("/var/log/nginx/*access.log", "/var/log/nginx/access.log"),
            ("/var/log/{kern.log,messages}", "/var/log/kern.log"),
            ("/srv/**/app-[0-9]?.log", "/srv/app-0x.log"),
            ("/srv/*/shop/*.log", "/srv/x/shop/x.log"),
            ("/var/log/*", "/var/log/x"),
        ] {
            let path = example(Path::new(pattern));
            assert_eq!(path, Path::new(expected), "{pattern}");
            assert!(Pattern::parse(Path::new(pattern)).unwrap().matches(&path), "{pattern}");
        }
    }
}
