use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::flow::{
    AlertKind, Anchor, Checkpoint, Digest, Fingerprint, GenerationId, GroupKey, GroupRecord,
    Identity, IncidentId, Loss, Memo, Message, MessageId, MessageMark, MessageState, Mode, Mute,
    MuteId, Packing, RuleRecord, Severity, StreamId, StreamState, StreamStatus, ValueRecord,
    WebhookName,
};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn key(value: &str) -> GroupKey {
    GroupKey([("user".into(), value.into())].into())
}

fn message(n: u64, count: u64) -> Message {
    Message {
        id: MessageId::new(Digest::new("test").with_number(n)),
        rule: "disk".into(),
        group: key("eve"),
        incident: IncidentId::new(Digest::new("incident")),
        kind: AlertKind::Open,
        count,
        at: at(1000),
        severity: Severity::Error,
        webhook: WebhookName("oncall".into()),
        body: "{}".into(),
        grounds: None,
    }
}

fn mark(n: u64, state: MessageState) -> MessageMark {
    let (id, kind) = (message(n, 0).id, AlertKind::Open);
    MessageMark { id, kind, state, attempts: 1, said: String::new(), attempted: None }
}

fn rule(matched: u64, untold: u64) -> RuleRecord {
    let state = format!("{untold}");
    RuleRecord { name: "disk".into(), fingerprint: [3; 16], matched, untold, state }
}

fn group(held: u64) -> GroupRecord {
    let state = "{}".to_owned();
    GroupRecord { rule: "disk".into(), key: key("eve"), opened: Some(at(5)), held, state }
}

fn checkpoint(path: &Path) -> Checkpoint {
    Checkpoint {
        generation: GenerationId(2),
        stream: StreamId(1),
        path: path.into(),
        seen_at: path.into(),
        identity: Identity { dev: u64::MAX, ino: 42, born: Some(-1) },
        head: Fingerprint::of(b"head"),
        anchor: Fingerprint::default(),
        offset: 1234,
        anchors: vec![Anchor { offset: 1000, print: Fingerprint::of(b"before") }],
        size: 2000,
        modified: Some(-5),
        packing: Packing::Gzip,
        finished: false,
        after_fragment: true,
        at: at(9),
    }
}

fn memo(path: &Path, text: &str) -> Memo {
    Memo { stream: StreamId(1), path: path.into(), text: text.into() }
}

fn value(value: u64, last: i64) -> ValueRecord {
    ValueRecord { rule: "disk".into(), value, last: at(last) }
}

fn store(dir: &TempDir) -> Store {
    Store::open(dir.path()).unwrap()
}

#[test]
fn what_was_committed_is_there_after_a_restart() {
    use std::os::unix::ffi::OsStrExt;
    let dir = TempDir::new().unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/var/log/caf\xe9.log"));
    let batch = Batch {
        at: at(77),
        boot: Some("this one".into()),
        rules: vec![rule(10, 4)],
        groups: vec![group(4)],
        checkpoints: vec![checkpoint(path)],
        memos: vec![memo(path, "so far")],
        values: vec![value(u64::MAX, 5), value(3, 6), value(4, 7)],
        messages: vec![message(1, 5), message(2, 1), message(3, 6)],
        marks: vec![mark(1, MessageState::Delivered { at: at(80) }), mark(3, MessageState::Parked)],
        ..Batch::default()
    };
    store(&dir).commit(&batch).unwrap();
    let saved = store(&dir).load().unwrap();
    assert_eq!(saved.saved_at, Some(at(77)));
    assert_eq!(saved.boot.as_deref(), Some("this one"));
    assert_eq!(saved.rules, [rule(10, 4)]);
    assert_eq!(saved.groups, [group(4)]);
    assert_eq!(saved.checkpoints, [checkpoint(path)]);
    assert_eq!(saved.memos, [memo(path, "so far")]);
    assert_eq!(saved.values, [value(u64::MAX, 5), value(3, 6), value(4, 7)]);
    let waiting = Waiting { message: message(2, 1), attempts: 0, is_parked: false };
    let parked = Waiting { message: message(3, 6), attempts: 1, is_parked: true };
    assert_eq!(saved.messages, [waiting, parked]);
    assert_eq!(saved.seed, store(&dir).load().unwrap().seed);
}

