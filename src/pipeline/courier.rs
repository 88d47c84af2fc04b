//! Carries messages to Chat, off the pump's thread, and brings back what became of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::chat::{Client, WebhookUrl};
use crate::clock::Clock;
use crate::config::Settings;
use crate::flow::{Delivery, Message, WebhookName};
use crate::source::Waker;

/// Carries messages to Chat.
///
/// Nothing queues up in it: the outbox has one message a space in flight.
#[derive(Debug)]
pub(super) struct Courier {
    outgoing: UnboundedSender<Message>,
    returned: Returned,
    urls: HashMap<WebhookName, WebhookUrl>,
    clock: Clock,
    waker: Waker,
    runtime: Handle,
}

/// Posts that ended, with their messages.
type Returned = Arc<Mutex<Vec<(Message, Delivery)>>>;

impl Courier {
    /// A courier that rings `waker` whenever a post ended.
    pub(super) fn start(
        settings: &Settings,
        client: Client,
        clock: Clock,
        waker: Waker,
        runtime: &Handle,
    ) -> Self {
        let (returned, runtime) = (Returned::default(), runtime.clone());
        let (outgoing, _) = mpsc::unbounded_channel();
        let mut courier = Self { outgoing, returned, urls: HashMap::new(), clock, waker, runtime };
        courier.reload(settings, client, |_| false);
        courier
    }

    /// Goes on with other webhooks, and those of before that are still needed. What is under way goes on
    /// where it was sent.
    pub(super) fn reload(
        &mut self,
        settings: &Settings,
        client: Client,
        is_needed: impl Fn(&WebhookName) -> bool,
    ) {
        self.urls.retain(|webhook, _| is_needed(webhook));
        let urls = settings.webhooks.iter();
        self.urls.extend(urls.map(|webhook| (webhook.name.clone(), webhook.url.clone())));
        let route = Route {
            urls: self.urls.clone(),
            client,
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
    urls: HashMap<WebhookName, WebhookUrl>,
    client: Client,
    clock: Clock,
    waker: Waker,
    returned: Returned,
}

async fn carry(route: Arc<Route>, mut incoming: UnboundedReceiver<Message>) {
    while let Some(message) = incoming.recv().await {
        let route = Arc::clone(&route);
        tokio::spawn(async move {
            let url = &route.urls[&message.webhook];
            let outcome = route.client.post(url, message.id, &message.body).await;
            let delivery = Delivery { message: message.id, at: route.clock.now(), outcome };
            let mut returned = route.returned.lock().unwrap_or_else(PoisonError::into_inner);
            returned.push((message, delivery));
            drop(returned);
            route.waker.wake();
        });
    }
}
