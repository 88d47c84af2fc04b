//! Mutes: which there are, and when they end.

use crate::flow::{Alert, Mute, MuteId, Selected, Timestamp};

use super::super::Engine;
use super::selected;

/// What operators do not want to be told of for now.
#[derive(Debug, Default)]
pub(in super::super) struct Mutes {
    /// Those that hold, oldest first; at most [`Mute::MAX`].
    list: Vec<Mute>,
    /// For each of them the open incidents that it selects, if it ends with the last of them. Derived.
    n_open: Vec<usize>,
    /// The greatest id that was ever given.
    last: MuteId,
    /// Those that are not saved yet.
    changed: Vec<Mute>,
    /// Those whose last incident is over.
    finished: Vec<MuteId>,
    /// Those that are over, as is not saved yet.
    over: Vec<MuteId>,
}

/// There are [`Mute::MAX`] mutes already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there are {} mutes already; end one of them first", Mute::MAX)]
pub struct TooManyMutes;

impl Engine {
    /// Takes up the mutes that were saved at `saved_at`; `last` is the greatest that ever was. To be
    /// called before [`Self::restore`].
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
        self.mutes.n_open = vec![0; self.mutes.list.len()];
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
        let n_over = self.mutes.list.iter().filter(|own| own.until <= now).count();
        if self.mutes.list.len() - n_over >= Mute::MAX {
            return Err(TooManyMutes);
        }
        let id = MuteId(self.mutes.last.0 + 1);
        let mute = Mute { id, ..mute };
        let mut n_open = 0;
        for rule in self.rules.iter().filter(|_| mute.until_resolved) {
            let open = rule.groups.iter().filter(|(_, group)| group.incident.is_some());
            n_open += open.filter(|(key, _)| mute.selector.selects(&selected(rule, key))).count();
        }
        self.mutes.last = id;
        self.mutes.changed.push(mute.clone());
        self.mutes.list.push(mute);
        self.mutes.n_open.push(n_open);
        Ok(id)
    }

    /// Ends a mute at `now`. Returns what there is to say then; `None` if there is no such mute.
    pub fn unmute(&mut self, id: MuteId, now: Timestamp) -> Option<Vec<Alert>> {
        self.mutes.get(id, now)?;
        self.mutes.finished.push(id);
        Some(self.on_time(now))
    }

    /// The mutes that hold, oldest first.
    pub fn mutes(&self) -> &[Mute] {
        &self.mutes.list
    }
}

impl Mutes {
    /// The mute that holds for `selected`, if there is one; the one that lasts longest.
    pub(super) fn of(&self, selected: &Selected<'_>, now: Timestamp) -> Option<&Mute> {
        let running =
            self.list.iter().filter(|own| own.is_running(now) && !self.is_finished(own.id));
        running.filter(|own| own.selector.selects(selected)).max_by_key(|own| own.until)
    }

    /// The mute `id`, if it holds.
    pub(super) fn get(&self, id: MuteId, now: Timestamp) -> Option<&Mute> {
        let mut running = self.list.iter().filter(|own| own.is_running(now));
        running.find(|own| own.id == id && !self.is_finished(id))
    }

    /// Takes in that an incident opens, or is over.
    pub(super) fn on_incident(&mut self, selected: &Selected<'_>, is_open: bool) {
        let own = self.list.iter().zip(&mut self.n_open);
        for (mute, n_open) in own.filter(|(mute, _)| mute.until_resolved) {
            if !mute.selector.selects(selected) {
                continue;
            }
            *n_open = if is_open { *n_open + 1 } else { n_open.saturating_sub(1) };
            if *n_open == 0 {
                self.finished.push(mute.id);
            }
        }
    }

    fn is_finished(&self, id: MuteId) -> bool {
        self.finished.contains(&id)
    }

    /// Whether one is over that [`Self::end`] was not told of.
    pub(super) fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }

    /// Ends those whose time has come. Returns whether there was one.
    pub(super) fn end(&mut self, now: Timestamp) -> bool {
        let is_over = |mute: &Mute| mute.until <= now || self.is_finished(mute.id);
        let over: Vec<_> =
            self.list.iter().filter(|mute| is_over(mute)).map(|own| own.id).collect();
        for id in &over {
            if let Some(place) = self.list.iter().position(|own| own.id == *id) {
                self.list.remove(place);
                self.n_open.remove(place);
            }
        }
        self.finished.clear();
        self.over.extend(&over);
        !over.is_empty()
    }

    /// When the next one ends.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.list.iter().map(|mute| mute.until).min()
    }

    /// What is to be saved: those that are new or changed, and those that are over.
    pub(in super::super) fn take_changes(&mut self) -> (Vec<Mute>, Vec<MuteId>) {
        (std::mem::take(&mut self.changed), std::mem::take(&mut self.over))
    }
}
