//! What tests do to watches: wait for events, lose them, have them made in another way.

use std::fs;
use std::path::Path;
use std::time::Duration;

use notify::RecursiveMode;

use super::{Maker, Watch};

impl Watch {
    /// Waits until every event so far is noticed. They come in order, so that one which is made now,
    /// in a directory of its own, comes last.
    pub(in crate::source) fn settle(&mut self, dir: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        if watcher.watch(dir, RecursiveMode::NonRecursive).is_err() {
            return;
        }
        let sentinel = dir.join("sentinel");
        fs::write(&sentinel, "").expect("a file");
        loop {
            let (has_come, is_empty) = self.sink.take_one(&sentinel);
            if has_come && !is_empty {
                // Those that came before may be waited for.
                self.sink.waker().wake();
            }
            if has_come {
                break;
            }
            self.sink.waker().wait(Some(Duration::from_secs(1)));
        }
        let _ = watcher.unwatch(dir);
        fs::remove_file(&sentinel).expect("a file");
    }

    /// Has watchers made in another way from now on.
    pub(in crate::source) fn make_with(&mut self, maker: Maker) {
        self.maker = maker;
    }

    /// Loses the events so far, as the system does when there are too many.
    pub(in crate::source) fn lose_events(&self) {
        self.sink.lose();
    }
}
