//! The version of the format of repros, plans and tokens.

use std::fmt;

use serde::de::{IgnoredAny, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The format that this version writes, and the only one that it reads. Written `2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format;

/// Its number.
pub(super) const NUMBER: u64 = 2;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(NUMBER)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
        match u64::deserialize(deserializer)? {
            NUMBER => Ok(Format),
            other => Err(de::Error::invalid_value(Unexpected::Unsigned(other), &"2")),
        }
    }
}

/// A format that this version does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFormat(u64);

impl OtherFormat {
    /// The format of this number; `None` if it is that of this version.
    pub(super) fn of(number: u64) -> Option<OtherFormat> {
        (number != NUMBER).then_some(OtherFormat(number))
    }
}

impl fmt::Display for OtherFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reader = if self.0 < NUMBER { "stormglass 0.1" } else { "a later stormglass" };
        write!(f, "of format {}: {reader} reads it, and this one format {NUMBER}", self.0)
    }
}

/// The fields by which a repro is told from a plan that stands alone, and one format from another.
#[derive(Deserialize)]
pub(super) struct Shape {
    format: Option<u64>,
    cluster: Option<Cluster>,
    plan: Option<Plan>,
}

#[derive(Deserialize)]
struct Plan {
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct Cluster {
    /// Format 1 named no format, and every plan of it has this field.
    election_timeout_min_ms: Option<IgnoredAny>,
}

impl Shape {
    /// True of a plan that stands alone.
    pub(super) fn is_plan(&self) -> bool {
        self.cluster.is_some()
    }

    /// The format, if it is not that of this version.
    pub(super) fn other_format(&self) -> Option<OtherFormat> {
        let cluster = self.cluster.as_ref().or(self.plan.as_ref().and_then(|plan| plan.cluster.as_ref()));
        let is_of_first = cluster.is_some_and(|cluster| cluster.election_timeout_min_ms.is_some());
        OtherFormat::of(self.format.unwrap_or(if is_of_first { 1 } else { NUMBER }))
    }
}
