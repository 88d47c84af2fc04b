//! Whether the agent does its work, as `/healthz` and `/readyz` say it.

use std::sync::{Arc, Mutex, PoisonError};

/// Whether the agent does its work. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    are_open: bool,
    trouble: Option<String>,
    /// What is wrong with the configuration that was last to be taken.
    config: Option<String>,
}

impl Health {
    /// Whether all sources are open, or known not to be there yet.
    pub fn on_sources(&self, are_open: bool) {
        self.state().are_open = are_open;
    }

    /// The store can be written, or why it cannot. Returns whether that is news.
    pub fn on_store(&self, trouble: Option<String>) -> bool {
        let mut state = self.state();
        let is_news = state.trouble != trouble;
        state.trouble = trouble;
        is_news
    }

    /// The configuration was taken, or why it was not: the one of before goes on then.
    pub fn on_config(&self, trouble: Option<String>) {
        self.state().config = trouble;
    }

    /// Why the configuration that was last to be taken was not. The agent does its work by the one of
    /// before.
    pub fn config_trouble(&self) -> Option<String> {
        self.state().config.clone()
    }

    /// Why the agent is not ready; `None` if it is.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        match &state.trouble {
            Some(trouble) => Some(trouble.clone()),
            None if !state.are_open => {
                let what = "a log cannot be read; `logbell status` says which";
                Some(what.to_owned())
            }
            None => None,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
