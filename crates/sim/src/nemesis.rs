//! The nemesis: which faults strike when, drawn into a plan's schedule.
//!
//! Faults drawn one by one, evenly, find little: the moments that matter are short and come after one another. So half
//! of a schedule is bursts, each a few faults after one such moment, an [`Aim`] (a leader cut off, then a follower
//! losing power while the others take over), and half is single faults of a kind drawn by weight. A [`Recipe`] says
//! which of them a plan is made of, how dense they are, and when they begin and end.
//!
//! The files: `aim.rs`, `aims.rs` (the aims of any system, to which a net adds more), `parts.rs` (the parts of bursts),
//! `recipe.rs`.
//!
//! Always true of a schedule:
//! - it is in order of time, and no fault begins past the storm's end;
//! - its faults carry their own randomness, so any of them can be taken out and the others stay as they were;
//! - it destroys (wipes, flips bits on) fewer than half of the disks and changes the membership no more often than
//!   there are machines for; the engine also refuses a fault that would cost a majority in the run's present state;
//! - at most one fault stays to the end.

use env::{NodeId, Random, Ratio};

use crate::draw::{Concern, Draw};
use crate::plan::{Cluster, Direction, Fault, FaultKind, Seed, Target, TimedFault};

mod aim;
pub mod aims;
mod parts;
mod recipe;

pub use aim::Aim;
pub(crate) use recipe::{Ingredient, Recipe};

/// Draws one plan's schedule: the faults, in the order of their times. The methods are the words that an [`Aim`]'s burst
/// is written in. Times are milliseconds of the run; a span that a method names is drawn around the time that the
/// cluster takes to notice a failure.
pub struct Nemesis<'a> {
    recipe: &'a Recipe,
    cluster: &'a Cluster,
    draw: Draw,
    /// When the next fault strikes.
    now_ms: u64,
    schedule: Vec<TimedFault>,
    /// How many disks may yet be destroyed.
    disks_left: u8,
    /// How many members may yet be removed.
    members_left: u8,
    /// How many machines may yet be brought in.
    spares_left: u8,
}

/// The schedule of the plan with this cluster that the recipe makes.
pub(crate) fn schedule(seed: Seed, recipe: &Recipe, cluster: &Cluster) -> Vec<TimedFault> {
    let mut nemesis = Nemesis {
        recipe,
        cluster,
        draw: Draw::new(seed, Concern::Schedule),
        now_ms: recipe.first_ms,
        schedule: Vec::new(),
        // A fault that stays may cost one more of the minority that can be spared.
        disks_left: ((cluster.nodes - 1) / 2).saturating_sub(u8::from(recipe.one_stays)),
        members_left: cluster.nodes / 2,
        spares_left: cluster.spares,
    };
    if !recipe.ingredients.is_empty() {
        while nemesis.now_ms < recipe.last_ms {
            nemesis.strike();
            let (low, high) = recipe.gap_ms;
            nemesis.now_ms += nemesis.draw.between(low, high);
        }
        if recipe.quiet_tail && nemesis.may(FaultKind::Isolate) && nemesis.draw.one_in(3) {
            // The calm phase must repair the state that the storm's last writes left, with no new write to help.
            nemesis.now_ms = recipe.storm_ms - nemesis.draw.magnitude(5, 150);
            aims::LAST_WRITE_LOST.strike(&mut nemesis);
        }
        // Of two nodes, one that stays away leaves no majority.
        if recipe.one_stays && cluster.nodes > 2 {
            nemesis.leave_one();
        }
    }
    let mut schedule = nemesis.schedule;
    schedule.retain(|timed| timed.at_ms < recipe.storm_ms);
    schedule.sort_by_key(|timed| timed.at_ms);
    schedule
}