#[test]
fn logs_without_a_file_are_known_after_a_restart() {
    use crate::flow::{StreamState, StreamStatus};
    let dir = TempDir::new().unwrap();
    let stream = |id, path: &str, state| {
        let (sources, path) = (Vec::new().into(), Path::new(path).into());
        let stream = StreamId(id);
        let (generation, mode, why) = (None, Mode::Polling, "there is no such file".into());
        let (offset, size) = (0, 0);
        let status =
            StreamStatus { stream, path, sources, state, offset, size, generation, mode, why };
        (status, Vec::new())
    };
    let streams = vec![
        stream(1, "/var/log/a.log", StreamState::Missing),
        stream(2, "/var/log/b.log", StreamState::Following),
    ];
    store(&dir).commit(&Batch { streams, ..Batch::default() }).unwrap();
    assert_eq!(store(&dir).load().unwrap().missing, [Path::new("/var/log/a.log")]);
}

#[test]
fn forgetting_takes_away_what_was_saved() {
    let dir = TempDir::new().unwrap();
    let mut store = store(&dir);
    let path = Path::new("/var/log/a.log");
    let checkpoints = vec![checkpoint(path)];
    store.commit(&Batch { groups: vec![group(0)], checkpoints, ..Batch::default() }).unwrap();
    let values = vec![value(3, 6), value(4, 7), value(4, 8)];
    store.commit(&Batch { values, ..Batch::default() }).unwrap();
    let gone = vec![("disk".into(), key("eve"))];
    let (forgotten, values_gone) = (vec![GenerationId(2)], vec![("disk".into(), 3)]);
    store.commit(&Batch { gone, values_gone, forgotten, ..Batch::default() }).unwrap();
    let saved = store.load().unwrap();
    assert_eq!((saved.groups, saved.checkpoints), (vec![], vec![]));
    assert_eq!(saved.values, [value(4, 8)]);
    let last = (saved.last_stream, saved.last_generation);
    assert_eq!(last, (StreamId(1), GenerationId(2)), "ids are not used again");
}

