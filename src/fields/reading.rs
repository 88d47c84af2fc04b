//! The fields of an event as people read them.

/// The most bytes of the message, and of the other fields together.
pub const MAX_READING: usize = 2048;
/// The most bytes of one of the other fields. Of a longer one only the name is shown: half of a secret is
/// not known for one.
const MAX_VALUE: usize = 256;
/// The most bytes of its name.
const MAX_NAME: usize = 64;

/// What programs call their message. In whatever case.
const MESSAGES: [&str; 7] =
    ["message", "msg", "@m", "short_message", "textPayload", "event", "text"];
/// What they call the time, which a message shows anyway.
const TIMES: [&str; 10] =
    ["time", "ts", "timestamp", "@timestamp", "@t", "t", "datetime", "asctime", "date", "@version"];

/// Fields in their order.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// The message, and how far down the list of its names this one stands.
    message: Option<(usize, Vec<u8>)>,
    others: Vec<u8>,
    n_others: usize,
}

impl Pairs {
    /// Fields that are shown besides the message.
    const MAX: usize = 24;
    /// Objects in objects that are looked into.
    pub(super) const MAX_DEPTH: usize = 4;

    /// Whether further fields are not shown.
    pub(super) fn is_full(&self) -> bool {
        // Whatever is behind, the message is looked for.
        self.n_others >= Self::MAX && self.message.is_some()
    }

    /// Takes in the value of the field at `keys`, of which each is in the one before.
    pub(super) fn take(&mut self, keys: &[&[u8]], value: &[u8]) {
        let [key] = keys else { return self.other(keys, value) };
        let is = |name: &&str| name.as_bytes().eq_ignore_ascii_case(key);
        if TIMES.iter().any(&is) {
            return;
        }
        let Some(rank) = MESSAGES.iter().position(is) else {
            return self.other(keys, value);
        };
        match &self.message {
            Some((known, _)) if *known < rank => self.other(keys, value),
            _ if value.trim_ascii().is_empty() => {}
            _ => {
                let whole = &value[..value.len().min(MAX_READING)];
                let before = self.message.replace((rank, whole.trim_ascii().to_vec()));
                if let Some((known, text)) = before.filter(|(known, _)| *known != rank) {
                    self.other(&[MESSAGES[known].as_bytes()], &text);
                }
            }
        }
    }

    fn other(&mut self, keys: &[&[u8]], value: &[u8]) {
        let key = keys.join(&b'.');
        let (key, value) = (&key[..key.len().min(MAX_NAME)], shown(value));
        let n_bytes = self.others.len() + key.len() + value.len() + " =".len();
        if self.n_others >= Self::MAX || n_bytes > MAX_READING {
            return;
        }
        self.n_others += 1;
        if !self.others.is_empty() {
            self.others.push(b' ');
        }
        self.others.extend_from_slice(key);
        self.others.push(b'=');
        self.others.extend_from_slice(value.as_bytes());
    }

    /// The message, and the others; `None` where there is no message.
    pub(super) fn finish(self) -> Option<(Vec<u8>, Vec<u8>)> {
        Some((self.message?.1, self.others))
    }
}

/// A value on one line, in quotes where it would not be one word.
fn shown(value: &[u8]) -> String {
    if value.len() > MAX_VALUE {
        return "…".to_owned();
    }
    let text = String::from_utf8_lossy(value);
    let is_word = !text.is_empty() && !text.contains(|c: char| c <= ' ' || c == '"' || c == '=');
    let is_inner = text.starts_with(['{', '[']) && !text.contains(char::is_control);
    if is_word || is_inner { text.into_owned() } else { format!("{text:?}") }
}
