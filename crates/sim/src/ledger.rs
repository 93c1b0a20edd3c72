//! The ledger of faults: how many were injected, and how many of these were effective.
//!
//! A fault that was never effective in a whole campaign gives false comfort, so it is counted apart.
//! docs/fault-model.md says when a fault of each kind is effective; in short, it must have touched the system: a
//! partition dropped a message, a duplicate was delivered, a wrong clock was read.

use serde::{Serialize, Serializer};

use crate::plan::FaultKind;

/// How often faults of one kind occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// How many began.
    pub injected: u64,
    /// How many of these were effective.
    pub effective: u64,
}

/// The counts of all kinds of faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger([FaultCount; FaultKind::ALL.len()]);

impl Ledger {
    /// The counts of one kind.
    pub fn of(&self, kind: FaultKind) -> FaultCount {
        self.0[kind as usize]
    }

    /// Every kind with its counts, in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = (FaultKind, FaultCount)> {
        FaultKind::ALL.iter().copied().zip(self.0)
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Ledger) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            sum.injected += more.injected;
            sum.effective += more.effective;
        }
    }

    pub(crate) fn injected(&mut self, kind: FaultKind) {
        self.0[kind as usize].injected += 1;
    }

    pub(crate) fn effective(&mut self, kind: FaultKind) {
        let count = &mut self.0[kind as usize];
        assert!(count.effective < count.injected, "a {kind} fault was effective and never injected");
        count.effective += 1;
    }
}

/// As a map from the name of each kind that was injected to its counts.
impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let injected = self.iter().filter(|(_, count)| count.injected > 0);
        serializer.collect_map(injected.map(|(kind, count)| (kind.name(), count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_kind_by_kind() {
        let mut one = Ledger::default();
        one.injected(FaultKind::Crash);
        one.effective(FaultKind::Crash);
        let mut sum = one.clone();
        one.injected(FaultKind::HealAll);
        sum.add(&one);
        assert_eq!(sum.of(FaultKind::Crash), FaultCount { injected: 2, effective: 2 });
        assert_eq!(sum.of(FaultKind::HealAll), FaultCount { injected: 1, effective: 0 });
        assert_eq!(sum.iter().map(|(_, count)| count.injected).sum::<u64>(), 3);
    }
}
