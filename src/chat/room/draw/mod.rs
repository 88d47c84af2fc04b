//! A message, drawn in a terminal about as Chat would show it.

mod cells;
mod markup;

use anstyle::Style;
use jiff::tz::TimeZone;

use crate::chat::message::{Button, Card, Column, DecoratedText, Section, Widget};

use self::cells::{Line, cut, paint, plain, styled, width, wrap};
use self::markup::markup;
use super::Received;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// How far a reply stands in.
const INDENT: usize = 4;

/// How a message is drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrawOptions {
    /// Columns of the terminal. 80 by default; less than 24 is drawn as 24.
    pub width: usize,
    /// Whether styles are used.
    pub color: bool,
    /// The zone that times are shown in. UTC by default.
    pub zone: TimeZone,
}

impl Default for DrawOptions {
    fn default() -> Self {
        Self { width: 80, color: false, zone: TimeZone::UTC }
    }
}

/// Draws a message: several lines, the last one ended too.
///
/// Card text is shown with its styles, `text` as it is written. Nothing that stands in the message
/// reaches the terminal as a control character.
pub fn draw(received: &Received, options: &DrawOptions) -> String {
    let indent = if received.is_reply { INDENT } else { 0 };
    let columns = options.width.max(24) - indent;
    let inner = columns - 4;
    let rule = |ends: [&str; 2], dash: &str| {
        styled(&format!("{}{}{}", ends[0], dash.repeat(columns - 2), ends[1]), DIM)
    };
    let mut lines = vec![top(received, options, columns)];
    for (i, part) in parts(received, inner).iter().enumerate() {
        if i > 0 {
            lines.push(rule(["├", "┤"], if part.begins_card { "─" } else { "╌" }));
        }
        lines.extend(part.lines.iter().map(|line| boxed(line, inner)));
    }
    lines.push(rule(["╰", "╯"], "─"));
    let show = |line: &Line| if options.color { paint(line) } else { plain(line) };
    let margin = |i| match (indent, i) {
        (0, _) => "",
        (_, 0) => "  ↳ ",
        _ => "    ",
    };
    let drawn = lines.iter().enumerate();
    drawn.flat_map(|(i, line)| [margin(i).to_owned(), show(line), "\n".to_owned()]).collect()
}

/// `text` in one line, without anything that could control the terminal.
pub fn printable(text: &str) -> String {
    plain(&styled(text, PLAIN)).replace('\n', "␊")
}

/// The upper edge, with the space, the time and the thread in it.
fn top(received: &Received, options: &DrawOptions, columns: usize) -> Line {
    let at = jiff::Timestamp::from_millisecond(received.at.as_millis()).unwrap_or_default();
    let at = options.zone.to_datetime(at).strftime("%H:%M:%S");
    let thread = received.thread.rsplit('/').next().unwrap_or_default();
    let title = styled(&format!(" {} · {at} · thread {thread} ", received.space), PLAIN);
    let title = cut(&title, columns - 4);
    let dashes = "─".repeat(columns - 3 - width(&title));
    [styled("╭─", DIM), title, styled(&format!("{dashes}╮"), DIM)].concat()
}

fn boxed(line: &Line, inner: usize) -> Line {
    let fill = " ".repeat(inner.saturating_sub(width(line)));
    [styled("│ ", DIM), line.clone(), styled(&fill, PLAIN), styled(" │", DIM)].concat()
}

/// What stands between two lines across.
struct Part {
    begins_card: bool,
    lines: Vec<Line>,
}

fn parts(received: &Received, inner: usize) -> Vec<Part> {
    let message = &received.message;
    let mut parts = Vec::new();
    if !message.text.is_empty() {
        let lines = wrap(&styled(message.text.trim_end(), PLAIN), inner);
        parts.push(Part { begins_card: false, lines });
    }
    for card in &message.cards_v2 {
        let blocks = card_blocks(&card.card, inner).into_iter().enumerate();
        parts.extend(blocks.map(|(i, lines)| Part { begins_card: i == 0, lines }));
    }
    parts
}

/// The header and the sections of a card.
fn card_blocks(card: &Card, inner: usize) -> Vec<Vec<Line>> {
    let header = card.header.iter().map(|header| {
        let mut lines = wrap(&styled(&header.title, BOLD), inner);
        lines.extend(header.subtitle.iter().flat_map(|text| wrap(&styled(text, DIM), inner)));
        lines
    });
    let sections = card.sections.iter().map(|section| section_lines(section, inner));
    header.chain(sections).collect()
}

fn section_lines(section: &Section, inner: usize) -> Vec<Line> {
    let header = section.header.iter().flat_map(|text| wrap(&markup(text), inner));
    header.chain(section.widgets.iter().flat_map(|widget| widget_lines(widget, inner))).collect()
}

fn widget_lines(widget: &Widget, inner: usize) -> Vec<Line> {
    match widget {
        Widget::TextParagraph(paragraph) => wrap(&trimmed(markup(&paragraph.text)), inner),
        Widget::DecoratedText(decorated) => decorated_lines(decorated, inner),
        Widget::ButtonList(list) => {
            list.buttons.iter().flat_map(|button| wrap(&button_line(button), inner)).collect()
        }
        Widget::Divider(_) => vec![styled(&"─".repeat(inner), DIM)],
        Widget::Columns(columns) => {
            let lines = |column: &Column| -> Vec<Line> {
                column.widgets.iter().flat_map(|widget| widget_lines(widget, inner)).collect()
            };
            columns.column_items.iter().flat_map(lines).collect()
        }
        Widget::Image(image) => {
            let shows = image.alt_text.as_ref().unwrap_or(&image.image_url);
            wrap(&styled(&format!("[image: {shows}]"), DIM), inner)
        }
        Widget::Grid(_) => vec![styled("[grid]", DIM)],
    }
}

fn decorated_lines(decorated: &DecoratedText, inner: usize) -> Vec<Line> {
    let label = |text: &Option<String>| text.as_deref().map(|text| styled(text, DIM));
    let text = trimmed(markup(&decorated.text));
    let text = if decorated.wrap_text == Some(true) {
        wrap(&text, inner)
    } else {
        vec![cut(&text, inner)]
    };
    let mut lines: Vec<Line> = Vec::new();
    lines.extend(label(&decorated.top_label).map(|label| cut(&label, inner)));
    lines.extend(text);
    lines.extend(label(&decorated.bottom_label).iter().flat_map(|label| wrap(label, inner)));
    lines.extend(decorated.button.iter().flat_map(|button| wrap(&button_line(button), inner)));
    lines
}

fn button_line(button: &Button) -> Line {
    let face = if button.text.is_empty() { "↗" } else { &button.text };
    let url = format!(" {}", button.on_click.open_link.url);
    [styled(&format!("[ {face} ]"), BOLD), styled(&url, DIM)].concat()
}

/// Without line ends at its end.
fn trimmed(mut text: Line) -> Line {
    while !text.is_empty() && cells::at_line_start(&text) {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests;
