//! Lines of which the store's counts alone tell whether each was matched exactly once.
//!
//! A line carries the bits of a hash of its number as letters. One rule counts all lines of a log,
//! and one for each letter those that carry it. What is lost and what is repeated can only go
//! unnoticed if their letters cancel out, and where few lines are wrong, the letters say which.
//! Counts are saved in one transaction with the read positions, so this is exact under `kill -9`,
//! when a log of what was matched is not.

use std::fmt::Write as _;

use crate::trial::Trial;

/// The letters, one for each bit.
const LETTERS: &str = "abcdefghijklmnop";

/// What was written to one log.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    name: String,
    /// The number of the first line, and of the next.
    first: u64,
    next: u64,
    /// What was written elsewhere, to logs that the same rules count.
    n_others: u64,
    by_letter: [u64; LETTERS.len()],
}

impl Tally {
    /// Nothing yet, of the log `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self::starting_at(name, 0)
    }

    /// The same, with lines that are numbered from `first` on.
    pub(crate) fn starting_at(name: &str, first: u64) -> Self {
        let by_letter = [0; LETTERS.len()];
        Self { name: name.to_owned(), first, next: first, n_others: 0, by_letter }
    }

    /// The rules that count the lines of the log `name`, which is at `files`; `more` is said of its
    /// source.
    pub(crate) fn rules(name: &str, files: &str, more: &str) -> String {
        let source = format!("[source.{name}]\nfiles = \"{files}\"\nstart = \"begin\"\n{more}\n");
        let rule = |rule: &str, pattern: &str, debounce: &str| {
            format!(
                "[[rule]]\nname = \"{rule}\"\nsource = \"{name}\"\nmatch = '{pattern}'\n\
                 debounce = \"{debounce}\"\nmax_open = 60\ncontext = [0, 0]\n"
            )
        };
        // Told several times a second, so that there are many commits for a kill to fall between.
        let all = rule(name, r"count me \d", "200ms");
        let of_letter = |letter| {
            rule(&format!("{name}-{letter}"), &format!(r"count me \d+ [a-z]*{letter}"), "1h")
        };
        source + &all + &LETTERS.chars().map(of_letter).collect::<String>()
    }

    /// The next line, with its end.
    pub(crate) fn line(&mut self) -> String {
        let letters = letters_of(self.next);
        let line = format!("count me {} {letters}\n", self.next);
        self.next += 1;
        for (n, letter) in self.by_letter.iter_mut().zip(LETTERS.chars()) {
            *n += u64::from(letters.contains(letter));
        }
        line
    }

    /// The log's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many lines were written.
    pub(crate) fn n_lines(&self) -> u64 {
        self.next - self.first + self.n_others
    }

    /// What was written here and there, to logs that the same rules count. Goes on with the
    /// numbers of this.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.n_others += other.n_lines();
        for (n, more) in self.by_letter.iter_mut().zip(other.by_letter) {
            *n += more;
        }
        self
    }

    /// What is wrong with the counts in the store; `None`: each line was matched once.
    pub(crate) fn complaint(&self, trial: &Trial) -> Option<String> {
        let difference = |rule: &str, n: u64| i128::from(trial.matched(rule)) - i128::from(n);
        let surplus = difference(&self.name, self.n_lines());
        let letters: Vec<_> = LETTERS
            .chars()
            .zip(self.by_letter)
            .map(|(letter, n)| (letter, difference(&format!("{}-{letter}", self.name), n)))
            .filter(|(_, surplus)| *surplus != 0)
            .collect();
        if surplus == 0 && letters.is_empty() {
            return None;
        }
        let mut text = format!("{}: of {} lines {surplus:+}", self.name, self.n_lines());
        for (letter, surplus) in &letters {
            let _ = write!(text, " {letter}{surplus:+}");
        }
        let wrong: String = letters.iter().map(|(letter, _)| *letter).collect();
        if surplus.abs() == 1 {
            let which = (self.first..self.next).filter(|n| letters_of(*n) == wrong).take(3);
            let _ = write!(text, "; perhaps number {:?}", which.collect::<Vec<_>>());
        }
        Some(text)
    }
}

/// The letters of line `n`: those of the bits of its hash that are set.
fn letters_of(n: u64) -> String {
    // The finaliser of SplitMix64, by which numbers beside each other differ in half their bits.
    let hash = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let hash = hash ^ (hash >> 31);
    LETTERS.chars().enumerate().filter(|(i, _)| hash >> i & 1 == 1).map(|(_, c)| c).collect()
}
