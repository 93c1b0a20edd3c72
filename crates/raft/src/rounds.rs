//! Rounds of heartbeats: how a leader knows that it still leads.

use std::collections::VecDeque;

use env::Instant;

/// The rounds of one leader in one term.
///
/// Every append carries the number of the round that was begun last, and every answer repeats it. When a quorum has
/// answered round `n` or later, no other leader had been elected when round `n` began; so reads that arrived before it
/// may be answered (thesis section 6.4), the lease runs from then, and so does the time after which the leader steps
/// down.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    current: u64,
    confirmed: u64,
    /// When each round that is not confirmed was begun.
    begun: VecDeque<(u64, Instant)>,
    /// Until when reads need no round of their own.
    pub(crate) lease_until: Instant,
    /// When the leader will have been without a quorum for too long.
    pub(crate) quorum_deadline: Instant,
}

impl Rounds {
    /// A leader that hears nothing is patient until `quorum_deadline`.
    pub(crate) fn new(quorum_deadline: Instant) -> Rounds {
        Rounds { current: 0, confirmed: 0, begun: VecDeque::new(), lease_until: Instant::ZERO, quorum_deadline }
    }

    /// The round begun last.
    pub(crate) fn current(&self) -> u64 {
        self.current
    }

    /// The last round that a quorum has answered.
    pub(crate) fn confirmed(&self) -> u64 {
        self.confirmed
    }

    pub(crate) fn begin(&mut self, now: Instant) {
        /// A leader steps down long before it has begun so many in vain. Should it not, the oldest are of no use any
        /// more.
        const UNCONFIRMED_MAX: usize = 256;
        if self.begun.len() == UNCONFIRMED_MAX {
            self.begun.pop_front();
        }
        self.current += 1;
        self.begun.push_back((self.current, now));
    }

    /// A quorum has answered `round`: when that began, if it is known.
    pub(crate) fn confirm(&mut self, round: u64) -> Option<Instant> {
        self.confirmed = round;
        let mut begun_at = None;
        while let Some((_, at)) = self.begun.pop_front_if(|(begun, _)| *begun <= round) {
            begun_at = Some(at);
        }
        begun_at
    }

    /// The clock cannot be trusted to have measured the time since the rounds began.
    pub(crate) fn forget_times(&mut self) {
        self.begun.clear();
        self.lease_until = Instant::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmed_round_confirms_those_before_it_and_counts_from_its_own_beginning() {
        let mut rounds = Rounds::new(Instant::NEVER);
        for at in [10, 20, 30] {
            rounds.begin(Instant(at));
        }
        assert_eq!(rounds.confirm(2), Some(Instant(20)));
        rounds.forget_times();
        assert_eq!(rounds.confirm(3), None, "the clock jumped");
        assert_eq!((rounds.current(), rounds.confirmed()), (3, 3));
    }
}
