//! The text of an event → its fields: what a program that writes JSON or logfmt names in it.
//!
//! A leaf: it knows bytes. Text comes from whoever can write to a log, so nothing of it is trusted:
//! what is no JSON has no fields, however near it comes, and nothing is kept that nobody asked for.

mod escape;
mod json;
mod logfmt;
mod reading;

#[cfg(test)]
mod tests;

pub use reading::MAX_READING;

/// How an event names its fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// As a JSON object. What stands before its `{` (a syslog header, say) is passed over.
    Json,
    /// As `key=value key="a value" key`.
    Logfmt,
    /// As JSON where the event begins with `{`, else as logfmt.
    Either,
}

impl Form {
    /// A word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Either => "either",
        }
    }
}

/// The most bytes of a field's name.
pub const MAX_NAME: usize = 128;
/// The most parts of a field's name, split by dots.
pub const MAX_PARTS: usize = 16;

/// Whether a field may be called `name`: `user.id` is what `id` is in the object `user`, or what the
/// key `user.id` names; `items.0` is the first element of the list `items`. A dot in front, as in
/// `.host`, says no more than that it is a field.
pub fn is_name(name: &str) -> bool {
    let name = name.strip_prefix('.').unwrap_or(name);
    let is_long = name.len() > MAX_NAME || name.split('.').count() > MAX_PARTS;
    !is_long && !name.contains(char::is_control) && name.split('.').all(|part| !part.is_empty())
}

/// The values of the fields `names` in `text`, in their order.
///
/// Text as the program meant it, without quotes and escapes; numbers, truth values, lists and objects as
/// they are written. `None` where there is no such field, or JSON's `null`. Of several of one name the
/// last counts, as for most readers of JSON. Bytes that are no UTF-8 are U+FFFD in JSON.
pub fn values(form: Form, text: &[u8], names: &[impl AsRef<str>]) -> Vec<Option<Vec<u8>>> {
    let names: Vec<&str> = names.iter().map(|name| key(name.as_ref())).collect();
    let mut found = vec![None; names.len()];
    match json_in(form, text) {
        Some(object) => json::values(object, &names, &mut found),
        None if form == Form::Json => {}
        None => logfmt::values(text, &names, &mut found),
    }
    found
}

/// What `text` says, as people read it, where a field of it is the message: that, and the other fields as
/// `key=value`, but for the time. Neither is longer than [`MAX_READING`].
pub fn reading(form: Form, text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut pairs = reading::Pairs::default();
    match json_in(form, text) {
        Some(object) => json::pairs(object, &mut pairs).then_some(())?,
        None if form == Form::Json => return None,
        None => {
            // Text with a word on its own says more than its fields.
            let mut is_text = false;
            logfmt::pairs(text, |key, value| match value {
                Some(value) => pairs.take(&[key], &value),
                None => is_text = true,
            });
            (!is_text).then_some(())?;
        }
    }
    pairs.finish()
}

/// A field's name without the dot in front.
fn key(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

/// What may be a JSON object in `text`.
fn json_in(form: Form, text: &[u8]) -> Option<&[u8]> {
    let begin = match form {
        Form::Logfmt => return None,
        Form::Json => memchr::memchr(b'{', text)?,
        Form::Either => text.iter().position(|byte| !byte.is_ascii_whitespace())?,
    };
    text[begin..].starts_with(b"{").then_some(&text[begin..])
}
