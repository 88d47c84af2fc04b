//! What `format` needs to know; built by `config`.

use std::sync::Arc;

use crate::flow::{Labels, Severity, WebhookName};
use crate::redact::Redactor;

use super::{Mention, Template};

/// How one rule's alerts are said, and to whom.
#[derive(Clone, Debug)]
pub struct FormatSettings {
    /// The rule's name.
    pub name: Arc<str>,
    /// How bad what it tells of is.
    pub severity: Severity,
    /// Where its messages go. At least one.
    pub webhooks: Vec<WebhookName>,
    /// The title; the rule's name where there is none.
    pub title: Option<Template>,
    /// What to say besides: a paragraph, of which line ends are kept.
    pub text: Option<Template>,
    /// Whom messages that open an incident ping.
    pub mention: Vec<Mention>,
    /// What the rule and its source are called by.
    pub labels: Labels,
    /// What of log text does not leave the host.
    pub redact: Redactor,
    /// An absolute `http` or `https` address for a button.
    pub runbook: Option<Arc<str>>,
    /// What its groups are, where many are told of together.
    pub crowds: Crowds,
}

/// What the groups of a rule are, where many are told of together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Crowds {
    /// Groups of matches.
    #[default]
    Groups,
    /// New values of this: a capture, a field, or `pattern`.
    New(Arc<str>),
    /// Groups of which nothing came.
    Silent,
}

/// How one webhook's messages differ from those of others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WebhookSettings {
    /// Whom messages that open an incident ping, besides those of the rule.
    pub mention: Vec<Mention>,
    /// How Chat is told to read their text.
    pub markup: Markup,
    /// Which of them share a thread.
    pub thread: Threading,
}

/// How Chat is told to read the text of messages. Cards are in HTML whatever this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Markup {
    /// In Chat's own syntax.
    #[default]
    Chat,
    /// As Markdown.
    Markdown,
    /// Not: for a Chat that refuses the word for it.
    None,
}

impl Markup {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Markdown, Self::None];

    /// The word for it, as in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Markdown => "markdown",
            Self::None => "none",
        }
    }
}

/// Which messages share a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Threading {
    /// Those of one incident of one group.
    #[default]
    Group,
    /// All of one rule of this host.
    Rule,
    /// None.
    None,
}

impl Threading {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Group, Self::Rule, Self::None];

    /// The word for it, as in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Rule => "rule",
            Self::None => "none",
        }
    }
}
