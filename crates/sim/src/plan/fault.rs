//! The faults of a schedule. docs/fault-model.md has the model of each, and the limits of the model.

use std::fmt;
use std::str::FromStr;

use env::{NodeId, Ratio};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A fault, when it begins, and how long it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TimedFault {
    /// When it begins, after the run's start.
    pub at_ms: u64,
    /// When it is undone again, counted from its beginning (a partition heals, a crashed node restarts); `None` stays
    /// to the end, through the calm phase. Faults that are over at once (a clock jump, a transfer) ignore it.
    pub lasts_ms: Option<u64>,
    /// The randomness for its own choices (which follower, which bit), so that taking another fault out of the schedule
    /// changes none of them.
    pub pick: u64,
    /// The fault.
    pub fault: Fault,
}

impl TimedFault {
    /// A fault at this time, which stays to the end.
    pub fn new(at_ms: u64, fault: Fault) -> TimedFault {
        TimedFault { at_ms, lasts_ms: None, pick: 0, fault }
    }

    /// The same, undone again after so long; `None` for a fault that stays.
    #[must_use]
    pub fn lasting(self, lasts_ms: impl Into<Option<u64>>) -> TimedFault {
        TimedFault { lasts_ms: lasts_ms.into(), ..self }
    }

    /// The same, with this randomness for its own choices.
    #[must_use]
    pub fn with_pick(self, pick: u64) -> TimedFault {
        TimedFault { pick, ..self }
    }
}

/// A fault, with its targets and its strength.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// No message passes between these nodes and the rest.
    Partition {
        /// One side of it.
        side: Vec<Target>,
    },
    /// Messages between these nodes and the rest pass one way only.
    PartitionOneWay {
        /// One side of it.
        side: Vec<Target>,
        /// Which way is cut, seen from that side.
        cut: Direction,
    },
    /// A node is cut off from all others.
    Isolate {
        /// The node.
        target: Target,
    },
    /// Two halves cannot talk, but one node can talk to both.
    Bridge {
        /// The node in the middle.
        middle: Target,
    },
    /// Every node can talk to a majority, and no two nodes to the same one: each only to its neighbours on a ring.
    MajoritiesRing,
    /// Messages are lost.
    Loss {
        /// The share of messages.
        ratio: Ratio,
    },
    /// Messages are delivered twice.
    Duplication {
        /// The share of messages.
        ratio: Ratio,
    },
    /// Messages are taken out of their link's order: a message sent later may arrive earlier.
    Reordering {
        /// The share of messages.
        ratio: Ratio,
        /// The longest addition to the latency.
        delay_max_ms: u64,
    },
    /// Some messages take longer, and the messages behind them on their link wait.
    Delay {
        /// The share of messages.
        ratio: Ratio,
        /// The shortest addition to the latency.
        min_ms: u64,
        /// The longest addition.
        max_ms: u64,
    },
    /// All of a node's links are slow.
    SlowLink {
        /// The node.
        target: Target,
        /// The addition to every latency.
        extra_ms: u64,
    },
    /// Power loss: the node stops, and its unsynced writes are lost, some of them or all.
    Crash {
        /// The node.
        target: Target,
    },
    /// Power loss in the middle of a write: the last unsynced append survives in part.
    TornWrite {
        /// The node.
        target: Target,
    },
    /// The process is killed: memory is gone, the page cache survives.
    Kill {
        /// The node.
        target: Target,
    },
    /// The process stops running and goes on later, as under a debugger or a long collection; its clock goes on.
    Pause {
        /// The node.
        target: Target,
    },
    /// All nodes are killed and restarted, one after the other; `lasts_ms` is each one's downtime.
    RollingRestart,
    /// A node crashes as soon as it has restarted, several times over.
    CrashLoop {
        /// The node.
        target: Target,
        /// How many times.
        times: u32,
    },
    /// One bit of a synced file flips; noticed at the next boot.
    BitFlip {
        /// The node.
        target: Target,
    },
    /// The next sync fails, and the dirty pages are dropped.
    FsyncError {
        /// The node.
        target: Target,
    },
    /// No write succeeds.
    DiskFull {
        /// The node.
        target: Target,
    },
    /// Syncs take many times as long.
    SlowDisk {
        /// The node.
        target: Target,
        /// How many times.
        factor: u32,
    },
    /// Syncs do not return until the fault is over.
    StalledDisk {
        /// The node.
        target: Target,
    },
    /// The machine is lost with its disk: the node never comes back under its id.
    WipedDisk {
        /// The node.
        target: Target,
    },
    /// A node's clock is shifted ahead of true time, or behind it, until the fault is over.
    ClockSkew {
        /// The node.
        target: Target,
        /// By how much.
        by_ms: i64,
    },
    /// A node's clock runs fast or slow.
    ClockDrift {
        /// The node.
        target: Target,
        /// By how much.
        by_ppm: i32,
    },
    /// A node's clock jumps, and nothing undoes the jump.
    ClockJump {
        /// The node.
        target: Target,
        /// By how much.
        by_ms: i64,
    },
    /// A node's clock stands still.
    ClockFreeze {
        /// The node.
        target: Target,
    },
    /// An operator asks the leader to hand over.
    TransferLeadership {
        /// To this node.
        to: Target,
    },
    /// An operator adds a blank machine: as a learner, then as a voter.
    AddMember,
    /// An operator removes a member.
    RemoveMember {
        /// The node.
        target: Target,
    },
    /// An operator replaces a member by a blank machine, in one joint change.
    ReplaceMember {
        /// The node that goes.
        target: Target,
    },
    /// An operator asks a node to take a snapshot now.
    TakeSnapshot {
        /// The node.
        target: Target,
    },
    /// Everything that is wrong at that moment is undone.
    HealAll,
}

