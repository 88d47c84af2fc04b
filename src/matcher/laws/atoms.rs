//! The law of atoms: what a pattern matches holds one atom of each set that the pattern requires.

use regex::bytes::RegexBuilder;

use super::{Choices, Made, PARTS, WORDS, pattern, without_end};
use crate::matcher::Pattern;
use crate::matcher::atoms::Required;
use crate::matcher::model::Model;
use crate::matcher::pattern::Reach;
use crate::matcher::verify;

/// Makes up a pattern and events, and holds the law for those that it matches. Returns how many these
/// were.
pub fn every_atom(bytes: &[u8]) -> usize {
    let mut choices = Choices(bytes);
    let Made { pattern: written, text } = pattern(&mut choices, 2);
    let Ok(pattern) = Pattern::new(&written) else { return 0 };
    let mut builder = RegexBuilder::new(&written);
    let regex = builder.unicode(!written.is_ascii()).build().expect("it compiled before");
    // What is rare in one log is frequent in another: other sets are kept then.
    let other = (choices.below(32) == 31).then(|| Model::of(text.repeat(40).into_bytes()));
    let models = [Some(Model::common()), other.as_ref()];
    let sets = |reach| -> Vec<_> {
        let models = models.iter().flatten();
        models.flat_map(|model| Required::all(&[pattern.hir()], reach, model)).collect()
    };
    let (of_lines, of_events) = (sets(Reach::Line), sets(Reach::Event));
    let mut n_matching = 0;
    while !choices.0.is_empty() {
        let event = event(&mut choices, &text);
        let own = without_end(&event);
        if !regex.is_match(own) {
            continue;
        }
        n_matching += 1;
        let (lead, behind) = (b"before\n", if event.ends_with(b"\n") { "behind\n" } else { "" });
        let log = [lead, &event[..], behind.as_bytes()].concat();
        let places = lead.len()..lead.len() + event.len();
        let of_lines = of_lines.iter().filter(|_| !own.contains(&b'\n'));
        for set in of_lines.chain(&of_events) {
            let is_there = |at: usize| set.iter().any(|atom| verify::is_at(atom, &log, at));
            assert!(
                places.clone().any(is_there),
                "`{written}` matches {:?}, which has none of {set:?}",
                own.escape_ascii().to_string(),
            );
        }
    }
    n_matching
}

/// An event around `text`, or around what is much like it.
fn event(choices: &mut Choices<'_>, text: &str) -> Vec<u8> {
    let mut event = Vec::new();
    let around = |choices: &mut Choices<'_>, event: &mut Vec<u8>| {
        for _ in 0..choices.below(3) {
            match choices.below(4) {
                0 => event.extend(choices.of(&WORDS).bytes()),
                1 => event.extend(choices.of(&PARTS).1.bytes()),
                2 => event.push(choices.of(b"\r\xff\xc3x\0A_ \n")),
                _ => event.extend(text.bytes()),
            }
        }
    };
    around(choices, &mut event);
    let from = event.len();
    event.extend(text.bytes());
    if choices.below(3) == 2 && from < event.len() {
        let at = from + choices.below(event.len() - from);
        event[at] = choices.of(b"\r\xffxA_ 7\n");
    }
    around(choices, &mut event);
    event.extend(choices.of(&[&b"\n"[..], b"\r\n", b""]));
    event
}
