//! What is read of an old file is what was read while it grew.

use std::io;

use super::decoded::{cri, docker, rig_of};
use super::prelude::*;
use super::rig::{events, packed};
use crate::flow::StreamId;
use crate::frame::Framing;
use crate::source::{Owners, Past, PastReader};

/// The events of the file `name`, of each of which the matcher takes so many of those given out.
fn past_events(rig: &Rig, name: &str, n_taken: usize) -> (Vec<String>, io::Result<()>) {
    let owners = Owners::new(&rig.settings);
    let mut past = Past::open(&rig.path(name), StreamId(1), &owners).unwrap();
    let (mut reader, mut lines) = (PastReader::new(), Vec::new());
    loop {
        let chunk = match reader.next(&mut past) {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return (lines, Ok(())),
            Err(error) => return (lines, Err(error)),
        };
        let n_taken = if chunk.settled { usize::MAX } else { n_taken };
        let mut n_consumed = 0;
        for (event, _) in events(&chunk).into_iter().take(n_taken) {
            n_consumed += event.len();
            lines.push(String::from_utf8_lossy(event).trim_end_matches('\n').to_owned());
        }
        reader.consumed(&mut past, n_consumed);
    }
}

/// How a log is to be read.
type Change = Box<dyn Fn(&mut SourceSettings)>;

/// Logs of all kinds, with how they are to be read.
fn logs() -> Vec<(Change, Vec<u8>)> {
    let trace = "java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n";
    let long = "x".repeat(MAX_LINE + 1000);
    let cri: String = (0..800)
        .map(|i| cri(["stdout", "stderr"][i % 2], ["P", "F"][i / 2 % 2], &format!("part {i} ")))
        .collect();
    let docker: String =
        (0..600).map(|i| docker("stdout", &format!("part {i}{}", ["", "\n"][i % 2]))).collect();
    let traces = format!("line\n{trace}").repeat(400);
    let utf_16 = "\u{feff}ein Wort\nüber\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let plain: fn(&mut SourceSettings) = |_| {};
    vec![
        (
            Box::new(plain),
            format!("A\r\n\n\u{0}B\n{long}\nC\n{}rest", numbered("n", 50_000)).into(),
        ),
        (Box::new(|own| own.format = Format::Auto), cri.clone().into()),
        (Box::new(|own| own.format = Format::Cri), cri.into()),
        (Box::new(|own| own.format = Format::Docker), docker.into()),
        (Box::new(|own| own.framing = Some(Framing::auto().into())), traces.into()),
        (Box::new(|own| own.encoding = Some(encoding_rs::UTF_16LE)), utf_16),
    ]
}

#[test]
fn an_old_file_gives_the_events_of_one_that_is_followed_packed_or_not() {
    for (change, bytes) in logs() {
        let mut rig = rig_of(Watching::Polling, change);
        rig.write("a.log", &bytes);
        rig.start();
        rig.pass(2);
        // What has begun is over, as nothing more will come.
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "");
        rig.pass(700);
        let expected = rig.lines();
        assert!(!expected.is_empty());
        rig.write("a.log.2.gz", &packed(&bytes, "gz"));
        rig.write("a.log.3.zst", &packed(&bytes, "zst"));
        for name in ["a.log.1", "a.log.2.gz", "a.log.3.zst"] {
            // What was not taken is read again: of a large one, in large steps.
            let step = 1 + bytes.len() / 10_000;
            for n_taken in [usize::MAX, 50 * step, step, 0] {
                let (lines, end) = past_events(&rig, name, n_taken);
                assert!(end.is_ok(), "{name}: {end:?}");
                let n_same = lines.iter().zip(&expected).take_while(|(a, b)| a == b).count();
                let others = (lines.get(n_same), expected.get(n_same));
                assert_eq!(others, (None, None), "{name}, {n_taken} at a time, from {n_same} on");
            }
        }
    }
}

#[test]
fn of_an_archive_that_is_cut_or_damaged_what_there_is_is_read_and_it_is_said() {
    let rig = Rig::new(&["a.log"]);
    let text = numbered("line", 1000);
    for ending in ["gz", "zst"] {
        let whole = packed(text.as_bytes(), ending);
        let name = format!("a.log.1.{ending}");
        rig.write(&name, &whole[..whole.len() - 3]);
        let (lines, end) = past_events(&rig, &name, usize::MAX);
        assert!(end.unwrap_err().to_string().contains("breaks off"));
        assert!(lines.len() >= 500, "{}", lines.len());
        // In the second member: of what is packed in zstd not all has a checksum, but a header.
        let mut damaged = whole.clone();
        if ending == "gz" {
            let middle = whole.len() * 3 / 4;
            damaged[middle..middle + 9].fill(0x5a);
        } else {
            let frame = whole.windows(4).rposition(|bytes| bytes == [0x28, 0xb5, 0x2f, 0xfd]);
            damaged[frame.unwrap() + 4] = 0xff;
        }
        rig.remove(&name);
        rig.write(&name, &damaged);
        let (lines, end) = past_events(&rig, &name, usize::MAX);
        assert!(end.unwrap_err().to_string().contains("damaged"));
        assert!((500..1000).contains(&lines.len()), "{}", lines.len());
    }
}

#[test]
fn a_file_that_is_written_anew_meanwhile_is_not_taken_for_the_same() {
    let rig = Rig::new(&["a.log"]);
    rig.write("a.log", &numbered("line", 200_000));
    let owners = Owners::new(&rig.settings);
    let mut past = Past::open(&rig.path("a.log"), StreamId(1), &owners).unwrap();
    let mut reader = PastReader::new();
    let n_bytes = reader.next(&mut past).unwrap().unwrap().bytes.len();
    reader.consumed(&mut past, n_bytes);
    rig.truncate("a.log");
    rig.write("a.log", &numbered("other", 200_000));
    assert!(reader.next(&mut past).unwrap_err().to_string().contains("written anew"));
}

#[test]
fn lines_that_are_taken_one_by_one_are_not_read_one_by_one() {
    let rig = Rig::new(&["a.log"]);
    rig.write("a.log", &numbered("line", 20_000));
    let before = body::meter::n_reads();
    let (lines, end) = past_events(&rig, "a.log", 1);
    end.unwrap();
    assert_eq!(lines.len(), 20_000);
    // Of its beginning, of its lines, and of its end.
    assert!(body::meter::n_reads() - before <= 4);
}
