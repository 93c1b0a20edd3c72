//! The pair's timers, derived from the lease's time to live.

use std::time::Duration;

use sim::Cluster;

/// The pair's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// A lease that is unchanged for so long, by the challenger's clock, may be taken.
    pub(super) ttl: Duration,
    /// For so long a holder relies on its lease, by its own clock, from when it sent the renewal. Shorter than `ttl` by
    /// the possible drift between the two clocks meanwhile: the holder's clock may run slow and the challenger's fast.
    pub(super) holds: Duration,
    /// From one renewal to the next.
    pub(super) renew: Duration,
    /// From one look at the lease to the next.
    pub(super) poll: Duration,
    /// From one heartbeat to the passive to the next; records that it has not acknowledged by then are sent again.
    pub(super) beat: Duration,
    /// A passive that makes no progress for so long is taken out of the configuration.
    pub(super) patience: Duration,
    /// The coordination service is asked again after so long without an answer; a coordinator that is down costs one
    /// retry.
    pub(super) retry: Duration,
    /// A request to the coordination service is given up after so long.
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
            retry: Duration::from_millis(cluster.suspicion_max_ms).min(ttl / 10),
            timeout: ttl / 5,
        }
    }
}
