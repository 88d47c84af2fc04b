//! What `source` has to say besides lines: positions, states, losses, problems.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::flow::{Checkpoint, GenerationId, Loss, Memo, StreamStatus};

/// What changed since it was last asked for.
///
/// All of it belongs into the transaction of the matches that the positions follow from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// How far generations have been read now.
    pub checkpoints: Vec<Checkpoint>,
    /// What logs are to be remembered by besides.
    pub memos: Vec<Memo>,
    /// Generations whose rows can go: the file is gone, and was let go a week ago.
    pub forgotten: Vec<GenerationId>,
    /// Streams whose state changed.
    pub statuses: Vec<StreamStatus>,
    /// Bytes that could not be read, or not matched in full.
    pub losses: Vec<Loss>,
    /// What keeps files from being read; each once, when it arises.
    pub problems: Vec<Problem>,
    /// How many more losses some of `losses` stand for, by their places.
    n_more: BTreeMap<usize, u64>,
}

impl Changes {
    /// Losses that are kept one by one while nothing can be saved. Further ones are added to those
    /// of the same log and kind: then there are at most as many more as there are logs and kinds.
    const MAX_LOSSES: usize = 1000;
    /// Problems that are kept one by one. Of further ones, the latest of each path is kept.
    const MAX_PROBLEMS: usize = 1000;

    /// Takes in that bytes were lost.
    pub(super) fn lose(&mut self, loss: Loss) {
        let is_alike = |own: &Loss| {
            (&own.path, own.kind, own.bytes.is_some())
                == (&loss.path, loss.kind, loss.bytes.is_some())
        };
        let is_full = self.losses.len() >= Self::MAX_LOSSES;
        let same = is_full.then(|| self.losses.iter().rposition(is_alike)).flatten();
        let Some(index) = same else { return self.losses.push(loss) };
        let own = &mut self.losses[index];
        own.bytes = own.bytes.zip(loss.bytes).map(|(own, more)| own.saturating_add(more));
        (own.at, own.what) = (loss.at, loss.what);
        *self.n_more.entry(index).or_default() += 1;
    }

    /// Takes in what keeps a file from being read. What is said already is not said again.
    pub(super) fn complain(&mut self, problem: Problem) {
        if self.problems.contains(&problem) {
            return;
        }
        let is_full = self.problems.len() >= Self::MAX_PROBLEMS;
        let same = self.problems.iter_mut().rfind(|own| is_full && own.path == problem.path);
        match same {
            Some(own) => *own = problem,
            None => self.problems.push(problem),
        }
    }

    /// All of it, to be committed; nothing is left.
    pub(super) fn take(&mut self) -> Self {
        let mut changes = std::mem::take(self);
        for (index, n) in std::mem::take(&mut changes.n_more) {
            if let Some(loss) = changes.losses.get_mut(index) {
                loss.what = format!("{} (and {n} more of the kind before)", loss.what);
            }
        }
        changes
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.checkpoints.is_empty()
            && self.memos.is_empty()
            && self.forgotten.is_empty()
            && self.statuses.is_empty()
            && self.losses.is_empty()
            && self.problems.is_empty()
    }
}

/// Something that keeps a file from being read, for the one who can mend it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file or directory.
    pub path: Arc<Path>,
    /// What is wrong and what to do, in one sentence without the path.
    pub what: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Timestamp;

    fn loss(path: &str, kind: &'static str, bytes: Option<u64>) -> Loss {
        let (at, path) = (Timestamp::default(), Path::new(path).into());
        Loss { at, path, kind, bytes, what: "it was truncated".into() }
    }

    #[test]
    fn losses_that_cannot_be_saved_are_bounded_and_their_sums_kept() {
        let mut changes = Changes::default();
        for n in 0..10_000_u64 {
            changes.lose(loss(&format!("/{}.log", n % 3), Loss::TRUNCATED, Some(n)));
            changes.lose(loss(&format!("/{}.log", n % 3), Loss::GONE, None));
        }
        changes.lose(loss("/late.log", Loss::TRUNCATED, Some(7)));
        changes.lose(loss("/late.log", Loss::TRUNCATED, Some(1)));
        let losses = changes.take().losses;
        assert!(losses.len() <= Changes::MAX_LOSSES + 1, "{}", losses.len());
        let sum: u64 = losses.iter().filter_map(|own| own.bytes).sum();
        assert_eq!(sum, (0..10_000).sum::<u64>() + 8);
        let last = losses.last().expect("one");
        assert_eq!(last.bytes, Some(8));
        assert_eq!(last.what, "it was truncated (and 1 more of the kind before)");
        let more = |own: &Loss| -> u64 {
            let n = own.what.split_once("(and ").and_then(|(_, n)| n.split(' ').next());
            1 + n.map_or(0, |n| n.parse().expect("a number"))
        };
        let unknown = losses.iter().filter(|own| own.bytes.is_none());
        assert_eq!(unknown.map(more).sum::<u64>(), 10_000);
        assert!(changes.is_empty());
    }

    #[test]
    fn problems_that_nobody_takes_are_bounded_and_the_latest_of_each_path_is_kept() {
        let mut changes = Changes::default();
        for n in 0..5_000 {
            let path: Arc<Path> = Path::new(&format!("/{}.log", n % 3)).into();
            changes.complain(Problem { path, what: format!("problem {}", n / 2) });
        }
        let what = |own: &Problem| own.what.clone();
        assert_eq!(changes.problems.len(), Changes::MAX_PROBLEMS);
        for n in 4_997..5_000 {
            let wanted = format!("problem {}", n / 2);
            assert!(changes.problems.iter().map(what).any(|own| own == wanted), "{wanted}");
        }
        changes.take();
        let problem = Problem { path: Path::new("/a").into(), what: "the same".into() };
        changes.complain(problem.clone());
        changes.complain(problem);
        assert_eq!(changes.problems.len(), 1);
    }
}
