//! The operations of clients on a replicated store and their answers, in Jepsen's terms.

use std::fmt;

use env::{Bytes, Traced, mix, mix_bytes};

/// An operation on a key-value store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Operation {
    /// Reads a key.
    Get {
        /// The key.
        key: Bytes,
    },
    /// Sets a key.
    Put {
        /// The key.
        key: Bytes,
        /// Its new value.
        value: Bytes,
    },
    /// Adds bytes to the end of a key's value; an absent key counts as empty.
    Append {
        /// The key.
        key: Bytes,
        /// The bytes to add.
        value: Bytes,
    },
    /// Removes a key.
    Delete {
        /// The key.
        key: Bytes,
    },
    /// Compare-and-swap: sets or removes a key if it has the expected value.
    Cas {
        /// The key.
        key: Bytes,
        /// The value it must have; `None` means the key must be absent.
        expected: Option<Bytes>,
        /// Its new value; `None` removes the key.
        value: Option<Bytes>,
    },
}

impl Operation {
    /// The key it is about.
    pub fn key(&self) -> &Bytes {
        match self {
            Operation::Get { key }
            | Operation::Put { key, .. }
            | Operation::Append { key, .. }
            | Operation::Delete { key }
            | Operation::Cas { key, .. } => key,
        }
    }

    /// How many bytes of keys and values it carries.
    pub fn bytes(&self) -> usize {
        let values = match self {
            Operation::Get { .. } | Operation::Delete { .. } => 0,
            Operation::Put { value, .. } | Operation::Append { value, .. } => value.len(),
            Operation::Cas { expected, value, .. } => {
                [expected, value].into_iter().flatten().map(|value| value.len()).sum()
            }
        };
        self.key().len() + values
    }

    /// The same operation on another key.
    #[must_use]
    pub fn with_key(&self, new: Bytes) -> Operation {
        let mut operation = self.clone();
        match &mut operation {
            Operation::Get { key }
            | Operation::Put { key, .. }
            | Operation::Append { key, .. }
            | Operation::Delete { key }
            | Operation::Cas { key, .. } => *key = new,
        }
        operation
    }

    /// The same operation with the value that `make` makes of its own; `None` if it writes none, or `make` makes none.
    #[must_use]
    pub fn with_value(&self, make: impl FnOnce(&Bytes) -> Option<Bytes>) -> Option<Operation> {
        let mut operation = self.clone();
        match &mut operation {
            Operation::Put { value, .. }
            | Operation::Append { value, .. }
            | Operation::Cas { value: Some(value), .. } => *value = make(value)?,
            Operation::Get { .. } | Operation::Delete { .. } | Operation::Cas { value: None, .. } => return None,
        }
        Some(operation)
    }

    /// True if it only reads.
    pub fn is_read(&self) -> bool {
        matches!(self, Operation::Get { .. })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Get { key } => write!(f, "get {key}"),
            Operation::Put { key, value } => write!(f, "put {key} {value}"),
            Operation::Append { key, value } => write!(f, "append {key} {value}"),
            Operation::Delete { key } => write!(f, "delete {key}"),
            Operation::Cas { key, expected, value } => {
                write!(f, "cas {key} {} {}", OrAbsent(expected.as_ref()), OrAbsent(value.as_ref()))
            }
        }
    }
}

/// A value that a compare-and-swap expects or sets, as its operation shows it.
struct OrAbsent<'a>(Option<&'a Bytes>);

impl fmt::Display for OrAbsent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => fmt::Display::fmt(value, f),
            None => f.write_str("(absent)"),
        }
    }
}

/// The answer to a successful operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Output {
    /// The value read; `None` if the key is absent.
    Value(Option<Bytes>),
    /// The write took effect.
    Written,
    /// The compare-and-swap found the expected value and took effect.
    Swapped,
    /// The compare-and-swap found another value and changed nothing.
    Mismatch,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Value(Some(value)) => value.fmt(f),
            Output::Value(None) => f.write_str("(absent)"),
            Output::Written => f.write_str("written"),
            Output::Swapped => f.write_str("swapped"),
            Output::Mismatch => f.write_str("mismatch"),
        }
    }
}

impl Traced for Operation {
    fn digest(&self) -> u64 {
        let key = mix_bytes(0, self.key());
        match self {
            Operation::Get { .. } => mix(key, 1),
            Operation::Put { value, .. } => mix_bytes(mix(key, 2), value),
            Operation::Append { value, .. } => mix_bytes(mix(key, 3), value),
            Operation::Delete { .. } => mix(key, 4),
            Operation::Cas { expected, value, .. } => {
                let hash = mix(key, 5 + 2 * u64::from(expected.is_none()) + u64::from(value.is_none()));
                let hash = mix_bytes(hash, expected.as_deref().unwrap_or_default());
                mix_bytes(hash, value.as_deref().unwrap_or_default())
            }
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Traced for Output {
    fn digest(&self) -> u64 {
        match self {
            Output::Value(Some(value)) => mix_bytes(1, value),
            Output::Value(None) => 2,
            Output::Written => 3,
            Output::Swapped => 4,
            Output::Mismatch => 5,
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