impl Nemesis<'_> {
    fn strike(&mut self) {
        match self.draw.weighted(&self.recipe.ingredients) {
            Ingredient::Burst(aim) => aim.strike(self),
            Ingredient::Single(kind) => self.single(kind),
        }
    }

    /// The cluster of the plan.
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// The stream of draws for this schedule.
    pub fn draw(&mut self) -> &mut Draw {
        &mut self.draw
    }

    /// When the next fault strikes.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Lets the next fault strike at this time, which may be before the last one's.
    pub fn go_to(&mut self, at_ms: u64) {
        self.now_ms = at_ms;
    }

    /// True if reads may be served on leases: then clocks may drift within their bound, and do nothing else.
    pub fn has_leases(&self) -> bool {
        self.recipe.drift_max_ppm.is_some()
    }

    /// Puts a fault at this moment, unless it is one too many of its kind.
    pub fn inject(&mut self, lasts_ms: u64, fault: Fault) {
        let pick = self.draw.next_u64();
        let left = match fault {
            Fault::WipedDisk { .. } | Fault::BitFlip { .. } => Some(&mut self.disks_left),
            Fault::RemoveMember { .. } => Some(&mut self.members_left),
            Fault::AddMember | Fault::ReplaceMember { .. } => Some(&mut self.spares_left),
            _ => None,
        };
        match left {
            Some(0) => return,
            Some(left) => *left -= 1,
            None => {}
        }
        self.schedule.push(TimedFault { at_ms: self.now_ms, lasts_ms: Some(lasts_ms), pick, fault });
    }

    /// Lets so much time pass, drawn between the two.
    pub fn wait(&mut self, low_ms: u64, high_ms: u64) {
        self.now_ms += self.draw.between(low_ms, high_ms);
    }

    /// True if the profile has faults of this kind.
    pub fn may(&self, kind: FaultKind) -> bool {
        self.recipe.kinds.contains(&kind)
    }

    /// One of these kinds that the profile has.
    ///
    /// # Panics
    /// If the profile has none of them.
    pub fn one_of(&mut self, kinds: &[FaultKind]) -> FaultKind {
        let kinds: Vec<FaultKind> = kinds.iter().copied().filter(|kind| self.may(*kind)).collect();
        self.draw.pick(&kinds)
    }

    /// A single fault of this kind, its strength and length drawn over all that makes a difference.
    fn single(&mut self, kind: FaultKind) {
        let target = self.target();
        let lasts_ms = match kind {
            FaultKind::RollingRestart | FaultKind::CrashLoop => self.blink_or_fail_over(),
            FaultKind::StalledDisk | FaultKind::DiskFull => self.draw.magnitude(20, 1_500),
            kind if is_over_at_once(kind) => 0,
            _ => self.some_time(),
        };
        let fault = self.fault(kind, target);
        self.inject(lasts_ms, fault);
    }

    /// A fault of this kind on this target, its strength drawn.
    pub fn fault(&mut self, kind: FaultKind, target: Target) -> Fault {
        let draw = &mut self.draw;
        match kind {
            FaultKind::Partition => Fault::Partition { side: self.side(target) },
            FaultKind::PartitionOneWay => {
                let cut = draw.pick(&[Direction::Inbound, Direction::Outbound]);
                Fault::PartitionOneWay { side: self.side(target), cut }
            }
            FaultKind::Isolate => Fault::Isolate { target },
            FaultKind::Bridge => Fault::Bridge { middle: target },
            FaultKind::MajoritiesRing => Fault::MajoritiesRing,
            FaultKind::Loss => Fault::Loss { ratio: share(draw) },
            FaultKind::Duplication => Fault::Duplication { ratio: share(draw) },
            FaultKind::Reordering => Fault::Reordering { ratio: share(draw), delay_max_ms: draw.magnitude(2, 400) },
            FaultKind::Delay => {
                let max_ms = draw.magnitude(10, 800);
                Fault::Delay { ratio: share(draw), min_ms: draw.between(0, max_ms), max_ms }
            }
            FaultKind::SlowLink => Fault::SlowLink { target, extra_ms: draw.magnitude(5, 400) },
            FaultKind::Crash => Fault::Crash { target },
            FaultKind::TornWrite => Fault::TornWrite { target },
            FaultKind::Kill => Fault::Kill { target },
            FaultKind::Pause => Fault::Pause { target },
            FaultKind::RollingRestart => Fault::RollingRestart,
            FaultKind::CrashLoop => Fault::CrashLoop { target, times: draw.between(2, 5) as u32 },
            FaultKind::BitFlip => Fault::BitFlip { target },
            FaultKind::FsyncError => Fault::FsyncError { target },
            FaultKind::DiskFull => Fault::DiskFull { target },
            FaultKind::SlowDisk => Fault::SlowDisk { target, factor: draw.magnitude(4, 200) as u32 },
            FaultKind::StalledDisk => Fault::StalledDisk { target },
            FaultKind::WipedDisk => Fault::WipedDisk { target },
            FaultKind::ClockSkew => Fault::ClockSkew { target, by_ms: either_way(draw, 5, 20_000) },
            FaultKind::ClockDrift => {
                // With leases, a third of the drift that shortens them: up to three drifts may fall on one node.
                let max_ppm = self.recipe.drift_max_ppm.map_or(500_000, |max| u64::from(max) / 3);
                Fault::ClockDrift { target, by_ppm: either_way(draw, 100, max_ppm) as i32 }
            }
            FaultKind::ClockJump => Fault::ClockJump { target, by_ms: either_way(draw, 5, 20_000) },
            FaultKind::ClockFreeze => Fault::ClockFreeze { target },
            FaultKind::TransferLeadership => Fault::TransferLeadership { to: target },
            FaultKind::AddMember => Fault::AddMember,
            FaultKind::RemoveMember => Fault::RemoveMember { target },
            FaultKind::ReplaceMember => Fault::ReplaceMember { target },
            FaultKind::TakeSnapshot => Fault::TakeSnapshot { target },
            FaultKind::HealAll => Fault::HealAll,
        }
    }

    /// One fault that stays through the calm phase while the rest must make progress: a minority cut off or dead, or a
    /// network in which not everyone reaches everyone. Healing everything would hide livelocks.
    fn leave_one(&mut self) {
        use FaultKind::{Bridge, Crash, Isolate, Kill, MajoritiesRing, Partition, PartitionOneWay, Pause};
        // Where not everyone reaches everyone is where leaders linger that lead nobody: twice as often as the others.
        const MAY_STAY: &[FaultKind] =
            &[Bridge, Bridge, PartitionOneWay, PartitionOneWay, Partition, Isolate, MajoritiesRing, Crash, Kill, Pause];
        let storm_ms = self.recipe.storm_ms;
        self.now_ms = self.draw.between(storm_ms / 2, storm_ms - 1);
        match self.draw.below(4) {
            0 if self.may(FaultKind::TransferLeadership) && self.may(Isolate) => {
                // Of those that are left one has been asked to lead and another has the latest writes.
                self.hand_over_in_vain();
                self.now_ms = self.now_ms.min(storm_ms - 1);
                self.leave(&[Isolate, Crash, Kill, Pause], Target::Leader);
            }
            1 if self.may(FaultKind::RemoveMember) && self.may(Partition) => {
                // A leader that may not reach all nodes it needs begins a change of the membership.
                let target = self.target();
                self.leave(&[Bridge, Bridge, PartitionOneWay, MajoritiesRing, Partition], target);
                self.wait_fail_over();
                self.change_membership();
            }
            _ => {
                let target = self.target();
                self.leave(MAY_STAY, target);
            }
        }
    }

    /// A fault of one of these kinds begins and stays.
    fn leave(&mut self, kinds: &[FaultKind], target: Target) {
        let kind = self.one_of(kinds);
        let mut fault = self.fault(kind, target);
        if let Fault::Partition { side } | Fault::PartitionOneWay { side, .. } = &mut fault {
            // The rest must be a majority.
            side.truncate(usize::from(self.cluster.nodes - 1) / 2);
        }
        self.inject(0, fault);
        if let Some(stays) = self.schedule.last_mut() {
            stays.lasts_ms = None;
        }
        let now_ms = self.now_ms;
        self.schedule.retain(|timed| timed.at_ms < now_ms || timed.fault != Fault::HealAll);
    }

    /// The target of a fault. The leader is most worth it.
    pub fn target(&mut self) -> Target {
        let node = self.node();
        self.draw.weighted(&[(Target::Leader, 7), (Target::Follower, 4), (Target::Any, 2), (node, 7)])
    }

    /// A machine by its id; now and then one that has yet to join.
    pub fn node(&mut self) -> Target {
        let Cluster { nodes, spares, .. } = *self.cluster;
        let last = if spares > 0 && self.draw.one_in(8) { nodes + spares } else { nodes };
        Target::Node(NodeId(self.draw.between(1, last.into()) as u8))
    }

    /// One side of a partition: `target` and some others, fewer than half of all or one more.
    pub fn side(&mut self, target: Target) -> Vec<Target> {
        let mut side = vec![target];
        let others = self.draw.below(u64::from(self.cluster.nodes).div_ceil(2));
        for _ in 0..others {
            let node = self.node();
            if !side.contains(&node) {
                side.push(node);
            }
        }
        side
    }

    /// A span within which no failure is noticed.
    pub fn blink(&mut self) -> u64 {
        self.draw.magnitude(1, 40)
    }

    /// About the time in which followers give a leader up and another takes over.
    pub fn fail_over(&mut self) -> u64 {
        let Cluster { suspicion_min_ms: min, suspicion_max_ms: max, .. } = *self.cluster;
        self.draw.between(min / 2, max * 2)
    }

    /// Long enough for another leader to take over and to write on its own.
    pub fn long(&mut self) -> u64 {
        let max = self.cluster.suspicion_max_ms;
        self.draw.between(max * 2, max * 10)
    }

    /// One or the other.
    pub fn blink_or_fail_over(&mut self) -> u64 {
        if self.draw.one_in(2) { self.blink() } else { self.fail_over() }
    }

    fn some_time(&mut self) -> u64 {
        match self.draw.below(4) {
            0 => self.blink(),
            1 | 2 => self.fail_over(),
            _ => self.long(),
        }
    }
}

