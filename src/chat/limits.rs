//! What Chat refuses, or worse, leaves out in silence: the limits, and a check of a message.
//!
//! Sources: the Chat API's limits and reference pages of 2026-11; where they are silent, reports of
//! others, named at each limit.

use std::time::Duration;

use url::Url;

use super::message::{Button, Card, Icon, Message, OnClick, Section, Widget};

/// Bytes of a whole message as JSON, cards included. Documented. A card's own limit of 32 KB is
/// within it.
pub const MESSAGE_BYTES: usize = 32_000;

/// Characters of `text`. Not documented any more; longer ones were answered with 400 in reports of
/// 2018–2022.
pub const TEXT_CHARS: usize = 4096;

/// Widgets of a card. Documented: the section that crosses it and all later ones vanish silently.
pub const CARD_WIDGETS: usize = 100;

/// Characters of a `threadKey`. Documented.
pub const THREAD_KEY_CHARS: usize = 4000;

/// Columns of a `columns` widget. Documented.
pub const COLUMNS: usize = 2;

/// The least time between two posts to a space, over all its webhooks. Documented as one request a
/// second.
pub const PACE: Duration = Duration::from_secs(1);

/// Characters of [`Message::plain`]. Ours: far below every limit.
pub const PLAIN_CHARS: usize = 400;

/// Why Chat would refuse a message, or show it in part only.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct Violation {
    /// The path to the field, as `cardsV2[0].card.header.title`.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// It has to say something.
    #[error("is empty")]
    Empty,
    /// It is greater than Chat takes.
    #[error("has {size} {unit}, and {limit} is the limit")]
    TooLarge {
        /// How great it is.
        size: usize,
        /// How great it may be.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// Not an absolute `http` or `https` address.
    #[error("is not an absolute `http` or `https` address")]
    NotALink,
    /// Not an absolute `https` address.
    #[error("is not an absolute `https` address")]
    NotAnImage,
    /// Two cards have one id.
    #[error("is another card's id too")]
    Repeated,
    /// An icon needs exactly one source.
    #[error("needs exactly one of `knownIcon`, `materialIcon` and `iconUrl`")]
    NotOneIcon,
    /// Columns within columns.
    #[error("must not stand in a column")]
    Nested,
}

/// Whether Chat would take all of `message`.
///
/// # Errors
/// The sender's: the first violation found, outermost first.
pub fn check(message: &Message) -> Result<(), Violation> {
    at_most("message", message.to_json().len(), MESSAGE_BYTES, "bytes")?;
    at_most("text", message.text.chars().count(), TEXT_CHARS, "characters")?;
    if message.text.trim().is_empty() && message.cards_v2.is_empty() {
        return fail("message", Problem::Empty);
    }
    if let Some(key) = message.thread_key() {
        not_empty("thread.threadKey", key)?;
        at_most("thread.threadKey", key.chars().count(), THREAD_KEY_CHARS, "characters")?;
    }
    for (i, card) in message.cards_v2.iter().enumerate() {
        let others = &message.cards_v2[..i];
        if !card.card_id.is_empty() && others.iter().any(|other| other.card_id == card.card_id) {
            return fail(format!("cardsV2[{i}].cardId"), Problem::Repeated);
        }
        check_card(&format!("cardsV2[{i}].card"), &card.card)?;
    }
    Ok(())
}

/// Every mention in `message`, as `users/ID`. Chat looks for them in `text` only, never in cards.
pub fn mentions(message: &Message) -> Vec<String> {
    let after_each = message.text.split("<users/").skip(1);
    after_each
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| format!("users/{id}"))
        .collect()
}

fn check_card(path: &str, card: &Card) -> Result<(), Violation> {
    if let Some(header) = &card.header {
        not_empty(format!("{path}.header.title"), &header.title)?;
        if let Some(url) = &header.image_url {
            is_image(format!("{path}.header.imageUrl"), url)?;
        }
    }
    if card.sections.is_empty() {
        return fail(format!("{path}.sections"), Problem::Empty);
    }
    at_most(path, card.sections.iter().map(n_widgets).sum(), CARD_WIDGETS, "widgets")?;
    for (i, section) in card.sections.iter().enumerate() {
        check_widgets(&format!("{path}.sections[{i}]"), &section.widgets)?;
    }
    Ok(())
}

/// Widgets of a section, those in columns and the columns themselves included.
fn n_widgets(section: &Section) -> usize {
    let inner = |widget: &Widget| match widget {
        Widget::Columns(columns) => columns.column_items.iter().map(|c| c.widgets.len()).sum(),
        _ => 0,
    };
    section.widgets.iter().map(|widget| 1 + inner(widget)).sum()
}

