//! A place in a text, and what may stand there.

/// Where to go on reading. Each question that is answered with yes moves on; one that is not, stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

/// The first letters of the months, as C writes them.
const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// One of `wanted`.
    pub(super) fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| wanted.contains(byte))?;
        self.rest = &self.rest[1..];
        Some(byte)
    }

    /// Just this.
    pub(super) fn word(&mut self, wanted: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    /// Spaces, at least one.
    pub(super) fn spaces(&mut self) -> Option<()> {
        self.one_of(b" ")?;
        while self.one_of(b" ").is_some() {}
        Some(())
    }

    /// How many digits there are.
    pub(super) fn n_digits(&self) -> usize {
        self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// A number of just so many digits, at most 18, that does not go on.
    pub(super) fn number(&mut self, n_digits: usize) -> Option<i64> {
        if self.n_digits() != n_digits {
            return None;
        }
        self.part(n_digits)
    }

    /// The number that the next so many digits make, at most 18, whatever follows.
    pub(super) fn part(&mut self, n_digits: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(n_digits)?;
        let number = digits.iter().try_fold(0, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })?;
        self.rest = rest;
        Some(number)
    }

    /// A number of one or two digits.
    pub(super) fn short(&mut self) -> Option<i8> {
        let number = self.number(self.n_digits().clamp(1, 2))?;
        i8::try_from(number).ok()
    }

    /// The nanoseconds that digits behind a point mean.
    pub(super) fn fraction(&mut self) -> Option<i32> {
        let n_digits = self.n_digits();
        if n_digits == 0 {
            return None;
        }
        let mut nanos = self.part(n_digits.min(9))?;
        for _ in n_digits..9 {
            nanos *= 10;
        }
        while self.one_of(b"0123456789").is_some() {}
        i32::try_from(nanos).ok()
    }

    /// The name of a month, of three letters: 1 to 12.
    pub(super) fn month(&mut self) -> Option<i8> {
        self.name(&MONTHS).map(|place| place + 1)
    }

    /// The name of a day of the week, of three letters.
    pub(super) fn weekday(&mut self) -> Option<()> {
        self.name(&DAYS).map(|_| ())
    }

    fn name(&mut self, names: &[&[u8; 3]]) -> Option<i8> {
        let (name, rest) = self.rest.split_first_chunk::<3>()?;
        if rest.first().is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let place = names.iter().position(|own| own.eq_ignore_ascii_case(name))?;
        self.rest = rest;
        i8::try_from(place).ok()
    }
}
