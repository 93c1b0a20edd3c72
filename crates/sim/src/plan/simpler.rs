//! Milder and simpler faults: a weaker kind, a named node for a role, fewer nodes, less of everything.

use env::{NodeId, Ratio};

use super::fault::{Fault, Target, TimedFault};

impl TimedFault {
    /// The simpler forms of this fault, each by one step, in the order in which a shrinker tries them. `last` is the
    /// last node of the cluster, spares among them.
    pub fn simpler(&self, last: NodeId) -> Vec<TimedFault> {
        let with = |fault| TimedFault { fault, ..self.clone() };
        let mut forms: Vec<TimedFault> = weaker(&self.fault).into_iter().map(with).collect();
        forms.extend(named(&self.fault, last).into_iter().map(with));
        if self.pick != 0 {
            forms.push(TimedFault { pick: 0, ..self.clone() });
        }
        let lasting = |lasts_ms| TimedFault { lasts_ms: Some(lasts_ms), ..self.clone() };
        forms.extend(self.lasts_ms.into_iter().flat_map(less).map(lasting));
        forms
    }
}

/// Half of an amount, and three quarters, as long as that is less.
fn less(amount: u64) -> impl Iterator<Item = u64> {
    [amount / 2, amount - amount / 4].into_iter().filter(move |less| *less < amount)
}

/// Weaker faults.
fn weaker(fault: &Fault) -> Vec<Fault> {
    match fault.clone() {
        Fault::TornWrite { target } => vec![Fault::Kill { target }, Fault::Crash { target }],
        Fault::Crash { target } => vec![Fault::Kill { target }],
        Fault::CrashLoop { target, times } => {
            let fewer = less(times.into()).filter(|times| *times > 0);
            let fewer = fewer.map(|times| Fault::CrashLoop { target, times: times as u32 });
            [Fault::Kill { target }, Fault::Crash { target }].into_iter().chain(fewer).collect()
        }
        Fault::Partition { side } => {
            let alone = side.iter().map(|target| Fault::Isolate { target: *target });
            alone.chain(without_one(&side).map(|side| Fault::Partition { side })).collect()
        }
        Fault::PartitionOneWay { side, cut } => {
            without_one(&side).map(|side| Fault::PartitionOneWay { side, cut }).collect()
        }
        Fault::Loss { ratio } => halved(ratio).map(|ratio| Fault::Loss { ratio }).collect(),
        Fault::Duplication { ratio } => halved(ratio).map(|ratio| Fault::Duplication { ratio }).collect(),
        Fault::Reordering { ratio, delay_max_ms } => halved(ratio)
            .map(|ratio| Fault::Reordering { ratio, delay_max_ms })
            .chain(less(delay_max_ms).map(|delay_max_ms| Fault::Reordering { ratio, delay_max_ms }))
            .collect(),
        Fault::Delay { ratio, min_ms, max_ms } => halved(ratio)
            .map(|ratio| Fault::Delay { ratio, min_ms, max_ms })
            .chain(less(max_ms).map(|max_ms| Fault::Delay { ratio, min_ms: min_ms.min(max_ms), max_ms }))
            .collect(),
        Fault::SlowLink { target, extra_ms } => {
            less(extra_ms).map(|extra_ms| Fault::SlowLink { target, extra_ms }).collect()
        }
        Fault::SlowDisk { target, factor } => {
            less(factor.into()).map(|factor| Fault::SlowDisk { target, factor: factor as u32 }).collect()
        }
        Fault::ClockSkew { target, by_ms } => {
            vec![Fault::ClockSkew { target, by_ms: by_ms / 2 }]
        }
        Fault::ClockJump { target, by_ms } => {
            vec![Fault::ClockJump { target, by_ms: by_ms / 2 }]
        }
        Fault::ClockDrift { target, by_ppm } => {
            vec![Fault::ClockDrift { target, by_ppm: by_ppm / 2 }]
        }
        Fault::Isolate { .. }
        | Fault::Bridge { .. }
        | Fault::MajoritiesRing
        | Fault::Kill { .. }
        | Fault::Pause { .. }
        | Fault::RollingRestart
        | Fault::BitFlip { .. }
        | Fault::FsyncError { .. }
        | Fault::DiskFull { .. }
        | Fault::StalledDisk { .. }
        | Fault::WipedDisk { .. }
        | Fault::ClockFreeze { .. }
        | Fault::TransferLeadership { .. }
        | Fault::AddMember
        | Fault::RemoveMember { .. }
        | Fault::ReplaceMember { .. }
        | Fault::TakeSnapshot { .. }
        | Fault::HealAll => Vec::new(),
    }
}

fn halved(ratio: Ratio) -> impl Iterator<Item = Ratio> {
    less(ratio.0.into()).map(|ppm| Ratio(ppm as u32)).filter(|ratio| *ratio != Ratio::NEVER)
}

fn without_one(side: &[Target]) -> impl Iterator<Item = Vec<Target>> {
    (0..side.len()).filter(|_| side.len() > 1).map(|gone| {
        let mut side = side.to_vec();
        side.remove(gone);
        side
    })
}

/// The fault with a node's name for a role, so that a reader need not look up the node of that role, or with a lower
/// name, so that there need not be as many nodes.
fn named(fault: &Fault, last: NodeId) -> Vec<Fault> {
    let mut forms = Vec::new();
    for (place, target) in fault.targets().iter().enumerate() {
        let end = match target {
            Target::Node(node) => node.0,
            Target::Leader | Target::Follower | Target::Any => last.0 + 1,
        };
        for node in (1..end).map(NodeId).map(Target::Node).filter(|node| !fault.targets().contains(node)) {
            let mut fault = fault.clone();
            fault.targets_mut()[place] = node;
            forms.push(fault);
        }
    }
    forms
}