fn check_widgets(path: &str, widgets: &[Widget]) -> Result<(), Violation> {
    if widgets.is_empty() {
        return fail(format!("{path}.widgets"), Problem::Empty);
    }
    let mut numbered = widgets.iter().enumerate();
    numbered.try_for_each(|(i, widget)| check_widget(&format!("{path}.widgets[{i}]"), widget))
}

fn check_widget(path: &str, widget: &Widget) -> Result<(), Violation> {
    match widget {
        Widget::TextParagraph(paragraph) => {
            not_empty(format!("{path}.textParagraph.text"), &paragraph.text)
        }
        Widget::DecoratedText(decorated) => {
            let path = format!("{path}.decoratedText");
            not_empty(format!("{path}.text"), &decorated.text)?;
            check_icon(&format!("{path}.startIcon"), decorated.start_icon.as_ref())?;
            check_icon(&format!("{path}.endIcon"), decorated.end_icon.as_ref())?;
            check_link(&format!("{path}.onClick"), decorated.on_click.as_ref())?;
            decorated.button.iter().try_for_each(|b| check_button(&format!("{path}.button"), b))
        }
        Widget::ButtonList(list) if list.buttons.is_empty() => {
            fail(format!("{path}.buttonList.buttons"), Problem::Empty)
        }
        Widget::ButtonList(list) => {
            let mut numbered = list.buttons.iter().enumerate();
            numbered
                .try_for_each(|(i, b)| check_button(&format!("{path}.buttonList.buttons[{i}]"), b))
        }
        Widget::Image(image) => {
            is_image(format!("{path}.image.imageUrl"), &image.image_url)?;
            check_link(&format!("{path}.image.onClick"), image.on_click.as_ref())
        }
        Widget::Columns(columns) => {
            let path = format!("{path}.columns.columnItems");
            at_most(&path, columns.column_items.len(), COLUMNS, "columns")?;
            for (i, column) in columns.column_items.iter().enumerate() {
                if column.widgets.iter().any(|widget| matches!(widget, Widget::Columns(_))) {
                    return fail(format!("{path}[{i}].widgets"), Problem::Nested);
                }
                check_widgets(&format!("{path}[{i}]"), &column.widgets)?;
            }
            Ok(())
        }
        Widget::Divider(_) | Widget::Grid(_) => Ok(()),
    }
}

fn check_button(path: &str, button: &Button) -> Result<(), Violation> {
    if button.icon.is_none() {
        not_empty(format!("{path}.text"), &button.text)?;
    }
    check_icon(&format!("{path}.icon"), button.icon.as_ref())?;
    check_link(&format!("{path}.onClick"), Some(&button.on_click))
}

fn check_icon(path: &str, icon: Option<&Icon>) -> Result<(), Violation> {
    let Some(icon) = icon else { return Ok(()) };
    let sources =
        [icon.known_icon.is_some(), icon.material_icon.is_some(), icon.icon_url.is_some()];
    if sources.iter().filter(|&&given| given).count() != 1 {
        return fail(path, Problem::NotOneIcon);
    }
    icon.icon_url.iter().try_for_each(|url| is_image(format!("{path}.iconUrl"), url))
}

fn check_link(path: &str, click: Option<&OnClick>) -> Result<(), Violation> {
    match click {
        Some(click) if !has_scheme(&click.open_link.url, &["http", "https"]) => {
            fail(format!("{path}.openLink.url"), Problem::NotALink)
        }
        _ => Ok(()),
    }
}

fn is_image(field: String, url: &str) -> Result<(), Violation> {
    if has_scheme(url, &["https"]) { Ok(()) } else { fail(field, Problem::NotAnImage) }
}

fn has_scheme(url: &str, schemes: &[&str]) -> bool {
    Url::parse(url).is_ok_and(|url| url.has_host() && schemes.contains(&url.scheme()))
}

fn not_empty(field: impl Into<String>, text: &str) -> Result<(), Violation> {
    if text.trim().is_empty() { fail(field, Problem::Empty) } else { Ok(()) }
}

fn at_most(field: &str, size: usize, limit: usize, unit: &'static str) -> Result<(), Violation> {
    if size > limit { fail(field, Problem::TooLarge { size, limit, unit }) } else { Ok(()) }
}

fn fail(field: impl Into<String>, problem: Problem) -> Result<(), Violation> {
    Err(Violation { field: field.into(), problem })
}

#[cfg(test)]
mod tests;
