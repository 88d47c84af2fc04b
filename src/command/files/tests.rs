//! What is shown of a log, and how it is brought up to now.

use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::flow::GenerationId;

const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

fn generation(id: u64, seen_at: &str, offset: u64, size: u64) -> GenerationRow {
    GenerationRow {
        id: Some(GenerationId(id)),
        seen_at: seen_at.into(),
        identity: Identity { dev: 0, ino: 0, born: None },
        offset,
        size,
        packing: Packing::Plain,
        is_finished: false,
        read_at: Some(NOW - Duration::from_secs(3)),
    }
}

fn row(path: &str, state: StreamState, current: Option<GenerationRow>) -> FileRow {
    FileRow {
        path: path.into(),
        rule_names: vec!["nginx-5xx".to_owned()],
        state: state.as_str().to_owned(),
        mode: Mode::Events.as_str().to_owned(),
        why: String::new(),
        future: 0,
        late: 0,
        current,
        older: Vec::new(),
    }
}

#[test]
fn a_table_for_people_fits_a_terminal() {
    let path = "/var/log/nginx/access.log";
    let mut rotated = row(path, StreamState::Reading, Some(generation(12, path, 0, 1_204_112)));
    let archive = GenerationRow {
        packing: Packing::Gzip,
        ..generation(9, "/old/access.log.2.gz", 48_000_000, 4_800_000)
    };
    rotated.older = vec![generation(11, "/var/log/nginx/access.log.1", 52_000, 52_300), archive];
    let mut denied = row("/var/log/kern.log", StreamState::Denied, None);
    denied.why = "the agent may not read it; give its user read permission".to_owned();
    let text = table(&[denied, rotated], NOW).render("no files");
    insta::assert_snapshot!(text, @r#"
    FILE                       STATE    MODE    GEN   READ    SIZE     LAG  LAST READ  RULES
    /var/log/kern.log          denied   events                                         nginx-5xx
        the agent may not read it; give its user read permission
    /var/log/nginx/access.log  reading  events   12    0 B  1.2 MB  1.2 MB  3s ago     nginx-5xx
      access.log.1             older             11  52 kB   52 kB   300 B  3s ago
      /old/access.log.2.gz     older              9  48 MB  4.8 MB       ?  3s ago
    "#);
    assert!(text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn scripts_get_every_number() {
    let mut row = row("/a.log", StreamState::Reading, Some(generation(4, "/a.log", 10, 30)));
    row.older = vec![generation(3, "/a.log.1", 5, 9)];
    insta::assert_snapshot!(serde_json::to_string_pretty(&to_json(&row)).unwrap(), @r#"
    {
      "future": 0,
      "generation": 4,
      "lag": 24,
      "late": 0,
      "mode": "events",
      "offset": 10,
      "older": [
        {
          "generation": 3,
          "lag": 4,
          "offset": 5,
          "packing": "plain",
          "path": "/a.log.1",
          "read_at": "2026-11-23T11:59:57.000Z",
          "size": 9
        }
      ],
      "path": "/a.log",
      "read_at": "2026-11-23T11:59:57.000Z",
      "rule_names": [
        "nginx-5xx"
      ],
      "size": 30,
      "state": "reading",
      "why": null
    }
    "#);
}

/// The row of a log that was read to `offset`, with `n` bytes in it now.
fn looked(dir: &TempDir, offset: u64, n: usize) -> FileRow {
    let path = dir.path().join("a.log");
    fs::write(&path, vec![b'x'; n]).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    let path = path.to_str().unwrap();
    let current = GenerationRow {
        identity: Identity { dev: metadata.dev(), ino: metadata.ino(), born: None },
        ..generation(1, path, offset, offset)
    };
    row(path, StreamState::Following, Some(current))
}

#[test]
fn what_was_appended_since_is_lag() {
    let dir = TempDir::new().unwrap();
    let mut row = looked(&dir, 10, 25);
    look(&mut row);
    assert_eq!((&*row.state, row.lag()), ("reading", Some(15)));
    let mut row = looked(&dir, 25, 25);
    look(&mut row);
    assert_eq!((&*row.state, row.lag()), ("following", Some(0)));
}

#[test]
fn a_file_that_was_finished_and_has_grown_is_lag() {
    let dir = TempDir::new().unwrap();
    let mut row = looked(&dir, 10, 25);
    row.current.as_mut().unwrap().is_finished = true;
    look(&mut row);
    assert_eq!(row.lag(), Some(15));
}

#[test]
fn another_file_at_the_path_is_all_lag_and_what_is_left_of_the_last_one_too() {
    let dir = TempDir::new().unwrap();
    let mut row = looked(&dir, 10, 25);
    let current = row.current.as_mut().unwrap();
    (current.identity.ino, current.size) = (0, 14);
    look(&mut row);
    let current = row.current.as_ref().unwrap();
    assert_eq!((current.id, current.offset, current.size), (None, 0, 25));
    assert_eq!((row.older.len(), row.lag()), (1, Some(29)));
}

#[test]
fn a_file_that_was_cut_off_is_read_from_its_beginning() {
    let dir = TempDir::new().unwrap();
    let mut row = looked(&dir, 100, 25);
    row.current.as_mut().unwrap().is_finished = true;
    look(&mut row);
    assert_eq!((row.older.len(), row.lag()), (0, Some(25)));
}

#[test]
fn a_pipe_is_not_looked_for() {
    let dir = TempDir::new().unwrap();
    let mut row = looked(&dir, 10, 25);
    row.mode = Mode::Pipe.as_str().to_owned();
    look(&mut row);
    assert_eq!(row.lag(), Some(0));
}
