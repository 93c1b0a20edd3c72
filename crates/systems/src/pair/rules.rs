//! The decisions that keep the pair right, in one place.
//!
//! The rest of the pair asks here. A planted bug changes one decision. Without fencing the pair is the system that many
//! have shipped: only a renewal looks after the lease, and a member accepts the records of any primary.

use env::Instant;

use super::bug::Bug;
use super::record::{Lsn, Token};

/// The decisions. The default is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// True if a primary heeds the end of its lease, and a member the token of a shipment.
    pub(super) fencing: bool,
    /// True if a write counts only once a passive that is in sync holds it durably.
    pub(super) waits_for_passive: bool,
    /// True if a primary reads only while its lease is valid.
    pub(super) reads_under_lease: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::with(None)
    }
}

impl Rules {
    /// The decisions of a pair in which this bug is planted.
    pub(super) fn with(bug: Option<Bug>) -> Rules {
        Rules {
            fencing: bug != Some(Bug::Unfenced),
            waits_for_passive: bug != Some(Bug::AcknowledgesAlone),
            reads_under_lease: bug != Some(Bug::ReadsWithoutLease),
        }
    }

    /// When a primary whose lease runs until then, by its own clock, gives the role up; it looks before each event that
    /// it handles. Without fencing it does so only when a renewal has failed, so that a process that was paused for
    /// longer than its lease goes on where it was (Gray and Cheriton, "Leases", SOSP '89, section 2: the holder must
    /// not rely on the datum once the lease's term is over). A primary that reads without a look at its lease keeps the
    /// role for that.
    pub(super) fn gives_up_at(self, lease_until: Instant) -> Instant {
        if self.fencing && self.reads_under_lease { lease_until } else { Instant::NEVER }
    }

    /// May a primary whose lease runs until then take and accept writes? A primary that gives the role up in time
    /// always may.
    pub(super) fn writes(self, now: Instant, lease_until: Instant) -> bool {
        !self.fencing || now < lease_until
    }

    /// The position up to which a primary's log is committed: the primary holds it durably to `own`, and a passive that
    /// counts to `passive` (PacificA section 2.1: all in the configuration).
    pub(super) fn committed(self, own: Lsn, passive: Option<Lsn>) -> Lsn {
        passive.filter(|_| self.waits_for_passive).map_or(own, |passive| own.min(passive))
    }

    /// True if a member that has seen the token `highest` takes a shipment under this one. It is the fencing token of
    /// Burrows, "The Chubby lock service", OSDI '06, section 2.4 (there a sequencer).
    pub(super) fn takes_shipment(self, shipped: Token, highest: Token) -> bool {
        !self.fencing || shipped >= highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_fencing_neither_time_nor_a_lower_token_is_forgiven() {
        let rules = Rules::default();
        assert_eq!(rules.gives_up_at(Instant(10)), Instant(10));
        assert!(rules.writes(Instant(9), Instant(10)) && !rules.writes(Instant(10), Instant(10)));
        assert!(rules.takes_shipment(Token(3), Token(3)) && !rules.takes_shipment(Token(2), Token(3)));
    }

    #[test]
    fn without_it_both_are() {
        let rules = Rules::with(Some(Bug::Unfenced));
        assert_eq!(rules.gives_up_at(Instant(10)), Instant::NEVER);
        assert!(rules.writes(Instant(10), Instant(10)) && rules.takes_shipment(Token(2), Token(3)));
    }

    #[test]
    fn whoever_reads_without_a_lease_does_not_write_without_one() {
        let rules = Rules::with(Some(Bug::ReadsWithoutLease));
        assert_eq!(rules.gives_up_at(Instant(10)), Instant::NEVER);
        assert!(!rules.writes(Instant(10), Instant(10)));
    }

    #[test]
    fn what_counts_is_what_all_who_count_hold() {
        let alone = Rules::with(Some(Bug::AcknowledgesAlone));
        assert_eq!(Rules::default().committed(Lsn(5), Some(Lsn(3))), Lsn(3));
        assert_eq!(Rules::default().committed(Lsn(5), Some(Lsn(7))), Lsn(5));
        assert_eq!(Rules::default().committed(Lsn(5), None), Lsn(5));
        assert_eq!(alone.committed(Lsn(5), Some(Lsn(3))), Lsn(5));
    }
}