/// True if a fault of this kind ignores how long it lasts.
fn is_over_at_once(kind: FaultKind) -> bool {
    use FaultKind::*;
    matches!(
        kind,
        BitFlip
            | FsyncError
            | WipedDisk
            | ClockJump
            | TransferLeadership
            | AddMember
            | RemoveMember
            | ReplaceMember
            | TakeSnapshot
            | HealAll
    )
}

/// How many messages a fault of the network hits.
fn share(draw: &mut Draw) -> Ratio {
    Ratio::percent(draw.weighted(&[(1, 2), (5, 3), (20, 3), (50, 2), (90, 1)]))
}

fn either_way(draw: &mut Draw, low: u64, high: u64) -> i64 {
    let by = draw.magnitude(low, high) as i64;
    if draw.one_in(2) { by } else { -by }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::{Overrides, expand};
    use crate::profile::Profile;

    fn swarm_schedules(seeds: u64) -> impl Iterator<Item = (u8, Vec<TimedFault>)> {
        (0..seeds).map(|seed| {
            let plan = expand(Seed(seed), Profile::Swarm, &Overrides::default(), &[]).expect("seeds make valid plans");
            (plan.cluster.nodes, plan.schedule)
        })
    }

    #[test]
    fn every_kind_of_fault_strikes_in_a_swarm() {
        let mut plans_with = vec![0; FaultKind::ALL.len()];
        for (_, schedule) in swarm_schedules(2_000) {
            for (count, kind) in plans_with.iter_mut().zip(FaultKind::ALL) {
                *count += usize::from(schedule.iter().any(|timed| timed.fault.kind() == *kind));
            }
        }
        for (count, kind) in plans_with.iter().zip(FaultKind::ALL) {
            assert!(*count >= 40, "{kind} is in {count} of 2000 plans");
        }
    }

    #[test]
    fn a_swarm_switches_kinds_off() {
        let kinds = |schedule: &[TimedFault]| {
            FaultKind::ALL.iter().filter(|kind| schedule.iter().any(|timed| timed.fault.kind() == **kind)).count()
        };
        let counts: Vec<usize> = swarm_schedules(1_000).map(|(_, schedule)| kinds(&schedule)).collect();
        let few = counts.iter().filter(|count| **count <= 8).count();
        assert!(few > 600, "only {few} of 1000 plans hold at most 8 kinds");
    }

    #[test]
    fn fewer_than_half_of_the_disks_are_destroyed() {
        for (nodes, schedule) in swarm_schedules(2_000) {
            let destroys = |timed: &&TimedFault| matches!(timed.fault, Fault::WipedDisk { .. } | Fault::BitFlip { .. });
            let destroyed = schedule.iter().filter(destroys).count();
            assert!(2 * destroyed < nodes.into(), "{destroyed} disks of {nodes}");
        }
    }

    #[test]
    fn at_most_one_fault_stays_and_some_do() {
        let staying = |schedule: &[TimedFault]| schedule.iter().filter(|timed| timed.lasts_ms.is_none()).count();
        let counts: Vec<usize> = swarm_schedules(1_000).map(|(_, schedule)| staying(&schedule)).collect();
        assert!(counts.iter().all(|count| *count <= 1));
        let some: usize = counts.iter().sum();
        assert!((100..250).contains(&some), "{some} of 1000");
    }
}
