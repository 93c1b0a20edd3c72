//! The values of a run that its trace shows and its digest covers, and the small hashes for the latter.

use std::fmt::{self, Write};

/// A value that nodes and clients exchange or note: a message, a request, an answer, an operation, a note.
///
/// `impl Traced for Message {}` is enough to begin with: both methods have a default made of the `Debug` text.
pub trait Traced: fmt::Debug {
    /// The value's contribution to a run's digest. Equal values have equal digests, on every machine; different values
    /// have different ones but for chance.
    ///
    /// The run takes the digest of every message, so it must be cheap. It need not cover bulk payloads that other
    /// fields already name (an entry's id names its command, by Log Matching). The default hashes the `Debug` text,
    /// which is complete and slow.
    fn digest(&self) -> u64 {
        TextHash::of(0, format_args!("{self:?}"))
    }

    /// Writes the value as a line of a trace shows it.
    ///
    /// # Errors
    /// If the formatter has one.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Nothing to say: the note of a process that notes nothing, for one.
impl Traced for () {}

/// Displays a value as its trace shows it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a, T: ?Sized>(pub &'a T);

impl<T: Traced + ?Sized> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

/// Folds the text that is written to it into a hash. How the text is cut into pieces matters: equal calls make equal
/// hashes.
#[derive(Clone, Copy, Debug)]
pub struct TextHash(u64);

impl TextHash {
    /// The hash of this text, on top of another one.
    pub fn of(hash: u64, text: fmt::Arguments<'_>) -> u64 {
        let mut hash = TextHash(hash);
        // It takes all that is written.
        let _ = hash.write_fmt(text);
        hash.0
    }
}

impl fmt::Write for TextHash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        self.0 = words.iter().fold(self.0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        self.0 = rest.iter().fold(self.0, |hash, byte| mix(hash, (*byte).into()));
        Ok(())
    }
}

/// Folds `value` into `hash`: one multiplication, good enough to tell runs apart and stable for ever.
#[must_use]
pub fn mix(hash: u64, value: u64) -> u64 {
    let product = u128::from(hash ^ 0x9e37_79b9_7f4a_7c15) * u128::from(value ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ ((product >> 64) as u64) ^ hash.rotate_left(23)
}

/// Folds `bytes` into `hash`, sixteen at a time. Their number goes in, so that trailing zeros count.
#[must_use]
pub fn mix_bytes(hash: u64, bytes: &[u8]) -> u64 {
    let pair_into = |hash: u64, pair: [u8; 16]| {
        let pair = u128::from_le_bytes(pair);
        mix(hash ^ pair as u64, (pair >> 64) as u64)
    };
    let (pairs, rest) = bytes.as_chunks::<16>();
    let hash = pairs.iter().fold(hash, |hash, pair| pair_into(hash, *pair));
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    pair_into(hash ^ (bytes.len() as u64).rotate_left(48), last)
}

#[cfg(test)]
mod tests {
    use super::{Shown, Traced, mix, mix_bytes};

    #[test]
    fn the_default_tells_values_apart() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "the Debug text has the fields")]
        struct Said(u64, &'static str);
        impl Traced for Said {}
        let said = [Said(1, "x"), Said(2, "x"), Said(1, "y"), Said(12, ""), Said(1, "2")].map(|said| said.digest());
        assert_eq!(said[0], Said(1, "x").digest());
        assert!((1..said.len()).all(|later| !said[..later].contains(&said[later])), "{said:x?}");
        assert_eq!(Shown(&Said(1, "x")).to_string(), "Said(1, \"x\")");
    }

    #[test]
    fn order_and_value_matter() {
        assert_ne!(mix(mix(1, 2), 3), mix(mix(1, 3), 2));
        assert_ne!(mix(0, 0), mix(0, 1));
        assert_ne!(mix(mix(7, 0), 0), mix(7, 0));
    }

    #[test]
    fn every_byte_and_their_number_matter() {
        let of = |bytes: &[u8]| mix_bytes(0, bytes);
        assert_ne!(of(b"0123456789"), of(b"0123456788"));
        assert_ne!(of(b"01234567"), of(b"01234567\0"));
        assert_ne!(of(b""), of(b"\0"));
        assert_ne!(of(&[0; 16]), of(&[0; 32]));
    }
}