/// The targets of a fault, as a slice of the kind that `fault` is a reference of.
macro_rules! targets_of {
    ($fault:expr, $one:path, $none:expr) => {
        match $fault {
            Fault::Partition { side } | Fault::PartitionOneWay { side, .. } => side,
            Fault::Isolate { target }
            | Fault::Bridge { middle: target }
            | Fault::SlowLink { target, .. }
            | Fault::Crash { target }
            | Fault::TornWrite { target }
            | Fault::Kill { target }
            | Fault::Pause { target }
            | Fault::CrashLoop { target, .. }
            | Fault::BitFlip { target }
            | Fault::FsyncError { target }
            | Fault::DiskFull { target }
            | Fault::SlowDisk { target, .. }
            | Fault::StalledDisk { target }
            | Fault::WipedDisk { target }
            | Fault::ClockSkew { target, .. }
            | Fault::ClockDrift { target, .. }
            | Fault::ClockJump { target, .. }
            | Fault::ClockFreeze { target }
            | Fault::TransferLeadership { to: target }
            | Fault::RemoveMember { target }
            | Fault::ReplaceMember { target }
            | Fault::TakeSnapshot { target } => $one(target),
            Fault::MajoritiesRing
            | Fault::Loss { .. }
            | Fault::Duplication { .. }
            | Fault::Reordering { .. }
            | Fault::Delay { .. }
            | Fault::RollingRestart
            | Fault::AddMember
            | Fault::HealAll => $none,
        }
    };
}

impl Fault {
    /// Its targets; empty if it has none of its own.
    pub fn targets(&self) -> &[Target] {
        targets_of!(self, std::slice::from_ref, &[])
    }

    /// Its targets, to be changed.
    pub fn targets_mut(&mut self) -> &mut [Target] {
        targets_of!(self, std::slice::from_mut, &mut [])
    }
}

