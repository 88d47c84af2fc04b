//! What systemd is told (`Type=notify`). Without systemd, nothing.

use sd_notify::NotifyState;

/// The agent reads its logs and can tell of them.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The agent takes another configuration; [`ready`] ends that.
pub fn reloading() {
    let since = NotifyState::monotonic_usec_now().ok();
    let states: Vec<_> = [NotifyState::Reloading].into_iter().chain(since).collect();
    notify(&states);
}

/// The agent was told to stop, and sends what is due.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(states: &[NotifyState<'_>]) {
    // Without `NOTIFY_SOCKET` this does nothing.
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("cannot tell systemd how it goes: {error}");
    }
}
