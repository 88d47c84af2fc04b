//! What is read of a file's end.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::source::Format;

/// The latest lines of a file with `text`, as a source of it reads them.
fn latest(text: impl AsRef<[u8]>, max_lines: usize, change: fn(&mut SourceSettings)) -> Latest {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("app.log");
    fs::write(&path, text).unwrap();
    let mut settings = SourceSettings::new("app".into(), vec![dir.path().join("*.log")]);
    change(&mut settings);
    let settings = [settings];
    let logs = Logs::of(&settings);
    assert_eq!(logs.of_source(0, &settings[0]), std::slice::from_ref(&path));
    logs.latest(&path, max_lines).unwrap()
}

fn ends(latest: &Latest) -> Vec<usize> {
    let Events::Marked(marks) = latest.events() else { panic!("no marks") };
    marks.iter().map(|mark| mark.end).collect()
}

#[test]
fn the_last_lines_are_those_at_the_end() {
    let found = latest("one\ntwo\nthree\n", 2, |_| ());
    assert_eq!((found.bytes(), found.n_lines()), (&b"two\nthree\n"[..], 2));
    let found = latest("one\ntwo", 9, |_| ());
    assert_eq!((found.bytes(), found.n_lines()), (&b"one\ntwo"[..], 2));
    assert_eq!(latest("", 9, |_| ()).n_lines(), 0);
}

#[test]
fn of_a_large_file_only_the_end_is_read() {
    let line = format!("{}\n", "x".repeat(999));
    let text = format!("{}last\n", line.repeat(20_000));
    let found = latest(&text, 10, |_| ());
    assert_eq!((found.n_lines(), found.bytes().len()), (10, 9_005));
    let found = latest(&text, 100_000, |_| ());
    assert!(found.bytes().len() as u64 <= Latest::MAX_BYTES);
    assert!(found.bytes().starts_with(line.as_bytes()), "it begins with a whole line");
    assert_eq!(found.n_lines(), 8_389);
}

#[test]
fn lines_are_decoded_as_their_source_says() {
    let cri = "2026-11-23T10:00:00.0Z stdout P one \n2026-11-23T10:00:00.0Z stdout F line\n";
    let found = latest(cri, 10, |settings| settings.format = Format::Cri);
    assert_eq!((found.bytes(), found.n_lines()), (&b"one line\n"[..], 2));
    assert_eq!(ends(&found), [9]);
    let utf16: Vec<u8> = "\u{feff}än\nzwei\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = latest(&utf16, 1, |_| ());
    assert_eq!((found.bytes(), found.n_lines()), (&b"zwei\n"[..], 1));
    let found = latest(&utf16, 2, |_| ());
    assert_eq!(found.bytes(), "än\nzwei\n".as_bytes());
}

#[test]
fn lines_make_events_as_their_source_says() {
    let text = "start 1\nmore\nstart 2\nend\n";
    let found = latest(text, 10, |settings| {
        settings.framing = Framing::starting_with("^start").map(Arc::new).ok();
    });
    let Events::Framed(framing) = found.events() else { panic!("not framed") };
    assert_eq!(framing.around(found.bytes(), 0), 0..13);
    let cri = text
        .replace("start", "2026-11-23T10:00:00.0Z stdout F start")
        .replace("\nmore", "\n2026-11-23T10:00:00.0Z stdout F more");
    let found = latest(cri.replace("end\n", ""), 10, |settings| {
        settings.framing = Framing::starting_with("^start").map(Arc::new).ok();
        settings.format = Format::Cri;
    });
    assert_eq!(found.bytes(), b"start 1\nmore\nstart 2\n");
    assert_eq!(ends(&found), [13, 21], "the last event too");
}

#[test]
fn what_is_no_log_is_told_apart() {
    let dir = TempDir::new().unwrap();
    let logs = Logs::of(&[]);
    let error = |path: &Path| logs.latest(path, 1).unwrap_err().to_string();
    assert_eq!(error(dir.path()), "it is a directory");
    assert_eq!(error(&dir.path().join("a.gz")), "it is packed: unpack it first");
    assert_eq!(error(Path::new("/dev/null")), "it is no regular file");
    let missing = logs.latest(&dir.path().join("missing"), 1).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_source_has_its_files_and_not_those_it_leaves_out_the_youngest_first() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    for (name, age) in [("a.log", 20), ("b.log", 10), ("c.log", 30), ("d.txt", 0)] {
        let file = fs::File::create(path(name)).unwrap();
        let now = file.metadata().unwrap().modified().unwrap();
        file.set_modified(now - std::time::Duration::from_secs(age)).unwrap();
    }
    let mut some = SourceSettings::new("some".into(), vec![path("*.log")]);
    some.exclude = vec![path("c*")];
    let one = SourceSettings::new("one".into(), vec![path("d.txt"), path("missing")]);
    let settings = [some, one];
    let logs = Logs::of(&settings);
    assert_eq!(logs.of_source(0, &settings[0]), [path("b.log"), path("a.log")]);
    assert_eq!(logs.of_source(1, &settings[1]), [path("d.txt")]);
}
