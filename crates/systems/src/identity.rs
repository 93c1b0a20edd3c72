//! Reading a system's identity back.

use std::ops::RangeInclusive;
use std::str::FromStr;

use sim::SubjectId;

use crate::bugs::BugError;

/// Checks that an identity is one of the system `name`, which has these settings, and reads its planted bug.
///
/// # Errors
/// The part of the identity that is wrong, in one line.
pub(crate) fn bug_of<B: FromStr<Err = BugError>>(
    id: &SubjectId,
    name: &str,
    settings: &[&str],
) -> Result<Option<B>, String> {
    if id.name() != name {
        return Err(format!("'{}' is no {name}: give {name}", id.name()));
    }
    if let Some(unknown) = id.settings().keys().find(|setting| !settings.contains(&setting.as_str())) {
        let right = if settings.is_empty() { "it has none".into() } else { format!("give {}", settings.join(", ")) };
        return Err(format!("'{unknown}' is no setting of {name}: {right}"));
    }
    id.bug().map(str::parse).transpose().map_err(|error: BugError| error.to_string())
}

/// Reads a setting that is a number in this range; `None` if the identity does not have it.
///
/// # Errors
/// The value that is no such number, and the numbers that are.
pub(crate) fn number_of(id: &SubjectId, setting: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, String> {
    let Some(value) = id.settings().get(setting) else { return Ok(None) };
    let number = value.parse().ok().filter(|number| range.contains(number));
    let (low, high) = (range.start(), range.end());
    number.map(Some).ok_or_else(|| format!("{setting} is '{value}': give a whole number from {low} to {high}"))
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::time::Duration;

    use sim::System;

    use super::*;
    use crate::graph::{self, RelayGraph};
    use crate::pair::{self, LeasePair};
    use crate::peers::{self, PeerSync};

    /// Reads back the identity of `system`, written as text.
    fn read_back<S: System + PartialEq + Debug>(system: &S, text: &str, of: fn(&SubjectId) -> Result<S, String>) {
        assert_eq!(system.id().to_string(), text);
        assert_eq!(of(&text.parse().expect("an identity")).as_ref(), Ok(system));
    }

    #[test]
    fn every_variant_is_read_back_from_its_identity() {
        read_back(&LeasePair::default(), "lease-pair", LeasePair::of);
        let pair = LeasePair::default().ttl(Duration::from_secs(2));
        read_back(&pair, "lease-pair(ttl_ms=2000)", LeasePair::of);
        read_back(&pair.with_bug(pair::Bug::Unfenced), "lease-pair(ttl_ms=2000) with unfenced", LeasePair::of);
        read_back(&RelayGraph::default(), "relay-graph", RelayGraph::of);
        for bug in graph::Bug::ALL {
            read_back(&RelayGraph::default().with_bug(*bug), &format!("relay-graph with {bug}"), RelayGraph::of);
        }
        for bug in peers::Bug::ALL {
            read_back(&PeerSync::default().with_bug(*bug), &format!("peer-sync with {bug}"), PeerSync::of);
        }
    }

    #[test]
    fn a_wrong_identity_is_refused_with_what_would_be_right() {
        let refused = |text: &str| LeasePair::of(&text.parse().expect("an identity")).expect_err(text);
        assert_eq!(refused("lease-pair(ttl=9)"), "'ttl' is no setting of lease-pair: give ttl_ms");
        for value in ["soon", "0", "999", "600001", "-1", "1500.5"] {
            let right = "give a whole number from 1000 to 600000";
            assert_eq!(refused(&format!("lease-pair(ttl_ms={value})")), format!("ttl_ms is '{value}': {right}"));
        }
        assert!(refused("lease-pair with untied").starts_with("'untied' is no bug of lease-pair: give unfenced, "));
        assert_eq!(refused("peer-sync"), "'peer-sync' is no lease-pair: give lease-pair");
        let refused = RelayGraph::of(&"relay-graph(nodes=3)".parse().expect("an identity")).expect_err("no setting");
        assert_eq!(refused, "'nodes' is no setting of relay-graph: it has none");
    }
}
