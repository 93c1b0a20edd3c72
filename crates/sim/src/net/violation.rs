//! A checker's finding: a broken rule.

use std::fmt;

use env::{Instant, NodeId, NodeSet, RequestId};

use super::Invariant;

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

/// A broken rule, with the event, the nodes and the moment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// The rule.
    pub invariant: Invariant,
    /// The violation in one line, with the nodes, terms and values: `n1 and n4 both lead term 7`.
    pub message: String,
    /// The nodes it is about.
    pub nodes: NodeSet,
    /// When it showed. The cause may lie earlier.
    pub at: Moment,
    /// The violation in several lines, where one line does not make it plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The outstanding operation whose answer will show the violation, if there is one. A recorded run goes on until
    /// that answer, so that its history shows the violation too.
    #[serde(skip)]
    pub awaits: Option<RequestId>,
}

impl Violation {
    /// A violation of `invariant` that `message` tells.
    pub fn new(invariant: Invariant, at: Moment, nodes: NodeSet, message: impl Into<String>) -> Violation {
        Violation { invariant, message: message.into(), nodes, at, explanation: None, awaits: None }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.message)
    }
}

/// The result of one check.
pub type Checked = Result<(), Box<Violation>>;

/// The violation of `invariant` that `message` tells. Kept out of line: it is built once a run, if ever.
#[cold]
#[inline(never)]
pub fn broken(
    invariant: Invariant,
    at: Moment,
    nodes: impl IntoIterator<Item = NodeId>,
    message: impl Into<String>,
) -> Checked {
    Err(Box::new(Violation::new(invariant, at, nodes.into_iter().collect(), message)))
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
        let verdict = broken(Invariant::SYSTEM_RULE, at, [NodeId(1), NodeId(4)], "n1 and n4 both hold the lease");
        let violation = verdict.expect_err("broken is always an error");
        assert_eq!(violation.to_string(), "System Rule: n1 and n4 both hold the lease");
        assert_eq!(violation.at.to_string(), "event 1834, t=12.840000s");
        assert_eq!(violation.nodes.to_string(), "{n1 n4}");
        let json = serde_json::to_string(&violation).expect("plain values");
        assert_eq!(
            json,
            r#"{"invariant":"system-rule","message":"n1 and n4 both hold the lease","nodes":[1,4],"at":{"time_ns":12840000000,"event":1834}}"#
        );
    }
}
