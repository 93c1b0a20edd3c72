//! What a checker has found.

use std::fmt;

use env::{Instant, NodeId, NodeSet};

use crate::Invariant;

/// A point in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Moment {
    /// True simulated time, no node's clock. As JSON: nanoseconds.
    #[serde(rename = "time_ns", with = "nanoseconds")]
    pub time: Instant,
    /// The number of the event in the run.
    pub event: u64,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}, t={}", self.event, self.time)
    }
}

/// A rule was broken: which, how, by whom, when.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// The rule.
    pub invariant: Invariant,
    /// What happened, with the nodes, terms and values: `n1 and n4 both lead term 7`.
    pub message: String,
    /// The nodes it is about.
    pub nodes: NodeSet,
    /// When it showed. The cause may lie earlier.
    pub at: Moment,
    /// More of it, over several lines, where one line does not make it plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.message)
    }
}

/// What one check says.
pub type Verdict = Result<(), Violation>;

/// The violation of `invariant` that `message` tells. Kept out of line: it is built once a run, if ever.
#[cold]
#[inline(never)]
pub fn broken(
    invariant: Invariant,
    at: Moment,
    nodes: impl IntoIterator<Item = NodeId>,
    message: fmt::Arguments<'_>,
) -> Verdict {
    Err(Violation {
        invariant,
        message: message.to_string(),
        nodes: nodes.into_iter().collect(),
        at,
        explanation: None,
    })
}

mod nanoseconds {
    use env::Instant;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        u64::deserialize(deserializer).map(Instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_prints_its_name_and_what_happened() {
        let at = Moment { time: Instant(12_840_000_000), event: 1834 };
        let verdict =
            broken(Invariant::ElectionSafety, at, [NodeId(1), NodeId(4)], format_args!("n1 and n4 both lead term 7"));
        let violation = verdict.expect_err("broken is always an error");
        assert_eq!(violation.to_string(), "Election Safety: n1 and n4 both lead term 7");
        assert_eq!(violation.at.to_string(), "event 1834, t=12.840000s");
        assert_eq!(violation.nodes.to_string(), "{n1 n4}");
    }

    #[test]
    fn a_violation_is_written_by_its_id_and_read_back() {
        let at = Moment { time: Instant(12_840_000_000), event: 1834 };
        let verdict = broken(Invariant::ElectionSafety, at, [NodeId(4)], format_args!("n1 and n4 both lead term 7"));
        let violation = verdict.expect_err("broken is always an error");
        let json = serde_json::to_string(&violation).expect("plain values");
        assert_eq!(
            json,
            r#"{"invariant":"election-safety","message":"n1 and n4 both lead term 7","nodes":[4],"at":{"time_ns":12840000000,"event":1834}}"#
        );
        assert_eq!(serde_json::from_str::<Violation>(&json).expect("just written"), violation);
    }
}
