//! Clean text made harmless for the syntax of the place where it stands.

use super::Markup;

/// For `text`, whose syntax has no escape: what would be read as markup is replaced by signs that
/// look alike. The card shows the line as it is.
///
/// Without `<` there is no mention and no labelled link; with `:∕∕` no address is made a link.
/// Source: Chat's "format messages" page; `&lt;` shows literally.
pub(super) fn for_text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let harmless = match c {
            '<' => '‹',
            '>' => '›',
            '*' => '∗',
            '~' => '∼',
            '`' => 'ˋ',
            // Within a word it is no markup.
            '_' if !(before.is_alphanumeric() && after.is_alphanumeric()) => 'ˍ',
            '/' if before == ':' && after == '/' => {
                rest.next();
                safe.push('∕');
                '∕'
            }
            c => c,
        };
        safe.push(harmless);
        before = c;
    }
    safe
}

/// What [`for_text`] gave, for a text that Chat reads in another way, or nobody knows how: Markdown has
/// links of another form, entities, and an escape of its own (the `CommonMark` specification 0.31: 2.4, 2.5, 6.3).
pub(super) fn for_markup(text: &str, markup: Markup) -> String {
    if markup == Markup::Chat {
        return text.to_owned();
    }
    let look_alike = |c| match c {
        '[' => '［',
        ']' => '］',
        '\\' => '∖',
        '&' => '＆',
        c => c,
    };
    text.chars().map(look_alike).collect()
}

/// For a card's text, which is a subset of HTML.
pub(super) fn for_card(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// For a card's title, subtitle and labels: plain text, of which nobody promises that it is never
/// read as HTML.
pub(super) fn for_label(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}
