//! The walk finds exactly what its globs match among all there is, entering no directory in vain.

use std::collections::BTreeSet;
use std::path::PathBuf;

use globset::GlobBuilder;
use proptest::prelude::*;
use tempfile::TempDir;

use super::super::discover::{Depth, Discover};
use super::prelude::*;

const NAMES: [&str; 5] = ["a", "b", "ab", "x.log", "y.log.1"];

#[derive(Clone, Debug)]
enum Node {
    File,
    Directory,
    /// To one of the nodes made before.
    Link(usize),
}

/// Nodes with the index of the directory that they are made in, and their names.
fn tree() -> impl Strategy<Value = Vec<(usize, usize, Node)>> {
    let node = prop_oneof![
        4 => Just(Node::File),
        4 => Just(Node::Directory),
        1 => (0..20usize).prop_map(Node::Link),
    ];
    prop::collection::vec((0..20usize, 0..NAMES.len(), node), 1..20)
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("*"),
        Just("**"),
        Just("a"),
        Just("a*"),
        Just("?"),
        Just("[ab]"),
        Just("{a,b}"),
        Just("{a,b/a}"),
        Just("b"),
    ];
    let last = prop_oneof![Just("*"), Just("*.log"), Just("x.log"), Just("*.{log,1}"), Just("**")];
    (prop::collection::vec(part, 0..4), last)
        .prop_map(|(parts, last)| [parts, vec![last]].concat().join("/"))
        .prop_filter("a glob", |text| text.contains(['*', '?', '[', '{']))
}

/// Makes the nodes; those whose names are taken are left out.
fn make(root: &Path, nodes: &[(usize, usize, Node)]) {
    let (mut dirs, mut all) = (vec![root.to_path_buf()], vec![root.to_path_buf()]);
    for (dir, name, node) in nodes {
        let path = dirs[dir % dirs.len()].join(NAMES[*name]);
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match node {
            Node::File => fs::write(&path, "").unwrap(),
            Node::Directory => {
                fs::create_dir(&path).unwrap();
                dirs.push(path.clone());
            }
            Node::Link(to) => std::os::unix::fs::symlink(&all[to % all.len()], &path).unwrap(),
        }
        all.push(path);
    }
}

/// Every path below `dir` that is no directory, through links too, but not round in circles.
fn list(dir: &Path, chain: &mut Vec<PathBuf>, found: &mut BTreeSet<PathBuf>) {
    let real = dir.canonicalize().unwrap();
    if chain.contains(&real) {
        return;
    }
    chain.push(real);
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, chain, found);
        } else {
            found.insert(path);
        }
    }
    chain.pop();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_walk_finds_what_the_glob_matches_in_a_full_listing(
        before in tree(),
        after in tree(),
        pattern in pattern(),
    ) {
        let dir = TempDir::new().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let text = root.join(&pattern);
        let glob = GlobBuilder::new(text.to_str().unwrap()).literal_separator(true).build().unwrap();
        let glob = glob.compile_matcher();
        let settings = SourceSettings::new("s".into(), vec![text]);
        let (mut discover, errors) = Discover::new(&[settings]);
        prop_assert!(errors.is_empty());
        let mut found = BTreeSet::new();
        // The second walk, that knows the first, has to find what came in between.
        for nodes in [&before, &after] {
            make(&root, nodes);
            let walked = discover.walk(Depth::Changed);
            prop_assert!(walked.errors.is_empty(), "{:?}", walked.errors);
            found.extend(walked.paths);
            let mut all = BTreeSet::new();
            // What is a circle is so from where the glob begins.
            let is_fixed = |part: &&str| !part.contains(['*', '?', '[', '{']);
            let base: PathBuf = pattern.split('/').take_while(is_fixed).collect();
            if root.join(&base).is_dir() {
                list(&root.join(base), &mut Vec::new(), &mut all);
            }
            all.retain(|path| glob.is_match(path));
            prop_assert_eq!(&found, &all);
            prop_assert_eq!(discover.walk(Depth::Full).paths, all);
        }
    }
}
