//! Profiles: the kinds of faults that a run may have, and how often.

use std::fmt;
use std::str::FromStr;

use crate::plan::FaultKind;

/// The kinds of faults that may come in the plans that seeds expand to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Nothing goes wrong: for the cost of a run, and for bugs that need no fault.
    Calm,
    /// Networks and processes fail at a steady pace; no disk is destroyed, no clock is wrong and no member is replaced.
    Chaos,
    /// Disks lie, fail, fill up and die, and power is lost while they do.
    Disk,
    /// Clocks are wrong.
    Clock,
    /// Members come and go, and lead by turns, while others fail.
    Membership,
    /// Any fault, but only a few kinds at a time: each seed switches whole fault kinds on and off and weights the rest
    /// anew. Faults that are all slightly on suppress one another (Groce et al., "Swarm Testing", ISSTA '12).
    #[default]
    Swarm,
}

/// A text that names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no profile: give calm, chaos, disk, clock, membership or swarm")]
pub struct ProfileError(String);

impl Profile {
    /// Every profile.
    pub const ALL: &[Profile] =
        &[Profile::Calm, Profile::Chaos, Profile::Disk, Profile::Clock, Profile::Membership, Profile::Swarm];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Calm => "calm",
            Profile::Chaos => "chaos",
            Profile::Disk => "disk",
            Profile::Clock => "clock",
            Profile::Membership => "membership",
            Profile::Swarm => "swarm",
        }
    }

    /// The kinds of faults that its plans may hold.
    pub fn fault_kinds(self) -> &'static [FaultKind] {
        match self {
            Profile::Calm => &[],
            Profile::Chaos => CHAOS,
            Profile::Disk => DISK,
            Profile::Clock => CLOCK,
            Profile::Membership => MEMBERSHIP,
            Profile::Swarm => FaultKind::ALL,
        }
    }
}

const CHAOS: &[FaultKind] = &[
    FaultKind::Partition,
    FaultKind::PartitionOneWay,
    FaultKind::Isolate,
    FaultKind::Bridge,
    FaultKind::MajoritiesRing,
    FaultKind::Loss,
    FaultKind::Duplication,
    FaultKind::Reordering,
    FaultKind::Delay,
    FaultKind::SlowLink,
    FaultKind::Crash,
    FaultKind::TornWrite,
    FaultKind::Kill,
    FaultKind::Pause,
    FaultKind::RollingRestart,
    FaultKind::CrashLoop,
    FaultKind::SlowDisk,
    FaultKind::StalledDisk,
    FaultKind::TransferLeadership,
    FaultKind::TakeSnapshot,
    FaultKind::HealAll,
];

const DISK: &[FaultKind] = &[
    FaultKind::Isolate,
    FaultKind::Crash,
    FaultKind::TornWrite,
    FaultKind::Kill,
    FaultKind::CrashLoop,
    FaultKind::BitFlip,
    FaultKind::FsyncError,
    FaultKind::DiskFull,
    FaultKind::SlowDisk,
    FaultKind::StalledDisk,
    FaultKind::WipedDisk,
    FaultKind::TakeSnapshot,
];

const CLOCK: &[FaultKind] = &[
    FaultKind::Partition,
    FaultKind::Isolate,
    FaultKind::Kill,
    FaultKind::Pause,
    FaultKind::ClockSkew,
    FaultKind::ClockDrift,
    FaultKind::ClockJump,
    FaultKind::ClockFreeze,
    FaultKind::TransferLeadership,
];

const MEMBERSHIP: &[FaultKind] = &[
    FaultKind::Partition,
    FaultKind::Isolate,
    FaultKind::Loss,
    FaultKind::Delay,
    FaultKind::Crash,
    FaultKind::Kill,
    FaultKind::TransferLeadership,
    FaultKind::AddMember,
    FaultKind::RemoveMember,
    FaultKind::ReplaceMember,
    FaultKind::TakeSnapshot,
];

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Profile, ProfileError> {
        let named = Profile::ALL.iter().find(|profile| profile.name() == text);
        named.copied().ok_or_else(|| ProfileError(text.into()))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(*profile));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_all_the_names_there_are() {
        let error = "chaso".parse::<Profile>().expect_err("a misspelling").to_string();
        assert!(error.contains("'chaso'"), "{error}");
        for profile in Profile::ALL {
            assert!(error.contains(profile.name()), "{error} does not name {profile}");
        }
    }
}
