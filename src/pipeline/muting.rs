//! The pump mutes, and ends mutes, as it is told.

use crate::flow::{MuteOrder, Timestamp, Which};

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
        let ids = self.middle.unmute(which, now);
        for id in &ids {
            tracing::info!("mute {id} ends: it was unmuted");
        }
        ids.len().to_string()
    }
}
