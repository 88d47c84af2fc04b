//! What counts as expected.

use std::time::Duration;

use super::compare::{Moment, compare};
use crate::config::Expected;
use crate::flow::{AlertKind, GroupKey};
use crate::pipeline::Said;

/// Compares what is expected with what came, both as `at count` and in minutes; `_` is left out.
/// `expected` shows it as `=`, `-` and `+`.
fn check(wanted: &str, came: &str, expected: &str) {
    let number = |word: &str| word.parse::<u64>().ok();
    let pairs = |text: &str| -> Vec<(Option<u64>, Option<u64>)> {
        let split = |pair: &str| pair.split_once(':').map(|(at, n)| (number(at), number(n)));
        text.split_whitespace().filter_map(split).collect()
    };
    let wanted = pairs(wanted).into_iter().map(|(at, count)| Expected {
        at: at.map(Duration::from_mins),
        count,
        ..Expected::default()
    });
    let came = pairs(came).into_iter().map(|(at, count)| Said {
        at: Duration::from_mins(at.unwrap_or_default()),
        kind: AlertKind::Open,
        count: count.unwrap_or_default(),
        group: GroupKey::default(),
    });
    let (wanted, came): (Vec<_>, Vec<_>) = (wanted.collect(), came.collect());
    let signs: String = compare(&wanted, &came)
        .iter()
        .map(|moment| match moment {
            Moment::AsExpected(_) => '=',
            Moment::Missing(_) => '-',
            Moment::Extra(_) => '+',
        })
        .collect();
    assert_eq!(signs, expected);
}

#[test]
fn exactly_what_is_expected_comes_in_its_order() {
    check("", "", "");
    check("0:1 5:2", "0:1 5:2", "==");
    check("0:1", "0:1 5:2", "=+");
    check("0:1 5:2", "0:1", "=-");
    check("", "0:1", "+");
    check("0:1 5:2", "0:1 5:3", "=-+");
    check("5:2 0:1", "0:1 5:2", "-=+");
    check("0:1 3:1 8:1", "0:1 3:2 5:2", "=-++-");
}

#[test]
fn what_is_left_out_may_be_anything() {
    check("_:1 5:_ _:_", "0:1 5:2 9:9", "===");
    check("_:1 5:_", "0:1 6:2", "=-+");
}

#[test]
fn as_much_as_possible_is_alike() {
    check("0:1 5:2 9:3", "0:1 4:1 5:2 9:3", "=+==");
    check("0:1 5:2 9:3", "5:2 7:7 9:3", "-=+=");
}
