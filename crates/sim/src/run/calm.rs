//! The calm phase: everything is healed but the faults that stay, and demands are made.
//!
//! First, if the plan asks for a quiet tail, the nodes must converge with no client working: this exposes a follower
//! that is never sent the data it lacks. Then clients must be served, which the operation of a fresh client, the probe,
//! proves; and then all must converge again. The run ends as soon as all demands are met.
//!
//! The run's net defines convergence and the nodes that must serve; of any system, each node must stay up (`uptime.rs`).
//! In a world of programs the first demand is that its clients end, and no probe is made.
//!
//! Demands are made of the nodes that can talk. The net waives a demand that no correct system could meet under the
//! faults that stay; waived demands are counted.

use std::time::Duration;

use env::{ClientId, Instant, NodeSet};

use super::machine::Machine;
use super::uptime::STEADY_AFTER;
use super::{Due, Run, Step, Stop, World};
use crate::digest::Tag;
use crate::net::{Demand, Invariant, Lack, Owed, Reach, Seen, Violation};
use crate::plan::Fault;
use crate::trace::{Actor, What};

/// A stage of the calm phase, in the order of the demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The clients, which are programs, must end.
    ClientsEnd,
    /// Convergence with no client working.
    QuietConvergence,
    /// Service, and the probe's operation answered.
    Service,
    /// Convergence after the service.
    Convergence,
}

/// The state of the calm phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Calm {
    /// The present stage and when it began; `None` while the storm goes on.
    stage: Option<(Stage, Instant)>,
    /// When the storm was over.
    since: Instant,
    is_probe_answered: bool,
    /// An event has happened that may have met the demand.
    has_changed: bool,
}

impl Calm {
    pub(super) fn is_storm(&self) -> bool {
        self.stage.is_none()
    }

    pub(super) fn something_changed(&mut self) {
        self.has_changed = true;
    }

    pub(super) fn is_to_be_judged(&self) -> bool {
        self.has_changed && self.stage.is_some()
    }
}

