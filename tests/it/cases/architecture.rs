//! The rules of the house in `src/lib.rs`, held by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// What each part may use of the others.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("flow", &["frame"]),
    ("frame", &[]),
    ("fields", &[]),
    ("stamp", &["flow"]),
    ("pattern", &[]),
    ("redact", &[]),
    ("matcher", &["flow", "frame", "fields"]),
    ("engine", &["flow", "pattern"]),
    ("source", &["flow", "frame"]),
    ("store", &["flow"]),
    ("control", &["flow"]),
    ("chat", &["flow"]),
    ("format", &["flow", "pattern", "redact", "chat"]),
    ("outbox", &["flow", "chat"]),
    ("telemetry", &["flow"]),
];

/// The parts that touch no file, socket, environment or clock.
const PURE: [&str; 10] = [
    "frame", "fields", "stamp", "pattern", "redact", "flow", "matcher", "engine", "format",
    "outbox",
];

/// Words that only some files may say, and which.
const RESERVED: [(&str, &[&str]); 5] = [
    ("rusqlite::", &["src/store/"]),
    ("toml::", &["src/config/"]),
    ("reqwest::", &["src/chat/client"]),
    ("SystemTime::now", &["src/clock.rs", "src/chat/room/"]),
    ("Instant::now", &["src/clock.rs", "src/chat/room/", "src/command/demo/"]),
];

/// Every source file that is not a test, with its text up to its test module.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs")
            && !["tests.rs", "law.rs"].contains(&name)
        {
            let text = fs::read_to_string(&path).unwrap();
            let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            found.push((path, text[..end].to_owned()));
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The parts that `text` uses: the words behind `crate::`.
fn used(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).map(|rest| {
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    })
}

#[test]
fn arrows_point_down_only() {
    for (part, allowed) in MAY_USE {
        for (path, text) in sources(&root().join("src").join(part)) {
            for other in used(&text) {
                let is_fine = other == part || allowed.contains(&other);
                assert!(is_fine, "{} uses `crate::{other}`", path.display());
            }
        }
    }
}

#[test]
fn pure_parts_touch_nothing() {
    let edges =
        ["std::fs", "std::env", "TcpStream", "TcpListener", "UdpSocket", "async fn", "tokio"];
    for part in PURE {
        for (path, text) in sources(&root().join("src").join(part)) {
            for edge in edges {
                assert!(!text.contains(edge), "{} has `{edge}`", path.display());
            }
        }
    }
}

#[test]
fn what_one_part_alone_knows_is_nowhere_else() {
    for (path, text) in sources(&root().join("src")) {
        let path = path.strip_prefix(root()).unwrap().to_str().unwrap();
        for (word, places) in RESERVED {
            let is_fine =
                !text.contains(word) || places.iter().any(|place| path.starts_with(place));
            assert!(is_fine, "{path} has `{word}`");
        }
    }
}

#[test]
fn the_map_names_every_part() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_root = ["lib", "main"].contains(&name);
        assert!(is_root || map.contains(&format!("pub mod {name};")), "{name}");
    }
}

#[test]
fn every_kind_of_loss_is_known() {
    for (path, text) in sources(&root().join("src/source")) {
        for rest in text.split(".lose(\"").skip(1) {
            let kind = rest.split('"').next().unwrap_or_default();
            let is_known = logbell::flow::Loss::KINDS.contains(&kind);
            assert!(is_known, "{} loses `{kind}`, which `Loss::KINDS` lacks", path.display());
        }
    }
}
