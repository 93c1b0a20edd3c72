//! When an update was made: hybrid logical time (Kulkarni et al., "Logical Physical Clocks", OPODIS 2014).

use std::fmt;

use env::{Instant, NodeId, Reader, Wire, WireError};
use serde::{Deserialize, Serialize};

/// The time of an update. The order is that of the fields: the node that made it decides only between updates of one
/// hybrid time, so that of two different updates one is always the later, on every node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// The highest reading of any clock that the node knew of, in milliseconds.
    pub wall_ms: u64,
    /// Counts the updates that were made while that reading stood still.
    pub logical: u64,
    /// The node that made the update.
    pub origin: u8,
}

impl Stamp {
    /// The time without the origin, in one number: 65,536 updates fit in a millisecond.
    pub(crate) fn time(self) -> u64 {
        self.wall_ms << 16 | self.logical.min(0xffff)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}@n{}", self.wall_ms, self.logical, self.origin)
    }
}

impl Wire for Stamp {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.wall_ms.to_wire(into);
        self.logical.to_wire(into);
        into.push(self.origin);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Stamp, WireError> {
        let (wall_ms, logical) = (reader.varint("wall time")?, reader.varint("logical time")?);
        Ok(Stamp { wall_ms, logical, origin: reader.u8("origin")? })
    }
}

/// A node's hybrid logical clock. It never runs backwards, even if the node's own clock does, and an update made after
/// another was seen has the later stamp.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HybridClock {
    latest: Stamp,
}

impl HybridClock {
    /// The stamp of an update that `node` makes now.
    pub(crate) fn tick(&mut self, node: NodeId, now: Instant) -> Stamp {
        let reading_ms = now.0 / 1_000_000;
        let latest = &mut self.latest;
        *latest = if reading_ms > latest.wall_ms {
            Stamp { wall_ms: reading_ms, logical: 0, origin: node.0 }
        } else {
            Stamp { wall_ms: latest.wall_ms, logical: latest.logical + 1, origin: node.0 }
        };
        *latest
    }

    /// Takes note of an update that was made elsewhere, or earlier.
    pub(crate) fn see(&mut self, stamp: Stamp) {
        self.latest = self.latest.max(stamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn stamps_grow_though_the_clock_stands_still_or_runs_backwards() {
        let mut clock = HybridClock::default();
        let stamps = [5, 5, 3, 6].map(|ms| clock.tick(NodeId(2), Instant(ms * MS)));
        assert!(stamps.is_sorted_by(|earlier, later| earlier < later), "{stamps:?}");
        assert_eq!(stamps[3], Stamp { wall_ms: 6, logical: 0, origin: 2 });
    }

    #[test]
    fn an_update_made_after_another_was_seen_is_later_whatever_the_clocks_say() {
        let (mut fast, mut slow) = (HybridClock::default(), HybridClock::default());
        let seen = fast.tick(NodeId(9), Instant(900 * MS));
        slow.see(seen);
        assert!(slow.tick(NodeId(1), Instant(MS)) > seen);
    }

    #[test]
    fn the_origin_decides_between_equal_times() {
        let stamp = |node| HybridClock::default().tick(NodeId(node), Instant(MS));
        assert!(stamp(2) > stamp(1));
    }
}