#[test]
fn status_and_history_read_beside_the_running_agent() {
    let dir = TempDir::new().unwrap();
    let mut store = store(&dir);
    let path: Arc<Path> = Path::new("/var/log/a.log").into();
    let status = StreamStatus {
        stream: StreamId(1),
        path: Arc::clone(&path),
        sources: [].into(),
        state: StreamState::Missing,
        offset: 0,
        size: 0,
        generation: None,
        mode: Mode::Events,
        why: String::new(),
    };
    let what = "the log was deleted before it was read".to_owned();
    let loss = Loss { at: at(3), path, kind: "deleted-unread", bytes: Some(12), what };
    let batch = Batch {
        rules: vec![rule(10, 4)],
        groups: vec![group(4)],
        streams: vec![(status, vec!["disk".into()])],
        checkpoints: vec![checkpoint(Path::new("/var/log/a.log"))],
        losses: vec![(loss, vec![])],
        messages: vec![message(1, 5), message(2, 1)],
        marks: vec![mark(2, MessageState::Merged { into: message(1, 0).id })],
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    let status = reader.status().unwrap();
    let rule = &status.rules[0];
    assert_eq!((rule.matched, rule.suppressed, rule.messages, rule.open_groups), (10, 4, 1, 1));
    assert_eq!(status.outbox, OutboxRow { waiting: 1, parked: 0, delivered: 0 });
    let current = status.files[0].current.as_ref().unwrap();
    assert_eq!((current.id, current.offset, current.size), (Some(GenerationId(2)), 1234, 2000));
    assert_eq!((&*status.files[0].state, &*status.files[0].rule_names[0]), ("missing", "disk"));
    assert_eq!(status.losses[0].bytes, Some(12));
    let mut rows = Vec::new();
    reader
        .history(|row| {
            rows.push((row.count, row.state, row.merged_into));
            true
        })
        .unwrap();
    let into = Some(message(1, 0).id.to_string());
    assert_eq!(rows, [(5, "waiting".into(), None), (1, "merged".into(), into)]);
}

#[test]
fn older_files_of_a_log_are_shown_while_they_are_read() {
    let dir = TempDir::new().unwrap();
    let path = Path::new("/var/log/a.log");
    let generation = |id, offset, packing, finished| Checkpoint {
        generation: GenerationId(id),
        seen_at: Path::new("/var/log/a.log.1").into(),
        offset,
        packing,
        finished,
        ..checkpoint(path)
    };
    let status = StreamStatus {
        stream: StreamId(1),
        path: path.into(),
        sources: [].into(),
        state: StreamState::Failing,
        offset: 0,
        size: 0,
        generation: None,
        mode: Mode::Polling,
        why: "it is tried again".into(),
    };
    let mut store = store(&dir);
    let show = |store: &mut Store, checkpoints| {
        let streams = vec![(status.clone(), vec![])];
        store.commit(&Batch { checkpoints, streams, ..Batch::default() }).unwrap();
        let mut files = Reader::open(dir.path()).unwrap().status().unwrap().files;
        assert_eq!((&*files[0].mode, &*files[0].why), ("polling", "it is tried again"));
        let ids = files[0].current.iter().chain(&files[0].older).map(|row| row.id.unwrap().0);
        let ids: Vec<_> = ids.collect();
        (ids, files.remove(0).lag())
    };
    let plain = Packing::Plain;
    let shown =
        show(&mut store, vec![generation(3, 500, plain, true), generation(4, 1900, plain, false)]);
    assert_eq!(shown, (vec![4], Some(100)));
    let shown = show(&mut store, vec![generation(2, 500, plain, false)]);
    assert_eq!(shown, (vec![4, 2], Some(1600)));
    let shown = show(&mut store, vec![generation(1, 500, Packing::Gzip, false)]);
    assert_eq!(shown, (vec![4, 2, 1], None), "how much is packed nobody knows");
}

fn cut(path: &str, kind: &'static str, bytes: u64) -> Loss {
    let (path, what) = (Path::new(path).into(), "gone".to_owned());
    Loss { at: at(3), path, kind, bytes: Some(bytes), what }
}

/// The losses that are still to be told, as `webhook path bytes`.
fn untold(dir: &TempDir) -> Vec<String> {
    let untold = store(dir).load().unwrap().untold;
    let show = |(webhook, loss): (WebhookName, Loss)| {
        format!("{webhook} {} {}", loss.path.display(), loss.bytes.unwrap_or(0))
    };
    untold.into_iter().map(show).collect()
}

/// When each loss was told to all that were to be told, oldest first.
fn told(dir: &TempDir) -> Vec<Option<Timestamp>> {
    let losses = Reader::open(dir.path()).unwrap().status().unwrap().losses;
    losses.into_iter().map(|loss| loss.told).collect()
}

#[test]
fn a_loss_waits_until_each_webhook_was_told() {
    let dir = TempDir::new().unwrap();
    let [a, b] = ["a", "b"].map(|name| WebhookName(name.into()));
    let losses = vec![
        (cut("/1.log", "truncated", 1), vec![a.clone(), b.clone()]),
        (cut("/2.log", "truncated", 2), vec![b.clone()]),
    ];
    store(&dir).commit(&Batch { losses, ..Batch::default() }).unwrap();
    assert_eq!(untold(&dir), ["a /1.log 1", "b /1.log 1", "b /2.log 2"]);
    assert_eq!(told(&dir), [None, None]);
    // What comes in the same batch was not told yet.
    let losses = vec![(cut("/3.log", "truncated", 3), vec![b.clone()])];
    let batch = Batch { told: vec![(b.clone(), at(50))], losses, ..Batch::default() };
    store(&dir).commit(&batch).unwrap();
    assert_eq!(untold(&dir), ["a /1.log 1", "b /3.log 3"]);
    assert_eq!(told(&dir), [None, Some(at(50)), None]);
    let batch = Batch { told: vec![(a.clone(), at(60)), (b.clone(), at(61))], ..Batch::default() };
    store(&dir).commit(&batch).unwrap();
    assert_eq!(untold(&dir), [] as [String; 0]);
    assert_eq!(told(&dir), [Some(at(60)), Some(at(50)), Some(at(61))]);
    assert_eq!(store(&dir).load().unwrap().told, [(a, at(60)), (b, at(61))]);
}

#[test]
fn cut_lines_of_a_log_share_a_row_until_somebody_is_told() {
    let dir = TempDir::new().unwrap();
    let [a, b] = ["a", "b"].map(|name| WebhookName(name.into()));
    let cuts = |n| (0..n).map(|_| (cut("/1.log", Loss::LINE_CUT, 10), vec![a.clone(), b.clone()]));
    let commit = |told: &[&WebhookName], n: usize| {
        let told = told.iter().map(|webhook| ((*webhook).clone(), at(9))).collect();
        store(&dir).commit(&Batch { told, losses: cuts(n).collect(), ..Batch::default() }).unwrap();
    };
    commit(&[], 3);
    commit(&[], 2);
    assert_eq!(untold(&dir), ["a /1.log 50", "b /1.log 50"]);
    // What `a` was told of must not grow for `b`, or `a` would never be told of the growth.
    commit(&[&a], 1);
    assert_eq!(untold(&dir), ["b /1.log 50", "a /1.log 10", "b /1.log 10"]);
    commit(&[&a, &b], 1);
    assert_eq!(untold(&dir), ["a /1.log 10", "b /1.log 10"]);
}

#[test]
fn pruning_a_loss_leaves_nothing_to_tell_of_it() {
    let dir = TempDir::new().unwrap();
    let losses = vec![(cut("/1.log", "truncated", 1), vec![WebhookName("gone".into())])];
    let mut store = store(&dir);
    store.commit(&Batch { losses, ..Batch::default() }).unwrap();
    store.prune(at(4)).unwrap();
    assert_eq!(store.load().unwrap().untold, []);
}

#[test]
fn a_body_is_kept_only_for_as_long_as_it_is_to_be_sent() {
    let dir = TempDir::new().unwrap();
    let mut store = store(&dir);
    let into = message(1, 0).id;
    let states = [
        MessageState::Delivered { at: at(9) },
        MessageState::Merged { into },
        MessageState::Parked,
        MessageState::Waiting,
    ];
    let messages = (1..=4).map(|n| message(n, 1)).collect();
    let marks = (1..=4).zip(states).map(|(n, state)| mark(n, state)).collect();
    store.commit(&Batch { messages, marks, ..Batch::default() }).unwrap();
    let lengths = "SELECT group_concat(length(body)) FROM (SELECT body FROM message ORDER BY seq)";
    let lengths: String = store.db.query_row(lengths, [], |row| row.get(0)).unwrap();
    assert_eq!(lengths, "0,0,2,2");
}

#[test]
fn pruning_keeps_the_counts() {
    let dir = TempDir::new().unwrap();
    let mut store = store(&dir);
    let marks = vec![mark(1, MessageState::Delivered { at: at(1001) })];
    let messages = vec![message(1, 5), message(2, 1)];
    store.commit(&Batch { rules: vec![rule(6, 0)], messages, marks, ..Batch::default() }).unwrap();
    store.prune(at(1000) + Duration::from_secs(1)).unwrap();
    let rule = Reader::open(dir.path()).unwrap().status().unwrap().rules.remove(0);
    assert_eq!((rule.matched, rule.pruned, rule.messages), (6, 5, 1));
}

#[test]
fn nobody_else_may_read_what_is_in_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let state = dir.path().join("new/state");
    let mut store = Store::open(&state).unwrap();
    store.commit(&Batch { messages: vec![message(1, 1)], ..Batch::default() }).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for name in ["logbell.db", "logbell.db-wal", "lock"] {
        assert_eq!(mode(&state.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_second_agent_on_the_same_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    let first = store(&dir);
    assert!(matches!(Store::open(dir.path()), Err(StoreError::InUse { .. })));
    drop(first);
    assert!(Store::open(dir.path()).is_ok());
}

#[test]
fn a_damaged_store_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(Store::FILE);
    std::fs::write(&path, b"this is not a database, but someone may want it back".repeat(100))
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Damaged { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let dir = TempDir::new().unwrap();
    store(&dir).db.pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::Newer { .. })));
}

