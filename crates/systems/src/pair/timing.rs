//! How long things take, all of it in proportion to the lease's time to live.

use std::time::Duration;

use sim::Cluster;

/// The pair's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// Unchanged for so long, by the challenger's clock, the lease may be taken.
    pub(super) ttl: Duration,
    /// For so long a holder relies on it, by its own clock, from when it sent the renewal. Shorter than `ttl` by what the two
    /// clocks may have drifted apart meanwhile: the holder's may run slow and the challenger's fast.
    pub(super) holds: Duration,
    /// From one renewal to the next.
    pub(super) renew: Duration,
    /// From one look at the lease to the next.
    pub(super) poll: Duration,
    /// From one heartbeat to the passive to the next; what it has not acknowledged by then is sent again.
    pub(super) beat: Duration,
    /// A passive that makes no progress for so long is taken out of the configuration.
    pub(super) patience: Duration,
    /// The coordination service is asked again after so long without an answer; a coordinator that is down costs one retry.
    pub(super) retry: Duration,
    /// And given up after so long.
    pub(super) timeout: Duration,
}

impl Timing {
    pub(super) fn new(ttl: Duration, cluster: &Cluster) -> Timing {
        let drift = u128::from(cluster.clock_drift_max_ppm.min(1_000_000));
        let holds = ttl.as_nanos() * (1_000_000 - drift) / (1_000_000 + drift);
        Timing {
            ttl,
            holds: Duration::from_nanos(u64::try_from(holds).unwrap_or(u64::MAX)),
            renew: ttl / 4,
            poll: ttl / 20,
            beat: ttl / 40,
            patience: ttl / 8,
            retry: Duration::from_millis(cluster.election_timeout_max_ms).min(ttl / 10),
            timeout: ttl / 5,
        }
    }
}
