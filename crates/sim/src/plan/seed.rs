//! Seeds: written in hex, read in hex or decimal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The 64 bits a run grows from, written `0x1f3a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

/// A text that is no seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no seed: give a number below 2^64, in hex (0x1f3a) or decimal (7994)")]
pub struct SeedError(String);

impl From<u64> for Seed {
    fn from(seed: u64) -> Seed {
        Seed(seed)
    }
}

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Seed, SeedError> {
        let digits = text.replace('_', "");
        let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        // `parse` takes a leading plus sign, which is no part of a seed.
        number.ok().filter(|_| !digits.contains('+')).map(Seed).ok_or_else(|| SeedError(text.into()))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seed, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_decimal_are_read_and_hex_is_written() {
        assert_eq!("0x1f3a".parse(), Ok(Seed(7994)));
        assert_eq!("7994".parse(), Ok(Seed(7994)));
        assert_eq!("0xffff_ffff_ffff_ffff".parse(), Ok(Seed(u64::MAX)));
        assert_eq!(Seed(7994).to_string(), "0x1f3a");
    }

    #[test]
    fn anything_else_is_refused_with_what_would_be_right() {
        for text in ["", "0x", "-1", "+5", "1e3", "xyz", "18446744073709551616"] {
            let error = text.parse::<Seed>().expect_err(text);
            assert!(error.to_string().contains("0x1f3a"), "{error}");
        }
    }
}
