//! What is said of what was held back.

use crate::flow::{Alert, Gate, HeldBy};

use super::words;

/// What held `alert` back, and for how long.
pub(super) fn back(alert: &Alert) -> String {
    let Some(HeldBy { gate, lasted }) = &alert.held else { return "held back".to_owned() };
    let lasted = words::duration(*lasted);
    match gate {
        Gate::Mute(_) => format!("was muted {lasted}"),
        Gate::Hours | Gate::WebhookHours(_) => format!("outside hours, for {lasted}"),
        Gate::Inhibited { by, .. } => format!("held back {lasted} behind {by}"),
        Gate::Wait => format!("held back {lasted}"),
    }
}
