//! The law: whatever is written, rotated, truncated, removed, killed and restarted, each whole line
//! is matched once in what was committed, and in order within each content epoch of a file.

use proptest::prelude::*;

use super::law_world::{Ending, Gap, Setting, Step, live};
use super::prelude::*;

fn gap() -> impl Strategy<Value = Gap> {
    prop_oneof![Just(Gap::None), Just(Gap::Tick)]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![Just(Ending::Gz), Just(Ending::Zst)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..5u8).prop_map(Step::Write),
        2 => Just(Step::WritePart),
        2 => Just(Step::WriteLate),
        3 => Just(Step::Rotate),
        2 => Just(Step::CopyTruncate),
        2 => Just(Step::CopyTruncateUnread),
        1 => (2..4u8).prop_map(Step::Cascade),
        1 => Just(Step::RemoveUnread),
        2 => ending().prop_map(Step::PackYoungest),
        1 => ending().prop_map(Step::PackOlder),
        1 => Just(Step::Recreate),
        3 => Just(Step::Reconcile),
        3 => Just(Step::ReadOne),
        3 => (0..3u8).prop_map(Step::ReadSome),
        2 => Just(Step::Commit),
        2 => Just(Step::Reload),
        2 => prop_oneof![Just(1u8), Just(3), Just(15), Just(80)].prop_map(Step::Pass),
        2 => Just(Step::Restart),
        2 => Just(Step::Kill),
    ]
}

fn setting() -> impl Strategy<Value = Setting> {
    let files = prop_oneof![Just("a.log"), Just("a.log*")];
    let olddir = prop_oneof![Just(""), Just("old/")];
    let watching =
        prop_oneof![Just(Watching::Both), Just(Watching::Events), Just(Watching::Polling)];
    let setting = |(files, olddir, watching)| Setting { files, olddir, watching };
    (files, olddir, watching).prop_map(setting)
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn each_whole_line_is_matched_once(
        setting in setting(),
        steps in prop::collection::vec((gap(), step()), 1..40),
    ) {
        live(setting, &steps)?;
    }
}
