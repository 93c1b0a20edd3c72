//! The outcome of applying each committed entry, as the first node that applied it reported.

use std::collections::VecDeque;

use env::{RequestId, mix};
use raft_types::LogIndex;

/// Beyond a gap of so many entries the record begins anew, so that no report can make it grow without bound.
const GAP_MAX: u64 = 1 << 18;

/// The outcome of applying one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The digest of the state machine after the entry.
    pub(crate) state: u64,
    /// A digest of the operation, with the lowest bit telling whether it was executed.
    operation: u64,
}

impl Outcome {
    pub(crate) fn new(state: u64, request: Option<RequestId>, executed: bool) -> Outcome {
        let operation = request.map_or(0, digest) | u64::from(executed);
        Outcome { state, operation }
    }

    /// True if the entry holds this operation.
    pub(crate) fn is_of(self, request: RequestId) -> bool {
        self.operation & !1 == digest(request)
    }

    pub(crate) fn is_executed(self) -> bool {
        self.operation & 1 == 1
    }
}

/// An even number that names a request.
fn digest(request: RequestId) -> u64 {
    mix(u64::from(request.client.0), request.seq) & !1
}

/// The outcomes of all entries from `first` on, but for gaps where no node reported one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcomes {
    first: u64,
    outcomes: VecDeque<Option<Outcome>>,
}

impl Outcomes {
    pub(crate) fn at(&self, index: LogIndex) -> Option<Outcome> {
        let position = usize::try_from(index.0.checked_sub(self.first)?).ok()?;
        self.outcomes.get(position).copied().flatten()
    }

    /// True if `index` is forgotten.
    pub(crate) fn is_forgotten(&self, index: LogIndex) -> bool {
        index.0 < self.first
    }

    /// Keeps the outcome of the entry at `index`.
    pub(crate) fn note(&mut self, index: LogIndex, outcome: Outcome) {
        let Some(position) = index.0.checked_sub(self.first) else { return };
        if position == self.outcomes.len() as u64 {
            self.outcomes.push_back(Some(outcome));
        } else if position < self.outcomes.len() as u64 {
            self.outcomes[position as usize] = Some(outcome);
        } else if position < GAP_MAX {
            self.outcomes.resize(position as usize, None);
            self.outcomes.push_back(Some(outcome));
        } else {
            self.first = index.0;
            self.outcomes.clear();
            self.outcomes.push_back(Some(outcome));
        }
    }

    pub(crate) fn forget_below(&mut self, floor: u64) {
        let gone = floor.saturating_sub(self.first).min(self.outcomes.len() as u64);
        self.outcomes.drain(..gone as usize);
        self.first = self.first.max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use env::ClientId;

    fn request(seq: u64) -> RequestId {
        RequestId { client: ClientId(3), seq }
    }

    #[test]
    fn an_outcome_knows_its_operation() {
        let outcome = Outcome::new(7, Some(request(5)), true);
        assert!(outcome.is_of(request(5)) && !outcome.is_of(request(6)) && outcome.is_executed());
        assert!(!Outcome::new(7, Some(request(5)), false).is_executed());
        assert!(!Outcome::new(7, None, false).is_of(request(5)));
    }

    #[test]
    fn forgotten_outcomes_are_not_taken_up_again() {
        let mut outcomes = Outcomes::default();
        for index in 0..10 {
            outcomes.note(LogIndex(index), Outcome::new(index, None, false));
        }
        outcomes.forget_below(6);
        outcomes.note(LogIndex(3), Outcome::new(99, None, false));
        assert_eq!(outcomes.at(LogIndex(3)), None);
        assert!(outcomes.is_forgotten(LogIndex(5)) && !outcomes.is_forgotten(LogIndex(6)));
        assert_eq!(outcomes.at(LogIndex(6)).map(|outcome| outcome.state), Some(6));
    }

    #[test]
    fn an_index_that_was_passed_over_can_be_noted_later() {
        let mut outcomes = Outcomes::default();
        outcomes.note(LogIndex(4), Outcome::new(4, None, false));
        assert_eq!(outcomes.at(LogIndex(2)), None);
        outcomes.note(LogIndex(2), Outcome::new(2, None, false));
        assert_eq!(outcomes.at(LogIndex(2)).map(|outcome| outcome.state), Some(2));
        outcomes.note(LogIndex(1 << 40), Outcome::new(1, None, false));
        assert_eq!(outcomes.outcomes.len(), 1, "a leap beyond the window starts it anew");
    }
}
