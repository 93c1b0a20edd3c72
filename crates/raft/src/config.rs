//! The settings of one server.

use std::time::Duration;

use env::NodeId;

/// How one server is set up. The timing must suit the network: `heartbeat` and a round trip well below
/// `election_timeout_min` (section 5.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// This server.
    pub id: NodeId,
    /// The shortest election timeout. A server that heard from a leader less than this ago helps no candidate to
    /// replace it.
    pub election_timeout_min: Duration,
    /// The longest election timeout. A leader that heard from no quorum for this long steps down.
    pub election_timeout_max: Duration,
    /// The time between a leader's heartbeats.
    pub heartbeat: Duration,
    /// How a leader makes sure that it still leads before it answers a read.
    pub reads: ReadMode,
    /// How much faster or slower than true time any server's clock may run, in parts per million. A lease is safe only
    /// as long as this holds; it is shortened accordingly.
    pub clock_drift_max_ppm: u32,
    /// The most bytes of entries in one `AppendEntries`. One entry always fits.
    pub append_bytes_max: usize,
    /// How many `AppendEntries` with entries may be on their way to one peer. Entries that come while so many are
    /// unanswered wait, and go out together as one batch.
    pub appends_in_flight_max: usize,
    /// The size of one `InstallSnapshot` chunk in bytes.
    pub snapshot_chunk_bytes: usize,
    /// How many entries that a snapshot covers stay in the log for followers a little behind.
    pub log_tail: u64,
}

/// How a leader makes sure that it still leads before it answers a read (thesis section 6.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadMode {
    /// A round of heartbeats for each batch of reads.
    #[default]
    ReadIndex,
    /// A lease that each round of heartbeats renews; no extra message, as long as clocks drift no more than configured.
    ///
    /// All servers must have this mode and the same `election_timeout_min`: the lease counts on how long the others are
    /// loyal, and one in the other mode forgets with a restart that it heard from a leader.
    Lease,
}

impl Config {
    /// Server `id` with the paper's timing for a local network: election timeouts of 150 to 300 ms.
    pub fn new(id: NodeId) -> Config {
        Config {
            id,
            election_timeout_min: Duration::from_millis(150),
            election_timeout_max: Duration::from_millis(300),
            heartbeat: Duration::from_millis(50),
            reads: ReadMode::ReadIndex,
            clock_drift_max_ppm: 500,
            append_bytes_max: 64 * 1024,
            appends_in_flight_max: 4,
            snapshot_chunk_bytes: 64 * 1024,
            log_tail: 32,
        }
    }

    /// The shortest election timeout less the drift of two clocks meanwhile: the leader's may run slow and a follower's
    /// fast.
    pub fn lease_length(&self) -> Duration {
        let drift = u128::from(self.clock_drift_max_ppm.min(1_000_000));
        let nanos = self.election_timeout_min.as_nanos() * (1_000_000 - drift) / (1_000_000 + drift);
        Duration::from_nanos(nanos as u64)
    }

    pub(crate) fn assert_is_sound(&self) {
        assert!((NodeId(1)..=NodeId::MAX).contains(&self.id), "{} is no server's id", self.id);
        assert!(!self.heartbeat.is_zero(), "the heartbeat interval is zero");
        let (heartbeat, [min, max]) = (self.heartbeat, [self.election_timeout_min, self.election_timeout_max]);
        assert!(
            heartbeat < min,
            "the heartbeat interval {heartbeat:?} is not below the least election timeout {min:?}"
        );
        assert!(min <= max, "the least election timeout {min:?} is above the greatest {max:?}");
        assert!(self.appends_in_flight_max > 0, "appends_in_flight_max is 0: give at least 1");
        assert!(self.snapshot_chunk_bytes > 0, "snapshot_chunk_bytes is 0: give at least 1");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_shorter_than_the_election_timeout_by_twice_the_drift() {
        let lease = |ppm| Config { clock_drift_max_ppm: ppm, ..Config::new(NodeId(1)) }.lease_length();
        assert_eq!(lease(0), Duration::from_millis(150));
        assert_eq!(lease(1_000), Duration::from_nanos(149_700_299));
        assert_eq!(lease(1_000_000), Duration::ZERO);
    }
}
