//! Which faults can be done to a plain program, and why not the others.

use sim::FaultKind;

/// The reason against a kind of fault that no line above names.
const NEW: &str = "nobody has thought of it for plain programs yet";

/// Why a fault of this kind cannot be done to plain programs, which send datagrams or do not, and have an operator or have
/// none; `None` if it can.
pub(super) fn refusal(kind: FaultKind, sends_datagrams: bool, has_operator: bool) -> Option<&'static str> {
    use FaultKind as Kind;
    match kind {
        Kind::Partition
        | Kind::PartitionOneWay
        | Kind::Isolate
        | Kind::Bridge
        | Kind::MajoritiesRing
        | Kind::Loss
        | Kind::Reordering
        | Kind::Delay
        | Kind::SlowLink
        | Kind::Crash
        | Kind::TornWrite
        | Kind::Kill
        | Kind::Pause
        | Kind::RollingRestart
        | Kind::CrashLoop
        | Kind::BitFlip
        | Kind::FsyncError
        | Kind::DiskFull
        | Kind::SlowDisk
        | Kind::StalledDisk
        | Kind::WipedDisk
        | Kind::ClockSkew
        | Kind::ClockDrift
        | Kind::ClockJump
        | Kind::ClockFreeze
        | Kind::HealAll => None,
        Kind::Duplication if sends_datagrams => None,
        Kind::Duplication => Some("TCP delivers nothing twice, and it has not said that it sends datagrams"),
        Kind::TransferLeadership | Kind::AddMember | Kind::RemoveMember | Kind::ReplaceMember | Kind::TakeSnapshot
            if has_operator =>
        {
            None
        }
        Kind::TransferLeadership | Kind::AddMember | Kind::RemoveMember | Kind::ReplaceMember | Kind::TakeSnapshot => {
            Some("it has no operator")
        }
        _ => Some(NEW),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fault_has_been_thought_of() {
        let new: Vec<&FaultKind> =
            FaultKind::ALL.iter().filter(|kind| refusal(**kind, false, false) == Some(NEW)).collect();
        assert!(new.is_empty(), "{new:?}");
    }
}
