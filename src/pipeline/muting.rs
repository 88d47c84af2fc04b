//! The pump mutes, and ends mutes, as it is told.

use crate::control::{MuteOrder, Which};
use crate::flow::{Mute, Timestamp};

use super::orders::Answer;
use super::pump::Pump;

impl Pump {
    /// Mutes what `order` selects from `now` on. Answers with the mute's id.
    pub(super) fn mute(&mut self, order: MuteOrder, now: Timestamp) -> Answer {
        let mute = order.check()?.mute(now);
        let selector = mute.selector.clone();
        let id = self.middle.mute(mute, now).map_err(|error| error.to_string())?;
        tracing::info!("mute {id} begins: {selector}");
        Ok(id.to_string())
    }

    /// Ends mutes. Answers with how many.
    pub(super) fn unmute(&mut self, which: &Which, now: Timestamp) -> String {
        let is_meant = |mute: &&Mute| match which {
            Which::Id(id) => mute.id == *id,
            Which::Selector(selector) => mute.selector == *selector,
            Which::All => true,
        };
        let ids: Vec<_> = self.middle.mutes().iter().filter(is_meant).map(|mute| mute.id).collect();
        for id in &ids {
            self.middle.unmute(*id, now);
            tracing::info!("mute {id} ends: it was unmuted");
        }
        ids.len().to_string()
    }
}
