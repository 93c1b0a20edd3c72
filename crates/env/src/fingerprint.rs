//! Small hashes that identify what happened in a run.

use std::fmt::{self, Write};

/// What can be folded into a run's digest.
///
/// A fingerprint must be a function of the value alone, equal on every machine, and cheap: it is taken of every message.
/// It need not cover bulk payloads that other fields already name (an entry's id names its command, by Log Matching).
///
/// `impl Fingerprint for Message {}` is enough to begin with.
pub trait Fingerprint: fmt::Debug {
    /// Equal values have equal fingerprints; different values have different ones but for chance.
    ///
    /// The default is made of the `Debug` text, which is complete and slow.
    fn fingerprint(&self) -> u64 {
        TextHash::of(0, format_args!("{self:?}"))
    }
}

/// Folds the text that is written to it into a hash. How the text is cut into pieces matters: equal calls make equal hashes.
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

#[cfg(test)]
mod tests {
    use super::{Fingerprint, mix};

    #[test]
    fn the_default_tells_values_apart() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "the Debug text has the fields")]
        struct Said(u64, &'static str);
        impl Fingerprint for Said {}
        let said =
            [Said(1, "x"), Said(2, "x"), Said(1, "y"), Said(12, ""), Said(1, "2")].map(|said| said.fingerprint());
        assert_eq!(said[0], Said(1, "x").fingerprint());
        assert!((1..said.len()).all(|later| !said[..later].contains(&said[later])), "{said:x?}");
    }

    #[test]
    fn order_and_value_matter() {
        assert_ne!(mix(mix(1, 2), 3), mix(mix(1, 3), 2));
        assert_ne!(mix(0, 0), mix(0, 1));
        assert_ne!(mix(mix(7, 0), 0), mix(7, 0));
    }
}
