//! Carries messages to Chat, off the pump's thread, and brings back what became of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::chat::{Client, ClientError, ClientOptions, WebhookUrl};
use crate::clock::Clock;
use crate::config::{Settings, Way, Webhook};
use crate::flow::{Delivery, Message, WebhookName};
use crate::source::Waker;

/// Carries messages to Chat.
///
/// Nothing queues up in it: the outbox has one message a space in flight.
#[derive(Debug)]
pub(super) struct Courier {
    outgoing: UnboundedSender<Message>,
    returned: Returned,
    targets: Targets,
    clock: Clock,
    waker: Waker,
    runtime: Handle,
}

/// The address of each webhook, with what speaks to it.
pub(super) type Targets = HashMap<WebhookName, (WebhookUrl, Arc<Client>)>;

/// Posts that ended, with their messages.
type Returned = Arc<Mutex<Vec<(Message, Delivery)>>>;

/// What speaks to each webhook: those that say nothing of the way there share their connections.
///
/// # Errors
/// The operator's: certificates or the address of a proxy cannot be used.
pub(super) fn targets(settings: &Settings) -> Result<Targets, ClientError> {
    let shared = Arc::new(Client::new(ClientOptions::default())?);
    let target = |webhook: &Webhook| {
        let Webhook { name, url, way: Way { proxy, ca }, .. } = webhook;
        let client = if proxy.is_none() && ca.is_none() {
            Arc::clone(&shared)
        } else {
            let ca = ca.as_deref().map(<[u8]>::to_vec);
            let options = ClientOptions { proxy: proxy.clone(), ca, ..ClientOptions::default() };
            Arc::new(Client::new(options)?)
        };
        Ok((name.clone(), (url.clone(), client)))
    };
    settings.webhooks.iter().map(target).collect()
}

impl Courier {
    /// A courier that rings `waker` whenever a post ended.
    pub(super) fn start(targets: Targets, clock: Clock, waker: Waker, runtime: &Handle) -> Self {
        let (returned, runtime) = (Returned::default(), runtime.clone());
        let (outgoing, _) = mpsc::unbounded_channel();
        let known = Targets::new();
        let mut courier = Self { outgoing, returned, targets: known, clock, waker, runtime };
        courier.reload(targets, |_| false);
        courier
    }

    /// Goes on with other webhooks, and those of before that are still needed. What is under way goes on
    /// where it was sent.
    pub(super) fn reload(&mut self, targets: Targets, is_needed: impl Fn(&WebhookName) -> bool) {
        self.targets.retain(|webhook, _| is_needed(webhook));
        self.targets.extend(targets);
        let route = Route {
            targets: self.targets.clone(),
            clock: self.clock.clone(),
            waker: self.waker.clone(),
            returned: Arc::clone(&self.returned),
        };
        // The task of before ends with its channel.
        let incoming;
        (self.outgoing, incoming) = mpsc::unbounded_channel();
        self.runtime.spawn(carry(Arc::new(route), incoming));
    }

    /// Posts `message`.
    pub(super) fn send(&self, message: Message) {
        // The other end is gone only when the runtime has ended, and the process with it.
        let _ = self.outgoing.send(message);
    }

    /// The posts that ended since the last call.
    pub(super) fn take_returned(&self) -> Vec<(Message, Delivery)> {
        std::mem::take(&mut self.returned.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What it takes to post, and to tell of it.
struct Route {
    targets: Targets,
    clock: Clock,
    waker: Waker,
    returned: Returned,
}

async fn carry(route: Arc<Route>, mut incoming: UnboundedReceiver<Message>) {
    while let Some(message) = incoming.recv().await {
        let route = Arc::clone(&route);
        tokio::spawn(async move {
            let (url, client) = &route.targets[&message.webhook];
            let outcome = client.post(url, message.id, &message.body).await;
            let delivery = Delivery { message: message.id, at: route.clock.now(), outcome };
            let mut returned = route.returned.lock().unwrap_or_else(PoisonError::into_inner);
            returned.push((message, delivery));
            drop(returned);
            route.waker.wake();
        });
    }
}
