//! Whether the agent does its work, as `/healthz` and `/readyz` say it.

use std::sync::{Arc, Mutex, PoisonError};

/// Whether the agent does its work. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    has_opened: bool,
    trouble: Option<String>,
}

impl Health {
    /// All sources were opened, or are known not to be there yet. Returns whether that is news.
    pub fn on_opened(&self) -> bool {
        !std::mem::replace(&mut self.state().has_opened, true)
    }

    /// The store can be written, or why it cannot.
    pub fn on_store(&self, trouble: Option<String>) {
        self.state().trouble = trouble;
    }

    /// Why the agent is not ready; `None` if it is.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        match &state.trouble {
            Some(trouble) => Some(trouble.clone()),
            None if !state.has_opened => Some("sources are being opened".to_owned()),
            None => None,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
