//! A class of bytes.

/// Some of the 256 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::matcher) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(in crate::matcher) const NONE: Self = Self([0; 4]);
    pub(in crate::matcher) const ALL: Self = Self([u64::MAX; 4]);

    pub(in crate::matcher) fn one(byte: u8) -> Self {
        Self::range(byte, byte)
    }

    /// The bytes from `first` to `last`, both included.
    pub(in crate::matcher) fn range(first: u8, last: u8) -> Self {
        let mut words = [0; 4];
        for byte in first..=last {
            words[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Self(words)
    }

    /// Bytes that can be part of a word: `\w` among ASCII.
    pub(in crate::matcher) fn word() -> Self {
        let letters = Self::range(b'a', b'z').or(Self::range(b'A', b'Z'));
        letters.or(Self::range(b'0', b'9')).or(Self::one(b'_'))
    }

    pub(in crate::matcher) fn has(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(in crate::matcher) fn len(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(in crate::matcher) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// Those that are not in `other`.
    pub(in crate::matcher) fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }

    pub(in crate::matcher) fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// All but `\n`.
    pub(in crate::matcher) fn within_a_line(self) -> Self {
        self.without(Self::one(b'\n'))
    }

    pub(in crate::matcher) fn is_within(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| own & !other == 0)
    }

    /// The bytes, ascending.
    pub(in crate::matcher) fn iter(self) -> impl Iterator<Item = u8> {
        (0u8..4).zip(self.0).flat_map(|(place, word)| {
            let rest = std::iter::successors(Some(word), |word| Some(word & word.wrapping_sub(1)));
            rest.take_while(|word| *word != 0)
                .map(move |word| place << 6 | u8::try_from(word.trailing_zeros()).unwrap_or(0))
        })
    }

    /// The byte itself, or the lower case of the letter that these are in both cases.
    pub(in crate::matcher) fn folded(self) -> Option<u8> {
        let mut bytes = self.iter();
        match (bytes.next(), bytes.next(), bytes.next()) {
            (Some(byte), None, _) => Some(byte | 0x20),
            (Some(upper), Some(lower), None) if upper.is_ascii_uppercase() => {
                (upper | 0x20 == lower).then_some(lower)
            }
            _ => None,
        }
    }
}

impl std::fmt::Debug for ByteSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.len() > 40 {
            return write!(f, "[{} bytes]", self.len());
        }
        let bytes: Vec<u8> = self.iter().collect();
        if self.len() == 1 {
            write!(f, "{}", bytes.escape_ascii())
        } else {
            write!(f, "[{}]", bytes.escape_ascii())
        }
    }
}
