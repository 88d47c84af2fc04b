//! The law: all three ways of looking agree on every border, wherever the bytes were cut.

use proptest::prelude::*;

use super::super::laws::{LINES, holds};
use super::*;

fn log(chosen: &[usize], end: &str) -> Vec<u8> {
    let lines: Vec<_> = chosen.iter().map(|&i| format!("{}{end}", LINES[i])).collect();
    lines.concat().into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn traces_are_cut_alike_from_near_and_from_the_front(
        chosen in prop::collection::vec(0..LINES.len(), 0..80),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        is_whole in any::<bool>(),
    ) {
        let mut bytes = log(&chosen, end);
        if !is_whole {
            bytes.pop();
        }
        holds(&Framing::auto(), &bytes, 17);
    }

    #[test]
    fn starts_are_cut_alike_from_near_and_from_the_front(
        chosen in prop::collection::vec(0..LINES.len(), 0..80),
        pattern in prop::sample::select(vec!["^2026", ":$", "^$", r"^\S", "never"]),
    ) {
        holds(&super::start(pattern), &log(&chosen, "\n"), 17);
    }
}

#[test]
fn long_events_are_cut_alike_from_near_and_from_the_front() {
    let frames = "\tat a.b.C.d(C.java:7)\n".repeat(2_345);
    let deep = format!("plain\nx.FooException: no\n{frames}plain\n{frames}2026-11-23 end\n");
    holds(&Framing::auto(), deep.as_bytes(), 7_001);
    holds(&super::start("^x|^2026"), deep.as_bytes(), 7_001);
    let wide = format!("plain\nx.FooException: no\n\tat {}\n", "x".repeat(50_000));
    let wide =
        format!("{}end\n", wide.repeat(3)) + &format!("\tat {}\n", "y".repeat(99_999)).repeat(9);
    holds(&Framing::auto(), wide.as_bytes(), 30_001);
    holds(&super::start("^never"), wide.as_bytes(), 30_001);
}

#[test]
fn borders_of_made_up_logs_are_found_alike() {
    let mut rng = fastrand::Rng::with_seed(46);
    for _ in 0..1_000 {
        let bytes: Vec<u8> = (0..rng.usize(..120)).map(|_| rng.u8(..)).collect();
        super::super::laws::borders(&bytes);
    }
}
