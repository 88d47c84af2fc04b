//! What a configuration means, for every stage.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::chat::WebhookUrl;
use crate::engine::EngineSettings;
use crate::flow::WebhookName;
use crate::format::{FormatSettings, WebhookSettings};
use crate::matcher::{MatchSettings, Simd};
use crate::source::SourceSettings;
use crate::stamp::Dating;

use super::test::Test;

/// A whole configuration without an error.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory of what outlives a restart. Absolute.
    pub state: PathBuf,
    /// Where the local page, metrics and health are served, if they are.
    pub listen: Option<SocketAddr>,
    /// How long messages and losses are remembered.
    pub keep: Duration,
    /// How many threads a replay reads and matches with; `None`: one for each processor.
    pub threads: Option<NonZero<usize>>,
    /// The name of this host.
    pub host: Arc<str>,
    /// Every `[webhook.NAME]` whose address is known: all, unless secrets were skipped.
    pub webhooks: Vec<Webhook>,
    /// The webhooks whose address was not looked up because secrets were skipped.
    pub skipped: Vec<WebhookName>,
    /// Every source, in the order of their `SourceId`.
    pub sources: Vec<SourceSettings>,
    /// How the lines of each source are dated, in the same order.
    pub dating: Vec<Dating>,
    /// Every rule, in the order of their `RuleId`. At least one.
    pub rules: Vec<Rule>,
    /// Every `[[test]]`, in the order of the file.
    pub tests: Vec<Test>,
    /// Which instructions the matcher uses. Not configured: see `logbell run`.
    pub simd: Simd,
}

/// One `[webhook.NAME]`.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its NAME.
    pub name: WebhookName,
    /// Its address.
    pub url: WebhookUrl,
    /// The way to it.
    pub way: Way,
    /// How its messages differ from those of others.
    pub say: WebhookSettings,
}

/// How messages get from this host to a webhook.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// The address of the proxy to take instead of the environment's; it may hold a password.
    pub proxy: Option<SecretString>,
    /// Certificates to trust besides the host's, as PEM.
    pub ca: Option<Arc<[u8]>>,
}

/// One `[[rule]]`, as each stage needs it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it matches.
    pub matching: MatchSettings,
    /// How it groups, detects and debounces.
    pub engine: EngineSettings,
    /// How it is said, and to whom.
    pub format: FormatSettings,
    /// It is of a pack, and not written by the operator.
    pub is_of_pack: bool,
}
