//! What a running agent is told to do, from any thread: carried out by the pump in its own turn.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::config::Settings;
use crate::flow::{MuteOrder, Which};
use crate::matcher::Matcher;
use crate::source::Waker;

use super::StartError;
use super::courier::{self, Targets};
use super::open::open_matcher;

/// The way to tell a running agent what to do. Clones lead to the same agent.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    waiting: Arc<Mutex<VecDeque<Given>>>,
    waker: Waker,
}

/// An order, and who waits for the answer.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) order: Order,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Something that the agent is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Go on with another configuration.
    Reload(Box<Fresh>),
    /// Go on with the one at hand, and say that the other is wrong: in a sentence.
    Keep(String),
    /// Mute something.
    Mute(MuteOrder),
    /// End mutes.
    Unmute(Which),
}

/// A configuration, and what takes long to make or may fail of it.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) settings: Settings,
    pub(super) matcher: Matcher,
    pub(super) targets: Targets,
}

/// What came of an order, in a sentence; an error where it was not followed, and nothing changed.
pub type Answer = Result<String, String>;

impl Orders {
    /// Orders that wait at once. Who gives more is told that there are too many.
    const MAX_WAITING: usize = 64;

    /// A way to the agent that `waker` wakes.
    pub(super) fn new(waker: Waker) -> Self {
        Self { waiting: Arc::default(), waker }
    }

    /// Has the agent go on with `settings`. What is made of them takes a moment and is made here, by the
    /// caller; the answer comes once it is saved.
    ///
    /// # Errors
    /// The host's: see [`StartError`]. The agent knows nothing of it then.
    pub fn reload(&self, settings: Settings) -> Result<oneshot::Receiver<Answer>, StartError> {
        let matcher = open_matcher(&settings)?;
        let targets = courier::targets(&settings)?;
        Ok(self.give(Order::Reload(Box::new(Fresh { settings, matcher, targets }))))
    }

    /// Has the agent note that the configuration is wrong: `why` in a sentence.
    pub fn keep(&self, why: String) -> oneshot::Receiver<Answer> {
        self.give(Order::Keep(why))
    }

    /// Has the agent mute something. The answer is the mute's id.
    pub fn mute(&self, order: MuteOrder) -> oneshot::Receiver<Answer> {
        self.give(Order::Mute(order))
    }

    /// Has the agent end mutes. The answer is how many.
    pub fn unmute(&self, which: Which) -> oneshot::Receiver<Answer> {
        self.give(Order::Unmute(which))
    }

    fn give(&self, order: Order) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= Self::MAX_WAITING {
            let _ = answer.send(Err("too many orders wait already; try again".to_owned()));
        } else {
            waiting.push_back(Given { order, answer });
        }
        drop(waiting);
        self.waker.wake();
        answered
    }

    /// The order that was given first.
    pub(super) fn take(&self) -> Option<Given> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Puts an order back that cannot be followed yet.
    pub(super) fn put_back(&self, given: Given) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_front(given);
    }
}
