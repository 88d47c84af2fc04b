//! Text in other encodings, with other line ends, and lines that are too long.

use super::decoded::{restart, rig_of};
use super::prelude::*;

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn s46_utf_16_with_a_mark_and_line_ends_inside_letters(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    let log = utf_16("\u{FEFF}\u{0A0A}\u{010A}\u{0A00}x\r\n\u{1F600} smile\nlast\n");
    // A byte at a time: within letters, within the pair of a smile, within the line end.
    for (i, byte) in log.iter().enumerate() {
        rig.write("a.log", &[*byte]);
        rig.now = rig.now + Duration::from_millis(100);
        let id = *rig.source.as_ref().unwrap().streams.keys().next().unwrap();
        rig.source.as_mut().unwrap().look(id, rig.now);
        rig.run();
        if i % 7 == 3 {
            restart(&mut rig);
        }
    }
    rig.expect(&["\u{0A0A}\u{010A}\u{0A00}x\r", "\u{1F600} smile", "last"]);
    rig.expect_no_loss();
}

fn utf_16_as_configured_begins_at_the_last_whole_line(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.settings[0].encoding = Some(encoding_rs::UTF_16BE);
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    rig.write("a.log", &[big("old\n\u{0A0A}new"), vec![0x00]].concat());
    rig.start();
    rig.write("a.log", &[vec![0x0A], big("next\n")].concat());
    rig.expect(&["\u{0A0A}new", "next"]);
}

fn a_utf_8_mark_is_no_part_of_the_first_line(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.write("a.log", b"\xEF\xBB");
    rig.start();
    rig.write("a.log", b"\xBFfirst\n\xEF\xBB\xBFnot here\n");
    rig.pass(2);
    rig.write("a.log", "third\n");
    rig.expect(&["first", "\u{FEFF}not here", "third"]);
}

fn one_byte_encodings_and_japanese_are_read_as_text(watching: Watching) {
    for (encoding, bytes, text) in [
        (encoding_rs::WINDOWS_1252, &b"caf\xE9 \x80"[..], "café €"),
        (encoding_rs::SHIFT_JIS, b"\x83\x8D\x83O", "ログ"),
    ] {
        let mut rig = rig_of(watching, |settings| settings.encoding = Some(encoding));
        rig.write("a.log", &[bytes, b"\n", bytes, b"\n"].concat());
        rig.start();
        rig.expect(&[text, text]);
        assert_eq!(rig.store.marks[1].1, bytes.len() as u64 + 1);
    }
}

fn invalid_utf_8_stays_as_it_is(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    rig.write("a.log", b"a\xff\xfeb\n\xc3\n");
    rig.look();
    let source = rig.source.as_mut().unwrap();
    let chunk = source.next_chunk(rig.now).unwrap();
    assert_eq!(chunk.bytes, b"a\xff\xfeb\n\xc3\n");
}

fn s46_crlf_split_across_reads_is_one_line_end(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    for part in ["one\r", "\ntwo", "\r", "\n"] {
        rig.write("a.log", part);
        rig.pass(1);
    }
    rig.expect(&["one\r", "two\r"]);
}

fn s46_a_line_of_100_mb_is_one_cut_line(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    let file = File::create(rig.path("a.log")).unwrap();
    let mut file = std::io::BufWriter::with_capacity(1 << 20, file);
    let part = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&part).unwrap();
    }
    file.write_all(b"\nnext\n").unwrap();
    drop(file);
    rig.start();
    rig.pass(2);
    let lengths: Vec<_> = rig.lines().iter().map(|line| line.len()).collect();
    assert_eq!(lengths, [MAX_LINE, 4]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("line-cut", Some((100 << 20) + 1 - MAX_LINE as u64))]);
}

fn the_longest_line_is_as_configured(watching: Watching) {
    let mut rig = rig_of(watching, |settings| settings.max_line = 1024);
    rig.write(
        "a.log",
        &("short\n".to_owned() + &"x".repeat(3000) + "\n" + &"y".repeat(1024) + "\nz\n"),
    );
    rig.start();
    rig.expect(&["short", &"x".repeat(1024), &"y".repeat(1024), "z"]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.bytes, &*loss.what)).collect();
    let what = "a line was longer than 1024 bytes; what came after that was not matched";
    assert_eq!(losses, [(Some(3000 - 1024), what)]);
}

fn the_rest_of_a_line_that_was_cut_in_a_finished_file_is_no_new_line(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(2);
    rig.kill();
    late.write_all("x".repeat(MAX_LINE + 500).as_bytes()).unwrap();
    rig.now = rig.now + Duration::from_mins(10);
    rig.start();
    rig.pass(70);
    let lengths: Vec<_> = rig.lines().iter().map(|line| line.len()).collect();
    assert_eq!(lengths, [1, 1, MAX_LINE]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("line-cut", Some(500))]);
}

in_every_mode! {
    s46_utf_16_with_a_mark_and_line_ends_inside_letters,
    utf_16_as_configured_begins_at_the_last_whole_line,
    a_utf_8_mark_is_no_part_of_the_first_line,
    one_byte_encodings_and_japanese_are_read_as_text,
    invalid_utf_8_stays_as_it_is,
    s46_crlf_split_across_reads_is_one_line_end,
    s46_a_line_of_100_mb_is_one_cut_line,
    the_longest_line_is_as_configured,
    the_rest_of_a_line_that_was_cut_in_a_finished_file_is_no_new_line,
}
