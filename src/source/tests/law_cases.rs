//! What the law once found: the shortest lives of a log that went wrong, each in every setting.

use super::law_world::{Ending, Gap, Setting, Step, live};
use super::prelude::*;
use Step::{
    Cascade, CopyTruncate, CopyTruncateUnread, PackOlder, PackYoungest, Pass, ReadOne, Reconcile,
    Recreate, Restart, Rotate, Write, WriteLate, WritePart,
};

/// Lives through `steps` wherever the log lies and however it is watched, with all that happens in
/// one tick of the file system's clock, with a tick between, and with both in turns.
#[track_caller]
fn check(steps: &[Step]) {
    for files in ["a.log", "a.log*"] {
        for olddir in ["", "old/"] {
            for watching in [Watching::Both, Watching::Events, Watching::Polling] {
                let setting = Setting { files, olddir, watching };
                for pattern in [0b00, 0b11, 0b01, 0b10] {
                    let gap =
                        |i: usize| if pattern >> (i % 2) & 1 == 0 { Gap::None } else { Gap::Tick };
                    let steps: Vec<_> =
                        steps.iter().enumerate().map(|(i, step)| (gap(i), step.clone())).collect();
                    let lived = live(setting, &steps);
                    assert!(lived.is_ok(), "{setting:?} {steps:?}: {lived:?}");
                }
            }
        }
    }
}

#[test]
fn a_late_line_wakes_the_log_whose_rotation_has_the_path_of_another() {
    check(&[CopyTruncate, CopyTruncate, Rotate, Pass(1), WriteLate]);
}

#[test]
fn what_was_truncated_and_then_rotated_comes_before_what_was_rotated_after_it() {
    let pack = PackOlder(Ending::Gz);
    check(&[Write(6), CopyTruncate, Cascade(3), Write(2), Reconcile, pack, Restart]);
}

#[test]
fn what_may_have_been_copied_before_it_was_packed_is_not_certainly_lost() {
    let pack = PackYoungest(Ending::Gz);
    check(&[Restart, WritePart, Restart, Restart, CopyTruncateUnread, Rotate, pack, Write(1)]);
}

#[test]
fn what_was_written_late_and_packed_while_down_is_read_from_the_archive() {
    let pack = PackYoungest(Ending::Gz);
    check(&[Write(1), Rotate, Write(1), Pass(80), Restart, WriteLate, pack]);
}

#[test]
fn what_was_written_late_and_packed_between_two_reads_is_read_once() {
    let pack = PackYoungest(Ending::Gz);
    for n in [1, 9] {
        let pack = pack.clone();
        check(&[Write(n), Rotate, Write(1), Reconcile, ReadOne, WriteLate, pack, ReadOne]);
    }
}

#[test]
fn what_was_truncated_away_has_no_part_in_what_was_written_to_its_file_later() {
    let pack = PackYoungest(Ending::Gz);
    let truncated = [Write(1), CopyTruncateUnread, Reconcile, Restart, CopyTruncate];
    check(&[&truncated[..], &[Write(1), Rotate, pack]].concat());
}

#[test]
fn what_was_written_late_is_read_once_where_another_file_has_the_inode_by_now() {
    let older = PackOlder(Ending::Gz);
    let youngest = PackYoungest(Ending::Zst);
    let late = [Rotate, WriteLate, Pass(80), WriteLate];
    for packed in [&[Rotate, older, youngest.clone()][..], &[youngest, Rotate, Cascade(3)]] {
        check(&[&late[..], packed].concat());
    }
}

#[test]
fn an_archive_of_what_is_held_yet_is_not_taken_for_late_lines_of_an_empty_file() {
    let begun = [Recreate, CopyTruncateUnread, WritePart, Pass(80), Write(1), Rotate];
    check(&[&begun[..], &[PackOlder(Ending::Gz), PackYoungest(Ending::Gz)]].concat());
}

#[test]
fn what_may_be_in_an_archive_that_was_taken_for_another_is_not_certainly_lost() {
    let pack = PackYoungest(Ending::Gz);
    let first = [Write(3), Rotate, Reconcile, Rotate, pack.clone()];
    check(&[&first[..], &[Write(1), Reconcile, Rotate, pack, Restart]].concat());
    let copied = [Write(2), CopyTruncateUnread, Rotate, Reconcile, Restart];
    check(&[&copied[..], &[CopyTruncateUnread, PackOlder(Ending::Gz)]].concat());
}

#[test]
fn what_was_written_late_to_a_file_of_which_nothing_was_read_is_found_in_its_archive() {
    let pack = PackYoungest(Ending::Gz);
    check(&[Rotate, Write(1), Pass(80), Restart, WriteLate, pack]);
}

#[test]
fn an_archive_that_a_rotation_moved_on_is_not_taken_for_late_lines_of_an_empty_file() {
    let begun = [Rotate, CopyTruncateUnread, Rotate, WriteLate, CopyTruncate, Pass(15)];
    let pack = PackOlder(Ending::Gz);
    check(&[&begun[..], &[Write(1), Rotate, Rotate, pack, Rotate]].concat());
}

#[test]
fn what_was_truncated_before_anything_was_read_is_not_taken_for_a_shorter_file() {
    check(&[Write(2), Reconcile, CopyTruncateUnread, Write(1), Rotate, ReadOne, Reconcile]);
}

#[test]
fn an_inode_that_two_logs_had_is_that_of_the_younger_after_a_restart() {
    let pack = PackOlder(Ending::Gz);
    let emptied = [CopyTruncate, Recreate, Rotate, Restart, Restart, Pass(80), pack];
    check(&[&emptied[..], &[Cascade(2), Pass(80), Restart]].concat());
}