#[test]
fn a_store_of_an_older_version_is_read_once_an_agent_has_run_on_it() {
    let dir = TempDir::new().unwrap();
    // As the first version left it, with a loss.
    let old = rusqlite::Connection::open(dir.path().join(Store::FILE)).unwrap();
    old.execute_batch(schema::STEPS[0]).unwrap();
    old.execute_batch(
        "INSERT INTO meta VALUES ('seed', x'00112233445566778899aabbccddeeff');
         INSERT INTO loss (at, path, kind, bytes, what) VALUES (7, '/a.log', 'truncated', 1, '');
         INSERT INTO checkpoint VALUES (2, 1, '/a.log', '/a.log', 3, 4, 5, 0, x'00112233445566778899aabbccddeeff',
             0, x'00112233445566778899aabbccddeeff', 6, 6, 0, 0, 8);
         PRAGMA user_version = 1",
    )
    .unwrap();
    drop(old);
    let error = Reader::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Older { found: 1, .. }), "{error}");
    let loaded = store(&dir).load().unwrap();
    assert_eq!(loaded.untold, [], "nobody is told of what is long past");
    let rows: Vec<_> = loaded.checkpoints.iter().map(|row| (row.offset, row.modified)).collect();
    assert_eq!(rows, [(6, None)], "how far it was read is known, and not when it was changed");
    assert_eq!(told(&dir), [Some(at(7))]);
}

