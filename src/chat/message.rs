//! The body of a Chat message, as far as an incoming webhook may send it.
//!
//! Unknown fields are refused, so that a misspelt field is caught by the local room and not by its
//! absence in a space. Source: `spaces.messages` in the Chat API's discovery document, revision
//! 20261107.

use serde::{Deserialize, Serialize};

use super::limits;

/// The body of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Message {
    /// The text above the cards, and in notifications. Empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What is shown where cards cannot be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_text: Option<String>,
    /// The cards, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards_v2: Vec<CardWithId>,
    /// The thread that it starts or continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// How `text` is to be read. The default of a webhook is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markup_syntax: Option<MarkupSyntax>,
}

/// A thread of a space.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Thread {
    /// The sender's own name for it, at most [`limits::THREAD_KEY_CHARS`] characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_key: Option<String>,
    /// Chat's name for it, `spaces/SPACE/threads/THREAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How `text` is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum MarkupSyntax {
    /// Chat's own: `*bold*`, `<url|label>`.
    #[serde(rename = "MARKUP_SYNTAX_CHAT")]
    Chat,
    /// Markdown: `**bold**`, `[label](url)`.
    #[serde(rename = "MARKUP_SYNTAX_MARKDOWN")]
    Markdown,
}

/// A card and its name within the message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CardWithId {
    /// Unlike that of every other card of the message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub card_id: String,
    /// The card.
    pub card: Card,
}

/// A card.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Card {
    /// Its head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<CardHeader>,
    /// Its parts, with a line between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// The head of a card.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CardHeader {
    /// Plain text, not empty.
    pub title: String,
    /// Plain text below the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// An `https` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// The shape that the image is cut to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_type: Option<ImageType>,
    /// What the image shows, for those who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_alt_text: Option<String>,
}

/// The shape that an image is cut to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageType {
    /// As it is.
    Square,
    /// A circle.
    Circle,
}

/// A part of a card.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Section {
    /// HTML subset above the widgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Whether it can be folded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapsible: Option<bool>,
    /// How many widgets are seen while it is folded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncollapsible_widgets_count: Option<u32>,
    /// At least one.
    pub widgets: Vec<Widget>,
}

/// A piece of a card, top to bottom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Widget {
    /// A paragraph.
    TextParagraph(TextParagraph),
    /// Text with labels, an icon or a button.
    DecoratedText(Box<DecoratedText>),
    /// Buttons, side by side.
    ButtonList(ButtonList),
    /// A line across.
    Divider(Divider),
    /// Widgets in two columns.
    Columns(Columns),
    /// A picture.
    Image(Image),
    /// Pictures with titles. `logbell` sends none; taken as it comes.
    Grid(serde_json::Map<String, serde_json::Value>),
}

/// A paragraph.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextParagraph {
    /// HTML subset, not empty.
    pub text: String,
    /// Lines that are seen until it is unfolded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u32>,
}

/// Text with labels, an icon or a button.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecoratedText {
    /// An icon before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_icon: Option<Icon>,
    /// Plain text above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_label: Option<String>,
    /// HTML subset, not empty.
    pub text: String,
    /// Whether it goes on in further lines; else it is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_text: Option<bool>,
    /// Plain text below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bottom_label: Option<String>,
    /// What a click on it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_click: Option<OnClick>,
    /// A button behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Button>,
    /// An icon behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_icon: Option<Icon>,
}

/// A small picture. Exactly one of `known_icon`, `material_icon` and `icon_url` is set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Icon {
    /// The name of a built-in icon, as `CLOCK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_icon: Option<String>,
    /// One of Google's Material icons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material_icon: Option<MaterialIcon>,
    /// An `https` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
    /// What it shows, for those who cannot see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
    /// The shape that it is cut to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_type: Option<ImageType>,
}

/// One of Google's Material icons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MaterialIcon {
    /// Its name, as `notifications_active`.
    pub name: String,
    /// Whether it is filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<bool>,
    /// The weight of its strokes: 100, 200, … 700.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Its grade: -25, 0 or 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<i32>,
}

/// Buttons, side by side.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ButtonList {
    /// At least one.
    pub buttons: Vec<Button>,
}

/// A button. It needs a `text` or an `icon`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Button {
    /// What it says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<Icon>,
    /// What a click does.
    pub on_click: OnClick,
    /// What it does, for those who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

/// What a click does. A webhook gets no events back, so it can only open a page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnClick {
    /// The page that opens.
    pub open_link: OpenLink,
}

/// A page to open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenLink {
    /// An absolute `http` or `https` address: any other gives a blank card.
    pub url: String,
}

/// A line across.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Divider {}

/// Widgets in columns.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Columns {
    /// One or two.
    pub column_items: Vec<Column>,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Column {
    /// How it shares the width: `FILL_AVAILABLE_SPACE` or `FILL_MINIMUM_SPACE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizontal_size_style: Option<String>,
    /// `START`, `CENTER` or `END`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizontal_alignment: Option<String>,
    /// `CENTER`, `TOP` or `BOTTOM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vertical_alignment: Option<String>,
    /// Top to bottom. No columns in columns.
    pub widgets: Vec<Widget>,
}

/// A picture.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// An `https` address.
    pub image_url: String,
    /// What a click on it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_click: Option<OnClick>,
    /// What it shows, for those who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

impl Message {
    /// A message of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The sender's name of its thread.
    pub fn thread_key(&self) -> Option<&str> {
        self.thread.as_ref()?.thread_key.as_deref()
    }

    /// The same outside any thread: what is tried first after a 400.
    #[must_use]
    pub fn without_thread(&self) -> Self {
        Self { thread: None, ..self.clone() }
    }

    /// A short text and nothing else, neither card nor thread: what is tried last after a 400.
    ///
    /// At most [`limits::PLAIN_CHARS`] characters, and never empty. Whatever was refused, it is not
    /// likely to be in here.
    #[must_use]
    pub fn plain(&self) -> Self {
        let title = || Some(&self.cards_v2.first()?.card.header.as_ref()?.title);
        let said = [Some(&self.text), self.fallback_text.as_ref(), title()];
        let said = said.into_iter().flatten().find(|text| !text.trim().is_empty());
        Self::text(said.map_or_else(|| "(no text)".to_owned(), |text| shorten(text)))
    }

    /// As JSON, ready to be posted.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and lists are JSON")
    }
}

/// The first [`limits::PLAIN_CHARS`] characters, with no `<…>` or code block left open.
fn shorten(text: &str) -> String {
    const CLOSING: &str = "…\n```";
    let room = limits::PLAIN_CHARS - CLOSING.chars().count();
    let Some((end, _)) = text.char_indices().nth(room) else { return text.to_owned() };
    let mut kept = &text[..end];
    if let Some(open) = kept.rfind('<').filter(|&open| !kept[open..].contains('>')) {
        kept = &kept[..open];
    }
    let kept = kept.trim_end_matches('`');
    let fenced = kept.matches("```").count() % 2 == 1;
    format!("{kept}{}", if fenced { CLOSING } else { "…" })
}

#[cfg(test)]
mod tests;