impl Run<'_> {
    pub(crate) fn storm_is_over(&mut self, world: &mut dyn World) -> Step {
        if !self.is_storm() {
            // A driver has ended the storm before its time.
            return Ok(());
        }
        self.digest.event(Tag::Phase, self.now, 1, 0);
        tell!(self, Actor::Run, What::Phase, "the storm is over");
        // Before nodes come back, so that no client goes on.
        self.calm.stage = Some((self.first_stage(world), self.now));
        self.calm.since = self.now;
        world.storm_is_over();
        self.heal_for_calm(world)?;
        if world.clients_left().is_some() {
            return self.enter(world, Stage::ClientsEnd);
        }
        let first = self.first_stage(world);
        if self.is_waived(world, Demand::Service) { self.waive(world) } else { self.enter(world, first) }
    }

    fn first_stage(&self, world: &dyn World) -> Stage {
        if world.clients_left().is_some() {
            Stage::ClientsEnd
        } else if self.plan.calm.quiet_tail {
            Stage::QuietConvergence
        } else {
            Stage::Service
        }
    }

    /// Goes on to the next stage if the demand of the present one is met.
    pub(super) fn judge_calm(&mut self, world: &mut dyn World) -> Step {
        self.calm.has_changed = false;
        let Some((stage, _)) = self.calm.stage else { return Ok(()) };
        if !self.is_met(world, stage) {
            return Ok(());
        }
        tell!(self, Actor::Run, What::Phase, "{}", stage.met());
        match stage {
            Stage::QuietConvergence => self.enter(world, Stage::Service),
            Stage::ClientsEnd | Stage::Service => self.enter(world, Stage::Convergence),
            Stage::Convergence => self.finish(world),
        }
    }

    fn is_met(&self, world: &dyn World, stage: Stage) -> bool {
        match stage {
            Stage::ClientsEnd => world.clients_left().is_none_or(<[ClientId]>::is_empty),
            Stage::QuietConvergence => {
                self.operations_outstanding() == 0 && world.net().is_met(Demand::Convergence, &self.reach())
            }
            Stage::Service => self.calm.is_probe_answered && world.net().is_met(Demand::Service, &self.reach()),
            Stage::Convergence => world.net().is_met(Demand::Convergence, &self.reach()) && self.stays_up(world),
        }
    }

    pub(super) fn deadline(&mut self, world: &mut dyn World, stage: Stage) -> Step {
        let Some((present, since)) = self.calm.stage else { return Ok(()) };
        if present != stage {
            return Ok(());
        }
        if self.is_met(world, stage) {
            return self.judge_calm(world);
        }
        let within = self.now - since;
        match stage {
            Stage::ClientsEnd => Err(self.clients_left(world, within)),
            // The membership may have changed since the demand was made.
            _ if self.is_waived(world, Demand::Service) => self.waive(world),
            Stage::QuietConvergence if self.operations_outstanding() > 0 => Err(self.clients_hang(world, within)),
            Stage::QuietConvergence | Stage::Convergence => self.owes_convergence(world, stage, within),
            Stage::Service => match world.net().owes(Demand::Service, &self.reach()) {
                Owed::Lacks(lack) => Err(self.late(world, &lack, within)),
                Owed::Nothing | Owed::Waived => self.probe_is_late(world, within),
            },
        }
    }

    /// No node has answered the probe, though clients could be served.
    fn probe_is_late(&mut self, world: &mut dyn World, within: Duration) -> Step {
        match world.net().owes(Demand::Probe, &self.reach()) {
            Owed::Lacks(lack) => Err(self.late(world, &lack, within)),
            Owed::Nothing => {
                let (invariant, nodes) = (Invariant::PROGRESS, NodeSet::EMPTY);
                Err(self.late(world, &Lack { invariant, message: "no operation is answered".into(), nodes }, within))
            }
            Owed::Waived => {
                self.stats.demands_waived += 1;
                tell!(self, Actor::Run, What::Phase, "waives the probe: staying faults leave no node to serve it");
                self.enter(world, Stage::Convergence)
            }
        }
    }

    fn owes_convergence(&mut self, world: &mut dyn World, stage: Stage, within: Duration) -> Step {
        match world.net().owes(Demand::Convergence, &self.reach()) {
            Owed::Lacks(lack) => return Err(self.late(world, &lack, within)),
            Owed::Nothing if stage == Stage::Convergence => {}
            Owed::Nothing | Owed::Waived => return self.waive(world),
        }
        if let Some(lack) = self.does_not_stay(world) {
            return Err(self.late(world, &lack, within));
        }
        // A node has started late, and may yet stay up.
        world.push(self.now + STEADY_AFTER, Due::Deadline(stage));
        Ok(())
    }

    /// Clients wait long after their timeouts: no node serves them, or the wait is no fault of the nodes.
    fn clients_hang(&self, world: &dyn World, within: Duration) -> Stop {
        let (net, reach) = (world.net(), self.reach());
        match net.owes(Demand::Service, &reach).or(|| net.owes(Demand::Convergence, &reach)) {
            Owed::Lacks(lack) => self.late(world, &lack, within),
            Owed::Nothing | Owed::Waived => Stop::Stalled(format!(
                "clients wait for {} operations, {:.1} s after the storm, though they could be served",
                self.operations_outstanding(),
                within.as_secs_f64()
            )),
        }
    }

    fn clients_left(&self, world: &dyn World, within: Duration) -> Stop {
        let names: Vec<String> = world.clients_left().unwrap_or_default().iter().map(ClientId::to_string).collect();
        let verb = if names.len() == 1 { "has" } else { "have" };
        let message = format!("{} {verb} not ended", names.join(", "));
        self.late(world, &Lack { invariant: Invariant::PROGRESS, message, nodes: NodeSet::EMPTY }, within)
    }

    /// The end of a run that lacks something. A node that does not stay up is named besides: it may be the reason.
    fn late(&self, world: &dyn World, lack: &Lack, within: Duration) -> Stop {
        let besides = self.does_not_stay(world).filter(|besides| besides != lack);
        let besides = besides.map_or(String::new(), |besides| format!("; {}", besides.message));
        let message = format!("{}, {:.1} s after it was demanded{besides}", lack.message, within.as_secs_f64());
        Stop::Violation(Box::new(Violation::new(lack.invariant, self.moment(), lack.nodes, message)))
    }

    /// The probe's operation has ended. If it did not succeed the probe tries again, until the deadline.
    pub(super) fn probe_ended(&mut self, world: &mut dyn World, is_answered: bool) -> Step {
        if is_answered {
            self.calm.is_probe_answered = true;
            return Ok(());
        }
        self.invoke_probe(world)
    }

    fn enter(&mut self, world: &mut dyn World, stage: Stage) -> Step {
        let is_next = self.calm.stage.is_some_and(|(present, _)| present <= stage);
        assert!(is_next, "the calm phase goes back to {stage:?} from {:?}", self.calm.stage);
        let model = &self.plan.calm;
        let within_ms = match stage {
            // There may be no leader yet, and the clients' last operations must have ended.
            Stage::QuietConvergence => model.progress_ms + model.convergence_ms + self.plan.workload.timeout_ms,
            Stage::Service | Stage::ClientsEnd => model.progress_ms,
            Stage::Convergence => model.convergence_ms,
        };
        self.calm.stage = Some((stage, self.now));
        // A demand that is met already is noticed after this event.
        self.calm.has_changed = true;
        world.push(self.now + Duration::from_millis(within_ms), Due::Deadline(stage));
        if stage == Stage::Service { self.invoke_probe(world) } else { Ok(()) }
    }

    /// True of a moment since the end of the storm.
    pub(super) fn is_since_calm(&self, moment: Instant) -> bool {
        !self.is_storm() && moment >= self.calm.since
    }

    /// The nodes that demands can be made of, and which of them can talk with which. A node that has halted is one of
    /// them: it is started again.
    fn reach(&self) -> Reach {
        let is_free = |machine: &&Machine| self.is_in_use(machine) && !machine.is_hampered();
        let free: NodeSet = self.machines.iter().filter(is_free).map(|machine| machine.id).collect();
        Reach::new(free, |node| free.difference(self.cuts.cut_from(node)))
    }

    /// The nodes that run unpaused, with a running clock and a disk that is neither full nor stalled.
    pub(crate) fn able(&self) -> NodeSet {
        self.machines.iter().filter(|machine| machine.is_able()).map(|machine| machine.id).collect()
    }

    /// True if even a correct system need not meet the demand.
    fn is_waived(&self, world: &dyn World, demand: Demand) -> bool {
        self.is_network_unfit() || world.net().owes(demand, &self.reach()) == Owed::Waived
    }

    /// True if a fault that stays makes every latency a matter of luck.
    fn is_network_unfit(&self) -> bool {
        let is_unfit = |fault: usize| {
            use Fault::{Delay, Loss, Reordering, SlowDisk, SlowLink};
            matches!(
                self.schedule[fault].fault,
                Loss { .. } | Delay { .. } | Reordering { .. } | SlowLink { .. } | SlowDisk { .. }
            )
        };
        self.faults.on().any(is_unfit)
    }

    fn waive(&mut self, world: &mut dyn World) -> Step {
        self.stats.demands_waived += match self.calm.stage {
            Some((Stage::QuietConvergence, _)) => 3,
            Some((Stage::Service, _)) => 2,
            Some((Stage::Convergence | Stage::ClientsEnd, _)) => 1,
            None => 0,
        };
        tell!(self, Actor::Run, What::Phase, "waives its demands: staying faults leave no node that must meet them");
        self.finish(world)
    }

    fn finish(&mut self, world: &mut dyn World) -> Step {
        if self.is_settled() {
            return Err(Stop::Over);
        }
        world.net_mut().see(self.moment(), Seen::Over)?;
        Err(Stop::Over)
    }
}

impl Stage {
    fn met(self) -> &'static str {
        match self {
            Stage::ClientsEnd => "all clients have ended",
            Stage::QuietConvergence => "all have converged, with no client working",
            Stage::Service => "clients are served: the probe is answered",
            Stage::Convergence => "all have converged",
        }
    }
}
