//! How much of each log is not read yet: the sum over the files that it is and was.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::flow::{Checkpoint, GenerationId};

/// What is left to read of each log. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Lags(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    by_log: HashMap<Arc<Path>, BTreeMap<GenerationId, u64>>,
    log_of: HashMap<GenerationId, Arc<Path>>,
}

impl Lags {
    /// Takes in how far a file was read. Returns what is left of its log, in bytes.
    pub(super) fn on_checkpoint(&self, checkpoint: &Checkpoint) -> u64 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = checkpoint.size.saturating_sub(checkpoint.offset);
        let left = if checkpoint.finished { 0 } else { left };
        known.log_of.insert(checkpoint.generation, Arc::clone(&checkpoint.path));
        let files = known.by_log.entry(Arc::clone(&checkpoint.path)).or_default();
        files.insert(checkpoint.generation, left);
        files.values().sum()
    }

    /// Forgets a file. Returns its log if that has no other.
    pub(super) fn forget(&self, generation: GenerationId) -> Option<Arc<Path>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let log = known.log_of.remove(&generation)?;
        let files = known.by_log.get_mut(&log)?;
        files.remove(&generation);
        if !files.is_empty() {
            return None;
        }
        known.by_log.remove(&log);
        Some(log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Fingerprint, Identity, Packing, StreamId, Timestamp};

    fn checkpoint(generation: u64, offset: u64, size: u64) -> Checkpoint {
        Checkpoint {
            generation: GenerationId(generation),
            stream: StreamId(1),
            path: Path::new("/a.log").into(),
            seen_at: Path::new("/a.log").into(),
            identity: Identity { dev: 1, ino: 1, born: None },
            head: Fingerprint::default(),
            anchor: Fingerprint::default(),
            offset,
            anchors: Vec::new(),
            size,
            modified: None,
            packing: Packing::Plain,
            finished: false,
            after_fragment: false,
            at: Timestamp::default(),
        }
    }

    #[test]
    fn a_rotated_file_with_a_late_writer_counts_too() {
        let lags = Lags::default();
        assert_eq!(lags.on_checkpoint(&checkpoint(1, 10, 30)), 20);
        assert_eq!(lags.on_checkpoint(&checkpoint(2, 0, 5)), 25);
        assert_eq!(lags.on_checkpoint(&checkpoint(2, 5, 5)), 20);
        let finished = Checkpoint { finished: true, ..checkpoint(1, 10, 30) };
        assert_eq!(lags.on_checkpoint(&finished), 0);
    }

    #[test]
    fn a_log_is_forgotten_with_its_last_file() {
        let lags = Lags::default();
        lags.on_checkpoint(&checkpoint(1, 0, 5));
        lags.on_checkpoint(&checkpoint(2, 0, 7));
        assert_eq!(lags.forget(GenerationId(1)), None);
        assert_eq!(lags.on_checkpoint(&checkpoint(2, 0, 7)), 7);
        assert_eq!(lags.forget(GenerationId(2)).as_deref(), Some(Path::new("/a.log")));
        assert_eq!(lags.forget(GenerationId(3)), None);
    }
}
