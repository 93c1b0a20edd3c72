//! Small hashes that identify what happened in a run.

/// What can be folded into a run's digest.
///
/// A fingerprint must be a function of the value alone, equal on every machine, and cheap: it is taken of every message.
/// It need not cover bulk payloads that other fields already name (an entry's id names its command, by Log Matching).
pub trait Fingerprint {
    /// Equal values have equal fingerprints; different values have different ones but for chance.
    fn fingerprint(&self) -> u64;
}

/// Folds `value` into `hash`: one multiplication, good enough to tell runs apart and stable for ever.
#[must_use]
pub fn mix(hash: u64, value: u64) -> u64 {
    let product = u128::from(hash ^ 0x9e37_79b9_7f4a_7c15) * u128::from(value ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ ((product >> 64) as u64) ^ hash.rotate_left(23)
}

#[cfg(test)]
mod tests {
    use super::mix;

    #[test]
    fn order_and_value_matter() {
        assert_ne!(mix(mix(1, 2), 3), mix(mix(1, 3), 2));
        assert_ne!(mix(0, 0), mix(0, 1));
        assert_ne!(mix(mix(7, 0), 0), mix(7, 0));
    }
}