impl fmt::Display for Fault {
    /// `kill leader`, `partition {n1 n2}`, `loss 20%`: its kind, its targets, and its strength.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().name())?;
        let targets: Vec<String> = self.targets().iter().map(Target::to_string).collect();
        match self {
            Fault::Partition { .. } | Fault::PartitionOneWay { .. } => write!(f, " {{{}}}", targets.join(" "))?,
            Fault::TransferLeadership { to } => write!(f, " to {to}")?,
            _ if targets.is_empty() => {}
            _ => write!(f, " {}", targets.join(" "))?,
        }
        match *self {
            Fault::PartitionOneWay { cut: Direction::Inbound, .. } => f.write_str(", which hears nothing"),
            Fault::PartitionOneWay { cut: Direction::Outbound, .. } => f.write_str(", which is not heard"),
            Fault::Loss { ratio } | Fault::Duplication { ratio } => write!(f, " {ratio}"),
            Fault::Reordering { ratio, delay_max_ms } => write!(f, " {ratio} by up to {delay_max_ms} ms"),
            Fault::Delay { ratio, min_ms, max_ms } => write!(f, " {ratio} by {min_ms}-{max_ms} ms"),
            Fault::SlowLink { extra_ms, .. } => write!(f, " by {extra_ms} ms"),
            Fault::CrashLoop { times, .. } => write!(f, " {times} times"),
            Fault::SlowDisk { factor, .. } => write!(f, " {factor} times"),
            Fault::ClockSkew { by_ms, .. } | Fault::ClockJump { by_ms, .. } => write!(f, " by {by_ms} ms"),
            Fault::ClockDrift { by_ppm, .. } => write!(f, " by {by_ppm} ppm"),
            _ => Ok(()),
        }
    }
}

/// Which way messages are cut, seen from one side of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Messages to the side are cut.
    Inbound,
    /// Messages from the side are cut.
    Outbound,
}

/// The node that a fault hits: by id, or by its role when the fault fires. Written `n3`, `leader`, `follower`, `any`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Target {
    /// This node.
    Node(NodeId),
    /// The leader, of several the latest; if there is none, any node.
    Leader,
    /// A running node that does not lead.
    Follower,
    /// Any running node.
    Any,
}

/// A text that names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no target: give a node (n3), leader, follower or any")]
pub struct TargetError(String);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Target, TargetError> {
        match text {
            "leader" => Ok(Target::Leader),
            "follower" => Ok(Target::Follower),
            "any" => Ok(Target::Any),
            _ => text
                .strip_prefix('n')
                .and_then(|number| number.parse().ok())
                .map(|number| Target::Node(NodeId(number)))
                .ok_or_else(|| TargetError(text.into())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Node(node) => node.fmt(f),
            Target::Leader => f.write_str("leader"),
            Target::Follower => f.write_str("follower"),
            Target::Any => f.write_str("any"),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

macro_rules! fault_kinds {
    ($($kind:ident = $name:literal),* $(,)?) => {
        /// The kinds of faults, as the ledger counts them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is the Fault of that name")]
        #[non_exhaustive]
        pub enum FaultKind { $($kind),* }

        impl FaultKind {
            /// Every kind, in the order of their declaration.
            pub const ALL: &[FaultKind] = &[$(FaultKind::$kind),*];

            /// Its name in plans, reports and the documentation.
            pub fn name(self) -> &'static str {
                match self { $(FaultKind::$kind => $name),* }
            }
        }

        impl Fault {
            /// Its kind.
            pub fn kind(&self) -> FaultKind {
                match self { $(Fault::$kind { .. } => FaultKind::$kind),* }
            }
        }
    };
}

fault_kinds! {
    Partition = "partition",
    PartitionOneWay = "partition-one-way",
    Isolate = "isolate",
    Bridge = "bridge",
    MajoritiesRing = "majorities-ring",
    Loss = "loss",
    Duplication = "duplication",
    Reordering = "reordering",
    Delay = "delay",
    SlowLink = "slow-link",
    Crash = "crash",
    TornWrite = "torn-write",
    Kill = "kill",
    Pause = "pause",
    RollingRestart = "rolling-restart",
    CrashLoop = "crash-loop",
    BitFlip = "bit-flip",
    FsyncError = "fsync-error",
    DiskFull = "disk-full",
    SlowDisk = "slow-disk",
    StalledDisk = "stalled-disk",
    WipedDisk = "wiped-disk",
    ClockSkew = "clock-skew",
    ClockDrift = "clock-drift",
    ClockJump = "clock-jump",
    ClockFreeze = "clock-freeze",
    TransferLeadership = "transfer-leadership",
    AddMember = "add-member",
    RemoveMember = "remove-member",
    ReplaceMember = "replace-member",
    TakeSnapshot = "take-snapshot",
    HealAll = "heal-all",
}

/// As its name.
impl Serialize for FaultKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
