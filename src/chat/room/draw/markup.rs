//! The HTML subset of cards → styled text.
//!
//! Source: "Format text in cards" of Chat's documentation. What is not in the subset is shown as it
//! is written, so that an escape that fails is seen.

use anstyle::Style;

use super::cells::{Line, at_line_start, push};

/// An element that is open.
struct Open<'a> {
    name: String,
    /// The style around it.
    outside: Style,
    /// The address that it links to.
    href: Option<&'a str>,
}

/// Reads the HTML subset.
pub(super) fn markup(text: &str) -> Line {
    let mut reader = Reader { line: Line::new(), style: Style::new(), open: Vec::new() };
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        reader.text(&rest[..at]);
        rest = &rest[at..];
        let read = if rest.starts_with('<') { reader.tag(rest) } else { reader.entity(rest) };
        let read = read.unwrap_or_else(|| {
            reader.text(&rest[..1]);
            1
        });
        rest = &rest[read..];
    }
    reader.text(rest);
    reader.line
}

struct Reader<'a> {
    line: Line,
    style: Style,
    open: Vec<Open<'a>>,
}

impl<'a> Reader<'a> {
    fn text(&mut self, text: &str) {
        push(&mut self.line, text, self.style);
    }

    fn new_line(&mut self) {
        if !at_line_start(&self.line) {
            self.text("\n");
        }
    }

    /// Takes in the tag that `rest` begins with, and returns its length; `None` if it is none.
    fn tag(&mut self, rest: &'a str) -> Option<usize> {
        let end = rest.find('>')?;
        let inside = rest[1..end].trim_end_matches('/').trim();
        if let Some(name) = inside.strip_prefix('/') {
            self.close(&name.to_ascii_lowercase())?;
        } else {
            let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
            self.begin(name.to_ascii_lowercase(), attributes)?;
        }
        Some(end + 1)
    }

    fn begin(&mut self, name: String, attributes: &'a str) -> Option<()> {
        let outside = self.style;
        match &*name {
            "br" => {
                self.text("\n");
                return Some(());
            }
            "b" | "strong" => self.style = outside.bold(),
            "i" | "em" => self.style = outside.italic(),
            "u" | "a" => self.style = outside.underline(),
            "s" | "strike" => self.style = outside.strikethrough(),
            "ul" | "ol" | "pre" => self.new_line(),
            "li" => {
                self.new_line();
                self.text("• ");
            }
            "font" | "code" => {}
            _ => return None,
        }
        let quoted = attributes.split_once("href=\"").and_then(|(_, rest)| rest.split_once('"'));
        self.open.push(Open { name, outside, href: quoted.map(|(href, _)| href) });
        Some(())
    }

    fn close(&mut self, name: &str) -> Option<()> {
        let at = self.open.iter().rposition(|open| open.name == name)?;
        let open = self.open.drain(at..).next()?;
        self.style = open.outside;
        if let Some(href) = open.href {
            self.text(&format!(" ({href})"));
        }
        if matches!(name, "ul" | "ol" | "pre") {
            self.new_line();
        }
        Some(())
    }

    /// Takes in the entity that `rest` begins with, and returns its length; `None` if it is none.
    fn entity(&mut self, rest: &str) -> Option<usize> {
        let (name, _) = rest[1..].split_once(';')?;
        let numbered = || {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16));
            char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?)
        };
        let c = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => ' ',
            _ => numbered()?,
        };
        self.text(c.encode_utf8(&mut [0; 4]));
        Some(name.len() + 2)
    }
}
