//! Which faults can be done to a plain program, and why not the others.

use sim::FaultKind;

/// The reason against a kind of fault that no line above names.
const NEW: &str = "nobody has thought of it for plain programs yet";

/// Why a fault of this kind cannot be done to a plain program; `None` if it can.
pub(super) fn refusal(kind: FaultKind) -> Option<&'static str> {
    use FaultKind as Kind;
    match kind {
        Kind::Partition
        | Kind::PartitionOneWay
        | Kind::Isolate
        | Kind::Bridge
        | Kind::MajoritiesRing
        | Kind::SlowLink
        | Kind::Crash
        | Kind::Kill
        | Kind::RollingRestart
        | Kind::CrashLoop
        | Kind::HealAll => None,
        Kind::Loss | Kind::Duplication | Kind::Reordering => {
            Some("TCP loses, doubles and reorders nothing that a stream carries")
        }
        Kind::Delay => Some("a link of turmoil's has one range of latencies for all that it carries"),
        Kind::Pause => Some("tokio alone schedules its tasks"),
        Kind::TornWrite
        | Kind::BitFlip
        | Kind::FsyncError
        | Kind::DiskFull
        | Kind::SlowDisk
        | Kind::StalledDisk
        | Kind::WipedDisk => Some("nothing stands between it and turmoil's files"),
        Kind::ClockSkew | Kind::ClockDrift | Kind::ClockJump | Kind::ClockFreeze => Some("its clock is tokio's own"),
        Kind::TransferLeadership | Kind::AddMember | Kind::RemoveMember | Kind::ReplaceMember | Kind::TakeSnapshot => {
            Some("it has no request for an operator to send")
        }
        _ => Some(NEW),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fault_has_been_thought_of() {
        let new: Vec<&FaultKind> = FaultKind::ALL.iter().filter(|kind| refusal(**kind) == Some(NEW)).collect();
        assert!(new.is_empty(), "{new:?}");
    }
}
