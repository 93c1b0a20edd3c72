//! A moment to aim at.

use std::fmt;

use super::Nemesis;
use crate::plan::FaultKind;

/// A moment at which systems of some kind are known to go wrong, and the burst that is after it: a few faults in a row.
/// Half of a storm is made of bursts, half of single faults.
#[derive(Clone, Copy)]
pub struct Aim {
    name: &'static str,
    needs: &'static [FaultKind],
    strike: fn(&mut Nemesis<'_>),
    is_of_leases: bool,
}

impl Aim {
    /// The aim of this name, `power-outage`. A profile that lacks one of the kinds in `needs` has no such burst.
    ///
    /// `strike` injects the faults: those in `needs`, and others where [`Nemesis::may`] says that the profile has them.
    /// The time of the nemesis is afterwards that of the burst's end.
    pub const fn new(name: &'static str, needs: &'static [FaultKind], strike: fn(&mut Nemesis<'_>)) -> Aim {
        Aim { name, needs, strike, is_of_leases: false }
    }

    /// The same of a burst that keeps a leader from its followers while the leader may go on by its lease: plans with
    /// leases prefer such bursts.
    #[must_use]
    pub const fn with_leases(mut self) -> Aim {
        self.is_of_leases = true;
        self
    }

    /// Its name. Of two aims with one name a storm uses the first.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The kinds of faults without which it would not be this burst.
    pub fn needs(self) -> &'static [FaultKind] {
        self.needs
    }

    pub(super) fn is_of_leases(self) -> bool {
        self.is_of_leases
    }

    pub(super) fn strike(self, nemesis: &mut Nemesis<'_>) {
        (self.strike)(nemesis);
    }
}

impl Eq for Aim {}

impl PartialEq for Aim {
    /// Aims are told apart by their names.
    fn eq(&self, other: &Aim) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
