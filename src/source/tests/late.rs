//! Lines that were written late into a file which was read, rotated away and let go, and which was
//! packed before anybody looked.

use super::prelude::*;

/// A log that was rotated, and of which the rotated file was read and let go.
fn let_go(watching: Watching) -> Rig {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", &numbered("A", 20));
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(100);
    assert_eq!(rig.lines().len(), 21);
    rig
}

/// Gives a file a time that `pack` hands on to its archive: so long after it was let go.
fn touch(rig: &Rig, name: &str) {
    let file = OpenOptions::new().write(true).open(rig.path(name)).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(modified + Duration::from_secs(80)).unwrap();
}

#[track_caller]
fn expect_late(rig: &mut Rig, late: &[&str]) {
    rig.pass(100);
    let all = numbered("A", 20);
    let expected: Vec<_> = all.lines().chain(["B"]).chain(late.iter().copied()).collect();
    assert_eq!(rig.lines(), expected);
}

#[test]
fn what_was_written_late_is_read_in_the_archive() {
    for (watching, ending) in [(Watching::Both, "gz"), (Watching::Polling, "zst")] {
        for is_renamed in [false, true] {
            let mut rig = let_go(watching);
            rig.write("a.log.1", "late\n");
            touch(&rig, "a.log.1");
            let archive = rig.pack("a.log.1", ending);
            if is_renamed {
                rig.rename(&archive, &format!("a.log.2.{ending}"));
            }
            expect_late(&mut rig, &["late"]);
            // It is read once, whatever it is called, and by whomever.
            rig.kill();
            rig.start();
            rig.write("a.log", "C\n");
            expect_late(&mut rig, &["late", "C"]);
            rig.expect_no_loss();
        }
    }
}

#[test]
fn what_was_written_late_while_the_agent_was_down_is_read_in_the_archive() {
    let mut rig = let_go(Watching::Both);
    rig.kill();
    rig.write("a.log.1", "late\n");
    touch(&rig, "a.log.1");
    rig.pack("a.log.1", "gz");
    rig.start();
    expect_late(&mut rig, &["late"]);
    rig.expect_no_loss();
}

#[test]
fn an_archive_that_is_made_slowly_is_waited_for_and_holds_up_nobody() {
    let mut rig = let_go(Watching::Both);
    // What packs it has it open until it is done: no other file has its inode.
    let _open = File::open(rig.path("a.log.1")).unwrap();
    rig.write("a.log.1", &numbered("late", 3000));
    touch(&rig, "a.log.1");
    rig.pack("a.log.1", "gz");
    let whole = fs::read(rig.path("a.log.1.gz")).unwrap();
    rig.remove("a.log.1.gz");
    rig.write("a.log.1.gz", &whole[..whole.len() / 2]);
    age_of_now(&rig, "a.log.1.gz");
    rig.pass(30);
    rig.write("a.log", "C\n");
    rig.pass(2);
    assert_eq!(rig.lines().last(), Some(&"C"));
    rig.write("a.log.1.gz", &whole[whole.len() / 2..]);
    age_of_now(&rig, "a.log.1.gz");
    let late = numbered("late", 3000);
    let late: Vec<_> = ["C"].into_iter().chain(late.lines()).collect();
    expect_late(&mut rig, &late);
    rig.expect_no_loss();
}

/// The clock that is handed in runs ahead of that of the files.
fn age_of_now(rig: &Rig, name: &str) {
    let file = OpenOptions::new().write(true).open(rig.path(name)).unwrap();
    let now = Duration::from_millis(rig.now.as_millis().unsigned_abs());
    file.set_modified(std::time::UNIX_EPOCH + now).unwrap();
}

#[test]
fn an_archive_of_what_was_read_is_not_unpacked_again() {
    let mut rig = let_go(Watching::Both);
    rig.pack("a.log.1", "gz");
    let n_reads = super::super::body::meter::n_reads();
    expect_late(&mut rig, &[]);
    // To find what was read in it would take two.
    assert!(super::super::body::meter::n_reads() <= n_reads + 1);
    rig.expect_no_loss();
}

#[test]
fn an_archive_with_a_time_of_its_own_and_nothing_more_is_not_read_again() {
    for ending in ["gz", "zst"] {
        let mut rig = let_go(Watching::Both);
        let archive = rig.pack("a.log.1", ending);
        age_of_now(&rig, &archive);
        expect_late(&mut rig, &[]);
        rig.expect_no_loss();
    }
}

/// Two rotations that begin alike: what was packed of one is not what was written late to the other.
#[test]
fn an_archive_of_another_rotation_that_begins_alike_is_not_taken_for_it() {
    let mut rig = Rig::in_mode(Watching::Both, &["a.log"]);
    rig.start();
    rig.write("a.log", &numbered("A", 20));
    rig.pass(1);
    rig.rename("a.log", "a.log.2");
    rig.write("a.log", &(numbered("A", 20) + "B\n"));
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "C\n");
    rig.pass(100);
    let n_lines = rig.lines().len();
    assert_eq!(n_lines, 42);
    rig.remove("a.log.2");
    let archive = rig.pack("a.log.1", "gz");
    age_of_now(&rig, &archive);
    rig.pass(60);
    assert_eq!(rig.lines().len(), n_lines);
    rig.expect_no_loss();
}

#[test]
fn what_was_written_late_and_cannot_be_unpacked_is_counted() {
    let mut rig = let_go(Watching::Both);
    rig.write("a.log.1", "late\n");
    touch(&rig, "a.log.1");
    rig.rename("a.log.1", "a.log.1.xz");
    let packed = rig.path("a.log.1.xz");
    let modified = fs::metadata(&packed).unwrap().modified().unwrap();
    rig.remove("a.log.1.xz");
    // A file of its own, as xz makes one.
    rig.write("a.log.1.xz", "what xz makes of it");
    OpenOptions::new().write(true).open(packed).unwrap().set_modified(modified).unwrap();
    expect_late(&mut rig, &[]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("unreadable", None)]);
}
