//! Ways beside each other: round by round, so that all of them see the same moments of the machine.

use std::time::Duration;

use crate::log::Log;
use crate::ways::{Kind, Way};

/// What came of one way.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// GB for each second of the processor's time: the median of all rounds.
    pub(crate) speed: f64,
    /// That as a share of what `read(2)` alone has: the median of what it was in each round.
    pub(crate) share: f64,
}

/// Processor time of one way in one round, where the log is long enough.
const TURN: Duration = Duration::from_millis(120);
/// Processor time before the first, where the log is long enough.
const WARM: Duration = Duration::from_millis(500);

/// Lets `ways` go over `log`, so many rounds. The first of them is what others are a share of.
pub(crate) fn compare(log: &Log, mut ways: Vec<Way>, n_rounds: usize) -> Vec<Figure> {
    let sizes: Vec<u64> = ways.iter_mut().map(|way| size_of_turn(log, way)).collect();
    let mut speeds: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
    for round in 0..n_rounds {
        for ((way, size), speeds) in ways.iter_mut().zip(&sizes).zip(&mut speeds) {
            let range = log.part(*size, round);
            let run = way.run(log, &range);
            speeds.push(gigabytes(range.end - range.start) / run.time.as_secs_f64());
        }
    }
    let figure = |(way, own): (&Way, &Vec<f64>)| Figure {
        name: way.name.clone(),
        kind: way.kind,
        speed: median(own.clone()),
        share: median(own.iter().zip(&speeds[0]).map(|(own, first)| own / first).collect()),
    };
    ways.iter().zip(&speeds).map(figure).collect()
}

/// Lets `ways` go over a log of which one line in ten matches, to see that they find the same.
pub(crate) fn check(log: &Log, ways: Vec<Way>) {
    for mut way in ways {
        let run = way.run(log, &(0..log.len()));
        let expected = if way.kind == Kind::Floor { 0 } else { log.n_matching };
        assert_eq!(run.n_lines, expected, "lines that {} finds", way.name);
    }
}

/// Bytes that `way` goes over in a turn. It is warm by then: plans are made, patterns compiled.
fn size_of_turn(log: &Log, way: &mut Way) -> u64 {
    if way.needs_all {
        return log.len();
    }
    let (mut size, mut gone_over, mut warm_for) = (256 << 10, 0, Duration::ZERO);
    loop {
        let range = log.part(size, 1);
        let (len, time) = (range.end - range.start, way.run(log, &range).time);
        gone_over += len;
        warm_for += time;
        if warm_for >= WARM || gone_over >= 2 * log.len() {
            let turns = TURN.as_secs_f64() / time.as_secs_f64();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
            #[expect(clippy::cast_precision_loss, reason = "about as many")]
            return (len as f64 * turns) as u64;
        }
        if time < TURN {
            size *= 2;
        }
    }
}

/// Bytes in 10⁹.
pub(crate) fn gigabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure to be shown")]
    let bytes = bytes as f64;
    bytes / 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