#[test]
fn a_reader_needs_a_store() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::Missing { .. })));
}

#[test]
fn a_state_directory_that_cannot_be_made_is_one_clear_sentence() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("state")).unwrap_err();
    assert!(error.to_string().contains("set `state`"), "{error}");
}

#[test]
fn mutes_come_back_until_they_are_over_and_their_ids_never_do() {
    let dir = TempDir::new().unwrap();
    let mute = |id| Mute {
        id: MuteId(id),
        selector: r#"rule=a user="eve \"*""#.parse().unwrap(),
        who: "root".to_owned(),
        why: "deploy".to_owned(),
        since: at(1),
        until: at(3601),
        until_resolved: true,
    };
    let mut store = store(&dir);
    store.commit(&Batch { mutes: vec![mute(1), mute(7)], ..Batch::default() }).unwrap();
    store.commit(&Batch { unmuted: vec![MuteId(7)], ..Batch::default() }).unwrap();
    let saved = store.load().unwrap();
    assert_eq!((saved.mutes, saved.last_mute), (vec![mute(1)], MuteId(7)));
    assert_eq!(Reader::open(dir.path()).unwrap().mutes().unwrap(), [mute(1)]);
}

#[test]
fn the_latest_attempts_of_a_message_are_kept_and_all_are_counted() {
    let dir = TempDir::new().unwrap();
    let mut own = store(&dir);
    own.commit(&Batch { messages: vec![message(1, 5)], ..Batch::default() }).unwrap();
    for attempts in 1..=20 {
        let said = format!("503 of {attempts}");
        let attempted = Some(at(i64::from(attempts)));
        let mark = MessageMark { attempts, said, attempted, ..mark(1, MessageState::Waiting) };
        own.commit(&Batch { marks: vec![mark], ..Batch::default() }).unwrap();
    }
    drop(own);
    let id = message(1, 5).id.to_string();
    let Found::One(why) = Reader::open(dir.path()).unwrap().why(&id).unwrap() else {
        panic!("it is there")
    };
    let kept: Vec<_> = why.attempts.iter().map(|own| (own.number, &*own.said)).collect();
    assert_eq!((why.n_attempts, kept.len()), (20, 8));
    assert_eq!((kept[0], kept[7]), ((13, "503 of 13"), (20, "503 of 20")));
}
