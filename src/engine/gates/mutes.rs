//! Mutes: which there are, and when they end.

use crate::flow::{Alert, Mute, MuteId, Timestamp};

use super::super::Engine;

/// What operators do not want to be told of for now.
#[derive(Debug, Default)]
pub(in super::super) struct Mutes {
    /// Those that hold, oldest first; at most [`Mute::MAX`].
    list: Vec<Mute>,
    /// The greatest id that was ever given.
    last: MuteId,
    /// Those that are not saved yet.
    changed: Vec<Mute>,
    /// Those that are over, as is not saved yet.
    over: Vec<MuteId>,
}

/// There are [`Mute::MAX`] mutes already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there are {} mutes already; end one of them first", Mute::MAX)]
pub struct TooManyMutes;

impl Engine {
    /// Takes up the mutes that were saved at `saved_at`; `last` is the greatest that ever was.
    pub fn restore_mutes(
        &mut self,
        mutes: Vec<Mute>,
        last: MuteId,
        saved_at: Timestamp,
        now: Timestamp,
    ) {
        let set_back = saved_at.since(now);
        let shift = |mute: Mute| Mute {
            since: mute.since - set_back,
            until: mute.until - set_back,
            ..mute
        };
        self.mutes.list = mutes.into_iter().map(shift).collect();
        self.mutes.last = last;
        if !set_back.is_zero() {
            self.mutes.changed.clone_from(&self.mutes.list);
        }
    }

    /// Mutes what `mute` selects, from `now` on. The id is given here, whatever it is in `mute`.
    ///
    /// # Errors
    /// The operator's: there are too many.
    pub fn mute(&mut self, mute: Mute, now: Timestamp) -> Result<MuteId, TooManyMutes> {
        self.mutes.end(now);
        if self.mutes.list.len() >= Mute::MAX {
            return Err(TooManyMutes);
        }
        let id = MuteId(self.mutes.last.0 + 1);
        let mute = Mute { id, ..mute };
        self.mutes.last = id;
        self.mutes.changed.push(mute.clone());
        self.mutes.list.push(mute);
        Ok(id)
    }

    /// Ends a mute at `now`. Returns what there is to say then; `None` if there is no such mute.
    pub fn unmute(&mut self, id: MuteId, now: Timestamp) -> Option<Vec<Alert>> {
        let place = self.mutes.list.iter().position(|mute| mute.id == id)?;
        self.mutes.remove(place);
        Some(self.on_time(now))
    }

    /// The mutes that hold, oldest first.
    pub fn mutes(&self) -> &[Mute] {
        &self.mutes.list
    }
}

impl Mutes {
    /// Ends those whose time has come.
    pub(in super::super) fn end(&mut self, now: Timestamp) {
        while let Some(place) = self.list.iter().position(|mute| mute.until <= now) {
            self.remove(place);
        }
    }

    /// When the next one ends.
    pub(in super::super) fn deadline(&self) -> Option<Timestamp> {
        self.list.iter().map(|mute| mute.until).min()
    }

    /// What is to be saved: those that are new or changed, and those that are over.
    pub(in super::super) fn take_changes(&mut self) -> (Vec<Mute>, Vec<MuteId>) {
        (std::mem::take(&mut self.changed), std::mem::take(&mut self.over))
    }

    fn remove(&mut self, place: usize) {
        let mute = self.list.remove(place);
        // What was never saved need not be forgotten, but ids must not come again.
        self.over.push(mute.id);
    }
}
